"""Looking after people from the command line: an invitation once, a trail always, and a list that holds no secret."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.conftest import Desk


def add(desk: Desk, login: str = "alice", *roles: str, name: str = "Alice", **settings: str) -> str:
    chosen = [word for role in roles or ("administrator",) for word in ("--role", role)]
    return desk.done("user", "add", login, "--name", name, *chosen, **settings)


def listed(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(desk.done("user", "list", "--json"))["people"]
    return found


def trail(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.sql("SELECT actor, action, detail FROM audit_entry ORDER BY id")


def test_the_first_administrators_come_from_the_command_line(desk: Desk) -> None:
    for login in ("alice", "bob"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{27}\n", add(desk, login, name=login.title()))
    assert [(each["login"], each["name"], each["roles"], each["second_factor"]) for each in listed(desk)] == [
        ("alice", "Alice", ["administrator"], False),
        ("bob", "Bob", ["administrator"], False),
    ]
    assert trail(desk) == [("person:command-line", "person.added", "administrator")] * 2


def test_the_invitation_stands_alone_on_standard_output_with_the_way_beside_it(desk: Desk) -> None:
    words = ("user", "add", "alice", "--name", "Alice", "--role", "recorder")
    ended = desk.run(*words, TRACKER_URL="https://tracker.example.org")
    invitation = ended.out.strip()
    assert ended.err == (
        f"The invitation is shown this once, and good once, for 7 days: alice opens "
        f"https://tracker.example.org/welcome/{invitation} and chooses a password.\n"
    )
    again = desk.run("user", "reset", "alice")
    assert again.err == (
        "The invitation is shown this once, and good once, for 7 days: alice opens /welcome on your tracker and "
        "chooses a password.\n"
    )
    assert again.out.strip() not in {"", invitation}


def test_no_invitation_is_in_the_database_or_in_a_list(desk: Desk) -> None:
    invitations = [add(desk).strip(), desk.done("user", "reset", "alice").strip()]
    shown = desk.done("user", "list") + desk.done("user", "list", "--json") + repr(desk.sql("SELECT * FROM person"))
    assert not [each for each in invitations if each in shown]


def test_somebody_is_disabled_and_enabled(desk: Desk) -> None:
    add(desk)
    assert desk.done("user", "disable", "alice") == "alice is disabled.\n"
    [found] = listed(desk)
    assert found["disabled_at"] is not None
    assert f"disabled {found['disabled_at']}" in desk.done("user", "list")
    assert "alice is disabled already" in desk.refused("user", "disable", "alice")
    assert desk.done("user", "enable", "alice") == "alice is enabled.\n"
    assert [action for _, action, _ in trail(desk)] == ["person.added", "person.disabled", "person.enabled"]


def test_an_assurer_takes_a_last_day(desk: Desk) -> None:
    words = ("user", "add", "dave", "--name", "Dave", "--role", "assurer")
    assert "ends_on: an assurer's account has a last day" in desk.refused(*words)
    assert "ends_on: must be a day" in desk.refused(*words, "--ends-on", "soon")
    assert desk.done(*words, "--ends-on", "2999-12-31")
    assert "dave: Dave  assurer  (ends 2999-12-31, no second factor)" in desk.done("user", "list")


def test_an_identity_is_linked(desk: Desk) -> None:
    add(desk)
    words = ("--issuer", "https://id.example.org", "--subject", "248289761001")
    assert desk.done("user", "link", "alice", *words) == "alice may sign in by https://id.example.org.\n"
    add(desk, "bob", name="Bob")
    assert "is linked to somebody else" in desk.refused("user", "link", "bob", *words)


def test_all_mistakes_are_told_and_nobody_is_added(desk: Desk) -> None:
    said = desk.refused("user", "add", "Alice Chan", "--name", " ", "--role", "recorder")
    assert said.splitlines() == [
        "The input has mistakes: The person cannot be like this.",
        "  login: begins with a letter; then up to 62 of a-z, 0-9, dot, hyphen, underscore and @",
        "  name: must be 1 to 100 printable characters",
    ]
    assert desk.run("user", "add", "alice", "--name", "Alice", "--role", "emperor").status == 2
    assert listed(desk) == []


@pytest.mark.parametrize("command", ["reset", "disable", "enable"])
def test_nobody_unknown_is_changed(desk: Desk, command: str) -> None:
    assert "There is no person with the login 'nobody'" in desk.refused("user", command, "nobody")


def test_without_people_the_list_says_how_to_add_somebody(desk: Desk) -> None:
    assert desk.done("user", "list") == (
        "There is nobody yet. `tracker user add LOGIN --name 'Their Name' --role administrator` adds somebody.\n"
    )


def test_a_login_serves_once(desk: Desk) -> None:
    add(desk)
    words = ("user", "add", "alice", "--name", "Another", "--role", "approver")
    assert "Choose another login." in desk.refused(*words)
    assert [each["name"] for each in listed(desk)] == ["Alice"]


def test_a_lost_key_is_missed_while_a_second_factor_is_sealed_with_it(desk: Desk) -> None:
    add(desk)
    (desk.path / "home" / "keys" / "secrets").unlink()
    desk.done("init")
    desk.sql("UPDATE person SET totp = x'00'")
    (desk.path / "home" / "keys" / "secrets").unlink()
    assert "is gone, and the database holds what only this key opens" in desk.refused("init")

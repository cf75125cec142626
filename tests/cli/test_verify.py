"""`tracker verify` as its users have it: what it prints, and the status it ends with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, a_case

HOLDS = re.compile(r"Everything holds: 3 events, root [0-9a-f]{64}\.\n")


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """Three cases, one of them with something confidential, signed once."""
    told = a_case(3) | {"data": {"channel": "mail", "narrative": "what I saw"}}
    desk.done("import", desk.ndjson("events.ndjson", a_case(1), a_case(2), told))
    desk.done("checkpoint", "sign")
    return desk


def past(desk: Desk, guard: str, *statements: str) -> None:
    """Change what a guard keeps, and put the guard back."""
    [(sql,)] = desk.sql("SELECT sql FROM sqlite_master WHERE name = ?", (guard,))
    for each in (f"DROP TRIGGER {guard}", *statements, sql):
        desk.sql(each)


def kept(desk: Desk) -> Path:
    """The newest checkpoint, in a file that is no part of the home."""
    file = desk.path / "kept.txt"
    desk.done("checkpoint", "export", "--output", file)
    return file


def test_a_sound_database_is_told_in_a_line(signed: Desk) -> None:
    assert HOLDS.fullmatch(signed.done("verify"))


def test_what_was_changed_is_told_with_its_place_and_status_1(signed: Desk) -> None:
    past(signed, "event_no_update", "UPDATE event SET actor = 'person:mallory' WHERE seq = 1")
    ended = signed.run("verify")
    assert ended.status == 1
    assert ended.out.splitlines() == [
        "log, seq 1: its columns are not what its leaf covers: actor, day, recorded_at, replaces, content or what they "
        "repeat of the body.",
        "tree, head: its root is not that of the 3 events on record.",
        "tree, frontier: the events on record from seq 0 to 1 are not those that it was grown over.",
        "checkpoint, size 3: its root is not that of the first 3 events on record: one of them was changed since.",
        "4 findings. The first event concerned is seq 1.",
    ]


def test_the_same_as_a_document(signed: Desk) -> None:
    root = json.loads(signed.done("verify", "--json"))["root"]
    past(signed, "event_no_delete", "DELETE FROM event WHERE seq = 1")
    ended = signed.run("verify", "--json")
    said = json.loads(ended.out)
    assert ended.status == 1
    assert said["findings"][0] == {
        "check": "log",
        "where": "seq 1",
        "what": "there is no event; it was removed.",
        "seq": 1,
    }
    assert (said["size"], said["holds"], said["first_bad_seq"], said["root"] != root) == (3, False, 1, True)
    assert said["count"] == len(said["findings"])


def test_a_guard_that_is_gone_is_a_finding_and_no_obstacle(signed: Desk) -> None:
    signed.sql("DROP TRIGGER event_no_update")
    ended = signed.run("verify")
    assert (ended.status, ended.out.splitlines()[0]) == (
        1,
        "guard, event_no_update: it was removed, disabled or emptied: what is on record can be changed.",
    )
    assert "`tracker verify`" in signed.refused("figures", "2020")


def test_a_checkpoint_kept_outside_shows_what_a_database_set_back_cannot(signed: Desk) -> None:
    home = signed.path / "home"
    older = (home / "tracker.db").read_bytes()
    signed.done("import", signed.ndjson("more.ndjson", a_case(4)))
    signed.done("checkpoint", "sign")
    file = kept(signed)
    assert signed.done("verify", "--checkpoint", file).startswith("Everything holds: 4 events")
    for each in home.glob("tracker.db*"):
        each.unlink()
    (home / "tracker.db").write_bytes(older)
    assert HOLDS.fullmatch(signed.done("verify"))
    ended = signed.run("verify", "--checkpoint", file)
    assert (ended.status, ended.out) == (
        1,
        f"checkpoint, {file}: it is signed for 4 events, but there are only 3: the log was cut off or set back to an "
        "earlier state.\n1 finding.\n",
    )


def test_the_key_may_be_given_instead_of_the_installations_own(signed: Desk) -> None:
    key = signed.done("checkpoint", "key").strip()
    elsewhere = {"TRACKER_LOG_KEY_FILE": str(signed.path / "none")}
    assert HOLDS.fullmatch(signed.done("verify", "--key", key, **elsewhere))
    said = signed.refused("verify", **elsewhere)
    assert "give the log's public key with --key" in said
    assert "This is no verifier key" in signed.refused("verify", "--key", "scribble")


def test_a_log_signed_with_another_key_is_found(signed: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    key = signed.done("checkpoint", "key").strip()
    (signed.path / "home" / "keys" / "log").unlink()
    signed.done("init")
    ended = signed.run("verify")
    assert ended.status == 1
    assert "This note is not signed by the key small/ledger+" in ended.out
    assert HOLDS.fullmatch(signed.done("verify", "--key", key))


def test_what_cannot_be_opened_is_left_aside_with_a_note(signed: Desk) -> None:
    ended = signed.run("verify", TRACKER_VAULT_KEY_FILE=str(signed.path / "none"))
    assert ended.status == 0
    assert HOLDS.fullmatch(ended.out)
    assert "Note: Confidential values were not compared with their commitments" in ended.err


def test_what_is_no_checkpoint_is_said_to_be_none(signed: Desk) -> None:
    scribble = signed.path / "scribble"
    scribble.write_bytes(b"\xff\x00")
    ended = signed.run("verify", "--checkpoint", scribble)
    assert (ended.status, ended.out.splitlines()[0]) == (
        1,
        f"checkpoint, {scribble}: This is no signed note: text, an empty line and a signature belong together.",
    )


def test_a_database_that_is_not_made_or_damaged_is_refused_with_status_2(bare: Desk, signed: Desk) -> None:
    for each in (signed.path / "home").glob("tracker.db-*"):
        each.unlink()
    file = signed.path / "home" / "tracker.db"
    file.write_bytes(b"SQLite format 3\x00" + bytes(8192))
    assert "The service is not ready" in signed.refused("verify")


def test_what_is_no_pack_is_found_wrong(signed: Desk) -> None:
    scribble = signed.path / "pack.zip"
    scribble.write_text("scribble")
    ended = signed.run("verify", scribble)
    assert (ended.status, ended.out.startswith("WRONG")) == (1, True)

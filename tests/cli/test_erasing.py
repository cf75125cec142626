"""``tracker erasures``, ``tracker retention`` and ``tracker hold``, as commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Desk
from tests.cli.test_sources import INSTANT
from tests.house import ALICE
from tracker.access import people
from tracker.access.erasures import Erasure
from tracker.service import Service, open_service
from tracker.settings import read_settings
from tracker.workflows import approvals, erasing

TOLD = "He took it in the car park."


def case(number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"case-{number}",
        "source": "/desk",
        "type": "desk.case.reported",
        "subject": f"s{number}",
        "time": "2020-05-04T12:00:00+08:00",
        "data": {"channel": "phone", "narrative": TOLD},
    }


def service_of(desk: Desk) -> Service:
    return open_service(read_settings(desk.settings))


def erased(desk: Desk, subject: str) -> Erasure:
    """An erasure that two made-up people have proposed and approved."""
    service = service_of(desk)
    with service.database.write() as session:
        at = service.ledger.clock()
        known = {each.login: each for each in people.listed(session)}
        for login, role in (("alice", "recorder"), ("bob", "approver")):
            if login not in known:
                people.add(session, login, login.title(), [role], by=str(ALICE), at=at)
        known = {each.login: each for each in people.listed(session)}
        made = erasing.propose_erasure(session, "desk", subject, "asked for", by=known["alice"], at=at)
        approvals.approve(service.context, session, made.id, made.digest, by=known["bob"], at=at)
    line = service.erasures.read()[-1]
    service.close()
    return line


def held(desk: Desk) -> list[str]:
    return [owner for (owner,) in desk.sql("SELECT owner FROM data_key ORDER BY owner")]


def recorded(desk: Desk, *numbers: int) -> None:
    desk.done("import", desk.ndjson("events.ndjson", *(case(number) for number in numbers)))


def test_after_a_restore_nothing_is_served_until_the_erasures_are_applied_again(desk: Desk) -> None:
    recorded(desk, 1, 2)
    assert desk.done("erasures", "list") == "Nothing was erased yet.\n"
    home = desk.path / "home"
    shutil.copytree(home, desk.path / "backup", ignore=shutil.ignore_patterns("keys", "erasures"))
    line = erased(desk, "s1")
    shown = f"{line.at}  desk/s1  proposal 1  by {line.decided_by}"
    assert desk.done("erasures", "list") == f"{shown}  applied\n"
    assert desk.done("erasures", "reapply") == "Every erasure is applied in this database.\n"
    restore(home, desk.path / "backup")
    assert held(desk) == ["desk/s1", "desk/s2"]

    for command in (("serve",), ("import", "events.ndjson"), ("figures", "2020")):
        said = desk.refused(*command)
        assert f"Erasures that were never applied in this database: 1, the first of {line.at}." in said
        assert "Run `tracker erasures reapply`" in said
    ended = desk.run("erasures", "list")
    assert (ended.status, ended.out) == (1, f"{shown}  to be applied again\n")
    assert desk.done("erasures", "reapply") == "Erasures applied again: 1.\n"
    assert held(desk) == ["desk/s2"]
    assert desk.done("erasures", "list") == f"{shown}  applied\n"
    desk.done("figures", "2020")


def restore(home: Path, backup: Path) -> None:
    for each in home.glob("tracker.db*"):
        each.unlink()
    for each in backup.glob("tracker.db*"):
        shutil.copy(each, home)


def test_init_applies_them_again_and_says_how_many(desk: Desk) -> None:
    recorded(desk, 1, 2)
    home = desk.path / "home"
    shutil.copytree(home, desk.path / "backup", ignore=shutil.ignore_patterns("keys", "erasures"))
    for subject in ("s1", "s2"):
        erased(desk, subject)
    restore(home, desk.path / "backup")
    assert desk.done("init").splitlines()[1:] == ["Erasures applied again, since the database was restored: 2."]
    assert held(desk) == []
    assert len(desk.done("init").splitlines()) == 1


def test_the_ledger_is_told_as_a_document_and_what_it_lacks_is_found(desk: Desk) -> None:
    recorded(desk, 1)
    line = erased(desk, "s1")
    file = desk.path / "home" / "erasures" / "ledger"
    document = {"ledger": str(file), "erasures": [line._asdict() | {"digest": line.digest, "applied": True}]}
    assert json.loads(desk.done("erasures", "list", "--json")) == {**document, "unknown": []}
    file.rename(desk.path / "moved")
    ended = desk.run("erasures", "list")
    assert (ended.status, ended.out) == (1, "Nothing was erased yet.\n")
    assert ended.err == f"The ledger lacks the erasure {line.digest}: restore the file from a copy of its own.\n"
    moved = desk.done("erasures", "list", "--json", TRACKER_ERASURES_FILE=str(desk.path / "moved"))
    assert json.loads(moved) == {**document, "ledger": str(desk.path / "moved"), "unknown": []}
    (desk.path / "moved").write_text("{}\n")
    assert "Line 1 of the erasure ledger" in desk.refused(
        "erasures", "list", TRACKER_ERASURES_FILE=str(desk.path / "moved")
    )


def test_what_is_past_its_retention_is_listed_with_the_hold_that_keeps_it(desk: Desk) -> None:
    recorded(desk, 1, 2)
    assert desk.done("retention", "list") == "Nothing is past its retention.\n"
    file = desk.config() / "organisation.yaml"
    file.write_text(file.read_text("utf-8") + "retention: {standard: 1y}\n", "utf-8")
    desk.done("catalogue", "activate")
    assert desk.done("hold", "place", "desk", "s2", "--reason", "a claim") == "Legal hold 1 stands on desk/s2.\n"
    assert desk.done("retention", "list") == (
        "desk/s1  since 2021-05-04  newest event 2020-05-04  standard (1y)\n"
        "desk/s2  since 2021-05-04  newest event 2020-05-04  standard (1y)  kept by a legal hold\n"
    )
    document = json.loads(desk.done("retention", "list", "--json"))
    assert document["past"][0] == {
        "owner": "desk/s1",
        "retention": "standard",
        "length": "1y",
        "newest": "2020-05-04",
        "since": "2021-05-04",
        "held": False,
    }


def test_holds_are_placed_and_listed(desk: Desk) -> None:
    recorded(desk, 1)
    assert "There is no legal hold." in desk.done("hold", "list")
    assert "Nothing is on record about 'desk/s9'" in desk.refused("hold", "place", "desk", "s9", "--reason", "a claim")
    assert "Say why" in desk.refused("hold", "place", "desk", "s1", "--reason", " ")
    desk.done("hold", "place", "desk", "s1", "--reason", "a claim")
    assert INSTANT.sub("T", desk.done("hold", "list")) == "1: desk/s1  placed T by command-line  stands  a claim\n"
    [found] = json.loads(desk.done("hold", "list", "--json"))["holds"]
    assert found == {
        "id": 1,
        "owner": "desk/s1",
        "reason": "a claim",
        "placed_at": found["placed_at"],
        "placed_by": "command-line",
        "released_at": None,
        "released_by": None,
    }

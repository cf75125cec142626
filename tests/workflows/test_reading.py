"""Reading what is confidential: an entry in the audit trail first, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.house import House
from tests.workflows.casehouse import REPORT, CaseHouse
from tracker.access import audit
from tracker.access.audit import Entry
from tracker.access.crypto import unseal
from tracker.access.keyring import KeyRing
from tracker.db import Database
from tracker.errors import NotReady
from tracker.evidence import Clean, cleaned
from tracker.workflows.reading import open_file, read_confidential

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path / "home")


def read(cases: CaseHouse, *seqs: int, purpose: str = "working the case") -> dict[int, dict[str, Any]]:
    return read_confidential(cases.house.database, cases.context, cases.who("alice"), seqs, purpose=purpose)


def reads(cases: CaseHouse) -> list[Entry]:
    with cases.house.database.read() as session:
        found = audit.entries(session, limit=1000)
    return [each for each in found if each.action in {"confidential.read", "evidence.opened"}]


def test_each_event_that_is_read_is_on_record_with_who_and_why(cases: CaseHouse) -> None:
    subject = cases.case(identity="Mei Chan")
    assert read(cases, 0) == {0: {"/narrative": REPORT["narrative"], "/identity": "Mei Chan"}}
    alice = cases.who("alice")
    assert [tuple(each)[2:] for each in reads(cases)] == [
        (alice.actor, "confidential.read", f"integrity/{subject}", "seq 0: working the case")
    ]


def test_what_holds_nothing_confidential_leaves_no_entry(cases: CaseHouse) -> None:
    assert read(cases, 0, 17) == {}
    assert read(cases) == {}
    assert reads(cases) == []


def test_five_hundred_reads_are_five_hundred_entries(cases: CaseHouse) -> None:
    subjects = [cases.case(narrative=f"what happened, part {number}") for number in range(25)]
    for _ in range(10):
        read(cases, *range(25))
        for seq in range(25):
            assert read(cases, seq)[seq]["/narrative"] == f"what happened, part {seq}"
    found = reads(cases)
    assert len(found) == 500
    assert {(each.target, each.detail) for each in found} == {
        (f"integrity/{subject}", f"seq {seq}: working the case") for seq, subject in enumerate(subjects)
    }


def refuse_entries(house: House) -> None:
    """Make the audit trail a table that takes nothing, as a full disk or a lost grant would."""
    if house.database.sqlite:
        script = ["CREATE TRIGGER full_trail BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'full'); END"]
    else:
        script = [
            "CREATE FUNCTION full_trail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
            "CREATE TRIGGER full_trail BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION full_trail()",
        ]
    with house.database.write() as session:
        for statement in script:
            session.execute(text(statement))


@pytest.mark.parametrize("broken", ["full", "gone"])
def test_a_trail_that_cannot_be_written_refuses_the_read(
    broken: str, cases: CaseHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases.report(cleaned(b"a note", "note.txt"))
    if broken == "full":
        refuse_entries(cases.house)
    else:
        with cases.house.database.write() as session:
            session.execute(text("ALTER TABLE audit_entry RENAME TO audit_gone"))
    decrypted: list[str] = []
    monkeypatch.setattr("tracker.ledger.vault.unseal", lambda _key, _sealed, place: decrypted.append(place))
    monkeypatch.setattr("tracker.evidence.storing.unseal", lambda _key, _sealed, place: decrypted.append(place))
    with pytest.raises(NotReady) as refusal:
        read(cases, 0)
    assert refusal.value.status == 503
    with pytest.raises(NotReady):
        open_file(cases.house.database, cases.context, cases.who("alice"), 1, purpose="working the case")
    assert decrypted == []


def test_the_entry_stands_before_the_first_value_is_decrypted(
    cases: CaseHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases.case()
    before: list[int] = []

    def watched(key: bytes, sealed: bytes, place: str) -> bytes:
        before.append(len(reads(cases)))  # as another session sees it: committed
        return unseal(key, sealed, place)

    monkeypatch.setattr("tracker.ledger.vault.unseal", watched)
    assert read(cases, 0)
    assert before == [1]


def test_a_read_that_fails_for_want_of_a_key_is_on_record_all_the_same(cases: CaseHouse) -> None:
    cases.case()
    assert cases.house.ledger.vault is not None
    object.__setattr__(cases.house.ledger.vault, "ring", KeyRing.of_keys([bytes(32)]))
    with pytest.raises(NotReady):
        read(cases, 0)
    assert len(reads(cases)) == 1


def test_files_are_opened_in_the_same_way(cases: CaseHouse) -> None:
    note = cleaned(b"a note", "note.txt")
    cases.report(note)
    alice = cases.who("alice")
    found = open_file(cases.house.database, cases.context, alice, 1, purpose="working the case")
    assert found == Clean("text/plain", b"a note", "note.txt")
    assert [(each.actor, each.action, each.detail) for each in reads(cases)] == [
        (alice.actor, "evidence.opened", "seq 1: working the case")
    ]

"""Reapplying: what a restored backup brings back is erased again, from the ledger that lies outside the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.house import ALICE
from tests.postgres import create, drop
from tests.workflows.casehouse import CaseHouse
from tests.workflows.test_erasing import (
    approve,
    assert_digests,
    assert_proofs,
    assert_verified,
    attach,
    bodies,
    hidden,
    hits,
    left,
    on_disk,
    propose,
    values,
)
from tracker.access import audit
from tracker.access.erasures import Erasure
from tracker.db import Database
from tracker.errors import NotReady
from tracker.workflows import approvals, holds
from tracker.workflows.erasing import Erased
from tracker.workflows.reapplying import check_applied, pending, reapply, unknown
from tracker.workflows.scrubbing import scrub


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path / "home")


def reapplied(cases: CaseHouse) -> list[tuple[str, Erased]]:
    with cases.house.database.write() as session:
        at = cases.house.clock()
        done = reapply(session, cases.erasures.read(), by="system:erasures", at=at)
    scrub(cases.house.database)
    return [(line.owner, erased) for line, erased in done]


def waiting(cases: CaseHouse) -> list[str]:
    with cases.house.database.read() as session:
        return [line.owner for line in pending(session, cases.erasures.read())]


class Backup:
    """Copies a database when it is first called, and puts that copy in its place ever after."""

    def __init__(self, database: Database) -> None:
        self.database, self.content, self.name = database, b"", ""

    def __call__(self) -> None:
        self.database.engine.dispose()
        (self._sqlite if self.database.sqlite else self._postgresql)()

    def _sqlite(self) -> None:
        file = Path(self.database.url.database or "")
        if not self.content:
            scrub(self.database)  # so that the file is all there is
            self.content = file.read_bytes()
            return
        for each in file.parent.glob(f"{file.name}-*"):
            each.unlink()
        file.write_bytes(self.content)

    def _postgresql(self) -> None:
        current = self.database.url.database or ""
        if self.name:
            drop(current)
            create(current, self.name)
        else:
            self.name = f"{current}_backup"
            create(self.name, current)


@pytest.fixture
def restorable(url: str, tmp_path: Path) -> Iterator[tuple[CaseHouse, Backup]]:
    """A house, and what puts its database back to where it stood when this was first called."""
    cases = CaseHouse.build(Database(url), tmp_path / "home")
    backup = Backup(cases.house.database)
    yield cases, backup
    cases.house.database.close()
    if backup.name:
        drop(backup.name)


Restorable: TypeAlias = tuple[CaseHouse, Backup]


def test_what_a_restored_backup_brings_back_is_erased_again_and_nothing_else_changes(restorable: Restorable) -> None:
    cases, backup = restorable
    house = cases.house
    subjects = [cases.case(narrative=f"narrative {number}") for number in range(12)]
    attach(house, 0)
    attach(house, 1)
    gone, kept = subjects[::3], [each for number, each in enumerate(subjects) if number % 3]
    doomed, others = hidden(house.database, "integrity", gone), hidden(house.database, "integrity", kept)
    backup()
    before, figures = bodies(house), values(house)
    for subject in gone:
        approve(cases, propose(cases, subject))
    scrub(house.database)
    assert (hits(on_disk(house.database), doomed), waiting(cases)) == ([], [])

    backup()
    content = on_disk(house.database)
    assert hits(content, doomed) == gone
    assert waiting(cases) == [f"integrity/{each}" for each in gone]
    with house.database.read() as session, pytest.raises(NotReady, match="tracker erasures reapply"):
        check_applied(session, cases.erasures.read())

    assert reapplied(cases) == [
        (f"integrity/{each}", Erased(3 if each == gone[0] else 1, each == gone[0])) for each in gone
    ]
    content = on_disk(house.database)
    assert (hits(content, doomed), hits(content, others)) == ([], kept)
    assert bodies(house) == before
    assert values(house) == figures
    assert house.differences() == []
    assert_digests(house)
    assert_proofs(house)
    assert_verified(house)
    assert (waiting(cases), reapplied(cases)) == ([], [])
    with house.database.read() as session:
        entries = audit.entries(session, action="confidential.erased")
    lines = cases.erasures.read()
    assert [(each.actor, each.target, (each.detail or "").partition(", again, ")[2]) for each in reversed(entries)] == [
        ("system:erasures", line.owner, f"ledger:{line.digest}") for line in lines
    ]


def test_what_is_told_after_a_restore_stays_when_the_erasure_is_applied_again(restorable: Restorable) -> None:
    cases, backup = restorable
    subject = cases.case()
    backup()
    for _ in range(2):
        cases.case()
    approve(cases, propose(cases, subject))
    backup()
    assert [erased.values for _, erased in reapplied(cases)] == [1]
    house = cases.house
    told = {"channel": "hotline", "reporter_group": "staff", "category": "fraud", "narrative": "something new"}
    house.record(house.event("integrity.case.reported", told, subject=subject))
    assert (reapplied(cases), waiting(cases), left(house)) == ([], [], {1})


def test_an_approval_that_was_lost_after_it_was_written_down_is_done_by_reapplying(cases: CaseHouse) -> None:
    subject = cases.case()
    proposal = propose(cases, subject)
    bob, at = cases.who("bob"), cases.house.clock()
    with cases.house.database.write() as session:
        approvals.approve(cases.context, session, proposal.id, proposal.digest, by=bob, at=at)
        session.rollback()  # the machine stops here
    assert left(cases.house) == {0}
    told = {"channel": "hotline", "reporter_group": "staff", "category": "fraud", "narrative": "something new"}
    cases.house.record(cases.house.event("integrity.case.reported", told, subject=subject))
    assert waiting(cases) == [f"integrity/{subject}"]
    assert [erased.values for _, erased in reapplied(cases)] == [1]
    assert left(cases.house) == {1}  # what was told later stays, under the key that it shares
    assert cases.house.secrets()[1, "/narrative"][1] == b'"something new"'


def test_a_legal_hold_does_not_bring_back_what_was_destroyed(restorable: Restorable) -> None:
    cases, backup = restorable
    subject = cases.case()
    backup()
    approve(cases, propose(cases, subject))
    backup()
    with cases.house.database.write() as session:
        holds.place(session, f"integrity/{subject}", "a claim", by=ALICE, at=cases.house.clock())
    assert [erased.values for _, erased in reapplied(cases)] == [1]


def test_the_ledger_of_another_log_is_not_applied(cases: CaseHouse) -> None:
    subject = cases.case()
    other = Erasure("2021-01-01T00:00:00.000000Z", f"integrity/{subject}", 1, "ab" * 32, 1, "p-a", "p-b")
    cases.erasures.append(other)
    with pytest.raises(NotReady, match="is one of another log"):
        reapplied(cases)
    assert left(cases.house) == {0}


def test_a_ledger_whose_end_was_cut_off_is_found_out_by_the_audit_trail(cases: CaseHouse) -> None:
    for _ in range(2):
        approve(cases, propose(cases, cases.case()))
    whole = cases.erasures.read()
    cases.erasures.path.write_bytes(whole[0].line + b"\n")
    with cases.house.database.read() as session:
        assert unknown(session, whole) == []
        assert unknown(session, cases.erasures.read()) == [whole[1].digest]
        assert unknown(session, []) == [each.digest for each in whole]

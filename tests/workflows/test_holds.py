"""Legal holds: one person places them, two release them, and while one stands nothing is erased."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.casehouse import CaseHouse
from tests.workflows.test_erasing import approve, left, propose
from tracker.access import audit
from tracker.access.proposals import Proposal
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.ledger.events import Actor
from tracker.ledger.vault import owner
from tracker.workflows import holds
from tracker.workflows.holds import Hold


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path / "home")


def place(cases: CaseHouse, subject: str, reason: str = "a claim is pending", by: str = "bob") -> Hold:
    with cases.house.database.write() as session:
        actor = Actor("person", cases.who(by).id)
        return holds.place(session, f"integrity/{subject}", reason, by=actor, at=cases.house.clock())


def release(cases: CaseHouse, hold: Hold, reason: str = "the claim is settled", by: str = "bob") -> Proposal:
    with cases.house.database.write() as session:
        return holds.propose_release(session, hold.id, reason, by=cases.who(by), at=cases.house.clock())


def stored(cases: CaseHouse) -> list[Hold]:
    with cases.house.database.read() as session:
        return list(holds.listed(session))


def test_while_a_hold_stands_no_erasure_is_proposed_or_approved(cases: CaseHouse) -> None:
    subject, other = cases.case(), cases.case()
    before = propose(cases, subject)
    made = place(cases, subject)
    acts: list[Callable[[], object]] = [lambda: propose(cases, subject, by="charlie"), lambda: approve(cases, before)]
    for act in acts:
        with pytest.raises(Conflict, match="A legal hold stands") as caught:
            act()
        assert "a claim is pending" not in caught.value.detail
    assert left(cases.house) == {0, 1}
    assert cases.erasures.read() == []
    approve(cases, propose(cases, other))
    assert left(cases.house) == {0}
    approve(cases, release(cases, made), by="dora")
    approve(cases, before)
    assert left(cases.house) == set()


def test_a_hold_is_placed_with_a_reason_on_what_is_on_record(cases: CaseHouse) -> None:
    subject = cases.case()
    for reason in (" ", "x" * 1001):
        with pytest.raises(Invalid):
            place(cases, subject, reason)
    for unknown in ("case-of-nobody", "#7", "#x", "#"):
        with pytest.raises(NotFound, match="Nothing is on record"):
            place(cases, unknown)
    made = place(cases, subject, " a claim is pending ")
    bob, at = cases.who("bob").id, "2021-02-01T04:00:00.000000Z"
    assert made == Hold(made.id, f"integrity/{subject}", "a claim is pending", at, bob, None, None)
    with cases.house.database.read() as session:
        [entry] = audit.entries(session, action="hold.placed")
    assert (entry.actor, entry.target, entry.detail) == (f"person:{bob}", f"integrity/{subject}", f"hold:{made.id}")


def test_a_hold_outlives_an_erasure_and_also_fits_an_event_without_a_subject(cases: CaseHouse) -> None:
    subject = cases.case()
    approve(cases, propose(cases, subject))
    assert place(cases, subject).released_at is None  # what comes later is kept
    report = {"channel": "hotline", "reporter_group": "staff", "category": "fraud"}
    house = cases.house
    seqs = [
        house.record(house.event("integrity.case.reported", report, subject=each))[0].seq for each in ("#41", "case-9")
    ]
    with house.database.write() as session:
        by, at = Actor("person", "p-bob"), house.clock()
        assert holds.place(session, owner("integrity", "#41"), "a claim", by=by, at=at).owner == "integrity/##41"
        assert holds.place(session, f"integrity/#{seqs[0]}", "a claim", by=by, at=at).owner == f"integrity/#{seqs[0]}"
        with pytest.raises(NotFound):
            holds.place(session, "content/case-9", "a claim", by=by, at=at)


def test_releasing_takes_two_people_and_a_reason(cases: CaseHouse) -> None:
    made = place(cases, cases.case())
    for by in ("alice", "frank", "erin"):
        with pytest.raises(Forbidden):
            release(cases, made, by=by)
    with pytest.raises(Invalid):
        release(cases, made, " ")
    with pytest.raises(NotFound):
        release(cases, made._replace(id=made.id + 1))
    proposal = release(cases, made)
    assert (proposal.kind, proposal.target, dict(proposal.content)) == (
        "hold.release",
        f"{made.owner}/{made.id}",
        {"hold": made.id, "owner": made.owner, "reason": "the claim is settled"},
    )
    with pytest.raises(Conflict):
        release(cases, made, by="dora")
    with pytest.raises(Forbidden):
        approve(cases, proposal, by="bob")
    assert stored(cases) == [made]
    approve(cases, proposal, by="dora")
    dora = cases.who("dora").id
    assert stored(cases) == [made._replace(released_at="2021-02-01T04:00:00.000000Z", released_by=dora)]
    with pytest.raises(Conflict, match="released already"):
        release(cases, made)
    with cases.house.database.read() as session:
        [entry] = audit.entries(session, action="hold.released")
    assert entry[2:] == (f"person:{dora}", "hold.released", made.owner, f"hold:{made.id}, proposal:{proposal.id}")


def test_of_two_holds_on_one_subject_each_is_released_by_itself(cases: CaseHouse) -> None:
    subject = cases.case()
    first, second = place(cases, subject), place(cases, subject, "another claim", by="dora")
    one, other = release(cases, first), release(cases, second)
    approve(cases, one, by="dora")
    with pytest.raises(Conflict, match="A legal hold stands"):
        propose(cases, subject)
    approve(cases, other, by="dora")
    propose(cases, subject)


def test_who_is_named_in_a_case_learns_nothing_of_its_holds(cases: CaseHouse) -> None:
    subject = cases.worked()
    proposal = release(cases, place(cases, subject), by="dora")
    assert cases.sight("bob").target(proposal.target)
    cases.act("alice", subject, "person_named", person="bob")
    assert not cases.sight("bob").target(proposal.target)

"""A year is frozen by two people: who prepared it signs exactly one draft, and somebody else approves exactly that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.freezing import SIGNER
from tests.house import House
from tests.snapshots.years import CASE, happen, live_a_year
from tests.workflows.offices import Bureau, new_keys
from tracker.access import proposals
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.snapshots.drafts import Draft
from tracker.snapshots.freeze import signature_holds
from tracker.snapshots.reading import Snapshot, find, revisions
from tracker.workflows.freezing import draft_year, publish_year, restate, sign, waiting

REASON = "A case was recorded late."


@pytest.fixture
def bureau(house: House, tmp_path: Path) -> Bureau:
    """Carol records and prepares; Bob and Dora approve."""
    live_a_year(house)
    return Bureau(house, new_keys(tmp_path))


def drafted(bureau: Bureau, by: Person | None = None) -> Draft:
    with bureau.house.database.write() as session:
        return draft_year(bureau.context, session, 2020, by=by or bureau.carol)


def restated(bureau: Bureau, reason: str = REASON, by: Person | None = None) -> Draft:
    with bureau.house.database.write() as session:
        return restate(bureau.context, session, 2020, reason=reason, by=by or bureau.carol)


def signed(bureau: Bureau, found: Draft, *, by: Person | None = None, digest: str | None = None) -> Proposal:
    return bureau.make(sign, found.id, digest or found.digest, by=by or bureau.carol)


def frozen(bureau: Bureau) -> Snapshot | None:
    with bureau.house.database.read() as session:
        return find(session, 2020)


def test_a_year_is_signed_by_one_and_frozen_by_another_and_both_stand_in_its_seal(bureau: Bureau) -> None:
    found = drafted(bureau)
    assert found.drafted_by == bureau.carol.actor
    bureau.wait(hours=1)
    proposed = signed(bureau, found)
    assert proposed.content == {
        "year": 2020,
        "revision": 1,
        "draft": found.id,
        "draft_digest": found.digest,
        "log_size": 8,
    }
    assert (bureau.read(waiting, 2020), frozen(bureau)) == (proposed, None)
    bureau.wait(hours=1)
    bureau.approve(proposed)
    snapshot = frozen(bureau)
    assert snapshot is not None
    assert (snapshot.digest, snapshot.frozen_by, snapshot.draft) == (found.digest, bureau.bob.actor, found.id)
    assert snapshot.approvals == [
        {"act": "signed", "by": bureau.carol.actor, "at": "2021-02-01T05:00:00.000000Z"},
        {"act": "approved", "by": bureau.bob.actor, "at": "2021-02-01T06:00:00.000000Z"},
    ]
    assert signature_holds(snapshot, bureau.keys.signer.public)
    assert not signature_holds(snapshot, SIGNER.public)
    assert bureau.read(waiting, 2020) is None
    assert bureau.trail(2) == [
        (bureau.carol.actor, "proposal.made", f"proposal:{proposed.id}", "year.freeze year/2020"),
        (bureau.bob.actor, "proposal.approved", f"proposal:{proposed.id}", "year.freeze year/2020"),
    ]


def test_who_signed_a_year_does_not_approve_it_whatever_they_may(bureau: Bureau) -> None:
    proposed = signed(bureau, drafted(bureau, by=bureau.bob), by=bureau.bob)
    with pytest.raises(Forbidden):
        bureau.approve(proposed)
    assert (frozen(bureau), bureau.stored(proposed).state) == (None, "open")
    bureau.approve(proposed, by=bureau.dora)
    assert frozen(bureau) is not None


def test_who_neither_records_nor_approves_prepares_nothing(bureau: Bureau) -> None:
    found = drafted(bureau)
    officer = bureau.folk.add("erin", "case_officer")
    for person in (bureau.alice, officer):
        with pytest.raises(Forbidden, match="somebody who prepares years: a recorder or an approver"):
            drafted(bureau, by=person)
        with pytest.raises(Forbidden):
            restated(bureau, by=person)
        with pytest.raises(Forbidden):
            signed(bureau, found, by=person)


def test_who_does_not_approve_freezes_nothing(bureau: Bureau) -> None:
    proposed = signed(bureau, drafted(bureau))
    other = bureau.folk.add("frank", "administrator")
    with pytest.raises((Forbidden, NotFound)):
        bureau.approve(proposed, by=other)
    assert frozen(bureau) is None


def test_another_digest_is_neither_signed_nor_approved(bureau: Bureau) -> None:
    found = drafted(bureau)
    with pytest.raises(Conflict, match="says something else than what you read"):
        signed(bureau, found, digest="0" * 64)
    proposed = signed(bureau, found)
    with pytest.raises(Conflict, match="says something else than what you read"):
        bureau.approve(proposed, digest="0" * 64)
    assert frozen(bureau) is None


def test_a_draft_that_there_is_not_is_not_signed(bureau: Bureau) -> None:
    found = drafted(bureau)
    with pytest.raises(NotFound):
        bureau.make(sign, found.id + 1, found.digest, by=bureau.carol)


def test_only_the_newest_draft_is_signed_and_only_one_waits(bureau: Bureau) -> None:
    older = drafted(bureau)
    happen(bureau.house, CASE, "2020-07-10", "c9")
    newer = drafted(bureau)
    with pytest.raises(Conflict, match="newer draft of 2020"):
        signed(bureau, older)
    signed(bureau, newer)
    with pytest.raises(Conflict, match="waits for a decision already"):
        signed(bureau, newer, by=bureau.dora)


def test_a_signed_draft_that_a_newer_one_followed_is_not_frozen_until_that_one_is_signed(bureau: Bureau) -> None:
    proposed = signed(bureau, drafted(bureau))
    happen(bureau.house, CASE, "2020-07-10", "c9")
    newer = drafted(bureau)
    with pytest.raises(Conflict, match="newer draft of 2020"):
        bureau.approve(proposed)
    assert (bureau.stored(proposed).state, frozen(bureau)) == ("open", None)
    bureau.refuse(proposed, reason="A case came in.")
    bureau.approve(signed(bureau, newer))
    snapshot = frozen(bureau)
    assert snapshot is not None
    assert snapshot.draft == newer.id


def test_a_signature_that_is_withdrawn_or_refused_freezes_nothing_and_can_be_given_again(bureau: Bureau) -> None:
    found = drafted(bureau)
    withdrawn = signed(bureau, found)
    with bureau.house.database.write() as session:
        proposals.withdraw(session, withdrawn.id, by=bureau.carol, at=bureau.house.clock())
    with pytest.raises(Conflict, match="withdrawn already"):
        bureau.approve(withdrawn)
    refused = signed(bureau, found)
    bureau.refuse(refused, reason="A meter is missing.")
    assert frozen(bureau) is None
    bureau.approve(signed(bureau, found))
    assert frozen(bureau) is not None


def test_of_two_who_approve_at_once_one_freezes_and_the_other_is_told(bureau: Bureau) -> None:
    proposed = signed(bureau, drafted(bureau))

    def approve(by: Person) -> str:
        try:
            return bureau.approve(proposed, by=by).state
        except Conflict:
            return "told"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(approve, (bureau.bob, bureau.dora))) == ["approved", "told"]
    assert len(bureau.read(revisions, 2020)) == 1


def test_a_frozen_draft_is_not_signed_again(bureau: Bureau) -> None:
    found = drafted(bureau)
    bureau.approve(signed(bureau, found))
    with pytest.raises(Conflict, match="Revision 1 of 2020 is frozen already"):
        signed(bureau, found)


def test_a_year_is_restated_by_two_people_as_well_with_a_reason(bureau: Bureau) -> None:
    bureau.approve(signed(bureau, drafted(bureau)))
    first = frozen(bureau)
    assert first is not None
    happen(bureau.house, CASE, "2020-07-10", "c9")
    with pytest.raises(Invalid):
        restated(bureau, reason=" ")
    found = restated(bureau)
    with pytest.raises(Forbidden):
        bureau.approve(signed(bureau, found, by=bureau.dora), by=bureau.dora)
    [open] = bureau.read(proposals.pending)
    bureau.approve(open)
    one, two = bureau.read(revisions, 2020)
    assert one == first
    assert (two.revision, two.body["previous"], two.body["restatement"]["reason"]) == (2, first.digest, REASON)
    assert [each["by"] for each in two.approvals] == [bureau.dora.actor, bureau.bob.actor]


def test_an_approver_publishes_a_frozen_revision_and_it_stands_in_the_audit_trail(bureau: Bureau) -> None:
    bureau.approve(signed(bureau, drafted(bureau)))
    at = bureau.house.clock() + timedelta(days=1)
    with bureau.house.database.write() as session:
        for person in (bureau.carol, bureau.alice):
            with pytest.raises(Forbidden, match="takes an approver"):
                publish_year(session, 2020, 1, by=person, at=at)
        with pytest.raises(NotFound, match="no frozen revision 2 of 2020"):
            publish_year(session, 2020, 2, by=bureau.bob, at=at)
        found = publish_year(session, 2020, 1, by=bureau.bob, at=at)
    assert found.published_at == "2021-02-02T04:00:00.000000Z"
    assert bureau.trail(1) == [(bureau.bob.actor, "year.published", "year/2020", f"revision 1, {found.digest}")]

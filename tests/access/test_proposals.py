"""Four eyes: somebody else decides, exactly what they read, once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.access.folk import Folk
from tests.house import House
from tracker.access import proposals
from tracker.access.accounts import proposals as table
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Forbidden, Invalid, NotFound

ROLES = {"roles": ["approver"]}
AT = "2021-02-01T04:00:00.000000Z"


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def propose(folk: Folk, by: Person, target: str = "p-x", content: dict[str, Any] | None = None) -> Proposal:
    with folk.house.database.write() as session:
        made = content or {"person": target, **ROLES}
        return proposals.propose(session, "person.roles", target, made, by=by, at=folk.house.clock())


def decide(folk: Folk, found: Proposal, by: Person, *, approve: bool = True, **others: Any) -> Proposal:
    with folk.house.database.write() as session:
        digest, at = others.pop("digest", found.digest), folk.house.clock()
        return proposals.decide(session, found.id, digest, approve=approve, by=by, at=at, **others)


def stored(folk: Folk, id: int) -> Proposal:
    with folk.house.database.read() as session:
        return proposals.get(session, id)


def test_what_is_proposed_waits_and_is_bound_to_its_digest(folk: Folk) -> None:
    alice = folk.add("alice", "administrator")
    made = propose(folk, alice)
    spelled = b'{"content":{"person":"p-x","roles":["approver"]},"kind":"person.roles","target":"p-x"}'
    digest = hashlib.sha256(spelled).hexdigest()
    content = {"person": "p-x", "roles": ["approver"]}
    assert made == Proposal(made.id, "person.roles", "p-x", content, digest, "open", alice.id, AT)
    with folk.house.database.read() as session:
        assert proposals.pending(session) == [made]
        assert proposals.pending(session, ["person.roles"]) == [made]
        assert proposals.pending(session, ["erasure"]) == []
        assert proposals.settled(session) == []
    assert folk.trail()[-1] == (alice.actor, "proposal.made", f"proposal:{made.id}", "person.roles p-x")


def test_somebody_else_approves_it_once(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    folk.wait(hours=1)
    done = decide(folk, made, bob)
    assert (done.state, done.decided_by, done.decided_at) == ("approved", bob.id, "2021-02-01T05:00:00.000000Z")
    assert folk.trail()[-1] == (bob.actor, "proposal.approved", f"proposal:{made.id}", "person.roles p-x")
    with pytest.raises(Conflict, match=r"The proposal is approved already, since 2021-02-01T05:00:00\.000000Z"):
        decide(folk, made, bob)
    with pytest.raises(Conflict, match="is approved already"):
        decide(folk, made, bob, approve=False, reason="no")
    with folk.house.database.read() as session:
        assert (proposals.pending(session), proposals.settled(session)) == ([], [done])


def test_nobody_approves_or_refuses_their_own(folk: Folk) -> None:
    alice = folk.add("alice", "administrator", "approver")
    made = propose(folk, alice)
    for approve in (True, False):
        with pytest.raises(Forbidden, match="Somebody else must decide this"):
            decide(folk, made, alice, approve=approve, reason="mine")
    assert stored(folk, made.id) == made


def test_nobody_decides_what_they_would_be_given(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice, bob.id)
    with pytest.raises(Forbidden, match="or it is about you"):
        decide(folk, made, bob)
    assert stored(folk, made.id) == made


def test_an_approval_of_something_else_is_refused(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    for digest in ("", made.digest.upper(), made.digest[:-1], "0" * 64):
        with pytest.raises(Conflict, match="says something else than what you read"):
            decide(folk, made, bob, digest=digest)
    assert stored(folk, made.id) == made


def test_a_refusal_takes_a_reason(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    for reason in (None, "", "  \n"):
        with pytest.raises(Invalid, match="A refusal takes a reason"):
            decide(folk, made, bob, approve=False, reason=reason)
    with pytest.raises(Invalid, match="The reason is too long"):
        decide(folk, made, bob, approve=False, reason="x" * 1001)
    done = decide(folk, made, bob, approve=False, reason=" not yet ")
    assert (done.state, done.reason) == ("refused", "not yet")
    assert folk.trail()[-1][1] == "proposal.refused"


def test_one_proposal_about_a_target_waits_at_a_time(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    with pytest.raises(Conflict, match="A proposal about p-x waits for a decision already"):
        propose(folk, bob, content={"person": "p-x", "roles": ["recorder"]})
    propose(folk, alice, "p-y")
    decide(folk, made, bob)
    assert propose(folk, alice).id > made.id


def test_who_proposed_it_may_withdraw_it_and_nobody_else(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    with pytest.raises(Forbidden, match="Only who made a proposal"), folk.house.database.write() as session:
        proposals.withdraw(session, made.id, by=bob, at=folk.house.clock())
    with folk.house.database.write() as session:
        assert proposals.withdraw(session, made.id, by=alice, at=folk.house.clock()).state == "withdrawn"
    with pytest.raises(Conflict, match="The proposal is withdrawn already"):
        decide(folk, made, bob)


def test_of_those_who_decide_at_the_same_time_one_does(folk: Folk) -> None:
    made = propose(folk, folk.add("alice", "administrator"))
    officers = [folk.add(f"officer-{number}", "approver") for number in range(8)]

    def race(number: int) -> str:
        try:
            approve = bool(number % 2)
            return decide(folk, made, officers[number], approve=approve, reason="raced").decided_by or ""
        except Conflict:
            return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [each for each in pool.map(race, range(8)) if each]
    assert winners == [stored(folk, made.id).decided_by]
    assert [action for _, action, _, _ in folk.trail()[-2:]].count("proposal.made") <= 1
    decided = [entry for entry in folk.trail() if entry[1] in {"proposal.approved", "proposal.refused"}]
    assert len(decided) == 1


def test_of_those_who_propose_the_same_at_the_same_time_one_does(folk: Folk) -> None:
    alice = folk.add("alice", "administrator")

    def race(_number: int) -> bool:
        try:
            propose(folk, alice)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1
    with folk.house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(table)) == 1


def test_an_approval_that_is_undone_leaves_it_open(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made, trail = propose(folk, alice), folk.trail()
    with folk.house.database.write() as session:
        proposals.decide(session, made.id, made.digest, approve=True, by=bob, at=folk.house.clock())
        session.rollback()
    assert (stored(folk, made.id), folk.trail()) == (made, trail)


def test_a_proposal_that_was_changed_in_the_database_is_not_approved(folk: Folk) -> None:
    alice, bob = folk.add("alice", "administrator"), folk.add("bob", "approver")
    made = propose(folk, alice)
    with folk.house.database.write() as session:
        session.execute(update(table).values(content='{"person":"p-x","roles":["administrator"]}'))
    with pytest.raises(Conflict, match="says something else than what you read"):
        decide(folk, made, bob)


@pytest.mark.parametrize("id", [0, -1, 7, 2**63, 10**30])
def test_there_is_no_other_proposal(folk: Folk, id: int) -> None:
    with pytest.raises(NotFound, match=f"There is no proposal {id}"):
        stored(folk, id)

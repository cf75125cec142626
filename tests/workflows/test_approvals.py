"""Approvals: another person agrees to exactly what was proposed, once, and then it is so; otherwise nothing is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.house import House
from tests.workflows.houses import house_of
from tests.workflows.offices import Bureau, new_keys
from tracker.access import people
from tracker.access.accounts import proposals as table
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.canonical import canonical
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.workflows import approvals, grants
from tracker.workflows.models import named
from tracker.workflows.roles import propose_person, propose_reset, propose_roles
from tracker.workflows.sight import CASE, marks_of, sight


@pytest.fixture
def bureau(house: House, tmp_path: Path) -> Bureau:
    return Bureau(house, new_keys(tmp_path))


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Bureau:
    """A bureau with integrity cases, of which one waits."""
    made = Bureau(house_of(database, "integrity"), new_keys(tmp_path))
    about = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}
    made.house.record(made.house.event(f"{CASE}.reported", about, subject="case-1"))
    return made


def roles(
    bureau: Bureau, person: Person, *wanted: str, by: Person | None = None, ends_on: str | None = None
) -> Proposal:
    return bureau.make(propose_roles, person, wanted, ends_on=ends_on, by=by)


def access(office: Bureau, by: Person, officer: Person) -> Proposal:
    return office.make(grants.propose_access, office.keys, "case-1", officer.id, by=by)


def listed(bureau: Bureau, person: Person) -> list[int]:
    with bureau.house.database.read() as session:
        seen = sight(session, bureau.keys, person, bureau.house.clock())
        return [each.id for each in approvals.listed(seen, session)]


def test_roles_change_when_somebody_else_agrees(bureau: Bureau) -> None:
    proposed = roles(bureau, bureau.carol, "recorder", "case_officer")
    assert proposed.content == {
        "person": bureau.carol.id,
        "roles": ["case_officer", "recorder"],
        "before": ["recorder"],
        "ends_on": None,
    }
    assert bureau.folk.now("carol").roles == {"recorder"}
    bureau.approve(proposed)
    assert bureau.folk.now("carol").roles == {"recorder", "case_officer"}
    assert bureau.trail(2) == [
        (bureau.bob.actor, "proposal.approved", f"proposal:{proposed.id}", f"person.roles {bureau.carol.actor}"),
        (bureau.bob.actor, "person.roles_set", bureau.carol.actor, "case_officer, recorder"),
    ]


def test_nobody_approves_what_they_proposed_or_what_is_about_them(bureau: Bureau) -> None:
    both = bureau.folk.add("erin", "administrator", "approver")
    own = roles(bureau, bureau.carol, "approver", by=both)
    with pytest.raises(Forbidden):
        bureau.approve(own, by=both)
    about_bob = roles(bureau, bureau.bob, "administrator")
    with pytest.raises(Forbidden):
        bureau.approve(about_bob)
    with pytest.raises(Forbidden):
        roles(bureau, both, "administrator", by=both)
    assert [bureau.stored(each).state for each in (own, about_bob)] == ["open", "open"]


def test_who_is_no_approver_decides_nothing(bureau: Bureau) -> None:
    proposed, other = roles(bureau, bureau.carol, "approver"), bureau.folk.add("frank", "administrator")
    with pytest.raises(Forbidden):
        bureau.approve(proposed, by=other)
    with pytest.raises(NotFound):
        bureau.approve(proposed, by=bureau.carol)


def test_a_refusal_takes_a_reason_and_changes_nothing(bureau: Bureau) -> None:
    proposed = roles(bureau, bureau.carol, "approver")
    with pytest.raises(Invalid):
        bureau.refuse(proposed, reason="  ")
    assert bureau.refuse(proposed, reason="She records.").reason == "She records."
    assert bureau.folk.now("carol").roles == {"recorder"}
    with pytest.raises(Conflict):
        bureau.approve(proposed)


def test_a_proposal_that_changed_is_not_approved(bureau: Bureau) -> None:
    proposed = roles(bureau, bureau.carol, "case_officer")
    with pytest.raises(Conflict):
        bureau.approve(proposed, digest="0" * 64)
    changed = canonical({**proposed.content, "roles": ["approver"]})
    with bureau.house.database.write() as session:
        session.execute(update(table).where(table.c.id == proposed.id).values(content=changed))
    with pytest.raises(Conflict):
        bureau.approve(proposed)
    assert bureau.folk.now("carol").roles == {"recorder"}


def test_roles_that_changed_meanwhile_are_not_overwritten(bureau: Bureau) -> None:
    proposed = roles(bureau, bureau.carol, "case_officer")
    bureau.folk.set_roles("carol", "approver")
    with pytest.raises(Conflict):
        bureau.approve(proposed)
    assert (bureau.folk.now("carol").roles, bureau.stored(proposed).state) == (frozenset({"approver"}), "open")


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(bureau: Bureau) -> None:
    for turn in range(10):
        person = bureau.folk.add(f"new-{turn}")
        proposed = roles(bureau, person, "case_officer")

        def approve(by: Person, proposed: Proposal = proposed) -> str:
            try:
                return bureau.approve(proposed, by=by).state
            except Conflict:
                return "told"

        with ThreadPoolExecutor(2) as both:
            outcomes = list(both.map(approve, (bureau.bob, bureau.dora)))
        assert sorted(outcomes) == ["approved", "told"]
        entries = [action for _actor, action, target, _detail in bureau.trail(20) if target == person.actor]
        assert entries.count("person.roles_set") == 1


def test_an_approval_and_a_refusal_at_once_leave_one_outcome(bureau: Bureau) -> None:
    for turn in range(10):
        person = bureau.folk.add(f"new-{turn}")
        proposed = roles(bureau, person, "case_officer")
        with ThreadPoolExecutor(2) as both:
            tries = [
                both.submit(bureau.approve, proposed, bureau.bob),
                both.submit(bureau.refuse, proposed, bureau.dora),
            ]
        told = [each.exception() for each in tries]
        assert sorted(type(each).__name__ for each in told) == ["Conflict", "NoneType"]
        state, now = bureau.stored(proposed).state, bureau.folk.now(f"new-{turn}").roles
        assert (state, now) in [("approved", frozenset({"case_officer"})), ("refused", frozenset({"recorder"}))]


def test_an_assurer_gets_a_last_day_with_the_role(bureau: Bureau) -> None:
    with pytest.raises(Invalid) as refused:
        roles(bureau, bureau.carol, "assurer")
    assert [each.pointer for each in refused.value.mistakes] == ["ends_on"]
    proposed = roles(bureau, bureau.carol, "assurer", ends_on="2021-06-30")
    bureau.approve(proposed)
    now = bureau.folk.now("carol")
    assert (now.roles, now.ends_on) == (frozenset({"assurer"}), "2021-06-30")
    bureau.approve(roles(bureau, now, "assurer", ends_on="2021-07-31"))
    assert bureau.folk.now("carol").ends_on == "2021-07-31"
    with pytest.raises(Invalid):
        roles(bureau, bureau.folk.now("carol"), "assurer")


def test_somebody_new_is_there_once_approved_and_their_invitation_waits(bureau: Bureau) -> None:
    proposed = bureau.make(propose_person, "grace", "Grace Ho", ["approver"], ends_on=None)
    assert "grace" not in bureau.trail(1)[0][2] + str(bureau.trail(1)[0][3])
    with pytest.raises(Conflict):
        bureau.make(propose_person, "grace", "Another", ["recorder"], ends_on=None)
    bureau.approve(proposed)
    grace = bureau.folk.now("grace")
    assert (grace.name, grace.roles, grace.second_factor) == ("Grace Ho", frozenset({"approver"}), False)
    text = bureau.pick_up(proposed)["invitation"]
    assert len(text) >= 27
    with pytest.raises(NotFound):
        bureau.pick_up(proposed)


def test_a_new_invitation_is_made_by_two_people(bureau: Bureau) -> None:
    proposed = bureau.make(propose_reset, bureau.bob)
    before = bureau.folk.now("bob").epoch
    with pytest.raises(Forbidden):
        bureau.approve(proposed)
    assert bureau.folk.now("bob").epoch == before
    bureau.approve(proposed, by=bureau.dora)
    assert bureau.folk.now("bob").epoch == before + 1
    assert set(bureau.pick_up(proposed)) == {"invitation"}
    with pytest.raises(Forbidden):
        bureau.make(propose_reset, bureau.alice)


def test_access_to_a_case_is_given_by_its_approval(office: Bureau) -> None:
    officer = office.folk.add("erin", "case_officer")
    proposed = access(office, officer, officer)
    assert office.read(grants.holders, "case-1") == []
    office.approve(proposed)
    assert office.read(grants.holders, "case-1") == [officer.id]


def test_who_is_named_in_a_case_sees_no_proposal_about_it(office: Bureau) -> None:
    officer = office.folk.add("erin", "case_officer")
    proposed = access(office, officer, officer)
    assert listed(office, office.bob) == [proposed.id]
    with office.house.database.write() as session:
        for mark in marks_of(office.keys, "case-1", [office.bob.name]):
            session.execute(named.insert().values(subject="case-1", mark=mark))
    assert (listed(office, office.bob), listed(office, office.dora)) == ([], [proposed.id])
    with pytest.raises(NotFound) as refused:
        office.approve(proposed)
    assert str(refused.value) == f"There is no proposal {proposed.id} here. Look it up in the list."
    with pytest.raises(NotFound):
        office.refuse(proposed)
    assert office.stored(proposed).state == "open"


def test_an_administrator_sees_no_proposal_about_a_case(office: Bureau) -> None:
    officer = office.folk.add("erin", "case_officer")
    about_case, about_carol = access(office, officer, officer), roles(office, office.carol, "approver")
    assert listed(office, office.alice) == [about_carol.id]
    assert listed(office, officer) == [about_case.id]
    assert listed(office, office.folk.add("gus", "internal_auditor")) == [about_case.id, about_carol.id]
    assert listed(office, office.carol) == []


def test_every_kind_of_proposal_has_one_applier(bureau: Bureau) -> None:
    assert list(approvals.APPLIERS) == [
        "person.roles",
        "person.add",
        "person.reset",
        "source.key",
        "token.key",
        "case.access",
        "erasure",
        "year.freeze",
        "hold.release",
    ]
    assert bureau.read(people.listed)

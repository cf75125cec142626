"""Access to cases: proposed by an officer, approved by somebody else, ended at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workflows.casehouse import CaseHouse
from tracker.access.proposals import Proposal
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.workflows import approvals, grants


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path)


def propose(cases: CaseHouse, subject: str, officer: str, by: str) -> Proposal:
    with cases.house.database.write() as session:
        id = cases.who(officer).id
        return grants.propose_access(session, cases.keys, subject, id, by=cases.who(by), at=cases.house.clock())


def approve(cases: CaseHouse, made: Proposal, by: str, digest: str | None = None) -> None:
    with cases.house.database.write() as session:
        at = cases.house.clock()
        approvals.approve(cases.context, session, made.id, digest or made.digest, by=cases.who(by), at=at)


def revoke(cases: CaseHouse, subject: str, officer: str, by: str) -> None:
    with cases.house.database.write() as session:
        id = cases.who(officer).id
        grants.revoke(session, cases.keys, subject, id, by=cases.who(by), at=cases.house.clock())


def test_access_takes_a_second_person_and_is_on_record(cases: CaseHouse) -> None:
    subject = cases.case()
    made = propose(cases, subject, "charlie", "alice")
    assert cases.holders(subject) == []
    approve(cases, made, "bob")
    assert cases.holders(subject) == ["charlie"]
    alice, bob = cases.who("alice").actor, cases.who("bob").actor
    assert cases.trail(3) == [
        (alice, "proposal.made", f"proposal:{made.id}"),
        (bob, "proposal.approved", f"proposal:{made.id}"),
        (bob, "case.access_granted", f"integrity.case/{subject}"),
    ]


def test_a_case_that_was_read_is_assigned_with_the_approval(cases: CaseHouse) -> None:
    subject = cases.worked(("triaged", {"priority": "high"}))
    assert cases.state(subject) == "triaged"
    cases.grant(subject, "charlie")
    assert cases.state(subject) == "investigating"
    assert cases.types(subject) == ["reported", "triaged", "assigned"]


def test_a_case_that_nobody_has_read_is_not_assigned_yet(cases: CaseHouse) -> None:
    subject = cases.worked()
    assert (cases.state(subject), cases.types(subject)) == ("reported", ["reported"])


def test_nobody_approves_access_for_themselves_or_what_they_proposed(cases: CaseHouse) -> None:
    cases.folk.set_roles("alice", "case_officer", "approver")
    subject = cases.case()
    for made in (propose(cases, subject, "charlie", "alice"), propose(cases, subject, "alice", "charlie")):
        with pytest.raises(Forbidden):
            approve(cases, made, "alice")
    assert cases.holders(subject) == []


def test_only_exactly_what_was_read_is_approved(cases: CaseHouse) -> None:
    made = propose(cases, cases.case(), "alice", "alice")
    with pytest.raises(Conflict):
        approve(cases, made, "bob", digest="0" * 64)


@pytest.mark.parametrize("login", ["bob", "erin"])
def test_only_officers_propose(cases: CaseHouse, login: str) -> None:
    with pytest.raises(Forbidden):
        propose(cases, cases.case(), "alice", login)


@pytest.mark.parametrize("login", ["frank", "grace", "henry"])
def test_who_does_not_know_of_cases_finds_none_to_propose_for(cases: CaseHouse, login: str) -> None:
    with pytest.raises(NotFound):
        propose(cases, cases.case(), "alice", login)


@pytest.mark.parametrize("login", ["bob", "erin", "frank"])
def test_only_officers_get_access(cases: CaseHouse, login: str) -> None:
    with pytest.raises(Invalid):
        propose(cases, cases.case(), login, "alice")


def test_why_somebody_cannot_get_access_is_not_said(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="charlie")
    said: list[Any] = []
    for login in ("charlie", "bob"):
        with pytest.raises(Invalid) as refused:
            propose(cases, subject, login, "alice")
        said.append((refused.value.detail, refused.value.mistakes))
    assert said[0] == said[1]


def test_who_is_named_after_the_proposal_gets_nothing(cases: CaseHouse) -> None:
    subject = cases.worked()
    made = propose(cases, subject, "charlie", "alice")
    cases.act("alice", subject, "person_named", person="charlie")
    with pytest.raises(Conflict):
        approve(cases, made, "bob")
    assert cases.holders(subject) == ["alice"]


def test_an_approver_who_is_named_knows_of_no_such_proposal(cases: CaseHouse) -> None:
    subject = cases.worked()
    made = propose(cases, subject, "charlie", "alice")
    cases.act("alice", subject, "person_named", person="bob")
    with pytest.raises(NotFound):
        approve(cases, made, "bob")
    with cases.house.database.read() as session:
        assert [each.id for each in approvals.listed(cases.sight("bob"), session)] == []
        assert made.id in [each.id for each in approvals.listed(cases.sight("dora"), session)]
    approve(cases, made, "dora")
    assert cases.holders(subject) == ["alice", "charlie"]


def test_the_same_access_is_proposed_and_given_once(cases: CaseHouse) -> None:
    subject = cases.case()
    made = propose(cases, subject, "charlie", "alice")
    with pytest.raises(Conflict):
        propose(cases, subject, "charlie", "charlie")
    approve(cases, made, "bob")
    with pytest.raises(Conflict):
        propose(cases, subject, "charlie", "alice")


def test_an_officer_gives_access_back_and_an_approver_takes_it(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.grant(subject, "charlie")
    with pytest.raises(Forbidden):
        revoke(cases, subject, "alice", "charlie")
    revoke(cases, subject, "charlie", "charlie")
    assert cases.holders(subject) == ["alice"]
    revoke(cases, subject, "alice", "dora")
    assert cases.holders(subject) == []
    assert cases.trail(1) == [(cases.who("dora").actor, "case.access_ended", f"integrity.case/{subject}")]
    with pytest.raises(Conflict):
        revoke(cases, subject, "alice", "dora")
    with pytest.raises(Forbidden):
        cases.act("alice", subject, "triaged", priority="high")

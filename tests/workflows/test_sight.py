"""Who sees a case: nobody who is named in it, officers what they were granted, others no more than their roles say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.casehouse import CaseHouse
from tracker.access.audit import entries as audit_entries
from tracker.db import Database
from tracker.errors import Forbidden, NotFound
from tracker.ledger.queries import entries
from tracker.workflows.models import named
from tracker.workflows.sight import CASE, sight


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path)


EVERYBODY = ("alice", "charlie", "bob", "dora", "erin", "frank", "grace", "henry")


def test_who_may_know_of_a_case_is_a_matter_of_roles(cases: CaseHouse) -> None:
    subject = cases.case()
    assert [login for login in EVERYBODY if cases.sees(login, subject)] == ["alice", "charlie", "bob", "dora", "erin"]


def test_what_was_told_is_open_to_officers_with_access_alone(cases: CaseHouse) -> None:
    subject = cases.worked()
    assert [login for login in EVERYBODY if cases.sight(login).contents(CASE, subject)] == ["alice"]


@pytest.mark.parametrize("words", ["dora", "DORA", " Ｄｏｒａ ", "pseudonym"])
def test_whoever_is_named_no_longer_sees_the_case(cases: CaseHouse, words: str) -> None:
    subject = cases.worked()
    typed = cases.who("dora").id if words == "pseudonym" else words
    assert cases.sees("dora", subject)
    cases.act("alice", subject, "person_named", person=typed)
    assert [login for login in EVERYBODY if cases.sees(login, subject)] == ["alice", "charlie", "bob", "erin"]
    assert cases.sees("dora", cases.case()), "another case is another matter"


def test_somebody_who_gets_an_account_later_is_known_by_name(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="Chan Tai Man")
    cases.folk.add("tmchan", "approver", name="CHAN  Tai Man")
    assert not cases.sees("tmchan", subject)


def test_the_officer_who_is_named_loses_access_at_once(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.grant(subject, "charlie")
    cases.act("alice", subject, "person_named", person="charlie")
    assert cases.holders(subject) == ["alice"]
    assert not cases.sees("charlie", subject)
    with pytest.raises(NotFound):
        cases.act("charlie", subject, "triaged", priority="high")


def test_a_case_that_names_one_is_answered_as_one_that_does_not_exist(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="charlie")
    said = []
    for each in (subject, "case-nowhere"):
        with pytest.raises(NotFound) as refused:
            cases.act("charlie", each, "triaged", priority="high", expect=5)
        said.append(refused.value.detail.replace(each, "X"))
    assert said[0] == said[1]


def test_nobody_is_named_in_the_table_of_those_who_are(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="dora")
    with cases.house.database.read() as session:
        marks = [bytes(row.mark) for row in session.execute(named.select())]
    assert len(marks) == 2  # of what was written, and of the pseudonym behind it
    assert all(len(mark) == 32 for mark in marks)
    other = cases.worked()
    cases.act("alice", other, "person_named", person="dora")
    with cases.house.database.read() as session:
        assert len({bytes(row.mark) for row in session.execute(named.select())}) == 4, "no two cases are alike"


def test_events_of_a_case_are_seen_by_whoever_sees_the_case(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="dora")
    cases.house.void(0, 0)
    with cases.house.database.read() as session:
        events = entries(session, limit=1000)
        seen = {login: sight(session, cases.keys, cases.who(login), cases.house.clock()) for login in EVERYBODY}
        shown = {login: [each.type for each in events if seen[login].entry(each)] for login in EVERYBODY}
    types = [each.type for each in events]
    assert [login for login in EVERYBODY if shown[login] == types] == ["alice", "charlie", "bob", "erin"]
    assert [login for login in EVERYBODY if not shown[login]] == ["dora", "frank", "grace", "henry"]


def test_the_audit_trail_shows_no_trace_of_a_case_to_whom_it_names(cases: CaseHouse) -> None:
    subject = cases.worked()
    cases.act("alice", subject, "person_named", person="erin")
    with cases.house.database.read() as session:
        trail = audit_entries(session, limit=1000)
        seen = {login: sight(session, cases.keys, cases.who(login), cases.house.clock()) for login in EVERYBODY}
    shown = {login: [each for each in trail if seen[login].trail(each.target, each.detail)] for login in EVERYBODY}
    about = [each for each in trail if subject in f"{each.target} {each.detail}"]
    assert len(about) == 4  # proposed, approved, granted, named
    assert all(each in shown["bob"] for each in about)
    for login in ("erin", "frank"):
        assert len(shown[login]) == len(trail) - len(about)


def test_a_recorder_cannot_bring_in_a_case(cases: CaseHouse) -> None:
    with pytest.raises(Forbidden):
        cases.act("grace", cases.case(), "triaged", priority="high")

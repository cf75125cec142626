"""Acting on cases: by officers with access, as the lifecycle has it, into the figures at once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.casehouse import CaseHouse
from tracker.cases import deadlines, queries
from tracker.db import Database
from tracker.errors import Forbidden, IllegalMove, Invalid, UnexpectedChange
from tracker.workflows import acting
from tracker.workflows.integrity import REPORTED, rules
from tracker.workflows.sight import CASE

INVESTIGATED: tuple[tuple[str, dict[str, Any]], ...] = (("triaged", {"priority": "high"}),)
LOSS = {"amount": "2800000", "currency": "CNY"}


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path)


def investigated(cases: CaseHouse) -> str:
    """A case under investigation by Alice."""
    subject = cases.worked(*INVESTIGATED)
    cases.act("alice", subject, "assigned", officer=cases.who("alice").id)
    return subject


def test_a_case_goes_from_report_to_close_and_is_taken_up_again(cases: CaseHouse) -> None:
    subject = investigated(cases)
    cases.act("alice", subject, "evidence_added", note="The crane was never repaired.")
    cases.act("alice", subject, "substantiated", outcome="dismissal", loss_recovered=LOSS)
    cases.act("alice", subject, "referred", authority="police")
    cases.act("alice", subject, "closed")
    assert cases.state(subject) == "closed"
    cases.act("alice", subject, "reopened", reason="A second invoice turned up.")
    assert cases.state(subject) == "investigating"
    cases.act("alice", subject, "unsubstantiated")
    cases.act("alice", subject, "closed")
    assert cases.state(subject) == "closed"


def test_a_recovered_loss_is_in_the_figures_at_once(cases: CaseHouse) -> None:
    metrics = ("integrity.cases_reported", "integrity.cases_substantiated", "integrity.loss_recovered")
    assert [cases.house.value(each, "2021") for each in metrics] == [0, 0, 0]
    subject = investigated(cases)
    assert [cases.house.value(each, "2021") for each in metrics] == [1, 0, 0]
    cases.act("alice", subject, "substantiated", outcome="dismissal", loss_recovered=LOSS)
    assert [cases.house.value(each, "2021") for each in metrics] == [1, 1, Fraction(2_800_000)]
    assert cases.house.differences() == []


def test_reopening_takes_a_reason(cases: CaseHouse) -> None:
    subject = investigated(cases)
    cases.act("alice", subject, "unsubstantiated")
    cases.act("alice", subject, "closed")
    with pytest.raises(Invalid):
        cases.act("alice", subject, "reopened")


def test_what_the_lifecycle_does_not_allow_is_refused_and_changes_nothing(cases: CaseHouse) -> None:
    subject = cases.worked()
    before = cases.types(subject)
    moves: tuple[tuple[str, dict[str, Any]], ...] = (
        ("closed", {}),
        ("substantiated", {"outcome": "warning"}),
        ("reopened", {"reason": "why not"}),
    )
    for fact, data in moves:
        with pytest.raises(IllegalMove):
            cases.act("alice", subject, fact, **data)
    assert cases.types(subject) == before


@pytest.mark.parametrize("login", ["charlie", "bob", "erin", "grace"])
def test_nobody_without_access_acts(cases: CaseHouse, login: str) -> None:
    subject = cases.worked()
    with pytest.raises(Forbidden):
        cases.act(login, subject, "triaged", priority="high")
    assert cases.types(subject) == ["reported"]


def test_only_officers_with_access_are_assigned(cases: CaseHouse) -> None:
    subject = cases.worked(*INVESTIGATED)
    with pytest.raises(Invalid):
        cases.act("alice", subject, "assigned", officer=cases.who("charlie").id)


def test_nobody_writes_in_the_reporters_place(cases: CaseHouse) -> None:
    subject = cases.worked()
    with pytest.raises(Forbidden):
        cases.act("alice", subject, "message_received", message="I take it all back.")


def test_an_officer_records_a_report_under_a_name_that_nobody_chooses(cases: CaseHouse) -> None:
    taken = cases.case()
    data = {"channel": "hotline", "reporter_group": "supplier", "category": "bribery"}
    for login, expected in (("alice", None), ("bob", Forbidden), ("grace", Forbidden)):
        with cases.house.database.write() as session:
            given: Any = (cases.context, session, cases.who(login), CASE, taken, REPORTED, data)
            if expected is None:
                assert acting.start(*given, id="call-1").subject != taken
            else:
                with pytest.raises(expected):
                    acting.start(*given, id="call-2")


def test_the_rules_know_every_event_of_a_case(cases: CaseHouse) -> None:
    known = {type for type in cases.house.catalogue.events if type.startswith("integrity.case.")}
    assert rules(cases.house.catalogue).keys() == known
    assert all(rule.may is not None for rule in rules(cases.house.catalogue).values())


def test_of_two_officers_who_decide_at_once_one_is_told(cases: CaseHouse) -> None:
    subject = investigated(cases)
    cases.grant(subject, "charlie")
    with cases.house.database.read() as session:
        seen = queries.standing(session, CASE, subject)
    assert seen is not None
    cases.act("alice", subject, "substantiated", outcome="warning", expect=seen.last_seq)
    with pytest.raises(UnexpectedChange):
        cases.act("charlie", subject, "unsubstantiated", expect=seen.last_seq)
    assert cases.state(subject) == "substantiated"


def test_a_report_is_acknowledged_in_a_week_and_answered_in_three_months(cases: CaseHouse) -> None:
    subject = cases.worked()

    def waiting() -> list[tuple[str, str]]:
        with cases.house.database.read() as session:
            found = deadlines.of(session, CASE, subject, cases.house.clock())
        return [(each.name, each.status) for each in found if each.name in {"acknowledgement", "feedback"}]

    assert waiting() == [("acknowledgement", "open"), ("feedback", "open")]
    cases.folk.wait(days=8)
    assert waiting() == [("acknowledgement", "overdue"), ("feedback", "open")]
    cases.act("alice", subject, "acknowledged")
    cases.act("alice", subject, "feedback_given", message="It was true, and it is over.")
    assert sorted(waiting()) == [("acknowledgement", "met_late"), ("feedback", "met")]
    cases.folk.wait(days=100)
    assert sorted(waiting()) == [("acknowledgement", "met_late"), ("feedback", "met")]

"""A finding is raised and ended by assurers, answered by the organisation, and read by both on record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.desks import WorkDesk
from tracker.access import people
from tracker.access.audit import entries as audit_entries
from tracker.access.people import Person
from tracker.db import Database
from tracker.errors import Forbidden, IllegalMove, Invalid
from tracker.workflows.acts import FINDING
from tracker.workflows.findings import ASSURERS, RAISED, finding, findings, may_record
from tracker.workflows.reading import read_confidential
from tracker.workflows.sight import sight

RAISE = {"metric": "assurance.findings_open", "period": "2020", "severity": "minor", "finding": "No voucher."}


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> WorkDesk:
    return WorkDesk.of(database, tmp_path, FINDING)


@pytest.fixture
def ann(desk: WorkDesk) -> Person:
    """An assurer."""
    return assurer(desk, "ann")


@pytest.fixture
def bob(desk: WorkDesk) -> Person:
    """A recorder, who answers."""
    return desk.person("bob")


def assurer(desk: WorkDesk, login: str) -> Person:
    at = desk.house.clock()
    with desk.house.database.write() as session:
        ends = (at + timedelta(days=90)).date().isoformat()
        return people.add(session, login, login.title(), ["assurer"], by="system:test", at=at, ends_on=ends)[0]


def raised(desk: WorkDesk, person: Person, **others: Any) -> str:
    return desk.start(person, "raised", RAISE | others)


def value(desk: WorkDesk, metric: str, cell: str = "{}") -> int:
    return int(desk.house.values(f"assurance.{metric}", "2021").get(cell) or 0)


def test_a_finding_goes_its_way_and_is_counted_by_severity(desk: WorkDesk, ann: Person, bob: Person) -> None:
    subject = raised(desk, ann)
    other = raised(desk, ann, severity="material", event=0, seed="dice 416")
    assert (value(desk, "findings_raised"), value(desk, "findings_open")) == (2, 2)
    desk.act(bob, subject, "answered", {"response": "Here it is."})
    desk.act(ann, subject, "closed", {"outcome": "explained"})
    assert desk.entries(subject)[-1].data == {"outcome": "explained", "severity": "minor"}
    desk.act(ann, other, "withdrawn", {"reason": "Our mistake."})
    assert value(desk, "findings_closed", '{"outcome":"explained"}') == 1
    assert (value(desk, "findings_open"), value(desk, "findings_open", '{"severity":"material"}')) == (0, 0)
    assert desk.house.differences("2021") == []


def test_each_does_their_own_part_and_no_other(desk: WorkDesk, ann: Person, bob: Person) -> None:
    subject = raised(desk, ann)
    approver, auditor = desk.person("carl", ["approver"]), desk.person("dora", ["internal_auditor"])
    assert desk.offered(ann, subject) == ["withdrawn"]
    assert desk.offered(bob, subject) == desk.offered(approver, subject) == ["answered"]
    assert desk.offered(auditor, subject) == []
    for person, fact, data in (
        (ann, "answered", {"response": "x"}),
        (bob, "withdrawn", {}),
        (auditor, "answered", {"response": "x"}),
    ):
        with pytest.raises(Forbidden):
            desk.act(person, subject, fact, data)
    for person in (bob, approver, auditor):
        with pytest.raises(Forbidden):
            raised(desk, person)
    desk.act(approver, subject, "answered", {"response": "x"})
    with pytest.raises(Forbidden):
        desk.act(bob, subject, "closed", {"outcome": "explained"})
    assert desk.offered(ann, subject) == ["closed", "withdrawn"]
    assert desk.offered(bob, subject) == ["answered"]


def test_another_assurer_may_end_what_one_has_raised(desk: WorkDesk, ann: Person, bob: Person) -> None:
    subject = raised(desk, ann)
    desk.act(bob, subject, "answered", {"response": "x"})
    desk.act(assurer(desk, "amy"), subject, "closed", {"outcome": "unresolved"})
    assert desk.standing(subject).state == "closed"


def test_a_finding_is_closed_only_once_it_was_answered(desk: WorkDesk, ann: Person) -> None:
    subject = raised(desk, ann)
    with pytest.raises(IllegalMove):
        desk.act(ann, subject, "closed", {"outcome": "explained"})
    desk.act(ann, subject, "withdrawn")
    with pytest.raises(IllegalMove):
        desk.act(ann, subject, "withdrawn")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"metric": "no.such"}, "/data/metric"), ({"period": "20"}, "/data/period"), ({"event": 10}, "/data/event")],
)
def test_a_finding_is_about_something_that_there_is(
    desk: WorkDesk, ann: Person, wrong: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        raised(desk, ann, **wrong)
    assert [each.pointer for each in refused.value.mistakes] == [pointer]
    assert value(desk, "findings_raised") == 0


def test_an_answer_is_due_in_fourteen_days(desk: WorkDesk, ann: Person, bob: Person) -> None:
    subject = raised(desk, ann)
    assert desk.standing(subject).due == "2021-02-15T04:00:00.000000Z"
    desk.act(bob, subject, "answered", {"response": "x"})
    assert desk.standing(subject).due is None


def test_what_was_written_is_read_by_both_sides_and_each_reading_is_on_record(
    desk: WorkDesk, ann: Person, bob: Person
) -> None:
    subject = raised(desk, ann)
    desk.act(bob, subject, "answered", {"response": "Here it is."})
    auditor, officer = desk.person("dora", ["internal_auditor"]), desk.person("olga", ["case_officer"])
    with desk.house.database.read() as session:
        may = [sight(session, desk.context.keys, each, desk.house.clock()).contents(FINDING, subject) for each in
               (ann, bob, auditor, officer)]  # fmt: skip
    assert may == [True, True, False, False]
    found = read_confidential(desk.house.database, desk.context, ann, [0, 1], purpose="finding")
    assert found == {0: {"/finding": "No voucher."}, 1: {"/response": "Here it is."}}
    with desk.house.database.read() as session:
        on_record = [each for each in audit_entries(session, limit=10) if each.action == "confidential.read"]
    assert {(each.actor, each.target) for each in on_record} == {(ann.actor, f"assurance/{subject}")}
    assert len(on_record) == 2


def test_no_member_of_staff_voids_a_finding_or_corrects_its_words(desk: WorkDesk, ann: Person, bob: Person) -> None:
    subject = raised(desk, ann)
    with desk.house.database.read() as session:
        seen = sight(session, desk.context.keys, bob, desk.house.clock())
        assert {fact: seen.amends(f"{FINDING}.{fact}", subject) for fact in ("raised", "answered", "closed")} == {
            "raised": False,
            "answered": True,
            "closed": False,
        }


def test_the_newest_is_listed_first_with_what_it_is_about(desk: WorkDesk, ann: Person) -> None:
    first = raised(desk, ann, seed="s")
    desk.later(hours=1)
    second = raised(desk, ann, event=0)
    with desk.house.database.read() as session:
        found = findings(session)
    assert [(each.subject, each.metric, each.period, each.event, each.seed, each.outcome) for each in found] == [
        (second, RAISE["metric"], "2020", 0, None, None),
        (first, RAISE["metric"], "2020", None, "s", None),
    ]
    assert finding(desk.standing(first), []).metric == "", "raised by a machine, whatever it said"


def test_who_records_what_is_one_table(ann: Person, bob: Person) -> None:
    assert [may_record(ann, each) for each in sorted(ASSURERS)] == [True] * 3
    assert (may_record(bob, RAISED), may_record(bob, f"{FINDING}.answered")) == (False, True)

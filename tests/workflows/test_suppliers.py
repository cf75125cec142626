"""Suppliers at work: who may evaluate them, what an evaluation earns, rounds, improvements and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.house import House
from tests.workflows.desks import WorkDesk
from tests.workflows.houses import only
from tracker import sample
from tracker.access.people import Person
from tracker.cases import deadlines
from tracker.cases.queries import misfitting
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.ledger.replay import replay
from tracker.wiring import clear_projections
from tracker.workflows import library, profiles, scoring, suppliers
from tracker.workflows.models import supplier_profiles
from tracker.workflows.scorecards import Certificate, Scorecard, newest_evaluations, scorecard
from tracker.workflows.scoring import tenths

KIND = profiles.KIND
PLACE = {"region": "china", "category": "catering"}
SIX = ("quality", "delivery", "service", "cost", "innovation", "cooperation")


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> WorkDesk:
    return WorkDesk.of(database, tmp_path, KIND)


@pytest.fixture
def alice(desk: WorkDesk) -> Person:
    return desk.person("alice")


@pytest.fixture
def bob(desk: WorkDesk) -> Person:
    return desk.person("bob")


def qualified(desk: WorkDesk, person: Person, **registered: str) -> str:
    """An important supplier that works for us."""
    subject = desk.start(person, "registered", PLACE | registered)
    desk.act(person, subject, "qualified", PLACE | {"important": True})
    return subject


def scores(*given: int | str, round: str = "2020-h2") -> dict[str, Any]:
    return {"round": round} | dict(zip(SIX, given if len(given) == 6 else given * 6, strict=True))


def card(desk: WorkDesk, subject: str) -> Scorecard:
    with desk.house.database.read() as session:
        return scorecard(session, desk.house.catalogue, subject)


def due(desk: WorkDesk, subject: str) -> list[tuple[str, str, str]]:
    """The declared deadlines of a supplier: name, due and status."""
    with desk.house.database.read() as session:
        found = deadlines.of(session, KIND, subject, desk.house.clock())
    return [(each.name, each.due[:10], each.status) for each in found if not each.name.startswith("state:")]


def test_an_evaluation_earns_its_grade_whatever_is_given(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    desk.act(alice, subject, "evaluated", scores(85) | {"grade": "excellent"})
    assert desk.entries(subject)[-1].data == scores(85) | {"grade": "good"}
    assert desk.standing(subject).state == "active"
    assert desk.house.values("suppliers.evaluations", "2021")['{"grade":"good"}'] == 1
    assert desk.house.differences("2021") == []


@pytest.mark.parametrize("given", [(50,), (100, 100, 100, 100, 100, "59.9")])
def test_a_fail_or_one_failed_score_opens_an_improvement_in_the_same_act(
    desk: WorkDesk, alice: Person, given: tuple[int | str, ...]
) -> None:
    subject = qualified(desk, alice)
    desk.act(alice, subject, "evaluated", scores(*given), id="once")
    desk.act(alice, subject, "evaluated", scores(*given), id="once")
    *_before, evaluated, opened = desk.entries(subject)
    assert (evaluated.seq + 1, evaluated.recorded_at, evaluated.actor) == (opened.seq, opened.recorded_at, opened.actor)
    assert (opened.type, opened.data) == (f"{KIND}.improvement_opened", {"due": "2021-04-02"})
    assert desk.standing(subject).state == "improving"
    assert due(desk, subject) == [("improvement", "2021-04-02", "open")]


def test_a_supplier_that_is_improving_is_not_asked_twice(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    for round in ("2020-h1", "2020-h2"):
        desk.act(alice, subject, "evaluated", scores(50, round=round))
    assert [each.type for each in desk.entries(subject)].count(f"{KIND}.improvement_opened") == 1


def test_an_improvement_is_due_and_ends_or_the_supplier_leaves(desk: WorkDesk, alice: Person) -> None:
    better, worse = qualified(desk, alice), qualified(desk, alice)
    for subject in (better, worse):
        desk.act(alice, subject, "evaluated", scores(50))
    desk.later(days=58)
    desk.act(alice, better, "improvement_closed", {"achieved": True})
    desk.later(days=10)
    assert desk.standing(better).state == "active"
    assert due(desk, better) == [("improvement", "2021-04-02", "met")]
    assert due(desk, worse) == [("improvement", "2021-04-02", "overdue")]
    desk.act(alice, worse, "exited", {"reason": "performance"})
    assert due(desk, worse) == [("improvement", "2021-04-02", "met_late")]
    assert desk.house.values("suppliers.exits", "2021") == {"{}": 1, '{"reason":"performance"}': 1}
    with pytest.raises(Conflict):
        desk.act(alice, worse, "evaluated", scores(80, round="2021-h1"))


def test_no_one_evaluates_a_supplier_they_recommended(desk: WorkDesk, alice: Person, bob: Person) -> None:
    subject = qualified(desk, alice, recommended_by=bob.id)
    with pytest.raises(Forbidden, match="You recommended this supplier"):
        desk.act(bob, subject, "evaluated", scores(99))
    assert "evaluated" not in desk.offered(bob, subject)
    assert "evaluated" in desk.offered(alice, subject)
    assert card(desk, subject).evaluations == ()
    desk.act(alice, subject, "evaluated", scores(99))
    assert card(desk, subject).place == PLACE | {"recommended_by": bob.id, "important": True}


def test_who_recommends_is_somebody_known(desk: WorkDesk, alice: Person) -> None:
    with pytest.raises(Invalid) as refused:
        desk.start(alice, "registered", PLACE | {"recommended_by": "p-nobody"})
    assert [each.pointer for each in refused.value.mistakes] == ["/data/recommended_by"]


def test_a_supplier_is_evaluated_once_in_a_round_that_there_is(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    desk.act(alice, subject, "evaluated", scores(80))
    with pytest.raises(Conflict, match="in this round already"):
        desk.act(alice, subject, "evaluated", scores(90))
    for wrong in ("2020-h3", "h1", "2020", "99999-h1", "２０２０-h1"):
        with pytest.raises(Invalid) as refused:
            desk.act(alice, subject, "evaluated", scores(90, round=wrong))
        assert "/data/round" in [each.pointer for each in refused.value.mistakes]
    with pytest.raises(Invalid) as missing:
        desk.act(alice, subject, "evaluated", {"quality": 80, "round": "2021-h1"})
    assert len(missing.value.mistakes) == 5
    registered = desk.start(alice, "registered", PLACE)
    with pytest.raises(Conflict, match="work for you"):
        desk.act(alice, registered, "evaluated", scores(90))


def test_a_round_tells_who_is_evaluated_and_who_is_not(desk: WorkDesk, alice: Person) -> None:
    done, missing, gone = (qualified(desk, alice) for _each in range(3))
    small = desk.start(alice, "registered", PLACE)
    desk.act(alice, small, "qualified", PLACE)
    desk.start(alice, "registered", PLACE)
    desk.act(alice, done, "evaluated", scores(95))
    desk.act(alice, gone, "evaluated", scores(70))
    desk.act(alice, gone, "exited", {"reason": "contract_ended"})
    with desk.house.database.read() as session:
        progress = suppliers.open_round(session, desk.house.catalogue, "2020-h2")
        assert progress.round == suppliers.Round(
            "2020-h2", 2020, {"zh-Hant": "下半年", "en": "Second half"}, date(2020, 7, 1), date(2020, 12, 31)
        )
        assert (progress.grades, progress.missing) == ({done: "excellent", gone: "pass"}, (missing,))
        following = suppliers.open_round(session, desk.house.catalogue, "2021-h1")
        assert (following.grades, following.missing) == ({}, tuple(sorted((done, missing))))
        with pytest.raises(NotFound, match="2020-h1 or 2020-h2"):
            suppliers.open_round(session, desk.house.catalogue, "2020-q1")


def test_a_day_lies_in_a_round() -> None:
    catalogue = only("suppliers")
    days = ("2020-01-01", "2020-06-30", "2020-07-01", "2020-12-31")
    found = [suppliers.round_on(catalogue, date.fromisoformat(day)).id for day in days]
    assert found == ["2020-h1", "2020-h1", "2020-h2", "2020-h2"]


def test_certificates_expire_standard_by_standard(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    for standard, until in (("iso_9001", "2021-03-01"), ("iso_14000", "2022-01-01")):
        desk.act(alice, subject, "certificate_recorded", {"standard": standard, "valid_until": until})
    assert due(desk, subject) == [
        ("certificate:iso_9001", "2021-03-01", "soon"),
        ("certificate:iso_14000", "2022-01-01", "open"),
    ]
    desk.later(days=10)
    seq = desk.act(alice, subject, "certificate_recorded", {"standard": "iso_9001", "valid_until": "2024-03-01"}).seq
    assert due(desk, subject) == [
        ("certificate:iso_14000", "2022-01-01", "open"),
        ("certificate:iso_9001", "2024-03-01", "open"),
        ("certificate:iso_9001", "2021-03-01", "met"),
    ]
    assert card(desk, subject).certificates[1] == Certificate("iso_9001", "2024-03-01", seq, "2021-02-11")


def test_a_scorecard_tells_every_round(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    desk.act(alice, subject, "evaluated", scores(80, 85, 90, 95, 70, 75), time=datetime(2021, 2, 1, 3, tzinfo=UTC))
    second = desk.act(alice, subject, "evaluated", scores(90, round="2021-h1"))
    desk.act(alice, subject, "commitment_signed")
    desk.act(alice, subject, "site_visited", {"passed": False})
    found = card(desk, subject)
    assert [(each.round, each.grade) for each in found.evaluations] == [("2020-h2", "good"), ("2021-h1", "excellent")]
    first = found.evaluations[0].result
    assert first is not None
    assert (tenths(first.mean), first.scores["cost"]) == (Decimal("82.5"), Decimal(95))
    assert (found.committed, found.visits) == ("2021-02-01", (("2021-02-01", False),))
    with desk.house.database.read() as session:
        newest = newest_evaluations(session, desk.house.catalogue, [subject, "supplier-unknown"])
    assert {subject: found.newest} == newest
    desk.house.void(second.seq, second.seq, subject=subject)
    assert [each.round for each in card(desk, subject).evaluations] == ["2020-h2"]
    assert card(desk, "supplier-unknown") == Scorecard("supplier-unknown")


def test_profiles_follow_corrections_and_survive_a_replay(desk: WorkDesk, alice: Person) -> None:
    subject = qualified(desk, alice)
    seq = desk.act(alice, subject, "evaluated", scores(85)).seq
    row = (subject, "china", "catering", True, None, "2020-h2", "good")
    assert list(rows(desk.house)) == [row]
    corrected = desk.house.correct(seq, seq, scores(70), subject=subject)
    assert list(rows(desk.house)) == [(*row[:6], "pass")]
    with desk.house.database.write() as session:
        clear_projections(session)
        replay(desk.house.ledger, session)
    assert list(rows(desk.house)) == [(*row[:6], "pass")]
    desk.house.void(seq, corrected.seq, subject=subject)
    assert list(rows(desk.house)) == [(*row[:5], None, None)]


def test_the_reference_year_is_graded_as_configured(database: Database) -> None:
    house = House.build(database, only("suppliers"))
    every = [each for each in sample.events() if each["type"].startswith(f"{KIND}.")]
    rules = suppliers.rules_of(house.catalogue)
    for event in (each for each in every if each["type"] == profiles.EVALUATED):
        found = scoring.result(rules, event["data"])
        assert found is not None
        assert event["data"]["grade"] == found.grade.id
    house.record(*every)
    with house.database.read() as session:
        assert misfitting(session) == []
        progress = suppliers.open_round(session, house.catalogue, "2020-h1")
    assert (len(progress.grades), len(progress.missing)) == (110, 23)


def rows(house: House) -> Iterator[tuple[Any, ...]]:
    with house.database.read() as session:
        yield from (tuple(row) for row in session.execute(select(supplier_profiles)))


def found(desk: WorkDesk, **wanted: Any) -> list[str]:
    with desk.house.database.read() as session:
        lines = library.listed(session, library.Wanted(**wanted), desk.house.clock())
        assert library.count(session, library.Wanted(**wanted), desk.house.clock()) == len(lines)
    return [each.subject for each in lines]


def test_the_library_is_searched_by_place_grade_and_what_needs_looking_at(desk: WorkDesk, alice: Person) -> None:
    a, b, c = sorted(qualified(desk, alice) for _each in range(3))
    new = desk.start(alice, "registered", {"region": "overseas", "category": "gifts"}, "supplier-0new")
    for subject, given in ((a, 70), (b, 95), (c, 50)):
        desk.act(alice, subject, "evaluated", scores(given))
    desk.act(alice, a, "certificate_recorded", {"standard": "iso_9001", "valid_until": "2021-03-01"})
    desk.act(alice, b, "certificate_recorded", {"standard": "iso_9001", "valid_until": "2021-12-01"})
    assert found(desk) == [new, a, b, c]
    assert found(desk, sort="subject", descending=True) == [c, b, a, new]
    assert found(desk, sort="grade", grades=("excellent", "good", "pass", "fail")) == [b, a, c, new]
    assert found(desk, sort="certificate") == [a, b, new, c]
    assert found(desk, equal={"region": "overseas"}) == found(desk, equal={"state": "registered"}) == [new]
    assert found(desk, equal={"category": "catering", "grade": "fail"}) == [c]
    assert found(desk, search="0NEW") == [new]
    assert found(desk, search="%") == []
    assert found(desk, attention=library.IMPORTANT) == [a, b, c]
    assert found(desk, attention=library.EXPIRING) == [a]
    assert found(desk, attention=library.EXPIRED) == found(desk, attention=library.LATE) == []
    desk.later(days=90)
    assert found(desk, attention=library.EXPIRED) == [a]
    assert found(desk, attention=library.LATE) == [c]
    with desk.house.database.read() as session:
        lines = library.listed(session, library.Wanted(), desk.house.clock(), limit=2, skip=1)
    assert [(each.subject, each.grade, each.certificate) for each in lines] == [
        (a, "pass", "2021-03-01T16:00:00.000000Z"),
        (b, "excellent", "2021-12-01T16:00:00.000000Z"),
    ]

"""What has changed of a frozen year, whether it matters, and which late event did it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.freezing import frozen
from tests.house import Fresh, House, small_catalogue
from tests.snapshots.years import CASE, MAIL, OPENED, PHONE, happen, live_a_year, small_with
from tests.tallies.histories import live_through
from tracker.catalogue import Catalogue
from tracker.catalogue.thresholds import ANY_CHANGE, Threshold
from tracker.db import Database
from tracker.errors import NotFound, UnknownPeriod
from tracker.snapshots.candidates import Candidates, Effect, LateEvent, candidates
from tracker.snapshots.comparing import changes
from tracker.snapshots.composing import figures_of
from tracker.tallies.recount import recount

Place: TypeAlias = tuple[str, str, str]
"""Metric, period and cell."""

Values: TypeAlias = Mapping[Place, Fraction | None]

often = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: House.build(database, small_catalogue()))


def now(house: House, year: int = 2020, *, after: int = -1, limit: int = 1000) -> Candidates:
    with house.database.read() as session:
        return candidates(session, house.catalogue, year, after=after, limit=limit)


def moved(event: LateEvent) -> list[tuple[str, str | None, str | None, str | None, str | None]]:
    """The whole figures that an event moved, in words."""
    return [
        (each.metric.removeprefix("desk."), each.period, each.previously, each.now, each.difference)
        for each in event.effects
        if not each.by
    ]


def counted(session: Session, catalogue: Catalogue, size: int) -> dict[Place, Fraction | None]:
    """Every value that a snapshot of 2020 states, straight from the events."""
    year = catalogue.calendar.year(2020)
    periods = [year, *map(catalogue.calendar.month, year.months)]
    found = recount(session, catalogue, periods, size=size)
    return {
        (metric, period, cell): value
        for (metric, period), cells in found.items()
        for cell, value in cells.items()
        if cell == "{}" or period == year.id
    }


def place(effect: Effect) -> Place:
    by = json.dumps(dict(effect.by), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return effect.metric, effect.period or "2020", by


def moves(before: Values, after: Values) -> dict[Place, tuple[Fraction | None, Fraction | None]]:
    """Every value that differs, before and after."""
    places = {each: (before.get(each), after.get(each)) for each in before.keys() | after.keys()}
    return {each: values for each, values in places.items() if values[0] != values[1]}


@often
@given(data=st.data())
def test_the_effect_of_an_event_is_the_recount_with_it_less_the_recount_without_it(
    fresh: Fresh, data: st.DataObject
) -> None:
    check_effects(fresh, data, 8)


@pytest.mark.full
@settings(often, max_examples=200)
@given(data=st.data())
def test_effects_in_long_histories_are_the_recounts_as_well(fresh: Fresh, data: st.DataObject) -> None:
    check_effects(fresh, data, 25)


def check_effects(fresh: Fresh, data: st.DataObject, most: int) -> None:
    """Draw a history around the freezing of 2020, and hold every effect to two recounts."""
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(0, most)))
        frozen(house.database, house.ledger, 2020)
        live_through(data.draw, house, data.draw(st.integers(1, most)))
        found = now(house)
        effects = {event.seq: event.effects for event in found.events}
        assert len(effects) == found.late
        with house.database.read() as session:
            sizes = {size: counted(session, house.catalogue, size) for size in range(found.log_size, found.size + 1)}
        for seq in range(found.log_size, found.size):
            said = {place(each): (each.before, each.after) for each in effects.get(seq, ())}
            assert said == moves(sizes[seq], sizes[seq + 1]), seq


@often
@given(data=st.data())
def test_all_effects_together_are_what_has_changed(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(0, 8)))
        frozen(house.database, house.ledger, 2020)
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        found = now(house)
        sums: dict[Place, Fraction] = defaultdict(Fraction)
        stated: dict[Place, Decimal] = defaultdict(Decimal)
        for each in (effect for event in found.events for effect in event.effects):
            sums[place(each)] += (each.after or 0) - (each.before or 0)
            stated[place(each)] += Decimal(each.now or 0) - Decimal(each.previously or 0)
        with house.database.read() as session:
            before = counted(session, house.catalogue, found.log_size)
            after = counted(session, house.catalogue, found.size)
        total = {each: (after.get(each) or 0) - (before.get(each) or 0) for each in before.keys() | after.keys()}
        assert {each: value for each, value in sums.items() if value} == {
            each: value for each, value in total.items() if value
        }
        said = {
            (each.metric, each.period or "2020", json.dumps(dict(each.by), sort_keys=True, separators=(",", ":"))): (
                Decimal(each.now or 0) - Decimal(each.previously or 0)
            )
            for each in found.figures
        }
        assert {each: value for each, value in stated.items() if value} == {
            each: value for each, value in said.items() if value
        }


@often
@given(data=st.data(), limit=st.integers(1, 4))
def test_pages_of_effects_say_the_same_as_one_long_page(fresh: Fresh, data: st.DataObject, limit: int) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(0, 8)))
        frozen(house.database, house.ledger, 2020)
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        events: list[LateEvent] = []
        after: int | None = -1
        while after is not None:
            page = now(house, after=after, limit=limit)
            events += page.events
            after = page.after
        assert tuple(events) == now(house).events


def test_each_late_event_says_what_it_moved(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-06-10", "c4")
    house.void(2, 2)
    happen(house, CASE, "2021-01-10", "c5")
    house.correct(1, 1, MAIL, subject="c1", time="2020-02-10T12:00:00+08:00")
    new, void, correction = now(house).events
    assert (new.seq, new.type, new.original, new.concerns, new.day) == (8, CASE, None, CASE, "2020-06-10")
    assert (void.seq, void.original, void.concerns, void.day) == (9, 2, CASE, "2020-11-10")
    assert (correction.seq, correction.original) == (11, 1)
    assert ("cases", None, "2", "3", "1") in moved(new)
    assert ("cases", "2020-06", "0", "1", "1") in moved(new)
    assert ("cases", None, "3", "2", "-1") in moved(void)
    assert ("loss", None, "100.75", "100.50", "-0.25") in moved(void)
    assert ("loss", None, "100.50", "0.00", "-100.50") in moved(correction)
    assert [each[0] for each in moved(correction) if each[0] == "cases"] == []


def test_an_event_that_moves_nothing_is_said_to_have_no_effect_and_no_figure_has_changed(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    # Marked, since a balance carries whatever was opened before; but this opens with nothing.
    seq = happen(house, OPENED, "2018-12-31", "s", metric="desk.stock", quantity=0, by=PHONE)
    found = now(house)
    assert [(each.seq, each.effects) for each in found.events] == [(seq, ())]
    assert (found.late, found.figures, found.matters) == (1, (), False)
    assert found.compared == 20 + 20 * 12 + 33  # figures, months, cells of breakdowns


def test_figures_that_changed_are_held_beside_what_was_stated(house: House) -> None:
    live_a_year(house)
    snapshot = frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-06-10", "c4")
    found = now(house)
    whole = [(each.metric, *each[3:7]) for each in found.figures if each.period is None and not each.by]
    assert whole == [
        ("desk.cases", "2", "3", "1", "50.0"),
        ("desk.days", "2", "3", "1", "50.0"),
        ("desk.everything", "2", "3", "1", "50.0"),
        ("desk.growth", "100.0", "200.0", "100.0", "100.0"),
        ("desk.loss_per_case", "50.38", "33.58", "-16.80", "-33.3"),
        ("desk.phone_cases", "1", "2", "1", "100.0"),
        ("desk.subjects", "4", "5", "1", "25.0"),
    ]
    assert (found.revision, found.digest, found.log_size, found.size) == (1, snapshot.digest, 8, 9)
    assert all(each.matters and each.threshold == ANY_CHANGE for each in found.figures)
    assert found.redefined is False
    with house.database.read() as session:
        figures = figures_of(session, house.catalogue, house.catalogue.calendar.year(2020))
    assert [tuple(each[:5]) for each in found.figures] == [
        tuple(each) for each in changes(snapshot.body["figures"], figures)
    ]


def test_what_a_later_revision_covers_is_no_candidate_any_more(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-06-10", "c4")
    frozen(house.database, house.ledger, 2020, reason="A case was recorded late.")
    found = now(house)
    assert (found.revision, found.log_size, found.late, found.figures, found.events) == (2, 9, 0, (), ())
    seq = happen(house, CASE, "2020-06-11", "c5")
    assert [each.seq for each in now(house).events] == [seq]


def test_without_a_limit_for_events_only_figures_are_compared(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-06-10", "c4")
    found = now(house, limit=0)
    assert (found.events, found.after, found.late, len(found.figures) > 0) == ((), None, 1, True)


@pytest.mark.parametrize(
    ("organisation", "metric", "matters"),
    [("50%", None, True), ("50.1%", None, False), (None, "1", True), (None, "1.01", False), ("99%", "0", True)],
)
def test_a_change_matters_from_the_threshold_of_its_metric_on(
    database: Database, tmp_path: Path, organisation: str | None, metric: str | None, matters: bool
) -> None:
    house = House.build(database, small_with(tmp_path, restate_from=organisation, cases_restate_from=metric))
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-06-10", "c4")
    [cases] = [each for each in now(house).figures if (each.metric, each.period, each.by) == ("desk.cases", None, {})]
    assert (cases.previously, cases.now, cases.percent, cases.matters) == ("2", "3", "50.0", matters)
    assert str(cases.threshold) == metric or str(cases.threshold) == organisation


def test_a_catalogue_that_was_changed_since_is_said_to_be_another(database: Database, tmp_path: Path) -> None:
    house = House.build(database, small_catalogue())
    live_a_year(house)
    frozen(house.database, house.ledger, 2020)
    other = small_with(tmp_path, restate_from="5%")
    with database.read() as session:
        found = candidates(session, other, 2020)
    assert (found.redefined, found.figures) == (True, ())


def test_a_year_that_is_not_frozen_has_no_candidates(house: House) -> None:
    with pytest.raises(NotFound, match="no frozen year 2020"):
        now(house)
    with pytest.raises((NotFound, UnknownPeriod)):
        now(house, 0)


@pytest.mark.parametrize(
    ("threshold", "stated", "changed", "reached"),
    [
        (ANY_CHANGE, "1", "1", False),
        (ANY_CHANGE, "1", "1.01", True),
        (Threshold(Decimal(5), share=True), "100", "104.99", False),
        (Threshold(Decimal(5), share=True), "100", "95", True),
        (Threshold(Decimal(5), share=True), "-100", "-95", True),
        (Threshold(Decimal(5), share=True), "0", "0.01", True),
        (
            Threshold(Decimal("0.1"), share=True),
            "3000000000000000000000000000001",
            "3000000000000000000000000000002",
            False,
        ),
        (Threshold(Decimal(10)), "1", "11", True),
        (Threshold(Decimal(10)), "1", "10.99", False),
        (Threshold(Decimal(10)), None, "0", True),
        (Threshold(Decimal(10)), "3", None, True),
        (Threshold(Decimal(10)), None, None, False),
    ],
)
def test_a_threshold_is_reached_by_so_much_or_more(
    threshold: Threshold, stated: str | None, changed: str | None, reached: bool
) -> None:
    was, is_now = (None if each is None else Decimal(each) for each in (stated, changed))
    assert threshold.reached(was, is_now) is reached

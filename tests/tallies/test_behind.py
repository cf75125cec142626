"""The facts behind a figure: all that it is made of, nothing else, and enough to compute it again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.house import Fresh, House
from tests.tallies import test_agreement
from tests.tallies.histories import live_through
from tests.tallies.test_agreement import often
from tracker.catalogue import Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.errors import NotFound
from tracker.ledger.events import OPENED, Fact
from tracker.ledger.heads import read_head
from tracker.tallies.behind import facts_behind
from tracker.tallies.queries import exact
from tracker.tallies.recount import recount

fresh = test_agreement.fresh

CASE, READ, JOINED, LEFT = "desk.case.reported", "desk.meter.read", "desk.member.joined", "desk.member.left"
PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}
VALUES: Mapping[str, Sequence[str | None]] = {"channel": ["phone", "mail"], "level": ["low", "high", None]}
PERIODS = ("2018", "2019", "2020", "2020-Q1", "2020-Q2", "2020-03", "2020-06", "2021-01")
DAYS = ("2019-02-28", "2020-01-01", "2020-04-01", "2020-12-31")
Cell = Mapping[str, object] | None


def behind(house: House, metric: str, period: str, cell: Cell = None, size: int | None = None) -> list[int]:
    """The seqs of the facts behind a figure, in the order in which they come."""
    with house.database.read() as session:
        named = house.catalogue.calendar.parse(period)
        found = facts_behind(session, house.catalogue, house.catalogue.metrics[metric], named, cell=cell, size=size)
        return [each.seq for each in found]


def number(fact: Fact, name: str | None) -> Fraction | None:
    value = fact.data.get(name or "")
    value = value["amount"] if isinstance(value, dict) else value
    return None if value is None else Fraction(value)


def numbers(facts: Iterable[Fact], name: str | None) -> list[Fraction]:
    return [value for each in facts if (value := number(each, name)) is not None]


def named(fact: Fact, name: str | None) -> set[str]:
    value = {"subject": fact.subject, "day": fact.day}.get(name or "") or fact.data.get(name or "", [])
    return set(value) if isinstance(value, list) else {str(value)}


def moved(metric: Metric, fact: Fact) -> Fraction:
    if fact.type == OPENED:
        return Fraction(fact.data["quantity"])
    amount = Fraction(fact.data[metric.field]) if metric.field else Fraction(1)
    return -amount if fact.type in metric.leave else amount


def value_of(metric: Metric, facts: list[Fact]) -> Fraction | None:
    """What a stored metric comes to, were these facts all that there is and all of them counted."""
    match metric.measure:
        case Measure.COUNT | Measure.MEMBERS:
            return Fraction(len(facts))
        case Measure.SUM:
            return sum(numbers(facts, metric.field), Fraction(0))
        case Measure.DISTINCT:
            return Fraction(len(set().union(*(named(each, metric.field) for each in facts))))
        case Measure.BALANCE:
            return sum((moved(metric, each) for each in facts), Fraction(0))
        case Measure.LATEST:
            assert len(facts) <= 1
            return number(facts[0], metric.field) if facts else None
        case Measure.LATEST_SUM:
            return sum(numbers(facts, metric.field)) if facts else None  # type: ignore[return-value]
        case _:
            assert metric.measure is Measure.MEAN
            return mean(metric, facts)


def mean(metric: Metric, facts: list[Fact]) -> Fraction | None:
    weights = numbers(facts, metric.weight) if metric.weight else [Fraction(1)] * len(facts)
    amounts = numbers(facts, metric.field)
    total = sum(weights)
    return sum((a * w for a, w in zip(amounts, weights, strict=True)), Fraction(0)) / total if total else None


def cells(metric: Metric) -> Iterator[dict[str, Any]]:
    """Every cell that a metric may have, but for the whole."""
    for group in metric.by:
        for chosen in itertools.product(*(VALUES[name] for name in group)):
            yield dict(zip(group, chosen, strict=True))


def key(cell: Mapping[str, Any]) -> str:
    return json.dumps(cell, sort_keys=True, separators=(",", ":"))


def stored(house: House) -> list[Metric]:
    return [each for each in house.catalogue.metrics.values() if each.fingerprint]


def assert_enough(session: Session, house: House, period: Period, values: Mapping[str, Any], size: int | None) -> None:
    """From the facts behind each figure alone the same figure follows."""
    for metric in stored(house):
        for cell in (None, *cells(metric)):
            facts = list(facts_behind(session, house.catalogue, metric, period, cell=cell, size=size))
            assert [each.seq for each in facts] == sorted({each.seq for each in facts})
            value, said = value_of(metric, facts), values[metric.id].get(key(cell or {}))
            if cell is None:
                assert value == said, (metric.id, period.id)
            else:
                assert (value or None) == (said or None), (metric.id, period.id, cell)


@often
@given(data=st.data())
def test_every_stored_figure_follows_from_the_facts_behind_it(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        period = house.catalogue.calendar.parse(data.draw(st.sampled_from(PERIODS)))
        with house.database.read() as session:
            assert_enough(session, house, period, exact(session, house.catalogue, period), None)


@often
@given(data=st.data())
def test_as_of_any_size_and_for_a_day_they_are_the_facts_of_then(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        period = house.catalogue.calendar.parse(data.draw(st.sampled_from(PERIODS + DAYS)))
        with house.database.read() as session:
            size = data.draw(st.integers(0, read_head(session).size))
            counted = recount(session, house.catalogue, [period], size=size)
            assert_enough(session, house, period, {id: each for (id, _), each in counted.items()}, size)


@often
@given(data=st.data())
def test_a_computed_figure_rests_on_all_that_its_inputs_rest_on(fresh: Fresh, data: st.DataObject) -> None:
    inputs = {
        "desk.loss_per_case": [("desk.loss", "2020"), ("desk.cases", "2020")],
        "desk.everything": [("desk.cases", "2020"), ("desk.members", "2020")],
        "desk.growth": [("desk.cases", "2019"), ("desk.cases", "2020")],
        "desk.growth_of_share": [(each, year) for each in ("desk.loss", "desk.cases") for year in ("2019", "2020")],
    }
    with fresh() as house:
        assert inputs.keys() == {each.id for each in house.catalogue.metrics.values()} - {x.id for x in stored(house)}
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        for metric, parts in inputs.items():
            for cell in (None, *(PHONE for _ in house.catalogue.metrics[metric].by)):
                expected = {seq for part in parts for seq in behind(house, *part, cell)}
                assert behind(house, metric, "2020", cell) == sorted(expected)


def test_only_facts_of_the_period_that_pass_the_condition_are_counted(house: House) -> None:
    times = ["2020-03-31T23:59:59+08:00", "2020-04-01T00:00:00+08:00"]
    house.record(*(house.event(CASE, data, time=time) for time in times for data in (PHONE, MAIL)))
    assert behind(house, "desk.cases", "2020-Q1") == [0, 1]
    assert behind(house, "desk.phone_cases", "2020-Q1") == [0]
    assert behind(house, "desk.cases", "2020", MAIL) == [1, 3]
    assert behind(house, "desk.cases", "2020-04", {"level": None, "channel": "phone"}) == [2]
    assert behind(house, "desk.cases", "2020-04-01") == [2, 3]
    assert behind(house, "desk.cases", "2019") == []


def test_a_fact_without_the_value_that_is_added_is_not_behind_the_sum(house: House) -> None:
    loss = {"loss": {"amount": "1.00", "currency": "CNY"}}
    house.record(house.event(CASE, PHONE | loss), house.event(CASE, PHONE))
    assert behind(house, "desk.loss", "2020") == [0]
    assert behind(house, "desk.loss_per_case", "2020") == [0, 1]


def test_an_amended_fact_stands_under_its_own_seq_and_a_void_is_gone(house: House) -> None:
    house.record(*(house.event(CASE, PHONE) for _ in range(3)))
    house.correct(0, 0, MAIL)
    house.void(1, 1)
    assert behind(house, "desk.cases", "2020") == [0, 2]
    assert behind(house, "desk.cases", "2020", MAIL) == [0]
    assert behind(house, "desk.cases", "2020", MAIL, size=3) == []
    assert behind(house, "desk.cases", "2020", size=4) == [0, 1, 2]


def readings(house: House) -> None:
    """Two meters, of which the first is read twice in March and the second once in January."""
    house.record(
        house.event(READ, PHONE | {"quantity": "3"}, subject="m1", time="2020-03-02T00:00:00+08:00"),
        house.event(READ, MAIL | {"quantity": "2"}, subject="m1", time="2020-03-01T00:00:00+08:00"),
        house.event(READ, MAIL | {"quantity": "7"}, subject="m2", time="2020-01-09T00:00:00+08:00"),
    )


def test_only_the_newest_reading_is_behind_the_latest(house: House) -> None:
    readings(house)
    assert behind(house, "desk.newest", "2020") == [0]
    assert behind(house, "desk.newest", "2020", MAIL) == [1]
    assert behind(house, "desk.newest", "2020-04") == []
    assert behind(house, "desk.newest_carried", "2020-04") == [0]
    assert behind(house, "desk.newest_carried", "2019-12") == []


def test_the_newest_reading_of_each_series_is_behind_a_sum_of_the_latest(house: House) -> None:
    readings(house)
    assert behind(house, "desk.read_total", "2020") == [0, 2]
    assert behind(house, "desk.read_total", "2020", MAIL) == [2]
    assert behind(house, "desk.read_total", "2020-03") == [0]
    assert behind(house, "desk.read_carried", "2020-03") == [0, 2]
    assert behind(house, "desk.read_cells", "2020") == [0, 1]


def test_the_entry_of_each_who_is_in_is_behind_the_members(house: House) -> None:
    house.record(
        house.event(JOINED, PHONE, subject="ann", time="2019-01-01T00:00:00+08:00"),
        house.event(JOINED, PHONE, subject="ben", time="2019-01-01T00:00:00+08:00"),
        house.event(LEFT, PHONE, subject="ann", time="2020-01-01T00:00:00+08:00"),
        house.event(JOINED, MAIL, subject="ben", time="2020-05-01T00:00:00+08:00"),
    )
    assert behind(house, "desk.members", "2019") == [0, 1]
    assert behind(house, "desk.members", "2020-Q1") == [1]
    assert behind(house, "desk.members", "2020") == [3]
    assert behind(house, "desk.members", "2020", PHONE) == []
    assert behind(house, "desk.arrivals", "2020") == [0, 1, 2, 3]


def test_an_opening_is_behind_the_balance_that_it_opens_and_no_other(house: House) -> None:
    opening = {"metric": "desk.stock", "quantity": 5, "by": PHONE}
    house.record(
        house.event(OPENED, opening, time="2018-12-31T00:00:00+08:00"),
        house.event(JOINED, MAIL | {"heads": 2}, subject="ann"),
        house.event(LEFT, MAIL, subject="ann"),
    )
    assert behind(house, "desk.stock", "2020") == [0, 1]
    assert behind(house, "desk.stock", "2020", PHONE) == [0]
    assert behind(house, "desk.arrivals", "2020") == [1, 2]


def test_growth_in_the_first_year_of_all_rests_on_that_year(house: House) -> None:
    house.record(house.event(CASE, PHONE, time="2000-05-01T00:00:00+08:00"))
    assert behind(house, "desk.growth", "2000") == [0]
    assert behind(house, "desk.growth", "2001") == [0]


@pytest.mark.parametrize("metric", ["desk.loss", "desk.phone_cases", "desk.growth_of_share"])
def test_a_breakdown_that_a_metric_does_not_have_is_refused_at_once(house: House, metric: str) -> None:
    with pytest.raises(NotFound, match=f"{metric} has no breakdown by level."):
        behind(house, metric, "2020", {"level": "low"})
    assert behind(house, metric, "2020", {}) == []

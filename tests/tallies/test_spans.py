"""Many periods at once say what each says alone, in a number of statements that does not grow with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from tests.house import Fresh, House, small_catalogue
from tests.tallies.histories import live_through
from tracker.catalogue import COMPUTED
from tracker.catalogue.calendar import Period
from tracker.db import Database
from tracker.tallies.queries import exact
from tracker.tallies.recount import recount
from tracker.tallies.spans import Spans, across

NAMES = ("2020", "2019", "2020-Q1", "2020-Q2", "2020-02", "2020-03", "2020-06", "2019-12", "2018-12", "2021-01")
CASE = "desk.case.reported"


def periods(house: House, names: Sequence[str] = NAMES) -> list[Period]:
    return [house.catalogue.calendar.parse(each) for each in names]


def values(house: House, names: Sequence[str], *metrics: str, **by: Any) -> Spans:
    with house.database.read() as session:
        return across(session, house.catalogue, periods(house, names), metrics or None, by=by)


def one_by_one(house: House) -> Spans:
    found: dict[str, dict[str, Fraction | None]] = {}
    with house.database.read() as session:
        for period in periods(house):
            for metric, cells in exact(session, house.catalogue, period).items():
                found.setdefault(metric, {})[period.id] = cells["{}"]
    return found


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: House.build(database, small_catalogue()))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_each_period_says_what_it_says_alone_after_any_history(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 12)))
        assert values(house, NAMES) == one_by_one(house)
        with house.database.read() as session:
            cells = exact(session, house.catalogue, house.catalogue.calendar.parse("2020"))
        metrics = house.catalogue.metrics.values()
        broken_down = [each.id for each in metrics if ("channel",) in each.by and each.measure not in COMPUTED]
        for channel in ("phone", "mail"):
            found = values(house, ("2020", "2020-06"), *broken_down, channel=channel)
            key = json.dumps({"channel": channel}, separators=(",", ":"))
            assert {id: found[id]["2020"] or 0 for id in broken_down} == {
                id: cells[id].get(key) or 0 for id in broken_down
            }


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_a_run_of_months_says_what_is_counted_from_the_events(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 12)))
        run = house.catalogue.calendar.first_months(2020, data.draw(st.sampled_from([1, 3, 6, 12])))
        with house.database.read() as session:
            found = across(session, house.catalogue, [run])
            mail = across(session, house.catalogue, [run], ["desk.places", "desk.read_total"], by={"channel": "mail"})
            counted = recount(session, house.catalogue, [run])
        assert {id: each[run.id] for id, each in found.items()} == {
            id: cells["{}"] for (id, _), cells in counted.items()
        }
        cells = {id: counted[id, run.id].get('{"channel":"mail"}') for id in mail}
        assert {id: each[run.id] or 0 for id, each in mail.items()} == {id: value or 0 for id, value in cells.items()}


def test_months_before_anything_happened_are_empty_and_a_balance_stays(house: House) -> None:
    house.record(
        house.event(
            "desk.member.joined", {"channel": "mail", "heads": 3}, subject="m", time="2020-02-01T12:00:00+08:00"
        )
    )
    assert values(house, ("2020-01", "2020-02", "2020-03", "2021"), "desk.stock", "desk.cases", "desk.newest") == {
        "desk.stock": {"2020-01": 0, "2020-02": 3, "2020-03": 3, "2021": 3},
        "desk.cases": {"2020-01": 0, "2020-02": 0, "2020-03": 0, "2021": 0},
        "desk.newest": {"2020-01": None, "2020-02": None, "2020-03": None, "2021": None},
    }


def test_a_cell_of_a_breakdown_is_read_alone(house: House) -> None:
    for channel, month in (("phone", 1), ("mail", 1), ("mail", 2)):
        loss = {"amount": "2.50", "currency": "CNY"}
        house.record(house.event(CASE, {"channel": channel, "loss": loss}, time=f"2020-{month:02}-05T12:00:00+08:00"))
    names = ("2020", "2020-01", "2020-02")
    assert values(house, names, "desk.loss", "desk.loss_per_case", channel="phone") == {
        "desk.loss": {"2020": Fraction(5, 2), "2020-01": Fraction(5, 2), "2020-02": 0},
        "desk.loss_per_case": {"2020": Fraction(5, 2), "2020-01": Fraction(5, 2), "2020-02": None},
    }


def test_twenty_four_months_cost_as_many_statements_as_one(house: House) -> None:
    house.record(house.event(CASE, {"channel": "phone"}))
    counts = []
    for names in (["2020-05"], [f"{year}-{month:02}" for year in (2019, 2020) for month in range(1, 13)]):
        statements: list[str] = []
        with house.database.read() as session:
            connection = session.connection()

            def note(*arguments: Any, into: list[str] = statements) -> None:
                into.append(arguments[2])

            event.listen(connection, "before_cursor_execute", note)
            across(session, house.catalogue, periods(house, names))
            event.remove(connection, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts == [2, 2]

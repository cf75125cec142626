"""Tallies and an independent recount agree: every metric, period and cell, whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.house import Fresh, House, small_catalogue
from tests.tallies.histories import live_through
from tracker.db import Database
from tracker.ledger.heads import read_head
from tracker.ledger.replay import replay
from tracker.tallies.models import member, newest, reading, tally
from tracker.tallies.queries import exact
from tracker.tallies.recount import recount
from tracker.wiring import clear_projections

YEARS = ("2018", "2019", "2020", "2021")

often = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: House.build(database, small_catalogue()))


@often
@given(data=st.data())
def test_tallies_equal_an_independent_recount_after_any_history(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 12)))
        assert house.differences(*YEARS) == []


@pytest.mark.full
@settings(often, max_examples=300)
@given(data=st.data())
def test_long_histories_agree_as_well(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(20, 60)))
        assert house.differences(*YEARS) == []


@often
@given(data=st.data())
def test_a_replay_leaves_every_row_as_it_was(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        before = _rows(house)
        with house.database.write() as session:
            clear_projections(session)
            replay(house.ledger, session)
        assert _rows(house) == before


@often
@given(data=st.data())
def test_what_was_known_at_any_seq_is_what_the_tallies_said_then(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 6)))
        period = house.catalogue.calendar.parse(data.draw(st.sampled_from(["2019", "2020", "2020-Q1", "2020-06"])))
        with house.database.read() as session:
            said = exact(session, house.catalogue, period)
            size = read_head(session).size
        live_through(data.draw, house, data.draw(st.integers(1, 6)))
        with house.database.read() as session:
            counted = recount(session, house.catalogue, [period], size=size)
        assert {metric: dict(cells) for metric, cells in said.items()} == {
            metric: values for (metric, _period), values in counted.items()
        }


def _rows(house: House) -> list[tuple[Any, ...]]:
    """Every row of the tallies that says something, in order."""
    tables = (tally, member, newest, reading)
    with house.database.read() as session:
        rows = [(table.name, *row) for table in tables for row in session.execute(select(table))]
    return sorted(row for row in rows if not (row[0] == "tally" and row[-1] == 0))

"""States, misfits and deadlines follow from the facts alone, however these came in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.cases.histories import History
from tests.cases.works import Row, rows
from tests.house import Fresh, House
from tracker.cases.derive import derive_all
from tracker.cases.lifecycle import walk
from tracker.cases.state import clear
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.ledger.models import events
from tracker.ledger.queries import facts
from tracker.ledger.replay import replay
from tracker.wiring import clear_projections

often = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def walked(house: House) -> dict[str, list[Row]]:
    """What the tables must hold: every subject walked from the facts in force."""
    catalogue = house.catalogue
    found: dict[str, list[Row]] = {"subject_state": [], "misfit": [], "deadline": []}
    with house.database.read() as session:
        known = list(facts(session))
        newest = dict(_newest(session))
    for lifecycle in catalogue.lifecycles:
        about: dict[str, list[Fact]] = {}
        for fact in known:
            if lifecycle in catalogue.lifecycles_by_event.get(fact.type, ()):
                about.setdefault(fact.subject or "", []).append(fact)
        for subject, mine in about.items():
            made, key = walk(lifecycle, catalogue.calendar, mine), (lifecycle.kind, subject)
            if made.newest is None:
                continue
            at = (made.state, made.opened, made.moved, made.moved_seq, made.newest, newest[key], len(made.misfits))
            found["subject_state"].append((*key, *at))
            found["misfit"] += [(each.seq, *key, each.type, each.state) for each in made.misfits]
            found["deadline"] += [(*key, *each) for each in made.deadlines]
    return found


def _newest(session: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """The newest event about each kind and subject, told without the code under test: jobs and crews are told apart
    by their names, but that whoever finishes a job may be a crew."""
    log = session.execute(select(events).order_by(events.c.seq)).all()
    stated: dict[int, Any] = {}
    for row in log:
        stated[row.seq] = row
        original = stated[row.original if row.original is not None else row.seq]
        touched = {stated[row.replaces].subject} if row.replaces is not None else set()
        if row.type != "tracker.event.voided":
            touched.add(row.subject)
        kinds = {original.type.rpartition(".")[0]} | ({"works.crew"} if original.type == "works.job.done" else set())
        yield from (((kind, subject), row.seq) for kind in kinds for subject in touched)


def as_sets(tables: dict[str, list[Row]]) -> dict[str, set[Row]]:
    assert all(len(set(each)) == len(each) for each in tables.values())
    return {name: set(each) for name, each in tables.items()}


def agree(house: House) -> None:
    """The tables are what the facts say, after a replay in other batches as before, and after deriving all."""
    found = rows(house)
    assert as_sets(found) == as_sets(walked(house))
    with house.database.write() as session:
        clear_projections(session)
        replay(house.ledger, session)
    assert rows(house) == found
    with house.database.write() as session:
        clear(session)
        derive_all(session, house.catalogue, size=read_head(session).size)
    assert rows(house) == found


@often
@given(data=st.data())
def test_any_history_gives_what_its_facts_say(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        History(house).live_through(data.draw, data.draw(st.integers(1, 8)))
        agree(house)


@pytest.mark.full
@settings(often, max_examples=500)
@given(data=st.data())
def test_long_histories_agree_as_well(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        History(house).live_through(data.draw, data.draw(st.integers(8, 40)))
        agree(house)


@often
@given(data=st.data(), chunk=st.integers(1, 7))
def test_a_replay_in_batches_of_any_size_gives_the_same(fresh: Fresh, data: st.DataObject, chunk: int) -> None:
    with fresh() as house, pytest.MonkeyPatch.context() as patched:
        History(house).live_through(data.draw, data.draw(st.integers(1, 8)))
        found = rows(house)
        patched.setattr("tracker.ledger.replay.CHUNK", chunk)
        patched.setattr("tracker.cases.derive.CHUNK", chunk)
        agree(house)
        assert rows(house) == found

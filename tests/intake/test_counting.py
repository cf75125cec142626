"""Counters per sender and type: each event once, the sum right whatever happens, and the table sees to it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests.house import House, small_catalogue
from tracker.db import Database
from tracker.errors import ContentConflict, Invalid, Refused
from tracker.intake.counting import OUTCOMES, Count, Counting, by_sender, counts
from tracker.intake.models import counters
from tracker.ledger.events import Incoming, Receipt

CASE, METER = "desk.case.reported", "desk.meter.read"
INVALID = Invalid("It has mistakes.")


def an_event(id: str, type: str = CASE, source: str = "/desk") -> Incoming:
    time = "2020-05-04T04:00:00.000000Z"
    return Incoming(source, id, type, None, time, None, {}, "2020-05-04", 2020, "")


def a_receipt(status: str) -> Receipt:
    return Receipt("a", 0, "00", status)


def a_conflict(id: str, source: str = "/desk") -> ContentConflict:
    return ContentConflict("", source, id, 0, "00")


def written(database: Database, *countings: Counting) -> list[Count]:
    for each in countings:
        with database.write() as session:
            each.write(session)
    with database.read() as session:
        return counts(session)


def refused(events: Sequence[Incoming], size: int, error: Refused) -> Counting:
    counting = Counting(small_catalogue())
    counting.refused("desk", events, size, error)
    return counting


def test_outcomes_are_added_up_by_sender_and_type(house: House) -> None:
    first, second = Counting(house.catalogue), Counting(house.catalogue)
    events = [an_event("a"), an_event("b"), an_event("c", METER)]
    first.taken("desk", events, [a_receipt(each) for each in ("recorded", "duplicate", "recorded")])
    second.taken("desk", events, [a_receipt("duplicate")] * 3)
    second.taken("meter", events[:1], [a_receipt("recorded")])
    assert written(house.database, first, second) == [
        Count("desk", CASE, 4, 1, 3, 0, 0),
        Count("desk", METER, 2, 1, 1, 0, 0),
        Count("meter", CASE, 1, 1, 0, 0, 0),
    ]


def test_every_event_of_a_refused_delivery_is_rejected(house: House) -> None:
    counting = refused([an_event("a"), an_event("b", METER)], 2, INVALID)
    assert written(house.database, counting) == [
        Count("desk", CASE, 1, 0, 0, 0, 1),
        Count("desk", METER, 1, 0, 0, 0, 1),
    ]


def test_the_one_that_conflicts_is_a_conflict_and_the_others_are_rejected(house: House) -> None:
    events = [an_event("a"), an_event("b", source="/other"), an_event("b"), an_event("b"), an_event("c")]
    assert written(house.database, refused(events, 5, a_conflict("b"))) == [Count("desk", CASE, 5, 0, 0, 1, 4)]


def test_what_could_not_be_read_and_types_that_are_none_share_one_counter(house: House) -> None:
    counting = refused([an_event("a", "no.such.type")], 3, INVALID)
    assert written(house.database, counting, refused([], 1, INVALID)) == [Count("desk", "", 4, 0, 0, 0, 4)]


def test_nothing_counted_is_nothing_written(house: House) -> None:
    assert written(house.database, Counting(house.catalogue)) == []


def test_the_table_refuses_a_row_whose_sum_is_wrong(house: House) -> None:
    row = dict.fromkeys(OUTCOMES, 1) | {"sender": "desk", "type": CASE, "received": 5}
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.execute(insert(counters).values(row))
    assert written(house.database) == []


def test_writers_that_add_at_the_same_time_lose_nothing(house: House) -> None:
    ready = threading.Barrier(8)

    def add(number: int) -> None:
        ready.wait(20)
        for _ in range(10):
            counting = Counting(house.catalogue)
            types = (CASE, METER) if number % 2 else (METER, CASE)
            counting.taken("desk", [an_event("a", each) for each in types], [a_receipt("recorded")] * 2)
            with house.database.write() as session:
                counting.write(session)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert written(house.database) == [Count("desk", each, 80, 80, 0, 0, 0) for each in (CASE, METER)]


def test_the_counters_of_a_sender_are_summed_over_its_types() -> None:
    rows = [Count("a", "x", 3, 1, 1, 1, 0), Count("a", "y", 2, 1, 0, 0, 1), Count("b", "", 1, 0, 0, 0, 1)]
    assert by_sender(rows) == {"a": Count("a", "", 5, 2, 1, 1, 1), "b": Count("b", "", 1, 0, 0, 0, 1)}


IDS = st.lists(st.sampled_from("abcd"), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=IDS, unread=st.integers(0, 3), clash=st.sampled_from([*"abcde", None]))
def test_a_refused_delivery_counts_each_of_its_events_once(
    house: House, ids: list[str], unread: int, clash: str | None
) -> None:
    before = written(house.database)
    error = a_conflict(clash) if clash else INVALID
    after = written(house.database, refused([an_event(id) for id in ids], len(ids) + unread, error))
    conflicts = int(clash in ids)
    expected = {CASE: (len(ids), 0, 0, conflicts, len(ids) - conflicts), "": (unread, 0, 0, 0, unread)}
    for type, more in expected.items():
        assert tuple(b - a for a, b in zip(row(before, type), row(after, type), strict=True)) == more


def row(found: Sequence[Count], type: str) -> tuple[int, ...]:
    return next((each[2:] for each in found if each.type == type), (0, 0, 0, 0, 0))

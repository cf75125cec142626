"""Coarse times: of an anonymous report only the day is on record, and those who ask since when lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.house import ALICE, House
from tests.tallies import test_agreement
from tracker.clock import stamp
from tracker.ledger.events import Actor, Receipt
from tracker.ledger.heads import read_head
from tracker.ledger.queries import entries, first_recorded_since
from tracker.ledger.record import record

fresh = test_agreement.fresh

CASE = "desk.case.reported"
CHANNEL = Actor("system", "report-channel")
START = datetime(2021, 2, 1, 22, tzinfo=UTC)


def report(house: House, *, coarse: bool = True) -> Receipt:
    event = house.event(CASE, {"channel": "phone"})
    with house.database.write() as session:
        return record(house.ledger, session, CHANNEL if coarse else ALICE, house.intake.read([event]), coarse=coarse)[0]


def recorded_at(house: House) -> list[str]:
    with house.database.read() as session:
        return [each.recorded_at for each in entries(session, limit=1000)]


def since(house: House, at: str) -> int:
    with house.database.read() as session:
        return first_recorded_since(session, at)


def test_a_coarse_record_tells_its_day_and_leaves_the_heads_time_alone(house: House) -> None:
    house.clock.instant = START
    report(house, coarse=False)
    house.clock.instant = START + timedelta(hours=1)
    report(house)
    with house.database.read() as session:
        head = read_head(session)
    assert (head.size, head.recorded_at) == (2, "2021-02-01T22:00:00.000000Z")
    house.clock.instant = START + timedelta(hours=3)
    report(house)
    report(house, coarse=False)
    assert recorded_at(house) == [
        "2021-02-01T22:00:00.000000Z",
        "2021-02-01T00:00:00.000000Z",
        "2021-02-02T00:00:00.000000Z",
        "2021-02-02T01:00:00.000000Z",
    ]


def test_in_a_log_without_another_event_a_coarse_one_leaves_no_time_in_the_head(house: House) -> None:
    report(house)
    with house.database.read() as session:
        assert read_head(session).recorded_at == ""
    assert recorded_at(house) == ["2021-02-01T00:00:00.000000Z"]


def test_a_coarse_report_sent_again_is_a_duplicate(house: House) -> None:
    [event] = house.intake.read([house.event(CASE, {"channel": "phone", "narrative": "x"})])
    with house.database.write() as session:
        first = record(house.ledger, session, CHANNEL, [event], coarse=True)
    house.clock.instant += timedelta(days=3)
    with house.database.write() as session:
        again = record(house.ledger, session, CHANNEL, [event], coarse=True)
    assert again == [each._replace(status="duplicate") for each in first]


def test_an_event_at_midnight_sharp_is_not_taken_for_a_coarse_one(house: House) -> None:
    house.clock.instant = datetime(2021, 2, 2, tzinfo=UTC)
    report(house, coarse=False)
    report(house)
    assert recorded_at(house) == ["2021-02-02T00:00:00.000001Z", "2021-02-02T00:00:00.000000Z"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2021-02-01T22:00:00.000000Z", 0),
        ("2021-02-01T22:00:00.000001Z", 1),  # the coarse ones between may have come after that
        ("2021-02-01T23:59:59.000000Z", 1),
        ("2021-02-02T00:00:00.000000Z", 2),  # the first coarse one was of the day before
        ("2021-02-02", 2),
        ("2021-02-02T10:00:00.000000Z", 2),
        ("2021-02-02T10:00:00.000001Z", 4),
        ("2021-02-03T00:00:00.000000Z", 5),
        ("2000", 0),
    ],
)
def test_those_who_ask_since_when_get_every_event_that_may_be_later(at: str, expected: int, house: House) -> None:
    for hours, coarse in ((0, False), (1, True), (3, True), (12, False), (13, True)):
        house.clock.instant = START + timedelta(hours=hours)
        report(house, coarse=coarse)
    assert since(house, at) == expected


STEPS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=14)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, asked=st.integers(-5, 200))
def test_nothing_recorded_since_is_missed_and_nothing_surely_earlier_is_given(
    fresh: Any, steps: list[tuple[int, bool]], asked: int
) -> None:
    with fresh() as house:
        hours, true = 0, []
        for step, coarse in steps:
            hours += step
            house.clock.instant = START + timedelta(hours=hours)
            report(house, coarse=coarse)
            true.append(stamp(house.clock.instant))
        at = stamp(START + timedelta(hours=asked))
        found, stored = since(house, at), recorded_at(house)
    later = [seq for seq, time in enumerate(true) if time >= at]
    assert found <= min(later, default=len(stored))
    if found < len(stored):
        first, coarse = stored[found], steps[found][1]
        assert first >= at or (coarse and first[:10] == at[:10])
        assert not any(stored[seq] < at and not steps[seq][1] for seq in range(found, len(stored)))

"""One order for all writers: gapless, each event once, and tallies that do not depend on who came first."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import select

from tests.house import House
from tracker.errors import NotReady
from tracker.ledger.events import Receipt
from tracker.ledger.heads import read_head
from tracker.ledger.models import events as events_table


def patiently(record: Callable[..., list[Receipt]], events: Sequence[Mapping[str, Any]]) -> list[Receipt]:
    """Send again where the database says that it is too busy, as any client does."""
    while True:
        try:
            return record(*events)
        except NotReady:
            continue


def together(house: House, senders: Sequence[Sequence[Sequence[Mapping[str, Any]]]]) -> list[list[Receipt]]:
    """Let every sender send its batches in a thread of its own, all at once; the receipts of each."""
    start = Barrier(len(senders))

    def send(batches: Sequence[Sequence[Mapping[str, Any]]]) -> list[Receipt]:
        start.wait()
        return [receipt for batch in batches for receipt in patiently(house.record, batch)]

    with ThreadPoolExecutor(len(senders)) as threads:
        return list(threads.map(send, senders))


def order(house: House) -> list[int]:
    with house.database.read() as session:
        return list(session.scalars(select(events_table.c.seq).order_by(events_table.c.seq)))


def test_of_sixteen_threads_with_the_same_ids_one_records_and_fifteen_hear_of_a_duplicate(house: House) -> None:
    events = [
        house.event("desk.case.reported", {"channel": "phone", "narrative": f"account {number}"})
        for number in range(100)
    ]
    senders = []
    for seed in range(16):
        shuffled = random.Random(seed).sample(events, len(events))
        senders.append([shuffled[first : first + 10] for first in range(0, 100, 10)])
    receipts = [receipt for sender in together(house, senders) for receipt in sender]
    assert Counter((each.id, each.status) for each in receipts) == {
        (event["id"], status): count for event in events for status, count in (("recorded", 1), ("duplicate", 15))
    }
    assert len({(each.id, each.seq, each.leaf) for each in receipts}) == 100
    assert order(house) == list(range(100))
    assert house.value("desk.phone_cases", "2020") == 100
    assert house.differences() == []


def test_eight_writers_of_single_events_leave_no_gap_and_lose_no_count(house: House) -> None:
    def joined(writer: int) -> dict[str, Any]:
        channel = "phone" if writer % 2 else "mail"
        return house.event("desk.member.joined", {"channel": channel, "heads": writer + 1}, subject=f"s{writer}")

    senders = [[[joined(writer)] for _ in range(50)] for writer in range(8)]
    receipts = together(house, senders)
    assert [len(each) for each in receipts] == [50] * 8
    for sender in receipts:
        assert [each.seq for each in sender] == sorted(each.seq for each in sender)
    assert sorted(each.seq for sender in receipts for each in sender) == order(house) == list(range(400))
    with house.database.read() as session:
        assert read_head(session).size == 400
    assert house.values("desk.stock", "2020") == {
        "{}": 50 * 36,
        '{"channel":"mail"}': 50 * 16,
        '{"channel":"phone"}': 50 * 20,
    }
    assert house.values("desk.arrivals", "2020") == {"{}": 400}
    assert house.differences("2020") == []


def test_events_out_of_time_order_are_recorded_as_they_come_and_counted_as_they_happened(house: House) -> None:
    times = ["2020-06-30T12:00:00Z", "2020-01-31T12:00:00Z", "2020-12-31T12:00:00Z", "2020-01-31T12:00:00Z"]
    readings = [
        house.event("desk.meter.read", {"channel": "phone", "quantity": quantity}, subject="s", time=time)
        for quantity, time in enumerate(times, start=1)
    ]
    moves = [
        house.event("desk.member.left", {"channel": "phone"}, subject="m", time="2020-08-01T12:00:00Z"),
        house.event("desk.member.joined", {"channel": "phone"}, subject="m", time="2020-02-01T12:00:00Z"),
    ]
    house.record(*readings, *moves)
    with house.database.read() as session:
        found = session.execute(select(events_table.c.seq, events_table.c.id).order_by(events_table.c.seq)).all()
    assert [tuple(row) for row in found] == list(enumerate(each["id"] for each in (*readings, *moves)))
    periods = ("2020-01", "2020-06", "2020-07", "2020-12", "2020")
    assert {
        metric: [house.value(metric, period) for period in periods]
        for metric in ("desk.newest", "desk.newest_carried", "desk.members")
    } == {
        "desk.newest": [4, 1, None, 3, 3],
        "desk.newest_carried": [4, 1, 1, 3, 3],
        "desk.members": [0, 1, 1, 0, 0],
    }
    assert house.differences() == []

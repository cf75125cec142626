"""Each event once, whoever sends it how often, through whichever process; what changed on the way is a conflict."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import pytest
from sqlalchemy import select

from tests.house import House, statuses
from tests.intake.doors import Door, opened
from tracker.errors import ContentConflict, Refused
from tracker.intake.reception import Reception
from tracker.ledger.models import events as events_table

THREADS = 16


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    """A door with two processes behind it."""
    with opened(house, tmp_path) as found:
        found.process()
        found.process()
        yield found


@pytest.fixture
def random() -> Random:
    """Chance, with a seed that is printed, for a test that fails."""
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return Random(seed)


def sequence(door: Door) -> list[tuple[int, str]]:
    with door.house.database.read() as session:
        return [tuple(row) for row in session.execute(select(events_table.c.seq, events_table.c.id).order_by("seq"))]


def outcome(door: Door, to: Reception, value: object) -> list[str]:
    """What becomes of one delivery: a status per event, or the kind of refusal."""
    try:
        return statuses(door.send(to, value))
    except Refused as error:
        return [type(error).__name__]


def test_a_hundred_ids_raced_by_sixteen_threads_through_two_processes_are_recorded_once_each(door: Door) -> None:
    events = [door.event() for _ in range(100)]
    ready = threading.Barrier(THREADS)

    def race(number: int) -> list[tuple[str, int]]:
        ready.wait(20)
        receipts = [door.send(door.receptions[number % 2], each)[0] for each in events]
        return [(each.status, each.seq) for each in receipts]

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(race, range(THREADS)))
    for told in zip(*found, strict=True):
        assert Counter(status for status, _ in told) == {"recorded": 1, "duplicate": 15}
        assert len({seq for _, seq in told}) == 1
    assert sorted(id for _, id in sequence(door)) == sorted(each["id"] for each in events)
    assert [seq for seq, _ in sequence(door)] == list(range(100))
    assert door.count() == (1600, 100, 1500, 0, 0)
    assert door.house.value("desk.cases", "2020") == Fraction(100)
    assert door.house.differences() == []


def test_one_id_raced_with_sixteen_contents_has_one_winner_and_fifteen_conflicts(door: Door) -> None:
    ready = threading.Barrier(THREADS)
    one = door.event()

    def race(number: int) -> list[str]:
        ready.wait(20)
        return outcome(door, door.receptions[number % 2], one | {"subject": f"case-{number}"})

    with ThreadPoolExecutor(THREADS) as pool:
        found = Counter(each[0] for each in pool.map(race, range(THREADS)))
    assert found == {"recorded": 1, "ContentConflict": 15}
    assert (len(sequence(door)), door.count(), door.held()) == (1, (16, 1, 0, 15, 0), [])


def test_batches_shuffled_and_sent_again_by_several_senders_are_recorded_once(door: Door, random: Random) -> None:
    events = [door.event(random.choice(["phone", "mail"])) for _ in range(200)]
    copies = [each for each in events for _ in range(random.randrange(1, 6))]
    random.shuffle(copies)
    batches: list[list[dict[str, Any]]] = []
    while copies:
        size = random.randrange(1, 12)
        batches.append(copies[:size])
        copies = copies[size:]

    def send(number: int) -> list[str]:
        return outcome(door, door.receptions[number % 2], batches[number])

    with ThreadPoolExecutor(8) as pool:
        found = Counter(status for told in pool.map(send, range(len(batches))) for status in told)
    sent = sum(map(len, batches))
    assert found == {"recorded": 200, "duplicate": sent - 200}
    assert door.count() == (sent, 200, sent - 200, 0, 0)
    assert sorted(id for _, id in sequence(door)) == sorted(each["id"] for each in events)
    assert door.house.differences() == []


def test_batches_that_share_events_in_opposite_order_wait_for_each_other_and_not_forever(door: Door) -> None:
    events = [door.event() for _ in range(30)]
    ready = threading.Barrier(8)

    def send(number: int) -> list[str]:
        ready.wait(20)
        return outcome(door, door.receptions[number % 2], events if number % 4 < 2 else events[::-1])

    with ThreadPoolExecutor(8) as pool:
        found = Counter(status for told in pool.map(send, range(8)) for status in told)
    assert found == {"recorded": 30, "duplicate": 210}


def test_five_hundred_changed_replays_are_five_hundred_conflicts(door: Door, random: Random) -> None:
    events = [door.event() for _ in range(500)]
    first = door.send(door.receptions[0], events)
    before = sequence(door)
    places = list(range(500))
    random.shuffle(places)

    def replay(place: int) -> tuple[int, str]:
        changed = events[place] | a_change(place)
        with pytest.raises(ContentConflict) as refused:
            door.send(door.receptions[place % 2], changed)
        return refused.value.seq, refused.value.id

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(replay, places))
    assert found == [(first[place].seq, events[place]["id"]) for place in places]
    assert (sequence(door), door.count(), door.held()) == (before, (1000, 500, 0, 500, 0), [])
    assert outcome(door, door.receptions[1], events) == ["duplicate"] * 500


def a_change(place: int) -> dict[str, Any]:
    """One attribute or field that says something else."""
    changes: list[dict[str, Any]] = [
        {"subject": f"case-{place}"},
        {"time": "2020-05-04T12:00:00.000001+08:00"},
        {"data": {"channel": "mail"}},
        {"data": {"channel": "phone", "narrative": "more to tell"}},
        {"entity": "north"},
        {"type": "desk.member.joined", "subject": "s", "data": {"channel": "phone", "heads": 1}},
    ]
    return changes[place % len(changes)]

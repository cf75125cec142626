"""Delays after failed attempts: they grow, they end, and they lock nobody out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from tests.access.folk import Folk
from tests.house import House
from tracker.access import delays
from tracker.access.accounts import failed_logins
from tracker.errors import TooSoon


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def attempt(folk: Folk, name: str = "alice") -> int:
    """The seconds to wait; 0 if the attempt is looked at."""
    try:
        with folk.house.database.write() as session:
            delays.attempt(session, name, folk.house.clock())
    except TooSoon as refused:
        return refused.seconds
    return 0


def test_who_is_too_soon_is_told_when_to_come_again(folk: Folk) -> None:
    for _ in range(4):
        attempt(folk)
        folk.wait(seconds=1)
    with pytest.raises(TooSoon) as refused, folk.house.database.write() as session:
        delays.attempt(session, "alice", folk.house.clock())
    assert refused.value.seconds == 1
    assert refused.value.detail == "Too many attempts failed. Nothing was looked at; try again in 1 s."


def test_three_attempts_are_free_then_each_wait_is_twice_as_long(folk: Folk) -> None:
    waits = []
    for _ in range(14):
        if seconds := attempt(folk):
            folk.wait(seconds=seconds, microseconds=-1)
            assert attempt(folk) == 1
            folk.wait(microseconds=1)
            assert attempt(folk) == 0
        waits.append(seconds)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_an_attempt_that_is_too_soon_does_not_lengthen_the_wait(folk: Folk) -> None:
    for _ in range(4):
        attempt(folk)
        folk.wait(seconds=1)
    assert [attempt(folk) for _ in range(50)] == [1] * 50
    folk.wait(seconds=1)
    assert attempt(folk) == 0


def test_success_clears_the_count(folk: Folk) -> None:
    for _ in range(3):
        attempt(folk)
    assert attempt(folk) == 1
    with folk.house.database.write() as session:
        delays.clear(session, "alice")
    assert [attempt(folk) for _ in range(4)] == [0, 0, 0, 1]


def test_names_wait_each_for_themselves(folk: Folk) -> None:
    for _ in range(3):
        attempt(folk)
    assert (attempt(folk), attempt(folk, "bob"), attempt(folk, "\0\udcff")) == (1, 0, 0)


def test_failures_are_forgotten_after_a_day(folk: Folk) -> None:
    for _ in range(3):
        attempt(folk)
    folk.wait(days=1)
    assert [attempt(folk) for _ in range(4)] == [0, 0, 0, 1]


def test_what_was_typed_is_not_kept(folk: Folk) -> None:
    attempt(folk, "my secret password")
    with folk.house.database.read() as session:
        [row] = session.execute(select(failed_logins))
    assert "secret" not in repr(row)


def test_attempts_at_the_same_time_gain_nothing(folk: Folk) -> None:
    with ThreadPoolExecutor(12) as pool:
        waits = list(pool.map(lambda _: attempt(folk), range(12)))
    assert sorted(waits) == [0] * 3 + [1] * 9

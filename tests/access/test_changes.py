"""The trail of changes: its newest number moves with every change, in whatever order they are committed."""

from __future__ import annotations

import threading

from tests.access.conftest import BY
from tests.house import House
from tracker.access.changes import epoch, note


def newest(house: House) -> int:
    with house.database.read() as session:
        return epoch(session)


def leave(house: House, target: str) -> None:
    with house.database.write() as session:
        note(session, house.clock(), BY, "source.added", target)


def test_the_epoch_moves_with_every_change(house: House) -> None:
    seen = [newest(house)]
    for target in ("a", "b", "b"):
        leave(house, target)
        seen.append(newest(house))
    assert seen == sorted(set(seen))


def test_a_change_cannot_overtake_one_that_is_not_committed_yet(house: House) -> None:
    leave(house, "before")
    before, done = newest(house), []

    def second() -> None:
        leave(house, "second")
        done.append("second")

    other = threading.Thread(target=second)
    with house.database.write() as session:
        note(session, house.clock(), BY, "source.added", "first")
        other.start()
        other.join(timeout=0.3)  # were it not made to wait, it would be done by far
        done.append("first")
    other.join(timeout=30)
    assert done == ["first", "second"]
    assert newest(house) == before + 2

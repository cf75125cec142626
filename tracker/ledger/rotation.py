"""Rotation: a new key wraps every data key, and the one before is forgotten; what is confidential stays as it is.

The new key is in the file before the database knows of it, and the old one leaves the file after nothing needs it
any more. Between the steps recording goes on. Cut off anywhere, the next run finishes what was begun.
"""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.access.datakeys import DataKeys, count_others, counts, in_use
from tracker.db import Database
from tracker.errors import NotReady
from tracker.ledger.heads import lock

CHUNK = 100

_BREATH = 0.01
"""Seconds between two chunks, in which whoever waits for the lock gets it."""


class Rotated(NamedTuple):
    """What a rotation did. ``new`` names the wrapping key in use, ``rewrapped`` counts data keys that were wrapped
    anew; ``resumed`` tells that an earlier rotation was finished and no new key made."""

    new: str
    rewrapped: int
    dropped: int
    resumed: bool


def rotate(database: Database, datakeys: DataKeys, progress: Callable[[int, int], None] | None = None) -> Rotated:
    """Make a new wrapping key, wrap every data key under it, and drop all others from the key ring.

    ``progress`` is told (done, all) after each chunk, which is a transaction of its own.

    :raise NotReady: the key ring cannot be read or written, or lacks a key that the database asks for.
    """
    with database.write() as session:
        lock(session)
        resumed = _begin(session, datakeys)
    done = 0
    while count := _rewrap(database, datakeys, done, progress):
        done += count
        sleep(_BREATH)
    with database.write() as session:
        lock(session)
        new, before = datakeys.current(session), len(datakeys.ring.listed())
        if count_others(session, new):
            raise NotReady("Another rotation has begun meanwhile. Let it end, then run `tracker keys show`.")
        datakeys.ring.keep(new)
    return Rotated(new, done, before - 1, resumed)


def _begin(session: Session, datakeys: DataKeys) -> bool:
    """Have the newest key of the ring in use; whether it was one of an earlier rotation that was cut off."""
    ring, current = datakeys.ring.listed(), in_use(session)
    for needed in counts(session).keys() | ({current} if current else set()):
        datakeys.ring.key(needed)  # before anything is changed: with another database's file nothing would open
    if len(ring) == 1:
        datakeys.use(session, datakeys.ring.add().id)
    elif ring[0].id != current:
        datakeys.use(session, ring[0].id)
    return len(ring) > 1


def _rewrap(database: Database, datakeys: DataKeys, done: int, progress: Callable[[int, int], None] | None) -> int:
    with database.write() as session:
        lock(session)
        count = datakeys.rewrap(session, CHUNK)
        left = count_others(session, datakeys.current(session))
    if progress:
        progress(done + count, done + count + left)
    return count

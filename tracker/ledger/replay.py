"""Telling every receiver again what was recorded, in the same order."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from tracker.ledger.heads import lock_head
from tracker.ledger.queries import recorded
from tracker.ledger.record import Ledger
from tracker.signals import events_recorded

CHUNK = 1000


def replay(ledger: Ledger, session: Session, progress: Callable[[int, int], None] | None = None) -> int:
    """Send the whole log through :data:`tracker.signals.events_recorded` again, under the head lock.

    Receivers must have been cleared by the caller. Returns the number of events; ``progress`` is
    told (done, all) after each chunk.
    """
    size = lock_head(session, ledger.catalogue).size
    for first in range(0, size, CHUNK):
        last = min(first + CHUNK, size)
        events_recorded.send(ledger, session=session, events=recorded(session, first, last))
        if progress:
            progress(last, size)
    return size

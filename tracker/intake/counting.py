"""Counters per sender: received = recorded + duplicate + conflict + rejected, always.

They are written in the transaction that settles the delivery, and the table itself refuses a row whose
sum is not right. Every event of a refused delivery is rejected, but for the one that conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.db import execute_many, insertion
from tracker.errors import ContentConflict, Refused
from tracker.intake.models import counters
from tracker.ledger.events import Incoming, Receipt

OUTCOMES = ("recorded", "duplicate", "conflict", "rejected")

_ADD = f"{insertion(counters)} ON CONFLICT (sender, type) DO UPDATE SET " + ", ".join(
    f"{name} = intake_count.{name} + excluded.{name}" for name in ("received", *OUTCOMES)
)


class Count(NamedTuple):
    """How many events of a type a sender handed in, and what became of them."""

    sender: str
    type: str
    received: int
    recorded: int
    duplicate: int
    conflict: int
    rejected: int


class Counting:
    """Outcomes of one transaction, added up and written once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: dict[tuple[str, str, str], int] = {}

    def taken(self, sender: str, events: Sequence[Incoming], receipts: Iterable[Receipt]) -> None:
        """Count a delivery that was recorded or is a duplicate."""
        for event, receipt in zip(events, receipts, strict=True):
            self._add(sender, event.type, receipt.status)

    def refused(self, sender: str, events: Sequence[Incoming], size: int, error: Refused) -> None:
        """Count a delivery of ``size`` events that was refused; ``events`` are those that could be read."""
        clash = (error.source, error.id) if isinstance(error, ContentConflict) else None
        for event in events:
            outcome = "conflict" if (event.source, event.id) == clash else "rejected"
            clash = None if outcome == "conflict" else clash
            self._add(sender, event.type, outcome)
        for _unread in range(size - len(events)):
            self._add(sender, "", "rejected")

    def _add(self, sender: str, type: str, outcome: str) -> None:
        place = (sender, type if type in self._catalogue.events else "", outcome)
        self._found[place] = self._found.get(place, 0) + 1

    def write(self, session: Session) -> None:
        """Add to the counters, in key order."""
        if not self._found:
            return
        rows = []
        for sender, type in sorted({place[:2] for place in self._found}):
            parts = [self._found.get((sender, type, outcome), 0) for outcome in OUTCOMES]
            rows.append((sender, type, sum(parts), *parts))
        execute_many(session, _ADD, rows)


def counts(session: Session) -> list[Count]:
    """All counters, by sender and type."""
    return [Count(*row) for row in session.execute(select(counters).order_by(counters.c.sender, counters.c.type))]


def by_sender(found: Iterable[Count]) -> Mapping[str, Count]:
    """The counters of each sender, all types together."""
    sums: dict[str, Count] = {}
    for each in found:
        before = sums.get(each.sender, Count(each.sender, "", 0, 0, 0, 0, 0))
        sums[each.sender] = Count(each.sender, "", *(a + b for a, b in zip(before[2:], each[2:], strict=True)))
    return sums

"""An event on its way into the ledger, on record, and as the fact that stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tracker.errors import Mistake

CORRECTED = "tracker.event.corrected"
VOIDED = "tracker.event.voided"
OPENED = "tracker.balance.opened"
NOTHING = "tracker.period.nothing_to_report"
ATTACHED = "tracker.evidence.attached"
AMENDMENTS = frozenset({CORRECTED, VOIDED})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who records. ``kind`` is ``source`` (a machine, which may amend only its own events),
    ``person`` or ``system``; ``name`` is a pseudonym, never a person's name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Incoming(NamedTuple):
    """A readable event that is not yet on record.

    ``time`` is UTC as ``2020-03-05T02:00:00.000000Z``; ``day`` and ``year`` are the
    organisation's. ``data`` is canonical JSON. ``mistakes`` are what the schema found: they
    refuse the event unless it turns out to be a duplicate of one on record.
    """

    source: str
    id: str
    type: str
    subject: str | None
    time: str
    entity: str | None
    data: dict[str, Any]
    day: str
    year: int
    pointer: str
    mistakes: tuple[Mistake, ...] = ()


class Delivery(NamedTuple):
    """Events that one actor hands in together: recorded all or none."""

    actor: Actor
    events: Sequence[Incoming]


class Fact(NamedTuple):
    """What an event says now, after every amendment. ``seq`` is the original's, and with
    ``time`` it gives the order; ``type`` is the original's; confidential fields are absent."""

    seq: int
    type: str
    subject: str | None
    time: str
    entity: str | None
    day: str
    year: int
    data: Mapping[str, Any]

    @property
    def month(self) -> str:
        """The calendar month of the local day, as ``2020-03``."""
        return self.day[:7]


class Recorded(NamedTuple):
    """One event just recorded, and what it changed: nothing before for a new fact, nothing
    after for a void, both for a correction."""

    seq: int
    type: str
    leaf: bytes
    before: Fact | None
    after: Fact | None


class Receipt(NamedTuple):
    """What a sender is told of one event. ``status`` is ``recorded`` or ``duplicate``; ``late``
    names the reporting year that was already frozen, where it was."""

    id: str
    seq: int
    leaf: str
    status: str
    late: int | None = None

"""A small house to test in: one catalogue with every measure, and short ways to say what happens."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select

from tracker.access.datakeys import DataKeys
from tracker.access.keyring import KeyRing
from tracker.canonical import canonical_bytes
from tracker.catalogue import Catalogue, load
from tracker.db import Database
from tracker.intake.accept import Intake
from tracker.jobs.activation import activate
from tracker.jobs.recounting import Difference, differences, periods_of
from tracker.ledger.events import Actor, Receipt
from tracker.ledger.models import vault
from tracker.ledger.record import Ledger
from tracker.ledger.vault import opened, salts
from tracker.tallies.queries import exact

Fresh: TypeAlias = Callable[[], AbstractContextManager["House"]]
"""A house on a database of its own, for every history that is drawn."""

DATA = Path(__file__).parent / "data"
ALICE = Actor("person", "alice")
METER = Actor("source", "meter")
WRAPPING_KEY = bytes(range(32))
"""What every house wraps its data keys with, so that two over the same database read what the other sealed."""


@lru_cache
def small_catalogue() -> Catalogue:
    """The configuration in ``tests/data/small``: a calendar year, Asia/Shanghai, CNY, every measure."""
    return load(DATA / "small")


@lru_cache
def second_catalogue() -> Catalogue:
    """A quite different organisation: years ending 30 June, Pacific/Auckland, NZD."""
    return load(DATA / "second")


@dataclass
class House:
    """A database with a catalogue in force. ``now`` is what the clock says; tests move it."""

    database: Database
    intake: Intake
    clock: Clock
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def build(cls, database: Database, catalogue: Catalogue) -> House:
        """Put ``catalogue`` in force on a migrated database."""
        clock = Clock(datetime(2021, 2, 1, 4, tzinfo=UTC))
        numbers = itertools.count()
        datakeys = DataKeys(KeyRing.of_keys([WRAPPING_KEY]), clock)
        ledger = Ledger(catalogue, clock, lambda: next(numbers).to_bytes(32, "big"), datakeys)
        activate(database, ledger, ALICE)
        return cls(database, Intake.of(ledger), clock)

    @property
    def ledger(self) -> Ledger:
        """The ledger under test."""
        return self.intake.ledger

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""
        return self.ledger.catalogue

    def event(self, type: str, data: Mapping[str, Any] | None = None, **others: Any) -> dict[str, Any]:
        """A CloudEvent with an id of its own; ``others`` override or add attributes."""
        made = {
            "specversion": "1.0",
            "id": f"event-{next(self.numbers)}",
            "source": "/test",
            "type": type,
            "time": "2020-05-04T12:00:00+08:00",
            "data": dict(data or {}),
        }
        return {name: value for name, value in (made | others).items() if value is not None}

    def record(self, *events: Mapping[str, Any], actor: Actor = ALICE) -> list[Receipt]:
        """Record events as one batch, in a transaction of their own."""
        read = self.intake.read([dict(each) for each in events])
        with self.database.write() as session:
            return self.intake.accept(session, actor, read)

    def correct(self, original: int, replaces: int, data: Mapping[str, Any], **others: Any) -> Receipt:
        """Record a correction of ``original``."""
        body = {"original": {"seq": original}, "replaces": replaces, "reason": "a slip", "data": dict(data)}
        return self.record(self.event("tracker.event.corrected", body, **others))[0]

    def void(self, original: int, replaces: int, **others: Any) -> Receipt:
        """Record a void of ``original``."""
        body = {"original": {"seq": original}, "replaces": replaces, "reason": "never happened"}
        return self.record(self.event("tracker.event.voided", body, **others))[0]

    def secrets(self) -> dict[tuple[int, str], tuple[bytes, bytes]]:
        """Salt and canonical value of everything in the vault, opened, by seq and field."""
        assert self.ledger.vault is not None
        with self.database.read() as session:
            seqs = list(session.scalars(select(vault.c.seq).distinct()))
            values = opened(session, self.ledger.vault, seqs)
            found = salts(session, self.ledger.vault, seqs)
        return {
            (seq, field): (found[seq][field], canonical_bytes(value))
            for seq, own in values.items()
            for field, value in own.items()
        }

    def values(self, metric: str, period: str) -> dict[str, Fraction | None]:
        """The exact cells of a metric, from the tallies."""
        with self.database.read() as session:
            return dict(exact(session, self.catalogue, self.catalogue.calendar.parse(period), [metric])[metric])

    def value(self, metric: str, period: str) -> Fraction | None:
        """The exact value of a metric as a whole, from the tallies."""
        return self.values(metric, period)["{}"]

    def differences(self, *periods: str) -> list[Difference]:
        """Where tallies and recount disagree, in all years with events or in the named periods."""
        with self.database.read() as session:
            named = [each for text in periods or (None,) for each in periods_of(session, self.catalogue, text)]
            return differences(session, self.catalogue, named)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    instant: datetime

    def __call__(self) -> datetime:
        return self.instant


def statuses(receipts: Sequence[Receipt]) -> list[str]:
    """What became of each event."""
    return [receipt.status for receipt in receipts]

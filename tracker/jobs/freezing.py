"""The annual job: a year becomes a snapshot."""

from __future__ import annotations

from tracker.db import Database
from tracker.ledger.events import Actor
from tracker.ledger.record import Ledger
from tracker.snapshots.freeze import Snapshot, freeze

JOB = Actor("system", "freeze_year")


def freeze_year(database: Database, ledger: Ledger, year: int, actor: Actor = JOB) -> Snapshot:
    """Freeze a reporting year. Run again, it changes nothing and returns the same snapshot.

    :raise Conflict: the year is not over yet.
    """
    with database.write() as session:
        return freeze(ledger, session, actor, year)

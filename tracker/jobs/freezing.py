"""The annual job: a year is drafted, for two people to agree to."""

from __future__ import annotations

from tracker.access.notes import Signer
from tracker.db import Database
from tracker.ledger.events import Actor
from tracker.ledger.record import Ledger
from tracker.snapshots.drafts import Draft, draft

JOB = Actor("system", "freeze_year")


def draft_year(database: Database, ledger: Ledger, signer: Signer, year: int, actor: Actor = JOB) -> Draft:
    """Draft a reporting year. Run again before anything was recorded, it returns the same draft.

    :raise Conflict: the year is not over yet, or is frozen.
    """
    with database.write() as session:
        return draft(ledger, signer, session, actor, year)

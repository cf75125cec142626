"""The daily job: the log is signed as it stands, once, however many processes think of it."""

from __future__ import annotations

from datetime import datetime

from tracker.access.notes import Signer
from tracker.catalogue import Catalogue
from tracker.clock import stamp
from tracker.db import Database
from tracker.jobs.due import last_due
from tracker.ledger.checkpoints import Checkpoint, newest, sign
from tracker.ledger.heads import lock, read_head
from tracker.ledger.record import Ledger

JOB = "checkpoint"
"""Its name in the schedule."""


def sign_now(database: Database, ledger: Ledger, signer: Signer) -> Checkpoint:
    """Sign the log as it is; if this size is signed already, that checkpoint is returned.

    :raise Conflict: the log is empty, or does not continue the one signed last.
    """
    with database.write() as session:
        lock(session)
        return sign(session, ledger.catalogue, signer, ledger.clock())


def sign_if_due(database: Database, ledger: Ledger, signer: Signer) -> Checkpoint | None:
    """Sign the log if the schedule says so and there is anything new in it; ``None`` where nothing was to do.

    What was missed is made up for: it is due as long as nothing was signed since the last time it should have been.
    Of several processes that ask at once the first signs, and the others find it done.

    :raise Conflict: the log does not continue the one signed last.
    """
    at = ledger.clock()
    with database.read() as session:
        size, last = read_head(session).size, newest(session)
    if not is_due(ledger.catalogue, size, last, at):
        return None
    with database.write() as session:
        size, last = lock(session).size, newest(session)  # again: another process may have been here
        if not is_due(ledger.catalogue, size, last, at):
            return None
        return sign(session, ledger.catalogue, signer, at)


def is_due(catalogue: Catalogue, size: int, last: Checkpoint | None, at: datetime) -> bool:
    """Whether a log of ``size`` events, last signed as ``last``, is to be signed."""
    job = catalogue.schedule.get(JOB)
    if job is None or size == (last.size if last else 0):
        return False
    return last is None or last.signed_at < stamp(last_due(catalogue.calendar, job, at))

"""Changes to sources and tokens, whose number is the epoch that remembered access is good for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.models import changes
from tracker.clock import stamp
from tracker.db import run

_LOCK = 0x61636365  # any number that nothing else locks
_EPOCH = f"SELECT coalesce(max(id), 0) FROM {changes.name}"


def note(session: Session, at: datetime, by: str, action: str, target: str) -> None:
    """Leave a trace of a change, here and in the audit trail; all that processes remember is read anew.

    Changes wait for each other: were a lower number committed after a higher one, the newest number would
    not move, and what had been remembered in between would stand although it is no longer true.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    session.execute(insert(changes).values(at=stamp(at), by=by, action=action, target=target))
    audit.write(session, at, by, action, target)


def epoch(session: Session) -> int:
    """The number of the newest change, 0 before the first."""
    found: int = run(session, _EPOCH).scalar_one()  # each commit asks
    return found

"""Delays after failed attempts: the more in a row, the longer, and never a lockout.

An attempt is counted before it is looked at, so that many at the same time gain nothing; one that succeeds clears the
count. Names are kept as digests: people also type passwords where a name belongs.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from tracker.access.accounts import failed_logins
from tracker.clock import stamp
from tracker.db import is_sqlite
from tracker.errors import TooSoon

FREE = 3
"""Attempts in a row that wait for nothing."""

LONGEST = timedelta(seconds=300)
FORGOTTEN = timedelta(days=1)


def attempt(session: Session, name: str, at: datetime) -> None:
    """Count an attempt under ``name``; it stands as failed until :func:`clear`.

    :raise TooSoon: the one before was too short a time ago; this one is not to be looked at, and does not count.
    """
    c, digest = failed_logins.c, digest_of(name)
    session.execute(delete(failed_logins).where(c.last_at <= stamp(at - FORGOTTEN)))
    _make_room(session, digest, at)
    row = session.execute(select(failed_logins).where(c.login == digest).with_for_update()).one()
    free_at = datetime.fromisoformat(row.last_at) + wait(row.failures)
    if at < free_at:
        raise TooSoon(max(1, math.ceil((free_at - at).total_seconds())))
    session.execute(update(failed_logins).where(c.login == digest).values(failures=row.failures + 1, last_at=stamp(at)))


def clear(session: Session, name: str) -> None:
    """Forget failed attempts, since one succeeded."""
    session.execute(delete(failed_logins).where(failed_logins.c.login == digest_of(name)))


def wait(failures: int) -> timedelta:
    """How long after so many failures in a row the next attempt is looked at: 1, 2, 4, … s from the third on."""
    if failures < FREE:
        return timedelta()
    return min(LONGEST, timedelta(seconds=2 ** min(failures - FREE, 16)))


def digest_of(name: str) -> bytes:
    """What is kept of a name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def _make_room(session: Session, digest: bytes, at: datetime) -> None:
    """A row to lock: who come at the same time wait for each other."""
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    values = {"login": digest, "failures": 0, "last_at": stamp(at.astimezone(UTC))}
    session.execute(insert(failed_logins).values(values).on_conflict_do_nothing())

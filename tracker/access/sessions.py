"""Sessions: who is signed in. They are rows here, and end here; a browser holds nothing but a number.

A session ends by signing out, after half an hour without a request, after twelve hours, and at once when anything
changes about its person. One that lacks the second factor is good for that step alone, for ten minutes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from tracker.access.accounts import sessions
from tracker.access.people import Person, find
from tracker.clock import stamp

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
HALF = timedelta(minutes=10)
"""How long a session may lack its second factor."""

BETWEEN_USES = timedelta(minutes=1)


@dataclass(frozen=True)
class Live:
    """A session that stands. Without ``complete`` it is good for the second factor only."""

    person: Person
    complete: bool
    seen_at: str

    def stale(self, at: datetime) -> bool:
        """Whether its last use should be written down anew, which happens once a minute at most."""
        return self.seen_at <= stamp(at - BETWEEN_USES)


def open(session: Session, person: Person, *, complete: bool, at: datetime) -> str:
    """Begin a session and return its id, 256 random bits of which the SHA-256 is kept."""
    purge(session, at)
    sid = secrets.token_urlsafe(32)
    row = {
        "digest": digest_of(sid),
        "person": person.id,
        "epoch": person.epoch,
        "complete": complete,
        "created_at": stamp(at),
        "seen_at": stamp(at),
        "ends_at": stamp(at + (ABSOLUTE if complete else HALF)),
    }
    session.execute(insert(sessions).values(row))
    return sid


def look(session: Session, sid: str, at: datetime) -> Live | None:
    """The session behind an id, if it still stands."""
    c = sessions.c
    live = (c.digest == digest_of(sid), c.ends_at > stamp(at), c.seen_at > stamp(at - IDLE))
    row = session.execute(select(sessions).where(*live)).first()
    person = find(session, row.person) if row else None
    if row is None or person is None or person.epoch != row.epoch or not person.active(at):
        return None
    return Live(person, row.complete, row.seen_at)


def resolve(session: Session, sid: str, at: datetime) -> Person | None:
    """The person who is signed in under an id, with every factor that is asked of them."""
    found = look(session, sid, at)
    return found.person if found and found.complete else None


def seen(session: Session, sid: str, at: datetime) -> None:
    """Write down that a session is in use. One that has ended meanwhile stays ended."""
    c = sessions.c
    live = (c.digest == digest_of(sid), c.seen_at < stamp(at), c.seen_at > stamp(at - IDLE))
    session.execute(update(sessions).where(*live).values(seen_at=stamp(at)))


def end(session: Session, sid: str) -> None:
    """End one session."""
    session.execute(delete(sessions).where(sessions.c.digest == digest_of(sid)))


def end_all(session: Session, person: Person) -> None:
    """End every session of a person, on every device."""
    session.execute(delete(sessions).where(sessions.c.person == person.id))


def count(session: Session, person: Person, at: datetime) -> int:
    """In how many places a person is signed in."""
    c = sessions.c
    live = (c.person == person.id, c.epoch == person.epoch, c.ends_at > stamp(at), c.seen_at > stamp(at - IDLE))
    return session.scalar(select(func.count()).select_from(sessions).where(*live, c.complete)) or 0


def purge(session: Session, at: datetime) -> None:
    """Forget sessions that have ended by time."""
    c = sessions.c
    session.execute(delete(sessions).where(or_(c.ends_at <= stamp(at), c.seen_at <= stamp(at - IDLE))))


def digest_of(sid: str) -> bytes:
    """What is kept of a session's id."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).digest()

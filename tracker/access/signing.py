"""The keys that sources sign with: stored encrypted, two at once at most, their last use visible.

While two live, a new key can be brought in without a gap; the older then has at most seven days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from tracker.access.changes import note
from tracker.access.crypto import seal, unseal
from tracker.access.models import source_keys
from tracker.access.signatures import Key
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake

LONGEST_OVERLAP = timedelta(days=7)
MOST_KEYS = 2

_ends = source_keys.c.expires_at


class Material(NamedTuple):
    """A new key: ``kind`` is ``hmac`` (32 secret bytes) or ``ed25519`` (the 32 bytes of a public key)."""

    kind: str
    content: bytes

    def __repr__(self) -> str:
        return f"Material({self.kind!r})"  # what is printed by chance must not hold a secret


def add_key(session: Session, source: str, key: Material, secret: bytes, at: datetime) -> None:
    """Store a key, sealed under ``secret``."""
    sealed = seal(secret, key.content, _place(source, key.kind))
    session.execute(insert(source_keys).values(source=source, kind=key.kind, sealed=sealed, created_at=stamp(at)))


def rotate(
    session: Session, source: str, key: Material, *, secret: bytes, overlap: timedelta, by: str, at: datetime
) -> None:
    """Give a live source a new key; the one before stays good for ``overlap``.

    :raise Invalid: an overlap below zero or above seven days.
    :raise Conflict: two keys live already, and both were to go on.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("Two keys may overlap for seven days at most.", [Mistake("overlap_hours", "must be 0 to 168")])
    living = _living(session, source, at)
    if overlap and len(living) >= MOST_KEYS:
        until = min(row.expires_at for row in living if row.expires_at)
        raise Conflict(f"Two keys of {source!r} live already, until {until}. Wait for that, or rotate without overlap.")
    end_keys(session, source, at + overlap)
    add_key(session, source, key, secret, at)
    note(session, at, by, "source.rotated", source)


def end_keys(session: Session, source: str, end: datetime) -> None:
    """Let every key of a source end at ``end``, or earlier where it does already."""
    later = _ends.is_(None) | (_ends > stamp(end))
    session.execute(update(source_keys).where(source_keys.c.source == source, later).values(expires_at=stamp(end)))


def keys_of(session: Session, source: str, secret: bytes) -> list[tuple[Key, str | None]]:
    """A source's keys, opened, newest first, each with its end."""
    query = select(source_keys).where(source_keys.c.source == source).order_by(source_keys.c.id.desc())
    return [
        (Key(row.id, row.kind, unseal(secret, bytes(row.sealed), _place(source, row.kind))), row.expires_at)
        for row in session.execute(query)
    ]


def any_sealed(session: Session) -> bool:
    """Whether some key is stored, so that losing the one it is sealed under would be a loss."""
    return session.execute(select(source_keys.c.id).limit(1)).first() is not None


def used(session: Session, keys: Iterable[int], at: datetime) -> None:
    """Remember that keys were used."""
    session.execute(update(source_keys).where(source_keys.c.id.in_(list(keys))).values(used_at=stamp(at)))


def _living(session: Session, source: str, at: datetime) -> Sequence[Row[Any]]:
    query = select(source_keys).where(source_keys.c.source == source, _ends.is_(None) | (_ends > stamp(at)))
    return session.execute(query).all()


def _place(source: str, kind: str) -> str:
    return f"source_key/{source}/{kind}"

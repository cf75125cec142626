"""Sources: operational systems, each bound to one CloudEvents ``source`` URI and to event types.

What a source sends it signs with a key of its own: see :mod:`tracker.access.signing`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.access import signing
from tracker.access.changes import note
from tracker.access.models import source_keys, sources
from tracker.access.signing import Material, add_key, end_keys
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound

LATE_DAYS = 7
MOST_TYPES = 100
AMENDING = frozenset({"tracker.event.corrected", "tracker.event.voided"})
"""What every source may send, since the ledger holds it to its own events."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,200}", re.ASCII)
_PATTERN = re.compile(r"\*|[a-z0-9_]+(?:\.[a-z0-9_]+)*(?:\.\*)?", re.ASCII)


@dataclass(frozen=True)
class Source:
    """A source as it may act now. ``types`` are event types, or beginnings that end in ``.*``, or ``*``."""

    name: str
    uri: str
    types: tuple[str, ...]
    late_days: int = LATE_DAYS
    backfill: bool = False
    test: bool = False

    def may_send(self, type: str) -> bool:
        """Whether the source is bound to this type of event."""
        return type in AMENDING or any(
            type == pattern or (pattern.endswith("*") and type.startswith(pattern[:-1])) for pattern in self.types
        )


class KeyState(NamedTuple):
    """What may be shown of a key: never the key itself."""

    kind: str
    created_at: str
    expires_at: str | None
    used_at: str | None


class Listed(NamedTuple):
    """A source with the state of its keys, for those who look after it."""

    source: Source
    created_at: str
    retired_at: str | None
    keys: tuple[KeyState, ...]


def add(session: Session, source: Source, key: Material, *, secret: bytes, by: str, at: datetime) -> None:
    """Register a source with its first key; ``secret`` is the key that it is stored under.

    :raise Invalid: a name, URI, pattern or number that cannot be.
    :raise Conflict: the name was used before, or another live source has this URI.
    """
    check(source)
    row = {**vars(source), "types": json.dumps(source.types), "created_at": stamp(at)}
    try:
        with session.begin_nested():
            session.execute(insert(sources).values(row))
    except IntegrityError:
        raise Conflict(
            f"There is or was a source {source.name!r}, or a live one with the URI {source.uri!r}. "
            "`tracker source list` shows them; choose another name or retire the other first."
        ) from None
    add_key(session, source.name, key, secret, at)
    note(session, at, by, "source.added", source.name)


def rotate(
    session: Session, name: str, key: Material, *, secret: bytes, overlap: timedelta, by: str, at: datetime
) -> None:
    """Give a source a new key, as :func:`tracker.access.signing.rotate` does.

    :raise NotFound: there is no live source of this name.
    """
    check_live(session, name)
    signing.rotate(session, name, key, secret=secret, overlap=overlap, by=by, at=at)


def bind(session: Session, name: str, types: tuple[str, ...], *, by: str, at: datetime) -> None:
    """Let a source send these types of events from now on, and no others.

    :raise Invalid: a pattern that cannot be.
    :raise NotFound: there is no live source of this name.
    """
    check_live(session, name)
    found = session.execute(select(sources).where(sources.c.name == name)).one()
    check(replace(source_of(found), types=types))
    session.execute(update(sources).where(sources.c.name == name).values(types=json.dumps(types)))
    note(session, at, by, "source.bound", name)


def retire(session: Session, name: str, *, by: str, at: datetime) -> None:
    """End a source: nothing that it signs is taken any more. What it recorded stays.

    :raise NotFound: there is no live source of this name.
    """
    check_live(session, name)
    session.execute(update(sources).where(sources.c.name == name).values(retired_at=stamp(at)))
    end_keys(session, name, at)
    note(session, at, by, "source.retired", name)


def listed(session: Session) -> list[Listed]:
    """Every source there is or was, by name."""
    keys: dict[str, list[KeyState]] = {}
    for row in session.execute(select(source_keys).order_by(source_keys.c.id)):
        keys.setdefault(row.source, []).append(KeyState(row.kind, row.created_at, row.expires_at, row.used_at))
    return [
        Listed(source_of(row), row.created_at, row.retired_at, tuple(keys.get(row.name, ())))
        for row in session.execute(select(sources).order_by(sources.c.name))
    ]


def live_sources(session: Session) -> list[Source]:
    """All sources that are not retired."""
    return [source_of(row) for row in session.execute(select(sources).where(sources.c.retired_at.is_(None)))]


def source_of(row: Row[Any]) -> Source:
    """The source that a row describes."""
    return Source(row.name, row.uri, tuple(json.loads(row.types)), row.late_days, row.backfill, row.test)


def check(source: Source) -> None:
    """Look whether a source can be as it is described.

    :raise Invalid: a name, URI, pattern or number that cannot be.
    """
    mistakes = []
    if not _NAME.fullmatch(source.name):
        mistakes.append(Mistake("name", "begins with a letter; then up to 62 of a-z, 0-9 and hyphen"))
    if not _URI.fullmatch(source.uri):
        mistakes.append(Mistake("uri", "must be a URI reference of 1 to 200 characters, such as /moderation"))
    if len(source.types) > MOST_TYPES:
        mistakes.append(Mistake("types", f"names more than {MOST_TYPES}; write beginnings such as content.*"))
    if not source.types:
        mistakes.append(Mistake("types", "names no event type; write such as content.* or integrity.training.held"))
    mistakes += [
        Mistake("types", f"{pattern!r} is no event type, beginning such as content.*, or *")
        for pattern in source.types[:MOST_TYPES]
        if not _PATTERN.fullmatch(pattern)
    ]
    if not 1 <= source.late_days <= 36_500:
        mistakes.append(Mistake("late_days", "must be 1 to 36500"))
    if mistakes:
        raise Invalid("The source cannot be added like this.", mistakes)


def check_live(session: Session, name: str) -> None:
    """Look whether a source is live, and keep others from changing it until the transaction ends.

    :raise NotFound: there is no live source of this name.
    """
    query = select(sources.c.retired_at).where(sources.c.name == name).with_for_update()
    found = None if "\0" in name else session.execute(query).first()  # which PostgreSQL cannot look for
    if found is None or found.retired_at is not None:
        raise NotFound(f"There is no live source {name!r}. `tracker source list` shows them.")

"""Bearer tokens: what a machine or a colleague shows instead of signing (RFC 6750).

A token is 32 random bytes, shown once; the database keeps its SHA-256, which is enough for what cannot
be guessed. It has scopes and an end. Bound to a source it acts as that source; unbound it acts for a person.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.access.changes import note
from tracker.access.models import tokens
from tracker.access.sources import check_live
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound

SCOPES = {
    "record": "hand in events",
    "backfill": "hand in events older than the late window",
    "amend": "correct and void events",
    "read": "read events, figures and the catalogue",
    "admin": "look after sources and the quarantine",
}
LONGEST = timedelta(days=366)
PREFIX = "gtk_"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)


@dataclass(frozen=True)
class Token:
    """A token as it may act: its scopes, the source it is bound to, its end (UTC)."""

    name: str
    scopes: frozenset[str]
    source: str | None
    expires_at: str


class Listed(NamedTuple):
    """A token for those who look after it."""

    token: Token
    created_at: str
    revoked_at: str | None
    used_at: str | None


def add(
    session: Session, name: str, scopes: frozenset[str], *, source: str | None, days: int, by: str, at: datetime
) -> str:
    """Make a token that ends after ``days`` and return its text, which nobody can show again.

    :raise Invalid: a name, scope or number that cannot be.
    :raise NotFound: there is no live source of this name.
    :raise Conflict: the name was used before.
    """
    check(name, scopes, source, days)
    if source is not None:
        check_live(session, source)
    text = PREFIX + secrets.token_urlsafe(32)
    row = {
        "name": name,
        "digest": digest_of(text),
        "scopes": json.dumps(sorted(scopes)),
        "source": source,
        "created_at": stamp(at),
        "expires_at": stamp(at + timedelta(days=days)),
    }
    try:
        with session.begin_nested():
            session.execute(insert(tokens).values(row))
    except IntegrityError:
        raise Conflict(f"There is or was a token {name!r}. Choose another name.") from None
    note(session, at, by, "token.added", name)
    return text


def revoke(session: Session, name: str, *, by: str, at: datetime) -> None:
    """End a token now.

    :raise NotFound: there is no such token, or it is revoked already.
    """
    query = update(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None)).values(revoked_at=stamp(at))
    if not session.execute(query.returning(tokens.c.name)).all():
        raise NotFound(f"There is no live token {name!r}. `tracker token list` shows them.")
    note(session, at, by, "token.revoked", name)


def listed(session: Session) -> list[Listed]:
    """Every token there is or was, by name."""
    rows = session.execute(select(tokens).order_by(tokens.c.name))
    return [Listed(token_of(row), row.created_at, row.revoked_at, row.used_at) for row in rows]


def live_tokens(session: Session) -> dict[bytes, Token]:
    """Every token that is not revoked, by its digest; its end is still to be looked at."""
    rows = session.execute(select(tokens).where(tokens.c.revoked_at.is_(None)))
    return {bytes(row.digest): token_of(row) for row in rows}


def used(session: Session, name: str, at: datetime) -> None:
    """Remember that a token was used."""
    session.execute(update(tokens).where(tokens.c.name == name).values(used_at=stamp(at)))


def digest_of(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def token_of(row: Row[Any]) -> Token:
    """The token that a row describes."""
    return Token(row.name, frozenset(json.loads(row.scopes)), row.source, row.expires_at)


def check(name: str, scopes: frozenset[str], source: str | None, days: int) -> None:
    """Look whether a token can be as it is described.

    :raise Invalid: a name, scope or number that cannot be.
    """
    mistakes = []
    if not _NAME.fullmatch(name):
        mistakes.append(Mistake("name", "begins with a letter; then up to 62 of a-z, 0-9 and hyphen"))
    mistakes += [
        Mistake("scope", f"{each!r} is none of {', '.join(SCOPES)}") for each in sorted(scopes - SCOPES.keys())
    ]
    if not scopes:
        mistakes.append(Mistake("scope", f"give at least one of {', '.join(SCOPES)}"))
    if source is not None and "admin" in scopes:
        mistakes.append(Mistake("scope", "admin is for people; leave out the source"))
    if not 1 <= days <= LONGEST.days:
        mistakes.append(Mistake("days", f"must be 1 to {LONGEST.days}"))
    if mistakes:
        raise Invalid("The token cannot be made like this.", mistakes)

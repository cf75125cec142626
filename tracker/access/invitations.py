"""Invitations: a text that is good once, for seven days, to choose a password with."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tracker.access.accounts import people
from tracker.clock import stamp

GOOD_FOR = timedelta(days=7)
NONE: Mapping[str, Any] = {"invitation": None, "invited_until": None}
"""The columns of who is not invited."""


class Invitation(NamedTuple):
    """The text to hand over, and what is kept of it."""

    text: str
    columns: Mapping[str, Any]

    def __repr__(self) -> str:
        return "Invitation(…)"  # what is printed by chance must not hold a secret


def new(at: datetime) -> Invitation:
    """An invitation of 160 bits, of which the SHA-256 is kept."""
    text = secrets.token_urlsafe(20)
    return Invitation(text, {"invitation": digest_of(text), "invited_until": stamp(at + GOOD_FOR)})


def holder(session: Session, text: str, at: datetime) -> str | None:
    """The pseudonym of whoever this invites; nobody once it was used, replaced or its time is over."""
    c = people.c
    live = (c.invitation == digest_of(text), c.invited_until > stamp(at), c.disabled_at.is_(None))
    return session.scalar(select(c.id).where(*live))


def redeem(session: Session, text: str, password: str, at: datetime) -> str | None:
    """Use an invitation up: its holder has this password hash from now on, and no session of before.

    Of two who use the same one, the first has it. Returns the holder's pseudonym, or nothing.
    """
    c = people.c
    live = (c.invitation == digest_of(text), c.invited_until > stamp(at), c.disabled_at.is_(None))
    query = update(people).where(*live).values(password=password, epoch=c.epoch + 1, **NONE).returning(c.id)
    found: str | None = session.scalar(query)
    return found


def digest_of(text: str) -> bytes:
    """What is kept of an invitation."""
    return hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).digest()

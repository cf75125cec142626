"""The audit trail: who did what, and who read what is confidential. Nothing changes or deletes an entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tracker.access.accounts import audit
from tracker.clock import stamp


class Entry(NamedTuple):
    """One entry. ``actor`` is kind and pseudonym (``person:p-3kq…``), ``detail`` a few plain words or nothing:
    never what somebody read or wrote."""

    id: int
    at: str
    actor: str
    action: str
    target: str
    detail: str | None


def write(session: Session, at: datetime, actor: str, action: str, target: str, detail: str | None = None) -> None:
    """Put an entry into the trail. ``action`` is a past fact in dots, such as ``person.signed_in``.

    It is there once the caller commits. What is confidential is decrypted only in a later transaction, so that a
    trail which cannot be written refuses the read.
    """
    session.execute(insert(audit).values(at=stamp(at), actor=actor, action=action, target=target, detail=detail))


def entries(
    session: Session,
    *,
    before: int | None = None,
    limit: int = 100,
    actor: str | None = None,
    action: str | None = None,
    target: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Sequence[Entry]:
    """Up to ``limit`` entries, newest first; ``before`` is the last ``id`` of the page before.

    ``action`` may be a beginning that ends in a dot (``person.``). ``since`` is the first instant that is wanted,
    ``until`` the first that is not, as :func:`tracker.clock.stamp` spells them.
    """
    c = audit.c
    wanted = ((c.actor, actor), (c.target, target))
    query = select(audit).where(*(column == value for column, value in wanted if value))
    if action:
        query = query.where(c.action.startswith(action, autoescape=True) if action[-1] == "." else c.action == action)
    if since is not None:
        query = query.where(c.at >= since)
    if until is not None:
        query = query.where(c.at < until)
    if before is not None:
        query = query.where(c.id < before)
    return [Entry._make(row) for row in session.execute(query.order_by(c.id.desc()).limit(limit))]


def newest(session: Session, action: str) -> dict[str, str]:
    """When each actor last did something, such as sign in."""
    c = audit.c
    query = select(c.actor, func.max(c.at)).where(c.action == action).group_by(c.actor)
    return {actor: at for actor, at in session.execute(query)}

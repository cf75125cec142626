"""The violations of each account and its points: derived from the ledger subject by subject, and so replayable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, insert, select
from sqlalchemy.orm import Session

from tracker.clock import stamp
from tracker.ledger.events import Fact, Recorded
from tracker.ledger.record import Ledger
from tracker.workflows.about import facts_about
from tracker.workflows.models import account_violations

KIND = "content.violation"
FOUND, PENALISED, OVERTURNED = (f"{KIND}.{fact}" for fact in ("found", "penalised", "overturned"))
_TYPES = frozenset({FOUND, PENALISED, OVERTURNED})
_CHUNK = 500


@dataclass(frozen=True)
class Violation:
    """One violation of an account. ``penalised`` is when its newest penalty was given; a penalty that was
    ``overturned`` counts no more, and neither do its ``points``."""

    subject: str
    account: str
    found_seq: int
    penalised: str | None
    penalty: str | None
    points: int
    overturned: bool


@dataclass(frozen=True)
class Account:
    """An account with the number of its violations and of its penalties in force, and its points in force."""

    id: str
    violations: int
    penalties: int
    points: int


def since(at: datetime, days: int | None) -> str | None:
    """From when on penalties count at ``at``, where points expire after ``days``; ``None`` where they never do."""
    return None if days is None else stamp(at - timedelta(days=days))


def find(session: Session, subject: str) -> Violation | None:
    """The violation with this subject, if it is on record with an account."""
    row = session.execute(select(account_violations).where(account_violations.c.subject == subject)).one_or_none()
    return None if row is None else Violation(*row)


def violations(session: Session, account: str) -> list[Violation]:
    """Every violation of an account, the newest found first."""
    c = account_violations.c
    rows = session.execute(select(account_violations).where(c.account == account).order_by(c.found_seq.desc()))
    return [Violation(*row) for row in rows]


def points(session: Session, account: str, *, since: str | None = None, apart_from: str | None = None) -> int:
    """The points of an account: the sum over its penalties that are not overturned, given at ``since`` or later,
    ``apart_from`` one violation."""
    c = account_violations.c
    query = select(func.coalesce(func.sum(c.points), 0)).where(c.account == account, _in_force(since))
    if apart_from is not None:
        query = query.where(c.subject != apart_from)
    return int(session.scalar(query) or 0)


def accounts(
    session: Session, *, since: str | None = None, search: str = "", limit: int = 50, skip: int = 0
) -> list[Account]:
    """Accounts with violations, those with most points first; ``search`` is the beginning of an account's id."""
    query = _summed(since).limit(limit).offset(skip)
    if search:
        query = query.where(account_violations.c.account.startswith(search, autoescape=True))
    return [Account(*row) for row in session.execute(query)]


def _summed(since: str | None) -> Select[Any]:
    c, held = account_violations.c, _in_force(since)
    total = func.coalesce(func.sum(case((held, c.points), else_=0)), 0)
    counted = func.coalesce(func.sum(case((held, 1), else_=0)), 0)
    query = select(c.account, func.count(), counted, total).group_by(c.account)
    return query.order_by(total.desc(), c.account)


def _in_force(since: str | None) -> ColumnElement[bool]:
    c = account_violations.c
    given = c.penalised.is_not(None) if since is None else c.penalised >= since
    return and_(given, c.overturned.is_(False))


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
    """Receiver of :data:`tracker.signals.events_recorded`: what was said of a violation is derived anew."""
    subjects = sorted(subjects_of(events, _TYPES))
    for first in range(0, len(subjects), _CHUNK):
        _derive(session, subjects[first : first + _CHUNK])


def subjects_of(events: Iterable[Recorded], types: frozenset[str]) -> set[str]:
    """The subjects about which events of ``types`` say something, or did so before."""
    facts = (fact for event in events for fact in (event.before, event.after) if fact is not None)
    return {fact.subject for fact in facts if fact.type in types and fact.subject}


def clear(session: Session) -> None:
    """Forget every violation, before a replay."""
    session.execute(delete(account_violations))


def _derive(session: Session, subjects: Sequence[str]) -> None:
    found = facts_about(session, subjects, _TYPES)
    rows = [row for subject in subjects if (row := _row(subject, found.get(subject, []))) is not None]
    session.execute(delete(account_violations).where(account_violations.c.subject.in_(subjects)))
    if rows:
        session.execute(insert(account_violations), rows)


def _row(subject: str, facts: Sequence[Fact]) -> dict[str, Any] | None:
    """What the facts come to, in order. A decision takes back the penalty before it; one after it counts again."""
    row: dict[str, Any] = {"subject": subject, "account": None, "found_seq": 0}
    row |= {"penalised": None, "penalty": None, "points": 0, "overturned": False}
    for fact in facts:
        if fact.type == FOUND:
            row |= {"account": fact.data.get("account"), "found_seq": fact.seq}
        elif fact.type == PENALISED:
            given = fact.data.get("points")
            row |= {"penalised": fact.time, "penalty": fact.data.get("penalty"), "overturned": False}
            row |= {"points": given if type(given) is int else 0}
        else:
            row |= {"overturned": row["penalised"] is not None}
    return row if isinstance(row["account"], str) else None

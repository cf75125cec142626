"""The library of suppliers as a list: found by state, place, grade and by what needs looking at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from tracker.cases.models import deadlines, states
from tracker.clock import stamp
from tracker.workflows.models import supplier_profiles
from tracker.workflows.profiles import KIND

CERTIFICATE, IMPROVEMENT = "certificate", "improvement"
"""The deadlines of a supplier's lifecycle that the list knows by name; where there is none, nothing is due."""

EXPIRING, EXPIRED, LATE, IMPORTANT = "expiring", "expired", "late", "important"
SORTS = ("subject", "grade", "certificate", "opened")
_NEVER = "9"


@dataclass(frozen=True)
class Supplier:
    """A line of the library. ``certificate`` is when the next of its certificates ends, ``improvement`` when a running
    improvement is due: instants as the ledger spells them."""

    subject: str
    state: str
    opened: str
    region: str | None
    category: str | None
    important: bool
    round: str | None
    grade: str | None
    certificate: str | None
    improvement: str | None


@dataclass(frozen=True)
class Wanted:
    """What is looked for. ``equal`` are state, region, category and grade by name; ``attention`` is one of
    :data:`EXPIRING`, :data:`EXPIRED`, :data:`LATE` and :data:`IMPORTANT`; ``grades`` is their order, best first."""

    equal: Mapping[str, str] = field(default_factory=dict)
    attention: str | None = None
    search: str = ""
    sort: str = "subject"
    descending: bool = False
    grades: Sequence[str] = ()


def listed(session: Session, wanted: Wanted, now: datetime, *, limit: int = 50, skip: int = 0) -> list[Supplier]:
    """Up to ``limit`` suppliers after the first ``skip``."""
    query = _found(_lines(), wanted, now).order_by(*_order(wanted)).limit(limit).offset(skip)
    return [Supplier(*row) for row in session.execute(query)]


def count(session: Session, wanted: Wanted, now: datetime) -> int:
    """How many suppliers are found."""
    found = _found(_joined(select(states.c.subject)), wanted, now).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def _due(name: str) -> Any:
    c = deadlines.c
    own = (c.kind == KIND, c.subject == states.c.subject, c.met_seq.is_(None))
    return select(func.min(c.due)).where(*own, _named(name)).correlate(states).scalar_subquery()


def _named(name: str) -> ColumnElement[bool]:
    return or_(deadlines.c.name == name, deadlines.c.name.startswith(f"{name}:", autoescape=True))


def _lines() -> Select[Any]:
    s, p = states.c, supplier_profiles.c
    important = func.coalesce(p.important, False)
    columns = (s.subject, s.state, s.opened, p.region, p.category, important, p.round, p.grade)
    return _joined(select(*columns, _due(CERTIFICATE), _due(IMPROVEMENT)))


def _joined(query: Select[Any]) -> Select[Any]:
    s = states.c
    query = query.select_from(states).outerjoin(supplier_profiles, supplier_profiles.c.subject == s.subject)
    return query.where(s.kind == KIND, s.state.is_not(None))


def _found(query: Select[Any], wanted: Wanted, now: datetime) -> Select[Any]:
    s, p = states.c, supplier_profiles.c
    columns = {"state": s.state, "region": p.region, "category": p.category, "grade": p.grade}
    query = query.where(*(columns[name] == value for name, value in wanted.equal.items()))
    if wanted.search:
        query = query.where(s.subject.icontains(wanted.search, autoescape=True))
    if wanted.attention == IMPORTANT:
        return query.where(p.important.is_(True))
    return query if wanted.attention is None else query.where(_needs(wanted.attention, stamp(now)))


def _needs(attention: str, now: str) -> ColumnElement[bool]:
    c = deadlines.c
    name = IMPROVEMENT if attention == LATE else CERTIFICATE
    running = (c.kind == KIND, c.subject == states.c.subject, c.met_seq.is_(None), _named(name))
    since = c.warns <= now if attention == EXPIRING else c.due < now
    return exists().where(*running, since).correlate(states)


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    s, p = states.c, supplier_profiles.c
    rank = {grade: place for place, grade in enumerate(wanted.grades)}
    columns: Mapping[str, ColumnElement[Any]] = {
        "subject": s.subject,
        "opened": s.opened,
        "certificate": func.coalesce(_due(CERTIFICATE), _NEVER),
        "grade": case(rank, value=p.grade, else_=len(rank)) if rank else p.grade,
    }
    chosen = columns.get(wanted.sort, s.subject)
    return [chosen.desc() if wanted.descending else chosen.asc(), s.subject.asc()]

"""Deadlines: what is due, soon, overdue or done, of one subject or of all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, tuple_
from sqlalchemy.orm import Session

from tracker.cases.lifecycle import Running
from tracker.cases.models import deadlines
from tracker.catalogue import Catalogue, Label
from tracker.clock import stamp

OPEN, SOON, OVERDUE, MET, MET_LATE = "open", "soon", "overdue", "met", "met_late"
STATUSES = (OPEN, SOON, OVERDUE, MET, MET_LATE)

_MOST = 200


@dataclass(frozen=True)
class Deadline:
    """What is due when. ``name`` is that of the lifecycle's deadline, with ``:value`` where it runs once per value
    of a field; ``opened``, ``due`` and ``met`` are spelt as in the ledger; ``status`` is one of :data:`STATUSES`."""

    kind: str
    subject: str
    name: str
    opened: str
    due: str
    met: str | None
    status: str
    opened_seq: int


def of(session: Session, kind: str, subject: str, now: datetime) -> list[Deadline]:
    """The deadlines of a subject, those that wait first, each in order of when they are due."""
    c = deadlines.c
    query = select(deadlines).where(c.kind == kind, c.subject == subject)
    return _in_order(_deadline(row, stamp(now)) for row in session.execute(query))


def as_of(kind: str, subject: str, running: Iterable[Running], now: datetime) -> list[Deadline]:
    """The deadlines that a walk of a subject has opened, in the same order."""
    at = stamp(now)
    found = [
        Deadline(kind, subject, each.name, each.opened, each.due, each.met, status, each.opened_seq)
        for each in running
        for status in [status_at(each.due, each.warns, each.met, at)]
    ]
    return _in_order(found)


def _in_order(found: Iterable[Deadline]) -> list[Deadline]:
    return sorted(found, key=lambda each: (each.met is not None, each.due, each.name, each.opened_seq))


def waiting(
    session: Session,
    now: datetime,
    *,
    kinds: Collection[str] | None = None,
    before: datetime | None = None,
    limit: int = _MOST,
    hidden: Collection[str] = (),
) -> list[Deadline]:
    """Up to ``limit`` deadlines that are not met, the most urgent first: of these kinds, due before ``before``, and
    not of the ``hidden`` subjects of integrity cases or any others so called."""
    c = deadlines.c
    query = _waiting(kinds, hidden).order_by(c.due, c.kind, c.subject, c.name, c.opened_seq).limit(limit)
    if before is not None:
        query = query.where(c.due < stamp(before))
    return [_deadline(row, stamp(now)) for row in session.execute(query)]


def overdue(session: Session, now: datetime, *, kinds: Collection[str] | None = None) -> dict[str, int]:
    """How many deadlines of each kind are overdue; kinds without any are left out."""
    c = deadlines.c
    query = select(c.kind, func.count()).where(c.met_seq.is_(None), c.due < stamp(now)).group_by(c.kind)
    if kinds is not None:
        query = query.where(c.kind.in_(sorted(kinds)))
    return {kind: count for kind, count in session.execute(query.order_by(c.kind))}


def of_many(session: Session, keys: Collection[tuple[str, str]], now: datetime) -> dict[tuple[str, str], Deadline]:
    """For each (kind, subject) the next deadline that waits, where there is one."""
    c = deadlines.c
    query = select(deadlines).where(tuple_(c.kind, c.subject).in_(list(keys)), c.met_seq.is_(None))
    found: dict[tuple[str, str], Deadline] = {}
    for row in session.execute(query.order_by(c.due, c.name, c.opened_seq)) if keys else ():
        found.setdefault((row.kind, row.subject), _deadline(row, stamp(now)))
    return found


def label(catalogue: Catalogue, deadline: Deadline) -> Label:
    """What is to be done, and the value of the field where there is one deadline for each."""
    lifecycle = catalogue.lifecycles_by_kind[deadline.kind]
    declared = lifecycle.deadlines.get(deadline.name)
    if declared is not None:
        return declared.label
    name, _colon, value = deadline.name.partition(":")
    declared = lifecycle.deadlines.get(name)
    if declared is None:
        return dict.fromkeys(catalogue.organisation.locales, deadline.name)
    fields = [catalogue.events[event].fields.get(declared.per or "") for event in declared.start]
    choices = next((field.choices for field in fields if field is not None), {})
    words = choices.get(value, dict.fromkeys(declared.label, value))
    return {locale: f"{text}: {words[locale]}" for locale, text in declared.label.items()}


def status_at(due: str, warns: str, met: str | None, now: str) -> str:
    """What is to be said of a deadline ``now``; a deadline is kept by what is done up to and including its instant."""
    if met is not None:
        return MET if met <= due else MET_LATE
    if now > due:
        return OVERDUE
    return SOON if now >= warns else OPEN


def _waiting(kinds: Collection[str] | None, hidden: Collection[str]) -> Select[Any]:
    c = deadlines.c
    query = select(deadlines).where(c.met_seq.is_(None))
    if kinds is not None:
        query = query.where(c.kind.in_(sorted(kinds)))
    return query.where(c.subject.not_in(sorted(hidden))) if hidden else query


def _deadline(row: Row[Any], now: str) -> Deadline:
    status = status_at(row.due, row.warns, row.met, now)
    return Deadline(row.kind, row.subject, row.name, row.opened, row.due, row.met, status, row.opened_seq)

"""Where subjects stand: one, many, now, and as of any day or size of the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from tracker.cases.models import deadlines, misfits, states
from tracker.cases.past import Past, walk_as_of
from tracker.cases.timeline import Moment as Moment
from tracker.cases.timeline import timeline as timeline
from tracker.catalogue import Catalogue, EventType
from tracker.clock import stamp

SORTS = ("subject", "moved", "opened", "due")
"""What a list may be sorted by; with ``-`` before it the other way round."""

_NEVER = "9"
"""Sorts after every time: the due of what has no deadline."""


@dataclass(frozen=True)
class Standing:
    """Where a subject stands. ``opened`` and ``moved`` are event times as the ledger spells them, of its start and
    its latest move; ``last_seq`` is the newest event about it, which :func:`tracker.workflows.acting.act` may be told
    to expect; ``misfits`` how many facts do not fit its lifecycle; ``due`` its next deadline that waits, if any."""

    kind: str
    subject: str
    state: str
    opened: str
    moved: str
    moved_seq: int
    last_seq: int
    misfits: int
    newest: str
    due: str | None = None


def standing(session: Session, kind: str, subject: str) -> Standing | None:
    """Where a subject stands; None if nothing has started it."""
    c = states.c
    if "\x00" in subject:
        return None  # nothing is called so, and PostgreSQL could not even be asked
    row = session.execute(_standings(kind).where(c.subject == subject)).one_or_none()
    return None if row is None else Standing(*row)


def standings(
    session: Session,
    kind: str,
    *,
    state: str | Collection[str] | None = None,
    search: str | None = None,
    sort: str = "-moved",
    after: Standing | str | None = None,
    limit: int = 100,
    overdue_at: datetime | None = None,
    hidden: Collection[str] = (),
    subjects: Collection[str] | None = None,
) -> list[Standing]:
    """Up to ``limit`` subjects of a kind, after the one that ended the page before (or only its id).

    ``state`` is one or several; ``search`` is a part of the subject's id; ``overdue_at`` keeps those with a deadline
    that is overdue then; ``hidden`` subjects are left out, and with ``subjects`` all others. ``sort`` is one of
    :data:`SORTS`, with ``-`` before it the other way round; the subject's id decides between equals.
    """
    c = states.c
    query = _standings(kind)
    if state is not None:
        query = query.where(c.state.in_([state] if isinstance(state, str) else sorted(state)))
    if search and "\x00" in search:
        return []
    if search:
        query = query.where(c.subject.icontains(search, autoescape=True))
    if overdue_at is not None:
        query = query.where(_overdue(overdue_at))
    if hidden:
        query = query.where(c.subject.not_in(sorted(hidden)))
    if subjects is not None:
        query = query.where(c.subject.in_(sorted(subjects)))
    last = _last(session, kind, sort, after)
    return [Standing(*row) for row in session.execute(_ordered(query, sort, last).limit(limit))]


def counts(session: Session, kind: str, *, hidden: Collection[str] = ()) -> dict[str, int]:
    """How many subjects of a kind are in each state; states that nobody is in are left out."""
    c = states.c
    query = select(c.state, func.count()).where(c.kind == kind, c.state.is_not(None)).group_by(c.state)
    if hidden:
        query = query.where(c.subject.not_in(sorted(hidden)))
    return {state: count for state, count in session.execute(query)}


@dataclass(frozen=True)
class Misfitting:
    """A fact that does not fit, to be reviewed. ``state`` is what it met, None if nothing had started its subject."""

    seq: int
    kind: str
    subject: str
    type: str
    state: str | None


def misfitting(
    session: Session, *, kinds: Collection[str] | None = None, after: int = -1, limit: int = 100
) -> list[Misfitting]:
    """Up to ``limit`` facts that do not fit, after ``seq`` ``after``, in order of ``seq``."""
    c = misfits.c
    query = select(c.seq, c.kind, c.subject, c.type, c.state).where(c.seq > after).order_by(c.seq, c.kind).limit(limit)
    if kinds is not None:
        query = query.where(c.kind.in_(sorted(kinds)))
    return [Misfitting(*row) for row in session.execute(query)]


def misfits_of(session: Session, kind: str, subject: str) -> list[Misfitting]:
    """The facts about a subject that do not fit, in order of ``seq``."""
    c = misfits.c
    query = select(c.seq, c.kind, c.subject, c.type, c.state).where(c.kind == kind, c.subject == subject)
    return [Misfitting(*row) for row in session.execute(query.order_by(c.seq))]


def allowed(catalogue: Catalogue, standing: Standing) -> tuple[EventType, ...]:
    """The moves that a subject may make from its state."""
    moves = catalogue.lifecycles_by_kind[standing.kind].moves_from(standing.state)
    return tuple(catalogue.events[move.event] for move in moves)


def notes(catalogue: Catalogue, kind: str) -> tuple[EventType, ...]:
    """What else may be recorded about subjects of a kind: events that say something of them, but do not move them."""
    lifecycle = catalogue.lifecycles_by_kind[kind]
    known = [type for type, kinds in catalogue.lifecycles_by_event.items() if lifecycle in kinds]
    return tuple(catalogue.events[type] for type in sorted(known) if type not in lifecycle.moving)


def state_as_of(
    session: Session, catalogue: Catalogue, kind: str, subject: str, *, day: str | None = None, size: int | None = None
) -> Standing | None:
    """Where a subject stood at the end of a local day, by what is known now; or as a log of ``size`` events has it;
    or both. None if nothing had started it."""
    return standing_of(kind, subject, walk_as_of(session, catalogue, kind, subject, day=day, size=size))


def standing_of(kind: str, subject: str, past: Past) -> Standing | None:
    """Where a walk has led to."""
    made = past.walk
    if made.state is None or made.opened is None or made.moved is None or made.moved_seq is None:
        return None
    due = min((each.due for each in made.deadlines if each.met_seq is None), default=None)
    at = (made.state, made.opened, made.moved, made.moved_seq)
    return Standing(kind, subject, *at, past.last_seq, len(made.misfits), made.newest or made.moved, due)


_next_due = (
    select(func.min(deadlines.c.due))
    .where(deadlines.c.kind == states.c.kind, deadlines.c.subject == states.c.subject, deadlines.c.met_seq.is_(None))
    .scalar_subquery()
)


def _standings(kind: str) -> Select[Any]:
    c = states.c
    columns = (c.kind, c.subject, c.state, c.opened, c.moved, c.moved_seq, c.last_seq, c.misfits, c.newest)
    return select(*columns, _next_due.label("due")).where(c.kind == kind, c.state.is_not(None))


def _overdue(now: datetime) -> ColumnElement[bool]:
    c = deadlines.c
    late = (c.met_seq.is_(None), c.due < stamp(now))
    return exists().where(c.kind == states.c.kind, c.subject == states.c.subject, *late)


def _last(session: Session, kind: str, sort: str, after: Standing | str | None) -> tuple[Any, str] | None:
    """By what the page before ended: the value that is sorted by, and the subject."""
    name = sort.removeprefix("-")
    if after is None:
        return None
    if isinstance(after, str):
        if name == "subject":
            return after, after
        after = standing(session, kind, after)
    return (getattr(after, name) or _NEVER, after.subject) if after is not None else None


def _ordered(query: Select[Any], sort: str, last: tuple[Any, str] | None) -> Select[Any]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    assert name in SORTS, sort
    columns: Mapping[str, ColumnElement[Any]] = {
        "subject": states.c.subject,
        "moved": states.c.moved,
        "opened": states.c.opened,
        "due": func.coalesce(_next_due, _NEVER),
    }
    chosen, subject = columns[name], states.c.subject
    if last is not None:
        further = (chosen < last[0]) if down else (chosen > last[0])
        query = query.where(or_(further, and_(chosen == last[0], subject > last[1])))
    return query.order_by(chosen.desc() if down else chosen.asc(), subject)

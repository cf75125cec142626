"""What would be restated: how far a frozen year's figures have moved since, and which late event moved each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.catalogue.thresholds import Threshold
from tracker.ledger.events import Recorded
from tracker.ledger.heads import read_head
from tracker.ledger.queries import recorded_of
from tracker.snapshots.comparing import Change, changes, difference
from tracker.snapshots.composing import figures_of
from tracker.snapshots.figures import WHOLE, printable, rounded
from tracker.snapshots.models import late_events
from tracker.snapshots.reading import Snapshot, get
from tracker.tallies.stepping import Step, steps

USUAL = 50
MOST = 1000


class Candidate(NamedTuple):
    """A value that is not what was stated: the year's, that of a cell of its breakdown (``by``), or a month's.

    Values are decimal strings, or ``None`` where there is none; ``percent`` is the difference in percent of what was
    stated, to one place. ``matters``: the difference reaches the metric's ``threshold``.
    """

    metric: str
    by: Mapping[str, Any]
    period: str | None
    previously: str | None
    now: str | None
    difference: str | None
    percent: str | None
    threshold: Threshold
    matters: bool


class Effect(NamedTuple):
    """How one event moved one value: the recount with it, less the recount of the log before it.

    ``before`` and ``after`` are exact; ``previously``, ``now`` and ``difference`` are the same as figures state them.
    Over all events the exact differences add up to the whole change, and so do the stated ones, none taken as 0.
    """

    metric: str
    by: Mapping[str, Any]
    period: str | None
    before: Fraction | None
    after: Fraction | None
    previously: str | None
    now: str | None

    @property
    def difference(self) -> str | None:
        """By how much the stated value moved, where both are numbers."""
        return difference(self.previously, self.now)


class LateEvent(NamedTuple):
    """An event that came after the year was frozen, and everything of the year that it moved; nothing, often.

    ``type`` is its own, a correction's for a correction; ``original`` the ``seq`` of what it amends; ``concerns`` the
    type of the fact that it states or amends; ``day`` that fact's, now.
    """

    seq: int
    type: str
    original: int | None
    concerns: str
    day: str
    effects: tuple[Effect, ...]


class Candidates(NamedTuple):
    """A frozen year beside what it would be now.

    ``revision`` (with its ``digest`` and ``log_size``) is the newest frozen one, ``size`` the log's now. ``figures``
    are the values that changed, of ``compared`` ones. ``late`` counts the events that may move the year and are not in
    that revision; ``events`` is a page of them, ``after`` where the next begins, if there is more. ``redefined``: the
    catalogue is another than then, so that figures may have moved without any event.
    """

    year: int
    revision: int
    digest: str
    log_size: int
    size: int
    redefined: bool
    figures: tuple[Candidate, ...]
    compared: int
    late: int
    events: tuple[LateEvent, ...]
    after: int | None

    @property
    def matters(self) -> bool:
        """Whether anything that changed reaches its threshold."""
        return any(each.matters for each in self.figures)


def candidates(session: Session, catalogue: Catalogue, year: int, *, after: int = -1, limit: int = USUAL) -> Candidates:
    """What has changed of a frozen year since its newest revision, and up to ``limit`` late events after a ``seq``.

    The figures are read from the tallies. The effects take one pass over the log for the whole page; ``limit`` 0
    leaves them out.

    :raise NotFound: the year is not frozen.
    :raise UnknownPeriod: the organisation has no such year.
    """
    newest, period = get(session, year), catalogue.calendar.year(year)
    now = figures_of(session, catalogue, period)
    waiting = _waiting(session, newest, after, limit + 1) if limit > 0 else []
    page = waiting[:limit]
    return Candidates(
        year,
        newest.revision,
        newest.digest,
        newest.log_size,
        read_head(session).size,
        newest.catalogue != catalogue.digest,
        tuple(candidate(catalogue, each) for each in changes(newest.body["figures"], now)),
        sum(1 + len(each["breakdown"]) + len(each["months"]) for each in now),
        late_count(session, newest),
        tuple(effects(session, catalogue, period, recorded_of(session, page))),
        page[-1] if len(waiting) > limit else None,
    )


def candidate(catalogue: Catalogue, change: Change) -> Candidate:
    """A change held against its metric's threshold."""
    threshold = catalogue.restate_from(change.metric)
    stated, now = (None if each is None else Decimal(each) for each in (change.previously, change.now))
    percent = printable(_percent(stated, now))
    matters = threshold.reached(stated, now)
    return Candidate(*change, change.difference, percent, threshold, matters)


def effects(session: Session, catalogue: Catalogue, period: Period, events: Sequence[Recorded]) -> Iterator[LateEvent]:
    """What each event did to the figures of a year: to the whole first, then to breakdowns, then to months.

    :param events: in order of ``seq``; those between them must not move the year.
    """
    months = [catalogue.calendar.month(each) for each in period.months]
    for step in steps(session, catalogue, [period, *months], events):
        yield _late_event(step, tuple(_effects(catalogue, period, step)))


def late_count(session: Session, newest: Snapshot) -> int:
    """How many events may move a year and are not in its newest revision."""
    query = select(func.count()).select_from(late_events)
    return session.scalar(query.where(*_uncovered(newest))) or 0


def _waiting(session: Session, newest: Snapshot, after: int, limit: int) -> list[int]:
    c = late_events.c
    query = select(c.seq).where(*_uncovered(newest), c.seq > after)
    return list(session.scalars(query.order_by(c.seq).limit(limit)))


def _uncovered(newest: Snapshot) -> tuple[Any, ...]:
    c = late_events.c
    return c.year == newest.year, c.seq >= newest.log_size


def _late_event(step: Step, found: tuple[Effect, ...]) -> LateEvent:
    event = step.event
    fact = event.after or event.before
    assert fact is not None
    original = None if fact.seq == event.seq else fact.seq
    return LateEvent(event.seq, event.type, original, fact.type, fact.day, found)


def _effects(catalogue: Catalogue, period: Period, step: Step) -> Iterator[Effect]:
    places = sorted(step.before, key=lambda each: (each[0], each[1] != period.id, each[1]))
    for id, span in places:
        before, after = step.before[id, span], step.after[id, span]
        metric, month = catalogue.metrics[id], None if span == period.id else span
        for cell in sorted(before.keys() | after.keys(), key=lambda each: (each != WHOLE, each)):
            was, now = before.get(cell), after.get(cell)
            if was != now and (cell == WHOLE or month is None):
                stated = (printable(rounded(metric, was)), printable(rounded(metric, now)))
                yield Effect(id, json.loads(cell), month, was, now, *stated)


def _percent(stated: Decimal | None, now: Decimal | None) -> Decimal | None:
    if not stated or now is None:
        return None
    share = (Fraction(now) - Fraction(stated)) / abs(Fraction(stated)) * 1000
    tenths, rest = divmod(abs(share.numerator), share.denominator)
    tenths += 2 * rest >= share.denominator
    return Decimal(tenths if share > 0 else -tenths).scaleb(-1)

"""What comes after a year is frozen: the year stays as it is, and the event is marked as late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure
from tracker.ledger.events import OPENED, Fact, Recorded
from tracker.ledger.record import Ledger
from tracker.snapshots.models import late_events, snapshots


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> Mapping[int, int]:
    """Receiver of :data:`tracker.signals.events_recorded`: mark what may move a frozen year.

    Returns, for each late event's ``seq``, the first frozen year it reaches.
    """
    frozen = _frozen(session)
    if not frozen:
        return {}
    marks = [
        {"year": year, "seq": event.seq}
        for event in events
        for year in sorted(_reached(ledger.catalogue, event, frozen))
    ]
    if marks:
        session.execute(insert(late_events), marks)
    first: dict[int, int] = {}
    for mark in marks:
        first.setdefault(mark["seq"], mark["year"])
    return first


def clear(session: Session) -> None:
    """Forget all marks, before a replay."""
    session.execute(delete(late_events))


def late(session: Session, year: int) -> list[int]:
    """The ``seq`` of every event that came late for a year, in order."""
    query = select(late_events.c.seq).where(late_events.c.year == year).order_by(late_events.c.seq)
    return list(session.scalars(query))


def _frozen(session: Session) -> dict[int, int]:
    """Each frozen year with the size of the log that its newest revision covers."""
    query = select(snapshots.c.year, func.max(snapshots.c.log_size)).group_by(snapshots.c.year)
    return {year: size for year, size in session.execute(query)}


def _reached(catalogue: Catalogue, event: Recorded, frozen: Mapping[int, int]) -> set[int]:
    """The frozen years of which a figure may change: not those whose newest revision already covers it."""
    years = {
        year for fact in (event.before, event.after) if fact is not None for year in _years(catalogue, fact, frozen)
    }
    return {year for year in years if event.seq >= frozen[year]}


def _years(catalogue: Catalogue, fact: Fact, frozen: Mapping[int, int]) -> Iterator[int]:
    """The fact's own year; every later one for what accumulates; the next one for growth."""
    metrics = catalogue.metrics_by_event.get(fact.type, ())
    accumulates = fact.type == OPENED or any(metric.cumulative for metric in metrics)
    grows = accumulates or bool({metric.id for metric in metrics} & _grown(catalogue))
    for year in frozen:
        if year == fact.year or (accumulates and year > fact.year) or (grows and year == fact.year + 1):
            yield year


def _grown(catalogue: Catalogue) -> set[str]:
    """Every metric that a growth follows from, directly or through other computed metrics."""
    waiting = [each for metric in catalogue.metrics.values() if metric.measure is Measure.GROWTH for each in metric.of]
    found: set[str] = set()
    while waiting:
        metric = catalogue.metrics[waiting.pop()]
        found.add(metric.id)
        waiting.extend(metric.of + tuple(each for each in (metric.numerator, metric.denominator) if each))
    return found

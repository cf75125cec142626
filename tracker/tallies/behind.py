"""What a figure rests on: the very facts that a metric's value in a period is made of."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from sqlalchemy.orm import Session

from tracker.canonical import canonical
from tracker.catalogue import COMPUTED, Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.errors import NotFound
from tracker.ledger.events import OPENED, Fact
from tracker.ledger.queries import facts_in_order
from tracker.tallies.measures import WHOLE, Kind, Reading, Tallier, talliers
from tracker.tallies.queries import inputs

_Parts: TypeAlias = dict[tuple[str, str], tuple[Metric, Period]]


def facts_behind(
    session: Session,
    catalogue: Catalogue,
    metric: Metric,
    period: Period,
    *,
    cell: Mapping[str, object] | None = None,
    size: int | None = None,
) -> Iterator[Fact]:
    """The facts in force that make up a metric's value in a period, in order of ``seq``, each once.

    They are the facts that are counted or added, up to the period's end for a balance; the newest reading of each
    series where that is what counts; and for each member the fact by which it came in. A fact without a value for
    the metric's field is not among them. A computed metric rests on all that its inputs rest on, growth also on
    that of the year before.

    :param period: any, a day too.
    :param cell: of one of the metric's breakdowns, dimension to value; the whole by default.
    :param size: as a log of so many events has it; all by default.
    :raise NotFound: the metric has no such breakdown.
    """
    if cell and frozenset(cell) not in {frozenset(group) for group in metric.by}:
        raise NotFound(f"{metric.id} has no breakdown by {', '.join(sorted(cell))}.")
    key = canonical(dict(cell)) if cell else WHOLE
    parts: _Parts = {}
    _collect(catalogue, metric, period, parts)
    return _merged([_stored(session, catalogue, each, span, key, size) for each, span in parts.values()])


def _collect(catalogue: Catalogue, metric: Metric, period: Period, parts: _Parts) -> None:
    """Note the stored metrics, each with its period, that ``metric`` follows from."""
    if metric.measure not in COMPUTED:
        parts[metric.id, period.id] = (metric, period)
        return
    before = catalogue.calendar.year_before(period) if metric.measure is Measure.GROWTH else None
    for each in inputs(metric):
        for span in (period, before):
            if span is not None:
                _collect(catalogue, catalogue.metrics[each], span, parts)


def _merged(streams: Iterable[Iterator[Fact]]) -> Iterator[Fact]:
    last = -1
    for fact in heapq.merge(*streams, key=lambda each: each.seq):
        if fact.seq != last:
            last = fact.seq
            yield fact


def _stored(
    session: Session, catalogue: Catalogue, metric: Metric, period: Period, cell: str, size: int | None
) -> Iterator[Fact]:
    tallier = talliers(catalogue).all[metric.id]
    first = None if metric.cumulative else period.first_day.isoformat()
    types = {*metric.events, *metric.leave} | ({OPENED} if metric.measure is Measure.BALANCE else set())
    found = facts_in_order(session, types, first_day=first, last_day=period.last_day.isoformat(), size=size)
    concerned = (fact for fact in found if _concerns(tallier, fact))
    if tallier.kind is Kind.SERIES:
        return _newest(tallier, concerned, cell)
    return (fact for fact in concerned if _counts(tallier, fact) and cell in tallier.cells(fact))


def _concerns(tallier: Tallier, fact: Fact) -> bool:
    if fact.type == OPENED:
        return fact.data.get("metric") == tallier.metric.id
    return tallier.matches(fact)


def _counts(tallier: Tallier, fact: Fact) -> bool:
    return bool(tallier.members(fact) if tallier.kind is Kind.DISTINCT else tallier.amounts(fact))


def _newest(tallier: Tallier, facts: Iterable[Fact], cell: str) -> Iterator[Fact]:
    """The facts of the newest readings that count in ``cell``. Only one fact per series is held."""
    only = cell if tallier.metric.measure is Measure.LATEST else None
    newest: dict[str, tuple[Reading, Fact]] = {}
    for fact in facts:
        for series, reading in tallier.readings(fact):
            if only in (None, series) and (series not in newest or newest[series][0].order < reading.order):
                newest[series] = (reading, fact)
    yield from sorted((fact for reading, fact in newest.values() if cell in reading.cells), key=lambda each: each.seq)

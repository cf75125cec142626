"""One cell of many metrics in many periods, read from the tallies in a handful of statements.

A table with twelve months and the year before would otherwise ask once for each period. The values are those of
:func:`tracker.tallies.queries.exact`, period by period.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from tracker.canonical import canonical
from tracker.catalogue import COMPUTED, Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.tallies.measures import WHOLE
from tracker.tallies.models import member, newest, tally
from tracker.tallies.queries import PER_PERIOD, Cells, computed, needed, valued

Spans: TypeAlias = Mapping[str, Mapping[str, Fraction | None]]
"""Metric to period to exact value; ``None`` where there is nothing to say."""

_Parts: TypeAlias = dict[tuple[str, int], int]
_Reading: TypeAlias = tuple[str, int, int]


def across(
    session: Session,
    catalogue: Catalogue,
    periods: Sequence[Period],
    metrics: Iterable[str] | None = None,
    *,
    by: Mapping[str, object] | None = None,
) -> Spans:
    """The named metrics (all by default) in each of ``periods``: months, runs of them, quarters and years, in any
    mixture.

    :param by: a cell of a breakdown, dimension to value; the whole by default. Where nothing is on record for it,
        as for a metric without that breakdown, a metric has the value of an empty period.
    """
    chosen = tuple(catalogue.metrics) if metrics is None else tuple(dict.fromkeys(metrics))
    wanted = needed(catalogue, chosen)
    spans = _with_years_before(catalogue, periods, wanted)
    books = _Books(session, wanted, tuple(spans.values()), canonical(dict(by)) if by else WHOLE)
    found: dict[str, dict[str, Cells]] = {}
    for span in spans.values():  # years before come first: growth asks for them
        before = catalogue.calendar.year_before(span)
        found[span.id] = _values(wanted, span, books, found.get(before.id, {}) if before else {})
    return {id: {each.id: found[each.id][id][WHOLE] for each in periods} for id in chosen}


def _with_years_before(catalogue: Catalogue, periods: Iterable[Period], wanted: Sequence[Metric]) -> dict[str, Period]:
    """The periods in order of their years, and the years before them that growth, and growth of growth, ask for."""
    spans = {each.id: each for each in periods}
    latest = list(spans.values())
    for _growth in [each for each in wanted if each.measure is Measure.GROWTH]:
        latest = [before for each in latest if (before := catalogue.calendar.year_before(each))]
        spans |= {each.id: each for each in latest}
    return dict(sorted(spans.items(), key=lambda item: item[1].year))


def _values(wanted: Iterable[Metric], span: Period, books: _Books, earlier: Mapping[str, Cells]) -> dict[str, Cells]:
    found: dict[str, Cells] = {}
    for metric in wanted:
        computes = metric.measure in COMPUTED
        found[metric.id] = computed(metric, found, earlier) if computes else books.value(metric, span)
    return found


class _Books:
    """What the tallies hold of one cell, by metric and period; the cell is spoken of as the whole."""

    def __init__(self, session: Session, wanted: Iterable[Metric], spans: Sequence[Period], cell: str) -> None:
        stored = [each for each in wanted if each.measure not in COMPUTED]
        self._months = {month for span in spans for month in span.months}
        self._periods = self._months | {span.id for span in spans}
        self._last = max(self._months, default="")
        self._sums: dict[str, dict[str, _Parts]] = {}
        self._newest: dict[str, dict[str, _Reading]] = {}
        self._read_sums(session, [each for each in stored if each.measure is not Measure.LATEST], cell)
        self._read_newest(session, [each for each in stored if each.measure is Measure.LATEST], cell)
        own = [each for each in stored if each.measure in PER_PERIOD and not each.cumulative]
        for span in spans:
            if span.kind == "run":
                self._read_members(session, [each for each in own if each.measure is Measure.DISTINCT], span, cell)
                self._read_series(session, [each for each in own if each.measure is Measure.LATEST_SUM], span, cell)

    def _read_sums(self, session: Session, metrics: Sequence[Metric], cell: str) -> None:
        c = tally.c
        within = _either(metrics, c.metric, c.period.in_(self._periods), c.period <= self._last)
        query = select(c.metric, c.period, c.part, c.value).where(c.cell == cell, within)
        for metric, period, part, value in session.execute(query):
            self._sums.setdefault(metric, {}).setdefault(period, {})[WHOLE, part] = value

    def _read_newest(self, session: Session, metrics: Sequence[Metric], cell: str) -> None:
        c = newest.c
        within = _either(metrics, c.metric, c.month.in_(self._months), c.month <= self._last)
        query = select(c.metric, c.month, c.time, c.seq, c.value).where(c.series == cell, within)
        for metric, month, time, seq, value in session.execute(query):
            self._newest.setdefault(metric, {})[month] = (time, seq, value)

    def _read_members(self, session: Session, metrics: Sequence[Metric], span: Period, cell: str) -> None:
        """Count the members of a run of months once more: each once, however many months it is in."""
        c = member.c
        keys = [each.key for each in metrics]
        within = (c.metric.in_(keys), c.cell == cell, c.period.in_(span.months), c.uses > 0)
        query = select(c.metric, func.count(c.member.distinct())).where(*within).group_by(c.metric)
        for metric, count in session.execute(query) if keys else ():
            self._sums.setdefault(metric, {})[span.id] = {(WHOLE, 0): count}

    def _read_series(self, session: Session, metrics: Sequence[Metric], span: Period, cell: str) -> None:
        """Add up the newest reading of each series in a run of months."""
        c = newest.c
        keys = [each.key for each in metrics]
        query = select(c.metric, c.series, c.time, c.seq, c.value, c.cells).where(
            c.metric.in_(keys), c.month.in_(span.months)
        )
        best: dict[tuple[str, str], tuple[str, int, int, str]] = {}
        for metric, series, *reading in session.execute(query) if keys else ():
            best[metric, series] = max(best.get((metric, series), ("", -1, 0, "[]")), tuple(reading))
        for (metric, _series), (_time, _seq, value, cells) in best.items():
            if cell in json.loads(cells):
                parts = self._sums.setdefault(metric, {}).setdefault(span.id, {})
                for part, amount in ((0, value), (1, 1)):
                    parts[WHOLE, part] = parts.get((WHOLE, part), 0) + amount

    def value(self, metric: Metric, span: Period) -> Cells:
        """A stored metric's value in a period, under the whole's cell."""
        if metric.measure is Measure.LATEST:
            return {WHOLE: _latest(metric, span, self._newest.get(metric.key, {}))}
        kept = self._sums.get(metric.key, {})
        parts: _Parts = {}
        for period in _concerned(metric, span, kept):
            for place, amount in kept[period].items():
                parts[place] = parts.get(place, 0) + amount
        return valued(metric, parts)


def _either(
    metrics: Iterable[Metric], metric: Any, within: ColumnElement[bool], until: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The rows of these metrics: within the periods, or all until the last month for what accumulates."""
    keys: dict[bool, list[str]] = {False: [], True: []}
    for each in metrics:
        keys[each.cumulative].append(each.key)
    return or_(and_(metric.in_(keys[False]), within), and_(metric.in_(keys[True]), until))


def _concerned(metric: Metric, span: Period, kept: Iterable[str]) -> list[str]:
    if metric.cumulative:
        return [period for period in kept if period <= span.months[-1]]
    names = {span.id} if metric.measure in PER_PERIOD else set(span.months)
    return [period for period in kept if period in names]


def _latest(metric: Metric, span: Period, readings: Mapping[str, _Reading]) -> Fraction | None:
    counted = [
        reading
        for month, reading in readings.items()
        if (month <= span.months[-1] if metric.carry else month in span.months)
    ]
    return Fraction(max(counted)[2], 10**metric.scale) if counted else None

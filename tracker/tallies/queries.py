"""Exact values of metrics for a period, read from the tallies. No event is ever scanned here.

A value is a :class:`~fractions.Fraction`, or ``None`` where there is nothing to say (an empty
period's latest or mean, a division by zero). Rounding belongs to :mod:`tracker.snapshots.figures`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import COMPUTED, Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.tallies.measures import WHOLE
from tracker.tallies.models import newest, tally

Cells = Mapping[str, Fraction | None]
"""Cell to exact value. ``{}`` is always there; a breakdown's cell only if it has something to say."""

PER_PERIOD = frozenset({Measure.DISTINCT, Measure.LATEST_SUM})
"""Measures that are kept for each month, quarter and year, as their months do not add up."""


def exact(
    session: Session, catalogue: Catalogue, period: Period, metrics: Iterable[str] | None = None
) -> dict[str, Cells]:
    """The cells of the named metrics (all by default) in a month, quarter or year."""
    chosen = tuple(catalogue.metrics) if metrics is None else tuple(metrics)
    reader = _Reader(session, catalogue)
    return {id: cells for id, cells in reader.read(period, chosen).items() if id in chosen}


class _Reader:
    """Reads stored metrics in few statements, and computes the others from them."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self._session = session
        self._catalogue = catalogue

    def read(self, period: Period, chosen: Collection[str]) -> dict[str, Cells]:
        wanted = needed(self._catalogue, chosen)
        found = dict(self._stored(period, [each for each in wanted if each.measure not in COMPUTED]))
        earlier = self._earlier(period, wanted)
        for metric in wanted:
            if metric.measure in COMPUTED:
                found[metric.id] = computed(metric, found, earlier)
        return found

    def _earlier(self, period: Period, wanted: list[Metric]) -> Mapping[str, Cells]:
        grown = [each for metric in wanted if metric.measure is Measure.GROWTH for each in metric.of]
        before = self._catalogue.calendar.year_before(period) if grown else None
        return {} if before is None else self.read(before, grown)

    def _stored(self, period: Period, metrics: list[Metric]) -> Iterator[tuple[str, Cells]]:
        latest = self._latest(period, [each for each in metrics if each.measure is Measure.LATEST])
        sums = self._sums(period, [each for each in metrics if each.measure is not Measure.LATEST])
        for metric in metrics:
            if metric.measure is Measure.LATEST:
                yield metric.id, {WHOLE: None} | latest.get(metric.key, {})
            else:
                yield metric.id, valued(metric, sums.get(metric.key, {}))

    def _sums(self, period: Period, metrics: list[Metric]) -> dict[str, dict[tuple[str, int], int]]:
        c = tally.c
        own = [each.key for each in metrics if each.measure in PER_PERIOD and not each.cumulative]
        running = [each.key for each in metrics if each.cumulative]
        monthly = [each.key for each in metrics if each.measure not in PER_PERIOD and not each.cumulative]
        rows = [
            *self._rows(own, c.period == period.id),
            *self._rows(running, c.period <= period.months[-1]),
            *self._rows(monthly, c.period.in_(period.months)),
        ]
        sums: dict[str, dict[tuple[str, int], int]] = {}
        for metric, cell, part, value in rows:
            cells = sums.setdefault(metric, {})
            cells[cell, part] = cells.get((cell, part), 0) + value
        return sums

    def _rows(self, keys: list[str], condition: Any) -> Iterable[tuple[Any, ...]]:
        c = tally.c
        if not keys:
            return ()
        return self._session.execute(select(c.metric, c.cell, c.part, c.value).where(c.metric.in_(keys), condition))

    def _latest(self, period: Period, metrics: list[Metric]) -> dict[str, dict[str, Fraction | None]]:
        c = newest.c
        best: dict[tuple[str, str], tuple[str, int, int]] = {}
        for carried in (False, True):
            keys = [each.key for each in metrics if each.carry is carried]
            span = c.month <= period.months[-1] if carried else c.month.in_(period.months)
            query = select(c.metric, c.series, c.time, c.seq, c.value).where(c.metric.in_(keys), span)
            for metric, cell, time, seq, value in self._session.execute(query) if keys else ():
                best[metric, cell] = max(best.get((metric, cell), ("", -1, 0)), (time, seq, value))
        scales = {each.key: 10**each.scale for each in metrics}
        found: dict[str, dict[str, Fraction | None]] = {}
        for (metric, cell), (_time, _seq, value) in best.items():
            found.setdefault(metric, {})[cell] = Fraction(value, scales[metric])
        return found


def inputs(metric: Metric) -> tuple[str, ...]:
    """The metrics that a computed one follows from."""
    return metric.of + metric.minus + tuple(each for each in (metric.numerator, metric.denominator) if each)


def needed(catalogue: Catalogue, chosen: Iterable[str]) -> list[Metric]:
    """The chosen metrics and all they are computed from, each after what it needs."""
    ordered: dict[str, Metric] = {}

    def visit(id: str) -> None:
        metric = catalogue.metrics[id]
        for each in inputs(metric):
            visit(each)
        ordered.setdefault(id, metric)

    for id in chosen:
        visit(id)
    return list(ordered.values())


def valued(metric: Metric, parts: Mapping[tuple[str, int], int]) -> Cells:
    """The exact values of a stored metric's cells; a cell of a breakdown that came back to nothing is left out."""
    cells: dict[str, Fraction | None] = {WHOLE: None}
    for cell in dict.fromkeys((WHOLE, *(cell for cell, _part in parts))):
        value = _value(metric, parts.get((cell, 0), 0), parts.get((cell, 1), 0))
        if cell == WHOLE or value:
            cells[cell] = value
    return cells


def _value(metric: Metric, first: int, second: int) -> Fraction | None:
    match metric.measure:
        case Measure.MEAN:
            return (
                Fraction(first, second) * Fraction(10**metric.weight_scale, 10 ** _mean_scale(metric))
                if second
                else None
            )
        case Measure.LATEST_SUM:
            return Fraction(first, 10**metric.scale) if second else None
        case _:
            return Fraction(first, 10**metric.scale)


def _mean_scale(metric: Metric) -> int:
    return metric.scale + metric.weight_scale


def computed(metric: Metric, found: Mapping[str, Cells], earlier: Mapping[str, Cells]) -> Cells:
    """The exact values of a computed metric's cells, from those of its inputs now and a year earlier."""
    compute = {Measure.RATIO: _ratio, Measure.TOTAL: _total, Measure.GROWTH: _growth}[metric.measure]
    sources = [found[each] for each in inputs(metric)] + [earlier[each] for each in metric.of if each in earlier]
    groups = {frozenset(group) for group in metric.by}
    cells: dict[str, Fraction | None] = {WHOLE: compute(metric, WHOLE, found, earlier)}
    for cell in sorted({cell for source in sources for cell in source if cell != WHOLE}):
        if frozenset(json.loads(cell)) in groups:
            value = compute(metric, cell, found, earlier)
            if value:
                cells[cell] = value
    return cells


def _ratio(metric: Metric, cell: str, found: Mapping[str, Cells], _earlier: Mapping[str, Cells]) -> Fraction | None:
    upper = found[metric.numerator or ""].get(cell)
    lower = found[metric.denominator or ""].get(cell)
    return upper / lower * Fraction(metric.factor) if upper is not None and lower else None


def _total(metric: Metric, cell: str, found: Mapping[str, Cells], _earlier: Mapping[str, Cells]) -> Fraction | None:
    signs = [*((each, 1) for each in metric.of), *((each, -1) for each in metric.minus)]
    parts = [(found[each].get(cell, Fraction(0)), sign) for each, sign in signs]
    known = [part * sign for part, sign in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


def _growth(metric: Metric, cell: str, found: Mapping[str, Cells], earlier: Mapping[str, Cells]) -> Fraction | None:
    now, then = found[metric.of[0]].get(cell), earlier.get(metric.of[0], {}).get(cell)
    return (now / then - 1) * Fraction(metric.factor) if now is not None and then else None

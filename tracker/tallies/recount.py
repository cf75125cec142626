"""The same figures once more, straight from the events, by code that shares nothing with the tallies.

Everything here is the plain definition: sets for distinct members, sorted readings, Fractions for
amounts. It is slow where the tallies are quick, knows any ``size`` of the log and any period, a day
too, and so answers ``as_of`` and checks the tallies. It imports neither ``apply`` nor ``measures``.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.ledger.events import OPENED, Fact
from tracker.ledger.queries import facts

Values = dict[str, Fraction | None]
"""Cell (canonical JSON of its dimensions) to exact value, as the tallies give them."""


def recount(
    session: Session,
    catalogue: Catalogue,
    periods: Sequence[Period],
    metrics: Iterable[str] | None = None,
    *,
    size: int | None = None,
) -> dict[tuple[str, str], Values]:
    """Every metric (or the named ones) in every period, as a log of ``size`` events has it.

    Returns (metric id, period id) to values. One pass over the log, whatever the number of periods.
    """
    chosen = list(catalogue.metrics) if metrics is None else list(metrics)
    every = _with_inputs(catalogue, chosen)
    spans = {each.id: each for each in (*periods, *_earlier(catalogue, periods))}
    counts = {id: _Count(catalogue.metrics[id], list(spans.values())) for id in every if _stored(catalogue.metrics[id])}
    by_event = _by_event(counts)
    for fact in facts(session, size=size, types=list(by_event)):
        for count in by_event[fact.type]:
            count.see(fact)
    answers = _Answers(catalogue, counts)
    return {(id, each.id): answers.of(id, each) for id in chosen for each in periods}


def _stored(metric: Metric) -> bool:
    return metric.measure not in {Measure.RATIO, Measure.TOTAL, Measure.GROWTH}


def _parents(metric: Metric) -> list[str]:
    return [*metric.of, *metric.minus, *filter(None, (metric.numerator, metric.denominator))]


def _with_inputs(catalogue: Catalogue, chosen: Sequence[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(_parents(catalogue.metrics[id]))
    return found


def _earlier(catalogue: Catalogue, periods: Sequence[Period]) -> Iterator[Period]:
    for period in periods:
        before = catalogue.calendar.year_before(period)
        if before is not None:
            yield before


def _by_event(counts: Mapping[str, _Count]) -> dict[str, list[_Count]]:
    found: dict[str, list[_Count]] = defaultdict(list)
    for count in counts.values():
        for event in {*count.metric.events, *count.metric.leave}:
            found[event].append(count)
        if count.metric.measure is Measure.BALANCE:
            found[OPENED].append(count)
    return found


class _Count:
    """One stored metric, counted for a number of periods at once."""

    def __init__(self, metric: Metric, periods: Sequence[Period]) -> None:
        self.metric = metric
        self._running = metric.carry or metric.measure in {Measure.BALANCE, Measure.MEMBERS}
        ordered = sorted(periods, key=lambda each: each.last_day)
        self._ends = [each.last_day.isoformat() for each in ordered]
        self._spans = [(each.id, each.first_day.isoformat()) for each in ordered]
        self._amounts: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        self._weights: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        self._members: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._newest: dict[str, dict[str, tuple[tuple[str, int], Fraction, list[str]]]] = defaultdict(dict)

    def see(self, fact: Fact) -> None:
        """Count a fact in every period that it belongs to."""
        if not self._concerns(fact):
            return
        cells = self._cells(fact)
        for period in self._periods(fact.day):
            self._count(period, fact, cells)

    def _concerns(self, fact: Fact) -> bool:
        if fact.type == OPENED:
            return bool(fact.data["metric"] == self.metric.id)
        return all(_field(fact, name) in allowed for name, allowed in self.metric.where.items())

    def _periods(self, day: str) -> Iterator[str]:
        for id, first in self._spans[bisect_left(self._ends, day) :]:
            if self._running or first <= day:
                yield id

    def _cells(self, fact: Fact) -> list[str]:
        values = fact.data.get("by", {}) if fact.type == OPENED else None
        cells = ["{}"]
        for group in self.metric.by:
            named = {name: values.get(name) if values is not None else _field(fact, name) for name in group}
            cells.append(_key(named))
        return cells

    def _count(self, period: str, fact: Fact, cells: list[str]) -> None:
        match self.metric.measure:
            case Measure.COUNT:
                self._add(period, cells, Fraction(1))
            case Measure.SUM | Measure.MEAN:
                self._sum(period, fact, cells)
            case Measure.BALANCE:
                self._add(period, cells, self._moved(fact))
            case Measure.DISTINCT:
                for cell in cells:
                    self._members[period][cell].update(_names(_field(fact, self.metric.field or "")))
            case Measure.LATEST:
                for cell in cells:
                    self._read(period, cell, fact, _amount(fact, self.metric.field), [cell])
            case Measure.LATEST_SUM:
                self._read(period, self._series(fact), fact, _amount(fact, self.metric.field), cells)
            case Measure.MEMBERS:
                inside = fact.type not in self.metric.leave
                self._read(period, fact.subject or "", fact, Fraction(inside), cells if inside else [])

    def _add(self, period: str, cells: list[str], amount: Fraction | None, weight: Fraction = Fraction(1)) -> None:
        for cell in cells if amount is not None else ():
            self._amounts[period][cell] += amount or 0
            self._weights[period][cell] += weight

    def _sum(self, period: str, fact: Fact, cells: list[str]) -> None:
        amount = _amount(fact, self.metric.field)
        weight = _amount(fact, self.metric.weight) if self.metric.weight else Fraction(1)
        if amount is not None and weight is not None:
            self._add(period, cells, amount * weight, weight)

    def _moved(self, fact: Fact) -> Fraction | None:
        if fact.type == OPENED:
            return _amount(fact, "quantity")
        amount = _amount(fact, self.metric.field) if self.metric.field else Fraction(1)
        return -amount if amount is not None and fact.type in self.metric.leave else amount

    def _series(self, fact: Fact) -> str:
        if self.metric.per:
            return json.dumps([_field(fact, name) for name in self.metric.per])
        return fact.subject or ""

    def _read(self, period: str, series: str, fact: Fact, value: Fraction | None, cells: list[str]) -> None:
        order = (fact.time, fact.seq)
        readings = self._newest[period]
        if value is not None and (series not in readings or readings[series][0] < order):
            readings[series] = (order, value, cells)

    def answer(self, period: str) -> Values:
        """The values of one period."""
        match self.metric.measure:
            case Measure.DISTINCT:
                return _tidy({cell: Fraction(len(names)) for cell, names in self._members[period].items()}, Fraction(0))
            case Measure.MEAN:
                return self._mean(period)
            case Measure.LATEST:
                return {"{}": None} | {cell: value for cell, (_o, value, _c) in self._newest[period].items()}
            case Measure.LATEST_SUM:
                return _tidy(self._summed(period), None)
            case Measure.MEMBERS:
                return _tidy(self._summed(period), Fraction(0))
            case _:
                return _tidy(dict(self._amounts[period]), Fraction(0))

    def _mean(self, period: str) -> Values:
        weights = self._weights[period]
        cells = {cell: total / weights[cell] for cell, total in self._amounts[period].items() if weights[cell]}
        return _tidy(cells, None)

    def _summed(self, period: str) -> dict[str, Fraction]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for _order, value, cells in self._newest[period].values():
            for cell in cells:
                sums[cell] += value
        return sums


class _Answers:
    """What each metric comes to, computed ones from the others."""

    def __init__(self, catalogue: Catalogue, counts: Mapping[str, _Count]) -> None:
        self._catalogue = catalogue
        self._counts = counts
        self._known: dict[tuple[str, str], Values] = {}

    def of(self, id: str, period: Period) -> Values:
        """The values of a metric in a period."""
        if (id, period.id) not in self._known:
            self._known[id, period.id] = self._find(self._catalogue.metrics[id], period)
        return self._known[id, period.id]

    def _find(self, metric: Metric, period: Period) -> Values:
        match metric.measure:
            case Measure.RATIO:
                above, below = self.of(metric.numerator or "", period), self.of(metric.denominator or "", period)
                return self._each(metric, [above, below], lambda a, b: a / b * Fraction(metric.factor))
            case Measure.TOTAL:
                added = [self.of(each, period) for each in metric.of]
                return self._total(metric, added + [_negative(self.of(each, period)) for each in metric.minus])
            case Measure.GROWTH:
                before = self._catalogue.calendar.year_before(period)
                then: Values = self.of(metric.of[0], before) if before else {"{}": None}
                now = self.of(metric.of[0], period)
                return self._each(metric, [now, then], lambda a, b: (a - b) / b * Fraction(metric.factor))
            case _:
                return self._counts[metric.id].answer(period.id)

    def _each(self, metric: Metric, pair: list[Values], divide: Any) -> Values:
        values: Values = {"{}": None}
        for cell in pair[0].keys() & pair[1].keys():
            above, below = pair[0][cell], pair[1][cell]
            if _wanted(metric, cell) and above is not None and below:
                values[cell] = divide(above, below)
        return _tidy(values, None)

    def _total(self, metric: Metric, parts: list[Values]) -> Values:
        whole = [each["{}"] for each in parts]
        values: Values = {"{}": None if None in whole else sum((each for each in whole if each), Fraction(0))}
        for cell in {cell for each in parts for cell in each if cell != "{}" and _wanted(metric, cell)}:
            values[cell] = sum((each.get(cell) or Fraction(0) for each in parts), Fraction(0))
        return _tidy(values, None)


def _negative(values: Values) -> Values:
    return {cell: None if each is None else -each for cell, each in values.items()}


def _wanted(metric: Metric, cell: str) -> bool:
    return cell == "{}" or set(json.loads(cell)) in [set(group) for group in metric.by]


def _tidy(values: Mapping[str, Fraction | None], empty: Fraction | None) -> Values:
    """The whole always, a breakdown's cell only where it is not nothing."""
    return {"{}": values.get("{}", empty)} | {cell: each for cell, each in values.items() if cell != "{}" and each}


def _field(fact: Fact, name: str) -> Any:
    special = {"subject": fact.subject, "entity": fact.entity, "day": fact.day}
    return special[name] if name in special else fact.data.get(name)


def _names(value: Any) -> set[str]:
    if value is None:
        return set()
    return {str(each) for each in value} if isinstance(value, list) else {str(value)}


def _amount(fact: Fact, name: str | None) -> Fraction | None:
    value = fact.data.get(name or "")
    if isinstance(value, dict):
        value = value["amount"]
    return None if value is None else Fraction(value)


def _key(named: Mapping[str, Any]) -> str:
    return json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

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
from tracker.tallies.answers import Answers, Values, tidy


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
    every = with_inputs(catalogue, chosen)
    spans = with_earlier(catalogue, periods, every)
    counts = {id: Count(catalogue.metrics[id], spans) for id in every if is_stored(catalogue.metrics[id])}
    by_event = by_event_type(counts)
    for fact in facts(session, size=size, types=list(by_event)):
        for count in by_event[fact.type]:
            count.see(fact)
    answers = Answers(catalogue, counts)
    return {(id, each.id): answers.of(id, each) for id in chosen for each in periods}


def is_stored(metric: Metric) -> bool:
    """Whether it is counted from events, not computed from other metrics."""
    return metric.measure not in {Measure.RATIO, Measure.TOTAL, Measure.GROWTH}


def _parents(metric: Metric) -> list[str]:
    return [*metric.of, *metric.minus, *filter(None, (metric.numerator, metric.denominator))]


def with_inputs(catalogue: Catalogue, chosen: Iterable[str]) -> set[str]:
    """The chosen metrics and all that they are computed from."""
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(_parents(catalogue.metrics[id]))
    return found


def with_earlier(catalogue: Catalogue, periods: Sequence[Period], metrics: Iterable[str]) -> list[Period]:
    """The periods, and those years before them which the growth of a metric, or of its growth, compares with."""
    found = {each.id: each for each in periods}
    newest = list(periods)
    for _year in range(max((_years_back(catalogue, id) for id in metrics), default=0)):
        newest = [each for each in map(catalogue.calendar.year_before, newest) if each is not None]
        found.update({each.id: each for each in newest})
    return list(found.values())


def _years_back(catalogue: Catalogue, id: str) -> int:
    metric = catalogue.metrics[id]
    further = max((_years_back(catalogue, each) for each in _parents(metric)), default=0)
    return further + (metric.measure is Measure.GROWTH)


def by_event_type(counts: Mapping[str, Count]) -> dict[str, list[Count]]:
    """For each type of event the metrics that read it."""
    found: dict[str, list[Count]] = defaultdict(list)
    for count in counts.values():
        for event in {*count.metric.events, *count.metric.leave}:
            found[event].append(count)
        if count.metric.measure is Measure.BALANCE:
            found[OPENED].append(count)
    return found


class Count:
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

    def copy(self) -> Count:
        """One that goes on from here by itself."""
        made = Count(self.metric, ())
        made._ends, made._spans = self._ends, self._spans
        for period, amounts in self._amounts.items():
            made._amounts[period].update(amounts)
        for period, weights in self._weights.items():
            made._weights[period].update(weights)
        for period, members in self._members.items():
            made._members[period].update({cell: set(names) for cell, names in members.items()})
        for period, readings in self._newest.items():
            made._newest[period].update(readings)
        return made

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
                return tidy({cell: Fraction(len(names)) for cell, names in self._members[period].items()}, Fraction(0))
            case Measure.MEAN:
                return self._mean(period)
            case Measure.LATEST:
                return {"{}": None} | {cell: value for cell, (_o, value, _c) in self._newest[period].items()}
            case Measure.LATEST_SUM:
                return tidy(self._summed(period), None)
            case Measure.MEMBERS:
                return tidy(self._summed(period), Fraction(0))
            case _:
                return tidy(dict(self._amounts[period]), Fraction(0))

    def _mean(self, period: str) -> Values:
        weights = self._weights[period]
        cells = {cell: total / weights[cell] for cell, total in self._amounts[period].items() if weights[cell]}
        return tidy(cells, None)

    def _summed(self, period: str) -> dict[str, Fraction]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for _order, value, cells in self._newest[period].values():
            for cell in cells:
                sums[cell] += value
        return sums


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

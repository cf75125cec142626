"""The same figures once more, straight from the events, by code that shares nothing with the tallies.

Everything here is the plain definition: sets for distinct members, readings in order, exact decimals for
amounts. It reads all events where the tallies read none, knows any ``size`` of the log and any period, a day
too, and so answers ``as_of`` and checks the tallies. It imports neither ``apply`` nor ``measures``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.ledger.events import OPENED, Fact
from tracker.ledger.queries import facts
from tracker.tallies.answers import Answers, Values, tidy

Number: TypeAlias = int | Decimal
_Reading: TypeAlias = tuple[tuple[str, int], Number, list[str]]
"""Order, value and cells of a reading."""

_T = TypeVar("_T")
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, InvalidOperation])
_SPECIAL = frozenset({"subject", "entity", "day"})
_WHOLE = ["{}"]


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
    """One stored metric, counted for a number of periods at once.

    What is counted is kept by month, or by day where a period is one, and put together when it is asked for.
    """

    def __init__(self, metric: Metric, periods: Sequence[Period]) -> None:
        self.metric = metric
        self._length = len("2020-01") if all(each.months for each in periods) else len("2020-01-31")
        self._spans = {each.id: (each.first_day.isoformat(), each.last_day.isoformat()) for each in periods}
        self._running = metric.carry or metric.measure in {Measure.BALANCE, Measure.MEMBERS}
        self._where = [(name, allowed) for name, allowed in metric.where.items()]
        self._cells_of: dict[tuple[Any, ...], list[str]] = {}
        self._amounts: dict[str, dict[str, Number]] = defaultdict(lambda: defaultdict(int))
        self._weights: dict[str, dict[str, Number]] = defaultdict(lambda: defaultdict(int))
        self._members: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._newest: dict[str, dict[str, _Reading]] = defaultdict(dict)
        self._take = {
            Measure.COUNT: self._one,
            Measure.SUM: self._sum,
            Measure.MEAN: self._sum,
            Measure.BALANCE: self._move,
            Measure.DISTINCT: self._name,
            Measure.LATEST: self._latest,
            Measure.LATEST_SUM: self._series,
            Measure.MEMBERS: self._member,
        }[metric.measure]

    def copy(self) -> Count:
        """One that goes on from here by itself."""
        made = Count(self.metric, ())
        made._length, made._spans = self._length, self._spans
        for when, amounts in self._amounts.items():
            made._amounts[when].update(amounts)
        for when, weights in self._weights.items():
            made._weights[when].update(weights)
        for when, members in self._members.items():
            made._members[when].update({cell: set(names) for cell, names in members.items()})
        for when, readings in self._newest.items():
            made._newest[when].update(readings)
        return made

    def see(self, fact: Fact) -> None:
        """Count a fact if it concerns the metric."""
        if fact.type == OPENED:
            if fact.data["metric"] != self.metric.id:
                return
            cells = self._cells(fact.data.get("by", {}).get)
        else:
            for name, allowed in self._where:
                if _field(fact, name) not in allowed:
                    return
            cells = self._cells(partial(_field, fact)) if self.metric.by else _WHOLE
        self._take(fact.day[: self._length], fact, cells)

    def _cells(self, value_of: Callable[[str], Any]) -> list[str]:
        """The cells that a fact belongs to: the whole, and one of each breakdown."""
        values = tuple([value_of(name) for name in self.metric.dimensions])
        found = self._cells_of.get(values)
        if found is None:
            named = dict(zip(self.metric.dimensions, values, strict=True))
            found = ["{}", *(_key({name: named[name] for name in group}) for group in self.metric.by)]
            if all(value is None or type(value) is str for value in values):  # True and 1 would be taken for one
                self._cells_of[values] = found
        return found

    def _one(self, when: str, fact: Fact, cells: list[str]) -> None:
        amounts = self._amounts[when]
        for cell in cells:
            amounts[cell] += 1

    def _sum(self, when: str, fact: Fact, cells: list[str]) -> None:
        amount = _amount(fact, self.metric.field)
        weight = _amount(fact, self.metric.weight) if self.metric.weight else 1
        if amount is not None and weight is not None:
            self._add(when, cells, amount if weight == 1 else _EXACT.multiply(amount, weight), weight)

    def _move(self, when: str, fact: Fact, cells: list[str]) -> None:
        if fact.type == OPENED:
            amount = _amount(fact, "quantity")
        else:
            amount = _amount(fact, self.metric.field) if self.metric.field else 1
        if amount is not None:
            self._add(when, cells, -amount if fact.type in self.metric.leave else amount)

    def _add(self, when: str, cells: list[str], amount: Number, weight: Number = 1) -> None:
        amounts, weights = self._amounts[when], self._weights[when]
        for cell in cells:
            amounts[cell] = _EXACT.add(amounts[cell], amount)
            weights[cell] = _EXACT.add(weights[cell], weight)

    def _name(self, when: str, fact: Fact, cells: list[str]) -> None:
        names = _names(_field(fact, self.metric.field or ""))
        for cell in cells:
            self._members[when][cell].update(names)

    def _latest(self, when: str, fact: Fact, cells: list[str]) -> None:
        for cell in cells:
            self._read(when, cell, fact, _amount(fact, self.metric.field), [cell])

    def _series(self, when: str, fact: Fact, cells: list[str]) -> None:
        per = self.metric.per
        series = json.dumps([_field(fact, name) for name in per]) if per else fact.subject or ""
        self._read(when, series, fact, _amount(fact, self.metric.field), cells)

    def _member(self, when: str, fact: Fact, cells: list[str]) -> None:
        inside = fact.type not in self.metric.leave
        self._read(when, fact.subject or "", fact, int(inside), cells if inside else [])

    def _read(self, when: str, series: str, fact: Fact, value: Number | None, cells: list[str]) -> None:
        order = (fact.time, fact.seq)
        readings = self._newest[when]
        if value is not None and (series not in readings or readings[series][0] < order):
            readings[series] = (order, value, cells)

    def answer(self, period: str) -> Values:
        """The values of one period."""
        first, last = (day[: self._length] for day in self._spans[period])
        within = partial(self._within, "" if self._running else first, last)
        match self.metric.measure:
            case Measure.DISTINCT:
                return tidy({cell: Fraction(len(names)) for cell, names in _joined(within(self._members))}, Fraction(0))
            case Measure.MEAN:
                weights = _summed(within(self._weights))
                amounts = _summed(within(self._amounts))
                return tidy({cell: amounts[cell] / weights[cell] for cell in amounts if weights[cell]}, None)
            case Measure.LATEST:
                newest = _newest(within(self._newest))
                return {"{}": None} | {cell: Fraction(value) for cell, (_order, value, _cells) in newest.items()}
            case Measure.LATEST_SUM:
                return tidy(_summed(_by_cell(within(self._newest))), None)
            case Measure.MEMBERS:
                return tidy(_summed(_by_cell(within(self._newest))), Fraction(0))
            case _:
                return tidy(_summed(within(self._amounts)), Fraction(0))

    def _within(self, first: str, last: str, kept: Mapping[str, _T]) -> list[_T]:
        return [each for when, each in kept.items() if first <= when <= last]


def _summed(parts: Iterable[Mapping[str, Number]]) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for part in parts:
        for cell, amount in part.items():
            sums[cell] += Fraction(amount)
    return sums


def _joined(parts: Iterable[Mapping[str, set[str]]]) -> Iterable[tuple[str, set[str]]]:
    found: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for cell, names in part.items():
            found[cell] |= names
    return found.items()


def _newest(parts: Iterable[Mapping[str, _Reading]]) -> dict[str, _Reading]:
    """The newest reading of each series."""
    found: dict[str, _Reading] = {}
    for part in parts:
        for series, reading in part.items():
            if series not in found or found[series][0] < reading[0]:
                found[series] = reading
    return found


def _by_cell(parts: Iterable[Mapping[str, _Reading]]) -> Iterator[dict[str, Number]]:
    for _order, value, cells in _newest(parts).values():
        yield dict.fromkeys(cells, value)


def _field(fact: Fact, name: str) -> Any:
    if name in _SPECIAL:
        return getattr(fact, name)
    return fact.data.get(name)


def _names(value: Any) -> set[str]:
    if value is None:
        return set()
    return {str(each) for each in value} if isinstance(value, list) else {str(value)}


def _amount(fact: Fact, name: str | None) -> Number | None:
    value = fact.data.get(name or "")
    if isinstance(value, dict):
        value = value["amount"]
    return Decimal(value) if isinstance(value, str) else value


def _key(named: Mapping[str, Any]) -> str:
    return json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

"""What one fact contributes to one metric. Pure: no database, no clock.

A stored metric is of one of three kinds. *Additive*: amounts that are added to a month's cells.
*Distinct*: members that are counted once per period. *Series*: readings of which the newest counts;
a member's coming and going is a series too, of ones and nothings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from tracker.canonical import canonical
from tracker.catalogue import COMPUTED, Catalogue, Measure, Metric
from tracker.catalogue.calendar import Calendar
from tracker.catalogue.values import scaled
from tracker.ledger.events import OPENED, Fact

WHOLE = "{}"
"""The cell of the whole, without a breakdown."""


class Kind(Enum):
    """How the tallies of a metric are kept."""

    ADDITIVE = "additive"
    DISTINCT = "distinct"
    SERIES = "series"


KINDS: Mapping[Measure, Kind] = {
    Measure.COUNT: Kind.ADDITIVE,
    Measure.SUM: Kind.ADDITIVE,
    Measure.BALANCE: Kind.ADDITIVE,
    Measure.MEAN: Kind.ADDITIVE,
    Measure.DISTINCT: Kind.DISTINCT,
    Measure.LATEST: Kind.SERIES,
    Measure.LATEST_SUM: Kind.SERIES,
    Measure.MEMBERS: Kind.SERIES,
}


class Reading(NamedTuple):
    """One reading of a series: its place in the order, its scaled value, the cells it counts in."""

    time: str
    seq: int
    value: int
    cells: tuple[str, ...]

    @property
    def order(self) -> tuple[str, int]:
        """Readings compare by event time, then by the original's ``seq``."""
        return self.time, self.seq


@dataclass(frozen=True)
class Tallier:
    """A stored metric, ready to look at facts."""

    metric: Metric

    @cached_property
    def key(self) -> str:
        """The tallies' key, with the digest of the definition."""
        return self.metric.key

    @cached_property
    def kind(self) -> Kind:
        """How its tallies are kept."""
        return KINDS[self.metric.measure]

    @cached_property
    def _leaves(self) -> frozenset[str]:
        return frozenset(self.metric.leave)

    @cached_property
    def _conditions(self) -> tuple[tuple[str, frozenset[Any]], ...]:
        return tuple((name, frozenset(allowed)) for name, allowed in self.metric.where.items())

    @cached_property
    def _cells_of(self) -> Callable[[tuple[Any, ...]], tuple[str, ...]]:
        names, groups = self.metric.dimensions, self.metric.by

        @lru_cache(maxsize=4096)
        def cells(values: tuple[Any, ...]) -> tuple[str, ...]:
            of = dict(zip(names, values, strict=True))
            return (WHOLE, *(canonical({name: of[name] for name in group}) for group in groups))

        return cells

    def matches(self, fact: Fact) -> bool:
        """Whether the fact passes the metric's ``where``."""
        if not self._conditions:
            return True
        return fact.type == OPENED or all(value_of(fact, name) in allowed for name, allowed in self._conditions)

    def cells(self, fact: Fact) -> tuple[str, ...]:
        """The cells that the fact belongs to: the whole, and one per grouping."""
        names = self.metric.dimensions
        if not names:
            return (WHOLE,)
        if fact.type == OPENED:
            return self._cells_of(tuple(fact.data.get("by", {}).get(name) for name in names))
        return self._cells_of(tuple(value_of(fact, name) for name in names))

    def amounts(self, fact: Fact) -> tuple[int, ...]:
        """What an additive metric adds: one scaled amount, or a mean's two; ``()`` for nothing."""
        match self.metric.measure:
            case Measure.COUNT:
                return (1,)
            case Measure.SUM:
                return self._present(fact, self.metric.field)
            case Measure.BALANCE:
                return self._movement(fact)
            case _:
                return self._weighted(fact)

    def _present(self, fact: Fact, field: str | None) -> tuple[int, ...]:
        value = quantity(fact, field, self.metric.scale)
        return () if value is None else (value,)

    def _movement(self, fact: Fact) -> tuple[int, ...]:
        if fact.type == OPENED:
            return self._present(fact, "quantity")
        moved = self._present(fact, self.metric.field) if self.metric.field else (1,)
        return tuple(-each for each in moved) if fact.type in self._leaves else moved

    def _weighted(self, fact: Fact) -> tuple[int, ...]:
        value = quantity(fact, self.metric.field, self.metric.scale)
        weight = quantity(fact, self.metric.weight, self.metric.weight_scale) if self.metric.weight else 1
        return () if value is None or weight is None else (value * weight, weight)

    def members(self, fact: Fact) -> tuple[str, ...]:
        """The members that a fact names for a distinct count."""
        value = value_of(fact, self.metric.field or "")
        if value is None:
            return ()
        return tuple(dict.fromkeys(map(str, value))) if isinstance(value, list) else (str(value),)

    def readings(self, fact: Fact) -> Iterator[tuple[str, Reading]]:
        """The readings that a fact makes, each with the series it belongs to."""
        metric = self.metric
        if metric.measure is Measure.MEMBERS:
            cells = () if fact.type in self._leaves else self.cells(fact)
            yield fact.subject or "", Reading(fact.time, fact.seq, 1 if cells else 0, cells)
            return
        value = quantity(fact, metric.field, metric.scale)
        if value is None:
            return
        if metric.measure is Measure.LATEST:
            for cell in self.cells(fact):
                yield cell, Reading(fact.time, fact.seq, value, (cell,))
            return
        series = canonical([value_of(fact, name) for name in metric.per]) if metric.per else fact.subject or ""
        yield series, Reading(fact.time, fact.seq, value, self.cells(fact))


def value_of(fact: Fact, name: str) -> Any:
    """A field's raw value, or that of one of the pseudo-fields subject, entity and day."""
    match name:
        case "subject":
            return fact.subject
        case "entity":
            return fact.entity
        case "day":
            return fact.day
        case _:
            return fact.data.get(name)


def quantity(fact: Fact, name: str | None, scale: int) -> int | None:
    """An integer, number or amount of money as an integer scaled by 10 to the ``scale``."""
    raw = fact.data.get(name or "")
    if raw is None:
        return None
    return scaled(raw["amount"] if isinstance(raw, dict) else raw, scale)


Amounts = dict[tuple[str, str, int], int]
"""(period, cell, part) to a scaled amount."""


def contributions(metric: Metric, months: Mapping[str, Reading], catalogue: Catalogue) -> Amounts:
    """What one series adds to the tallies, given its newest reading in each month.

    ``latest`` adds nothing: its figure is the newest reading itself.
    """
    if metric.measure is Measure.LATEST:
        return {}
    if metric.cumulative:
        return _steps(months)
    return _newest_sums(months, catalogue)


def _steps(months: Mapping[str, Reading]) -> Amounts:
    """How each month moves the running value: the sum of the steps up to a month is the newest by its end."""
    amounts: Amounts = {}
    current: Reading | None = None
    for month in sorted(months):
        following = months[month]
        if current is not None and following.order < current.order:
            continue
        _put(amounts, month, following, 1)
        if current is not None:
            _put(amounts, month, current, -1)
        current = following
    return amounts


def _newest_sums(months: Mapping[str, Reading], catalogue: Catalogue) -> Amounts:
    newest: dict[str, Reading] = {}
    for month, reading in months.items():
        for period in periods_of(month, catalogue):
            if period not in newest or newest[period].order < reading.order:
                newest[period] = reading
    amounts: Amounts = {}
    for period, reading in newest.items():
        _put(amounts, period, reading, 1)
    return amounts


def _put(amounts: Amounts, period: str, reading: Reading, sign: int) -> None:
    for cell in reading.cells:
        for part, amount in ((0, reading.value), (1, 1)):
            amounts[period, cell, part] = amounts.get((period, cell, part), 0) + sign * amount


def periods_of(month: str, catalogue: Catalogue) -> tuple[str, str, str]:
    """The month, quarter and reporting year that a month's facts count in."""
    return _periods(catalogue.calendar, month)


@lru_cache(maxsize=4096)
def _periods(calendar: Calendar, month: str) -> tuple[str, str, str]:
    return month, calendar.quarter_of_month(month), str(calendar.year_of_month(month))


class Talliers:
    """All stored metrics of a catalogue, by the event types that move them."""

    def __init__(self, catalogue: Catalogue) -> None:
        stored = [each for each in catalogue.metrics.values() if each.measure not in COMPUTED]
        self.all = {metric.id: Tallier(metric) for metric in stored}
        self.by_key = {each.key: each for each in self.all.values()}
        self._by_event = {
            event: tuple(self.all[metric.id] for metric in metrics)
            for event, metrics in catalogue.metrics_by_event.items()
        }

    def by_event(self, type: str) -> tuple[Tallier, ...]:
        """The talliers that facts of a type may concern; an opening balance names its own."""
        return self._by_event.get(type, ())

    def of(self, fact: Fact) -> tuple[Tallier, ...]:
        """The talliers that a fact of this type may concern."""
        if fact.type != OPENED:
            return self.by_event(fact.type)
        opened = self.all.get(fact.data.get("metric", ""))
        return (opened,) if opened and opened.metric.measure is Measure.BALANCE else ()


_CACHE: dict[str, Talliers] = {}


def talliers(catalogue: Catalogue) -> Talliers:
    """The talliers of a catalogue, built once per digest."""
    if catalogue.digest not in _CACHE:
        _CACHE[catalogue.digest] = Talliers(catalogue)
    return _CACHE[catalogue.digest]

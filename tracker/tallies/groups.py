"""Facts that fall into the same cells of the same month, added up before they are spread over the cells.

Which talliers a fact concerns, and which cells, follows from its type, its month and the few values that their
filters and breakdowns read. So a batch looks at talliers and cells once per group of facts, and only adds up for
each fact: 2 µs for five metrics instead of 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from tracker.catalogue import Catalogue, Measure
from tracker.catalogue.readings import PSEUDO
from tracker.catalogue.values import scaled
from tracker.ledger.events import OPENED, Fact
from tracker.tallies.measures import Kind, Tallier, Talliers, periods_of, talliers, value_of
from tracker.tallies.series import SeriesWork

MemberPlace: TypeAlias = tuple[str, str, str, str]
"""A member of a distinct count: metric, period, cell and member."""

Place: TypeAlias = tuple[str, str, str, int]
"""A tally: metric, period, cell and part."""

_COUNT = 0
"""The total that counts facts."""

_MOST_SHAPES = 4096


class _Sum(NamedTuple):
    """A field whose values are added up at a scale, in one of the totals."""

    total: int
    field: str
    scale: int


class _Weighing(NamedTuple):
    """A mean, with the first of its two totals."""

    total: int
    tallier: Tallier


class _Adding(NamedTuple):
    """An additive tallier: what each of its parts is a total of, and which way it counts."""

    tallier: Tallier
    totals: tuple[int, ...]
    sign: int


class _Plan:
    """What the talliers of one event type need to know of a fact."""

    def __init__(self, type: str, talliers: Iterable[Tallier]) -> None:
        self.adding: list[_Adding] = []
        self.naming: list[Tallier] = []
        self.reading: list[Tallier] = []
        self.sums: dict[tuple[str, int], _Sum] = {}
        self.weighings: list[_Weighing] = []
        self.totals = 1
        names: dict[str, None] = {}
        for tallier in talliers:
            match tallier.kind:
                case Kind.SERIES:
                    self.reading.append(tallier)
                    continue
                case Kind.DISTINCT:
                    self.naming.append(tallier)
                case Kind.ADDITIVE:
                    self.adding.append(self._adding(type, tallier))
            names |= dict.fromkeys((*tallier.metric.where, *tallier.metric.dimensions))
        self._names = tuple(names)
        self._plain = not set(names) & set(PSEUDO)
        self._shapes: dict[tuple[Any, ...], _Shape] = {}
        self.groups = bool(self.adding or self.naming)

    def _adding(self, type: str, tallier: Tallier) -> _Adding:
        metric = tallier.metric
        sign = -1 if metric.measure is Measure.BALANCE and type in metric.leave else 1
        if metric.measure is Measure.MEAN:
            self.weighings.append(_Weighing(self._more(2), tallier))
            return _Adding(tallier, (self.totals - 2, self.totals - 1), sign)
        if metric.measure is Measure.COUNT or metric.field is None:
            return _Adding(tallier, (_COUNT,), sign)
        key = (metric.field, metric.scale)
        if key not in self.sums:
            self.sums[key] = _Sum(self._more(1), *key)
        return _Adding(tallier, (self.sums[key].total,), sign)

    def _more(self, count: int) -> int:
        self.totals += count
        return self.totals - count

    def values(self, fact: Fact) -> tuple[Any, ...]:
        """What tells the groups of a month apart."""
        if self._plain:
            return tuple(map(fact.data.get, self._names))
        return tuple([value_of(fact, name) for name in self._names])

    def shape(self, values: tuple[Any, ...], fact: Fact) -> _Shape:
        """What concerns all facts that have these values, as ``fact`` has."""
        found = self._shapes.get(values)
        if found is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            found = self._shapes[values] = self._shaped(fact)
        return found

    def _shaped(self, fact: Fact) -> _Shape:
        adding = [each for each in self.adding if each.tallier.matches(fact)]
        needed = {total for each in adding for total in each.totals}
        return _Shape(
            self.totals,
            tuple(each for each in self.sums.values() if each.total in needed),
            tuple(each for each in self.weighings if each.total in needed),
            tuple((each, each.tallier.cells(fact)) for each in adding),
            tuple((each, each.cells(fact)) for each in self.naming if each.matches(fact)),
        )


class _Shape(NamedTuple):
    """What a group adds up, and for which cells."""

    totals: int
    sums: tuple[_Sum, ...]
    weighings: tuple[_Weighing, ...]
    adding: tuple[tuple[_Adding, tuple[str, ...]], ...]
    naming: tuple[tuple[Tallier, tuple[str, ...]], ...]


class _Group:
    """Facts of one type in one month that concern the same talliers and cells, added up."""

    __slots__ = ("_month", "_shape", "_totals", "_uses")

    def __init__(self, month: str, shape: _Shape) -> None:
        self._month = month
        self._shape = shape
        self._totals = [0] * shape.totals
        self._uses: list[dict[str, int]] = [{} for _ in shape.naming]

    def look_at(self, fact: Fact, sign: int) -> None:
        """Add (+1) or take back (-1) a fact."""
        totals, data, shape = self._totals, fact.data, self._shape
        totals[_COUNT] += sign
        for total, name, scale in shape.sums:
            value = data.get(name)
            if value is not None:
                totals[total] += sign * scaled(value["amount"] if value.__class__ is dict else value, scale)
        for total, tallier in shape.weighings:
            for part, amount in enumerate(tallier.amounts(fact), total):
                totals[part] += sign * amount
        for (tallier, _cells), uses in zip(shape.naming, self._uses, strict=True):
            for name in tallier.members(fact):
                uses[name] = uses.get(name, 0) + sign

    def amounts(self) -> Iterator[tuple[Place, int]]:
        """What the tallies change by; a place may come more than once."""
        for (tallier, totals, sign), cells in self._shape.adding:
            for part, total in enumerate(totals):
                if amount := self._totals[total] * sign:
                    for cell in cells:
                        yield (tallier.key, self._month, cell, part), amount

    def uses(self, catalogue: Catalogue) -> Iterator[tuple[MemberPlace, int]]:
        """How much more often members are named; a place may come more than once."""
        periods = periods_of(self._month, catalogue)
        for (tallier, cells), uses in zip(self._shape.naming, self._uses, strict=True):
            for name, change in uses.items():
                for cell in cells if change else ():
                    for period in periods:
                        yield (tallier.key, period, cell, name), change


class Groups:
    """All groups of one batch, for the definitions in ``only`` or for all."""

    def __init__(self, catalogue: Catalogue, only: frozenset[str] | None) -> None:
        self._catalogue = catalogue
        self._only = only
        self._talliers = talliers(catalogue)
        self._plans: dict[str, _Plan] = {}
        self._groups: dict[tuple[str, str, tuple[Any, ...]], _Group] = {}
        self._opened: dict[Place, int] = {}
        self.series = SeriesWork(catalogue)

    def look_at(self, fact: Fact, sign: int) -> None:
        """Add (+1) or take back (-1) what a fact contributes to every metric."""
        type, month = fact.type, fact.day[:7]
        if type == OPENED:
            self._open(fact, sign)
            return
        plan = self._plans.get(type)
        if plan is None:
            plan = self._plans[type] = _plan(self._talliers, type, self._only)
        if plan.groups:
            values = plan.values(fact)
            group = self._groups.get((type, month, values))
            if group is None:
                group = self._groups[type, month, values] = _Group(month, plan.shape(values, fact))
            group.look_at(fact, sign)
        for tallier in plan.reading:
            if tallier.matches(fact):
                self.series.look_at(tallier, fact, sign)

    def _open(self, fact: Fact, sign: int) -> None:
        """An opening balance names its metric and its cells itself."""
        for tallier in self._talliers.of(fact):
            if self._only is None or tallier.key in self._only:
                for part, amount in enumerate(tallier.amounts(fact)):
                    for cell in tallier.cells(fact):
                        place = (tallier.key, fact.month, cell, part)
                        self._opened[place] = self._opened.get(place, 0) + sign * amount

    def amounts(self) -> dict[Place, int]:
        """What the additive tallies change by."""
        sums = dict(self._opened)
        for group in self._groups.values():
            for place, amount in group.amounts():
                sums[place] = sums.get(place, 0) + amount
        return sums

    def uses(self) -> dict[MemberPlace, int]:
        """How much more often each member is named in each period and cell."""
        sums: dict[MemberPlace, int] = {}
        for group in self._groups.values():
            for place, change in group.uses(self._catalogue):
                sums[place] = sums.get(place, 0) + change
        return sums


@lru_cache(maxsize=4096)
def _plan(known: Talliers, type: str, only: frozenset[str] | None) -> _Plan:
    return _Plan(type, [each for each in known.by_event(type) if only is None or each.key in only])

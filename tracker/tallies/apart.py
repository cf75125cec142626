"""Counting what a few events may move apart from all the rest, so that a step costs what moves and not what is there.

The values of members and series that no event touches stay as they are. They are counted once; only the others are
counted anew at each step, and the two add up: a member or a series lies wholly on one side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tracker.catalogue import Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.ledger.events import Fact
from tracker.tallies.answers import Counted, Values, tidy
from tracker.tallies.recount import Count

_APART = frozenset({Measure.DISTINCT, Measure.LATEST_SUM, Measure.MEMBERS})
"""Measures that keep something for each member or series. Others keep a few numbers for each cell."""


class Parted:
    """One stored metric: ``rest`` is what no event in question touches, ``near`` what one of them does."""

    def __init__(self, metric: Metric, periods: Sequence[Period], facts: Iterable[Fact]) -> None:
        self._metric = metric
        self._apart = metric.measure in _APART
        self._touched = {name for fact in facts for name in _names(metric, fact)} if self._apart else set()
        self._rest = Count(metric, periods)
        self._near = Count(metric, periods)
        self._known: dict[str, Values] = {}

    def see(self, fact: Fact) -> None:
        """Count a fact for good."""
        near, rest = self._sides(fact)
        if near is not None:
            self._near.see(near)
        if rest is not None:
            self._rest.see(rest)

    def with_held(self, facts: Iterable[Fact]) -> Counted:
        """The present count, with some facts that are not counted for good."""
        near = self._near.copy()
        for fact in facts:
            near.see(fact)
        return _Both(self, near) if self._apart else near

    def rest(self, period: str) -> Values:
        """The values of what is not touched; asked for once everything before the first event is counted."""
        if period not in self._known:
            self._known[period] = self._rest.answer(period)
        return self._known[period]

    def added(self, one: Values, other: Values) -> Values:
        """What both sides come to."""
        cells = one.keys() | other.keys()
        known = {cell: [each for each in (one.get(cell), other.get(cell)) if each is not None] for cell in cells}
        sums = {cell: sum(each, Fraction(0)) for cell, each in known.items() if each}
        return tidy(sums, None if self._metric.measure is Measure.LATEST_SUM else Fraction(0))

    def _sides(self, fact: Fact) -> tuple[Fact | None, Fact | None]:
        """A fact as either side sees it; one with a list of members may be of both."""
        if not self._apart:
            return fact, None
        names = _names(self._metric, fact)
        near = names & self._touched
        if not near or near == names:
            return (fact, None) if near else (None, fact)
        field = self._metric.field or ""
        return _naming(fact, field, near), _naming(fact, field, names - near)


class _Both:
    """The count of both sides."""

    def __init__(self, parted: Parted, near: Count) -> None:
        self._parted, self._near = parted, near

    def answer(self, period: str) -> Values:
        """The values of one period."""
        return self._parted.added(self._parted.rest(period), self._near.answer(period))


def _names(metric: Metric, fact: Fact) -> set[Any]:
    """The members or the series that a fact is of."""
    if metric.measure is Measure.DISTINCT:
        value = _value(fact, metric.field or "")
        listed = value if isinstance(value, list) else [] if value is None else [value]
        return {str(each) for each in listed}
    return {tuple(_value(fact, name) for name in metric.per) if metric.per else fact.subject or ""}


def _value(fact: Fact, name: str) -> Any:
    special = {"subject": fact.subject, "entity": fact.entity, "day": fact.day}
    return special[name] if name in special else fact.data.get(name)


def _naming(fact: Fact, field: str, names: Iterable[str]) -> Fact:
    data: Mapping[str, Any] = {**fact.data, field: sorted(names)}
    return fact._replace(data=data)

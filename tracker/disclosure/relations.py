"""How the figures of a frozen year follow from one another: what a reader could compute from the others. Pure.

An equation says that some figures add up to nothing: a whole less its parts. A consequence is a figure that follows
from others otherwise: a ratio, a mean, a growth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from tracker.canonical import canonical
from tracker.catalogue import Catalogue, Measure, Metric

WHOLE = "{}"

ADDITIVE = frozenset({Measure.COUNT, Measure.SUM})
"""Measures whose months add up to the year, and whose parts to the whole."""

PARTED = ADDITIVE | {Measure.BALANCE, Measure.MEMBERS}
"""Measures whose parts add up to the whole: every fact lies in one cell of each grouping."""

STANDING = frozenset({Measure.BALANCE, Measure.MEMBERS})
"""Measures whose year says what its last month says."""


class Place(NamedTuple):
    """Where a figure stands: a metric in a year (``2020``) or month (``2020-03``); ``by`` is the canonical JSON of the
    cell of a breakdown."""

    metric: str
    period: str
    by: str = WHOLE


Term: TypeAlias = tuple[Place, int]
Equation: TypeAlias = tuple[Term, ...]
"""Figures with their signs that add up to nothing. What is not listed is zero."""


class Consequence(NamedTuple):
    """A figure that tells of ``inputs``: whoever knows it and all of them but one knows that one, too."""

    place: Place
    inputs: tuple[Place, ...]


class Stated(NamedTuple):
    """A revision of a year as it is stated: a snapshot's body, and the catalogue that it names."""

    body: Mapping[str, Any]
    catalogue: Catalogue


def place(metric: str, period: str, by: Mapping[str, Any]) -> Place:
    """The place of a value that an export's row, or a change, speaks of."""
    return Place(metric, period, canonical(dict(by)) if by else WHOLE)


class Relations:
    """The figures of a revision, and all that relates them. ``values`` has every place with its value."""

    def __init__(self, stated: Stated) -> None:
        self.catalogue = stated.catalogue
        self.year = str(stated.body["year"])
        self.values = dict(_values(stated))
        self._cells: dict[str, dict[str, list[str]]] = {}
        for metric, period, by in self.values:
            self._cells.setdefault(metric, {}).setdefault(period, []).append(by)

    @cached_property
    def equations(self) -> list[Equation]:
        """Every equation that holds between the stated values, but for their rounding."""
        found = (each for metric in self._metrics() for each in self._of(metric))
        return [each for each in found if len(each) > 1 and self._holds(each)]

    @cached_property
    def consequences(self) -> list[Consequence]:
        """Every figure that follows from others by something else than adding."""
        return [each for metric in self._metrics() for each in self._following(metric)]

    def _metrics(self) -> Iterator[Metric]:
        return (self.catalogue.metrics[id] for id in sorted(self._cells) if id in self.catalogue.metrics)

    def _of(self, metric: Metric) -> Iterator[Equation]:
        if self._adds_up(metric, PARTED):
            yield from self._breakdowns(metric)
        if self._adds_up(metric, ADDITIVE):
            yield self._sum(Place(metric.id, self.year), [Place(metric.id, each) for each in self._months(metric)])
        if metric.measure in STANDING and self._months(metric):
            yield self._sum(Place(metric.id, self.year), [Place(metric.id, max(self._months(metric)))])
        if metric.measure is Measure.TOTAL:
            yield from self._totals(metric)

    def _adds_up(self, metric: Metric, measures: frozenset[Measure]) -> bool:
        if metric.measure is not Measure.TOTAL:
            return metric.measure in measures
        parts = (self.catalogue.metrics[each] for each in (*metric.of, *metric.minus))
        return all(self._adds_up(each, measures) for each in parts)

    def _months(self, metric: Metric) -> list[str]:
        return [period for period in self._cells[metric.id] if period != self.year]

    def _breakdowns(self, metric: Metric) -> Iterator[Equation]:
        """The whole by each grouping, and each cell of a grouping by those that cross it with more."""
        cells = [(by, json.loads(by)) for by in self._cells[metric.id].get(self.year, ()) if by != WHOLE]
        for group in metric.by:
            fine = [(by, parts) for by, parts in cells if parts.keys() == set(group)]
            if not fine:
                continue
            yield self._sum(Place(metric.id, self.year), [Place(metric.id, self.year, by) for by, _parts in fine])
            for by, coarse in cells:
                if coarse.keys() < set(group):
                    within = [each for each, parts in fine if coarse.items() <= parts.items()]
                    parts_of_it = [Place(metric.id, self.year, each) for each in within]
                    yield self._sum(Place(metric.id, self.year, by), parts_of_it)

    def _totals(self, metric: Metric) -> Iterator[Equation]:
        for period in self._cells[metric.id]:
            for by in self._known_cells((metric.id, *metric.of, *metric.minus), period):
                added = [Place(each, period, by) for each in metric.of]
                yield self._sum(Place(metric.id, period, by), added, [Place(each, period, by) for each in metric.minus])

    def _known_cells(self, ids: Sequence[str], period: str) -> list[str]:
        return list(dict.fromkeys(by for id in ids for by in self._cells.get(id, {}).get(period, ())))

    def _sum(self, whole: Place, parts: Sequence[Place], less: Sequence[Place] = ()) -> Equation:
        terms = ((whole, 1), *((each, -1) for each in parts), *((each, 1) for each in less))
        return tuple((each, sign) for each, sign in terms if self.values.get(each) is not None)

    def _holds(self, equation: Equation) -> bool:
        """Whether an equation holds as far as rounded figures can: each is off by less than one of its last place."""
        values = [self.values[each] or Decimal(0) for each, _sign in equation]
        off = sum((sign * value for (_place, sign), value in zip(equation, values, strict=True)), Decimal(0))
        metrics = (self.catalogue.metrics[each.metric] for each, _sign in equation)
        return abs(off) <= sum((Decimal(1).scaleb(-each.places) for each in metrics if _rounds(each)), Decimal(0))

    def _following(self, metric: Metric) -> Iterator[Consequence]:
        named: tuple[str, ...] = ()
        if metric.measure is Measure.RATIO:
            named = tuple(each for each in (metric.numerator, metric.denominator) if each)
        elif metric.measure is Measure.MEAN:
            named = self._behind_mean(metric)
        elif metric.measure is Measure.GROWTH:
            named = metric.of
        for period, cells in self._cells[metric.id].items() if named else ():
            periods = (period, _year_before(period)) if metric.measure is Measure.GROWTH else (period,)
            for by in cells:
                yield Consequence(
                    Place(metric.id, period, by), tuple(Place(id, each, by) for each in periods for id in named)
                )

    def _behind_mean(self, metric: Metric) -> tuple[str, ...]:
        """The sum and the count that a mean is the quotient of, where both are figures as well."""
        alike = [
            each for each in self._metrics() if (each.events, each.where) == (metric.events, metric.where)
        ]  # what they are broken down by may differ
        sums = [each.id for each in alike if each.measure is Measure.SUM and each.field == metric.field]
        counts = [each.id for each in alike if each.measure is Measure.COUNT]
        return (*sums, *counts) if sums and counts and not metric.weight else ()


def _rounds(metric: Metric) -> bool:
    return metric.measure not in (Measure.COUNT, Measure.MEMBERS)


def _year_before(period: str) -> str:
    return f"{int(period[:4]) - 1:04d}{period[4:]}"


def _values(stated: Stated) -> Iterator[tuple[Place, Decimal | None]]:
    year = str(stated.body["year"])
    for figure in stated.body["figures"]:
        yield Place(figure["metric"], year), _decimal(figure["value"])
        for part in figure.get("breakdown", ()):
            yield place(figure["metric"], year, part["by"]), _decimal(part["value"])
        for month in figure.get("months", ()):
            yield Place(figure["metric"], month["period"]), _decimal(month["value"])


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)

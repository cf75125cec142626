"""What counted metrics come to: the values of each, and of those computed from others. The recount's own arithmetic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.calendar import Period

Values = dict[str, Fraction | None]
"""Cell (canonical JSON of its dimensions) to exact value, as the tallies give them."""


class Counted(Protocol):
    """A stored metric that was counted for some periods."""

    def answer(self, period: str) -> Values:
        """The values of one period."""


class Answers:
    """What each metric comes to, computed ones from the others."""

    def __init__(
        self, catalogue: Catalogue, counts: Mapping[str, Counted], known: dict[tuple[str, str], Values] | None = None
    ) -> None:
        self._catalogue = catalogue
        self._counts = counts
        self._known = {} if known is None else known

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
        return tidy(values, None)

    def _total(self, metric: Metric, parts: list[Values]) -> Values:
        whole = [each["{}"] for each in parts]
        values: Values = {"{}": None if None in whole else sum((each for each in whole if each), Fraction(0))}
        for cell in {cell for each in parts for cell in each if cell != "{}" and _wanted(metric, cell)}:
            values[cell] = sum((each.get(cell) or Fraction(0) for each in parts), Fraction(0))
        return tidy(values, None)


def tidy(values: Mapping[str, Fraction | None], empty: Fraction | None) -> Values:
    """The whole always, a breakdown's cell only where it is not nothing."""
    return {"{}": values.get("{}", empty)} | {cell: each for cell, each in values.items() if cell != "{}" and each}


def _negative(values: Values) -> Values:
    return {cell: None if each is None else -each for cell, each in values.items()}


def _wanted(metric: Metric, cell: str) -> bool:
    return cell == "{}" or set(json.loads(cell)) in [set(group) for group in metric.by]

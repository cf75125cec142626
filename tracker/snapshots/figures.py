"""Figures: exact values become numbers with a unit's decimals, by one rounding. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker.catalogue import Catalogue, Metric

WHOLE = "{}"


@dataclass(frozen=True)
class Cell:
    """One part of a breakdown: its dimensions, and the rounded value."""

    by: Mapping[str, Any]
    value: Decimal | None


@dataclass(frozen=True)
class Figure:
    """A metric in a period: the rounded value and its breakdown."""

    metric: Metric
    period: str
    value: Decimal | None
    breakdown: tuple[Cell, ...]


def figure(catalogue: Catalogue, metric: Metric, period: str, cells: Mapping[str, Fraction | None]) -> Figure:
    """Round a metric's exact cells. Breakdowns come in the order of the metric's groupings, and each
    in the order in which the catalogue lists a choice's values; where that leaves two equal, by their text."""
    parts = [(json.loads(cell), cell, value) for cell, value in cells.items() if cell != WHOLE]
    parts.sort(key=lambda part: (*_place(catalogue, metric, part[0]), part[1]))
    breakdown = tuple(Cell(by, rounded(metric, value)) for by, _cell, value in parts)
    return Figure(metric, period, rounded(metric, cells[WHOLE]), breakdown)


def rounded(metric: Metric, value: Fraction | None) -> Decimal | None:
    """The one rounding: to the metric's places, by its rule (half up unless it says otherwise).

    ``half_up`` rounds a half away from zero, ``half_even`` to the even neighbour, ``up`` away from zero,
    ``down`` towards it. The result always shows all places: ``Decimal("0.50")``.
    """
    if value is None:
        return None
    scaled = abs(value) * 10**metric.places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    if _rounds_up(metric.rounding, whole, Fraction(rest, scaled.denominator)):
        whole += 1
    digits = tuple(int(each) for each in str(whole))
    return Decimal((1 if value < 0 and whole else 0, digits, -metric.places))


def _rounds_up(rule: str, whole: int, rest: Fraction) -> bool:
    match rule:
        case "up":
            return rest > 0
        case "down":
            return False
        case "half_even" if rest == Fraction(1, 2):
            return whole % 2 == 1
        case _:
            return rest >= Fraction(1, 2)


def _place(catalogue: Catalogue, metric: Metric, by: Mapping[str, Any]) -> tuple[Any, ...]:
    groups = [frozenset(group) for group in metric.by]
    names = next((group for group in metric.by if frozenset(group) == frozenset(by)), tuple(sorted(by)))
    index = groups.index(frozenset(by)) if frozenset(by) in groups else len(groups)
    return (index, *(_rank(catalogue, metric, name, by[name]) for name in names))


def _rank(catalogue: Catalogue, metric: Metric, name: str, value: Any) -> tuple[int, bool, int, str]:
    """A choice by its place in the catalogue, a number or text by itself; what is missing comes last."""
    for event in metric.events:
        field = catalogue.events[event].fields.get(name)
        if field is not None and value in field.choices:
            return list(field.choices).index(value), False, 0, ""
    return 10_000, value is None, value if isinstance(value, int) else 0, str(value)


def printable(value: Decimal | None) -> str | None:
    """A figure's value as a decimal string without an exponent, or ``None``."""
    return None if value is None else f"{value:f}"


def as_document(found: Figure) -> dict[str, Any]:
    """A figure as JSON: ``metric``, ``value`` and ``breakdown``, values as decimal strings or null."""
    return {
        "metric": found.metric.id,
        "value": printable(found.value),
        "breakdown": [{"by": dict(cell.by), "value": printable(cell.value)} for cell in found.breakdown],
    }

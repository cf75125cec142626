"""A series of numbers as the points of a tiny line, for dense tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

WIDTH, HEIGHT, MARGIN = 100, 24, 2


def sparkline(values: Sequence[Decimal | int | None]) -> str:
    """The points of an SVG polyline in a box of 100 by 24, left to right; what is missing is left out.

    Empty where there are fewer than two numbers: one makes no line.
    """
    known = [(place, Decimal(value)) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    return " ".join(f"{_across(place, len(values))},{_down(value, low, high)}" for place, value in known)


def _across(place: int, count: int) -> str:
    return f"{Decimal(WIDTH * place) / max(count - 1, 1):.1f}"


def _down(value: Decimal, low: Decimal, high: Decimal) -> str:
    if low == high:
        return f"{HEIGHT // 2}"
    share = (value - low) / (high - low)
    return f"{HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN):.1f}"

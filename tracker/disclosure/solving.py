"""What somebody can work out who knows all figures but the hidden ones: by elimination, and by narrowing ranges. Pure.

Equations are mappings of unknowns to coefficients; those that stand for what is shown are left out, or known.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)

_ROUNDS = 50
"""So often ranges are narrowed at most; each round tells less than the one before."""


class Range(NamedTuple):
    """From ``low`` to ``high``, both included; ``None`` is without end."""

    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def single(self) -> bool:
        """Whether one value is all that is left."""
        return self.low is not None and self.low == self.high


def determined(equations: Sequence[Mapping[T, int]], hidden: Collection[T]) -> set[T]:
    """The hidden unknowns that have one value only in all solutions, whatever the equations add up to.

    Gauss–Jordan elimination in exact fractions: an unknown is determined if it ends alone in a row.
    """
    pivots: dict[T, dict[T, Fraction]] = {}
    for equation in equations:
        row = {each: Fraction(sign) for each, sign in equation.items() if each in hidden}
        for pivot in [each for each in row if each in pivots]:
            _take(row, pivots[pivot], pivot)
        if not row:
            continue
        chosen = next(iter(row))
        row = {each: value / row[chosen] for each, value in row.items()}
        for other in pivots.values():
            _take(other, row, chosen)
        pivots[chosen] = row
    return {pivot for pivot, row in pivots.items() if len(row) == 1}


def _take(row: dict[T, Fraction], other: Mapping[T, Fraction], pivot: T) -> None:
    """Subtract so much of the other row that the pivot is gone from this one."""
    times = row.get(pivot)
    if not times:
        return
    for each, value in other.items():
        left = row.get(each, Fraction(0)) - times * value
        if left:
            row[each] = left
        else:
            row.pop(each, None)


def narrowed(equations: Sequence[tuple[Mapping[T, int], Fraction]], ranges: Mapping[T, Range]) -> dict[T, Range]:
    """The ranges of unknowns as far as each equation, ``Σ coefficient · unknown = amount``, narrows them."""
    found = dict(ranges)
    for _round in range(_ROUNDS):
        before = dict(found)
        for terms, amount in equations:
            for unknown, sign in terms.items():
                others = [(other, found[each]) for each, other in terms.items() if each != unknown]
                found[unknown] = _met(found[unknown], _left(amount, others, sign))
        if found == before:
            break
    return found


def _left(amount: Fraction, others: Sequence[tuple[int, Range]], sign: int) -> Range:
    """What the others leave of an amount to an unknown with this sign."""
    low: Fraction | None = amount
    high: Fraction | None = amount
    for other, each in others:
        most, least = (each.high, each.low) if other > 0 else (each.low, each.high)
        low = None if low is None or most is None else low - other * most
        high = None if high is None or least is None else high - other * least
    return Range(low, high) if sign > 0 else Range(_negative(high), _negative(low))


def _negative(value: Fraction | None) -> Fraction | None:
    return None if value is None else -value


def _met(one: Range, other: Range) -> Range:
    lows = [each for each in (one.low, other.low) if each is not None]
    highs = [each for each in (one.high, other.high) if each is not None]
    return Range(max(lows, default=None), min(highs, default=None))

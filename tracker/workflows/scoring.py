"""Grading a supplier: the exact mean of its scores, the grade that follows, and what asks for an improvement. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker.catalogue.rules import Grade, SupplierRules


@dataclass(frozen=True)
class Result:
    """What an evaluation comes to: each score, their mean, the grade, and the scores below the minimum."""

    scores: Mapping[str, Decimal]
    mean: Fraction
    grade: Grade
    failed: tuple[str, ...]

    @property
    def improve(self) -> bool:
        """Whether it asks for an improvement: by its grade, or by one score alone."""
        return self.grade.improve or bool(self.failed)


def result(rules: SupplierRules, data: Mapping[str, Any]) -> Result | None:
    """What the scores in an evaluation's data come to; ``None`` where one is missing or no plain number."""
    scores = {name: score(data.get(name)) for name in rules.scores}
    known = {name: value for name, value in scores.items() if value is not None}
    if len(known) < len(scores):
        return None
    mean = sum((Fraction(each) for each in known.values()), Fraction(0)) / len(known)
    failed = tuple(name for name, each in known.items() if each < rules.minimum)
    return Result(known, mean, rules.grade(mean), failed)


def score(value: object) -> Decimal | None:
    """A score as the ledger writes it, an integer or a decimal string."""
    if type(value) is int or (isinstance(value, str) and _is_plain(value)):
        return Decimal(value)
    return None


def _is_plain(text: str) -> bool:
    whole, point, decimals = text.removeprefix("-").partition(".")
    return text.isascii() and whole.isdigit() and (decimals.isdigit() if point else True)


def tenths(mean: Fraction) -> Decimal:
    """A mean as people read it: one decimal, half up. The grade follows from the exact mean, not from this."""
    return Decimal((2 * mean.numerator * 10 + mean.denominator) // (2 * mean.denominator)).scaleb(-1)

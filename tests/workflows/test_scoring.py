"""Grades follow from the exact mean, at every threshold, and one score alone can ask for an improvement."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.houses import only
from tracker.catalogue.rules import SupplierRules
from tracker.workflows.scoring import Result, result, score, tenths

SIX = ("quality", "delivery", "service", "cost", "innovation", "cooperation")


def rules() -> SupplierRules:
    found = only("suppliers").workflows.suppliers
    assert found is not None
    return found


def graded(*scores: str | int) -> Result:
    found = result(rules(), dict(zip(SIX, scores, strict=True)))
    assert found is not None
    return found


def test_a_mean_is_exact_and_never_rounded_into_a_grade() -> None:
    found = graded("90.0", "90.0", "90.0", "90.0", "90.0", "89.9")
    assert found.mean == Fraction(5399, 60)
    assert (found.grade.id, found.failed, found.improve) == ("good", (), False)
    assert graded(90, 90, 90, 90, 90, "90").grade.id == "excellent"
    assert tenths(found.mean) == Decimal("90.0")


@pytest.mark.parametrize(
    ("scores", "grade", "failed", "improve"),
    [
        ((100, 100, 100, 100, 100, "59.9"), "excellent", ("cooperation",), True),
        ((60, 60, 60, 60, 60, 60), "pass", (), False),
        (("59.9", 60, 60, 60, 60, "60.1"), "pass", ("quality",), True),
        (("59.9", 60, 60, 60, 60, 60), "fail", ("quality",), True),
        ((0, 0, 0, 0, 0, 0), "fail", SIX, True),
    ],
)
def test_a_failing_grade_or_one_failed_score_asks_for_an_improvement(
    scores: tuple[str | int, ...], grade: str, failed: tuple[str, ...], improve: bool
) -> None:
    found = graded(*scores)
    assert (found.grade.id, found.failed, found.improve) == (grade, failed, improve)


@pytest.mark.parametrize("wrong", [None, "", "x", "1e2", "-", ".5", "5.", "１", True, 1.5, ["1"]])
def test_what_is_no_plain_number_is_no_score(wrong: Any) -> None:
    assert score(wrong) is None
    assert result(rules(), dict.fromkeys(SIX, 80) | {"cost": wrong}) is None


def test_without_a_score_there_is_no_grade() -> None:
    assert result(rules(), dict.fromkeys(SIX[:5], 80)) is None


@given(st.lists(st.integers(0, 1000), min_size=6, max_size=6))
def test_the_grade_is_the_best_whose_start_the_mean_reaches(given_tenths: list[int]) -> None:
    found = graded(*(f"{each // 10}.{each % 10}" for each in given_tenths))
    assert found.mean * 60 == sum(given_tenths)
    reached = [grade.id for grade in rules().grades if sum(given_tenths) >= grade.start * 60]
    assert found.grade.id == reached[0]
    assert found.improve == (found.grade.id == "fail" or min(given_tenths) < 600)


@given(st.fractions(0, 100, max_denominator=6000))
def test_a_printed_mean_is_half_up_to_one_decimal(mean: Fraction) -> None:
    printed = Fraction(tenths(mean))
    assert -Fraction(1, 20) <= mean - printed < Fraction(1, 20)
    assert tenths(mean).as_tuple().exponent == -1

"""Numbers become scaled integers exactly, or are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.catalogue import Field, FieldType
from tracker.catalogue.values import amount, scaled

SCALES = st.integers(0, 9)
INTEGER = Field("heads", FieldType.INTEGER, {})
NUMBER = Field("tonnes", FieldType.NUMBER, {}, scale=3)
MONEY = Field("price", FieldType.MONEY, {}, scale=2, currency="NZD")


@given(st.integers(-(10**18) + 1, 10**18 - 1), SCALES)
def test_an_integer_and_its_text_scale_alike(value: int, scale: int) -> None:
    assert scaled(value, scale) == scaled(str(value), scale) == value * 10**scale


@given(st.decimals(-(10**17), 10**17, places=9), SCALES)
def test_scaling_is_exact_or_refused(value: Decimal, scale: int) -> None:
    exact = value.scaleb(scale)
    if exact == exact.to_integral_value():
        assert scaled(f"{value:f}", scale) == exact
    else:
        with pytest.raises(ValueError, match="decimals"):
            scaled(f"{value:f}", scale)


@pytest.mark.parametrize(
    ("text", "scale", "value"), [("12.5", 2, 1250), ("-3", 0, -3), ("-0.05", 2, -5), ("1.50", 1, 15)]
)
def test_plain_decimals_are_read(text: str, scale: int, value: int) -> None:
    assert scaled(text, scale) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "+1",
        "1.",
        ".5",
        "1e3",
        "1,000",
        " 1",
        "1\n",
        "１２",
        "NaN",
        "--1",
        "0x1",
        "1_0",
        "9" * 19,
        10**18,
        -(10**18),
    ],
)
def test_what_is_no_plain_decimal_of_eighteen_digits_is_refused(value: int | str) -> None:
    with pytest.raises(ValueError, match=r"digits|plain"):
        scaled(value, 2)


@pytest.mark.parametrize("value", [True, None, 1.5, [], {}])
def test_what_is_no_number_at_all_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="plain"):
        scaled(value, 2)


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        (12, INTEGER, 12),
        ("1.25", NUMBER, 1250),
        ({"amount": "12.50", "currency": "NZD"}, MONEY, 1250),
        ({"amount": 3}, MONEY, 300),
    ],
)
def test_a_field_gives_the_scaled_amount_of_its_value(value: Any, field: Field, expected: int) -> None:
    assert amount(value, field) == expected


@pytest.mark.parametrize(
    ("value", "field"),
    [("1.5", INTEGER), ({"amount": 1, "currency": "CNY"}, MONEY), ("12.50", MONEY), ({"currency": "NZD"}, MONEY)],
)
def test_a_value_that_is_not_of_the_field_is_refused(value: Any, field: Field) -> None:
    with pytest.raises(ValueError, match=r"decimals|NZD|money"):
        amount(value, field)

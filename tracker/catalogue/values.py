"""Exact conversion of canonical JSON numbers to scaled integers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from tracker.catalogue.model import Field, FieldType

MAX_DIGITS = 18
"""Digits before the decimal point that a number may have."""

_PLAIN = re.compile(r"(-?)(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII)
_LONGEST = len("-") + MAX_DIGITS + len(".") + MAX_DIGITS
_LIMIT = 10**MAX_DIGITS
_POWERS: tuple[int, ...] = tuple(10**scale for scale in range(MAX_DIGITS + 1))


def scaled(value: int | str, scale: int) -> int:
    """``value × 10**scale`` as an integer: ``scaled("12.5", 2)`` is 1250.

    :raise ValueError: if ``value`` is not a plain decimal (``12``, ``-3.50``), has more than 18
        digits before the point, or has more decimals than ``scale``; zeros at the end do not count.
    """
    if type(value) is int:  # not isinstance: True is no number
        if not -_LIMIT < value < _LIMIT:
            raise ValueError(f"has more than {MAX_DIGITS} digits")
        return value * _POWERS[scale]
    if isinstance(value, str) and len(value) <= _LONGEST:
        return _scaled_text(value, scale)
    raise ValueError(f"{value!r} is not a plain decimal number such as 12.50")


@lru_cache(maxsize=1 << 13)
def _scaled_text(value: str, scale: int) -> int:
    """A text is looked at more than once: when it is checked, and for each metric that adds it."""
    found = _PLAIN.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is not a plain decimal number such as 12.50")
    sign, whole, decimals = found[1], found[2], (found[3] or "").rstrip("0")
    if len(decimals) > scale:
        raise ValueError(f"{value!r} has more than {scale} decimals")
    return int(f"{sign}{whole}{decimals.ljust(scale, '0')}")


def amount(value: Any, field: Field) -> int:
    """The scaled integer of an integer, number or money field's JSON value.

    :raise ValueError: if the value is not one of the field's type.
    """
    if field.type is not FieldType.MONEY:
        return scaled(value, field.scale)
    if not isinstance(value, dict) or "amount" not in value:
        raise ValueError('is not an amount of money such as {"amount": "12.50", "currency": "CNY"}')
    if value.get("currency", field.currency) != field.currency:
        raise ValueError(f"is not in {field.currency}")
    return scaled(value["amount"], field.scale)

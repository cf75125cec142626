"""The least and the greatest value of a field, as integers at the field's scale."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tracker.catalogue.model import Field, FieldType
from tracker.intake.exact import LARGEST_INTEGER

MOST = 10**18 - 1
"""The greatest scaled integer of a number or amount: what a 64-bit column holds, with room."""


def bounds_of(field: Field) -> tuple[int, int]:
    """Both inclusive: the field's own limits, or what can be stored."""
    most = LARGEST_INTEGER if field.type is FieldType.INTEGER else MOST
    least = -most if field.minimum is None else max(-most, _scaled(field.minimum, field.scale, ROUND_CEILING))
    return least, most if field.maximum is None else min(most, _scaled(field.maximum, field.scale, ROUND_FLOOR))


def _scaled(limit: Decimal, scale: int, rounding: str) -> int:
    return int(limit.scaleb(scale).to_integral_value(rounding))

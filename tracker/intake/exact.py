"""Numbers as JSON wrote them: small integers as ``int``, all else as exact decimal text."""

from __future__ import annotations

from decimal import Decimal

LARGEST_INTEGER = 2**53
"""Beyond this, either side of zero, other readers of JSON lose digits."""

_MOST_DIGITS = 40
_MOST_EXPONENT = 40


class ExactNumber(str):
    """A JSON number that is no small integer, as its one plain decimal: ``12.5``, ``0.001``.

    It is text so that canonical JSON carries it exactly, and a class of its own so that a
    number is never taken for a string.
    """

    __slots__ = ()


class UnreadableError(ValueError):
    """A token that JSON's grammar allows, or its parsers do, and we do not."""

    def __init__(self, reason: str, literal: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.literal = literal


def exact_integer(text: str) -> int | ExactNumber:
    """An integer literal of any length.

    :raise UnreadableError: it has more digits than any quantity needs.
    """
    return int(text) if len(text) < 16 else exact_number(text)


def exact_number(text: str) -> int | ExactNumber:
    """A number literal; equal numbers come out equal, however they were written.

    :raise UnreadableError: more than 40 significant digits, or an exponent beyond ±40.
    """
    if len(text) <= _MOST_DIGITS and "." in text and text[-1] in "123456789" and "e" not in text and "E" not in text:
        return ExactNumber(text)  # as plain and short as it gets
    mantissa, _, exponent = text.lower().partition("e")
    digits = mantissa.lstrip("-").replace(".", "").lstrip("0")
    if len(digits) > _MOST_DIGITS:
        raise UnreadableError(f"a number may have at most {_MOST_DIGITS} digits", text)
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > _MOST_EXPONENT):
        raise _too_far(text)
    value = Decimal(text)
    if value and abs(value.adjusted()) > _MOST_EXPONENT:
        raise _too_far(text)
    return _spelled(value)


def _spelled(value: Decimal) -> int | ExactNumber:
    if value == value.to_integral_value():
        whole = int(value)
        return whole if -LARGEST_INTEGER <= whole <= LARGEST_INTEGER else ExactNumber(whole)
    return ExactNumber(f"{value:f}".rstrip("0"))


def _too_far(text: str) -> UnreadableError:
    return UnreadableError(f"a number may lie at most {_MOST_EXPONENT} places from its point", text)

"""Strict marshmallow fields: no coercion, and a sentence for everything refused.

The value of a confidential field is never repeated in a message, since messages are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from marshmallow import ValidationError, fields

from tracker.catalogue.model import Field, FieldType
from tracker.catalogue.values import MAX_DIGITS, scaled
from tracker.intake.bounds import bounds_of
from tracker.intake.exact import LARGEST_INTEGER, ExactNumber
from tracker.intake.pointers import did_you_mean, kind_of, listed, quoted
from tracker.intake.texts import LONGEST_ID, LONGEST_LINK, is_identifier, is_link, is_prose
from tracker.intake.times import instant_of, is_date

MOST_ITEMS = 1_000

_LONGEST_NUMBER = 60
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII).fullmatch
_VISIBLE = f"must have 1 to {LONGEST_ID} characters, without spaces, control, direction or invisible characters"


class StrictField(fields.Field[Any]):
    """The base: built from a field of the catalogue, required or not, never null."""

    default_error_messages = {  # noqa: RUF012 - marshmallow declares it so
        "required": "is required",
        "null": "is null; leave the field out where there is no value",
    }

    def __init__(self, declared: Field) -> None:
        super().__init__(required=declared.required)
        self.declared = declared

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """:raise ValidationError: with what is expected instead."""
        raise NotImplementedError

    def _string(self, value: Any, expected: str) -> None:
        if type(value) is not str:
            _refuse(f"must be {expected}, not {kind_of(value)}")

    def _shown(self, value: Any) -> str:
        return "the value" if self.declared.confidential else quoted(value)


def _refuse(words: str) -> NoReturn:
    raise ValidationError(words)


class Text(StrictField):
    """Prose."""

    def check(self, value: Any) -> None:
        self._string(value, "a string")
        longest = self.declared.max_length
        if not value:
            _refuse("is empty; leave the field out where there is no text")
        if len(value) > longest:
            _refuse(f"has {len(value)} characters; at most {longest} are allowed")
        if not is_prose(value, longest):
            _refuse("holds a control character; only line feed and tab are allowed")


class Choice(StrictField):
    """One of the declared codes."""

    def check(self, value: Any) -> None:
        choices = self.declared.choices
        self._string(value, f"one of {listed(choices)}")
        if value not in choices:
            hint = "" if self.declared.confidential else did_you_mean(value, choices)
            _refuse(f"{self._shown(value)} is not allowed.{hint} Allowed are {listed(choices)}.")


class Integer(StrictField):
    """A JSON number without decimals."""

    def check(self, value: Any) -> None:
        if type(value) is ExactNumber:
            digits = f"within ±{LARGEST_INTEGER}" if "." not in value else "without decimals"
            _refuse(f"must be a whole number {digits}")
        if type(value) is not int:
            _refuse(f"must be a whole number as a JSON number, not {kind_of(value)}")
        check_range(self.declared, value)


class Number(StrictField):
    """An exact decimal: a JSON number, or a plain decimal as a string."""

    def check(self, value: Any) -> None:
        if type(value) not in (int, str, ExactNumber):
            _refuse(f"must be a number, not {kind_of(value)}")
        check_range(self.declared, exactly(value, self.declared.scale))


class Money(StrictField):
    """An amount and its currency."""

    def check(self, value: Any) -> None:
        if type(value) is not dict:
            _refuse(f'must be an object such as {{"amount": "12.50", "currency": "{self.declared.currency}"}}')
        mistakes = {name: ["is no part of money; allowed are amount and currency"] for name in value} | {
            "amount": _words_of(self._check_amount, value.get("amount")),
            "currency": _words_of(self._check_currency, value.get("currency")),
        }
        found = {name: words for name, words in mistakes.items() if words}
        if found:
            raise ValidationError(found)

    def _check_amount(self, value: Any) -> None:
        if value is None:
            _refuse('is required, as a string such as "12.50"')
        if type(value) is ExactNumber:
            _refuse('send the amount as a string, such as "12.50"')
        if type(value) not in (int, str):
            _refuse(f'must be a decimal in a string, such as "12.50", not {kind_of(value)}')
        check_range(self.declared, exactly(value, self.declared.scale))

    def _check_currency(self, value: Any) -> None:
        if type(value) is not str or value != self.declared.currency:
            _refuse(f'must be "{self.declared.currency}"')


class Date(StrictField):
    """A day."""

    def check(self, value: Any) -> None:
        self._string(value, "a day such as 2020-03-05")
        if not is_date(value):
            _refuse("must be a day that exists, written as 2020-03-05")


class Time(StrictField):
    """An instant."""

    def check(self, value: Any) -> None:
        try:
            instant_of(value)
        except ValueError as error:
            _refuse(str(error))


class Id(StrictField):
    """An identifier."""

    def check(self, value: Any) -> None:
        self._string(value, "an identifier in a string")
        if not is_identifier(value):
            _refuse(_VISIBLE)


class Link(StrictField):
    """A web address, which is never fetched."""

    def check(self, value: Any) -> None:
        self._string(value, "an http or https address")
        if not is_link(value):
            _refuse(f"must be an http or https address of at most {LONGEST_LINK} characters, others percent-encoded")


class Flag(StrictField):
    """True or false."""

    def check(self, value: Any) -> None:
        if type(value) is not bool:
            _refuse(f"must be true or false, not {kind_of(value)}")


class List(StrictField):
    """Different identifiers, or different short texts."""

    def check(self, value: Any) -> None:
        if type(value) is not list:
            _refuse(f"must be an array, not {kind_of(value)}")
        if len(value) > MOST_ITEMS:
            _refuse(f"has {len(value)} items; at most {MOST_ITEMS} are allowed")
        mistakes = {index: words for index, item in enumerate(value) if (words := _words_of(self._check_item, item))}
        if mistakes:
            raise ValidationError(mistakes)
        if len(set(value)) != len(value):
            again = next(index for index, item in enumerate(value) if item in value[:index])
            raise ValidationError({again: [f"{self._shown(value[again])} appears twice; list each once"]})

    def _check_item(self, item: Any) -> None:
        self._string(item, "a string")
        if self.declared.items is FieldType.ID and not is_identifier(item):
            _refuse(_VISIBLE)
        if self.declared.items is FieldType.TEXT and not is_prose(item, LONGEST_ID):
            _refuse(f"must have 1 to {LONGEST_ID} characters, without control characters")


FIELDS: Mapping[FieldType, type[StrictField]] = {
    FieldType.TEXT: Text,
    FieldType.CHOICE: Choice,
    FieldType.INTEGER: Integer,
    FieldType.NUMBER: Number,
    FieldType.MONEY: Money,
    FieldType.DATE: Date,
    FieldType.TIME: Time,
    FieldType.ID: Id,
    FieldType.LIST: List,
    FieldType.FLAG: Flag,
    FieldType.LINK: Link,
}


def field_for(declared: Field) -> StrictField:
    """The marshmallow field of a field of the catalogue."""
    return FIELDS[declared.type](declared)


def exactly(value: int | str, scale: int) -> int:
    """``value`` as an integer at ``scale``.

    :raise ValidationError: it is no plain decimal, or has more decimals than ``scale``.
    """
    if isinstance(value, str) and not _PLAIN(value):
        _refuse("must be a plain decimal, such as 12.50: digits, and a point where there are decimals")
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        _refuse(f"has {len(value)} characters; at most {_LONGEST_NUMBER} are allowed")
    try:
        return scaled(value, scale)
    except ValueError:
        pass
    whole, _, fraction = str(value).partition(".")
    if len(fraction.rstrip("0")) <= scale:
        _refuse(f"has {len(whole.lstrip('-'))} digits before the point; at most {MAX_DIGITS} are allowed")
    decimals = f"{scale} decimal{'' if scale == 1 else 's'}" if scale else "no decimals"
    _refuse(f"may have {'at most ' if scale else ''}{decimals}; it is never rounded")


def check_range(declared: Field, value: int) -> None:
    """:raise ValidationError: ``value``, at the field's scale, lies outside the field's limits."""
    least, most = bounds_of(declared)
    if value < least:
        _refuse(f"must be at least {_spelled(least, declared.scale)}")
    if value > most:
        _refuse(f"must be at most {_spelled(most, declared.scale)}")


def _spelled(value: int, scale: int) -> str:
    digits = f"{abs(value):0{scale + 1}}"
    whole, decimals = (digits[:-scale], digits[-scale:].rstrip("0")) if scale else (digits, "")
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def _words_of(check: Callable[[Any], None], value: Any) -> list[str]:
    try:
        check(value)
    except ValidationError as error:
        return [str(words) for words in error.messages]
    return []

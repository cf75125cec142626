"""The good path of validation: one closure per event type, built once from the catalogue.

It says yes to exactly what the marshmallow schema of the same type says yes to, and nothing
else: whatever it refuses, the schema explains. Tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tracker.catalogue.model import EventType, Field, FieldType
from tracker.catalogue.values import scaled
from tracker.intake.bounds import bounds_of
from tracker.intake.exact import ExactNumber
from tracker.intake.fields import MOST_ITEMS
from tracker.intake.texts import LONGEST_ID, is_identifier, is_link, is_prose
from tracker.intake.times import is_date, is_instant

Check: TypeAlias = Callable[[Any], bool]


def compiled(event: EventType) -> Callable[[Mapping[str, Any]], bool]:
    """Whether data is what ``event`` declares: known fields, required ones present, each right."""
    checks = {name: check_for(field) for name, field in event.fields.items()}
    required = frozenset(name for name, field in event.fields.items() if field.required)

    def accepts(data: Mapping[str, Any]) -> bool:
        if not required <= data.keys():
            return False
        try:
            for name, value in data.items():
                if not checks[name](value):
                    return False
        except KeyError:
            return False
        return True

    return accepts


def check_for(field: Field) -> Check:
    """The check of one value of ``field``."""
    return _MAKERS[field.type](field)


def _text(field: Field) -> Check:
    longest = field.max_length
    return lambda value: is_prose(value, longest)


def _choice(field: Field) -> Check:
    choices = frozenset(field.choices)
    return lambda value: value.__class__ is str and value in choices


def _integer(field: Field) -> Check:
    least, most = bounds_of(field)
    return lambda value: value.__class__ is int and least <= value <= most


def _number(field: Field) -> Check:
    scale, (least, most) = field.scale, bounds_of(field)
    factor: int = 10**scale

    def accepts(value: Any) -> bool:
        if value.__class__ is int:
            return least <= value * factor <= most
        return (value.__class__ is str or value.__class__ is ExactNumber) and _within(value, scale, least, most)

    return accepts


def _money(field: Field) -> Check:
    scale, (least, most), currency = field.scale, bounds_of(field), field.currency
    factor: int = 10**scale

    def accepts(value: Any) -> bool:
        if value.__class__ is not dict or len(value) != 2:
            return False
        amount, found = value.get("amount"), value.get("currency")
        if found.__class__ is not str or found != currency:
            return False
        if amount.__class__ is int:
            return least <= amount * factor <= most
        return amount.__class__ is str and _within(amount, scale, least, most)

    return accepts


def _within(value: str, scale: int, least: int, most: int) -> bool:
    try:
        return least <= scaled(value, scale) <= most
    except ValueError:
        return False


def _list(field: Field) -> Check:
    good: Check = is_identifier if field.items is FieldType.ID else lambda item: is_prose(item, LONGEST_ID)

    def accepts(value: Any) -> bool:
        if value.__class__ is not list or len(value) > MOST_ITEMS:
            return False
        return all(map(good, value)) and len(set(value)) == len(value)

    return accepts


_MAKERS: Mapping[FieldType, Callable[[Field], Check]] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: lambda _: is_date,
    FieldType.TIME: lambda _: is_instant,
    FieldType.ID: lambda _: is_identifier,
    FieldType.LIST: _list,
    FieldType.FLAG: lambda _: lambda value: value.__class__ is bool,
    FieldType.LINK: lambda _: is_link,
}

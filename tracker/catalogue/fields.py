"""Building the fields of an event's data, each type with the keys it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tracker.catalogue.labels import label
from tracker.catalogue.model import Field, FieldType, Label
from tracker.catalogue.organisation import CURRENCY
from tracker.catalogue.reader import CODE, Section, unknown
from tracker.catalogue.scope import FieldScope

RESERVED = frozenset({"subject", "entity", "day", "commitment"})
"""Pseudo-fields, which no field of the data may hide."""

DIMENSIONS = frozenset({FieldType.CHOICE, FieldType.FLAG, FieldType.ID, FieldType.INTEGER, FieldType.TEXT})
"""Types whose values may name the cells of a breakdown."""

MAX_SCALE = 9
_LISTS = ("sites", "entities")


def field(name: str, section: Section, scope: FieldScope) -> Field | None:
    """Read the declaration of one field; None where its type is not known."""
    written = label(section, "label", scope.locales)
    shared: dict[str, Any] = {key: section.flag(key) for key in ("required", "confidential", "dimension")}
    kind = section.choice("type", list(FieldType), kind="field type")
    if not kind:
        return None
    built = Field(name, FieldType(kind), written, **shared, **_extras(FieldType(kind), section, scope))
    section.close(lambda key: _explain(key, built.type))
    _check_dimension(section, built)
    return built


_KEYS = {
    FieldType.CHOICE: ("of",),
    FieldType.INTEGER: ("min", "max"),
    FieldType.NUMBER: ("min", "max", "scale"),
    FieldType.MONEY: ("min", "max", "scale", "currency"),
    FieldType.TEXT: ("max",),
    FieldType.LIST: ("of",),
}


def _explain(key: str, kind: FieldType) -> str | None:
    """A key that another type of field takes deserves more than "unknown"."""
    if not any(key in keys for keys in _KEYS.values()):
        return None
    takes = ", ".join(_KEYS.get(kind, ())) or "no keys of its own"
    return f"a field of type {kind.value!r} does not take {key!r}; it takes {takes}"


def _extras(kind: FieldType, section: Section, scope: FieldScope) -> Mapping[str, Any]:
    reading = _READING.get(kind)
    return reading(section, scope) if reading else {}


def _choice(section: Section, scope: FieldScope) -> dict[str, Any]:
    return {"choices": _choices(section, scope)}


def _choices(section: Section, scope: FieldScope) -> Mapping[str, Label]:
    of = section.get("of", str, dict)
    if isinstance(of, str):
        return _borrowed(section, of, scope)
    choices = section.at("of", of)
    found = {code: label(choices, code, scope.locales) for code in choices.named(CODE, "china or 18_to_30")}
    if of == {}:
        section.wrong("of", "is empty; a choice needs something to choose from")
    return found


def _borrowed(section: Section, name: str, scope: FieldScope) -> Mapping[str, Label]:
    if name not in _LISTS:
        section.wrong("of", unknown("list", name, _LISTS))
        return {}
    if not scope.places[name]:
        section.wrong("of", f"the organisation has no {name}; list them in organisation.yaml")
    return scope.places[name]


def _integer(section: Section, scope: FieldScope) -> dict[str, Any]:
    return _bounds(section, 0, None)


def _number(section: Section, scope: FieldScope) -> dict[str, Any]:
    scale = section.integer("scale", 0, MAX_SCALE, default=0)
    return {"scale": scale, **_bounds(section, scale, None)}


def _money(section: Section, scope: FieldScope) -> dict[str, Any]:
    scale = section.integer("scale", 0, MAX_SCALE, default=2)
    currency = section.shaped("currency", CURRENCY, "CNY (three capital letters)", optional=True)
    return {"scale": scale, "currency": currency or scope.currency, **_bounds(section, scale, Decimal(0))}


def _bounds(section: Section, scale: int, lowest: Decimal | None) -> dict[str, Any]:
    low, high = (_bound(section, key, scale) for key in ("min", "max"))
    low = lowest if low is None else low
    if low is not None and high is not None and low > high:
        section.wrong("max", f"is {high}, less than the smallest value {low}")
    return {"minimum": low, "maximum": high}


def _bound(section: Section, key: str, scale: int) -> Decimal | None:
    found = section.decimal(key)
    if found is not None and found != round(found, scale):
        section.wrong(key, f"is {found}, but a value may have only {scale} decimals")
    return found


def _text(section: Section, scope: FieldScope) -> dict[str, Any]:
    return {"max_length": section.integer("max", 1, 1_000_000, default=10_000)}


def _list(section: Section, scope: FieldScope) -> dict[str, Any]:
    items = section.choice("of", ("id", "text"), kind="type of items")
    return {"items": FieldType(items or "id")}


_READING: Mapping[FieldType, Callable[[Section, FieldScope], dict[str, Any]]] = {
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.TEXT: _text,
    FieldType.LIST: _list,
}


def _check_dimension(section: Section, field: Field) -> None:
    if not field.dimension:
        return
    if field.type not in DIMENSIONS:
        allowed = ", ".join(sorted(DIMENSIONS))
        section.wrong("dimension", f"a field of type {field.type.value!r} cannot be a dimension; only {allowed} can")
    if field.confidential:
        section.wrong("dimension", "a confidential field cannot be a dimension; figures would tell its values")

"""How a metric reads fields: as value, as filter, or as dimension; and what it may not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tracker.catalogue.fields import DIMENSIONS
from tracker.catalogue.model import Field, FieldType, Measure
from tracker.catalogue.reader import Section, spell, unknown
from tracker.catalogue.scope import Scope

PSEUDO = ("subject", "entity", "day")
"""What every event has, and ``distinct`` may count."""

_CELLS = ("subject", "entity")
_FILTERS = (FieldType.CHOICE, FieldType.FLAG, FieldType.ID, FieldType.INTEGER)
_DIMENSIONS = tuple(kind for kind in FieldType if kind in DIMENSIONS)
_PYTHON = {FieldType.CHOICE: str, FieldType.FLAG: bool, FieldType.ID: str, FieldType.INTEGER: int}


def recorded(
    section: Section,
    key: str,
    name: str,
    events: Sequence[str],
    scope: Scope,
    *,
    types: Collection[FieldType],
    use: str,
) -> Field | None:
    """The field ``name`` of all ``events``, if each of them has it and it may serve as ``use``."""
    if not events or any((event, name) in scope.broken for event in events):
        return None
    for event in events:
        if name not in (fields := scope.events[event].fields):
            section.wrong(key, f"{unknown('field', name, fields)} (event {event})")
            return None
    found = [scope.events[event].fields[name] for event in events]
    fits = all(_allowed(section, key, each, types, use) for each in found) and _alike(section, key, found)
    return found[0] if fits else None


def _allowed(section: Section, key: str, field: Field, types: Collection[FieldType], use: str) -> bool:
    if field.confidential:
        section.wrong(key, f"{field.name!r} is confidential and cannot be a {use}; figures would tell its values")
    elif field.type not in types:
        expected = ", ".join(kind.value for kind in types)
        section.wrong(key, f"{field.name!r} is of type {field.type.value!r}; a {use} must be of type {expected}")
    else:
        return True
    return False


def _alike(section: Section, key: str, fields: Sequence[Field]) -> bool:
    """One tally holds the values of all events, so they must mean the same."""
    kinds = {(each.type, each.scale, each.currency, each.items) for each in fields}
    if len(kinds) > 1:
        section.wrong(key, f"{fields[0].name!r} differs in type, scale or currency among the events")
    return len(kinds) == 1


def check_currency(section: Section, unit: str, field: Field, measure: Measure, scope: Scope) -> None:
    """Money must come out in its own currency. A mean may be in another unit, but not in other money."""
    if field.type is not FieldType.MONEY or unit not in scope.units or measure is Measure.DISTINCT:
        return
    currency = scope.units[unit].currency
    if currency != field.currency and (currency or measure is not Measure.MEAN):
        said = f"is in {currency}" if currency else "has no currency"
        section.wrong("unit", f"{unit!r} {said}, but {field.name!r} is in {field.currency}")


def by(section: Section, events: Sequence[str], scope: Scope) -> tuple[tuple[str, ...], ...]:
    """The groupings under ``by``, of dimensions that all events have."""
    groups = groupings(section)
    for name in dict.fromkeys(name for group in groups for name in group):
        _check_dimension(section, "by", name, events, scope)
    return groups


def groupings(section: Section) -> tuple[tuple[str, ...], ...]:
    """The groupings under ``by``: names alone, and nested lists of names that are crossed."""
    found = section.get("by", str, list, optional=True)
    groups = [_group(section, each) for each in ([found] if isinstance(found, str) else found or [])]
    if len({frozenset(group) for group in groups}) < len(groups):
        section.wrong("by", "groups by the same twice")
    return tuple(dict.fromkeys(group for group in groups if group))


def _group(section: Section, group: Any) -> tuple[str, ...]:
    names = group if isinstance(group, list) else [group]
    if not names or not all(isinstance(name, str) and name for name in names):
        section.wrong("by", "expected names of dimensions, and lists of names to cross them")
        return ()
    if len(set(names)) < len(names):
        section.wrong("by", f"crosses a dimension with itself in [{', '.join(names)}]")
    return tuple(dict.fromkeys(names))


def per(section: Section, events: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """The dimensions under ``per``."""
    names = section.names("per", optional=True)
    for name in names:
        _check_dimension(section, "per", name, events, scope)
    return names


def _check_dimension(section: Section, key: str, name: str, events: Sequence[str], scope: Scope) -> None:
    if name in _CELLS:
        return
    found = recorded(section, key, name, events, scope, types=_DIMENSIONS, use="dimension")
    if found and not all(scope.events[event].fields[name].dimension for event in events):
        section.wrong(key, f"{name!r} is not a dimension; mark the field `dimension: true` in every event read")


def where(section: Section, events: Sequence[str], scope: Scope) -> Mapping[str, tuple[str | int | bool, ...]]:
    """The filter: for each field the values that pass."""
    found = section.section("where", optional=True)
    return {name: _passing(found, name, events, scope) for name in found.data}


def _passing(section: Section, name: str, events: Sequence[str], scope: Scope) -> tuple[str | int | bool, ...]:
    written = section.get(name, str, int, bool, list) if name in section else None
    values: list[Any] = written if isinstance(written, list) else [] if written is None else [written]
    if written == []:
        section.wrong(name, "lets nothing pass")
    if field := recorded(section, name, name, events, scope, types=_FILTERS, use="filter"):
        choices = [set(scope.events[event].fields[name].choices) for event in events]
        for value in values:
            _check_passing(section, field, value, set[str]().union(*choices))
    return tuple(dict.fromkeys(values)) if all(isinstance(each, (str, int)) for each in values) else ()


def _check_passing(section: Section, field: Field, value: Any, choices: Collection[str]) -> None:
    kind = _PYTHON[field.type]
    if type(value) is not kind:
        section.wrong(field.name, f"{value!r} is {spell(value)}; expected {spell(kind())}")
    elif field.type is FieldType.CHOICE and value not in choices:
        section.wrong(field.name, unknown("choice", value, choices))

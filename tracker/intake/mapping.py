"""How the columns of a CSV file become events: a small YAML file, checked against the catalogue.

    constants: {type: suppliers.supplier.registered, source: /import/erp}
    columns: {id: Ref, subject: Supplier, time: Date, data.region: Region, data.amount.amount: Sum}
    time_zone: Asia/Shanghai
    list_separator: ";"

Left of each colon stands an attribute of the event or a field of its data. A constant is a cell
that is the same in every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.catalogue import strict_yaml
from tracker.catalogue.model import Catalogue, EventType, Field, FieldType
from tracker.catalogue.reader import Mistakes
from tracker.errors import CatalogueInvalid, Invalid, Mistake
from tracker.intake.pointers import did_you_mean, kind_of, listed, quoted

ATTRIBUTES = ("id", "source", "type", "subject", "time", "entity")
_REQUIRED = ("id", "source", "type", "time")
_KEYS = ("constants", "columns", "time_zone", "list_separator")
_MONEY_PARTS = ("amount", "currency")


@dataclass(frozen=True)
class CsvMapping:
    """Targets (``id``, ``data.region``, ``data.amount.amount``) to constants and to columns."""

    constants: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    time_zone: ZoneInfo | None = None
    list_separator: str = ";"

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that is filled, constants first."""
        return (*self.constants, *self.columns)


def read_mapping(text: str, *, file: str = "mapping") -> CsvMapping:
    """The mapping that a YAML text describes.

    :raise Invalid: listing every mistake of the text itself; the catalogue is asked later.
    """
    noted = Mistakes()
    value = strict_yaml.parse(text, file, noted)
    try:
        noted.check()
    except CatalogueInvalid as error:
        raise _invalid(error.mistakes) from None
    if not isinstance(value, dict):
        raise _invalid([Mistake(file, "must be a mapping with the key columns")])
    mistakes = [*_shape_mistakes(value)]
    if mistakes:
        raise _invalid(mistakes)
    zone = value.get("time_zone")
    return CsvMapping(
        {target: _cell(each) for target, each in (value.get("constants") or {}).items()},
        {target: _cell(each) for target, each in (value.get("columns") or {}).items()},
        None if zone is None else ZoneInfo(zone),
        value.get("list_separator", ";"),
    )


def _invalid(mistakes: Sequence[Mistake]) -> Invalid:
    return Invalid("The mapping of the CSV file has mistakes; nothing was read.", mistakes)


def _cell(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _shape_mistakes(value: Mapping[str, Any]) -> Iterator[Mistake]:
    for key in value:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            yield Mistake(key, f"is no key of a mapping.{hint} Allowed are {listed(_KEYS)}.")
    for key in ("constants", "columns"):
        yield from _table_mistakes(key, value.get(key))
    zone = value.get("time_zone")
    if zone is not None and not _is_zone(zone):
        yield Mistake("time_zone", f"{quoted(zone)} is no time zone; write one such as Asia/Shanghai")
    separator = value.get("list_separator", ";")
    if not isinstance(separator, str) or not separator.strip():
        yield Mistake("list_separator", "must be a character such as ;")


def _table_mistakes(key: str, table: Any) -> Iterator[Mistake]:
    if not isinstance(table, dict | None):
        yield Mistake(key, f"must be a mapping, not {kind_of(table)}")
        return
    for target, cell in (table or {}).items():
        if cell is None or isinstance(cell, dict | list):
            yield Mistake(f"{key}.{target}", f"must be a single value, not {kind_of(cell)}")


def _is_zone(value: Any) -> bool:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        return False
    return True


def check_mapping(mapping: CsvMapping, catalogue: Catalogue, header: Sequence[str]) -> None:
    """:raise Invalid: listing everything in which mapping, catalogue and header do not fit together."""
    mistakes = [
        *_header_mistakes(mapping, header),
        *(
            Mistake(f"constants.{each}", "is also a column; keep one")
            for each in mapping.constants
            if each in mapping.columns
        ),
        *(Mistake(name, "is required, as a constant or a column") for name in _REQUIRED if name not in mapping.targets),
        *_target_mistakes(mapping, catalogue),
    ]
    if mistakes:
        raise _invalid(mistakes)


def _header_mistakes(mapping: CsvMapping, header: Sequence[str]) -> Iterator[Mistake]:
    for name in dict.fromkeys(header):
        if header.count(name) > 1 and name in mapping.columns.values():
            yield Mistake(f"column {name}", "stands in the header more than once; rename one")
    for target, column in mapping.columns.items():
        if column not in header:
            hint = did_you_mean(column, header)
            yield Mistake(f"columns.{target}", f"the file has no column {quoted(column)}.{hint}")


def _target_mistakes(mapping: CsvMapping, catalogue: Catalogue) -> Iterator[Mistake]:
    constant = mapping.constants.get("type")
    if constant is not None and constant not in catalogue.events:
        hint = did_you_mean(constant, catalogue.events)
        yield Mistake("constants.type", f"{quoted(constant)} is no event type of the catalogue.{hint}")
        return
    types = list(catalogue.events.values()) if constant is None else [catalogue.events[constant]]
    for target in mapping.targets:
        if not _is_target(target, types):
            table = "constants" if target in mapping.constants else "columns"
            yield Mistake(f"{table}.{target}", _unknown_target(target, types))
    if constant is not None:
        yield from _missing_fields(mapping, types[0])


def _is_target(target: str, types: Sequence[EventType]) -> bool:
    match target.split("."):
        case [name]:
            return name in ATTRIBUTES
        case ["data", name]:
            return any(_declares(each, name, money=False) for each in types)
        case ["data", name, part]:
            return part in _MONEY_PARTS and any(_declares(each, name, money=True) for each in types)
    return False


def _declares(event: EventType, name: str, *, money: bool) -> bool:
    declared = event.fields.get(name)
    return declared is not None and (declared.type is FieldType.MONEY) is money


def _unknown_target(target: str, types: Sequence[EventType]) -> str:
    known = [*ATTRIBUTES, *dict.fromkeys(each for event in types for each in targets_of(event))]
    return f"is nothing that an event has.{did_you_mean(target, known)} There are {listed(known)}."


def targets_of(event: EventType) -> list[str]:
    """What a mapping may fill of an event's data."""
    return [target for each in event.fields.values() for target in _targets_of_field(each)]


def _targets_of_field(declared: Field) -> list[str]:
    whole = f"data.{declared.name}"
    return [f"{whole}.{part}" for part in _MONEY_PARTS] if declared.type is FieldType.MONEY else [whole]


def _missing_fields(mapping: CsvMapping, event: EventType) -> Iterator[Mistake]:
    for each in event.fields.values():
        first = _targets_of_field(each)[0]
        if each.required and first not in mapping.targets:
            yield Mistake(first, f"is required by {event.type}, as a constant or a column")

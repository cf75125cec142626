"""One CSV row becomes one event: each cell by the type of the field it fills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracker.catalogue.model import Catalogue, EventType, Field, FieldType
from tracker.intake.mapping import CsvMapping

_INTEGER = re.compile(r"-?\d{1,15}", re.ASCII).fullmatch
_FLAGS = {"true": True, "false": False}
_LOCAL = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)?)?", re.ASCII).fullmatch


class RowReader:
    """Turns rows under one header into events. The mapping has been checked."""

    def __init__(self, mapping: CsvMapping, catalogue: Catalogue, header: Sequence[str]) -> None:
        self._mapping, self._events = mapping, catalogue.events
        self._columns = [(target, header.index(column)) for target, column in mapping.columns.items()]

    def event(self, row: Sequence[str]) -> Mapping[str, object]:
        """The event that a row describes, as parsed JSON. What does not fit its field stays text,
        so that the field's own check refuses it and says why."""
        cells = dict(self._filled(row))
        event: dict[str, Any] = {"specversion": "1.0"}
        event |= {target: cell for target, cell in cells.items() if not target.startswith("data.")}
        if "time" in event:
            event["time"] = with_zone(event["time"], self._mapping.time_zone)
        event["data"] = self._data(cells, self._events.get(event.get("type", "")))
        return event

    def _filled(self, row: Sequence[str]) -> Iterator[tuple[str, str]]:
        yield from self._mapping.constants.items()
        for target, at in self._columns:
            if cell := row[at].strip():
                yield target, cell

    def _data(self, cells: Mapping[str, str], event: EventType | None) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for target, cell in cells.items():
            match target.split("."):
                case ["data", name]:
                    data[name] = self._value(cell, event, name)
                case ["data", name, part]:
                    data.setdefault(name, {})[part] = cell
        return {name: _with_currency(value, event, name) for name, value in data.items()}

    def _value(self, cell: str, event: EventType | None, name: str) -> Any:
        field = _field(event, name)
        match field.type if field else None:
            case FieldType.INTEGER:
                return int(cell) if _INTEGER(cell) else cell
            case FieldType.FLAG:
                return _FLAGS.get(cell, cell)
            case FieldType.LIST:
                return [item for each in cell.split(self._mapping.list_separator) if (item := each.strip())]
            case FieldType.TIME:
                return with_zone(cell, self._mapping.time_zone)
            case FieldType.TEXT:
                return cell.replace("\r\n", "\n").replace("\r", "\n")
            case _:
                return cell


def _field(event: EventType | None, name: str) -> Field | None:
    return event.fields.get(name) if event else None


def _with_currency(value: Any, event: EventType | None, name: str) -> Any:
    field = _field(event, name)
    if isinstance(value, dict) and "amount" in value and field and field.currency:
        return {"currency": field.currency, **value}
    return value


def with_zone(text: str, zone: ZoneInfo | None) -> str:
    """A local time or a plain day (its beginning) with the zone's offset; any other text as it is.

    A local time that a change of the clocks skips or repeats stays without an offset, and is
    refused for that: only the writer knows which was meant.
    """
    found = _LOCAL(text)
    if zone is None or found is None:
        return text
    day, minute, rest = found.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{minute or '00:00'}{rest or ':00'}").replace(tzinfo=zone)
    except ValueError:
        return text
    if minute and local.utcoffset() != local.replace(fold=1).utcoffset():
        return text
    return local.isoformat()

"""What an event says, field by field in people's words: by the catalogue's labels, with what is confidential closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tracker.catalogue import EventType
from tracker.catalogue.model import Field, FieldType
from tracker.web.languages import _, lazy
from tracker.web.rendering import day, instant, label, number, service


class Said(NamedTuple):
    """One field: its label and what it says; ``closed`` where that is confidential and not to be read here."""

    words: str
    value: str
    closed: bool = False


def said(type: str, data: Mapping[str, Any], opened: Mapping[str, Any] | None = None) -> list[Said]:
    """What the data of an event says, in the order of its type's fields; ``opened`` are confidential values by JSON
    pointer. A field that the catalogue does not know (any more) goes by its name."""
    declared = service().catalogue.events.get(type)
    return list(_said(declared, data, opened or {}))


def type_words(type: str) -> str:
    """What an event type is called."""
    known = service().catalogue.events.get(type)
    if known is not None and not type.startswith("tracker."):
        return label(known.label)
    return str(_OWN.get(type, type))


def full_words(type: str) -> str:
    """What an event type is called among those of all domains."""
    domain = service().catalogue.domains.get(type.partition(".")[0])
    return f"{label(domain.label)} · {type_words(type)}" if domain else type_words(type)


def _said(declared: EventType | None, data: Mapping[str, Any], opened: Mapping[str, Any]) -> Iterator[Said]:
    fields = declared.fields if declared else {}
    for name in sorted(data, key=list(fields).index) if data.keys() <= fields.keys() else data:
        field, value = fields.get(name), data[name]
        words = label(field.label) if field else name
        if isinstance(value, dict) and value.keys() == {"commitment"}:
            known = opened.get(f"/{name}")
            yield Said(words, _("confidential") if known is None else printed(field, known), closed=known is None)
        else:
            yield Said(words, printed(field, value))


def printed(field: Field | None, value: Any) -> str:
    """A value as people read it."""
    if field is None or value is None:
        return "" if value is None else str(value)
    printer = _PRINTERS.get(field.type)
    return str(value) if printer is None else printer(field, value)


def _money(_field: Field, value: Any) -> str:
    return f"{value['currency']} {number(value['amount'])}"


def _choice(field: Field, value: Any) -> str:
    return label(field.choices[value]) if value in field.choices else str(value)


def _list(_field: Field, value: Any) -> str:
    return _(", ").join(value)


_PRINTERS: Mapping[FieldType, Callable[[Field, Any], str]] = {
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: lambda _field, value: number(value),
    FieldType.NUMBER: lambda _field, value: number(value),
    FieldType.MONEY: _money,
    FieldType.DATE: lambda _field, value: day(value),
    FieldType.TIME: lambda _field, value: instant(value),
    FieldType.FLAG: lambda _field, value: _("Yes") if value else _("No"),
    FieldType.LIST: _list,
}

_OWN: Mapping[str, Any] = {
    "tracker.event.corrected": lazy("Correction"),
    "tracker.event.voided": lazy("Void"),
    "tracker.balance.opened": lazy("Opening balance"),
    "tracker.period.nothing_to_report": lazy("Nothing to report"),
    "tracker.evidence.attached": lazy("File attached"),
}

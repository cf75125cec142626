"""JSON Schemas of the catalogue's event types (Draft 2020-12, as OpenAPI 3.1 uses it), each with a valid example.

They refuse nothing that intake takes, but for a spelling or two of ``datacontenttype``. Intake refuses a little more:
days that do not exist, invisible characters, bounds of decimals in strings, and what hangs on other events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from tracker.catalogue.model import Catalogue, EventType, Field, FieldType, Label, Measure, Metric
from tracker.intake.bounds import bounds_of
from tracker.intake.exact import LARGEST_INTEGER
from tracker.intake.fields import MOST_ITEMS
from tracker.intake.texts import LONGEST_ID, LONGEST_LINK
from tracker.intake.validation import subject_types
from tracker.ledger.events import ATTACHED, CORRECTED, NOTHING, OPENED, VOIDED

Json: TypeAlias = dict[str, Any]

ID: Json = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": r"^\S+$"}
TIME: Json = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    "description": "RFC 3339, with an offset",
}
_DATE: Json = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_SOURCE: Json = {"type": "string", "format": "uri-reference", "maxLength": LONGEST_ID, "pattern": "^[!-~]+$"}
_SEQ: Json = {"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER}
_PERIOD: Json = {"type": "string", "pattern": "^[0-9]{4}(-(Q[1-4]|[0-9]{2}(-[0-9]{2})?))?$"}
_QUANTITY: Json = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}]}
_SUBJECT = "subject-1"
_DAY = "2020-03-05"
_MOMENT = f"{_DAY}T10:00:00+08:00"


def event_schemas(catalogue: Catalogue) -> dict[str, Json]:
    """The schema of each type, by its name."""
    needing = subject_types(catalogue)
    reserved = _reserved(catalogue)
    entity = _entity(catalogue)
    found = {
        name: _envelope(event, *(reserved.get(name) or _declared(event)), subject=name in needing, entity=entity)
        for name, event in catalogue.events.items()
        if name != ATTACHED  # files come from people, on pages: no machine sends them
    }
    example_of(found[OPENED])["time"] = _before_the_ledger(catalogue)
    if next(iter(found)) in needing:  # of the first one the correction is shown
        example_of(found[CORRECTED])["subject"] = _SUBJECT
    return found


def example_of(schema: Json) -> Json:
    """The example of an event's schema."""
    found: Json = schema["examples"][0]
    return found


def _before_the_ledger(catalogue: Catalogue) -> str:
    first = catalogue.calendar.parse(str(catalogue.organisation.first_year)).first_day
    day = min(date.fromisoformat(_DAY), first - timedelta(days=2))  # two, so that it is earlier in every zone
    return f"{day}T12:00:00Z"


def _entity(catalogue: Catalogue) -> Json:
    entities = catalogue.organisation.entities
    return {"enum": [*entities, None]} if entities else _optional(ID)


def _optional(schema: Json) -> Json:
    # Null is the same as absent for a CloudEvents attribute (JSON format, 2.2).
    return schema | {"type": [schema["type"], "null"]}


def _envelope(event: EventType, data: Json, example: Json, *, subject: bool, entity: Json) -> Json:
    domain, _, rest = event.type.partition(".")
    attributes: Json = {
        "specversion": {"const": "1.0"},
        "id": ID | {"description": "unique within its source"},
        "source": _SOURCE,
        "type": {"const": event.type},
        "time": TIME,
        "subject": ID if subject else _optional(ID),
        "entity": entity,
        "datacontenttype": {"enum": ["application/json", None]},
        "dataschema": {},
        "traceparent": {},
        "tracestate": {},
        "data": data,
    }
    required = ["specversion", "id", "source", "type", "time", *(["subject"] if subject else ())]
    shown = {
        "specversion": "1.0",
        "id": f"{rest.replace('.', '-').replace('_', '-')}-1",
        "source": f"/{domain}",
        "type": event.type,
    }
    shown |= {"time": _MOMENT} | ({"subject": _SUBJECT} if subject else {})
    return {
        "type": "object",
        "title": _words(event.label),
        "properties": attributes,
        "required": required + (["data"] if data.get("required") else []),
        "additionalProperties": False,
        "examples": [shown | {"data": example}],
    }


def _declared(event: EventType) -> tuple[Json, Json]:
    """The schema of the data that the catalogue declares, and an example with what is required."""
    fields = event.fields
    required = [name for name, field in fields.items() if field.required]
    data = _object({name: _field(field) for name, field in fields.items()}, required)
    return data, {name: _EXAMPLES[fields[name].type](fields[name]) for name in required or list(fields)[:1]}


def _object(properties: Mapping[str, Json], required: list[str]) -> Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def _field(field: Field) -> Json:
    schema = dict(_SCHEMAS[field.type](field))
    words = _words(field.label)
    if field.choices:
        words += ": " + ", ".join(f"{name} ({_words(label)})" for name, label in field.choices.items())
    if field.confidential:
        words += " (confidential)"
    return schema | {"description": words}


def _words(label: Label) -> str:
    return label.get("en") or next(iter(label.values()), "")


def _bounds(field: Field) -> Json:
    least, most = bounds_of(field)
    return {"minimum": _unscaled(least, field.scale), "maximum": _unscaled(most, field.scale)}


def _unscaled(value: int, scale: int) -> int | float:
    exact = Decimal(value).scaleb(-scale)
    return int(exact) if exact == exact.to_integral_value() else float(exact)  # JSON Schema knows no other number


def _decimal(field: Field) -> Json:
    decimals = rf"(\.[0-9]{{1,{field.scale}}}0*)?" if field.scale else r"(\.0+)?"
    return {"type": "string", "pattern": rf"^-?[0-9]{{1,18}}{decimals}$"}


def _number(field: Field) -> Json:
    return {"anyOf": [{"type": "number", **_bounds(field)}, _decimal(field)]}


def _money(field: Field) -> Json:
    amount = {"anyOf": [{"type": "integer", **_bounds(field)}, _decimal(field)]}
    return _object({"amount": amount, "currency": {"const": field.currency}}, ["amount", "currency"])


def _list(field: Field) -> Json:
    items = ID if field.items is FieldType.ID else {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
    return {"type": "array", "items": items, "maxItems": MOST_ITEMS, "uniqueItems": True}


_SCHEMAS: Mapping[FieldType, Callable[[Field], Json]] = {
    FieldType.TEXT: lambda field: {"type": "string", "minLength": 1, "maxLength": field.max_length},
    FieldType.CHOICE: lambda field: {"enum": list(field.choices)},
    FieldType.INTEGER: lambda field: {"type": "integer", **_bounds(field)},
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: lambda _: _DATE,
    FieldType.TIME: lambda _: TIME,
    FieldType.ID: lambda _: ID,
    FieldType.LIST: _list,
    FieldType.FLAG: lambda _: {"type": "boolean"},
    FieldType.LINK: lambda _: {"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": LONGEST_LINK},
}


def _some(field: Field) -> str:
    """A number within the bounds, as a decimal string: one, or the nearest to it."""
    least, most = bounds_of(field)
    chosen = min(max(10**field.scale, least), most)
    return f"{Decimal(chosen).scaleb(-field.scale):f}"


_EXAMPLES: Mapping[FieldType, Callable[[Field], Any]] = {
    FieldType.TEXT: lambda field: "in words"[: field.max_length],
    FieldType.CHOICE: lambda field: next(iter(field.choices)),
    FieldType.INTEGER: lambda field: int(_some(field)),
    FieldType.NUMBER: _some,
    FieldType.MONEY: lambda field: {"amount": _some(field), "currency": field.currency},
    FieldType.DATE: lambda _: _DAY,
    FieldType.TIME: lambda _: _MOMENT,
    FieldType.ID: lambda field: f"{field.name.replace('_', '-')}-1",
    FieldType.LIST: lambda field: [f"{field.name.replace('_', '-')}-1"],
    FieldType.FLAG: lambda _: True,
    FieldType.LINK: lambda _: "https://www.example.com/",
}


def _reserved(catalogue: Catalogue) -> dict[str, tuple[Json, Json]]:
    """Data and example of the ``tracker.*`` types, whose rules the catalogue's fields cannot say."""
    by_seq = _object({"seq": _SEQ}, ["seq"])
    by_id = _object({"source": _SOURCE, "id": ID}, ["source", "id"])
    amendment: dict[str, Json] = {
        "original": {"oneOf": [by_seq, by_id], "description": "the event as it was first recorded"},
        "replaces": _SEQ | {"description": "the seq that is in force now"},
        "reason": {"type": "string", "minLength": 1, "maxLength": 2_000},
    }
    shown: Json = {"original": {"seq": 0}, "replaces": 0, "reason": "a slip of the pen"}
    names = list(amendment)
    replacement: Json = {"type": "object", "description": "the data in full, as the original's type has it"}
    nothing: dict[str, Json] = {"domain": {"enum": list(catalogue.domains)}, "period": _PERIOD}
    domain = next(iter(catalogue.domains))
    _, of_first = _declared(next(iter(catalogue.events.values())))
    found = {
        CORRECTED: (_object({**amendment, "data": replacement}, [*names, "data"]), shown | {"data": of_first}),
        VOIDED: (_object(amendment, names), shown),
        NOTHING: (_object(nothing, ["domain", "period"]), {"domain": domain, "period": "2020-03"}),
    }
    balances = [metric for metric in catalogue.metrics.values() if metric.measure is Measure.BALANCE]
    opening: dict[str, Json] = {
        "metric": {"enum": [metric.id for metric in balances]} if balances else {"type": "string"},
        "quantity": _QUANTITY,
        "by": {"type": "object", "description": "a value for every dimension of the metric, if it has any"},
    }
    found[OPENED] = (_object(opening, ["metric", "quantity"]), _shown_opening(catalogue, balances))
    return found


def _shown_opening(catalogue: Catalogue, balances: list[Metric]) -> Json:
    """Of the first balance, one without dimensions where there is one; an organisation without any can open none."""
    chosen = min(balances, key=lambda metric: len(metric.dimensions), default=None)
    if chosen is None:
        return {"metric": "domain.metric", "quantity": 1}
    cell = {name: _some_value(catalogue, chosen, name) for name in chosen.dimensions}
    return {"metric": chosen.id, "quantity": 1} | ({"by": cell} if cell else {})


def _some_value(catalogue: Catalogue, metric: Metric, dimension: str) -> Any:
    field = next((catalogue.events[each].fields.get(dimension) for each in metric.events), None)
    if field is not None:
        return _EXAMPLES[field.type](field)
    entities = catalogue.organisation.entities if dimension == "entity" else ()
    return next(iter(entities), f"{dimension}-1")

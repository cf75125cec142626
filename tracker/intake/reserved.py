"""The schemas of the ``tracker.*`` events: corrections, voids, openings and empty periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from marshmallow import Schema, ValidationError

from tracker.catalogue.model import Catalogue, Field, FieldType, Measure, Metric
from tracker.errors import Mistake, UnknownPeriod
from tracker.intake.fields import Id, Number, StrictField, Text, field_for
from tracker.intake.pointers import did_you_mean, kind_of, listed, quoted
from tracker.intake.schemas import EventSchema
from tracker.intake.texts import is_identifier, is_uri_reference
from tracker.ledger.events import CORRECTED, NOTHING, OPENED, VOIDED, Incoming

Pick: TypeAlias = Callable[[Mapping[str, Any]], Schema]
"""Chooses the schema for the data of one event."""


def reserved_schemas(catalogue: Catalogue) -> Mapping[str, Pick]:
    """For every reserved type, what chooses its schema."""
    amendment: dict[str, Any] = {
        "original": Original(),
        "replaces": Position(),
        "reason": Text(_plain("reason", FieldType.TEXT, max_length=2_000)),
    }
    nothing: dict[str, Any] = {"domain": KnownDomain(catalogue), "period": KnownPeriod(catalogue)}
    return {
        CORRECTED: _always({**amendment, "data": Replacement()}, CORRECTED),
        VOIDED: _always(amendment, VOIDED),
        OPENED: _openings(catalogue),
        NOTHING: _always(nothing, NOTHING),
    }


def _always(fields: Mapping[str, Any], name: str) -> Pick:
    schema = EventSchema.from_dict(dict(fields), name=name)()
    return lambda _: schema


def opening_mistakes(catalogue: Catalogue, event: Incoming) -> tuple[Mistake, ...]:
    """An opening states what was there before the ledger begins, so it is dated before its first year."""
    first = catalogue.organisation.first_year
    if event.type != OPENED or event.year < first:
        return ()
    return (Mistake(f"{event.pointer}/time", f"an opening is dated before {first}, the ledger's first year"),)


def _plain(name: str, type: FieldType, **more: Any) -> Field:
    return Field(name, type, label={}, required=True, **more)


class Reserved(StrictField):
    """A field that no catalogue declares."""

    def __init__(self, name: str = "") -> None:
        super().__init__(_plain(name, FieldType.TEXT))


class Position(Reserved):
    """A ``seq``."""

    def check(self, value: Any) -> None:
        if type(value) is not int or value < 0:
            raise ValidationError("must be a seq: a whole number from 0")


class Original(Reserved):
    """An event on record, by its seq or by its source and id."""

    def check(self, value: Any) -> None:
        if type(value) is not dict or value.keys() not in ({"seq"}, {"source", "id"}):
            raise ValidationError('must be {"seq": …} or {"source": …, "id": …}')
        if "seq" in value:
            good = {"seq": type(value["seq"]) is int and value["seq"] >= 0}
        else:
            good = {"source": is_uri_reference(value["source"]), "id": is_identifier(value["id"])}
        wrong = {name: [f"is no {name} of an event"] for name, right in good.items() if not right}
        if wrong:
            raise ValidationError(wrong)


class Replacement(Reserved):
    """The data in full that replaces the original's; its own schema is that of the original's type."""

    def check(self, value: Any) -> None:
        if type(value) is not dict:
            raise ValidationError(f"must be an object, the replacement in full, not {kind_of(value)}")


class KnownDomain(Reserved):
    """A domain of the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.known = catalogue.domains

    def check(self, value: Any) -> None:
        if type(value) is not str or value not in self.known:
            raise ValidationError(f"must be a domain: {listed(self.known)}.{did_you_mean(value, self.known)}")


class KnownPeriod(Reserved):
    """A period of the organisation's calendar."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.calendar = catalogue.calendar

    def check(self, value: Any) -> None:
        if type(value) is not str:
            raise ValidationError(f"must be a period such as 2020-03, not {kind_of(value)}")
        try:
            self.calendar.parse(value)
        except UnknownPeriod:
            raise ValidationError(f"{quoted(value)} is no period; write one such as 2020, 2020-Q1 or 2020-03") from None


class KnownBalance(Reserved):
    """A metric that is a balance."""

    def __init__(self, known: Mapping[str, Metric]) -> None:
        super().__init__()
        self.known = known

    def check(self, value: Any) -> None:
        if type(value) is not str or value not in self.known:
            hint = did_you_mean(value, self.known)
            raise ValidationError(f"must be a metric that is a balance: {listed(self.known)}.{hint}")


class Unjudged(StrictField):
    """What hangs on a metric that is not known: anything will do, or nothing; the metric is mistake enough."""

    def __init__(self) -> None:
        super().__init__(Field("", FieldType.TEXT, label={}, required=False))

    def check(self, value: Any) -> None:
        return None


def _openings(catalogue: Catalogue) -> Pick:
    """``metric`` decides what ``quantity`` and ``by`` may be, so each metric brings a schema of its own."""
    known = {name: each for name, each in catalogue.metrics.items() if each.measure is Measure.BALANCE}
    schemas = {name: _opening(catalogue, known, metric) for name, metric in known.items()}
    fields: dict[str, Any] = {"metric": KnownBalance(known), "quantity": Unjudged(), "by": Unjudged()}
    fallback = EventSchema.from_dict(fields, name=OPENED)()

    def pick(data: Mapping[str, Any]) -> Schema:
        name = data.get("metric")
        return schemas.get(name, fallback) if type(name) is str else fallback

    return pick


def _opening(catalogue: Catalogue, known: Mapping[str, Metric], metric: Metric) -> Schema:
    fields: dict[str, Any] = {
        "metric": KnownBalance(known),
        "quantity": Number(_plain("quantity", FieldType.NUMBER, scale=metric.scale)),
    }
    if metric.dimensions:
        fields["by"] = Cell({name: _dimension(catalogue, metric, name) for name in metric.dimensions})
    return EventSchema.from_dict(fields, name=OPENED)()


def _dimension(catalogue: Catalogue, metric: Metric, name: str) -> StrictField:
    """One dimension of a metric as its events declare it; ``subject`` and ``entity`` are the envelope's."""
    entities = catalogue.organisation.entities
    if name == "entity" and entities:
        return field_for(_plain(name, FieldType.CHOICE, choices={each: {} for each in entities}))
    declared = next((catalogue.events[each].fields.get(name) for each in metric.events), None)
    return Id(_plain(name, FieldType.ID)) if declared is None else field_for(replace(declared, required=True))


class Cell(Reserved):
    """A value for every dimension of a metric."""

    def __init__(self, dimensions: Mapping[str, StrictField]) -> None:
        super().__init__()
        self.schema = EventSchema.from_dict(dict(dimensions), name="by")()

    def check(self, value: Any) -> None:
        if type(value) is not dict:
            raise ValidationError(f"must be an object with {listed(self.schema.fields)}, not {kind_of(value)}")
        errors = self.schema.validate(value)
        if errors:
            allowed = f"is no dimension of this metric; allowed are {listed(self.schema.fields)}"
            raise ValidationError({name: errors[name] if name in self.schema.fields else [allowed] for name in errors})

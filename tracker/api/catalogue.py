"""``GET /api/v1/catalogue``: what is recorded and measured."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from tracker.api.parameters import Query, read
from tracker.api.reading import lasting
from tracker.api.state import service
from tracker.catalogue import Catalogue, Deadline, Due, Lifecycle, Span
from tracker.catalogue.model import EventType, Field
from tracker.exports.rows import definition


def show() -> Response:
    """The catalogue in force: organisation, domains, event types with their fields, the lifecycles of
    subjects, metrics with their definitions."""
    read(Query)
    catalogue = service().catalogue
    return lasting(jsonify(document(catalogue)), catalogue.digest)


def document(catalogue: Catalogue) -> dict[str, Any]:
    """The catalogue as JSON."""
    organisation = catalogue.organisation
    return {
        "digest": catalogue.digest,
        "organisation": {
            "name": dict(organisation.name),
            "locales": list(organisation.locales),
            "entities": sorted(organisation.entities),
        },
        "domains": {name: {"label": dict(each.label)} for name, each in catalogue.domains.items()},
        "events": {name: _event(each) for name, each in catalogue.events.items()},
        "lifecycles": {kind: _lifecycle(each) for kind, each in catalogue.lifecycles_by_kind.items()},
        "metrics": {
            metric.id: {
                "label": dict(metric.label),
                "measure": str(metric.measure),
                "unit": metric.unit,
                "definition": definition(metric),
            }
            for metric in catalogue.metrics.values()
        },
    }


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    return {
        "states": {name: dict(label) for name, label in lifecycle.states.items()},
        "start": dict(lifecycle.start),
        "moves": {move.event: {"from": list(move.sources), "to": move.target} for move in lifecycle.moves.values()},
        "deadlines": {each.name: _deadline(each) for each in lifecycle.deadlines.values()},
    }


def _deadline(deadline: Deadline) -> dict[str, Any]:
    """What opens and meets it, and when it is due; only what it has is said."""
    found = {
        "label": dict(deadline.label),
        "while": deadline.state,
        "from": list(deadline.start),
        "met_by": list(deadline.met_by),
        "due": _due(deadline.due),
        "per": deadline.per,
        "warn": deadline.warn and _span(deadline.warn),
    }
    return {name: value for name, value in found.items() if value}


def _due(due: Due) -> Any:
    if due.date is not None:
        return {"field": due.date}
    if due.field is not None:
        return {"by": due.field, "of": {value: _span(span) for value, span in due.by_value.items()}}
    return due.span and _span(due.span)


def _span(span: Span) -> str:
    """As it may be written in the configuration."""
    if span.months:
        return f"{span.months}mo"
    return f"{span.hours // 24}d" if span.hours % 24 == 0 else f"{span.hours}h"


def _event(event: EventType) -> dict[str, Any]:
    return {"label": dict(event.label), "fields": {name: _field(field) for name, field in event.fields.items()}}


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": str(field.type), "label": dict(field.label), "required": field.required}
    if field.confidential:
        found["confidential"] = True
    if field.choices:
        found["of"] = {name: dict(label) for name, label in field.choices.items()}
    return found

"""``GET /api/v1/catalogue``: what is recorded and measured."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from tracker.api.parameters import Query, read
from tracker.api.reading import lasting
from tracker.api.state import service
from tracker.catalogue import Catalogue
from tracker.catalogue.model import EventType, Field
from tracker.exports.rows import definition


def show() -> Response:
    """The catalogue in force: organisation, domains, event types with their fields, metrics with their definitions."""
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


def _event(event: EventType) -> dict[str, Any]:
    return {"label": dict(event.label), "fields": {name: _field(field) for name, field in event.fields.items()}}


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": str(field.type), "label": dict(field.label), "required": field.required}
    if field.confidential:
        found["confidential"] = True
    if field.choices:
        found["of"] = {name: dict(label) for name, label in field.choices.items()}
    return found

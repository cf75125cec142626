"""How every figure of a year follows from events: what a stranger needs to count it again. Pure.

Every key, and how a figure is counted, is written in :data:`tracker.snapshots.meaning.MEANING`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tracker.canonical import canonical, digest
from tracker.catalogue import Catalogue, Field, Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.ledger.events import CORRECTED, OPENED, VOIDED
from tracker.tallies.queries import inputs

FORMAT = "governance-tracker/definitions/1"


def definitions(catalogue: Catalogue, year: int) -> dict[str, Any]:
    """The document that this module describes, for a reporting year; its canonical JSON is what is hashed and shipped.

    :raise UnknownPeriod: the organisation has no such year.
    """
    period = catalogue.calendar.year(year)
    return {
        "format": FORMAT,
        "year": period.year,
        "months": list(period.months),
        "periods": _periods(catalogue, period),
        "builtin": {"corrected": CORRECTED, "opened": OPENED, "voided": VOIDED},
        "events": {type: _fields(catalogue, type) for type in sorted(catalogue.metrics_by_event)},
        "metrics": [_metric(catalogue, catalogue.metrics[id]) for id in sorted(catalogue.metrics)],
    }


def definitions_digest(catalogue: Catalogue, year: int) -> str:
    """SHA-256 (hex) over the canonical JSON of :func:`definitions`."""
    return digest(canonical(definitions(catalogue, year))).hex()


def needed_types(document: dict[str, Any]) -> frozenset[str]:
    """The types of events that figures rest on, beside the amendments of such events."""
    read = {type for metric in document["metrics"] for type in (*metric["events"], *metric["leave"])}
    return frozenset(read | {document["builtin"]["opened"]})


def _metric(catalogue: Catalogue, metric: Metric) -> dict[str, Any]:
    return rule_of(metric) | {
        "id": metric.id,
        "unit": metric.unit,
        "field_type": _field_type(catalogue, metric),
        "scale": metric.scale,
        "weight_scale": metric.weight_scale,
    }


def rule_of(metric: Metric) -> dict[str, Any]:
    """How a metric is counted and rounded, as plain JSON values: everything that its measure may ask for."""
    return {
        "measure": str(metric.measure),
        "events": list(metric.events),
        "leave": list(metric.leave),
        "field": metric.field,
        "weight": metric.weight,
        "carry": metric.carry,
        "per": list(metric.per),
        "where": {name: list(values) for name, values in metric.where.items()},
        "by": [list(group) for group in metric.by],
        "of": list(metric.of),
        "minus": list(metric.minus),
        "numerator": metric.numerator,
        "denominator": metric.denominator,
        "factor": format(metric.factor, "f"),
        "places": metric.places,
        "rounding": metric.rounding,
    }


def _field_type(catalogue: Catalogue, metric: Metric) -> str | None:
    declared = (catalogue.events[type].fields.get(metric.field or "") for type in (*metric.events, *metric.leave))
    return next((str(field.type) for field in declared if field is not None), metric.field)


def _fields(catalogue: Catalogue, type: str) -> dict[str, Any]:
    fields = catalogue.events[type].fields
    read = {name for metric in catalogue.metrics_by_event[type] for name in _read(metric)}
    return {name: _declared(fields[name]) for name in sorted(read) if name in fields}


def _read(metric: Metric) -> Iterator[str]:
    yield from (name for name in (metric.field, metric.weight) if name is not None)
    yield from (*metric.where, *metric.per, *metric.dimensions)


def _declared(field: Field) -> dict[str, Any]:
    return {"type": str(field.type), "scale": field.scale, "choices": list(field.choices)}


def _periods(catalogue: Catalogue, year: Period) -> list[dict[str, Any]]:
    latest = [year, *map(catalogue.calendar.month, year.months)]
    spans = {each.id: each for each in latest}
    for _step in range(_growths(catalogue)):
        latest = [before for each in latest if (before := catalogue.calendar.year_before(each)) is not None]
        spans |= {each.id: each for each in latest}
    return [_span(catalogue, spans[id], spans.keys()) for id in sorted(spans)]


def _span(catalogue: Catalogue, span: Period, known: Iterable[str]) -> dict[str, Any]:
    before = catalogue.calendar.year_before(span)
    return {
        "id": span.id,
        "first_day": span.first_day.isoformat(),
        "last_day": span.last_day.isoformat(),
        "before": None if before is None or before.id not in known else before.id,
    }


def _growths(catalogue: Catalogue) -> int:
    """How many years back figures reach: the most growths that follow from one another."""
    depths: dict[str, int] = {}

    def depth(metric: Metric) -> int:
        if metric.id not in depths:
            below = max((depth(catalogue.metrics[each]) for each in inputs(metric)), default=0)
            depths[metric.id] = below + (metric.measure is Measure.GROWTH)
        return depths[metric.id]

    return max(map(depth, catalogue.metrics.values()), default=0)

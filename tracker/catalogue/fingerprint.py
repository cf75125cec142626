"""The fingerprint of a metric: a digest of all that decides its tallies, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

from tracker.canonical import canonical, digest
from tracker.catalogue.model import Metric


def fingerprint(metric: Metric, *, of_list: bool) -> Metric:
    """The metric with its fingerprint. A new label, unit or rounding keeps the tallies; a new filter does not.

    ``of_list`` tells whether its field is a list, whose items are counted one by one. The order in
    which events, groupings and filters are written decides nothing and is left out.
    """
    decides = {
        "measure": metric.measure.value,
        "events": sorted(metric.events),
        "leave": sorted(metric.leave),
        "field": metric.field,
        "list": of_list,
        "scale": metric.scale,
        "weight": metric.weight,
        "weight_scale": metric.weight_scale,
        "carry": metric.carry,
        "per": list(metric.per),
        "where": {name: sorted(values, key=_apart) for name, values in metric.where.items()},
        "by": sorted(map(list, metric.by)),
    }
    return replace(metric, fingerprint=digest(canonical(decides)).hex()[:16])


def _apart(value: str | int | bool) -> tuple[bool, str | int | bool]:
    """Texts after numbers: a list that mixes them is a mistake, which is told later, but must be sorted until then."""
    return isinstance(value, str), value

"""``/metrics`` for Prometheus: what came in, counted in the database, and how this service commits."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tracker.intake.counting import Count, counts
from tracker.intake.quarantine import waiting
from tracker.ledger.heads import read_head
from tracker.service import Service
from tracker.web.pages import PUBLIC, Page

_BY = ("source", "type")
_WORDS = {
    "received": "Events handed in by who may",
    "recorded": "Events recorded",
    "duplicate": "Events that were on record already",
    "conflict": "Events with a known id and other content",
    "rejected": "Events refused",
}


def metrics() -> Response:
    """All measurements in Prometheus' text format. With several workers, those of all of them."""
    service: Service = current_app.extensions["tracker"]
    registry = CollectorRegistry()
    registry.register(_Intake(service))
    own = generate_latest(registry)
    return Response(own + generate_latest(_process()), content_type=CONTENT_TYPE_LATEST)


def _process() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Intake(Collector):
    """The counters of the database: the same in every process, and they outlive it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Read them once for each scrape."""
        with self._service.database.read() as session:
            found, held, size = counts(session), waiting(session), read_head(session).size
        for name in _WORDS:
            yield _family(name, found)
        quarantine = GaugeMetricFamily(
            "tracker_quarantine_deliveries", "Refused deliveries that wait", labels=["source"]
        )
        for sender, number in held.items():
            quarantine.add_metric([sender], number)
        yield quarantine
        yield GaugeMetricFamily("tracker_ledger_events", "Events in the ledger", value=size)


def _family(name: str, found: list[Count]) -> CounterMetricFamily:
    family = CounterMetricFamily(
        f"tracker_events_{name}", f"Events {name}, by source and type", labels=["source", "type"]
    )
    for each in found:
        family.add_metric([each.sender, each.type], getattr(each, name))
    return family


PAGES = (Page("GET", "/metrics", metrics, PUBLIC),)

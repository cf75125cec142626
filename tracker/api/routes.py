"""Every route of the API in one table: it drives the URL map, the permissions and the OpenAPI description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from marshmallow import Schema

from tracker.access.tokens import SCOPES
from tracker.api import (
    acts,
    amendments,
    cases,
    catalogue,
    events,
    figures,
    log,
    passports,
    quarantine,
    reading,
    snapshots,
    sources,
    webhooks,
)
from tracker.api.parameters import Flag, Paged, Query
from tracker.api.security import SIGNATURE
from tracker.intake.modes import BATCH, EITHER, ONE
from tracker.intake.streaming import LINE

View: TypeAlias = Callable[..., Any]

EVENTS = "events"
CASES = "cases"
FIGURES = "figures"
YEARS = "years"
CARE = "administration"


class DryRun(Query):
    """How to take a delivery in."""

    dry_run = Flag(description="1: check and answer, record nothing")


class Streaming(DryRun):
    """How to take lines in."""

    atomic = Flag(description="1: all lines or none, up to 10,000")


@dataclass(frozen=True)
class Route:
    """One call. ``scope`` is what a token needs, or ``signature``; there is no default, so that none is forgotten.

    ``answers`` maps a status to the name of a schema; ``body`` a media type to the name of a schema or a marshmallow
    schema; ``refusals`` are the statuses that a problem may have beyond those that any call may have.
    """

    method: str
    rule: str
    view: View
    scope: str
    tag: str
    summary: str
    answers: Mapping[int, str]
    query: type[Schema] = Query
    body: Mapping[str, str | type[Schema]] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.scope not in {*SCOPES, SIGNATURE}:
            raise ValueError(f"{self.rule} asks for {self.scope}, a scope that nobody can have")

    @property
    def endpoint(self) -> str:
        """The name that ``url_for`` knows it by, within the blueprint."""
        return f"{self.view.__module__.rpartition('.')[2]}_{self.view.__name__}"


_DELIVERY = {ONE: "Event", BATCH: "Batch", EITHER: "Delivery"}
_TAKEN = {201: "Receipts", 200: "Receipts"}
_TAKING = (400, 409, 413, 415, 422)
_WRITING = (400, 404, 409, 413, 415, 422)

ROUTES = (
    Route("POST", "/webhooks/<source>", webhooks.receive, SIGNATURE, EVENTS, "Hand in signed events",
          _TAKEN, DryRun, _DELIVERY, _TAKING),
    Route("POST", "/events", events.create, "record", EVENTS, "Hand in events",
          _TAKEN, Streaming, {**_DELIVERY, LINE: "Lines"}, _TAKING),
    Route("GET", "/events", reading.index, "read", EVENTS, "List events", {200: "Events"}, reading.EventsQuery, {},
          (404, 422)),
    Route("GET", "/events/<int:seq>", reading.show, "read", EVENTS, "One event", {200: "Recorded"},
          refusals=(404, 422)),
    Route("GET", "/events/<int:seq>/versions", reading.history, "read", EVENTS, "An event and its amendments",
          {200: "Versions"}, refusals=(404, 422)),
    Route("GET", "/events/<int:seq>/proof", log.proof, "read", EVENTS, "That an event is on record", {200: "Inclusion"},
          log.ProofQuery, {}, (404, 422)),
    Route("POST", "/events/<int:seq>/corrections", amendments.correct, "amend", EVENTS, "Correct an event",
          _TAKEN, body={EITHER: amendments.Correction}, refusals=_WRITING),
    Route("POST", "/events/<int:seq>/void", amendments.void, "amend", EVENTS, "Void an event",
          _TAKEN, body={EITHER: amendments.Void}, refusals=_WRITING),
    Route("GET", "/checkpoints", log.checkpoints, "read", EVENTS, "The log's signed sizes", {200: "Checkpoints"}, Paged,
          {}, (422,)),
    Route("GET", "/checkpoints/consistency", log.consistency, "read", EVENTS, "That a log begins with an earlier one",
          {200: "Consistency"}, log.ConsistencyQuery, {}, (422,)),
    Route("GET", "/cases", cases.index, "read", CASES, "List subjects", {200: "Cases"}, cases.CasesQuery, {},
          (404, 422)),
    Route("GET", "/cases/<kind>/<path:subject>", cases.show, "read", CASES, "One subject", {200: "Case"},
          cases.CaseQuery, {}, (404, 422)),
    Route("POST", "/cases/<kind>/<path:subject>/<event_type>", acts.create, "record", CASES, "Act on a subject", _TAKEN,
          body={EITHER: acts.NewAct}, refusals=_WRITING),
    Route("GET", "/figures", figures.index, "read", FIGURES, "Figures of a period", {200: "Figures"},
          figures.FiguresQuery, {}, (404, 422)),
    Route("GET", "/figures/<metric>/<period>", figures.show, "read", FIGURES, "One figure", {200: "Figure"},
          figures.FigureQuery, {}, (404, 422)),
    Route("GET", "/figures/<metric>/<period>/events", figures.behind, "read", FIGURES, "The events behind a figure",
          {200: "Behind"}, figures.BehindQuery, {}, (404, 422)),
    Route("GET", "/figures/<metric>/<period>/passport", passports.show, "read", FIGURES, "What a figure rests on",
          {200: "Passport"}, passports.PassportQuery, {}, (404, 422)),
    Route("GET", "/figures/<metric>/<period>/sample", passports.sample, "read", FIGURES,
          "A random sample of the events behind a figure", {200: "Sample"}, passports.SampleQuery, {}, (404, 422)),
    Route("GET", "/catalogue", catalogue.show, "read", FIGURES, "What is recorded and measured", {200: "Catalogue"},
          refusals=(422,)),
    Route("GET", "/snapshots", snapshots.index, "read", YEARS, "List frozen years and drafts", {200: "Snapshots"},
          refusals=(422,)),
    Route("GET", "/snapshots/<int:year>", snapshots.show_year, "read", YEARS, "The revisions of a year",
          {200: "Year"}, refusals=(404, 422)),
    Route("POST", "/snapshots/<int:year>", snapshots.draft, "admin", YEARS, "Draft a year",
          {200: "Standing", 201: "Standing"}, refusals=(404, 409, 422)),
    Route("GET", "/snapshots/<int:year>/candidates", snapshots.candidate, "read", YEARS, "What may be restated",
          {200: "Candidates"}, Paged, {}, (404, 422)),
    Route("POST", "/snapshots/<int:year>/restatement", snapshots.restate, "admin", YEARS, "Draft a restatement",
          {200: "Standing", 201: "Standing"}, body={EITHER: snapshots.Restatement}, refusals=_WRITING),
    Route("GET", "/snapshots/<int:year>/<int:revision>", snapshots.show, "read", YEARS, "A frozen revision",
          {200: "Snapshot"}, refusals=(404, 422)),
    Route("GET", "/snapshots/<int:year>/<int:revision>/changes", snapshots.changed, "read", YEARS,
          "What a revision changed", {200: "Changes"}, snapshots.ChangesQuery, {}, (404, 422)),
    Route("GET", "/snapshots/<int:year>/<int:revision>/export/<format>", snapshots.export, "read", YEARS,
          "Export a frozen revision", {200: "Export"}, snapshots.ExportQuery, {}, (404, 409, 422)),
    Route("GET", "/sources", sources.index, "admin", CARE, "List sources", {200: "Sources"}, refusals=(422,)),
    Route("POST", "/sources", sources.create, "admin", CARE, "Add a source", {201: "Secret"},
          body={EITHER: sources.NewSource}, refusals=_TAKING),
    Route("POST", "/sources/<name>/rotate", sources.rotate, "admin", CARE, "Give a source a new key", {200: "Secret"},
          body={EITHER: sources.Rotation}, refusals=_WRITING),
    Route("POST", "/sources/<name>/retire", sources.retire, "admin", CARE, "Retire a source", {200: "Done"},
          refusals=(404, 422)),
    Route("GET", "/quarantine", quarantine.index, "admin", CARE, "List refused deliveries", {200: "Quarantine"},
          quarantine.HeldQuery, {}, (422,)),
    Route("GET", "/quarantine/<int:id>", quarantine.show, "admin", CARE, "One refused delivery", {200: "Held"},
          refusals=(404, 409, 422)),
    Route("POST", "/quarantine/<int:id>/retry", quarantine.retry, "admin", CARE, "Record a refused delivery", _TAKEN,
          refusals=_WRITING),
    Route("POST", "/quarantine/<int:id>/discard", quarantine.discard, "admin", CARE, "Discard a refused delivery",
          {200: "Done"}, body={EITHER: quarantine.Discard}, refusals=_WRITING),
)  # fmt: skip

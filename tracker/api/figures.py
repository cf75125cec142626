"""``GET /api/v1/figures…``: running values, their printed forms and definitions, and the events behind them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Response, jsonify, url_for

from tracker.api.parameters import USUAL, Cell, Number, Paged, Query, Repeated, Word, read
from tracker.api.reading import paged
from tracker.api.state import service
from tracker.catalogue import Metric
from tracker.errors import Invalid, Mistake, UnknownMetric
from tracker.exports.running import document, running_figures
from tracker.ledger.events import Fact
from tracker.tallies.behind import facts_behind

_AS_OF = "the seq of an event: figures as they were known when it was recorded"


class FiguresQuery(Query):
    """Which figures."""

    period = Word(description="2020, 2020-Q1, 2020-03 or 2020-03-31")
    metric = Repeated(description="a metric's id; may repeat; all by default")
    by = Word(description="dimensions with commas: only this breakdown")
    as_of = Number(description=_AS_OF)


class FigureQuery(Query):
    """How to look at one figure."""

    as_of = Number(description=_AS_OF)


class BehindQuery(Paged):
    """Which of the events behind a figure."""

    cell = Cell(description='a cell of a breakdown, such as {"region": "china"}')
    as_of = Number(description=_AS_OF)


def index() -> Response:
    """The figures of ``period``; ``metric`` may repeat, ``by`` names dimensions with commas, ``as_of`` a seq."""
    asked = read(FiguresQuery)
    if not asked["period"]:
        raise Invalid("Which period? Add ?period=2020 (or 2020-Q1, 2020-03).", [Mistake("period", "is required")])
    by = [name for name in (asked["by"] or "").split(",") if name]
    return jsonify(_figures(asked["period"], asked["metric"] or [], by, asked["as_of"]))


def show(metric: str, period: str) -> Response:
    """One figure with its breakdowns."""
    found = _figures(period, [metric], [], read(FigureQuery)["as_of"])
    return jsonify(found["figures"][0])


def behind(metric: str, period: str) -> Response:
    """The events that a figure rests on, each as the fact that is in force."""
    asked, catalogue = read(BehindQuery), service().catalogue
    after, limit = -1 if asked["cursor"] is None else asked["cursor"], asked["limit"] or USUAL
    size = None if asked["as_of"] is None else asked["as_of"] + 1
    chosen, span = _metric(metric), catalogue.calendar.parse(period)
    with service().database.read() as session:
        facts = facts_behind(session, catalogue, chosen, span, cell=asked["cell"], size=size)
        page = list(islice((fact for fact in facts if fact.seq > after), limit + 1))
    rest = str(page[limit - 1].seq) if len(page) > limit else None
    return paged({"metric": metric, "period": span.id, "events": [_fact(each) for each in page[:limit]], "next": rest})


def _metric(id: str) -> Metric:
    found = service().catalogue.metrics.get(id)
    if found is None:
        raise UnknownMetric(id)
    return found


def _figures(period: str, metrics: list[str], by: list[str], as_of: int | None) -> dict[str, Any]:
    catalogue = service().catalogue
    span = catalogue.calendar.parse(period)
    with service().database.read() as session:
        found = running_figures(session, catalogue, span, metrics, by=by, as_of=as_of)
    return {"period": span.id, "figures": [document(catalogue, each) for each in found]}


def _fact(fact: Fact) -> dict[str, Any]:
    parts = {name: value for name, value in fact._asdict().items() if value is not None}
    return {**parts, "event": url_for("api.reading_show", seq=fact.seq)}

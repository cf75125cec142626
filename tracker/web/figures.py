"""Running figures: the table of a period, one metric with its course and definition, and the events behind it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Response, render_template, request, url_for

from tracker.catalogue import Metric
from tracker.catalogue.calendar import Period
from tracker.disclosure.wording import dimension_words
from tracker.errors import UnknownMetric
from tracker.exports.trends import trends
from tracker.snapshots.reading import Snapshot, find
from tracker.web import behind, figure_charts, periods
from tracker.web.definitions import definition
from tracker.web.facts import said, type_words
from tracker.web.figure_lines import as_csv, lines, wanted
from tracker.web.gate import current_person
from tracker.web.languages import locale
from tracker.web.pages import Page
from tracker.web.rendering import service


def index() -> str | Response:
    """The figures of a period, domain by domain, each beside its months and the year before."""
    query = request.args.get("q", "").strip()
    catalogue = service().catalogue
    with service().database.read() as session:
        period = periods.chosen(session)
        snapshot = find(session, period.year)
        found = list(lines(trends(session, catalogue, period, wanted(query)), period, snapshot))
    if request.args.get("format") == "csv":
        headers = {"Content-Disposition": f'attachment; filename="figures-{period.id}.csv"'}
        return Response(as_csv(found), headers=headers, content_type="text/csv; charset=utf-8")
    return render_template(
        "figures/index.html",
        **_about(period, snapshot),
        query=query,
        domains=[(catalogue.domains[id], list(each)) for id, each in groupby(found, lambda line: line.metric.domain)],
        moved=sum(line.frozen is not None for line in found),
    )


def show(metric: str) -> str:
    """One figure: its value, its months beside last year's, its breakdowns, its years and what it means.

    :raise UnknownMetric: the catalogue has none of this name.
    """
    chosen, catalogue = _metric(metric), service().catalogue
    with service().database.read() as session:
        period = periods.chosen(session)
        snapshot = find(session, period.year)
        found = trends(session, catalogue, period, [chosen.id])
        charts = figure_charts.of(session, chosen, period)
    return render_template(
        "figures/show.html",
        **_about(period, snapshot),
        metric=chosen,
        domain=catalogue.domains[chosen.domain],
        line=next(lines(found, period, snapshot)),
        charts=charts,
        terms=definition(catalogue, chosen),
    )


def events(metric: str, period: str) -> str:
    """The events that a figure rests on, a page at a time; those that are not for this person are only counted.

    :raise UnknownMetric: the catalogue has none of this name.
    :raise NotFound: the metric has no such breakdown.
    """
    chosen, span = _metric(metric), service().catalogue.calendar.parse(period)
    with service().database.read() as session:
        found = behind.page(session, current_person(), chosen, span)
    as_of = behind.seq_of(request.args.get("as_of"))
    here: dict[str, Any] = {"metric": chosen.id, "period": span.id, "cell": request.args.get("cell"), "as_of": as_of}
    return render_template(
        "figures/events.html",
        metric=chosen,
        period=span,
        words=periods.words(span),
        found=found,
        as_of=as_of,
        said=said,
        type_words=type_words,
        kinds=service().catalogue.lifecycles_by_event,
        cell_words=dimension_words(service().catalogue, chosen, found.cell, locale()),
        first=url_for("web.figures_events", **here) if "after" in request.args else None,
        next=url_for("web.figures_events", **here, after=found.next) if found.next is not None else None,
    )


def _metric(id: str) -> Metric:
    found = service().catalogue.metrics.get(id)
    if found is None:
        raise UnknownMetric(id)
    return found


def _about(period: Period, snapshot: Snapshot | None) -> Mapping[str, Any]:
    """What every page of a period says: its words, its neighbours, what else may be chosen, whether it is frozen."""
    before = service().catalogue.calendar.year_before(period)
    return {
        "period": period,
        "words": periods.words(period),
        "before_words": periods.words(before) if before else "",
        "choices": periods.choices(period),
        "earlier": periods.beside(period, -1),
        "later": periods.beside(period, 1),
        "snapshot": snapshot,
    }


PAGES = (
    Page("GET", "/figures", index, "figures.read"),
    Page("GET", "/figures/<metric>", show, "figures.read"),
    Page("GET", "/figures/<metric>/<period>/events", events, "events.read"),
)

"""The start page: the year so far and what waits for who is signed in; for the public the newest frozen year."""

from __future__ import annotations

from typing import NamedTuple

from flask import g, render_template, request
from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.catalogue import COMPUTED, Domain
from tracker.catalogue.calendar import Period
from tracker.errors import UnknownPeriod
from tracker.exports.trends import SoFar, Trend, so_far
from tracker.ledger.heads import read_head
from tracker.snapshots.reading import find
from tracker.web import periods, printing, waiting, years
from tracker.web.languages import _
from tracker.web.pages import PUBLIC, Page
from tracker.web.rendering import calendar_day, service
from tracker.workflows.sight import sight

HIGHLIGHTS = 3
"""Figures of each domain: its first ones that are counted."""


class Highlight(NamedTuple):
    """A figure of the year so far, with its months and how it compares."""

    trend: Trend
    printed: str
    before: str
    change: str


def index() -> str:
    """The start page."""
    person: Person | None = g.get("person")
    if person is None:
        return years.front()
    with service().database.read() as session:
        view = sight(session, service().keys, person, service().ledger.clock())
        year = _year(session)
        tasks, dues = waiting.tasks(session, view), waiting.dues(session, view)
        found = _so_far(session, year) if person.may("figures.read") else None
        return render_template(
            "home/index.html",
            year=year,
            offered=periods.years(),
            snapshot=find(session, year),
            domains=_domains(found) if found else [],
            compared=_compared_words(found.period, year) if found else "",
            tasks=tasks,
            dues=dues,
            most=waiting.MOST,
            most_dues=waiting.MOST_DUES,
            reviews=waiting.reviews(session, view),
            size=read_head(session).size,
        )


def highlights() -> list[str]:
    """The metrics of the start page, domain by domain."""
    found: dict[str, list[str]] = {id: [] for id in service().catalogue.domains}
    for id, metric in service().catalogue.metrics.items():
        if metric.measure not in COMPUTED and len(found[metric.domain]) < HIGHLIGHTS:
            found[metric.domain].append(id)
    return [id for ids in found.values() for id in ids]


def _year(session: Session) -> int:
    """The year that is asked for with ``?year=``, else the one that the organisation is busy with.

    :raise UnknownPeriod: it has no such year.
    """
    asked = request.args.get("year", "")
    if not asked:
        return periods.busy_year(session)
    found = periods.kept(asked)
    if found.kind != "year":
        raise UnknownPeriod(asked)
    return found.year


def _so_far(session: Session, year: int) -> SoFar:
    today = calendar_day(service().ledger.clock())
    return so_far(session, service().catalogue, year, today, highlights())


def _domains(found: SoFar) -> list[tuple[Domain, list[Highlight]]]:
    lines: dict[str, list[Highlight]] = {}
    for trend, compared in zip(found.year, found.compared, strict=True):
        shown = Highlight(
            trend=trend,
            printed=printing.printed(trend.metric, trend.value),
            before=printing.printed(trend.metric, compared.before),
            change=printing.change(compared),
        )
        lines.setdefault(trend.metric.domain, []).append(shown)
    return [(domain, lines[id]) for id, domain in service().catalogue.domains.items() if id in lines]


def _compared_words(period: Period | None, year: int) -> str:
    """What the figures are compared with: the year before, or the same months of it."""
    if period is None or not service().catalogue.calendar.months_of_year(year - 1):
        return ""
    if period.kind == "year":
        return _("Changes are against %(year)s.", year=year - 1)
    first, last = (periods.month_words(each, short=True) for each in (period.months[0], period.months[-1]))
    months = first if len(period.months) == 1 else f"{first}–{last}"
    return _("Changes are those of %(months)s against %(year)s.", months=months, year=year - 1)


PAGES = (Page("GET", "/", index, PUBLIC),)

"""Frozen years, for everybody: their list, a year domain by domain, and a figure of it by month.

The public sees what is published, without small counts; who may read figures sees every revision, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Domain
from tracker.disclosure.audiences import Withheld, catalogue_of, withheld
from tracker.disclosure.relations import Place
from tracker.disclosure.suppression import said
from tracker.disclosure.wording import dimension_words
from tracker.errors import NotFound
from tracker.exports.rows import Row, figure_rows
from tracker.snapshots.comparing import Change
from tracker.snapshots.reading import Snapshot, find, frozen_years, get, revisions
from tracker.web import changed, charts, yearstates
from tracker.web.languages import _, locale
from tracker.web.pages import PUBLIC, Page
from tracker.web.periods import month_words
from tracker.web.rendering import can, label, service


class Shown(NamedTuple):
    """A figure of a frozen year: the row of the year, those of its breakdown, and those of its months. ``course`` are
    the months' values, in order; none where one of them is not for everybody. ``before`` is the year before."""

    whole: Row
    parts: Sequence[Row]
    months: Sequence[Row]
    course: Sequence[Decimal | None]
    before: str


class Reading(NamedTuple):
    """A revision as who asks may read it: with the catalogue it was frozen with, and what is hidden from them."""

    snapshot: Snapshot
    catalogue: Catalogue
    hidden: Withheld | None

    @property
    def whole(self) -> bool:
        """Whether nothing is hidden from who asks. Else its digest is: hidden counts are few, and could be tried."""
        return self.hidden is None or not (self.hidden.now or self.hidden.before)


def front() -> str:
    """The newest published year, or what there will be once one is."""
    with service().database.read() as session:
        years = frozen_years(session, public=_public())
        if not years:
            return render_template("years/index.html", years=[], states=[])
        return _page(session, _read(session, years[0]), years)


def index() -> str:
    """Every frozen year: when it was frozen, and over how many events; for who reads figures all that are over."""
    with service().database.read() as session:
        if _public():
            found = [each for year in frozen_years(session, public=True) if (each := find(session, year, public=True))]
            return render_template("years/index.html", years=found, states=[])
        return render_template("years/index.html", years=[], states=yearstates.states(session))


def show(year: int) -> str:
    """One frozen year; with ``?revision=``, as that revision stated it.

    :raise NotFound: it is not frozen, or not for who asks.
    """
    with service().database.read() as session:
        return _page(session, _read(session, year), frozen_years(session, public=_public()))


def figure(year: int, metric: str) -> str:
    """One figure of a frozen year, by month and by its breakdowns.

    :raise NotFound: the year is not frozen or not for who asks, or has no such figure.
    """
    with service().database.read() as session:
        reading = _read(session, year)
        years = frozen_years(session, public=_public())
        newest = _newest(session, year)
    found = next((each for each in reading.snapshot.body["figures"] if each["metric"] == metric), None)
    if found is None:
        raise NotFound(f"The year {year} has no figure {metric[:100]!r}.")
    shown = _shown(found, reading)
    measured = reading.catalogue.metrics[metric]
    return render_template(
        "years/figure.html",
        **_about(reading, years, newest),
        figure=shown,
        domain=reading.catalogue.domains[measured.domain],
        note=measured.note,
        chart=_chart(shown),
    )


def _public() -> bool:
    return not can("figures.read")


def _read(session: Session, year: int) -> Reading:
    asked = request.args.get("revision", "")
    revision = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    snapshot = get(session, year, revision, public=_public())
    catalogue = service().catalogue
    hidden = withheld(session, catalogue, snapshot) if _public() else None
    return Reading(snapshot, catalogue_of(session, catalogue, snapshot.catalogue), hidden)


def _newest(session: Session, year: int) -> int:
    return revisions(session, year, public=_public())[-1].revision


def _page(session: Session, reading: Reading, years: list[int]) -> str:
    about = _about(reading, years, _newest(session, reading.snapshot.year))
    return render_template(
        "years/show.html", **about, domains=list(_domains(reading)), restated=list(_restated(reading))
    )


def _about(reading: Reading, years: Sequence[int], newest: int) -> dict[str, Any]:
    snapshot, catalogue = reading.snapshot, reading.catalogue

    def dimensions(row: Row) -> str:
        return dimension_words(catalogue, catalogue.metrics[row.metric], row.by, locale())

    return {
        "organisation": catalogue.organisation,
        "snapshot": snapshot,
        "newest": newest,
        "whole_body": reading.whole,
        "years": years,
        "compared": snapshot.body.get("comparatives"),
        "dimensions": dimensions,
        "month_words": month_words,
    }


def _domains(reading: Reading) -> Iterator[tuple[Domain, list[Shown]]]:
    """The year's figures, domain by domain, in the order of the catalogue it was frozen with."""
    catalogue = reading.catalogue
    order = {id: place for place, id in enumerate(catalogue.metrics)}
    figures = sorted(reading.snapshot.body["figures"], key=lambda figure: order[figure["metric"]])
    for domain, found in groupby(figures, lambda figure: catalogue.metrics[figure["metric"]].domain):
        yield catalogue.domains[domain], [_shown(each, reading) for each in found]


def _shown(figure: Any, reading: Reading) -> Shown:
    marks = reading.hidden.now if reading.hidden else None
    whole, *others = figure_rows(figure, str(reading.snapshot.year), reading.catalogue, marks)
    months, parts = [row for row in others if not row.by], [row for row in others if row.by]
    hidden = any(row.suppressed for row in months)
    course = [] if hidden else [Decimal(row.value) if row.value else None for row in months]
    return Shown(whole, parts, months, course, _before(whole.metric, reading))


def _before(metric: str, reading: Reading) -> str:
    """The figure of the year before as it was stated by then; empty where there was none."""
    compared: Mapping[str, Any] | None = reading.snapshot.body.get("comparatives")
    if compared is None or metric not in compared["figures"]:
        return ""
    mark = reading.hidden.now.get(Place(metric, str(compared["year"]))) if reading.hidden else None
    if mark is not None:
        return said(mark, locale())
    catalogue = reading.catalogue
    return changed.printed(catalogue, catalogue.metrics.get(metric), compared["figures"][metric])


def _restated(reading: Reading) -> Iterator[changed.Line]:
    """The figures of the year that this revision states otherwise than the one before."""
    restatement = reading.snapshot.body.get("restatement")
    if restatement is None:
        return
    found = (
        Change(each["metric"], {}, None, each["previously"], each["now"])
        for each in restatement["changes"]
        if "by" not in each and "period" not in each
    )
    before, after = (reading.hidden.before, reading.hidden.now) if reading.hidden else (None, None)
    yield from changed.lines(reading.catalogue, reading.snapshot.year, found, before=before, after=after)


def _chart(shown: Shown) -> Markup:
    if not any(shown.course):
        return Markup("")
    words = label(shown.whole.label)
    labels = [month_words(row.period, short=True) for row in shown.months]
    return charts.bars(labels, [charts.Series(words, shown.course)], title=_("%(figure)s by month", figure=words))


PAGES = (
    Page("GET", "/years", index, PUBLIC),
    Page("GET", "/years/<int(max=9999):year>", show, PUBLIC),
    Page("GET", "/years/<int(max=9999):year>/<metric>", figure, PUBLIC),
)

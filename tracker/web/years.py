"""Frozen years, for everybody: their list, a year domain by domain, and a figure of it by month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Domain, from_documents
from tracker.disclosure.wording import dimension_words
from tracker.errors import NotFound
from tracker.exports.rows import Row, figure_rows
from tracker.ledger.heads import stored_documents
from tracker.snapshots.models import snapshots
from tracker.snapshots.reading import Snapshot, find, get
from tracker.web import charts
from tracker.web.languages import _, locale
from tracker.web.pages import PUBLIC, Page
from tracker.web.periods import month_words
from tracker.web.rendering import can, label, service

DISCREET = "integrity"
"""The domain whose counts of one to four could point at somebody: the public reads them as “fewer than 5”."""

FEW = 5

_COUNTS = frozenset({"count", "distinct", "members", "balance"})


class Shown(NamedTuple):
    """A figure of a frozen year: the row of the year, those of its breakdown, and those of its months. ``course`` are
    the months' values, in order; none where one of them is not for everybody."""

    whole: Row
    parts: Sequence[Row]
    months: Sequence[Row]
    course: Sequence[Decimal | None]


def front() -> str:
    """The newest frozen year, or what there will be once one is."""
    with service().database.read() as session:
        years = _years(session)
        if not years:
            return render_template("years/index.html", years=[])
        return _page(session, get(session, years[0]), years)


def index() -> str:
    """Every frozen year: when it was frozen, and over how many events."""
    with service().database.read() as session:
        found = [each for year in _years(session) if (each := find(session, year))]
    return render_template("years/index.html", years=found)


def show(year: int) -> str:
    """One frozen year.

    :raise NotFound: it is not frozen.
    """
    with service().database.read() as session:
        return _page(session, get(session, year), _years(session))


def figure(year: int, metric: str) -> str:
    """One figure of a frozen year, by month and by its breakdowns.

    :raise NotFound: the year is not frozen, or has no such figure.
    """
    with service().database.read() as session:
        snapshot = get(session, year)
        catalogue = _catalogue(session, snapshot)
        years = _years(session)
    found = next((each for each in snapshot.body["figures"] if each["metric"] == metric), None)
    if found is None:
        raise NotFound(f"The year {year} has no figure {metric[:100]!r}.")
    shown = _shown(found, year, catalogue)
    return render_template(
        "years/figure.html",
        **_about(catalogue, snapshot, years),
        figure=shown,
        domain=catalogue.domains[catalogue.metrics[metric].domain],
        note=catalogue.metrics[metric].note,
        chart=_chart(shown),
    )


def _page(session: Session, snapshot: Snapshot, years: list[int]) -> str:
    catalogue = _catalogue(session, snapshot)
    about = _about(catalogue, snapshot, years)
    return render_template("years/show.html", **about, domains=list(_domains(catalogue, snapshot)))


def _about(catalogue: Catalogue, snapshot: Snapshot, years: Sequence[int]) -> dict[str, Any]:
    def dimensions(row: Row) -> str:
        return dimension_words(catalogue, catalogue.metrics[row.metric], row.by, locale())

    return {
        "organisation": catalogue.organisation,
        "snapshot": snapshot,
        "years": years,
        "dimensions": dimensions,
        "month_words": month_words,
    }


def _domains(catalogue: Catalogue, snapshot: Snapshot) -> Iterator[tuple[Domain, list[Shown]]]:
    """The year's figures, domain by domain, in the order of the catalogue it was frozen with."""
    order = {id: place for place, id in enumerate(catalogue.metrics)}
    figures = sorted(snapshot.body["figures"], key=lambda figure: order[figure["metric"]])
    for domain, found in groupby(figures, lambda figure: catalogue.metrics[figure["metric"]].domain):
        yield catalogue.domains[domain], [_shown(each, snapshot.year, catalogue) for each in found]


def _shown(figure: Any, year: int, catalogue: Catalogue) -> Shown:
    whole, *others = figure_rows(figure, str(year), catalogue)
    months = [row for row in others if not row.by]
    course = [] if any(_few(row) for row in months) else [Decimal(row.value) if row.value else None for row in months]
    parts = [_discreet(row) for row in others if row.by]
    return Shown(_discreet(whole), parts, [_discreet(row) for row in months], course)


def _discreet(row: Row) -> Row:
    if not _few(row):
        return row
    return replace(row, value=None, printed=dict.fromkeys(row.printed, _("fewer than %(few)s", few=FEW)))


def _chart(shown: Shown) -> Markup:
    if not any(shown.course):
        return Markup("")
    words = label(shown.whole.label)
    labels = [month_words(row.period, short=True) for row in shown.months]
    return charts.bars(labels, [charts.Series(words, shown.course)], title=_("%(figure)s by month", figure=words))


def _few(row: Row) -> bool:
    """Whether a count is so small that it is not for everybody."""
    if row.domain != DISCREET or row.measure not in _COUNTS or row.value is None or can("figures.read"):
        return False
    return 0 < Decimal(row.value) < FEW


def _catalogue(session: Session, snapshot: Snapshot) -> Catalogue:
    """The catalogue that a year was frozen with: its words stay as they were."""
    documents = stored_documents(session, snapshot.catalogue)
    return from_documents(documents) if documents else service().catalogue


def _years(session: Session) -> list[int]:
    return list(session.scalars(select(snapshots.c.year).distinct().order_by(snapshots.c.year.desc())))


PAGES = (
    Page("GET", "/years", index, PUBLIC),
    Page("GET", "/years/<int(max=9999):year>", show, PUBLIC),
    Page("GET", "/years/<int(max=9999):year>/<metric>", figure, PUBLIC),
)

"""A frozen year, domain by domain: figure, printed form, breakdown."""

from __future__ import annotations

from itertools import groupby

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, from_documents
from tracker.disclosure.wording import dimension_words
from tracker.exports.rows import Row, figure_rows
from tracker.ledger.heads import stored_documents
from tracker.snapshots.freeze import Snapshot, find, get
from tracker.snapshots.models import snapshots
from tracker.web.languages import locale
from tracker.web.pages import Page
from tracker.web.rendering import service


def index() -> str:
    """The newest frozen year, or what to do to have one."""
    with service().database.read() as session:
        years = _years(session)
        return _page(session, find(session, years[0]) if years else None, years)


def show(year: int) -> str:
    """One frozen year.

    :raise NotFound: it is not frozen.
    """
    with service().database.read() as session:
        return _page(session, get(session, year), _years(session))


def _years(session: Session) -> list[int]:
    return list(session.scalars(select(snapshots.c.year).distinct().order_by(snapshots.c.year.desc())))


def _page(session: Session, snapshot: Snapshot | None, years: list[int]) -> str:
    if snapshot is None:
        return render_template("years/show.html", snapshot=None, years=years, domains=())
    documents = stored_documents(session, snapshot.catalogue)
    catalogue = from_documents(documents) if documents else service().catalogue
    return render_template(
        "years/show.html",
        organisation=catalogue.organisation,
        snapshot=snapshot,
        years=years,
        domains=_domains(catalogue, snapshot),
        dimensions=lambda row: dimension_words(catalogue, catalogue.metrics[row.metric], row.by, locale()),
    )


def _domains(catalogue: Catalogue, snapshot: Snapshot) -> list[tuple[str, object, list[list[Row]]]]:
    """Per domain its id, its label, and per figure the rows of the year and of its breakdown."""
    year = str(snapshot.year)
    found = []
    for domain, figures in groupby(snapshot.body["figures"], lambda figure: figure["metric"].split(".")[0]):
        parts = [[row for row in figure_rows(each, year, catalogue) if row.period == year] for each in figures]
        found.append((domain, catalogue.domains[domain].label, parts))
    order = list(catalogue.domains)
    return sorted(found, key=lambda each: order.index(each[0]))


PAGES = (
    Page("GET", "/years", index, "figures.read"),
    Page("GET", "/years/<int(max=9999):year>", show, "figures.read"),
)

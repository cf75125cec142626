"""A frozen year, domain by domain: figure, printed form, breakdown."""

from __future__ import annotations

from itertools import groupby

from flask import current_app, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, from_documents
from tracker.disclosure.wording import dimension_words
from tracker.exports.rows import Row, figure_rows
from tracker.ledger.heads import stored_documents
from tracker.service import Service
from tracker.snapshots.freeze import Snapshot, find, get
from tracker.snapshots.models import snapshots
from tracker.web.languages import choose, texts


def newest() -> str:
    """The newest frozen year, or what to do to have one."""
    service = _service()
    with service.database.read() as session:
        years = _years(session)
        snapshot = find(session, years[0]) if years else None
        return _page(service, session, snapshot, years)


def show(year: int) -> str:
    """One frozen year.

    :raise NotFound: it is not frozen.
    """
    service = _service()
    with service.database.read() as session:
        return _page(service, session, get(session, year), _years(session))


def _service() -> Service:
    service: Service = current_app.extensions["tracker"]
    return service


def _years(session: Session) -> list[int]:
    return list(session.scalars(select(snapshots.c.year).distinct().order_by(snapshots.c.year.desc())))


def _page(service: Service, session: Session, snapshot: Snapshot | None, years: list[int]) -> str:
    locales = service.catalogue.organisation.locales
    locale = choose(locales, request.args.get("lang"), request.headers.get("Accept-Language", ""))
    shared = {"locale": locale, "locales": locales, "t": texts(locale), "years": years}
    if snapshot is None:
        return render_template("empty.html", organisation=service.catalogue.organisation, **shared)
    documents = stored_documents(session, snapshot.catalogue)
    catalogue = from_documents(documents) if documents else service.catalogue
    return render_template(
        "year.html",
        organisation=catalogue.organisation,
        snapshot=snapshot,
        domains=_domains(catalogue, snapshot),
        dimensions=lambda row: dimension_words(catalogue, catalogue.metrics[row.metric], row.by, locale),
        **shared,
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

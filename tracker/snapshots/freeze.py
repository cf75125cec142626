"""Freezing a year: every figure with its breakdown and months, stored once and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.canonical import canonical, digest
from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.clock import stamp
from tracker.errors import Conflict, NotFound
from tracker.ledger.events import Actor
from tracker.ledger.heads import lock_head
from tracker.ledger.record import Ledger
from tracker.snapshots.figures import as_document, figure, printable, rounded
from tracker.snapshots.models import snapshots
from tracker.tallies.queries import exact


class Snapshot(NamedTuple):
    """A frozen revision of a year. ``body`` is the parsed document."""

    year: int
    revision: int
    log_size: int
    catalogue: str
    frozen_at: str
    frozen_by: str
    body: Mapping[str, Any]
    digest: str


def freeze(ledger: Ledger, session: Session, actor: Actor, year: int) -> Snapshot:
    """Freeze a reporting year as its first revision, at the log's present size.

    Freezing a frozen year again changes nothing and returns what is on record.

    :raise Conflict: the year is not over yet on the organisation's calendar.
    :raise UnknownPeriod: the organisation has no such year.
    """
    head = lock_head(session, ledger.catalogue)
    period = ledger.catalogue.calendar.year(year)
    frozen = find(session, year)
    if frozen is not None:
        return frozen
    _check_over(ledger, period)
    body = canonical(compose(session, ledger.catalogue, period, revision=1, log_size=head.size))
    row = {
        "year": year,
        "revision": 1,
        "log_size": head.size,
        "catalogue": ledger.catalogue.digest,
        "frozen_at": stamp(ledger.clock()),
        "frozen_by": str(actor),
        "body": body,
        "digest": digest(body),
    }
    session.execute(insert(snapshots).values(row))
    return get(session, year)


def _check_over(ledger: Ledger, period: Period) -> None:
    today = ledger.catalogue.calendar.day_of(ledger.clock())
    if today <= period.last_day:
        raise Conflict(f"The year {period.id} ends on {period.last_day}; it can be frozen from the day after.")


def compose(session: Session, catalogue: Catalogue, period: Period, *, revision: int, log_size: int) -> dict[str, Any]:
    """The document of a year: organisation, year, revision, log size, catalogue and all figures in
    order of metric, each with its breakdown and months. Nothing in it depends on when or where it is made."""
    whole = exact(session, catalogue, period)
    months = [catalogue.calendar.month(each) for each in period.months]
    monthly = {month.id: exact(session, catalogue, month) for month in months}
    figures = []
    for id in sorted(catalogue.metrics):
        metric = catalogue.metrics[id]
        document = as_document(figure(catalogue, metric, period.id, whole[id]))
        values = {month: rounded(metric, cells[id]["{}"]) for month, cells in monthly.items()}
        document["months"] = [{"period": month, "value": printable(value)} for month, value in values.items()]
        figures.append(document)
    return {
        "organisation": catalogue.organisation.id,
        "year": period.year,
        "revision": revision,
        "log_size": log_size,
        "catalogue": catalogue.digest,
        "figures": figures,
    }


def find(session: Session, year: int, revision: int | None = None) -> Snapshot | None:
    """A frozen revision of a year, the newest unless one is named."""
    query = select(snapshots).where(snapshots.c.year == year).order_by(snapshots.c.revision.desc()).limit(1)
    if revision is not None:
        query = query.where(snapshots.c.revision == revision)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return Snapshot(**{**row._asdict(), "body": json.loads(row.body), "digest": bytes(row.digest).hex()})


def get(session: Session, year: int, revision: int | None = None) -> Snapshot:
    """A frozen revision of a year.

    :raise NotFound: it is not frozen; says how to freeze it.
    """
    found = find(session, year, revision)
    if found is None:
        which = f"revision {revision} of {year}" if revision is not None else f"year {year}"
        raise NotFound(f"There is no frozen {which}. Run `tracker freeze {year}` first.")
    return found

"""The document of a year: everything that two people agree to, and that is frozen when they do."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.intake.counting import by_sender, counts
from tracker.ledger.heads import Head
from tracker.snapshots.definitions import definitions_digest
from tracker.snapshots.figures import as_document, figure, printable, rounded
from tracker.snapshots.reading import Snapshot, find
from tracker.tallies.queries import exact


def compose(
    session: Session,
    catalogue: Catalogue,
    period: Period,
    head: Head,
    *,
    before: Snapshot | None = None,
    restatement: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of a year at the log's present size. The caller holds the ledger's lock.

    organisation, year, revision; log_size and root of the log; catalogue, definitions (their digest), time_zones and
    code it was made with; figures, in order of metric, each with its breakdown and months; sources: what each sender
    handed in, and what became of it; previous: the digest of the revision before; restatement: reason and changes,
    from the second revision on; comparatives: the year before as last frozen. Nothing in it depends on when or where
    it is made.

    :param before: the revision that this one follows.
    """
    return {
        "organisation": catalogue.organisation.id,
        "year": period.year,
        "revision": 1 if before is None else before.revision + 1,
        "log_size": head.size,
        "root": head.root.hex(),
        "catalogue": catalogue.digest,
        "definitions": definitions_digest(catalogue, period.year),
        "time_zones": {"tzdata": version("tzdata")},
        "code": {"governance-tracker": version("governance-tracker")},
        "figures": figures_of(session, catalogue, period),
        "sources": [
            {name: value for name, value in each._asdict().items() if name != "type"}
            for _sender, each in sorted(by_sender(counts(session)).items())  # databases sort texts each in its way
        ],
        "previous": None if before is None else before.digest,
        "restatement": None if restatement is None else dict(restatement),
        "comparatives": _comparatives(session, period.year - 1),
    }


def figures_of(session: Session, catalogue: Catalogue, period: Period) -> list[dict[str, Any]]:
    """Every figure of a year as the tallies have it now, with its breakdown and months, in order of metric."""
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
    return figures


def _comparatives(session: Session, year: int) -> dict[str, Any] | None:
    """The figures of the year before as its newest frozen revision states them."""
    found = find(session, year)
    if found is None:
        return None
    values = {each["metric"]: each["value"] for each in found.body["figures"]}
    return {"year": year, "revision": found.revision, "digest": found.digest, "figures": values}

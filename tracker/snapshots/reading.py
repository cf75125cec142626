"""Frozen years as they are on record, and what of them is public."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.errors import NotFound
from tracker.snapshots.models import publications, snapshots


class Snapshot(NamedTuple):
    """A frozen revision of a year. ``body`` is the parsed document, ``text`` its canonical JSON, which ``digest`` (hex)
    covers. ``seal`` says who signed and who approved it, ``signature`` covers its text; both are ``None`` for years
    frozen before there were signatures. ``published_at`` is when everybody came to see it, if so."""

    year: int
    revision: int
    log_size: int
    catalogue: str
    frozen_at: str
    frozen_by: str
    body: Mapping[str, Any]
    digest: str
    draft: int | None
    text: str
    seal: str | None
    signature: bytes | None
    published_at: str | None

    @property
    def approvals(self) -> list[Mapping[str, str]]:
        """Who did what when: ``act`` is signed or approved, ``by`` a pseudonym, ``at`` a time."""
        found: list[Mapping[str, str]] = json.loads(self.seal)["approvals"] if self.seal else []
        return found


def find(session: Session, year: int, revision: int | None = None, *, public: bool = False) -> Snapshot | None:
    """A frozen revision of a year, the newest unless one is named; with ``public``, among those published."""
    found = revisions(session, year, public=public)
    if revision is not None:
        found = [each for each in found if each.revision == revision]
    return found[-1] if found else None


def get(session: Session, year: int, revision: int | None = None, *, public: bool = False) -> Snapshot:
    """A frozen revision of a year.

    :raise NotFound: it is not frozen, or not public; says how to freeze it.
    """
    found = find(session, year, revision, public=public)
    if found is None:
        which = f"revision {revision} of {year}" if revision is not None else f"year {year}"
        raise NotFound(f"There is no frozen {which}. Run `tracker freeze {year}` first.")
    return found


def revisions(session: Session, year: int, *, public: bool = False) -> list[Snapshot]:
    """Every frozen revision of a year, the first one first; with ``public``, those published."""
    joined = (snapshots.c.year == publications.c.year) & (snapshots.c.revision == publications.c.revision)
    query = select(snapshots, publications.c.published_at).outerjoin(publications, joined)
    if public:
        query = query.where(publications.c.published_at.is_not(None))
    rows = session.execute(query.where(snapshots.c.year == year).order_by(snapshots.c.revision))
    return [_snapshot(row) for row in rows]


def frozen_years(session: Session, *, public: bool = False) -> list[int]:
    """The years that are frozen, or published, the newest first."""
    table = publications if public else snapshots
    return list(session.scalars(select(table.c.year).distinct().order_by(table.c.year.desc())))


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(
        row.year,
        row.revision,
        row.log_size,
        row.catalogue,
        row.frozen_at,
        row.frozen_by,
        json.loads(row.body),
        bytes(row.digest).hex(),
        row.draft,
        row.body,
        row.seal,
        None if row.signature is None else bytes(row.signature),
        row.published_at,
    )

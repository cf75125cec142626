"""What was counted as nothing and deserves a look: leaving without ever having come."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure
from tracker.tallies.models import reading


class Unmatched(NamedTuple):
    """A leave event of a subject that was not in. ``seq`` is the original event's."""

    metric: str
    subject: str
    time: str
    seq: int


def unmatched_leaves(session: Session, catalogue: Catalogue) -> list[Unmatched]:
    """Every leave that follows no enter, by metric, subject and time.

    Computed when asked, not stored: an enter that arrives late makes its leave right after all.
    """
    c = reading.c
    members = {each.key: each.id for each in catalogue.metrics.values() if each.measure is Measure.MEMBERS}
    query = (
        select(c.metric, c.series, c.time, c.seq, c.cells)
        .where(c.metric.in_(members))
        .order_by(c.metric, c.series, c.time, c.seq)
    )
    found: list[Unmatched] = []
    before: tuple[str, str] | None = None
    for metric, series, time, seq, cells in session.execute(query):
        inside = bool(json.loads(cells))
        if not inside and before != (metric, series):
            found.append(Unmatched(members[metric], series, time, seq))
        before = (metric, series) if inside else None
    return found

"""Comparing the tallies with an independent recount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.ledger.models import events
from tracker.tallies.queries import exact
from tracker.tallies.recount import recount


class Difference(NamedTuple):
    """Where tally and recount disagree; values are exact, as text."""

    metric: str
    period: str
    cell: str
    tally: str
    recount: str


def periods_of(session: Session, catalogue: Catalogue, text: str | None = None) -> list[Period]:
    """The period named by ``text``, a year with its quarters and months; every year with events by default."""
    calendar = catalogue.calendar
    if text is not None:
        named = calendar.parse(text)
        return [named, *(calendar.parts(named.year) if named.kind == "year" else ())]
    years = session.scalars(select(events.c.year).distinct().order_by(events.c.year)).all()
    return [period for year in years for period in (calendar.year(year), *calendar.parts(year))]


def differences(session: Session, catalogue: Catalogue, periods: Sequence[Period]) -> list[Difference]:
    """Every metric, period and cell where the tallies do not say what the events say."""
    counted = recount(session, catalogue, periods)
    found: list[Difference] = []
    for period in periods:
        if not period.months:
            continue
        tallies = exact(session, catalogue, period)
        for metric in catalogue.metrics:
            mine, theirs = tallies[metric], counted[metric, period.id]
            found.extend(
                Difference(metric, period.id, cell, _text(mine.get(cell)), _text(theirs.get(cell)))
                for cell in _cells(mine, theirs)
                if mine.get(cell) != theirs.get(cell)
            )
    return found


def _cells(*values: Iterable[str]) -> list[str]:
    return sorted({cell for each in values for cell in each})


def _text(value: Fraction | None) -> str:
    return "nothing" if value is None else str(value)

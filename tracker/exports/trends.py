"""Figures in their course: a period's value beside its months, the same period a year before, and the change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Metric
from tracker.catalogue.calendar import Period
from tracker.snapshots.figures import rounded
from tracker.tallies.spans import across

Months: TypeAlias = Mapping[str, Decimal | None]
"""Month, such as ``2020-03``, to the figure of that month."""

_PERCENT = "percent"


@dataclass(frozen=True)
class Trend:
    """A metric in a period. ``before`` is the figure of the same period a year earlier, ``months`` are those of the
    reporting year that the period lies in. All are rounded as figures are."""

    metric: Metric
    period: str
    value: Decimal | None
    before: Decimal | None
    months: Months

    @property
    def change(self) -> Decimal | None:
        """By how much the figure moved since a year before: in percent of it, to one decimal; for a figure that is
        itself in percent, in percentage points. ``None`` where there is nothing to compare with."""
        if self.value is None or self.before is None:
            return None
        if self.points:
            return self.value - self.before
        if not self.before:
            return None
        share = Fraction(self.value - self.before) / Fraction(abs(self.before)) * 100
        tenths = abs(share) * 10
        whole = int(tenths + Fraction(1, 2))
        return Decimal(whole if share > 0 else -whole).scaleb(-1) + 0

    @property
    def points(self) -> bool:
        """Whether :attr:`change` is in percentage points."""
        return self.metric.unit == _PERCENT


class SoFar(NamedTuple):
    """A year up to a day: ``year`` are its figures until now, ``compared`` those of ``period``, its complete months,
    in the same order; without any complete month there is nothing to compare."""

    period: Period | None
    year: Sequence[Trend]
    compared: Sequence[Trend]


def trends(
    session: Session,
    catalogue: Catalogue,
    period: Period,
    metrics: Iterable[str],
    *,
    by: Mapping[str, object] | None = None,
) -> list[Trend]:
    """The named metrics in a month, run of months, quarter or year, with their course.

    They are read from the tallies in a few statements.

    :param by: a cell of a breakdown, dimension to value; the whole by default.
    """
    chosen = tuple(metrics)
    before = catalogue.calendar.year_before(period)
    months = [catalogue.calendar.month(each) for each in catalogue.calendar.months_of_year(period.year)]
    found = across(session, catalogue, [period, *([before] if before else []), *months], chosen, by=by)
    return [
        Trend(
            metric=(metric := catalogue.metrics[id]),
            period=period.id,
            value=rounded(metric, found[id][period.id]),
            before=rounded(metric, found[id][before.id]) if before else None,
            months={each.id: rounded(metric, found[id][each.id]) for each in months},
        )
        for id in chosen
    ]


def so_far(session: Session, catalogue: Catalogue, year: int, today: date, metrics: Iterable[str]) -> SoFar:
    """The named metrics in a reporting year up to ``today``, each compared with the year before over those of its
    months that are complete by then: a month that has only begun would look like a fall."""
    period = catalogue.calendar.year(year)
    complete = sum(1 for each in period.months if catalogue.calendar.month(each).last_day < today)
    whole = trends(session, catalogue, period, metrics)
    if complete == len(period.months):
        return SoFar(period, whole, whole)
    if not complete:
        return SoFar(None, whole, [replace(each, before=None) for each in whole])
    run = catalogue.calendar.first_months(year, complete)
    return SoFar(run, whole, trends(session, catalogue, run, [each.metric.id for each in whole]))


def monthly(session: Session, catalogue: Catalogue, years: Sequence[int], metric: Metric) -> dict[int, Months]:
    """A metric's figures by month in each of several reporting years."""
    spans = {
        year: [catalogue.calendar.month(each) for each in catalogue.calendar.months_of_year(year)] for year in years
    }
    every = [month for months in spans.values() for month in months]
    found = across(session, catalogue, every, [metric.id])[metric.id]
    return {year: {each.id: rounded(metric, found[each.id]) for each in months} for year, months in spans.items()}


def yearly(session: Session, catalogue: Catalogue, years: Iterable[int], metric: Metric) -> dict[int, Decimal | None]:
    """A metric's figure in each of several reporting years."""
    periods = [catalogue.calendar.year(each) for each in years]
    found = across(session, catalogue, periods, [metric.id])[metric.id]
    return {each.year: rounded(metric, found[each.id]) for each in periods}

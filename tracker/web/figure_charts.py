"""A metric's pictures: its months beside last year's, its breakdowns, and its years; each with its table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Measure, Metric
from tracker.catalogue.calendar import Period
from tracker.disclosure.wording import dimension_words
from tracker.exports.running import running_figures
from tracker.exports.trends import Months, monthly, yearly
from tracker.snapshots.figures import Cell
from tracker.snapshots.models import snapshots
from tracker.web import charts, periods
from tracker.web.definitions import dimension_name
from tracker.web.languages import _, locale
from tracker.web.printing import printed
from tracker.web.rendering import label, service

MOST_BARS = 24
"""Parts of a breakdown that are drawn; the table has all of them."""

_STANDS = frozenset({Measure.BALANCE, Measure.MEMBERS, Measure.LATEST, Measure.LATEST_SUM, Measure.MEAN, Measure.RATIO})
"""Measures whose months are states rather than amounts: a line, not bars."""


class Month(NamedTuple):
    """A line of the table of months: this year's month and last year's, printed."""

    words: str
    id: str
    now: str
    before: str


class Part(NamedTuple):
    """A line of a breakdown's table; ``cell`` names it in the address of the events behind."""

    words: str
    printed: str
    cell: str


class Breakdown(NamedTuple):
    """One breakdown of a figure, drawn where it has one dimension and something to draw."""

    words: str
    chart: Markup
    parts: Sequence[Part]


class Year(NamedTuple):
    """A line of the table of years."""

    year: int
    printed: str
    frozen: bool


class Charts(NamedTuple):
    """All pictures of a metric around a period, with their tables."""

    course: Markup
    months: Sequence[Month]
    breakdowns: Sequence[Breakdown]
    history: Markup
    years: Sequence[Year]


def of(session: Session, metric: Metric, period: Period) -> Charts:
    """The pictures and tables of ``metric``: the months of its year, its breakdowns in ``period``, and all years."""
    catalogue = service().catalogue
    known = [each for each in (period.year - 1, period.year) if catalogue.calendar.months_of_year(each)]
    by_year = monthly(session, catalogue, known, metric)
    now, before = by_year[period.year], by_year.get(period.year - 1, {})
    found = running_figures(session, catalogue, period, [metric.id])[0]
    years = yearly(session, catalogue, sorted(periods.years()), metric)
    frozen = set(session.scalars(select(snapshots.c.year)))
    return Charts(
        course=_course(metric, period.year, now, before),
        months=list(_months(metric, now, before)),
        breakdowns=list(_breakdowns(metric, found.breakdown)),
        history=_history(metric, years),
        years=[Year(year, printed(metric, value), year in frozen) for year, value in reversed(years.items())],
    )


def _course(metric: Metric, year: int, now: Months, before: Months) -> Markup:
    if not any(each for each in (*now.values(), *before.values())):
        return Markup("")
    labels = [periods.month_words(each, short=True) for each in now]
    last = [*before.values(), *[None] * len(now)][: len(now)]
    series = [charts.Series(str(year - 1), last), charts.Series(str(year), list(now.values()))]
    drawn = charts.line if metric.measure in _STANDS else charts.bars
    title = _("%(figure)s by month, %(year)s and the year before", figure=label(metric.label), year=year)
    return drawn(labels, series if any(last) else series[1:], title=title)


def _months(metric: Metric, now: Months, before: Months) -> Iterator[Month]:
    last = [*before.values(), *[None] * len(now)]
    for (month, value), earlier in zip(now.items(), last, strict=False):
        yield Month(periods.month_words(month), month, printed(metric, value), printed(metric, earlier))


def _breakdowns(metric: Metric, cells: Sequence[Cell]) -> Iterator[Breakdown]:
    catalogue = service().catalogue
    for group in metric.by:
        chosen = [each for each in cells if each.by.keys() == set(group)]
        if not chosen:
            continue
        words = " × ".join(dimension_name(catalogue, metric, each) for each in group)
        parts = [Part(_words(metric, each.by), printed(metric, each.value), _cell(each.by)) for each in chosen]
        yield Breakdown(words, _bars(words, parts, [each.value for each in chosen]), parts)


def _bars(words: str, parts: Sequence[Part], values: Sequence[Decimal | None]) -> Markup:
    if not 1 < len(parts) <= MOST_BARS or any(each is not None and each < 0 for each in values):
        return Markup("")
    series = charts.Series(words, values, [each.printed for each in parts])
    return charts.breakdown([each.words for each in parts], series, title=words)


def _history(metric: Metric, years: Mapping[int, Decimal | None]) -> Markup:
    if sum(bool(each) for each in years.values()) < 2:
        return Markup("")
    series = charts.Series(label(metric.label), list(years.values()))
    return charts.bars([str(each) for each in years], [series], title=_("%(figure)s by year", figure=series.name))


def _words(metric: Metric, by: Mapping[str, Any]) -> str:
    return dimension_words(service().catalogue, metric, by, locale())


def _cell(by: Mapping[str, Any]) -> str:
    return json.dumps(dict(by), ensure_ascii=False, separators=(",", ":"))

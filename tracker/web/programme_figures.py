"""The figures of charity programmes: beside each other in the overview, and one's course through a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy.orm import Session

from tracker.catalogue import Metric
from tracker.catalogue.calendar import Period
from tracker.exports.running import running_figures
from tracker.exports.trends import Trend, trends
from tracker.web import charts, periods
from tracker.web.languages import _, lazy
from tracker.web.printing import printed
from tracker.web.rendering import label, service
from tracker.workflows.programmes import PROGRAMME, programmes

FIGURES = ("livestreams", "sales", "orders", "viewers", "counties", "provinces")
SALES = "charity.sales"

_HEADINGS: Mapping[str, Any] = {
    "charity.livestreams": lazy("Livestream sessions"),
    "charity.sales": lazy("Sales"),
    "charity.orders": lazy("Orders"),
    "charity.viewers": lazy("Viewers"),
    "charity.counties": lazy("Counties"),
    "charity.provinces": lazy("Provinces"),
}
"""What the figures are called where everything is about charity broadcasts."""


class Programme(NamedTuple):
    """A programme in the overview: its label, and its figures by metric; ``None`` where there is nothing to say."""

    id: str
    words: str
    values: Mapping[str, Decimal | None]

    def printed(self, metric: str) -> str:
        """One of its figures."""
        return printed(service().catalogue.metrics[metric], self.values.get(metric) or Decimal(0))


class Course(NamedTuple):
    """Sales by month: drawn, and as lines of a table (month in words, printed)."""

    chart: Markup
    months: Sequence[tuple[str, str]]


def metrics() -> list[Metric]:
    """The metrics of the overview that this organisation breaks down by programme, in order."""
    known = service().catalogue.metrics
    found = [known[id] for name in FIGURES if (id := f"charity.{name}") in known]
    return [each for each in found if (PROGRAMME,) in each.by]


def heading(metric: Metric) -> str:
    """What a figure is called on the pages of charity."""
    return str(_HEADINGS.get(metric.id) or label(metric.label))


def overview(session: Session, period: Period) -> list[Programme]:
    """Every programme with its figures in a period."""
    catalogue = service().catalogue
    found = running_figures(session, catalogue, period, [each.id for each in metrics()], by=[PROGRAMME])
    cells = {(each.metric.id, cell.by[PROGRAMME]): cell.value for each in found for cell in each.breakdown}
    return [
        Programme(id, label(words), {each.metric.id: cells.get((each.metric.id, id)) for each in found})
        for id, words in programmes(catalogue).items()
    ]


def totals(session: Session, period: Period) -> list[Trend]:
    """The figures of all programmes together."""
    return trends(session, service().catalogue, period, [each.id for each in metrics()])


def of_programme(session: Session, period: Period, programme: str) -> list[Trend]:
    """The figures of one programme."""
    return trends(session, service().catalogue, period, [each.id for each in metrics()], by={PROGRAMME: programme})


def compared(found: Sequence[Programme], metric: Metric) -> Markup:
    """One figure of all programmes, drawn beside each other."""
    values = [each.values.get(metric.id) or Decimal(0) for each in found]
    if not any(values):
        return Markup("")
    series = charts.Series(label(metric.label), values, [each.printed(metric.id) for each in found])
    return charts.breakdown([each.words for each in found], series, title=label(metric.label))


def sales_course(found: Sequence[Trend]) -> Course | None:
    """Sales by month, if they are measured."""
    sales = next((each for each in found if each.metric.id == SALES), None)
    if sales is None:
        return None
    drawn = Markup("")
    if any(sales.months.values()):
        labels = [periods.month_words(each, short=True) for each in sales.months]
        series = charts.Series(label(sales.metric.label), list(sales.months.values()))
        drawn = charts.bars(labels, [series], title=_("Sales by month"))
    return Course(
        drawn, [(periods.month_words(month), printed(sales.metric, value)) for month, value in sales.months.items()]
    )

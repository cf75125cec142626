"""The lines of a table of figures: each beside the year before, its months, and what its year was frozen with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from tracker.catalogue import Metric
from tracker.catalogue.calendar import Period
from tracker.exports.csv import safe
from tracker.exports.trends import Trend
from tracker.snapshots.figures import printable
from tracker.snapshots.reading import Snapshot
from tracker.web import printing
from tracker.web.rendering import label, service


class Line(NamedTuple):
    """One figure as it is shown. ``frozen`` is what its year was frozen with, where that is something else by now."""

    trend: Trend
    printed: str
    before: str
    change: str
    frozen: str | None

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return self.trend.metric

    @property
    def course(self) -> list[Decimal | None]:
        """The figures of the year's months, in order."""
        return list(self.trend.months.values())


def wanted(query: str) -> list[str]:
    """The metrics whose id or label, in any language, or domain holds every word of ``query``; all without one."""
    parts = query.casefold().split()
    return [id for id, metric in service().catalogue.metrics.items() if all(each in _text(metric) for each in parts)]


def lines(trends: Iterable[Trend], period: Period, snapshot: Snapshot | None) -> Iterator[Line]:
    """The lines of these figures, which are those of ``period``."""
    frozen = printing.frozen_values(snapshot.body, period) if snapshot else {}
    for each in trends:
        metric = each.metric
        moved = metric.id in frozen and frozen[metric.id] != printable(each.value)
        was = frozen.get(metric.id)
        yield Line(
            trend=each,
            printed=printing.printed(metric, each.value),
            before=printing.printed(metric, each.before),
            change=printing.change(each),
            frozen=printing.printed(metric, None if was is None else Decimal(was)) if moved else None,
        )


def as_csv(found: Iterable[Line]) -> str:
    """The lines as a table that a spreadsheet may open: exact values, then the words, then the year's months."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    for at, line in enumerate(found):
        if at == 0:
            writer.writerow([*_COLUMNS, *line.trend.months])
        cells = (line.metric.domain, line.metric.id, label(line.metric.label), line.trend.period)
        values = (line.trend.value, line.trend.before, line.trend.change, *line.trend.months.values())
        value, before, change, *months = (printable(each) or "" for each in values)
        row = (*cells, value, line.metric.unit, line.printed, before, change, line.frozen or "", *months)
        writer.writerow([safe(each) for each in row])
    return made.getvalue() or ",".join(_COLUMNS) + "\r\n"


_COLUMNS = ("domain", "metric", "label", "period", "value", "unit", "printed", "year_before", "change", "frozen_as")


def _text(metric: Metric) -> str:
    domain = service().catalogue.domains[metric.domain]
    return " ".join((metric.id, *metric.label.values(), *domain.label.values())).casefold()

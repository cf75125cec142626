"""The rows of a frozen year: the single source of every export format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tracker.catalogue.model import Catalogue, Label, Metric
from tracker.disclosure.audiences import Withheld
from tracker.disclosure.hiding import Mark
from tracker.disclosure.relations import place
from tracker.disclosure.suppression import Marks, said
from tracker.disclosure.wording import words
from tracker.errors import UnknownMetric
from tracker.exports.compared import ALONE, Beside, Compared
from tracker.snapshots.definitions import rule_of


@dataclass(frozen=True)
class Row:
    """One value of one metric: of the year (``by`` is empty), of a breakdown of it, or of a month.

    ``value`` is a decimal string, or null where there is none; ``label`` and ``printed`` have
    every locale of the organisation; ``kpis`` maps a disclosure index to the KPIs answered.
    ``suppressed`` says why a value is not for this reader: it is null then, and ``printed`` says so. ``beside`` is what
    was stated before, and for the year itself the year before.
    """

    metric: str
    domain: str
    label: Label
    period: str
    by: Mapping[str, Any]
    value: str | None
    unit: str
    printed: Label
    measure: str
    qualifier: str
    kpis: Mapping[str, tuple[str, ...]]
    suppressed: Mark | None = None
    beside: Beside = ALONE


def rows(body: Mapping[str, Any], catalogue: Catalogue, hidden: Withheld | None = None) -> Iterator[Row]:
    """Every row of a snapshot's body: per figure the year, its breakdown, then its months. A part that was stated
    before and is nothing now has no row.

    :param hidden: what is hidden from who reads it; nothing unless given.
    :raise UnknownMetric: for a figure whose metric the catalogue lacks.
    """
    compared = Compared(body, hidden)
    for figure in body["figures"]:
        yield from figure_rows(figure, str(body["year"]), catalogue, None if hidden is None else hidden.now, compared)


def figure_rows(
    figure: Mapping[str, Any],
    year: str,
    catalogue: Catalogue,
    marks: Marks | None = None,
    compared: Compared | None = None,
) -> Iterator[Row]:
    """The rows of one figure of a snapshot's body, the year's first.

    :raise UnknownMetric: if the catalogue lacks its metric.
    """
    if figure["metric"] not in catalogue.metrics:
        raise UnknownMetric(figure["metric"])
    metric = catalogue.metrics[figure["metric"]]
    found = [_row(catalogue, metric, year, {}, figure["value"])]
    found += [_row(catalogue, metric, year, part["by"], part["value"]) for part in figure.get("breakdown", ())]
    found += [_row(catalogue, metric, month["period"], {}, month["value"]) for month in figure.get("months", ())]
    for each in found:
        yield _for(marks or {}, each if compared is None else _beside(compared, each))


def definition(metric: Metric) -> dict[str, Any]:
    """What a metric measures, as plain JSON values; what does not apply to it is left out."""
    rule = rule_of(metric)
    if metric.factor == 1:
        del rule["factor"]
    always = {name: rule[name] for name in ("places", "rounding")}
    return {name: value for name, value in rule.items() if value} | always


def _beside(compared: Compared, row: Row) -> Row:
    return replace(row, beside=compared.beside(place(row.metric, row.period, row.by), row.value))


def _for(marks: Marks, row: Row) -> Row:
    """A row as who these marks are for may read it."""
    mark = marks.get(place(row.metric, row.period, row.by))
    if mark is None:
        return row
    return replace(row, value=None, suppressed=mark, printed={each: said(mark, each) for each in row.printed})


def _row(catalogue: Catalogue, metric: Metric, period: str, by: Mapping[str, Any], value: str | None) -> Row:
    exact = None if value is None else Decimal(value)
    return Row(
        metric=metric.id,
        domain=metric.domain,
        label=metric.label,
        period=period,
        by=by,
        value=value,
        unit=metric.unit,
        printed={locale: words(catalogue, metric, exact, locale) for locale in catalogue.organisation.locales},
        measure=str(metric.measure),
        qualifier=metric.qualifier,
        kpis=metric.kpis,
    )

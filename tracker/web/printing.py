"""Figures as pages print them, in the language of the request: values, changes, and what was frozen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tracker.catalogue import Metric
from tracker.catalogue.calendar import Period
from tracker.disclosure.wording import NOTHING, words
from tracker.exports.trends import Trend
from tracker.web.languages import _, locale
from tracker.web.rendering import number, service

_MINUS = "−"


def printed(metric: Metric, value: Decimal | None) -> str:
    """A figure with its unit, as exact as it is: ``280 萬元``, ``1,802 suppliers``, ``—``."""
    return words(service().catalogue, metric, value, locale())


def change(trend: Trend) -> str:
    """How a figure moved since a year before: ``+12.5%``, ``−3 points``; a dash where there is nothing to compare."""
    if trend.change is None:
        return NOTHING
    sign = "+" if trend.change > 0 else _MINUS if trend.change < 0 else "±"
    size = number(abs(trend.change))
    return _("%(change)s points", change=f"{sign}{size}") if trend.points else f"{sign}{size}%"


def frozen_values(body: Mapping[str, Any], period: Period) -> Mapping[str, str | None]:
    """What a snapshot's body says of a period: of its year, or of one of the year's months, by metric. Nothing of a
    quarter, which no year is frozen with."""
    if period.kind == "year":
        return {each["metric"]: each["value"] for each in body["figures"]}
    return {
        each["metric"]: month["value"]
        for each in body["figures"]
        for month in each["months"]
        if month["period"] == period.id
    }

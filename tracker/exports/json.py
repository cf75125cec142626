"""A frozen year as one JSON document: canonical, UTF-8, with a newline at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from tracker.canonical import canonical
from tracker.catalogue.model import Catalogue
from tracker.disclosure.suppression import Marks
from tracker.exports.rows import Row, definition, figure_rows

_HEAD = ("organisation", "year", "revision", "log_size", "catalogue")


def write(body: Mapping[str, Any], catalogue: Catalogue, stream: BinaryIO, marks: Marks | None = None) -> None:
    """Write a snapshot's body with everything a reader needs to understand it; with ``marks``, as the public may read
    it: a hidden value is null and says why."""
    year = str(body["year"])
    figures = [_figure(list(figure_rows(figure, year, catalogue, marks)), catalogue) for figure in body["figures"]]
    document = {name: body[name] for name in _HEAD} | {"figures": figures}
    stream.write(f"{canonical(document)}\n".encode())


def _figure(rows: list[Row], catalogue: Catalogue) -> dict[str, Any]:
    year, *others = rows
    return {
        "metric": year.metric,
        "domain": year.domain,
        "label": dict(year.label),
        "unit": year.unit,
        "unit_words": {locale: list(forms) for locale, forms in catalogue.units[year.unit].words.items()},
        "definition": definition(catalogue.metrics[year.metric]),
        "qualifier": year.qualifier,
        "kpis": {index: list(kpis) for index, kpis in year.kpis.items()},
        **_value(year),
        "breakdown": [{"by": dict(row.by), **_value(row)} for row in others if row.by],
        "months": [{"period": row.period, **_value(row)} for row in others if not row.by],
    }


def _value(row: Row) -> dict[str, Any]:
    why = {} if row.suppressed is None else {"suppressed": str(row.suppressed)}
    return {"value": row.value, "printed": dict(row.printed), **why}

"""A frozen year as one JSON document: canonical, UTF-8, with a newline at its end.

Beside the figures it says, where they apply: ``root`` of the log at that size; ``comparatives``, which revision of the
year before is compared with (each figure's ``previous_year``); ``restatement``, why and by what the year was restated
(each value's ``previously_stated`` and ``difference``); ``seal``, who signed and who approved it, and the signature.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

from tracker.canonical import canonical
from tracker.catalogue.model import Catalogue
from tracker.disclosure.audiences import Withheld
from tracker.exports.compared import COMPARED, RESTATED, Compared
from tracker.exports.rows import Row, definition, figure_rows

_HEAD = ("organisation", "year", "revision", "log_size", "catalogue")


def write(
    body: Mapping[str, Any],
    catalogue: Catalogue,
    stream: BinaryIO,
    hidden: Withheld | None = None,
    seal: Mapping[str, Any] | None = None,
) -> None:
    """Write a snapshot's body with everything a reader needs to understand it; with ``hidden``, as the public may read
    it: a hidden value is null and says why."""
    compared, year = Compared(body, hidden), str(body["year"])
    marks = None if hidden is None else hidden.now
    rows = (list(figure_rows(figure, year, catalogue, marks, compared)) for figure in body["figures"])
    further = {
        "root": body.get("root"),
        "comparatives": compared.comparatives(),
        "restatement": compared.restatement(body.get("previous")),
        "seal": compared.seal(seal),
    }
    document = {name: body[name] for name in _HEAD} | {name: each for name, each in further.items() if each is not None}
    document["figures"] = [_figure(each, catalogue, compared.columns) for each in rows]
    stream.write(f"{canonical(document)}\n".encode())


def _figure(rows: list[Row], catalogue: Catalogue, columns: Collection[str]) -> dict[str, Any]:
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
        **_value(year, columns),
        **({COMPARED: year.beside.previous_year} if COMPARED in columns else {}),
        "breakdown": [{"by": dict(row.by), **_value(row, columns)} for row in others if row.by],
        "months": [{"period": row.period, **_value(row, columns)} for row in others if not row.by],
    }


def _value(row: Row, columns: Collection[str]) -> dict[str, Any]:
    why = {} if row.suppressed is None else {"suppressed": str(row.suppressed)}
    beside = {name: getattr(row.beside, name) for name in RESTATED if name in columns}
    return {"value": row.value, "printed": dict(row.printed), **beside, **why}

"""A frozen year as a table: RFC 4180, UTF-8, safe to open in a spreadsheet.

Text that a spreadsheet would take for a formula gets a leading apostrophe, and so does text that
already has apostrophes before such a sign: taking one apostrophe away always gives the original.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from tracker.catalogue.model import Catalogue
from tracker.disclosure.audiences import Withheld
from tracker.exports.compared import Compared
from tracker.exports.rows import Row, rows

# Full-width signs start a formula too where Chinese or Japanese is typed.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SEPARATOR = re.compile(r"[%;=]")


def write(
    body: Mapping[str, Any],
    catalogue: Catalogue,
    stream: BinaryIO,
    hidden: Withheld | None = None,
    seal: Mapping[str, Any] | None = None,
) -> None:
    """Write one line per row of a snapshot's body, below a line of column names; with ``hidden``, as the public may
    read it: a last column says why a value is hidden. A table has no place for the seal."""
    locales = catalogue.organisation.locales
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        lines = csv.writer(text, lineterminator="\r\n")
        public, beside = hidden is not None, Compared(body).columns
        lines.writerow([*columns(locales, beside), *(["suppressed"] if public else [])])
        for row in rows(body, catalogue, hidden):
            cells = [*_cells(row, locales, beside), *([str(row.suppressed or "")] if public else [])]
            lines.writerow([safe(cell) for cell in cells])
    finally:
        text.detach()  # the stream is the caller's, to go on with or to close


def columns(locales: tuple[str, ...], beside: Iterable[str] = ()) -> list[str]:
    """The names of the columns, in order.

    :param beside: those of comparisons that the year has, of :attr:`tracker.exports.compared.Compared.columns`.
    """
    labels = [f"label_{locale}" for locale in locales]
    printed = [f"printed_{locale}" for locale in locales]
    return [
        *("metric", "domain", "period", "by", "value", "unit"),
        *(*labels, *printed),
        *("measure", "qualifier", "kpis"),
        *beside,
    ]


def safe(cell: str) -> str:
    """``cell`` as a spreadsheet will show it; plain numbers, negative ones too, stay numbers."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _cells(row: Row, locales: tuple[str, ...], beside: Iterable[str]) -> Iterator[str]:
    yield from (row.metric, row.domain, row.period, _by(row.by), row.value or "", row.unit)
    yield from (row.label[locale] for locale in locales)
    yield from (row.printed[locale] for locale in locales)
    yield from (row.measure, row.qualifier)
    yield ";".join(f"{index}:{kpi}" for index, kpis in sorted(row.kpis.items()) for kpi in kpis)
    yield from (getattr(row.beside, name) or "" for name in beside)


def _by(by: Mapping[str, Any]) -> str:
    """``mode=offline;site=beijing-hq``, with ``%``, ``;`` and ``=`` inside a value percent-encoded."""
    return ";".join(f"{name}={_encoded(value)}" for name, value in sorted(by.items()))


def _encoded(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return _SEPARATOR.sub(lambda sign: f"%{ord(sign[0]):02X}", text)

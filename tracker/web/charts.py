"""Charts as SVG, drawn here from Vega-Lite: by month beside last year, over years, and a breakdown.

The drawing is the same bytes for the same numbers, has no style or script, and its text stays text. Each page puts the
numbers in a table beside it. The library hangs in a process that is forked after its first use, so nothing may draw
before a server's workers are there: only views do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import vl_convert
from markupsafe import Markup, escape

from tracker.web.languages import locale as spoken

WIDTH, HEIGHT = 620, 210
BAR = 26
"""Pixels that one bar of a breakdown takes."""

VERSION = "5.20"
INK, QUIET, LINE, ACCENT, BEFORE = "#1d2329", "#56616b", "#d9dee3", "#8a4b08", "#c9beae"
FONT = "Noto Sans, Noto Sans CJK TC, PingFang HK, Microsoft JhengHei, sans-serif"

_LARGE = {
    "zh": ((10**8, "億"), (10**4, "萬")),
    "en": ((10**9, "bn"), (10**6, "m"), (10**3, "k")),
}
"""How the numbers of an axis are shortened, the largest first."""

_ROOT = re.compile(r'^<svg ([^>]*?)class="marks" ([^>]*)>')
_PARTS = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')


@dataclass(frozen=True)
class Series:
    """Numbers under one name, in the order of the labels; ``None`` where there is none. ``printed`` are the numbers as
    people read them, where they stand beside their bars."""

    name: str
    values: Sequence[Decimal | int | None]
    printed: Sequence[str] = ()


def bars(labels: Sequence[str], series: Sequence[Series], *, title: str, description: str = "") -> Markup:
    """Upright bars, one for each series at each label; of two series the last is the present one."""
    encoding = {
        "x": {**_nominal("label", labels), "axis": {"labelAngle": 0, "title": None, "ticks": False}},
        "y": _quantity(),
        "color": _colour(series),
    }
    if len(series) > 1:
        encoding["xOffset"] = _nominal("series", [each.name for each in series])
    mark = {"type": "bar"}  # no round corners: they are cut by numbered paths, and the numbers go on and on
    return _drawn(_spec(_rows(labels, series), mark, encoding, HEIGHT), title, description)


def line(labels: Sequence[str], series: Sequence[Series], *, title: str, description: str = "") -> Markup:
    """A line for each series, with a point at each number; of two series the last is the present one."""
    encoding = {
        "x": {**_nominal("label", labels), "axis": {"labelAngle": 0, "title": None, "ticks": False}},
        "y": _quantity(),
        "color": _colour(series),
    }
    mark = {"type": "line", "point": {"size": 40, "filled": True}, "strokeWidth": 2}
    return _drawn(_spec(_rows(labels, series), mark, encoding, HEIGHT), title, description)


def breakdown(labels: Sequence[str], series: Series, *, title: str, description: str = "") -> Markup:
    """Lying bars, one for each part of a whole, in the order given, each with its number as printed."""
    rows = _rows(labels, [series])
    for row, words in zip(rows, series.printed or [""] * len(rows), strict=True):
        row["printed"] = words
    axis = {"title": None, "ticks": False, "domain": False, "labelLimit": 220, "labelPadding": 8}
    encoding: dict[str, Any] = {
        "y": {**_nominal("label", labels), "axis": axis},
        "x": {"field": "value", "type": "quantitative", "axis": None},
    }
    layers = [
        {"mark": {"type": "bar", "color": ACCENT, "height": {"band": 0.62}}},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 12},
            "encoding": {"text": {"field": "printed"}},
        },
    ]
    spec = _spec(rows, None, encoding, BAR * max(len(labels), 1)) | {"layer": layers, "width": WIDTH - 260}
    return _drawn(spec, title, description)


def _rows(labels: Sequence[str], series: Sequence[Series]) -> list[dict[str, Any]]:
    return [
        # A pixel's place is all that becomes of this float; the number itself stands in the table.
        {"label": label, "series": each.name, "value": None if value is None else float(value)}
        for each in series
        for label, value in zip(labels, each.values, strict=True)
    ]


def _nominal(field: str, values: Sequence[str]) -> dict[str, Any]:
    # In the order given, with those that have no number: else 10月 comes before 2月, and an empty month is left out.
    return {"field": field, "type": "nominal", "sort": None, "scale": {"domain": list(dict.fromkeys(values))}}


def _quantity() -> dict[str, Any]:
    axis = {
        "title": None,
        "tickCount": 4,
        "domain": False,
        "ticks": False,
        "labelExpr": _shortened(),
        "labelPadding": 6,
    }
    return {"field": "value", "type": "quantitative", "axis": axis}


def _shortened() -> str:
    """A Vega expression that writes 2万 or 20k."""
    found = "format(datum.value, ',~g')"
    for least, word in reversed(_LARGE["zh" if spoken().startswith("zh") else "en"]):
        found = f"abs(datum.value) >= {least} ? format(datum.value / {least}, ',~g') + '{word}' : {found}"
    return found


def _colour(series: Sequence[Series]) -> dict[str, Any]:
    names = [each.name for each in series]
    colours = [BEFORE, ACCENT] if len(series) == 2 else [ACCENT, BEFORE, QUIET, LINE][: len(series)]
    legend = {"title": None, "orient": "top", "symbolType": "square"} if len(series) > 1 else None
    return {"field": "series", "type": "nominal", "scale": {"domain": names, "range": colours}, "legend": legend}


def _spec(rows: list[dict[str, Any]], mark: Any, encoding: Mapping[str, Any], height: int) -> dict[str, Any]:
    text = {"labelFontSize": 12, "labelColor": QUIET}
    config: dict[str, Any] = {
        "font": FONT,
        "aria": False,  # the drawing is one picture with a title; the numbers are in the table
        "background": None,
        "view": {"stroke": None},
        "axis": {**text, "gridColor": LINE, "domainColor": LINE},
        "axisX": {"grid": False},
        "legend": {**text, "labelColor": INK},
    }
    spec = {"width": WIDTH, "height": height, "data": {"values": rows}, "encoding": encoding, "config": config}
    return spec | ({"mark": mark} if mark else {})


def _drawn(spec: Mapping[str, Any], title: str, description: str) -> Markup:
    drawing = _svg(json.dumps(spec, ensure_ascii=False, sort_keys=True))
    words = escape(f"{title}. {description}" if description else title)
    return Markup(
        _ROOT.sub(lambda found: f'<svg {found[1]}role="img" aria-label="{words}" {found[2]}>', drawing, count=1)
    )


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    made = str(vl_convert.vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[], show_warnings=False))
    return _PARTS.sub("", made)  # it marks its groups as pictures without words, whatever it is told

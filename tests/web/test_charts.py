"""Charts: the same bytes for the same numbers, labelled, with text as text, and nothing that runs or styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from flask import Flask

from tests.house import small_catalogue
from tracker.web import charts, languages
from tracker.web.charts import Series, bars, breakdown, line
from tracker.web.sparkline import sparkline

MONTHS = [f"{month}月" for month in range(1, 13)]
NOW = Series("2020", [Decimal(each) * 1_000_000 for each in range(12)])
BEFORE = Series("2019", [None, *range(11)])


class _Service:
    catalogue = small_catalogue()


@pytest.fixture(autouse=True)
def chinese() -> Iterator[Flask]:
    app = Flask(__name__)
    app.extensions["tracker"] = _Service()
    languages.register(app)
    with app.test_request_context("/?lang=zh-Hant"):
        yield app


def texts(drawing: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]


def test_a_chart_is_one_labelled_picture_whose_text_is_text() -> None:
    drawing = bars(MONTHS, [BEFORE, NOW], title="Cases & <losses>", description="By month")
    root = ElementTree.fromstring(drawing)
    assert (root.get("role"), root.get("aria-label")) == ("img", "Cases & <losses>. By month")
    assert [each for each in texts(drawing) if each.endswith("月")] == MONTHS
    assert {"2019", "2020"} <= set(texts(drawing))


def test_axes_count_as_the_reader_does(chinese: Flask) -> None:
    assert "400萬" in texts(line(MONTHS, [NOW], title="t"))
    with chinese.app_context(), chinese.test_request_context("/?lang=en"):
        assert "4m" in texts(line(MONTHS, [NOW], title="t"))


def test_the_same_numbers_give_the_same_bytes() -> None:
    first = bars(MONTHS, [BEFORE, NOW], title="t")
    charts._svg.cache_clear()
    assert bars(MONTHS, [BEFORE, NOW], title="t") == first
    bars(MONTHS, [BEFORE, NOW], title="another")
    assert charts._svg.cache_info().hits == 1


def test_a_breakdown_keeps_its_order_and_prints_its_numbers() -> None:
    series = Series("2020", [3, 1], ["3 起", "1 起"])
    drawing = breakdown(["電話", "郵件"], series, title="t")
    assert texts(drawing) == ["電話", "郵件", "3 起", "1 起"]


def test_nothing_in_a_chart_runs_styles_or_loads() -> None:
    hostile = '"><script>alert(1)</script>'
    for drawing in (
        bars([hostile, "b"], [Series(hostile, [1, 2])], title=hostile),
        breakdown([hostile], Series(hostile, [1], [hostile]), title=hostile, description=hostile),
    ):
        root = ElementTree.fromstring(drawing)
        assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {"svg", "g", "path", "text", "line", "rect"}
        names = {name for each in root.iter() for name in each.attrib}
        assert not [name for name in names if name.startswith("on") or name in {"style", "href"}]
        assert re.findall(r"https?://[^\"]+", drawing.replace("http://www.w3.org", "")) == []


def test_a_small_line_spans_its_box_and_leaves_out_what_is_missing() -> None:
    assert sparkline([0, None, 10]) == "0.0,22.0 100.0,2.0"
    assert sparkline([4, 4]) == "0.0,12 100.0,12"
    assert (sparkline([1]), sparkline([None, 3, None])) == ("", "")

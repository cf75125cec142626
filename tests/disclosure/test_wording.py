"""Figures are worded as people print them, in each language, and never lose a digit by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.catalogue.calendar import Calendar, YearEnd, ZoneEntry
from tracker.catalogue.model import Catalogue, Measure, Metric, Organisation, PrintRule, Unit
from tracker.disclosure.wording import words

UNITS = {
    "case": Unit("case", {"zh-Hant": ("起",), "en": ("case", "cases")}),
    "supplier": Unit("supplier", {"zh-Hant": ("家",), "en": ("supplier", "suppliers")}),
    "view": Unit("view", {"zh-Hant": ("次",), "en": ("view", "views")}),
    "user": Unit("user", {"zh-Hant": ("",), "en": ("user", "users")}),
    "CNY": Unit("CNY", {"zh-Hant": ("元",), "en": ("",)}, before={"zh-Hant": "人民幣", "en": "RMB"}, currency="CNY"),
    "percent": Unit("percent", {"zh-Hant": ("%",), "en": ("%",)}, tight=True),
    "ratio": Unit("ratio", {"zh-Hant": ("",), "en": ("",)}),
    "point": Unit("point", {"zh-Hant": ("分",), "en": ("point", "points")}),
    "cubic_metre": Unit("cubic_metre", {"zh-Hant": ("立方米",), "en": ("cubic metre", "cubic metres")}),
    "megawatt_hour": Unit("megawatt_hour", {"zh-Hant": ("兆瓦時",), "en": ("MWh",)}),
}

CATALOGUE = Catalogue(
    organisation=Organisation(
        id="alices-films",
        name={"zh-Hant": "愛麗絲影業", "en": "Alice's Films"},
        locales=("zh-Hant", "en"),
        currency="CNY",
        calendar=Calendar((ZoneEntry(date(2000, 1, 1), ZoneInfo("Asia/Shanghai")),), (YearEnd(date(2000, 1, 1), 12),)),
        first_year=2020,
    ),
    units=UNITS,
    domains={},
    events={},
    lifecycles=(),
    metrics={},
    schedule={},
    digest="0" * 64,
    documents="{}",
)


def metric(
    unit: str,
    *,
    places: int = 0,
    zero: Mapping[str, str] | None = None,
    printing: Mapping[str, PrintRule] | None = None,
    rounding: str = "half_up",
) -> Metric:
    return Metric(
        id="films.made",
        domain="films",
        label={"zh-Hant": "影片", "en": "Films"},
        measure=Measure.SUM,
        unit=unit,
        places=places,
        zero=zero,
        printing=printing or {},
        rounding=rounding,
    )


@pytest.mark.parametrize(
    ("unit", "places", "value", "chinese", "english"),
    [
        ("case", 0, "27", "27 起", "27 cases"),
        ("case", 0, "1", "1 起", "1 case"),
        ("case", 0, "0", "0 起", "0 cases"),
        ("case", 0, "-1", "-1 起", "-1 case"),
        ("supplier", 0, "1802", "1,802 家", "1,802 suppliers"),
        ("view", 0, "220000000", "2.2 億次", "220 million views"),
        ("view", 0, "1000000", "100 萬次", "1 million views"),
        ("view", 0, "1500000000", "15 億次", "1.5 billion views"),
        ("view", 0, "21499", "21,499 次", "21,499 views"),
        ("view", 0, "10000", "1 萬次", "10,000 views"),
        ("view", 0, "9999", "9,999 次", "9,999 views"),
        ("view", 0, "-2800000", "-280 萬次", "-2.8 million views"),
        ("user", 0, "127000000", "1.27 億", "127 million users"),
        ("CNY", 2, "2800000.00", "人民幣 280 萬元", "RMB 2.8 million"),
        ("CNY", 2, "448000000.00", "人民幣 4.48 億元", "RMB 448 million"),
        ("CNY", 2, "12.50", "人民幣 12.50 元", "RMB 12.50"),
        ("percent", 0, "25", "25%", "25%"),
        ("percent", 2, "99.99", "99.99%", "99.99%"),
        ("ratio", 3, "1.382", "1.382", "1.382"),
        ("point", 2, "9.52", "9.52 分", "9.52 points"),
        ("point", 2, "1.00", "1.00 分", "1.00 points"),
        ("cubic_metre", 2, "273431.40", "273,431.40 立方米", "273,431.40 cubic metres"),
        ("cubic_metre", 2, "273431.4", "273,431.40 立方米", "273,431.40 cubic metres"),
        ("cubic_metre", 2, "694400.00", "69.44 萬立方米", "694,400.00 cubic metres"),
    ],
)
def test_a_figure_reads_as_people_print_it(unit: str, places: int, value: str, chinese: str, english: str) -> None:
    measured = metric(unit, places=places)
    assert words(CATALOGUE, measured, Decimal(value), "zh-Hant") == chinese
    assert words(CATALOGUE, measured, Decimal(value), "en") == english


def test_no_value_prints_as_a_dash() -> None:
    assert words(CATALOGUE, metric("case"), None, "en") == "—"


def test_zero_is_worded_where_the_metric_has_words_for_it() -> None:
    measured = metric("case", zero={"zh-Hant": "未發生", "en": "none"})
    assert words(CATALOGUE, measured, Decimal(0), "zh-Hant") == "未發生"
    assert words(CATALOGUE, measured, Decimal("0.00"), "en") == "none"
    assert words(CATALOGUE, measured, Decimal(1), "en") == "1 case"


@pytest.mark.parametrize(
    ("rule", "value", "printed"),
    [
        (PrintRule(scale="百萬"), "264600000", "264.6 百萬兆瓦時"),
        (PrintRule(scale="萬"), "51000000", "5,100 萬兆瓦時"),
        (PrintRule(scale="none"), "15000", "15,000 兆瓦時"),
        (PrintRule(scale="萬", places=2), "28000", "2.80 萬兆瓦時"),
        (PrintRule(scale="萬"), "0", "0 兆瓦時"),
        (PrintRule(scale="萬"), "12345", "1.2345 萬兆瓦時"),
        (PrintRule(unit=("度",), times=1000), "500000", "5 億度"),
        (PrintRule(unit=("",)), "127000000", "1.27 億"),
    ],
)
def test_a_rule_chooses_scale_unit_and_places(rule: PrintRule, value: str, printed: str) -> None:
    measured = metric("megawatt_hour", printing={"zh-Hant": rule})
    assert words(CATALOGUE, measured, Decimal(value), "zh-Hant") == printed


def test_a_rule_speaks_for_its_own_language_only() -> None:
    measured = metric("view", printing={"en": PrintRule(scale="thousand", unit=("click", "clicks"))})
    assert words(CATALOGUE, measured, Decimal(12000), "en") == "12 thousand clicks"
    assert words(CATALOGUE, measured, Decimal(12000), "zh-Hant") == "1.2 萬次"


@pytest.mark.parametrize(
    ("rounding", "printed"),
    [("half_up", "1.3 萬次"), ("half_even", "1.2 萬次"), ("up", "1.3 萬次"), ("down", "1.2 萬次")],
)
def test_places_of_a_rule_round_as_the_metric_does(rounding: str, printed: str) -> None:
    measured = metric("view", rounding=rounding, printing={"zh-Hant": PrintRule(scale="萬", places=1)})
    assert words(CATALOGUE, measured, Decimal(12500), "zh-Hant") == printed


def test_prose_may_round_to_a_scale() -> None:
    assert words(CATALOGUE, metric("view"), Decimal(21499), "zh-Hant", rounded=True) == "2.15 萬次"
    assert words(CATALOGUE, metric("view"), Decimal(2812345), "en", rounded=True) == "2.81 million views"
    assert words(CATALOGUE, metric("view"), Decimal(1802), "en", rounded=True) == "1,802 views"


@pytest.mark.parametrize(
    ("unit", "places", "value", "printed"),
    [
        ("cubic_metre", 2, "273431.40", "273.431,40 cubic metres"),
        ("view", 0, "220000000", "220.000.000 views"),
        ("supplier", 0, "1", "1 supplier"),
        ("CNY", 0, "2800000", "RMB 2.800.000"),
    ],
)
def test_another_language_gets_its_numbers_and_english_words(unit: str, places: int, value: str, printed: str) -> None:
    assert words(CATALOGUE, metric(unit, places=places), Decimal(value), "de") == printed


def test_numbers_beyond_the_usual_precision_stay_exact() -> None:
    huge = "1" * 60
    printed = words(CATALOGUE, metric("ratio", places=2), Decimal(f"{huge}.25"), "en")
    assert printed.replace(",", "") == f"{huge}.25"


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2), st.sampled_from(["zh-Hant", "en"]))
def test_an_automatic_scale_never_loses_a_digit(value: Decimal, locale: str) -> None:
    factors = {"億": 10**8, "萬": 10**4, "billion": 10**9, "million": 10**6}
    number, _, scale = words(CATALOGUE, metric("ratio", places=2), value, locale).partition(" ")
    assert Decimal(number.replace(",", "")) * factors.get(scale, 1) == value

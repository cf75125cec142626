"""Every format says the same of a frozen year, byte for byte, wherever it is written."""

from __future__ import annotations

import json
import locale
import time
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.catalogue.calendar import Calendar, YearEnd, ZoneEntry
from tracker.catalogue.model import Catalogue, Measure, Metric, Organisation, Unit
from tracker.errors import NotFound, UnknownMetric
from tracker.exports import FORMATS, write
from tracker.exports.rows import rows

CATALOGUE = Catalogue(
    organisation=Organisation(
        id="alices-films",
        name={"zh-Hant": "愛麗絲影業", "en": "Alice's Films"},
        locales=("zh-Hant", "en"),
        currency="CNY",
        calendar=Calendar((ZoneEntry(date(2000, 1, 1), ZoneInfo("Asia/Shanghai")),), (YearEnd(date(2000, 1, 1), 12),)),
        first_year=2020,
    ),
    units={
        "person": Unit("person", {"zh-Hant": ("人",), "en": ("person", "people")}),
        "percent": Unit("percent", {"zh-Hant": ("%",), "en": ("%",)}, tight=True),
        "CNY": Unit("CNY", {"zh-Hant": ("元",), "en": ("",)}, before={"zh-Hant": "人民幣", "en": "RMB"}),
    },
    domains={},
    events={},
    lifecycles=(),
    metrics={
        "integrity.attendance": Metric(
            id="integrity.attendance",
            domain="integrity",
            label={"zh-Hant": "培訓人次", "en": "Attendance, all sessions"},
            measure=Measure.SUM,
            unit="person",
            events=("integrity.training.held",),
            field="attendees",
            where={"passed": (True,), "mode": ("offline", "online")},
            by=(("mode",), ("mode", "site")),
            kpis={"hkex-2020": ("B7.2", "B7.3"), "gri": ("205-2",)},
            qualifier="over",
        ),
        "integrity.profit": Metric(
            id="integrity.profit",
            domain="integrity",
            label={"zh-Hant": "損益", "en": "=Profit"},
            measure=Measure.SUM,
            unit="CNY",
            events=("integrity.case.closed",),
            field="amount",
            places=2,
            zero={"zh-Hant": "無", "en": "none"},
        ),
        "integrity.share": Metric(
            id="integrity.share",
            domain="integrity",
            label={"zh-Hant": "佔比", "en": "Share"},
            measure=Measure.RATIO,
            unit="percent",
            numerator="integrity.attendance",
            denominator="integrity.attendance",
            factor=Decimal(100),
        ),
    },
    schedule={},
    digest="0" * 64,
    documents="{}",
)

BODY: dict[str, Any] = {
    "organisation": "alices-films",
    "year": 2020,
    "revision": 1,
    "log_size": 15000,
    "catalogue": "0" * 64,
    "figures": [
        {
            "metric": "integrity.attendance",
            "value": "17950",
            "breakdown": [
                {"by": {"mode": "offline"}, "value": "5960"},
                {"by": {"mode": "offline", "site": "a;b=50%"}, "value": "1"},
            ],
            "months": [{"period": "2020-01", "value": "120000"}],
        },
        {
            "metric": "integrity.profit",
            "value": "-12.50",
            "breakdown": [],
            "months": [{"period": "2020-01", "value": "0.00"}],
        },
        {"metric": "integrity.share", "value": None, "breakdown": [], "months": []},
    ],
}

EXPECTED = Path(__file__).parent


def exported(format: str, body: dict[str, Any] = BODY) -> bytes:
    stream = BytesIO()
    write(format, body, CATALOGUE, stream)
    return stream.getvalue()


def test_csv_is_one_line_per_row() -> None:
    assert exported("csv") == (EXPECTED / "year-2020.csv").read_bytes()


def test_json_is_one_canonical_document() -> None:
    document = json.loads((EXPECTED / "year-2020.json").read_bytes())
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert exported("json") == f"{text}\n".encode()


def test_both_formats_hold_the_same_values() -> None:
    figures = json.loads(exported("json"))["figures"]
    nested = [value["value"] for each in figures for value in (each, *each["breakdown"], *each["months"])]
    assert nested == [row.value for row in rows(BODY, CATALOGUE)]


@pytest.mark.parametrize("format", FORMATS)
def test_neither_zone_nor_locale_of_the_machine_shows(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = exported(format)
    monkeypatch.setenv("TZ", "America/St_Johns")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    before = locale.setlocale(locale.LC_ALL)
    try:
        time.tzset()
        locale.setlocale(locale.LC_ALL, "C")
        assert exported(format) == expected
    finally:
        locale.setlocale(locale.LC_ALL, before)
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("format", FORMATS)
def test_the_stream_stays_open_for_its_owner(format: str) -> None:
    stream = BytesIO()
    write(format, BODY, CATALOGUE, stream)
    assert not stream.closed


@pytest.mark.parametrize("format", FORMATS)
def test_a_year_without_figures_can_be_exported(format: str) -> None:
    assert exported(format, {**BODY, "figures": []}).count(b"\n") == 1


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"There is no format 'xls'\. Choose one of csv, json\."):
        exported("xls")


@pytest.mark.parametrize("format", FORMATS)
def test_a_metric_of_another_catalogue_is_refused(format: str) -> None:
    with pytest.raises(UnknownMetric):
        exported(format, {**BODY, "figures": [{"metric": "integrity.gone", "value": "1"}]})

"""A quite different organisation works by configuration alone: another hemisphere, year end and currency."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.freezing import frozen_in
from tests.house import House, second_catalogue
from tracker.db import Database
from tracker.exports import write
from tracker.snapshots.late import late
from tracker.snapshots.reading import Snapshot, get

PICKED, GRADED, SOLD = "harvest.fruit.picked", "harvest.fruit.graded", "harvest.shipment.sold"
REPORTED, CLOSED, BRIEFED = "safety.incident.reported", "safety.incident.closed", "safety.briefing.held"
METERED, GRANTED, SURRENDERED = "water.meter.read", "water.consent.granted", "water.consent.surrendered"
MEASURED = "water.soil.measured"
JOINED, LEFT = "growers.grower.joined", "growers.grower.left"
CREW, PACKHOUSE = "growers.crew.reported", "growers.packhouse.reported"

RIVERBANK, TERRACE, MILL = {"orchard": "riverbank"}, {"orchard": "north-terrace"}, {"orchard": "old-mill"}
GALA, JAZZ, BRAEBURN = {"variety": "gala"}, {"variety": "jazz"}, {"variety": "braeburn"}
DOMESTIC, EXPORT = {"market": "domestic"}, {"market": "export"}
PERMANENT, SEASONAL = {"season": "permanent"}, {"season": "seasonal"}
BORE, RIVER, TANK = {"source": "bore"}, {"source": "river"}, {"source": "tank"}
BAY, NELSON = {"region": "hawkes_bay"}, {"region": "nelson"}
CERTIFIED, PLAIN = {"certified": True}, {"certified": False}


def nz(amount: str) -> dict[str, Any]:
    return {"proceeds": {"amount": amount, "currency": "NZD"}}


def kilograms(amount: str) -> dict[str, str]:
    return {"kilograms": amount}


WINTER, SUMMER = "+12:00", "+13:00"

EVE = f"2021-06-30T23:00:00{WINTER}"

OPENINGS: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("tracker.balance.opened", EVE, {"metric": "water.allowance", "quantity": 120000, "by": BORE}, None),
    ("tracker.balance.opened", EVE, {"metric": "water.allowance", "quantity": 45000, "by": RIVER}, None),
    ("tracker.balance.opened", EVE, {"metric": "water.consents", "quantity": 7}, None),
]

HISTORY: list[tuple[str, str, dict[str, Any], str | None]] = [
    # The reporting year 2021, which ended on 30 June 2021: something to grow from, and a reading to carry.
    (PICKED, f"2021-06-30T23:59:59{WINTER}", RIVERBANK | GALA | kilograms("8000.0"), None),
    (MEASURED, f"2021-05-01T09:00:00{WINTER}", MILL | {"moisture": "18.0"}, "probe-2"),
    # The reporting year 2022.
    (PICKED, f"2021-07-01T00:00:00{WINTER}", TERRACE | JAZZ | kilograms("100.5") | {"organic": True}, None),
    (PICKED, f"2022-02-15T08:00:00{SUMMER}", RIVERBANK | GALA | kilograms("6000.0") | {"organic": False}, None),
    (PICKED, f"2022-02-15T17:00:00{SUMMER}", RIVERBANK | GALA | kilograms("2000.5") | {"organic": True}, None),
    (PICKED, f"2022-03-20T08:00:00{SUMMER}", MILL | BRAEBURN | kilograms("1899.0") | {"picker": "p-7"}, None),
    (PICKED, f"2022-06-30T23:59:59{WINTER}", RIVERBANK | GALA | kilograms("0.5") | {"organic": False}, None),
    (GRADED, f"2022-03-01T09:00:00{SUMMER}", GALA | {"brix": "13.50", "sample": 40}, None),
    (GRADED, f"2022-03-02T09:00:00{SUMMER}", GALA | {"brix": "14.25", "sample": 20}, None),
    (GRADED, f"2022-03-03T09:00:00{SUMMER}", JAZZ | {"brix": "12.00", "sample": 10}, None),
    (SOLD, f"2022-04-10T09:00:00{WINTER}", DOMESTIC | GALA | kilograms("1000") | nz("2500.50"), "s-1"),
    (SOLD, f"2022-04-11T09:00:00{WINTER}", EXPORT | JAZZ | kilograms("3000") | nz("9000.25"), "s-2"),
    (SOLD, f"2022-05-11T09:00:00{WINTER}", EXPORT | GALA | kilograms("1000") | nz("3000.00"), "s-3"),
    (REPORTED, f"2021-10-01T09:00:00{SUMMER}", RIVERBANK | {"grade": "minor", "account": "A ladder slipped."}, "i-1"),
    (REPORTED, f"2021-11-01T09:00:00{SUMMER}", MILL | {"grade": "notifiable"}, "i-2"),
    (REPORTED, f"2021-12-01T09:00:00{SUMMER}", MILL | {"grade": "near_miss"}, "i-3"),
    (CLOSED, f"2021-10-20T09:00:00{SUMMER}", {"lost_days": 3}, "i-1"),
    (CLOSED, f"2021-11-20T09:00:00{SUMMER}", {"lost_days": 4}, "i-2"),
    (CLOSED, f"2021-12-20T09:00:00{SUMMER}", {}, "i-3"),
    (BRIEFED, f"2021-08-20T09:00:00{WINTER}", RIVERBANK | {"people": ["a", "b"]}, None),
    (BRIEFED, f"2022-01-20T09:00:00{SUMMER}", TERRACE | {"people": ["b", "c"]}, None),
    (METERED, f"2021-09-30T09:00:00{SUMMER}", RIVERBANK | BORE | {"cubic_metres": "100.000"}, "meter-1"),
    (METERED, f"2022-05-31T09:00:00{WINTER}", RIVERBANK | BORE | {"cubic_metres": "250.500"}, "meter-1"),
    (METERED, f"2022-05-31T09:00:00{WINTER}", RIVERBANK | RIVER | {"cubic_metres": "40.250"}, "meter-2"),
    (GRANTED, f"2021-12-01T09:00:00{SUMMER}", BORE | {"allowance": 5000}, "consent-8"),
    (GRANTED, f"2021-12-02T09:00:00{SUMMER}", TANK | {"allowance": 100}, "consent-9"),
    (SURRENDERED, f"2022-01-02T09:00:00{SUMMER}", RIVER | {"allowance": 45000}, "consent-3"),
    (MEASURED, f"2022-01-02T09:00:00{SUMMER}", RIVERBANK | {"moisture": "31.5"}, "probe-1"),
    (JOINED, f"2021-07-10T09:00:00{WINTER}", BAY | CERTIFIED, "g-1"),
    (JOINED, f"2021-07-11T09:00:00{WINTER}", NELSON | PLAIN, "g-2"),
    (LEFT, f"2022-01-31T09:00:00{SUMMER}", {"reason": "sold the land"}, "g-2"),
    (JOINED, f"2022-02-10T09:00:00{SUMMER}", BAY | PLAIN, "g-3"),
    (CREW, f"2021-08-01T09:00:00{WINTER}", PERMANENT | RIVERBANK | {"heads": 10}, "crew"),
    (CREW, f"2022-02-01T09:00:00{SUMMER}", SEASONAL | RIVERBANK | {"heads": 5}, "crew"),
    (CREW, f"2022-05-01T09:00:00{WINTER}", SEASONAL | RIVERBANK | {"heads": 0}, "crew"),
    (CREW, f"2022-05-01T09:00:00{WINTER}", PERMANENT | TERRACE | {"heads": 2}, "crew"),
    (PACKHOUSE, f"2021-08-01T09:00:00{WINTER}", {"heads": 8}, "packhouse"),
    # The reporting year 2023, which began on 1 July 2022.
    (PICKED, f"2022-07-01T00:00:00{WINTER}", RIVERBANK | GALA | kilograms("999.0"), None),
    (CREW, f"2022-07-01T00:00:00{WINTER}", PERMANENT | RIVERBANK | {"heads": 50}, "crew"),
]  # fmt: skip

FIGURES: dict[str, tuple[str | None, list[tuple[dict[str, Any], str]]]] = {
    "growers.crew": (
        "12",
        [(PERMANENT, "12"), (PERMANENT | RIVERBANK, "10"), (PERMANENT | TERRACE, "2")],
    ),
    "growers.headcount": ("20", []),
    "growers.members": ("2", [(BAY, "2"), (BAY | PLAIN, "1"), (BAY | CERTIFIED, "1")]),
    "growers.packhouse_crew": ("8", []),
    "harvest.organic_share": ("21.0", []),  # 2101.0 of 10000.5
    "harvest.picked": (
        "10001",  # 10000.5
        [
            *((GALA, "8001"), (BRAEBURN, "1899"), (JAZZ, "101")),
            *((RIVERBANK | GALA, "8001"), (TERRACE | JAZZ, "101"), (MILL | BRAEBURN, "1899")),
            *(({"organic": False}, "6001"), ({"organic": True}, "2101"), ({"organic": None}, "1899")),
        ],
    ),
    "harvest.picked_growth": ("25.0", []),  # 10000.5 over 8000.0
    "harvest.picked_organic": ("2101", []),
    "harvest.picking_days": ("4", [(RIVERBANK, "2"), (TERRACE, "1"), (MILL, "1")]),
    "harvest.price": ("2.90", []),  # 14500.75 over 5000
    "harvest.proceeds": (
        "14500.75",
        [
            *((DOMESTIC, "2500.50"), (EXPORT, "12000.25")),
            (DOMESTIC | GALA, "2500.50"),
            *((EXPORT | GALA, "3000.00"), (EXPORT | JAZZ, "9000.25")),
        ],
    ),
    "harvest.sold": ("5000", []),
    "harvest.sweetness": ("13.50", [(GALA, "13.75"), (JAZZ, "12.00")]),  # 945 over 70
    "harvest.varieties": ("3", []),
    "safety.briefed_per_head": ("25.0", []),  # 3 of 12
    "safety.briefings": (
        "2",
        [(RIVERBANK, "1"), (TERRACE, "1"), ({"entity": "cooperative"}, "1"), ({"entity": None}, "1")],
    ),
    "safety.incidents": (
        "2",
        [
            *(({"grade": "minor"}, "1"), ({"grade": "notifiable"}, "1")),
            *(({"grade": "minor"} | RIVERBANK, "1"), ({"grade": "notifiable"} | MILL, "1")),
        ],
    ),
    "safety.lost_days": ("7", []),
    "safety.people_briefed": ("3", []),
    "water.allowance": ("125100", [(BORE, "125000"), (TANK, "100")]),
    "water.consents": ("7", []),  # 7 opened, one granted, one surrendered; the tank needs none
    "water.drawn": ("291", [(BORE, "251"), (RIVER, "40")]),  # 250.500 and 40.250
    "water.soil_moisture": ("31.5", [(RIVERBANK, "31.5"), (MILL, "18.0")]),
}
"""Every figure of the reporting year 2022, by hand."""


@pytest.fixture
def orchards(database: Database) -> House:
    """The second organisation after its year 2022, with all that happened recorded."""
    house = House.build(database, second_catalogue())
    house.clock.instant = datetime(2022, 9, 1, tzinfo=UTC)
    house.record(*(event_of(house, *each) for each in OPENINGS + HISTORY))
    return house


def event_of(house: House, type: str, time: str, data: Mapping[str, Any], subject: str | None) -> dict[str, Any]:
    cooperative = type == BRIEFED and data["orchard"] == "riverbank"
    entity = "cooperative" if cooperative else None
    return house.event(type, data, time=time, subject=subject, entity=entity)


def freeze_2022(house: House) -> Snapshot:
    with house.database.write() as session:
        return frozen_in(session, house.ledger, 2022)


def exported(house: House, snapshot: Snapshot, format: str) -> bytes:
    stream = io.BytesIO()
    write(format, snapshot.body, house.catalogue, stream)
    return stream.getvalue()


def test_every_figure_of_its_reporting_year_is_what_it_should_be(orchards: House) -> None:
    found = {
        each["metric"]: (each["value"], [(part["by"], part["value"]) for part in each["breakdown"]])
        for each in freeze_2022(orchards).body["figures"]
    }
    assert found == FIGURES


def test_its_months_run_from_july_to_june(orchards: House) -> None:
    figures = {each["metric"]: each["months"] for each in freeze_2022(orchards).body["figures"]}
    months = [f"2021-{month:02}" for month in range(7, 13)] + [f"2022-{month:02}" for month in range(1, 7)]
    assert all([each["period"] for each in found] == months for found in figures.values())
    members = [each["value"] for each in figures["growers.members"]]
    assert members == ["2", "2", "2", "2", "2", "2", "1", "2", "2", "2", "2", "2"]
    crew = [each["value"] for each in figures["growers.crew"]]
    assert crew == [None, "10", "10", "10", "10", "10", "10", "15", "15", "15", "12", "12"]


def test_tallies_and_recount_agree_on_all_its_years(orchards: House) -> None:
    assert orchards.differences() == []
    assert orchards.differences("2021", "2022", "2023") == []


def test_its_figures_are_worded_in_its_languages_and_currency(orchards: House) -> None:
    figures = {
        each["metric"]: each["printed"]
        for each in json.loads(exported(orchards, freeze_2022(orchards), "json"))["figures"]
    }
    assert {id: figures[id] for id in ("harvest.proceeds", "harvest.price", "growers.members", "water.drawn")} == {
        "harvest.proceeds": {"en": "NZ$ 14,500.75", "zh-Hant": "紐西蘭幣 14,500.75元"},
        "harvest.price": {"en": "NZ$ 2.90 per kilogram", "zh-Hant": "紐西蘭幣 2.90 元/公斤"},
        "growers.members": {"en": "2 growers", "zh-Hant": "2 戶"},
        "water.drawn": {"en": "291 cubic metres", "zh-Hant": "291 立方米"},
    }


def test_its_year_is_exported_whole(orchards: House) -> None:
    snapshot = freeze_2022(orchards)
    document = json.loads(exported(orchards, snapshot, "json"))
    assert (document["organisation"], document["year"], document["log_size"]) == ("southern-orchards", 2022, 42)
    assert [each["metric"] for each in document["figures"]] == sorted(FIGURES)
    lines = list(csv.DictReader(io.StringIO(exported(orchards, snapshot, "csv").decode())))
    cells = sum(len(breakdown) for _value, breakdown in FIGURES.values())
    assert len(lines) == 23 + cells + 23 * 12
    assert {line["metric"]: line["value"] for line in lines if line["period"] == "2022" and not line["by"]} == {
        metric: value for metric, (value, _breakdown) in FIGURES.items()
    }


def test_what_comes_late_for_its_year_is_marked(orchards: House) -> None:
    before = freeze_2022(orchards)
    moments = (f"2022-06-30T23:59:59{WINTER}", f"2022-07-01T00:00:00{WINTER}", f"2021-06-30T12:00:00{WINTER}")
    picked = [orchards.event(PICKED, RIVERBANK | GALA | kilograms("1.0"), time=each) for each in moments]
    assert [each.late for each in orchards.record(*picked)] == [2022, None, 2022]  # the last through growth
    with orchards.database.read() as session:
        assert late(session, 2022) == [42, 44]
        assert get(session, 2022) == before


DRAWN = st.sampled_from(HISTORY)
MOMENTS = st.sampled_from([time for _type, time, _data, _subject in HISTORY])


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_tallies_and_recount_agree_after_any_history_of_it(
    sqlite_template: Path, tmp_path: Path, data: st.DataObject
) -> None:
    for each in tmp_path.glob("drawn.db*"):
        each.unlink()
    shutil.copy(sqlite_template, tmp_path / "drawn.db")
    database = Database(f"sqlite:///{tmp_path / 'drawn.db'}")
    try:
        house = House.build(database, second_catalogue())
        house.clock.instant = datetime(2022, 9, 1, tzinfo=UTC)
        facts = data.draw(st.lists(DRAWN, min_size=1, max_size=15))
        house.record(*(event_of(house, *each) for each in facts))
        for seq in data.draw(st.lists(st.integers(0, len(facts) - 1), max_size=5, unique=True)):
            type, _time, values, subject = facts[seq]
            if data.draw(st.booleans()):
                house.void(seq, seq)
            else:
                alike = [each for each in HISTORY if each[0] == type]
                _type, _time, values, subject = data.draw(st.sampled_from(alike))
                house.correct(seq, seq, values, subject=subject, time=data.draw(MOMENTS))
        assert house.differences("2021", "2022", "2023") == []
    finally:
        database.close()

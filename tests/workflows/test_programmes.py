"""Broadcasts: from schedule to settlement, the places they reached, and figures by programme."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.house import House
from tests.workflows.houses import house_of
from tracker.db import Database
from tracker.workflows.programmes import KIND, Broadcast, broadcasts, counties, programmes, provinces

FUMIAO, HUNAN = {"programme": "fumiao"}, {"programme": "hunan"}
SICHUAN = {"province": "sichuan"}


@pytest.fixture
def stage(database: Database) -> House:
    """A house with the charity domain alone: one session held and settled, one scheduled, one cancelled, one held."""
    house = house_of(database, "charity")
    tell(house, "scheduled", "2020-03-01", FUMIAO | SICHUAN | {"planned_for": "2020-03-09T20:00:00+08:00"}, "a")
    numbers = {"viewers": 500, "orders": 9, "sales": {"amount": "1200.50", "currency": "CNY"}}
    tell(house, "held", "2020-03-10", FUMIAO | SICHUAN | numbers | {"counties": ["leibo", "zhaojue"]}, "a")
    tell(house, "settled", "2020-03-20", FUMIAO | {"settled_on": "2020-03-20"}, "a")
    tell(house, "scheduled", "2020-04-01", FUMIAO | SICHUAN | {"planned_for": "2020-05-05T20:00:00+08:00"}, "b")
    tell(house, "scheduled", "2020-04-02", HUNAN | {"province": "hunan"}, "c")
    tell(house, "cancelled", "2020-04-03", HUNAN | {"reason": "flood"}, "c")
    tell(house, "scheduled", "2020-04-01", FUMIAO | {"province": "gansu"}, "d")
    tell(house, "held", "2021-01-05", FUMIAO | {"province": "gansu", "counties": ["leibo"]}, "d")
    return house


def tell(house: House, what: str, day: str, data: dict[str, Any], session: str) -> None:
    house.record(house.event(f"{KIND}.{what}", data, subject=session, time=f"{day}T12:00:00+08:00"))


def of(house: House, programme: str | None = None) -> list[Broadcast]:
    with house.database.read() as session:
        return broadcasts(session, house.catalogue, programme)


def test_every_session_says_where_it_belongs_and_what_came_of_it(stage: House) -> None:
    found = {each.subject: each for each in of(stage)}
    held = found["a"]
    assert (held.programme, held.province, held.standing.state, held.day) == (
        "fumiao",
        "sichuan",
        "settled",
        "2020-03-10",
    )
    assert (held.viewers, held.orders, held.sales) == (500, 9, Decimal("1200.50"))
    assert held.counties == ("leibo", "zhaojue")
    assert [(id, each.standing.state, each.day) for id, each in sorted(found.items())][1:] == [
        ("b", "scheduled", None),
        ("c", "cancelled", None),
        ("d", "held", "2021-01-05"),
    ]


def test_sessions_of_a_programme_come_newest_first_by_when_they_are(stage: House) -> None:
    assert [(each.subject, each.when[:10]) for each in of(stage, "fumiao")] == [
        ("d", "2021-01-05"),
        ("b", "2020-05-05"),
        ("a", "2020-03-10"),
    ]
    assert [each.subject for each in of(stage, "hunan")] == ["c"]
    assert of(stage, "pengshui") == []


def test_places_count_once_for_each_session_held_in_the_period(stage: House) -> None:
    year = stage.catalogue.calendar.year
    assert counties(of(stage), year(2020)) == [("leibo", 1), ("zhaojue", 1)]
    assert counties(of(stage), year(2021)) == [("leibo", 1)]
    assert provinces(of(stage), year(2020)) == [("sichuan", 1)]
    assert counties(of(stage, "hunan"), year(2020)) == []


def test_figures_by_programme_agree_with_the_sessions(stage: House) -> None:
    cell = '{"programme":"fumiao"}'
    found = {
        id: stage.values(f"charity.{id}", "2020").get(cell) for id in ("livestreams", "counties", "provinces", "sales")
    }
    assert found == {"livestreams": 1, "counties": 2, "provinces": 1, "sales": Decimal("1200.50")}
    assert stage.differences() == []


def test_the_catalogue_names_the_programmes(stage: House) -> None:
    assert list(programmes(stage.catalogue))[:2] == ["fumiao", "hundred_counties"]
    assert programmes(stage.catalogue)["hunan"]["en"] == "Love for Hunan"

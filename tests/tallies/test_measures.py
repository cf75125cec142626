"""What each measure comes to, by worked examples: empty, corrected, voided, tied, late and out of order."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.house import DATA, House
from tracker.catalogue import load
from tracker.db import Database

CASE = "desk.case.reported"
READ = "desk.meter.read"
JOINED = "desk.member.joined"
LEFT = "desk.member.left"
OPENED = "tracker.balance.opened"

NOTHING_YET: dict[str, int | None] = {
    "desk.cases": 0,
    "desk.phone_cases": 0,
    "desk.loss": 0,
    "desk.places": 0,
    "desk.subjects": 0,
    "desk.days": 0,
    "desk.newest": None,
    "desk.newest_carried": None,
    "desk.read_total": None,
    "desk.read_carried": None,
    "desk.read_cells": None,
    "desk.stock": 0,
    "desk.arrivals": 0,
    "desk.members": 0,
    "desk.score": None,
    "desk.plain_score": None,
    "desk.loss_per_case": None,
    "desk.everything": 0,
    "desk.growth": None,
    "desk.growth_of_share": None,
}

MORE = """
  placed: {label: {zh-Hant: 單位, en: Placed}, measure: count, of: case.reported, by: [entity, [channel, entity]],
    unit: case, owner: desk}
  severe: {label: {zh-Hant: 嚴重, en: Severe}, measure: count, of: case.reported,
    where: {channel: [phone, mail], level: high}, unit: case, owner: desk}
  on_the_phone: {label: {zh-Hant: 電話成員, en: Members by phone}, measure: members, enter: member.joined,
    leave: member.left, where: {channel: phone}, unit: person, owner: desk}
  both: {label: {zh-Hant: 兩者, en: Both}, measure: total, of: [everything, phone_cases], unit: case, owner: desk}
  elsewhere: {label: {zh-Hant: 非電話, en: Not by phone}, measure: total, of: [cases], minus: [heard, less],
    by: [channel], unit: case, owner: desk}
  heard: {label: {zh-Hant: 嚴重電話, en: Severe}, measure: count, of: case.reported, where: {level: high},
    by: [channel], unit: case, owner: desk}
  less: {label: {zh-Hant: 離開, en: Left}, measure: count, of: member.left, by: [channel], unit: case, owner: desk}
  uncertain: {label: {zh-Hant: 未定, en: Uncertain}, measure: total, of: cases, minus: newest, unit: case, owner: desk}
  share: {label: {zh-Hant: 比例, en: Share}, measure: ratio, numerator: phone_cases, denominator: both, factor: 100,
    unit: percent, owner: desk}
  doubtful: {label: {zh-Hant: 存疑, en: Doubtful}, measure: total, of: [cases, newest], unit: case, owner: desk}
  growth_of_both: {label: {zh-Hant: 兩者增長, en: Growth of both}, measure: growth, of: both, unit: multiple,
    owner: desk}
  acceleration: {label: {zh-Hant: 加速, en: Acceleration}, measure: growth, of: growth_of_both, unit: multiple,
    owner: desk}
"""


@pytest.fixture
def larger(database: Database, tmp_path: Path) -> House:
    """A house with metrics of metrics of metrics beside the usual ones."""
    config = tmp_path / "larger"
    shutil.copytree(DATA / "small", config)
    with (config / "domains" / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write(MORE)
    return House.build(database, load(config))


def at(day: str, time: str = "12:00:00") -> str:
    """A time of a local day in Shanghai."""
    return f"{day}T{time}+08:00"


def cell(**by: Any) -> str:
    """The name of a breakdown's cell."""
    return json.dumps(by, sort_keys=True, separators=(",", ":"))


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def happen(house: House, type: str, day: str, subject: str | None = None, **data: Any) -> int:
    """Record one event on a day, or at a time if ``day`` has one, and return its seq."""
    time = day if "T" in day else at(day)
    given = {"channel": "phone"} | data if type != OPENED else data
    about = subject or (None if type in (CASE, OPENED) else "s")
    return house.record(house.event(type, given, time=time, subject=about))[0].seq


def opened(house: House, channel: str, quantity: int) -> int:
    return happen(house, OPENED, "2018-12-31", metric="desk.stock", quantity=quantity, by={"channel": channel})


def test_an_empty_period_has_no_events_and_no_readings(house: House) -> None:
    assert set(house.catalogue.metrics) == set(NOTHING_YET)
    for period in ("2020", "2020-Q2", "2020-05"):
        assert {metric: house.values(metric, period) for metric in NOTHING_YET} == {
            metric: {"{}": value} for metric, value in NOTHING_YET.items()
        }


def test_a_count_counts_events_by_each_dimension_and_crossed(house: House) -> None:
    happen(house, CASE, "2020-02-10", level="high")
    happen(house, CASE, "2020-02-11", level="high", channel="mail")
    happen(house, CASE, "2020-12-01", channel="mail")
    assert house.values("desk.cases", "2020") == {
        "{}": 3,
        cell(channel="phone"): 1,
        cell(channel="mail"): 2,
        cell(level="high"): 2,
        cell(level=None): 1,
        cell(channel="phone", level="high"): 1,
        cell(channel="mail", level="high"): 1,
        cell(channel="mail", level=None): 1,
    }
    assert [house.value("desk.cases", each) for each in ("2020-Q1", "2020-02", "2020-Q4", "2020-11")] == [2, 2, 1, 0]


def test_a_corrected_event_counts_where_and_when_the_correction_says(house: House) -> None:
    first = happen(house, CASE, "2020-02-10", level="high")
    second = happen(house, CASE, "2020-12-01", channel="mail")
    moved = house.correct(second, second, {"channel": "phone", "level": "low"}, time=at("2021-01-05"))
    assert house.values("desk.cases", "2020-12") == {"{}": 0}
    assert house.values("desk.cases", "2021") == {
        "{}": 1,
        cell(channel="phone"): 1,
        cell(level="low"): 1,
        cell(channel="phone", level="low"): 1,
    }
    house.correct(second, moved.seq, {"channel": "phone"}, time=at("2020-06-05"))
    assert [house.value("desk.cases", each) for each in ("2020", "2020-Q1", "2020-Q2", "2021")] == [2, 1, 1, 0]
    house.void(first, first)
    assert [house.value("desk.cases", each) for each in ("2020", "2020-Q1", "2020-Q2")] == [1, 0, 1]


def test_a_void_takes_everything_back(house: House) -> None:
    for type in (CASE, READ, JOINED):
        data: dict[str, Any] = {"loss": yuan("9.00"), "places": ["a"]} if type == CASE else {}
        data |= {"quantity": 5, "weight": 2} if type == READ else {}
        seq = happen(house, type, "2020-05-05", "s", **data)
        house.void(seq, seq)
    assert {metric: house.values(metric, "2020") for metric in NOTHING_YET} == {
        metric: {"{}": value} for metric, value in NOTHING_YET.items()
    }


def test_a_filter_lets_through_one_value_or_any_of_a_list(larger: House) -> None:
    seq = happen(larger, CASE, "2020-02-10", level="high")
    happen(larger, CASE, "2020-02-11", channel="mail", level="high")
    happen(larger, CASE, "2020-02-12", channel="mail", level="low")
    happen(larger, CASE, "2020-02-13")
    assert [larger.value(f"desk.{each}", "2020") for each in ("phone_cases", "severe")] == [2, 2]
    larger.correct(seq, seq, {"channel": "mail"}, time=at("2020-02-10"))
    assert [larger.value(f"desk.{each}", "2020") for each in ("phone_cases", "severe")] == [1, 1]


def test_a_breakdown_by_entity_has_a_cell_for_events_without_one(larger: House) -> None:
    larger.record(
        larger.event(CASE, {"channel": "phone"}, entity="north"),
        larger.event(CASE, {"channel": "phone"}, entity="north"),
        larger.event(CASE, {"channel": "mail"}),
    )
    assert larger.values("desk.placed", "2020-05") == {
        "{}": 3,
        cell(entity="north"): 2,
        cell(entity=None): 1,
        cell(channel="phone", entity="north"): 2,
        cell(channel="mail", entity=None): 1,
    }


def test_a_sum_is_exact_and_leaves_out_what_says_no_amount(house: House) -> None:
    happen(house, CASE, "2020-01-31", loss=yuan("0.10"))
    happen(house, CASE, "2020-02-01", loss=yuan("0.20"), channel="mail")
    happen(house, CASE, "2020-02-02")
    happen(house, CASE, "2020-07-01", loss=yuan("1000000.00"))
    expected = {"{}": Fraction(3, 10), cell(channel="phone"): Fraction(1, 10), cell(channel="mail"): Fraction(1, 5)}
    assert house.values("desk.loss", "2020-Q1") == expected
    assert house.value("desk.loss", "2020") == Fraction(10000003, 10)


def test_a_corrected_amount_replaces_the_old_one(house: House) -> None:
    seq = happen(house, CASE, "2020-03-01", loss=yuan("80.00"))
    happen(house, CASE, "2020-03-02", loss=yuan("20.00"))
    second = house.correct(seq, seq, {"channel": "mail", "loss": yuan("79.99")}, time=at("2020-04-01")).seq
    assert house.values("desk.loss", "2020-03") == {"{}": 20, cell(channel="phone"): 20}
    assert house.value("desk.loss", "2020") == Fraction(9999, 100)
    house.correct(seq, second, {"channel": "mail"}, time=at("2020-04-01"))
    assert house.values("desk.loss", "2020") == {"{}": 20, cell(channel="phone"): 20}


def test_distinct_members_of_a_list_are_counted_once_per_period_and_leave_with_their_last_event(house: House) -> None:
    first = happen(house, CASE, "2020-01-10", places=["a", "b"])
    happen(house, CASE, "2020-03-10", places=["b", "c"], channel="mail")
    third = happen(house, CASE, "2020-05-10", places=["a"])
    happen(house, CASE, "2020-05-11")
    periods = ("2020-01", "2020-03", "2020-Q1", "2020-05", "2020")
    assert [house.value("desk.places", each) for each in periods] == [2, 2, 3, 1, 3]
    assert house.values("desk.places", "2020") == {"{}": 3, cell(channel="phone"): 2, cell(channel="mail"): 2}
    house.void(first, first)
    assert [house.value("desk.places", each) for each in periods] == [0, 2, 2, 1, 3]
    assert house.values("desk.places", "2020") == {"{}": 3, cell(channel="phone"): 1, cell(channel="mail"): 2}
    house.correct(third, third, {"channel": "phone", "places": ["c"]}, time=at("2021-01-10"))
    assert [house.value("desk.places", each) for each in (*periods, "2021")] == [0, 2, 2, 0, 2, 1]
    assert house.values("desk.places", "2020") == {"{}": 2, cell(channel="mail"): 2}


def test_distinct_subjects_are_counted_over_event_types(house: House) -> None:
    first = happen(house, CASE, "2020-01-10", "s1")
    happen(house, READ, "2020-02-10", "s1", quantity=1)
    happen(house, READ, "2020-02-11", "s2", quantity=1)
    happen(house, CASE, "2020-02-12")
    periods = ("2020-01", "2020-02", "2020-Q1", "2020")
    assert [house.value("desk.subjects", each) for each in periods] == [1, 2, 2, 2]
    house.correct(first, first, {"channel": "phone"}, subject="s3", time=at("2020-01-10"))
    assert [house.value("desk.subjects", each) for each in periods] == [1, 2, 3, 3]


def test_distinct_days_are_local_days(house: House) -> None:
    happen(house, CASE, "2020-05-04T00:00:00+08:00")
    last = happen(house, CASE, "2020-05-04T15:59:59Z")
    happen(house, CASE, "2020-05-04T16:00:00Z")
    happen(house, CASE, "2020-06-30T23:59:59+08:00")
    assert [house.value("desk.days", each) for each in ("2020-05", "2020-Q2", "2020")] == [2, 3, 3]
    house.void(last, last)
    assert house.value("desk.days", "2020-05") == 2


def test_the_latest_reading_is_the_newest_by_event_time_whatever_arrived_last(house: House) -> None:
    happen(house, READ, at("2020-05-04", "10:00:00"), quantity="5.00")
    happen(house, READ, at("2020-05-04", "09:00:00"), quantity="7.00", channel="mail")
    happen(house, READ, at("2020-02-04"), quantity="-1.50")
    expected = {"{}": 5, cell(channel="phone"): 5, cell(channel="mail"): 7}
    assert house.values("desk.newest", "2020-05") == expected
    assert house.values("desk.newest", "2020") == expected
    assert house.values("desk.newest", "2020-Q1") == {"{}": Fraction(-3, 2), cell(channel="phone"): Fraction(-3, 2)}
    assert house.values("desk.newest", "2020-06") == {"{}": None}


def test_of_readings_at_the_same_time_the_later_original_is_the_newest(house: House) -> None:
    time = at("2020-05-04")
    first = happen(house, READ, time, quantity=1)
    second = happen(house, READ, time, quantity=2)
    assert house.value("desk.newest", "2020") == 2
    house.correct(first, first, {"channel": "phone", "quantity": 9}, subject="s", time=time)
    assert house.value("desk.newest", "2020") == 2
    house.void(second, second)
    assert house.value("desk.newest", "2020") == 9


def test_a_withdrawn_latest_reading_falls_back_to_the_one_before(house: House) -> None:
    happen(house, READ, "2020-05-01", quantity=1)
    second = happen(house, READ, "2020-05-02", quantity=2)
    third = happen(house, READ, "2020-05-03", quantity=3)
    moved = house.correct(third, third, {"channel": "phone", "quantity": 4}, subject="s", time=at("2020-04-30")).seq
    assert [house.value("desk.newest", each) for each in ("2020-04", "2020-05", "2020-Q2", "2020")] == [4, 2, 2, 2]
    house.void(second, second)
    assert [house.value("desk.newest", each) for each in ("2020-05", "2020")] == [1, 1]
    house.correct(third, moved, {"channel": "phone", "quantity": 5}, subject="s", time=at("2021-01-01"))
    assert [house.value("desk.newest", each) for each in ("2020-04", "2020", "2021")] == [None, 1, 5]


def test_a_carried_reading_lasts_until_the_next(house: House) -> None:
    happen(house, READ, "2019-11-30", quantity=3, level="low")
    later = happen(house, READ, "2020-06-10", quantity=8)
    periods = ("2019-10", "2019-12", "2020-Q1", "2020-06", "2020", "2021")
    assert [house.value("desk.newest_carried", each) for each in periods] == [None, 3, 3, 8, 8, 8]
    assert house.values("desk.newest_carried", "2020") == {"{}": 8, cell(level="low"): 3, cell(level=None): 8}
    assert [house.value("desk.newest", each) for each in ("2019-12", "2020-Q1", "2021")] == [None, None, None]
    happen(house, READ, "2020-03-10", quantity=4)
    house.void(later, later)
    assert [house.value("desk.newest_carried", each) for each in periods] == [None, 3, 4, 4, 4, 4]


def test_a_sum_of_newest_readings_takes_one_per_subject_and_is_not_the_sum_of_months(house: House) -> None:
    happen(house, READ, "2020-01-10", "s1", quantity=10)
    happen(house, READ, "2020-02-10", "s2", quantity=20)
    happen(house, READ, "2020-06-10", "s1", quantity=3, channel="mail", level="low")
    months = ("2020-01", "2020-02", "2020-03", "2020-06")
    assert [house.value("desk.read_total", each) for each in months] == [10, 20, None, 3]
    assert [house.value("desk.read_total", each) for each in ("2020-Q1", "2020-Q2", "2020-Q3", "2020")] == [
        *(30, 3, None, 23)
    ]
    assert house.values("desk.read_total", "2020") == {
        "{}": 23,
        cell(channel="phone"): 20,
        cell(channel="mail"): 3,
        cell(level=None): 20,
        cell(level="low"): 3,
    }


def test_a_carried_sum_keeps_each_subjects_newest_reading(house: House) -> None:
    happen(house, READ, "2020-06-10", "s1", quantity=3, channel="mail")
    happen(house, READ, "2020-01-10", "s1", quantity=10)
    happen(house, READ, "2020-02-10", "s2", quantity=20)
    periods = ("2019", "2020-01", "2020-Q1", "2020-05", "2020-06", "2020", "2021-12")
    assert [house.value("desk.read_carried", each) for each in periods] == [None, 10, 30, 30, 23, 23, 23]
    assert house.values("desk.read_carried", "2020") == {"{}": 23, cell(channel="phone"): 20, cell(channel="mail"): 3}


def test_a_sum_of_newest_readings_falls_back_and_follows_the_subject(house: House) -> None:
    happen(house, READ, "2020-01-10", "s1", quantity=10)
    second = happen(house, READ, "2020-01-20", "s1", quantity=11)
    third = happen(house, READ, "2020-02-10", "s2", quantity=20)
    assert [house.value("desk.read_total", each) for each in ("2020-01", "2020")] == [11, 31]
    house.correct(second, second, {"channel": "phone", "quantity": 11}, subject="s2", time=at("2020-01-20"))
    assert [house.value("desk.read_total", each) for each in ("2020-01", "2020")] == [21, 30]
    house.void(third, third)
    assert [house.value("desk.read_total", each) for each in ("2020-01", "2020-02", "2020")] == [21, None, 21]
    assert [house.value("desk.read_carried", each) for each in ("2020-02", "2020")] == [21, 21]


def test_a_later_report_replaces_its_cells_even_with_zeros(house: House) -> None:
    happen(house, READ, "2020-01-10", quantity=4, level="low")
    happen(house, READ, "2020-01-10", quantity=5, level="high")
    happen(house, READ, "2020-01-10", quantity=6, channel="mail")
    zero = happen(house, READ, "2020-04-10", quantity=0, level="high")
    assert [house.value("desk.read_cells", each) for each in ("2020-Q1", "2020-Q2", "2020-Q3", "2020")] == [
        *(15, 0, None, 10)
    ]
    assert house.values("desk.read_cells", "2020") == {
        "{}": 10,
        cell(channel="phone"): 4,
        cell(channel="mail"): 6,
        cell(channel="phone", level="low"): 4,
        cell(channel="mail", level=None): 6,
    }
    house.void(zero, zero)
    assert [house.value("desk.read_cells", each) for each in ("2020-Q2", "2020")] == [None, 15]


def test_a_balance_is_what_was_there_plus_entries_less_exits(house: House) -> None:
    opened(house, "phone", 5)
    opened(house, "mail", 6)
    opened(house, "mail", 1)
    happen(house, JOINED, "2020-02-10", heads=3)
    happen(house, LEFT, "2020-04-10", heads=4, channel="mail")
    happen(house, JOINED, "2020-05-10")
    periods = ("2018", "2019-01", "2019", "2020-Q1", "2020-04", "2020", "2021")
    assert [house.value("desk.stock", each) for each in periods] == [12, 12, 12, 15, 11, 11, 11]
    assert [house.value("desk.arrivals", each) for each in periods] == [0, 0, 0, 1, 0, 1, 1]
    assert house.values("desk.stock", "2020") == {"{}": 11, cell(channel="phone"): 8, cell(channel="mail"): 3}


def test_a_balance_follows_corrections_of_quantity_time_and_opening(house: House) -> None:
    opening = opened(house, "mail", 7)
    joined = happen(house, JOINED, "2020-02-10", heads=3)
    left = happen(house, LEFT, "2020-04-10", heads=2)
    house.correct(joined, joined, {"channel": "phone", "heads": 9}, subject="s", time=at("2021-01-01"))
    assert [house.value("desk.stock", each) for each in ("2019", "2020-Q1", "2020", "2021")] == [7, 7, 5, 14]
    assert house.values("desk.stock", "2020") == {"{}": 5, cell(channel="phone"): -2, cell(channel="mail"): 7}
    house.void(left, left)
    house.void(opening, opening)
    assert [house.value("desk.stock", each) for each in ("2019", "2020", "2021")] == [0, 0, 9]


def test_members_are_in_by_their_newest_entering_or_leaving_with_the_dimensions_of_the_entering(house: House) -> None:
    happen(house, JOINED, "2020-01-10", "p1")
    happen(house, JOINED, "2020-01-11", "p2", channel="mail")
    happen(house, LEFT, "2020-05-10", "p1", channel="mail")
    happen(house, JOINED, "2020-09-10", "p1", channel="mail")
    periods = ("2019", "2020-01", "2020-Q1", "2020-05", "2020-Q3", "2021-06")
    assert [house.value("desk.members", each) for each in periods] == [0, 2, 2, 1, 2, 2]
    assert house.values("desk.members", "2020-Q1") == {"{}": 2, cell(channel="phone"): 1, cell(channel="mail"): 1}
    assert house.values("desk.members", "2020") == {"{}": 2, cell(channel="mail"): 2}


def test_to_leave_without_having_entered_counts_nothing(house: House) -> None:
    happen(house, LEFT, "2020-01-10", "p1")
    happen(house, JOINED, "2020-02-10", "p2")
    assert [house.value("desk.members", each) for each in ("2020-01", "2020-02", "2020")] == [0, 1, 1]
    happen(house, JOINED, "2020-03-10", "p1")
    assert [house.value("desk.members", each) for each in ("2020-01", "2020-02", "2020")] == [0, 1, 2]


def test_to_enter_twice_counts_once_with_the_newer_dimensions(house: House) -> None:
    happen(house, JOINED, "2020-01-10", "p1")
    again = happen(house, JOINED, "2020-06-10", "p1", channel="mail")
    assert house.values("desk.members", "2020-Q1") == {"{}": 1, cell(channel="phone"): 1}
    assert house.values("desk.members", "2020") == {"{}": 1, cell(channel="mail"): 1}
    house.void(again, again)
    assert house.values("desk.members", "2020") == {"{}": 1, cell(channel="phone"): 1}


def test_a_leaving_recorded_before_its_entering_takes_its_place_in_time(house: House) -> None:
    happen(house, LEFT, "2020-06-10", "p1")
    entered = happen(house, JOINED, "2020-03-10", "p1")
    periods = ("2020-02", "2020-03", "2020-05", "2020-06", "2020")
    assert [house.value("desk.members", each) for each in periods] == [0, 1, 1, 0, 0]
    house.correct(entered, entered, {"channel": "phone"}, subject="p1", time=at("2020-07-01"))
    assert [house.value("desk.members", each) for each in (*periods, "2020-07", "2021")] == [0, 0, 0, 0, 1, 1, 1]


def test_entering_and_leaving_at_the_same_time_go_by_seq(house: House) -> None:
    time = at("2020-06-10")
    happen(house, JOINED, time, "p1")
    happen(house, LEFT, time, "p1")
    happen(house, LEFT, time, "p2")
    happen(house, JOINED, time, "p2")
    assert house.value("desk.members", "2020") == 1


def test_a_correction_moves_a_member_to_another_subject_or_year(house: House) -> None:
    joined = happen(house, JOINED, "2020-03-10", "p1")
    left = happen(house, LEFT, "2020-08-10", "p1")
    moved = house.correct(left, left, {"channel": "phone"}, subject="p1", time=at("2021-01-10")).seq
    assert [house.value("desk.members", each) for each in ("2020-Q1", "2020", "2021-01")] == [1, 1, 0]
    house.correct(left, moved, {"channel": "phone"}, subject="p2", time=at("2020-08-10"))
    assert [house.value("desk.members", each) for each in ("2020-Q1", "2020", "2021-01")] == [1, 1, 1]
    house.void(joined, joined)
    assert [house.value("desk.members", each) for each in ("2020-Q1", "2020", "2021-01")] == [0, 0, 0]


def test_what_a_filter_keeps_out_neither_enters_nor_leaves(larger: House) -> None:
    happen(larger, JOINED, "2020-03-10", "p1")
    happen(larger, JOINED, "2020-03-10", "p2", channel="mail")
    happen(larger, LEFT, "2020-04-10", "p1", channel="mail")
    assert [larger.value("desk.on_the_phone", each) for each in ("2020-03", "2020")] == [1, 1]
    happen(larger, LEFT, "2020-05-10", "p1")
    assert larger.value("desk.on_the_phone", "2020") == 0


def test_a_mean_is_weighted_and_a_year_is_not_the_mean_of_its_months(house: House) -> None:
    happen(house, READ, "2020-01-10", quantity="4.00", weight=1)
    seq = happen(house, READ, "2020-02-10", quantity="7.00", weight=2, channel="mail")
    happen(house, READ, "2020-02-11", quantity="1.00")
    expected = {"{}": 6, cell(channel="phone"): 4, cell(channel="mail"): 7}
    assert house.values("desk.score", "2020") == expected
    assert [house.value("desk.score", each) for each in ("2020-01", "2020-02", "2020-03")] == [4, 7, None]
    assert [house.value("desk.plain_score", each) for each in ("2020-02", "2020-Q1")] == [4, 4]
    corrected = {"channel": "mail", "quantity": "-8.50", "weight": 4}
    moved = house.correct(seq, seq, corrected, subject="s", time=at("2020-02-10")).seq
    assert house.value("desk.score", "2020") == -6
    house.void(seq, moved)
    assert house.values("desk.score", "2020") == {"{}": 4, cell(channel="phone"): 4}


def test_a_mean_without_weight_is_unknown(house: House) -> None:
    happen(house, READ, "2020-01-10", quantity="4.00", weight=0)
    assert house.values("desk.score", "2020") == {"{}": None}
    assert house.value("desk.plain_score", "2020") == 4


def test_a_ratio_divides_sums_and_never_by_zero(house: House) -> None:
    happen(house, CASE, "2020-01-10", loss=yuan("10.00"))
    happen(house, CASE, "2020-01-11", channel="mail")
    seq = happen(house, CASE, "2020-02-10", loss=yuan("0.01"))
    assert house.values("desk.loss_per_case", "2020") == {
        "{}": Fraction(1001, 300),
        cell(channel="phone"): Fraction(1001, 200),
    }
    assert [house.value("desk.loss_per_case", each) for each in ("2020-01", "2020-02", "2020-03")] == [
        *(5, Fraction(1, 100), None)
    ]
    house.void(seq, seq)
    assert house.value("desk.loss_per_case", "2020-02") is None


def test_a_total_adds_metrics_cell_by_cell(house: House) -> None:
    happen(house, CASE, "2020-01-10")
    happen(house, CASE, "2020-01-11", channel="mail")
    happen(house, JOINED, "2020-02-10", "p1")
    assert house.values("desk.everything", "2020-Q1") == {"{}": 3, cell(channel="phone"): 2, cell(channel="mail"): 1}
    assert [house.value("desk.everything", each) for each in ("2020-01", "2020-02", "2021")] == [2, 1, 1]


def test_a_total_takes_metrics_off_cell_by_cell(larger: House) -> None:
    happen(larger, CASE, "2020-01-10", level="low")
    severe = happen(larger, CASE, "2020-01-11", level="high")
    happen(larger, CASE, "2020-01-12", channel="mail")
    happen(larger, LEFT, "2020-02-10", "p1", channel="mail")
    happen(larger, LEFT, "2020-02-11", "p2", channel="mail")
    assert larger.values("desk.elsewhere", "2020-01") == {"{}": 2, cell(channel="phone"): 1, cell(channel="mail"): 1}
    assert larger.values("desk.elsewhere", "2020-02") == {"{}": -2, cell(channel="mail"): -2}
    assert larger.values("desk.elsewhere", "2020") == {"{}": 0, cell(channel="phone"): 1, cell(channel="mail"): -1}
    assert larger.differences("2020", "2020-Q1", "2020-02") == []
    larger.void(severe, severe)
    assert larger.value("desk.elsewhere", "2020") == 0
    assert larger.differences("2020") == []


def test_what_takes_something_unknown_off_is_unknown(larger: House) -> None:
    happen(larger, CASE, "2020-03-05")
    assert larger.value("desk.uncertain", "2020") is None
    happen(larger, READ, "2020-03-05", quantity="0.25")
    assert larger.value("desk.uncertain", "2020") == Fraction(3, 4)
    assert larger.differences("2020", "2019") == []


def test_growth_compares_with_the_same_period_a_year_before(house: House) -> None:
    for day in ("2019-01-05", "2019-02-05", "2019-02-06", "2019-10-05"):
        happen(house, CASE, day)
    for day in ("2020-01-05", "2020-01-06", "2020-02-05"):
        happen(house, CASE, day)
    assert house.value("desk.growth", "2020") == -25
    happen(house, CASE, "2020-04-05", channel="mail")
    happen(house, CASE, "2020-04-06", channel="mail")
    assert house.values("desk.growth", "2020") == {"{}": 25, cell(channel="phone"): -25}
    periods = ("2020-01", "2020-02", "2020-Q1", "2020-Q2", "2020-Q4", "2020-03", "2019")
    assert [house.value("desk.growth", each) for each in periods] == [100, -50, 0, None, -100, None, None]


def test_growth_of_a_ratio_compares_the_ratios(house: House) -> None:
    happen(house, CASE, "2019-03-05", loss=yuan("10.00"))
    happen(house, CASE, "2019-03-06")
    happen(house, CASE, "2020-03-05", loss=yuan("7.50"))
    assert house.value("desk.growth_of_share", "2020") == Fraction(1, 2)
    assert house.value("desk.growth_of_share", "2020-04") is None


def test_computed_metrics_may_follow_from_computed_ones(larger: House) -> None:
    happen(larger, CASE, "2018-03-05", channel="mail")
    for channel in ("phone", "phone", "mail"):
        happen(larger, CASE, "2019-03-05", channel=channel)
        happen(larger, CASE, "2020-03-05", channel=channel)
    happen(larger, JOINED, "2020-03-05", "p1")
    happen(larger, CASE, "2020-05-05", channel="phone")
    periods = ("2018", "2019", "2020")
    assert [larger.value("desk.both", each) for each in periods] == [1, 5, 8]  # 1; 3 + 2; 4 + 1 member + 3
    assert [larger.value("desk.share", each) for each in periods] == [0, 40, Fraction(75, 2)]
    assert [larger.value("desk.growth_of_both", each) for each in periods] == [None, 4, Fraction(3, 5)]
    assert [larger.value("desk.acceleration", each) for each in periods] == [None, None, Fraction(-17, 20)]


def test_a_total_is_unknown_while_a_part_of_it_is(larger: House) -> None:
    happen(larger, CASE, "2020-03-05")
    assert larger.value("desk.doubtful", "2020") is None
    happen(larger, READ, "2020-03-05", quantity="2.50")
    assert larger.value("desk.doubtful", "2020") == Fraction(7, 2)


def test_a_late_arrival_counts_as_if_it_had_come_in_time(house: House) -> None:
    for day, quantity in (("2020-12-10", 4), ("2020-01-10", 1), ("2019-12-10", 9), ("2020-06-10", 2)):
        happen(house, READ, day, "s1", quantity=quantity, weight=1)
    periods = ("2019", "2020-Q1", "2020-Q2", "2020-Q3", "2020")
    assert [house.value("desk.newest", each) for each in periods] == [9, 1, 2, None, 4]
    assert [house.value("desk.newest_carried", each) for each in periods] == [9, 1, 2, 2, 4]
    assert [house.value("desk.read_total", each) for each in periods] == [9, 1, 2, None, 4]
    assert [house.value("desk.read_carried", each) for each in periods] == [9, 1, 2, 2, 4]
    assert [house.value("desk.score", each) for each in periods] == [9, 1, 2, None, Fraction(7, 3)]

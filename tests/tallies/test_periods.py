"""In which day, month, quarter and year an event counts, on the organisation's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.house import House, second_catalogue
from tracker.db import Database
from tracker.errors import UnknownPeriod
from tracker.exports.running import running_figures

CASE = "desk.case.reported"
PICKED = "harvest.fruit.picked"


@pytest.fixture
def orchard(database: Database) -> House:
    """The second organisation: Pacific/Auckland, years ending 30 June."""
    house = House.build(database, second_catalogue())
    house.clock.instant = datetime(2023, 9, 1, tzinfo=UTC)
    return house


def report(house: House, *times: str) -> None:
    house.record(*(house.event(CASE, {"channel": "phone"}, time=time) for time in times))


def pick(house: House, *times: str, kilograms: str = "1.0") -> None:
    data = {"orchard": "riverbank", "variety": "gala", "kilograms": kilograms}
    house.record(*(house.event(PICKED, data, time=time) for time in times))


def cases(house: House, *periods: str) -> list[int]:
    return [int(house.value("desk.cases", period) or 0) for period in periods]


def picked(house: House, *periods: str) -> list[int]:
    return [int(house.value("harvest.picked", period) or 0) for period in periods]


def on_day(house: House, metric: str, day: str) -> Decimal | None:
    with house.database.read() as session:
        (found,) = running_figures(session, house.catalogue, house.catalogue.calendar.parse(day), [metric])
    return found.value


def test_a_day_begins_at_midnight_in_the_organisations_zone(house: House) -> None:
    report(house, "2020-05-31T15:59:59.999999Z", "2020-05-31T16:00:00Z", "2020-06-01T00:00:00+08:00")
    assert cases(house, "2020-05", "2020-06", "2020-Q2") == [1, 2, 3]
    assert [on_day(house, "desk.cases", day) for day in ("2020-05-31", "2020-06-01")] == [1, 2]


def test_an_evening_in_utc_may_be_next_year_in_shanghai(house: House) -> None:
    report(house, "2020-12-31T16:30:00Z", "2020-12-31T15:30:00Z", "2020-12-31T23:59:59-05:00")
    assert cases(house, "2020", "2020-Q4", "2020-12", "2021", "2021-Q1", "2021-01") == [1, 1, 1, 2, 2, 2]


def test_a_leap_day_counts_in_its_month_and_has_no_day_a_year_before(house: House) -> None:
    report(house, "2020-02-29T10:00:00+08:00", "2020-02-28T16:00:00Z", "2020-02-29T16:00:00Z")
    assert cases(house, "2020-02", "2020-03", "2020-Q1") == [2, 1, 3]
    assert on_day(house, "desk.cases", "2020-02-29") == 2
    assert on_day(house, "desk.growth", "2020-02-29") is None
    with pytest.raises(UnknownPeriod):
        house.value("desk.cases", "2019-02-29")


def test_a_year_that_ends_in_june_is_named_by_the_june_in_which_it_ends(orchard: House) -> None:
    pick(orchard, "2021-06-30T11:59:59.999999Z", "2021-06-30T12:00:00Z")  # New Zealand's winter is UTC+12
    pick(orchard, "2022-06-30T11:59:59Z", "2022-06-30T12:00:00Z")
    assert picked(orchard, "2021", "2022", "2023") == [1, 2, 1]
    assert picked(orchard, "2021-06", "2021-07", "2022-06", "2022-07") == [1, 1, 1, 1]


def test_its_quarters_count_from_july(orchard: House) -> None:
    pick(orchard, "2021-07-01T00:00:00+12:00", "2021-09-30T23:59:59+13:00")
    pick(orchard, "2021-10-01T00:00:00+13:00")
    pick(orchard, "2022-01-01T00:00:00+13:00", "2022-03-31T23:59:59+13:00")
    pick(orchard, "2022-04-01T00:00:00+13:00")
    assert picked(orchard, "2022-Q1", "2022-Q2", "2022-Q3", "2022-Q4", "2022") == [2, 1, 2, 1, 6]
    assert orchard.value("harvest.picking_days", "2022-Q3") == 2


def test_the_day_on_which_clocks_go_forward_has_23_hours(orchard: House) -> None:
    pick(orchard, "2021-09-25T11:59:59Z", "2021-09-25T12:00:00Z")  # midnight at UTC+12 begins the 26th
    pick(orchard, "2021-09-26T10:59:59Z", "2021-09-26T11:00:00Z")  # midnight at UTC+13 begins the 27th
    days = ("2021-09-25", "2021-09-26", "2021-09-27")
    assert [on_day(orchard, "harvest.picked", day) for day in days] == [1, 2, 1]
    assert orchard.value("harvest.picking_days", "2021-09") == 3


def test_the_day_on_which_clocks_go_back_has_25_hours(orchard: House) -> None:
    pick(orchard, "2022-04-02T10:59:59Z", "2022-04-02T11:00:00Z")
    pick(orchard, "2022-04-03T02:30:00+13:00", "2022-04-03T02:30:00+12:00")  # half past two comes twice
    pick(orchard, "2022-04-03T11:59:59Z", "2022-04-03T12:00:00Z")
    days = ("2022-04-02", "2022-04-03", "2022-04-04")
    assert [on_day(orchard, "harvest.picked", day) for day in days] == [1, 4, 1]
    assert orchard.value("harvest.picking_days", "2022-04") == 3


def test_the_first_hours_of_a_month_in_summer_time_belong_to_it(orchard: House) -> None:
    pick(orchard, "2021-09-30T10:59:59Z", "2021-09-30T11:00:00Z", "2022-03-31T10:59:59Z", "2022-03-31T11:00:00Z")
    assert picked(orchard, "2021-09", "2021-10", "2022-03", "2022-04") == [1, 1, 1, 1]


def test_a_day_is_counted_from_the_events_and_carries_what_lasts(house: House) -> None:
    joined = house.event("desk.member.joined", {"channel": "phone"}, subject="p1", time="2020-03-10T12:00:00+08:00")
    left = house.event("desk.member.left", {"channel": "phone"}, subject="p1", time="2020-03-12T12:00:00+08:00")
    read = [
        house.event("desk.meter.read", {"channel": "phone", "quantity": each}, subject="m1", time=time)
        for each, time in ((5, "2020-03-09T12:00:00+08:00"), (6, "2020-03-11T12:00:00+08:00"))
    ]
    house.record(joined, left, *read)
    days = ("2020-03-08", "2020-03-09", "2020-03-10", "2020-03-11", "2020-03-12")
    assert [on_day(house, "desk.members", day) for day in days] == [0, 0, 1, 1, 0]
    assert [on_day(house, "desk.newest", day) for day in days] == [None, 5, None, 6, None]
    assert [on_day(house, "desk.newest_carried", day) for day in days] == [None, 5, 5, 6, 6]


def test_a_year_before_is_the_same_month_quarter_day_and_reporting_year(orchard: House) -> None:
    pick(orchard, "2021-03-10T12:00:00+13:00", kilograms="200.0")  # reporting year 2021, third quarter
    pick(orchard, "2021-08-10T12:00:00+12:00", kilograms="50.0")  # 2022, first quarter
    pick(orchard, "2022-03-10T12:00:00+13:00", kilograms="300.0")  # 2022, third quarter
    pick(orchard, "2022-08-10T12:00:00+12:00", kilograms="20.0")  # 2023, first quarter
    growth = {
        period: orchard.value("harvest.picked_growth", period)
        for period in ("2022-03", "2022-Q3", "2022", "2022-08", "2023-Q1", "2023", "2022-Q1", "2021")
    }
    assert growth == {
        "2022-03": 50,
        "2022-Q3": 50,
        "2022": 75,  # 350 over 200
        "2022-08": -60,
        "2023-Q1": -60,
        "2023": Fraction(-660, 7),  # 20 over 350 is 2/35
        "2022-Q1": None,
        "2021": None,
    }
    assert on_day(orchard, "harvest.picked_growth", "2022-03-10") == 50

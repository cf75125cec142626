"""A figure beside its months and the year before, and how the change between them is put."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.house import House, small_catalogue
from tracker.exports.trends import Trend, monthly, so_far, trends, yearly

CASE, READ = "desk.case.reported", "desk.meter.read"


@pytest.fixture
def lived(house: House) -> House:
    """Two cases in 2019, three in 2020, and a reading in each year."""
    for time in ("2019-03-01", "2019-05-01", "2020-03-01", "2020-05-01", "2020-05-31"):
        house.record(house.event(CASE, {"channel": "phone"}, time=f"{time}T12:00:00+08:00"))
    for time, quantity in (("2019-05-01", "8.00"), ("2020-05-01", "6.50")):
        data = {"channel": "mail", "quantity": quantity}
        house.record(house.event(READ, data, subject="meter", time=f"{time}T12:00:00+08:00"))
    return house


def course(house: House, period: str, metric: str) -> Trend:
    with house.database.read() as session:
        return trends(session, house.catalogue, house.catalogue.calendar.parse(period), [metric])[0]


def test_a_year_stands_beside_its_months_and_the_year_before(lived: House) -> None:
    found = course(lived, "2020", "desk.cases")
    assert (found.period, found.value, found.before, found.change) == ("2020", Decimal(3), Decimal(2), Decimal("50.0"))
    assert found.months == {f"2020-{month:02}": {3: 1, 5: 2}.get(month, 0) for month in range(1, 13)}


def test_a_month_is_compared_with_the_same_month_and_shows_the_months_of_its_year(lived: House) -> None:
    found = course(lived, "2020-05", "desk.newest")
    assert (found.value, found.before, found.change) == (Decimal("6.50"), Decimal("8.00"), Decimal("-18.8"))
    assert [month for month, value in found.months.items() if value is not None] == ["2020-05"]


def test_the_first_year_has_nothing_to_compare_with(lived: House) -> None:
    assert course(lived, "2019-05", "desk.cases").change is None  # from none to one: no share of nothing
    assert (course(lived, "2018", "desk.newest").before, course(lived, "2018", "desk.newest").change) == (None, None)


@pytest.mark.parametrize(
    ("value", "before", "change"),
    [
        ("110", "100", "10.0"),
        ("2", "3", "-33.3"),
        ("100.05", "100", "0.1"),  # half a tenth goes up
        ("99.95", "100", "-0.1"),
        ("5", "5", "0"),
        ("-5", "-10", "50.0"),
        ("0", "4", "-100.0"),
        ("4", "0", None),
        (None, "4", None),
        ("4", None, None),
    ],
)
def test_the_change_is_in_percent_of_the_year_before(value: str | None, before: str | None, change: str | None) -> None:
    metric = small_catalogue().metrics["desk.cases"]
    found = Trend(metric, "2020", _number(value), _number(before), {}).change
    assert found == _number(change)


def test_what_is_in_percent_changes_by_points() -> None:
    metric = replace(small_catalogue().metrics["desk.growth"], unit="percent")
    found = Trend(metric, "2020", Decimal("50.5"), Decimal("51.0"), {})
    assert (found.points, found.change) == (True, Decimal("-0.5"))


def test_months_and_years_of_one_metric_come_in_order(lived: House) -> None:
    metric = lived.catalogue.metrics["desk.cases"]
    with lived.database.read() as session:
        months = monthly(session, lived.catalogue, [2020, 2019], metric)
        years = yearly(session, lived.catalogue, [2018, 2019, 2020], metric)
    assert [next(iter(each)) for each in months.values()] == ["2020-01", "2019-01"]
    assert (months[2019]["2019-03"], months[2020]["2020-05"]) == (Decimal(1), Decimal(2))
    assert years == {2018: 0, 2019: 2, 2020: 3}


@pytest.mark.parametrize(
    ("today", "months", "value", "before"),
    [
        (date(2021, 1, 1), 12, 3, 2),
        (date(2020, 12, 31), 11, 3, 2),
        (date(2020, 6, 1), 5, 3, 2),
        (date(2020, 5, 20), 4, 1, 1),  # May has only begun: what is in it counts, but is not compared
        (date(2020, 1, 31), None, None, None),
    ],
)
def test_a_year_so_far_is_compared_over_its_complete_months(
    lived: House, today: date, months: int | None, value: int | None, before: int | None
) -> None:
    with lived.database.read() as session:
        found = so_far(session, lived.catalogue, 2020, today, ["desk.cases"])
    assert found.year[0].value == Decimal(3)
    assert (len(found.period.months) if found.period else None) == months
    assert found.compared[0].before == (None if before is None else Decimal(before))
    if value is not None:
        assert found.compared[0].value == Decimal(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)

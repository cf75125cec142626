"""Every instant lies in one day, month, quarter and reporting year of the organisation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.catalogue import Calendar, YearEnd, ZoneEntry
from tracker.errors import UnknownPeriod

START = date(2000, 1, 1)
SHANGHAI = ZoneEntry(START, ZoneInfo("Asia/Shanghai"))
DECEMBER = YearEnd(START, 12)
JUNE = YearEnd(START, 6)

CHINESE = Calendar((SHANGHAI,), (DECEMBER,))
KIWI = Calendar((ZoneEntry(START, ZoneInfo("Pacific/Auckland")),), (JUNE,))
SHORTENED = Calendar((SHANGHAI,), (DECEMBER, YearEnd(date(2021, 1, 1), 6)))
"""The year 2021 ends in June already: six months."""
LENGTHENED = Calendar((SHANGHAI,), (JUNE, YearEnd(date(2020, 7, 1), 12)))
"""The year 2020 goes on to December: eighteen months."""

CALENDARS = [CHINESE, KIWI, SHORTENED, LENGTHENED]


def test_a_reporting_year_is_named_by_the_calendar_year_in_which_it_ends() -> None:
    assert KIWI.year_of(date(2020, 6, 30)) == 2020
    assert KIWI.year_of(date(2020, 7, 1)) == 2021
    year = KIWI.parse("2021")
    assert (year.first_day, year.last_day, len(year.months)) == (date(2020, 7, 1), date(2021, 6, 30), 12)


def test_quarters_count_from_the_first_month_of_the_reporting_year() -> None:
    assert KIWI.quarter_of_month("2020-07") == "2021-Q1"
    assert KIWI.quarter_of_month("2021-06") == "2021-Q4"
    assert KIWI.parse("2021-Q2").months == ("2020-10", "2020-11", "2020-12")
    assert CHINESE.parse("2020-Q1").months == ("2020-01", "2020-02", "2020-03")


def test_a_changed_year_end_may_make_a_short_year() -> None:
    assert SHORTENED.months_of_year(2020) == tuple(f"2020-{month:02}" for month in range(1, 13))
    assert SHORTENED.months_of_year(2021) == tuple(f"2021-{month:02}" for month in range(1, 7))
    assert SHORTENED.parse("2022").first_day == date(2021, 7, 1)
    assert [part.id for part in SHORTENED.parts(2021)][:2] == ["2021-Q1", "2021-Q2"]


def test_a_changed_year_end_may_make_a_long_year() -> None:
    year = LENGTHENED.parse("2020")
    assert (year.first_day, year.last_day, len(year.months)) == (date(2019, 7, 1), date(2020, 12, 31), 18)
    assert LENGTHENED.parse("2020-Q6").months == ("2020-10", "2020-11", "2020-12")
    assert LENGTHENED.parse("2021").first_day == date(2021, 1, 1)


def test_the_longest_year_has_a_name_for_each_of_its_quarters() -> None:
    calendar = Calendar((SHANGHAI,), (YearEnd(START, 1), YearEnd(date(2020, 2, 1), 12)))
    quarters = [part.id for part in calendar.parts(2020) if part.kind == "quarter"]
    assert (len(calendar.months_of_year(2020)), quarters[-1]) == (23, "2020-Q8")


def test_the_local_day_decides() -> None:
    instant = datetime(2020, 12, 31, 16, 30, tzinfo=UTC)
    assert CHINESE.day_of(instant) == date(2021, 1, 1)
    assert CHINESE.day_of(instant - timedelta(hours=1)) == date(2020, 12, 31)


def test_a_changed_zone_moves_nothing_that_came_before() -> None:
    moved = Calendar((SHANGHAI, ZoneEntry(date(2021, 1, 1), ZoneInfo("Europe/London"))), (DECEMBER,))
    before, after = datetime(2020, 6, 30, 16, 30, tzinfo=UTC), datetime(2021, 6, 30, 16, 30, tzinfo=UTC)
    assert moved.day_of(before) == date(2020, 7, 1)
    assert moved.day_of(after) == date(2021, 6, 30)
    assert moved.zone_on(date(2020, 12, 31)).key == "Asia/Shanghai"
    assert moved.zone_on(date(2021, 1, 1)).key == "Europe/London"


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2020", "year", "2020-01-01", "2020-12-31"),
        ("2020-Q4", "quarter", "2020-10-01", "2020-12-31"),
        ("2020-02", "month", "2020-02-01", "2020-02-29"),
        ("2020-02-29", "day", "2020-02-29", "2020-02-29"),
    ],
)
def test_periods_are_read(text: str, kind: str, first: str, last: str) -> None:
    period = CHINESE.parse(text)
    found = (period.id, period.kind, period.year, str(period.first_day), str(period.last_day))
    assert found == (text, kind, 2020, first, last)


@pytest.mark.parametrize(
    "text",
    [
        *("", "20", "2020-", "2020-13", "2020-00", "2020-1", "2020-02-30", "1999", "9999", "FY2020"),
        *("2020-Q0", "2020-Q5", "2020-Q9", "2020-q1", "２０２０", "2020-01-0१", " 2020", "2020\n"),
    ],
)
def test_text_that_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(UnknownPeriod):
        CHINESE.parse(text)


@pytest.mark.parametrize(
    ("calendar", "text", "before"),
    [
        (CHINESE, "2020", "2019"),
        (CHINESE, "2020-Q3", "2019-Q3"),
        (CHINESE, "2020-03", "2019-03"),
        (CHINESE, "2020-03-31", "2019-03-31"),
        (CHINESE, "2020-02-29", None),
        (CHINESE, "2000", None),
        (LENGTHENED, "2020-Q6", None),
        (SHORTENED, "2022-Q3", None),
    ],
)
def test_the_same_period_a_year_before_is_found_where_there_is_one(
    calendar: Calendar, text: str, before: str | None
) -> None:
    found = calendar.year_before(calendar.parse(text))
    assert (found.id if found else None) == before


def test_the_first_months_of_a_year_are_a_period_of_their_own() -> None:
    run = KIWI.first_months(2021, 4)
    assert (run.kind, run.year, run.months) == ("run", 2021, ("2020-07", "2020-08", "2020-09", "2020-10"))
    assert (run.first_day, run.last_day) == (date(2020, 7, 1), date(2020, 10, 31))
    assert KIWI.year_before(run) == KIWI.first_months(2020, 4)
    assert SHORTENED.year_before(SHORTENED.first_months(2022, 9)) is None  # the year before had six months
    for count in (0, 13, -1):
        with pytest.raises(UnknownPeriod):
            CHINESE.first_months(2020, count)


@given(day=st.dates(date(2001, 1, 1), date(2090, 12, 31)), calendar=st.sampled_from(CALENDARS))
def test_every_day_is_in_exactly_one_year_quarter_and_month(day: date, calendar: Calendar) -> None:
    month = f"{day:%Y-%m}"
    years = [year for year in range(day.year - 2, day.year + 3) if month in calendar.months_of_year(year)]
    assert years == [calendar.year_of(day)]
    parts = [part for part in calendar.parts(years[0]) if part.first_day <= day <= part.last_day]
    assert [part.id for part in parts] == [calendar.quarter_of_month(month), month]
    assert calendar.parse(day.isoformat()).year == years[0]


@given(year=st.integers(2001, 2090), calendar=st.sampled_from(CALENDARS))
def test_years_follow_each_other_without_a_gap(year: int, calendar: Calendar) -> None:
    assert calendar.year(year).last_day + timedelta(days=1) == calendar.year(year + 1).first_day


ODD_ZONES = (
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Europe/London",
    "Asia/Kathmandu",
)
SEVERAL = [
    *CALENDARS,
    *(Calendar((ZoneEntry(START, ZoneInfo(name)),), (JUNE,)) for name in ODD_ZONES),
    Calendar((ZoneEntry(START, ZoneInfo("Pacific/Apia")), ZoneEntry(date(2010, 3, 5), SHANGHAI.zone)), (DECEMBER,)),
]


@given(
    st.sampled_from(SEVERAL),
    st.integers(0, 1_000_000) | st.integers(356_544, 356_928),
    st.integers(-23, 23),
)
@example(SEVERAL[5], 380_459, 0)  # one minute past midnight St. John's went back an hour
def test_an_hour_that_lies_on_one_day_says_of_each_instant_what_the_calendar_says(
    calendar: Calendar, quarters: int, offset: int
) -> None:
    zone = timezone(timedelta(hours=offset))
    instant = datetime(2000, 1, 1, 0, 7, 3, tzinfo=UTC) + quarters * timedelta(minutes=15)
    text = instant.astimezone(zone).isoformat()
    hour = calendar.hour(text[:13] + text[-6:])
    day = calendar.day_of(instant)
    if hour is not None:
        assert hour[1:] == (instant.isoformat()[:13], day.isoformat(), calendar.year_of(day))
        assert timedelta(0) < hour.end - instant <= timedelta(hours=1)


def test_an_hour_within_which_a_day_begins_says_nothing() -> None:
    india = SEVERAL[4]
    assert [india.hour(text) is None for text in ("2020-03-05T18Z", "2020-03-05T19Z")] == [True, False]


@pytest.mark.parametrize(
    "text",
    ["", "2020-03-05T10", "2020-03-05 10Z", "2020-W01-1T00Z", "2020-03-05T10z", "2020-03-05T10+05:30", "2020-02-30T10Z",
     "2020-03-05T24Z", "2020-03-05T10+24:00", "9999-12-31T23-23:00", "0001-01-01T00+23:00", "２020-03-05T10Z"],
)  # fmt: skip
def test_what_is_no_whole_hour_says_nothing(text: str) -> None:
    assert CHINESE.hour(text) is None

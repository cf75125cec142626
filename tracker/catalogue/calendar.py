"""Days, months, quarters and reporting years of one organisation.

A month is the calendar's (``2020-03``); a reporting year is named by the calendar year in
which it ends (``2020``); its quarters (``2020-Q1``) count in threes from its first month.
Zones and year ends are dated entries, so that a change moves nothing that came before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracker.errors import UnknownPeriod

_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-8])))?", re.ASCII)
_HOUR = timedelta(hours=1)
_HOUR_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d(?:Z|[+-]\d\d:00)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class ZoneEntry:
    """From this local day on, the organisation's clock shows ``zone``."""

    start: date
    zone: ZoneInfo


@dataclass(frozen=True)
class YearEnd:
    """From this day on, reporting years end with the last day of ``month``."""

    start: date
    month: int


@dataclass(frozen=True)
class Period:
    """A month, a quarter, a reporting year, the run of its first months, or a single day; and the months it is made of.

    A day has no months: it is counted from events, never from tallies.
    """

    id: str
    kind: str
    year: int
    months: tuple[str, ...]
    first_day: date
    last_day: date


class Hour(NamedTuple):
    """An hour that lies on one local day: its end, its start in UTC (``2020-03-05T02``), day and reporting year."""

    end: datetime
    utc: str
    day: str
    year: int


@dataclass(frozen=True)
class Calendar:
    """Where every instant lies in the organisation's own time. Entries are in order of ``start``."""

    zones: tuple[ZoneEntry, ...]
    year_ends: tuple[YearEnd, ...]

    def day_of(self, instant: datetime) -> date:
        """The local day of an aware instant."""
        for entry in reversed(self.zones):
            local = instant.astimezone(entry.zone).date()
            if local >= entry.start:
                return local
        return instant.astimezone(self.zones[0].zone).date()

    @cached_property
    def hour(self) -> Callable[[str], Hour | None]:
        """Where a whole hour lies, given its date, hour and offset as in ``2020-03-05T10+08:00``.

        ``None`` where the text is no whole hour of UTC, or a day or an offset changes within it: then each
        instant is to be looked at. Hours come again and again, and are worked out once.
        """
        return lru_cache(maxsize=1 << 14)(self._hour)

    def _hour(self, text: str) -> Hour | None:
        if _HOUR_TEXT.fullmatch(text) is None:
            return None
        try:
            start = datetime.fromisoformat(f"{text[:13]}:00:00{text[13:]}").astimezone(UTC)
            end = start + _HOUR
            steady = all(_is_steady(entry.zone, start, end) for entry in self.zones)
        except (ValueError, OverflowError):
            return None
        if not steady:
            return None
        day = self.day_of(start)
        return Hour(end, start.isoformat()[:13], day.isoformat(), self.year_of(day))

    def zone_on(self, day: date) -> ZoneInfo:
        """The zone in force on a local day."""
        return next((entry.zone for entry in reversed(self.zones) if day >= entry.start), self.zones[0].zone)

    def year_of(self, day: date) -> int:
        """The reporting year that a local day belongs to."""
        return _year_of_month(self.year_ends, day.year, day.month)

    def year_of_month(self, month: str) -> int:
        """The reporting year of a month such as ``2020-03``."""
        return _year_of_month(self.year_ends, int(month[:4]), int(month[5:]))

    def quarter_of_month(self, month: str) -> str:
        """The quarter, such as ``2020-Q1``, of a month."""
        year = self.year_of_month(month)
        return f"{year}-Q{self.months_of_year(year).index(month) // 3 + 1}"

    def months_of_year(self, year: int) -> tuple[str, ...]:
        """The months of a reporting year in order: twelve, but for a year in which its end moved."""
        return _months_of_year(self.year_ends, year)

    def parse(self, text: str) -> Period:
        """Read ``2020``, ``2020-Q1``, ``2020-03`` or ``2020-03-31``.

        :raise UnknownPeriod: if it is none of these, or the organisation has no such period.
        """
        if _DAY.fullmatch(text):
            return self._day(text)
        found = _PERIOD.fullmatch(text)
        if found is None or not 2000 <= int(found["year"]) <= 9998:
            raise UnknownPeriod(text)
        if found["month"]:
            return self.month(text)
        if found["quarter"]:
            return self._quarter(text, int(found["year"]), int(found["quarter"]))
        return self.year(int(found["year"]))

    def _day(self, text: str) -> Period:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise UnknownPeriod(text) from None
        return Period(text, "day", self.year_of(day), (), day, day)

    def month(self, month: str) -> Period:
        """The period of a month such as ``2020-03``."""
        return self._span(month, "month", self.year_of_month(month), (month,))

    def year(self, year: int) -> Period:
        """The period of a whole reporting year.

        :raise UnknownPeriod: for a year that a change of the year end leaves out, or that no calendar has.
        """
        months = self.months_of_year(year) if 2 <= year <= 9998 else ()
        if not months:
            raise UnknownPeriod(str(year))
        return self._span(str(year), "year", year, months)

    def _quarter(self, text: str, year: int, number: int) -> Period:
        months = self.months_of_year(year)[number * 3 - 3 : number * 3]
        if not months:
            raise UnknownPeriod(text)
        return self._span(text, "quarter", year, months)

    def first_months(self, year: int, count: int) -> Period:
        """The first ``count`` months of a reporting year as one period, of the kind ``run``.

        :raise UnknownPeriod: the organisation has no such year, or it has fewer months.
        """
        months = self.year(year).months
        if not 0 < count <= len(months):
            raise UnknownPeriod(f"{year}, {count} months")
        return self._span(f"{year}/{count}", "run", year, months[:count])

    def parts(self, year: int) -> tuple[Period, ...]:
        """The quarters and months of a reporting year, in that order."""
        months = self.months_of_year(year)
        quarters = dict.fromkeys(self.quarter_of_month(month) for month in months)
        return (*(self.parse(each) for each in quarters), *(self.month(each) for each in months))

    def year_before(self, period: Period) -> Period | None:
        """The same month, quarter, year, day or run of months one reporting year earlier, where there is one."""
        year, rest = int(period.id[:4]) - 1, period.id[4:]
        try:
            if period.kind == "run":
                return self.first_months(year, len(period.months))
            return self.parse(f"{year}{rest}")
        except UnknownPeriod:
            return None

    def _span(self, id: str, kind: str, year: int, months: tuple[str, ...]) -> Period:
        first = date.fromisoformat(f"{months[0]}-01")
        return Period(id, kind, year, months, first, _last_day(months[-1]))


def _is_steady(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Whether a zone keeps its day and its offset from start to just before the end."""
    first, last = start.astimezone(zone), (end - timedelta.resolution).astimezone(zone)
    return first.date() == last.date() and first.utcoffset() == last.utcoffset()


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@lru_cache(maxsize=4096)
def _year_of_month(year_ends: tuple[YearEnd, ...], year: int, month: int) -> int:
    first = date(year, month, 1)
    entry = next((each for each in reversed(year_ends) if first >= each.start), year_ends[0])
    return year if month <= entry.month else year + 1


@lru_cache(maxsize=512)
def _months_of_year(year_ends: tuple[YearEnd, ...], year: int) -> tuple[str, ...]:
    around = [(y, m) for y in (year - 1, year) for m in range(1, 13)]
    return tuple(f"{y:04}-{m:02}" for y, m in around if _year_of_month(year_ends, y, m) == year)

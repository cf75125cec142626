"""When a job is due: computed from the schedule and the organisation's calendar, so that what was missed is found."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tracker.catalogue import JobSchedule
from tracker.catalogue.calendar import Calendar

_LONGEST = 800
"""Days in which every job is due at least once: a long reporting year, and 366 days after it."""

_MONTHS = {"quarter": 3, "half_year": 6}


def last_due(calendar: Calendar, job: JobSchedule, at: datetime) -> datetime:
    """The last moment (UTC) up to ``at`` at which a job was due: at its local time of day, so many days after a period
    has ended. A time that the clock skips is an hour later; of one that it shows twice, the first counts.

    :raise ValueError: a calendar whose reporting year has no end.
    """
    today = calendar.day_of(at)
    for back in range(_LONGEST):
        day = today - timedelta(days=back)
        if _begins(calendar, job.each, day - timedelta(days=job.after_days)):
            moment = datetime.combine(day, time.fromisoformat(job.at), calendar.zone_on(day)).astimezone(UTC)
            if moment <= at:
                return moment
    raise ValueError(f"{job.name} is never due")


def _begins(calendar: Calendar, each: str, day: date) -> bool:
    """Whether a period begins on a day: the one before has just ended."""
    if each == "day":
        return True
    if day.day != 1:
        return False
    if each == "month":
        return True
    months = calendar.months_of_year(calendar.year_of(day))
    place = months.index(f"{day:%Y-%m}")
    return place % _MONTHS[each] == 0 if each in _MONTHS else place == 0

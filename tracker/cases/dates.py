"""When a deadline is due, and from when on it is soon."""

from __future__ import annotations

import calendar as months_of
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tracker.catalogue.calendar import Calendar
from tracker.catalogue.subjects import Deadline, Span

_NONE = timedelta()
_SOON = timedelta(days=3)
_LAST = datetime.max.replace(tzinfo=UTC)
_FIRST = datetime(1, 1, 2, tzinfo=UTC)


def due_at(deadline: Deadline, opened: datetime, data: Mapping[str, Any], calendar: Calendar) -> datetime | None:
    """When a deadline that opens at ``opened`` is due; None where the fields that decide have no value.

    ``data`` holds the opening event's date, and the choice as it stands then.
    """
    due = deadline.due
    if due.date is not None:
        return end_of_day(_text(data, due.date), calendar)
    span = due.span if due.field is None else due.by_value.get(_text(data, due.field))
    return None if span is None else _after(opened, span, calendar)


def warns_at(deadline: Deadline, opened: datetime, due: datetime, calendar: Calendar) -> datetime:
    """From when on a deadline is soon, at the earliest when it opens."""
    if deadline.warn is None:
        left = due - opened
        return due - min(_SOON, left / 4) if left > _NONE else opened
    return max(opened, _after(due, Span(-deadline.warn.hours, -deadline.warn.months), calendar))


def _text(data: Mapping[str, Any], name: str) -> str:
    """The text of a field; empty where there is none, as in facts that an older catalogue let in."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _after(instant: datetime, span: Span, calendar: Calendar) -> datetime:
    """The instant so much later; months are the calendar's, at the same local time of day, and at the end of a
    month that lacks the day."""
    try:
        moved = instant + timedelta(hours=span.hours)
        return _months_later(moved, span.months, calendar) if span.months else moved
    except (OverflowError, ValueError):
        return _LAST if span.hours + span.months > 0 else _FIRST


def _months_later(instant: datetime, months: int, calendar: Calendar) -> datetime:
    local = instant.astimezone(calendar.zone_on(calendar.day_of(instant)))
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, months_of.monthrange(year, month + 1)[1])
    wall = local.replace(tzinfo=None, year=year, month=month + 1, day=day)
    return wall.replace(tzinfo=calendar.zone_on(wall.date())).astimezone(UTC)


def end_of_day(text: str, calendar: Calendar) -> datetime | None:
    """The instant at which a local day (``2020-03-31``) ends; None where the text is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    try:
        following = day + timedelta(days=1)
        return datetime.combine(following, time(), calendar.zone_on(following)).astimezone(UTC)
    except OverflowError:
        return _LAST

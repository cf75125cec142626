"""Dates and times as people and machines write them, read strictly (RFC 3339, ASCII digits only)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", re.ASCII).fullmatch
_INSTANT = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6}0*+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
).fullmatch
_ROUGHLY = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[Tt ](?P<hour>\d\d):\d\d:(?P<second>\d\d)(?P<fraction>\.\d+)?(?P<offset>.*))?",
    re.ASCII | re.DOTALL,
).fullmatch
_EXAMPLE = "such as 2020-03-05T10:00:00+08:00"


def is_date(value: object) -> bool:
    """A real day written ``2020-03-05``."""
    if value.__class__ is not str or _DATE(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_instant(value: object) -> bool:
    """An RFC 3339 time with an offset, of a day that exists and within the years 1 to 9999 of UTC."""
    try:
        instant_of(value)
    except ValueError:
        return False
    return True


def instant_of(value: object) -> datetime:
    """The instant in UTC, to the microsecond.

    :raise ValueError: with a sentence that says how to write it.
    """
    if value.__class__ is not str:
        raise ValueError(f"write a time with an offset as a string, {_EXAMPLE}")
    if _INSTANT(value) is None:
        raise ValueError(_why_not(value))
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except ValueError:
        raise ValueError("there is no such day in the calendar") from None
    except OverflowError:
        raise ValueError("this lies beyond the years that can be recorded") from None


def _why_not(text: str) -> str:
    found = _ROUGHLY(text)
    if found is None:
        return f"write a time with an offset, {_EXAMPLE}"
    if found["hour"] is None:
        return f"write the time of day and an offset too, {_EXAMPLE}"
    if found["hour"] >= "24":
        return "hours run from 00 to 23; midnight is 00:00:00 of the day that begins"
    if found["second"] >= "60":
        return "seconds run from 00 to 59; write a leap second as the second before it"
    if found["offset"] == "":
        return "the time has no offset; add one, such as +08:00, or Z for UTC"
    if found["fraction"] and len(found["fraction"].rstrip("0")) > 7:
        return "a time may have at most six decimals"
    return f"this is no time with an offset; write one {_EXAMPLE}"

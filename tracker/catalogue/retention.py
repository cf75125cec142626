"""Retention: how long what is confidential is kept, in classes that the organisation names and its domains choose.

    retention: {standard: 7y, short: 18mo, brief: 90d}      in organisation.yaml
    retention: short                                        in a domain, and in an event type

An event type that says nothing has its domain's class, and a domain that says nothing has ``standard``. Nothing ends by
itself: what is past its retention is listed, and two people erase it.
"""

from __future__ import annotations

import calendar as months_of
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.catalogue.reader import Section, unknown

STANDARD = "standard"
"""The class of every event type for which no other is chosen."""

MOST_YEARS = 100

_LENGTH = re.compile(r"([1-9]\d{0,4})(y|mo|d)", re.ASCII)
_MOST = {"y": MOST_YEARS, "mo": MOST_YEARS * 12, "d": MOST_YEARS * 366}


@dataclass(frozen=True)
class Retention:
    """How long a class keeps: ``text`` as it is written, in whole months or in days of the calendar."""

    text: str
    months: int = 0
    days: int = 0

    def past_on(self, day: date) -> date:
        """The first day on which what is counted from ``day`` is kept no longer: the same day of a later month, or
        the last of a month that lacks it; for good where the calendar ends before."""
        year, month = divmod(day.year * 12 + day.month - 1 + self.months, 12)
        try:
            last = months_of.monthrange(year, month + 1)[1]
            return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)
        except (ValueError, OverflowError):
            return date.max


def classes(section: Section) -> Mapping[str, Retention]:
    """What ``organisation.yaml`` says under ``retention``, by class; nothing where it says nothing."""
    if "retention" not in section:
        return {}
    inner = section.section("retention")
    found = {name: _length(inner, name) for name in inner.named()}
    if STANDARD not in found:
        section.wrong("retention", f"lacks {STANDARD!r}, the class of every event type for which no other is chosen")
    inner.close()
    return found


def chosen(section: Section, known: Mapping[str, Retention], default: str | None) -> str | None:
    """The class that a domain or an event type chooses, or what it has without choosing."""
    name = section.text("retention", optional=True)
    if not name:
        return default
    if not known:
        section.wrong("retention", "the organisation has no classes; list them under `retention` in organisation.yaml")
        return default
    if name not in known:
        section.wrong("retention", unknown("retention class", name, known))
        return default
    return name


def _length(section: Section, name: str) -> Retention:
    text = section.text(name)
    found = _LENGTH.fullmatch(text)
    if found is None:
        if text:
            section.wrong(name, f"{text!r} is not a length such as 7y, 18mo or 90d")
        return Retention(text)
    count, unit = int(found[1]), found[2]
    if count > _MOST[unit]:
        section.wrong(name, f"{text!r} is more than {MOST_YEARS} years")
    return Retention(text, days=count) if unit == "d" else Retention(text, months=count * (12 if unit == "y" else 1))

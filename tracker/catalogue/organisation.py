"""Building the organisation: its locales, its calendar, and what lies within its boundary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tracker.catalogue import retention
from tracker.catalogue.calendar import Calendar, YearEnd, ZoneEntry
from tracker.catalogue.labels import label
from tracker.catalogue.model import Organisation, Place
from tracker.catalogue.reader import CODE, Section, unknown
from tracker.catalogue.thresholds import ANY_CHANGE, threshold

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_ID = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_LAST_DAY = re.compile(r"(?:0[13578]|1[02])-31|(?:0[469]|11)-30|02-2[89]")
_UTC = ZoneInfo("UTC")
_DAWN = date(2000, 1, 1)


def organisation(section: Section) -> Organisation:
    """Read ``organisation.yaml``."""
    locales = _locales(section)
    built = Organisation(
        id=section.shaped("id", _ID, "lower-case"),
        name=label(section, "name", locales),
        locales=locales,
        currency=section.shaped("currency", CURRENCY, "CNY (three capital letters)"),
        calendar=Calendar(_zones(section), _year_ends(section)),
        first_year=section.integer("first_year", 2000, 9998),
        identifiers=_identifiers(section.section("identifiers", optional=True)),
        entities=_places(section.section("entities", optional=True), locales),
        sites=_places(section.section("sites", optional=True), locales),
        restate_from=threshold(section) or ANY_CHANGE,
        retention=retention.classes(section),
    )
    section.close()
    return built


def _locales(section: Section) -> tuple[str, ...]:
    found = section.names("locales")
    for locale in found:
        if not _LOCALE.fullmatch(locale):
            section.wrong("locales", f"{locale!r} is not a locale such as en or zh-Hant")
    return found


def _identifiers(section: Section) -> Mapping[str, str]:
    return {name: section.text(name) for name in section.named()}


def _places(section: Section, locales: Sequence[str]) -> Mapping[str, Place]:
    return {id: _place(id, each, locales) for id, each in section.entries(CODE, "beijing-hq")}


def _place(id: str, section: Section, locales: Sequence[str]) -> Place:
    enters = _date(section, "enters")
    leaves = _date(section, "leaves") if section.get("leaves", str, type(None), optional=True) else None
    if enters and leaves and leaves <= enters:
        section.wrong("leaves", f"{leaves} is not after {enters}, when it enters")
    built = Place(id, label(section, "label", locales), str(enters or ""), str(leaves) if leaves else None)
    section.close()
    return built


def _date(section: Section, key: str) -> date | None:
    text = section.shaped(key, _DATE, "2000-01-31")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        section.wrong(key, f"{text!r} is not a day of the calendar")
        return None


def _zones(section: Section) -> tuple[ZoneEntry, ...]:
    items = section.sections("time_zones")
    entries = [ZoneEntry(_date(each, "from") or _DAWN, _zone(each)) for each in items]
    _finish(section, "time_zones", items, (entry.start for entry in entries))
    return tuple(entries) or (ZoneEntry(_DAWN, _UTC),)


def _zone(section: Section) -> ZoneInfo:
    name = section.text("zone")
    try:
        return ZoneInfo(name) if name else _UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        section.wrong("zone", unknown("time zone", name, available_timezones()))
        return _UTC


def _year_ends(section: Section) -> tuple[YearEnd, ...]:
    items = section.sections("year_ends")
    entries = tuple(YearEnd(_first_of_month(each), _month(each)) for each in items)
    in_order = _finish(section, "year_ends", items, (entry.start for entry in entries))
    if in_order and (twice := _year_meant_twice(entries)):
        section.wrong("year_ends", f"the reporting year {twice} would mean two stretches; choose another `from`")
    return entries or (YearEnd(_DAWN, 12),)


def _first_of_month(section: Section) -> date:
    found = _date(section, "from") or _DAWN
    if found.day != 1:
        section.wrong("from", f"{found} is not the first day of a month; reporting years are made of whole months")
    return found


def _month(section: Section) -> int:
    text = section.shaped("ends", _MONTH_DAY, "12-31")
    if text and not _LAST_DAY.fullmatch(text):
        section.wrong("ends", f"{text!r} is not the last day of a month")
        return 12
    return int(text[:2]) if text else 12


def _finish(section: Section, key: str, items: Iterable[Section], starts: Iterable[date]) -> bool:
    """Close the entries, and tell whether their dates rise."""
    for each in items:
        each.close()
    in_order = all(first < second for first, second in pairwise(starts))
    if not in_order:
        section.wrong(key, "the entries are not in order of `from`, each later than the one before")
    return in_order


def _year_meant_twice(entries: tuple[YearEnd, ...]) -> int | None:
    """The first reporting year that time would return to after it had ended, if any.

    With a year end moved from June to December in October, say, July belongs to the next
    year already and October to this one again.
    """
    calendar = Calendar((ZoneEntry(_DAWN, _UTC),), entries)
    for entry in entries[1:]:
        before, after = calendar.year_of(entry.start - timedelta(days=1)), calendar.year_of(entry.start)
        if after < before:
            return after
    return None

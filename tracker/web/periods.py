"""Which period a page of figures is about, what people call it, and what else they may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from babel.dates import format_skeleton
from flask import request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.catalogue.calendar import Period
from tracker.errors import UnknownPeriod
from tracker.ledger.heads import read_head
from tracker.ledger.models import events
from tracker.web.languages import _, babel_locale, locale
from tracker.web.rendering import calendar_day, service

_RECENT = 200
"""How many of the newest events say which year the organisation is busy with."""


def chosen(session: Session) -> Period:
    """The period that the address asks for with ``?period=``, else :func:`busy_year`.

    :raise UnknownPeriod: it is none, or a single day, which figures are not kept for.
    """
    asked = request.args.get("period", "").strip()
    calendar = service().catalogue.calendar
    return kept(asked) if asked else calendar.year(busy_year(session))


def kept(text: str) -> Period:
    """A month, quarter or year.

    :raise UnknownPeriod: it is none of these.
    """
    found = service().catalogue.calendar.parse(text)
    if not found.months:
        raise UnknownPeriod(text)
    return found


def busy_year(session: Session) -> int:
    """The present reporting year, unless the newest events all lie in earlier ones: then the latest of those."""
    present = present_year()
    c = events.c
    recent = c.seq >= read_head(session).size - _RECENT
    latest = session.scalar(select(func.max(c.year)).where(recent, c.year <= present))
    return present if latest is None else latest


def present_year() -> int:
    """The reporting year of today."""
    today = calendar_day(service().ledger.clock())
    return service().catalogue.calendar.year_of(today)


def years() -> list[int]:
    """The reporting years that may be chosen, the newest first."""
    catalogue = service().catalogue
    every = range(present_year(), catalogue.organisation.first_year - 2, -1)
    return [year for year in every if catalogue.calendar.months_of_year(year)]


def choices(period: Period) -> Mapping[str, Sequence[tuple[str, str]]]:
    """What a picker offers beside ``period``: groups of (id, words), the years and the parts of its own year."""
    calendar = service().catalogue.calendar
    parts = calendar.parts(period.year)
    every = sorted({*years(), period.year}, reverse=True)
    return {
        _("Year"): [(str(year), str(year)) for year in every],
        _("Quarter"): [(each.id, words(each)) for each in parts if each.kind == "quarter"],
        _("Month"): [(each.id, words(each)) for each in parts if each.kind == "month"],
    }


def beside(period: Period, step: int) -> Period | None:
    """The period before (-1) or after (+1) of the same kind; none after the present one."""
    calendar = service().catalogue.calendar
    if period.kind == "year":
        year = period.year + step
        return calendar.year(year) if year in years() else None
    around = (period.year - 1, period.year, period.year + 1)
    alike = [each for year in around if year in years() for each in calendar.parts(year) if each.kind == period.kind]
    place = next((at for at, each in enumerate(alike) if each.id == period.id), -2) + step
    found = alike[place] if 0 <= place < len(alike) else None
    return found if found and found.first_day <= calendar_day(service().ledger.clock()) else None


def words(period: Period) -> str:
    """What people call a period: ``2020``, ``Q1 2020``, ``March 2020``."""
    if period.kind == "quarter":
        year, _dash, quarter = period.id.partition("-Q")
        return _("Q%(quarter)s %(year)s", quarter=quarter, year=year)
    return month_words(period.id) if period.kind == "month" else period.id


def month_words(month: str, *, short: bool = False) -> str:
    """What people call a month such as ``2020-03``: ``March 2020``, or ``Mar``."""
    first = date.fromisoformat(f"{month}-01")
    return str(format_skeleton("MMM" if short else "yMMMM", first, locale=babel_locale(locale())))

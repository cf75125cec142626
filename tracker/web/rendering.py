"""What every template may use: who is there, the language, labels, and how days, times and numbers are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from tracker.catalogue.model import Label, Organisation
from tracker.service import Service
from tracker.web import assets
from tracker.web.addresses import subject_address
from tracker.web.controls import attributes
from tracker.web.explaining import explained
from tracker.web.languages import _, babel_locale, locale, locales, name_of
from tracker.web.navigation import followed, navigation, opens
from tracker.web.sparkline import sparkline

_DAYS = {"zh": "y年M月d日", "en": "d MMM y"}
_TIMES = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
_JUST_NOW = timedelta(minutes=1)
NOTHING = "—"
"""How a value that is not there is written."""


def register(state: BlueprintSetupState) -> None:
    """Give the application's templates their words."""
    jinja = state.app.jinja_env
    jinja.trim_blocks = jinja.lstrip_blocks = True
    jinja.filters.update(day=day, instant=instant, ago=ago, number=number, iso=iso)
    jinja.globals.update(
        label=label,
        can=can,
        followed=followed,
        opens=opens,
        asset=assets.address,
        navigation=navigation,
        speak=speak,
        name_of=name_of,
        explained=explained,
        sparkline=sparkline,
        attributes=attributes,
        subject_address=subject_address,
        NOTHING=NOTHING,
    )
    state.app.context_processor(_context)


def service() -> Service:
    """The opened tracker behind this application."""
    found: Service = current_app.extensions["tracker"]
    return found


def label(texts: Label | None) -> str:
    """A label of the catalogue in the language of this request; English, else any, where it has none."""
    if not texts:
        return ""
    return texts.get(locale()) or texts.get("en") or next(iter(texts.values()))


def part(module: str, macro: str, *values: Any) -> Markup:
    """What a macro of ``macros/<module>.html`` makes of values, for cells of lists."""
    found: Markup = getattr(current_app.jinja_env.get_template(f"macros/{module}.html").module, macro)(*values)
    return found


def can(permission: str) -> bool:
    """Whether who asks may do this."""
    person = g.get("person")
    return person is not None and bool(person.may(permission))


def speak(language: str) -> str:
    """The present address in another language; the start page where it cannot be asked for again."""
    if request.method != "GET" or request.endpoint is None:
        return f"?lang={language}"
    query = {name: values for name, values in request.args.lists() if name != "lang"}
    return url_for(request.endpoint, **{**(request.view_args or {}), **query, "lang": language})


def day(value: date | datetime | str | None) -> str:
    """A day, or the organisation's local day of an instant: ``5 Mar 2020``, ``2020年3月5日``."""
    found = _moment(value)
    if found is None:
        return NOTHING
    spoken = babel_locale(locale())
    return format_date(_local(found), _DAYS.get(spoken.language, "medium"), spoken)


def instant(value: datetime | str | None) -> str:
    """An instant on the organisation's clock, to the minute: ``5 Mar 2020, 10:00``."""
    found = _moment(value)
    if not isinstance(found, datetime):
        return day(found)
    spoken = babel_locale(locale())
    return format_datetime(_local(found), _TIMES.get(spoken.language, "medium"), locale=spoken)


def ago(value: date | datetime | str | None) -> str:
    """How long ago, or in how long: ``3 days ago``, ``in 2 hours``."""
    found = _moment(value)
    if found is None:
        return NOTHING
    now = service().ledger.clock()
    span = found - now if isinstance(found, datetime) else found - calendar_day(now)
    if abs(span) < _JUST_NOW:
        return _("just now") if isinstance(found, datetime) else _("today")
    return format_timedelta(span, add_direction=True, locale=babel_locale(locale()))


def number(value: int | Decimal | str | None) -> str:
    """A number with the language's grouping; every decimal that it has, and no more."""
    if value is None:
        return NOTHING
    exact = Decimal(value)
    exponent = exact.as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return format_decimal(exact, "#,##0." + "0" * places if places else "#,##0", babel_locale(locale()))


def iso(value: date | datetime | str) -> str:
    """What a ``<time>`` element says to machines."""
    return value if isinstance(value, str) else value.isoformat()


def calendar_day(at: datetime) -> date:
    """The organisation's local day of an instant."""
    return service().catalogue.calendar.day_of(at)


def _moment(value: date | datetime | str | None) -> date | datetime | None:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


def _local(value: date | datetime) -> date | datetime:
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return aware.astimezone(service().catalogue.calendar.zone_on(calendar_day(aware)))


def _context() -> dict[str, Any]:
    organisation: Organisation = service().catalogue.organisation
    return {"person": g.get("person"), "locale": locale(), "locales": locales(), "organisation": organisation}

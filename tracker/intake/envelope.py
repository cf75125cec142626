"""The attributes of a CloudEvents 1.0 event, read strictly.

The schema of ``data`` is checked elsewhere; here an event gets its source, id, type, subject and
entity, and its place in time: the instant in UTC, the organisation's day and its reporting year.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tracker.catalogue.calendar import Calendar
from tracker.errors import Invalid, Mistake
from tracker.intake.pointers import did_you_mean, kind_of, listed, pointer_to, quoted
from tracker.intake.texts import is_identifier, is_type_name, is_uri_reference
from tracker.intake.times import instant_of
from tracker.ledger.events import Incoming

ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "entity", "datacontenttype", "data")
IGNORED = ("dataschema", "traceparent", "tracestate")
FIRST_YEAR = 2000

_SHOWN = (*ATTRIBUTES, *IGNORED)
_ALLOWED = frozenset(_SHOWN)
_AHEAD = timedelta(hours=24)
_MOST_UNKNOWN = 20
_JSON = re.compile(r"application/json(?:[ \t]*;[ \t]*charset=\"?utf-8\"?)?", re.ASCII | re.IGNORECASE).fullmatch
_VISIBLE = "1 to 200 characters without spaces, control, direction or invisible characters"


def _is_json(value: object) -> bool:
    return value is None or (isinstance(value, str) and _JSON(value) is not None)


def _is_optional_identifier(value: object) -> bool:
    # Null is the same as absent for a CloudEvents attribute (JSON format, 2.2).
    return value is None or is_identifier(value)


_new = tuple.__new__  # a third of the time of a named tuple's own
_FIRST = f"{FIRST_YEAR}"
_PLAIN_LENGTHS = frozenset({len("2020-03-05T10:00:00Z"), len("2020-03-05T10:00:00+08:00")})
_MINUTES = frozenset(f":{minute:02}:{second:02}" for minute in range(60) for second in range(60))
_NOTHING: dict[str, Any] = {}
_CHECKS: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("specversion", lambda value: value == "1.0", 'must be "1.0"'),
    ("id", is_identifier, f"is required: {_VISIBLE}"),
    ("source", is_uri_reference, "is required: a URI reference of 1 to 200 characters, such as /integrity"),
    ("type", is_type_name, "is required: 1 to 200 of a-z, 0-9, _ and full stops"),
    ("subject", _is_optional_identifier, f"may be absent, otherwise {_VISIBLE}"),
    ("entity", _is_optional_identifier, f"may be absent, otherwise {_VISIBLE}"),
    ("datacontenttype", _is_json, "may be absent, otherwise application/json: data is a JSON object"),
)


def read_event(value: object, *, calendar: Calendar, now: datetime, pointer: str = "") -> Incoming:
    """The event that ``value``, parsed JSON, describes.

    :param now: the present, aware; an event may lie 24 hours ahead of it.
    :param pointer: where ``value`` stands in the request.
    :raise Invalid: listing every mistake of its attributes.
    """
    if not isinstance(value, dict):
        raise Invalid("An event must be a JSON object.", [Mistake(pointer, f"is {kind_of(value)}, not an object")])
    get: Callable[..., Any] = value.get
    sound = is_sound(value)
    placed = _placed_in_hour(get("time"), calendar, now)
    if placed is None:
        try:
            placed = _placed(get("time"), calendar, now)
        except ValueError as error:
            raise _refused([*mistakes_of(value, pointer), Mistake(f"{pointer}/time", str(error))]) from None
    if not sound:
        raise _refused([*mistakes_of(value, pointer)])
    time, day, year = placed
    data = get("data")
    of = (get("source"), get("id"), get("type"), get("subject"), time, get("entity"))
    return _new(Incoming, (*of, {} if data is None else data, day, year, pointer, ()))


def is_sound(event: dict[str, Any]) -> bool:
    """Whether all attributes but the time are right: the same checks as :func:`mistakes_of`, in a third
    of the time."""
    get = event.get
    subject, entity, content = get("subject"), get("entity"), get("datacontenttype")
    return (
        get("specversion") == "1.0"
        and is_identifier(get("id"))
        and is_uri_reference(get("source"))
        and is_type_name(get("type"))
        and (subject is None or is_identifier(subject))
        and (entity is None or is_identifier(entity))
        and (content is None or _is_json(content))
        and get("data", _NOTHING).__class__ is dict
        and _ALLOWED.issuperset(event)
    )


def mistakes_of(event: dict[str, Any], pointer: str) -> Iterator[Mistake]:
    """Everything wrong with the attributes of an event but its time."""
    for name, good, words in _CHECKS:
        if not good(event.get(name)):
            yield Mistake(f"{pointer}/{name}", words)
    if (data := event.get("data", _NOTHING)).__class__ is not dict:
        yield Mistake(f"{pointer}/data", f"must be an object, not {kind_of(data)}")
    if not _ALLOWED.issuperset(event):
        yield from _unknown(event, pointer)


def _placed_in_hour(value: Any, calendar: Calendar, now: datetime) -> tuple[str, str, int] | None:
    """As :func:`_placed` for the times that most events have, in a tenth of its time; ``None`` for all others."""
    if value.__class__ is not str or len(value) not in _PLAIN_LENGTHS or value[13:19] not in _MINUTES:
        return None
    hour = calendar.hour(value[:13] + value[19:])
    if hour is None or hour.end > now or value < _FIRST or hour.day < _FIRST:
        return None
    return f"{hour.utc}{value[13:19]}.000000Z", hour.day, hour.year


def _placed(value: Any, calendar: Calendar, now: datetime) -> tuple[str, str, int]:
    """The time in the ledger's spelling, the organisation's day and its reporting year."""
    if value is None:
        raise ValueError("is required: the time of the fact with an offset, such as 2020-03-05T10:00:00+08:00")
    instant = instant_of(value)
    if instant - now > _AHEAD:
        raise ValueError("lies more than 24 hours ahead; only what has happened can be recorded")
    # The year as written and the local one: either may be the year before around midnight.
    if value < _FIRST or (day := _day(calendar, instant)).year < FIRST_YEAR:
        raise ValueError(f"lies before {FIRST_YEAR}, where no record begins")
    text = instant.isoformat()
    spelled = f"{text[:19]}.000000Z" if len(text) == 25 else f"{text[:26]}Z"
    return spelled, day.isoformat(), calendar.year_of(day)


def _day(calendar: Calendar, instant: datetime) -> date:
    try:
        return calendar.day_of(instant)
    except OverflowError:
        raise ValueError("this lies beyond the years that can be recorded") from None


def _unknown(value: dict[str, Any], pointer: str) -> Iterator[Mistake]:
    unknown = [name for name in value if name not in _ALLOWED]
    for name in unknown[:_MOST_UNKNOWN]:
        hint = did_you_mean(name, ATTRIBUTES)
        yield Mistake(pointer_to(pointer, name), f"{quoted(name)} is no attribute.{hint} Allowed are {listed(_SHOWN)}.")
    if len(unknown) > _MOST_UNKNOWN:
        yield Mistake(pointer, f"has {len(unknown) - _MOST_UNKNOWN} more unknown attributes")


def _refused(mistakes: list[Mistake]) -> Invalid:
    count = len(mistakes)
    return Invalid(f"The event's attributes have {count} mistake{'' if count == 1 else 's'}.", mistakes)

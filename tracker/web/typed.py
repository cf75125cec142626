"""What people type, as the exact JSON value that the intake expects, and the other way round.

People group thousands, and type full-width digits where Chinese is typed; both are read. Nothing is rounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from tracker.catalogue.calendar import Calendar
from tracker.catalogue.model import Field, FieldType
from tracker.catalogue.values import MAX_DIGITS
from tracker.intake.bounds import bounds_of
from tracker.intake.exact import exact_number
from tracker.intake.fields import MOST_ITEMS
from tracker.intake.texts import LONGEST_ID, is_identifier, is_link, is_prose
from tracker.intake.times import is_date
from tracker.web.languages import _

Reader: TypeAlias = Callable[[Field, str, Calendar], Any]

_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII).fullmatch
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII).fullmatch
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII).fullmatch


def value_of(declared: Field, typed: str, calendar: Calendar) -> Any:
    """The JSON value of what was typed into a field; ``None`` where nothing was.

    :raise ValueError: with a sentence, in the language of the request, that says what to type instead.
    """
    text = typed.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        return None
    return _READERS[declared.type](declared, text, calendar)


def typed_of(declared: Field, value: Any, calendar: Calendar) -> str:
    """What a field shows for a JSON value: typed again, it gives that value."""
    if value is None:
        return ""
    if declared.type is FieldType.MONEY:
        return str(value["amount"])
    if declared.type is FieldType.FLAG:
        return "yes" if value else "no"
    if declared.type is FieldType.LIST:
        return "\n".join(value)
    return local_of(value, calendar) if declared.type is FieldType.TIME else str(value)


def instant_of(text: str, calendar: Calendar) -> datetime:
    """The instant that the organisation's clock showed so, in UTC; the first of two where a clock was set back.

    :raise ValueError: with a sentence: it is no time, or no clock showed it.
    """
    spelled = unicodedata.normalize("NFKC", text.strip())
    try:
        local = datetime.fromisoformat(spelled) if _LOCAL(spelled) else None
    except ValueError:
        local = None
    if local is None:
        raise ValueError(_("Give a day and a time of day that exist, such as 2020-03-05 10:00."))
    zone = calendar.zone_on(local.date())
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(_("Clocks were put forward then: no clock showed this time of day."))
    return instant


def local_of(value: datetime | str, calendar: Calendar) -> str:
    """An instant as the organisation's clock shows it, as ``<input type="datetime-local">`` wants it."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = instant.astimezone(calendar.zone_on(calendar.day_of(instant))).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _text(declared: Field, text: str, _calendar: Calendar) -> str:
    if len(text) > declared.max_length:
        raise ValueError(
            _("At most %(most)s characters; this has %(found)s.", most=declared.max_length, found=len(text))
        )
    if not is_prose(text, declared.max_length):
        raise ValueError(_("This holds a control character that cannot be kept. Type it anew."))
    return text


def _choice(declared: Field, text: str, _calendar: Calendar) -> str:
    if text not in declared.choices:
        raise ValueError(_("Choose one of the list."))
    return text


def _integer(declared: Field, text: str, _calendar: Calendar) -> int:
    number = _exactly(text)
    if number != number.to_integral_value():
        raise ValueError(_("Give a whole number."))
    _check_range(declared, number)
    return int(number)


def _number(declared: Field, text: str, _calendar: Calendar) -> Any:
    number = _exactly(text)
    _check_places(declared, number)
    _check_range(declared, number)
    return exact_number(f"{number:f}")


def _money(declared: Field, text: str, _calendar: Calendar) -> dict[str, Any]:
    number = _exactly(text)
    _check_places(declared, number)
    _check_range(declared, number)
    return {"amount": f"{number:f}", "currency": declared.currency}


def _date(_declared: Field, text: str, _calendar: Calendar) -> str:
    spelled = unicodedata.normalize("NFKC", text)
    if not is_date(spelled):
        raise ValueError(_("Give a day that exists, such as 2020-03-05."))
    return spelled


def _time(_declared: Field, text: str, calendar: Calendar) -> str:
    return instant_of(text, calendar).isoformat().replace("+00:00", "Z")


def _id(_declared: Field, text: str, _calendar: Calendar) -> str:
    if not is_identifier(text):
        raise ValueError(_("Give 1 to %(most)s characters without spaces.", most=LONGEST_ID))
    return text


def _link(_declared: Field, text: str, _calendar: Calendar) -> str:
    if not is_link(text):
        raise ValueError(_("Give a web address that begins with https:// or http://."))
    return text


def _flag(_declared: Field, text: str, _calendar: Calendar) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(_("Choose one of the list."))
    return text == "yes"


def _list(declared: Field, text: str, _calendar: Calendar) -> list[str]:
    items = [line.strip() for line in text.split("\n") if line.strip()]
    if len(items) > MOST_ITEMS:
        raise ValueError(_("At most %(most)s lines; this has %(found)s.", most=MOST_ITEMS, found=len(items)))
    for item in items:
        if declared.items is FieldType.ID and not is_identifier(item):
            raise ValueError(_("Each line is 1 to %(most)s characters without spaces.", most=LONGEST_ID))
        if not is_prose(item, LONGEST_ID):
            raise ValueError(_("Each line is 1 to %(most)s characters.", most=LONGEST_ID))
    if len(set(items)) != len(items):
        raise ValueError(_("One line appears twice; list each once."))
    return items


_READERS: Mapping[FieldType, Reader] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.ID: _id,
    FieldType.LIST: _list,
    FieldType.FLAG: _flag,
    FieldType.LINK: _link,
}


def _exactly(text: str) -> Decimal:
    spelled = unicodedata.normalize("NFKC", text)
    if _GROUPED(spelled):
        spelled = spelled.replace(",", "")
    if not _PLAIN(spelled):
        raise ValueError(_("Give a number in digits, such as 1234.50."))
    number = Decimal(spelled) + 0 if Decimal(spelled) == 0 else Decimal(spelled)
    if len(spelled.lstrip("-").partition(".")[0].lstrip("0")) > MAX_DIGITS:
        raise ValueError(_("At most %(most)s digits before the point.", most=MAX_DIGITS))
    return number


def _check_places(declared: Field, number: Decimal) -> None:
    if number != round(number, declared.scale):
        if not declared.scale:
            raise ValueError(_("Give a number without decimals; it is never rounded."))
        raise ValueError(_("At most %(most)s decimals; it is never rounded.", most=declared.scale))


def _check_range(declared: Field, number: Decimal) -> None:
    least, most = (Decimal(bound).scaleb(-declared.scale) for bound in bounds_of(declared))
    if number < least:
        raise ValueError(_("At least %(least)s.", least=f"{least:f}"))
    if number > most:
        raise ValueError(_("At most %(most)s.", most=f"{most:f}"))

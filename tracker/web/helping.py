"""What a field allows, said before somebody finds out."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal

from tracker.catalogue.model import Field, FieldType
from tracker.web.languages import _, ngettext

_NUMBERS = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY})


def help_for(declared: Field, locale: Locale) -> str:
    """A sentence or two on a field's limits; empty where there is nothing that its control does not show."""
    if declared.type in _NUMBERS:
        gap = "" if locale.language == "zh" else " "
        return gap.join(filter(None, (_range(declared, locale), _places(declared))))
    if declared.type is FieldType.TEXT and declared.max_length < 10_000:
        return _("At most %(most)s characters.", most=format_decimal(declared.max_length, locale=locale))
    if declared.type is FieldType.LIST:
        return _("One per line.")
    if declared.type is FieldType.ID:
        return _("An identifier without spaces.")
    return ""


def _range(declared: Field, locale: Locale) -> str:
    least, most = (_spelled(each, locale) for each in (declared.minimum, declared.maximum))
    if least and most:
        return _("From %(least)s to %(most)s.", least=least, most=most)
    if least:
        return _("At least %(least)s.", least=least)
    return _("At most %(most)s.", most=most) if most else ""


def _places(declared: Field) -> str:
    if declared.type is FieldType.INTEGER or not declared.scale:
        return _("A whole number.")
    return str(ngettext("At most %(num)s decimal.", "At most %(num)s decimals.", declared.scale))


def _spelled(value: Decimal | None, locale: Locale) -> str:
    return "" if value is None else format_decimal(value, locale=locale)

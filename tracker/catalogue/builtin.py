"""The event types that every catalogue has without declaring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.catalogue.model import EventType, Field, FieldType, Label

DOMAIN = "tracker"
CORRECTED = "tracker.event.corrected"
VOIDED = "tracker.event.voided"
OPENED = "tracker.balance.opened"
NOTHING_TO_REPORT = "tracker.period.nothing_to_report"

_LABELS: Mapping[str, Label] = {
    CORRECTED: {"zh-Hant": "事件已更正", "en": "event corrected"},
    VOIDED: {"zh-Hant": "事件已作廢", "en": "event voided"},
    OPENED: {"zh-Hant": "期初餘額", "en": "balance opened"},
    NOTHING_TO_REPORT: {"zh-Hant": "期內無事項", "en": "nothing to report"},
}
_FIELD_LABELS: Mapping[str, Label] = {
    "domain": {"zh-Hant": "領域", "en": "domain"},
    "period": {"zh-Hant": "期間", "en": "period"},
}


def builtin_events(locales: Sequence[str]) -> Mapping[str, EventType]:
    """The types ``tracker.*``. Corrections, voids and openings have no fields: what they carry
    depends on what they amend or open, and is checked where that is known."""
    return {
        type: EventType(type, DOMAIN, _in(locales, label), _fields(type, locales)) for type, label in _LABELS.items()
    }


def _fields(type: str, locales: Sequence[str]) -> Mapping[str, Field]:
    if type != NOTHING_TO_REPORT:
        return {}
    return {
        name: Field(name, FieldType.ID, _in(locales, label), required=True) for name, label in _FIELD_LABELS.items()
    }


def _in(locales: Sequence[str], label: Label) -> Label:
    return {locale: label.get(locale, label["en"]) for locale in locales}

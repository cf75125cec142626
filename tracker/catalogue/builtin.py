"""The event types that every catalogue has without declaring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tracker.catalogue.model import EventType, Field, FieldType, Label

DOMAIN = "tracker"
CORRECTED = "tracker.event.corrected"
VOIDED = "tracker.event.voided"
OPENED = "tracker.balance.opened"
NOTHING_TO_REPORT = "tracker.period.nothing_to_report"
ATTACHED = "tracker.evidence.attached"

_LABELS: Mapping[str, Label] = {
    CORRECTED: {"zh-Hant": "事件已更正", "en": "event corrected"},
    VOIDED: {"zh-Hant": "事件已作廢", "en": "event voided"},
    OPENED: {"zh-Hant": "期初餘額", "en": "balance opened"},
    NOTHING_TO_REPORT: {"zh-Hant": "期內無事項", "en": "nothing to report"},
    ATTACHED: {"zh-Hant": "已附檔案", "en": "file attached"},
}
_FIELD_LABELS: Mapping[str, Label] = {
    "domain": {"zh-Hant": "領域", "en": "domain"},
    "period": {"zh-Hant": "期間", "en": "period"},
    "event": {"zh-Hant": "所屬事件", "en": "event it belongs to"},
    "media_type": {"zh-Hant": "檔案類型", "en": "kind of file"},
    "name": {"zh-Hant": "檔案名稱", "en": "file name"},
    "sha256": {"zh-Hant": "SHA-256 摘要", "en": "SHA-256 digest"},
}


def builtin_events(locales: Sequence[str]) -> Mapping[str, EventType]:
    """The types ``tracker.*``. Corrections, voids and openings have no fields: what they carry
    depends on what they amend or open, and is checked where that is known."""
    return {
        type: EventType(type, DOMAIN, _in(locales, label), _fields(type, locales)) for type, label in _LABELS.items()
    }


def _fields(type: str, locales: Sequence[str]) -> Mapping[str, Field]:
    if type == NOTHING_TO_REPORT:
        return {name: _field(name, FieldType.ID, locales) for name in ("domain", "period")}
    return _attached(locales) if type == ATTACHED else {}


def _attached(locales: Sequence[str]) -> Mapping[str, Field]:
    """A file's event is open, and so is what kind of file it is; its name and digest are confidential."""
    fields = (
        _field("event", FieldType.INTEGER, locales, minimum=Decimal(0)),
        _field("media_type", FieldType.TEXT, locales, max_length=100),
        _field("name", FieldType.TEXT, locales, max_length=200, confidential=True),
        _field("sha256", FieldType.TEXT, locales, max_length=64, confidential=True),
    )
    return {field.name: field for field in fields}


def _field(name: str, type: FieldType, locales: Sequence[str], **more: Any) -> Field:
    return Field(name, type, _in(locales, _FIELD_LABELS[name]), required=True, **more)


def _in(locales: Sequence[str], label: Label) -> Label:
    return {locale: label.get(locale, label["en"]) for locale in locales}

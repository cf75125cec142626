"""A small organisation and one event type that has every kind of field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tracker.catalogue.calendar import Calendar, YearEnd, ZoneEntry
from tracker.catalogue.model import (
    Catalogue,
    Domain,
    EventType,
    Field,
    FieldType,
    Measure,
    Metric,
    Organisation,
    Place,
)
from tracker.catalogue.subjects import Lifecycle, Move

NOW = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
LABEL = {"en": "label"}
CALENDAR = Calendar((ZoneEntry(date(2000, 1, 1), ZoneInfo("Asia/Shanghai")),), (YearEnd(date(2000, 1, 1), 12),))

EVERYTHING = "fairs.fair.held"
PAYMENT = "fairs.fair.paid"
OPENED = "fairs.fair.opened"


def a_field(name: str, type: FieldType, **more: Any) -> Field:
    """A field whose label does not matter."""
    return Field(name, type, LABEL, **more)


REGIONS = {"china": LABEL, "overseas": LABEL}
FIELDS = (
    a_field("region", FieldType.CHOICE, choices=REGIONS, required=True, dimension=True),
    a_field("rooms", FieldType.INTEGER, minimum=Decimal(0), maximum=Decimal(500)),
    a_field("area", FieldType.NUMBER, scale=2, minimum=Decimal("-1.5"), maximum=Decimal("1000.25")),
    a_field("cost", FieldType.MONEY, scale=2, minimum=Decimal(0), currency="CNY"),
    a_field("note", FieldType.TEXT, max_length=20),
    a_field("secret", FieldType.TEXT, max_length=20, confidential=True),
    a_field("motive", FieldType.CHOICE, choices={"envy": LABEL, "greed": LABEL}, confidential=True),
    a_field("day", FieldType.DATE),
    a_field("at", FieldType.TIME),
    a_field("account", FieldType.ID),
    a_field("counties", FieldType.LIST, items=FieldType.ID),
    a_field("topics", FieldType.LIST, items=FieldType.TEXT),
    a_field("passed", FieldType.FLAG),
    a_field("response", FieldType.LINK),
)
BALANCE = Metric(
    "fairs.stalls", "fairs", LABEL, Measure.BALANCE, "stall", events=(EVERYTHING,), scale=1, by=(("region",),)
)


def an_event_type(name: str, fields: Iterable[Field]) -> EventType:
    """An event type of the domain ``fairs``."""
    return EventType(name, "fairs", LABEL, {each.name: each for each in fields})


def small_catalogue() -> Catalogue:
    """The catalogue: fairs, which open, are held and are paid for, and the balance of their stalls."""
    events = (
        an_event_type(EVERYTHING, FIELDS),
        an_event_type(PAYMENT, (a_field("cost", FieldType.MONEY, scale=2, currency="CNY", required=True),)),
        an_event_type(OPENED, ()),
    )
    place = Place("group", LABEL, "2011-01-01")
    return Catalogue(
        organisation=Organisation(
            "kuaishou", LABEL, ("en",), "CNY", CALENDAR, 2020, entities={"group": place, "group-north": place}
        ),
        units={},
        domains={"fairs": Domain("fairs", LABEL)},
        events={each.type: each for each in events},
        lifecycles=(
            Lifecycle("fair", "fairs", {"open": LABEL, "paid": LABEL}, {OPENED: "open"}, {
                PAYMENT: Move(PAYMENT, ("open",), "paid"),
            }),
        ),
        metrics={BALANCE.id: BALANCE},
        schedule={},
        digest="0" * 64,
        documents="{}",
    )  # fmt: skip


CATALOGUE = small_catalogue()


def an_event(**changed: Any) -> dict[str, Any]:
    """A good event; ``...`` takes an attribute away."""
    event = {
        "specversion": "1.0",
        "id": "fair-1",
        "source": "/fairs",
        "type": EVERYTHING,
        "time": "2020-03-05T10:00:00+08:00",
        "data": {"region": "china"},
    }
    return {name: value for name, value in {**event, **changed}.items() if value is not ...}

"""Building event types: one per entry under ``events`` of a domain."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field as attribute

from tracker.catalogue import retention
from tracker.catalogue.fields import RESERVED, field
from tracker.catalogue.labels import label
from tracker.catalogue.model import EventType, Field, Organisation
from tracker.catalogue.reader import Section
from tracker.catalogue.scope import FieldScope, field_scope

_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+", re.ASCII)


@dataclass(frozen=True)
class Declared:
    """The event types of all domains, and which of their fields could not be read."""

    events: dict[str, EventType] = attribute(default_factory=dict)
    broken: set[tuple[str, str]] = attribute(default_factory=set)


def declare(section: Section, domain: str, ours: Organisation, declared: Declared) -> None:
    """Read a domain's ``events``; what is read is added to ``declared``."""
    scope, known = field_scope(ours), ours.retention
    own = retention.chosen(section, known, retention.STANDARD if retention.STANDARD in known else None)
    for key, each in section.section("events", optional=True).entries(
        _KEY, "supplier.registered (a subject and a past fact)"
    ):
        if key.startswith("tracker."):
            each.wrong(None, "names that begin with 'tracker.' are reserved; choose another")
        event = f"{domain}.{key}"
        fields = _fields(each.section("fields", optional=True), event, scope, declared.broken)
        kept = retention.chosen(each, known, own)
        declared.events[event] = EventType(event, domain, label(each, "label", scope.locales), fields, kept)
        each.close()


def _fields(section: Section, event: str, scope: FieldScope, broken: set[tuple[str, str]]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for name, each in section.entries():
        _check_name(each, name, RESERVED)
        if (built := field(name, each, scope)) is None:
            broken.add((event, name))
        else:
            fields[name] = built
    return fields


def _check_name(section: Section, name: str, reserved: Collection[str]) -> None:
    if name in reserved:
        section.wrong(None, f"{name!r} is what every event has already; choose another name")

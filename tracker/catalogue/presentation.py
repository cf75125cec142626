"""Building what a metric's figure looks like: unit, rounding, wording, and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.catalogue.labels import forms, label
from tracker.catalogue.model import Label, PrintRule
from tracker.catalogue.reader import CODE, Section, unknown
from tracker.catalogue.scope import Scope
from tracker.catalogue.thresholds import threshold

ROUNDINGS = ("half_up", "half_even", "up", "down")
QUALIFIERS = ("exact", "over", "more", "about", "near", "at_most")
PRINT_SCALES = ("auto", "none", "萬", "百萬", "億", "thousand", "million", "billion")
MAX_PLACES = 6


def presentation(section: Section, scope: Scope) -> dict[str, Any]:
    """The keys that every metric takes, whatever its measure, as attributes of a metric."""
    return {
        "unit": section.choice("unit", scope.units, kind="unit"),
        "places": section.integer("places", 0, MAX_PLACES, default=0),
        "rounding": section.choice("rounding", ROUNDINGS, kind="rounding", default="half_up"),
        "qualifier": section.choice("qualifier", QUALIFIERS, kind="qualifier", default="exact"),
        "zero": _optional_label(section, "zero", scope),
        "note": _optional_label(section, "note", scope),
        "owner": section.shaped("owner", CODE, "compliance or legal-ip"),
        "kpis": _kpis(section.section("kpis", optional=True)),
        "printing": _printing(section.section("print", optional=True), scope),
        "restate_from": threshold(section),
    }


def _optional_label(section: Section, key: str, scope: Scope) -> Label | None:
    found = label(section, key, scope.locales, optional=True)
    return found if key in section else None


def _kpis(section: Section) -> Mapping[str, tuple[str, ...]]:
    return {index: section.names(index) for index in section.data}


def _printing(section: Section, scope: Scope) -> Mapping[str, PrintRule]:
    for locale in section.data:
        if scope.locales and locale not in scope.locales:
            section.wrong(locale, unknown("locale", locale, scope.locales))
    return {locale: _rule(section.section(locale)) for locale in section.data}


def _rule(section: Section) -> PrintRule:
    built = PrintRule(
        scale=section.choice("scale", PRINT_SCALES, kind="print scale", default="auto"),
        unit=forms(section, "unit", optional=True),
        places=section.integer("places", 0, MAX_PLACES, default=0) if "places" in section else None,
        times=section.integer("times", 1, 10**9, default=1),
    )
    section.close()
    return built

"""What the parts of a domain may refer to while the catalogue is being built."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tracker.catalogue.model import EventType, Field, Label, Organisation, Unit


@dataclass(frozen=True)
class Scope:
    """Everything known before lifecycles and metrics are read.

    ``events`` are the declared ones, by full type. ``metrics`` are the names of all metrics, also
    of those that turn out to be wrong, so that one mistake does not cause others. ``broken`` names
    (event, field) where a field could not be read; nothing more is said about those.
    """

    organisation: Organisation
    units: Mapping[str, Unit]
    events: Mapping[str, EventType]
    metrics: Collection[str]
    broken: Collection[tuple[str, str]]

    @property
    def locales(self) -> Sequence[str]:
        """The organisation's locales, the default one first."""
        return self.organisation.locales


@dataclass(frozen=True)
class FieldScope:
    """What a field's declaration may refer to."""

    locales: Sequence[str]
    currency: str
    places: Mapping[str, Mapping[str, Label]]
    """Labels of the organisation's own lists, ``sites`` and ``entities``."""


def field_scope(organisation: Organisation) -> FieldScope:
    """What an organisation offers to the declarations of fields."""
    lists = {"sites": organisation.sites, "entities": organisation.entities}
    places = {name: {id: place.label for id, place in found.items()} for name, found in lists.items()}
    return FieldScope(organisation.locales, organisation.currency, places)


def resolve(name: str, domain: str, known: Collection[str]) -> str | None:
    """The full name of an event or metric that a domain calls ``name``; its own come first."""
    return next((full for full in (f"{domain}.{name}", name) if full in known), None)


def near(domain: str, known: Collection[str]) -> list[str]:
    """The names a domain may use: its own also without the domain."""
    prefix = f"{domain}."
    return [*known, *(full.removeprefix(prefix) for full in known if full.startswith(prefix))]


def common_fields(scope: Scope, events: Sequence[str], name: str) -> list[Field]:
    """The declarations of a field in those events that have it."""
    return [scope.events[event].fields[name] for event in events if name in scope.events[event].fields]

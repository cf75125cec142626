"""The values of an event's fields in words, and the words of states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.catalogue.model import Field
from tracker.web.facts import printed
from tracker.web.rendering import label, service


def told(event: str, field: str, value: Any) -> str:
    """A value of a field as people read it; empty for none."""
    return printed(_declared(event, field), value)


def choices(event: str, field: str) -> Sequence[tuple[str, str]]:
    """What a choice may be, with its words; nothing where there is no such choice."""
    declared = _declared(event, field)
    return [(value, label(words)) for value, words in declared.choices.items()] if declared else []


def state_words(kind: str, state: str) -> str:
    """A state of a lifecycle in words."""
    lifecycle = service().catalogue.lifecycles_by_kind.get(kind)
    return (label(lifecycle.states.get(state)) if lifecycle else "") or state


def _declared(event: str, field: str) -> Field | None:
    known = service().catalogue.events.get(event)
    return known.fields.get(field) if known else None

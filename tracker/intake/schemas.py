"""One marshmallow schema per event type: what is allowed, and the words for what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from marshmallow import Schema

from tracker.catalogue.model import EventType
from tracker.errors import Mistake
from tracker.intake.fields import field_for
from tracker.intake.pointers import did_you_mean, listed, pointer_to, quoted

MOST_MISTAKES = 50
"""Of one event; a hostile one could have a million."""


class EventSchema(Schema):
    """The base of all: refuses what is not declared, in a fixed order."""

    error_messages = {"unknown": ""}  # noqa: RUF012 - marshmallow declares it so; told apart, and worded, below


def schema_for(event: EventType) -> Schema:
    """The schema of an event type of the catalogue."""
    declared = {name: field_for(field) for name, field in event.fields.items()}
    return EventSchema.from_dict(dict(declared), name=event.type)()


def mistakes_of(schema: Schema, data: Mapping[str, Any], pointer: str) -> tuple[Mistake, ...]:
    """What ``schema`` finds wrong with ``data``, at most 50 and one that says there are more."""
    errors = schema.validate(data)
    order = [*(name for name in schema.fields if name in errors), *(name for name in data if name in errors)]
    found = (mistake for name in dict.fromkeys(order) for mistake in _worded(schema, name, errors[name], pointer))
    shown = tuple(islice(found, MOST_MISTAKES + 1))
    if len(shown) > MOST_MISTAKES:
        return (*shown[:MOST_MISTAKES], Mistake(pointer, "has more mistakes than are listed"))
    return shown


def _worded(schema: Schema, name: str, messages: Any, pointer: str) -> Iterator[Mistake]:
    where = pointer_to(pointer, name)
    if name in schema.fields:
        yield from flat(where, messages)
        return
    allowed = f"Allowed are {listed(schema.fields)}." if schema.fields else "No fields are allowed."
    yield Mistake(where, f"{quoted(name)} is no field of this event.{did_you_mean(name, schema.fields)} {allowed}")


def flat(pointer: str, messages: Mapping[Any, Any] | Sequence[str]) -> Iterator[Mistake]:
    """Nested messages one by one, each with its own pointer."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from flat(pointer_to(pointer, key), inner)
        return
    for words in messages:
        yield Mistake(pointer, words)

"""Bodies of requests that look after things: JSON objects, read strictly, their mistakes told all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.types import StrSequenceOrSet

from tracker.api.requests import document
from tracker.errors import Invalid, Mistake
from tracker.intake.pointers import did_you_mean, listed, pointer_to, quoted
from tracker.intake.schemas import MOST_MISTAKES, flat

_WORDS = {"required": "is required", "null": "is null; leave the field out where there is no value"}


class Body(Schema):
    """The base of all: refuses what is not declared."""

    def __init__(self, *, only: StrSequenceOrSet | None = None) -> None:
        super().__init__(only=only, unknown=RAISE)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """One voice for what marshmallow says of every field."""
        field_obj.error_messages |= _WORDS


class Switch(fields.Boolean):
    """``true`` or ``false``, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value


def read(schema: Schema) -> dict[str, Any]:
    """The body as ``schema`` has it.

    :raise WrongMediaType, Malformed: as :func:`tracker.api.requests.document`.
    :raise Invalid: with every mistake, unknown fields among them.
    """
    try:
        found: dict[str, Any] = schema.load(document())
    except ValidationError as error:
        mistakes = list(islice(_mistakes(schema, error.messages_dict), MOST_MISTAKES))
        count = len(mistakes)
        raise Invalid(f"{count} mistake{'' if count == 1 else 's'}; nothing was changed.", mistakes) from None
    return found


@contextmanager
def pointed() -> Iterator[None]:
    """The domain names what it was given; here that stood in a body, so that its names become JSON pointers."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.detail, [Mistake(f"/{each.pointer}", each.message) for each in error.mistakes]) from None


def _mistakes(schema: Schema, messages: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in schema.fields:
        if name in messages:
            yield from flat(pointer_to("", name), messages[name])
    allowed = f"Allowed are {listed(schema.fields)}."
    for name in sorted(messages.keys() - schema.fields.keys()):
        hint = did_you_mean(name, schema.fields)
        yield Mistake(pointer_to("", name), f"{quoted(name)} is not known.{hint} {allowed}")

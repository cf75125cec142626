"""Query parameters, read strictly: what is not known or not right is told, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from tracker.clock import stamp
from tracker.errors import Invalid, Malformed, Mistake
from tracker.intake.parsing import parse_json
from tracker.intake.texts import is_prose
from tracker.intake.times import instant_of

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII).fullmatch
_PLAIN = (str, bool, type(None))  # a number that is not whole is a text of another type
_MOST = 1_000
_LONGEST = 2_000
_HIGHEST = 10**18 - 1
USUAL = 100


class Number(fields.Integer):
    """A whole number in plain digits, from ``least`` to ``most``."""

    def __init__(self, least: int = 0, most: int = _HIGHEST, *, description: str) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most, "description": description})
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not (_NUMBER(value) and self.least <= int(value) <= self.most):
            bound = f" to {self.most}" if self.most < _HIGHEST else ""
            raise ValidationError(f"must be a whole number from {self.least}{bound}")
        return int(value)


class Flag(fields.Boolean):
    """``1`` or ``0``."""

    def __init__(self, *, description: str) -> None:
        super().__init__(metadata={"type": "string", "enum": ["0", "1"], "description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if value not in {"0", "1"}:
            raise ValidationError("must be 0 or 1")
        return bool(value == "1")


class Word(fields.String):
    """Text: neither empty, which would say nothing, nor with a NUL, which no database can look for."""

    def __init__(self, *, description: str = "") -> None:
        super().__init__(metadata={"minLength": 1, "maxLength": _LONGEST} | _described(description))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not is_prose(value, _LONGEST):
            raise ValidationError(f"must have 1 to {_LONGEST:,} characters, none of them a control character")
        return value


class Moment(Word):
    """A time with an offset, given as the ledger spells times."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        try:
            return stamp(instant_of(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Repeated(fields.List[str]):
    """A parameter that may be given more than once."""

    def __init__(self, *, description: str) -> None:
        super().__init__(Word(), metadata=_described(description))


class Cell(Word):
    """One cell of a breakdown, as a JSON object of dimension to value."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            found = parse_json(super()._deserialize(value, attr, data, **kwargs).encode())
        except Malformed as error:
            raise ValidationError(error.detail) from None
        if not isinstance(found, dict) or not all(type(each) in _PLAIN for each in found.values()):
            raise ValidationError('must be a JSON object of dimension to value, such as {"region": "china"}')
        return found


class Query(Schema):
    """The base of every query; one without parameters refuses any."""


class Paged(Query):
    """What every list takes."""

    cursor = Number(description="`next` of the page before")
    limit = Number(1, _MOST, description="how many at most; 100 unless given")


def read(schema: type[Schema]) -> dict[str, Any]:
    """The parameters of the request as ``schema`` has them; those not given are ``None``.

    :raise Invalid: with every mistake; pointers are the parameters' names.
    """
    known = schema()
    mistakes = [*_unknown(known), *_repeated(known)]
    given = {
        name: request.args.getlist(name) if isinstance(field, fields.List) else request.args[name]
        for name, field in known.fields.items()
        if name in request.args
    }
    try:
        found: dict[str, Any] = known.load(given)
    except ValidationError as error:
        mistakes += [Mistake(name, " ".join(_words(words))) for name, words in error.messages_dict.items()]
    if mistakes:
        raise Invalid(f"The query has {len(mistakes)} mistake{'' if len(mistakes) == 1 else 's'}.", mistakes)
    return dict.fromkeys(known.fields) | found


def _described(description: str) -> dict[str, str]:
    return {"description": description} if description else {}


def _unknown(schema: Schema) -> Iterator[Mistake]:
    for name in sorted(request.args.keys() - schema.fields.keys()):
        yield Mistake(name, f"is not known; allowed are {', '.join(sorted(schema.fields)) or 'none'}")


def _repeated(schema: Schema) -> Iterator[Mistake]:
    for name, field in schema.fields.items():
        if not isinstance(field, fields.List) and len(request.args.getlist(name)) > 1:
            yield Mistake(name, "may be given once")


def _words(found: Any) -> Iterable[str]:
    """The messages of one parameter, each once; those of a repeated one lie under its positions."""
    nested = [_words(each) for each in found.values()] if isinstance(found, dict) else [map(str, found)]
    return dict.fromkeys(chain.from_iterable(nested))

"""``/api/v1/sources``: looking after the systems that sign what they send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, jsonify
from marshmallow import fields, validate

from tracker.access import sources
from tracker.access.handover import KINDS, new_key
from tracker.access.sources import LATE_DAYS, Source
from tracker.api.bodies import Body, Switch, pointed, read
from tracker.api.parameters import Query
from tracker.api.parameters import read as query
from tracker.api.security import caller
from tracker.api.state import service
from tracker.intake.overview import documents

_HOURS = 24
_MOST_HOURS = 168


class Key(Body):
    """What key a source shall have: a shared secret, a new pair, or the public key of its own pair."""

    key = fields.String(validate=validate.OneOf(KINDS, error=f"must be one of {', '.join(KINDS)}"))
    public_key = fields.String()


class NewSource(Key):
    """The body of ``POST /sources``."""

    name = fields.String(required=True)
    uri = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    late_days = fields.Integer(strict=True, load_default=LATE_DAYS)
    backfill = Switch(load_default=False)
    test = Switch(load_default=False)


class Rotation(Key):
    """The body of ``POST /sources/{name}/rotate``."""

    overlap_hours = fields.Integer(
        strict=True, load_default=_HOURS, validate=validate.Range(0, _MOST_HOURS, error=f"must be 0 to {_MOST_HOURS}")
    )


def index() -> Response:
    """Every source with the state of its keys and its counters; never a key."""
    query(Query)
    with service().database.read() as session:
        return jsonify(sources=documents(session))


def create() -> Response:
    """Add a source; the answer holds its key, this once."""
    given = read(NewSource())
    kind, public, types = given.pop("key", None), given.pop("public_key", None), tuple(given.pop("types"))
    new = Source(types=types, **given)
    here, by = service(), str(caller().actor)
    with pointed():
        made = new_key(kind, public)
        with here.database.write() as session:
            secret, now = here.keys.secrets.key, here.ledger.clock()
            sources.add(session, new, made.key, secret=secret, by=by, at=now)
    return _once({"name": new.name, "uri": new.uri, "types": list(types), **made.texts}, 201)


def rotate(name: str) -> Response:
    """Give a source a new key, which the answer holds, this once."""
    given = read(Rotation())
    here, by = service(), str(caller().actor)
    overlap = timedelta(hours=given["overlap_hours"])
    with pointed():
        made = new_key(given.get("key"), given.get("public_key"))
        with here.database.write() as session:
            secret, now = here.keys.secrets.key, here.ledger.clock()
            sources.rotate(session, name, made.key, secret=secret, overlap=overlap, by=by, at=now)
    return _once({"name": name, **made.texts}, 200)


def retire(name: str) -> Response:
    """End a source: nothing that it signs is taken any more."""
    here = service()
    with here.database.write() as session:
        sources.retire(session, name, by=str(caller().actor), at=here.ledger.clock())
    return jsonify(name=name, retired=True)


def _once(document: Mapping[str, Any], status: int) -> Response:
    """An answer that holds a secret, and must be kept by nobody on the way."""
    answer = jsonify(document)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer

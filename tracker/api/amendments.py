"""``/api/v1/events/{seq}/…``: corrections and voids of what is on record.

Each becomes an event like any other: it is recorded, counted and answered as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from flask import Response
from marshmallow import fields

from tracker.api.bodies import Body, read
from tracker.api.receipts import answer
from tracker.api.security import caller
from tracker.api.state import service
from tracker.canonical import canonical_bytes
from tracker.clock import stamp
from tracker.errors import Mistake, NotFound, Overloaded, Refused
from tracker.intake.content import Content
from tracker.intake.modes import ONE
from tracker.ledger.events import CORRECTED, VOIDED
from tracker.ledger.queries import Entry, versions

SOURCE = "/corrections"
"""The CloudEvents source of amendments by callers who are bound to no source."""

_HIGHEST = 2**63 - 1
_ENVELOPE = ("subject", "time", "entity")


class Void(Body):
    """The body of ``POST /events/{seq}/void``. Values are checked as those of the event that they go into."""

    reason = fields.Raw(required=True)
    replaces = fields.Raw(required=True)
    id = fields.Raw()


class Correction(Void):
    """The body of ``POST /events/{seq}/corrections``: ``data`` in full. Of the others what is in force stays in
    force unless given; ``null`` takes a subject or entity away."""

    data = fields.Raw(required=True)
    time = fields.Raw()
    subject = fields.Raw(allow_none=True)
    entity = fields.Raw(allow_none=True)


def correct(seq: int) -> Response:
    """Replace what event ``seq`` says."""
    return _amend(CORRECTED, seq, read(Correction()))


def void(seq: int) -> Response:
    """Declare that what event ``seq`` says never happened."""
    return _amend(VOIDED, seq, read(Void()))


def _amend(type: str, seq: int, given: Mapping[str, Any]) -> Response:
    who, reception = caller(), service().reception
    bound = who.sender.source
    event = _event(type, seq, given, _versions(seq), bound.uri if bound else SOURCE)
    sent = Content(ONE, (), canonical_bytes(event))
    try:
        receipts = reception.hand_in(reception.parcel(who.sender, sent.name, sent, who.known.epoch))
    except Refused as error:
        error.mistakes = _as_in_body(error.mistakes)
        raise
    if receipts is None:
        raise Overloaded  # sources or tokens changed this very moment: let the caller show its token again
    return answer(receipts)


def _versions(seq: int) -> list[Entry]:
    """The original and its amendments.

    :raise NotFound: there is no such event.
    """
    with service().database.read() as session:
        found = versions(session, seq) if seq <= _HIGHEST else []
    if not found:
        raise NotFound(f"There is no event with seq {seq}.")
    return found


def _event(type: str, seq: int, given: Mapping[str, Any], known: list[Entry], source: str) -> dict[str, Any]:
    data = {name: given[name] for name in ("replaces", "reason", "data") if name in given}
    return {
        "specversion": "1.0",
        "id": given["id"] if "id" in given else str(uuid4()),
        "source": source,
        "type": type,
        "data": {"original": {"seq": seq}, **data},
        **{name: value for name, value in _envelope(type, given, known, source).items() if value is not None},
    }


def _envelope(type: str, given: Mapping[str, Any], known: list[Entry], source: str) -> dict[str, Any]:
    """What is not given: as in the amendment with this id, so that sending again is a duplicate; otherwise a
    correction takes what is in force, and a void is of now."""
    again = [each for each in known if (each.source, each.id) == (source, given.get("id"))]
    if again or type == CORRECTED:
        default = (again or known)[-1]
        return {name: given.get(name, getattr(default, name)) for name in _ENVELOPE}
    return {"time": stamp(service().ledger.clock())}


def _as_in_body(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Pointers into the event as pointers into the body, which holds the members of the event's data."""
    return tuple(Mistake(each.pointer.removeprefix("/data"), each.message) for each in mistakes)

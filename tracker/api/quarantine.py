"""``/api/v1/quarantine``: refused deliveries, until somebody decides."""

from __future__ import annotations

from flask import Response, jsonify
from marshmallow import fields

from tracker.api.bodies import Body, pointed, read
from tracker.api.parameters import USUAL, Flag, Paged
from tracker.api.parameters import read as query
from tracker.api.reading import paged
from tracker.api.receipts import answer
from tracker.api.security import caller
from tracker.api.state import service
from tracker.intake.quarantine import as_document, held
from tracker.intake.retrying import retry as retry_delivery


class Discard(Body):
    """The body of ``POST /quarantine/{id}/discard``."""

    reason = fields.String(required=True)


class HeldQuery(Paged):
    """Which refused deliveries."""

    all = Flag(description="1: those that are settled, too")


def index() -> Response:
    """Those that wait for a decision, or with ``all=1`` those that are settled, too; ``cursor`` and ``limit`` page."""
    asked = query(HeldQuery)
    after, limit = asked["cursor"] or 0, asked["limit"] or USUAL
    with service().database.read() as session:
        found = held(session, everything=bool(asked["all"]), after=after, limit=limit + 1)
    rest = str(found[limit - 1].id) if len(found) > limit else None
    return paged({"quarantine": [each._asdict() for each in found[:limit]], "next": rest})


def show(id: int) -> Response:
    """One delivery: what is wrong with it, and what was sent."""
    here = service()
    with here.database.read() as session:
        answer = jsonify(as_document(here.quarantine.opened(session, id)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def retry(id: int) -> Response:
    """Record a delivery now, however old its events are: the caller vouches for them."""
    here = service()
    with here.database.write() as session:
        receipts = retry_delivery(session, here.intake, here.quarantine, id, by=caller().actor)
    return answer(receipts)


def discard(id: int) -> Response:
    """Decide that a delivery will not be recorded, and let go of what was sent."""
    reason = read(Discard())["reason"]
    here = service()
    with pointed(), here.database.write() as session:
        here.quarantine.discard(session, id, reason=reason, by=str(caller().actor), at=here.ledger.clock())
    return jsonify(id=id, settled="discarded")

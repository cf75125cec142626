"""``POST /api/v1/events``: CloudEvents in structured or batched mode, recorded all or none."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.api.state import service
from tracker.errors import Malformed, WrongMediaType
from tracker.intake.parsing import parse_json
from tracker.ledger.events import Actor, Receipt
from tracker.snapshots.late import first_receipts

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EITHER = "application/json"

ACTOR = Actor("source", "token")


def create() -> tuple[Response, int]:
    """Record the events of the body.

    Answers 201 if anything was recorded, 200 if all were duplicates, with a receipt per event.
    """
    values, pointers = _values(request.mimetype, parse_json(_body()))
    intake = service().intake
    events = intake.read(values, pointers=pointers)
    with service().database.write() as session:
        receipts = first_receipts(session, intake.accept(session, ACTOR, events))
    status = 201 if any(receipt.status == "recorded" for receipt in receipts) else 200
    return jsonify(receipts=[_receipt(each) for each in receipts]), status


def _body() -> bytes:
    # A body of unknown length is cut off at Flask's limit without a word; that limit is one byte beyond ours.
    body = request.get_data()
    if len(body) > service().settings.max_body:
        raise RequestEntityTooLarge
    return body


def _values(mimetype: str, body: object) -> tuple[list[object], list[str]]:
    if mimetype not in {ONE, BATCH, EITHER}:
        raise WrongMediaType(f"Send {ONE}, {BATCH} or {EITHER}, not {mimetype or 'nothing'}.")
    if isinstance(body, list) and mimetype != ONE:
        if not body:
            raise Malformed("The batch is empty; send at least one event.")
        return body, [f"/{i}" for i in range(len(body))]
    if isinstance(body, dict) and mimetype != BATCH:
        return [body], [""]
    wanted = {ONE: "one event, a JSON object", BATCH: "a JSON array of events"}
    raise Malformed(f"The body must be {wanted.get(mimetype, 'an event or an array of events')}.")


def _receipt(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON; ``late`` only where there is something to say."""
    return {name: value for name, value in receipt._asdict().items() if value is not None}

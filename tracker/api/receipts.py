"""Receipts on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response

from tracker.api.state import service
from tracker.ledger.events import Receipt
from tracker.service import Service
from tracker.snapshots.late import first_receipts

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode


def answer(receipts: Sequence[Receipt]) -> Response:
    """201 if anything was recorded, otherwise 200, with one receipt per event in the order they were sent."""
    status, body = encoded(service(), receipts)
    return Response(body, status, content_type=_JSON)


def encoded(opened: Service, receipts: Sequence[Receipt]) -> tuple[int, bytes]:
    """Status and body of the answer."""
    body = _encode({"receipts": [as_document(each) for each in as_first_given(opened, receipts)]})
    return 201 if any(receipt.status == "recorded" for receipt in receipts) else 200, body


def as_first_given(opened: Service, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """The receipts of duplicates as they were given out first; the database is asked only if there are any."""
    if not any(receipt.status == "duplicate" for receipt in receipts):
        return receipts
    with opened.database.read() as session:
        return first_receipts(session, receipts)


def as_document(receipt: Receipt) -> dict[str, Any]:
    """``late`` only where there is something to say; a rehearsed event has no place in the ledger."""
    if receipt.status == "valid":
        return {"id": receipt.id, "status": "valid"}
    document: dict[str, Any] = {
        "id": receipt.id, "seq": receipt.seq, "leaf": receipt.leaf, "status": receipt.status,
    }  # fmt: skip
    if receipt.late is not None:
        document["late"] = receipt.late
    return document

"""``POST /api/v1/webhooks/{source}``: signed CloudEvents from operational systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from tracker.access.signatures import Signed
from tracker.api.receipts import answer
from tracker.api.requests import attributes, content, switch
from tracker.api.state import service
from tracker.intake.content import Content
from tracker.ledger.events import Receipt
from tracker.service import Service

REFUSED = "tracker.refused"
"""Where in the environment a refusal stands that is only to be answered."""


def receive(source: str) -> Response:
    """Take in what a source signed (Standard Webhooks): structured, batched or binary mode, all or none."""
    refused: Exception | None = request.environ.get(REFUSED)
    if refused is not None:
        raise refused
    dry_run = switch("dry_run") if request.query_string else False
    sent = content()
    return answer(service().reception.webhook(source, _signed(request.environ), sent, dry_run=dry_run))


def deliver(opened: Service, source: str, environ: Mapping[str, Any]) -> Sequence[Receipt]:
    """The same from a plain WSGI environment, whose body is no longer than it may be.

    :raise TrackerError: as :meth:`Reception.webhook` does.
    """
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    sent = Content(environ.get("CONTENT_TYPE", ""), attributes(environ), body)
    return opened.reception.webhook(source, _signed(environ), sent)


def _signed(environ: Mapping[str, Any]) -> Signed:
    header = environ.get
    return Signed(header("HTTP_WEBHOOK_ID"), header("HTTP_WEBHOOK_TIMESTAMP"), header("HTTP_WEBHOOK_SIGNATURE"))

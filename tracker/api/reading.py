"""``GET /api/v1/events…``: what is on record, page by page and one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request, url_for

from tracker.api.parameters import USUAL, Moment, Paged, Query, Repeated, Word, read
from tracker.api.state import service
from tracker.errors import NotFound
from tracker.ledger.queries import Entry, entries, entry, versions

HIGHEST = 2**63 - 1
"""What a database can look for."""


class EventsQuery(Paged):
    """Which events to list."""

    type = Repeated(description="an event type; may repeat")
    source = Word(description="a CloudEvents source")
    subject = Word(description="what the events are about")
    period = Word(description="2020, 2020-Q1, 2020-03 or 2020-03-31")
    recorded_since = Moment(description="a time with an offset")


def index() -> Response:
    """Events in the order of the ledger, each as it was recorded; corrections and voids are events, too."""
    asked = read(EventsQuery)
    period = service().catalogue.calendar.parse(asked["period"]) if asked["period"] is not None else None
    limit, after = asked["limit"] or USUAL, -1 if asked["cursor"] is None else asked["cursor"]
    with service().database.read() as session:
        found = entries(
            session,
            after=after,
            limit=limit + 1,
            types=asked["type"] or (),
            source=asked["source"],
            subject=asked["subject"],
            first_day=None if period is None else period.first_day.isoformat(),
            last_day=None if period is None else period.last_day.isoformat(),
            recorded_since=asked["recorded_since"],
        )
    rest = str(found[limit - 1].seq) if len(found) > limit else None
    return paged({"events": [document(each) for each in found[:limit]], "next": rest})


def show(seq: int) -> Response:
    """One event, which never changes."""
    read(Query)
    with service().database.read() as session:
        found = entry(session, seq) if seq <= HIGHEST else None
    if found is None:
        raise missing(seq)
    return lasting(jsonify(document(found)), found.leaf)


def history(seq: int) -> Response:
    """An event and every correction and void of it, in order; the last one is in force."""
    read(Query)
    with service().database.read() as session:
        found: Sequence[Entry] = versions(session, seq) if seq <= HIGHEST else []
    if not found:
        raise missing(seq)
    return jsonify(events=[document(each) for each in found])


def document(found: Entry) -> dict[str, Any]:
    """An event as JSON; ``original`` and ``replaces`` only where it amends another."""
    return {name: value for name, value in found._asdict().items() if value is not None}


def paged(body: dict[str, Any]) -> Response:
    """A page whose ``next`` also stands as a link (RFC 8288)."""
    answer = jsonify(body)
    if body["next"] is not None:
        given = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
        query = urlencode([*given, ("cursor", body["next"])])
        answer.headers["Link"] = f'<{url_for(request.endpoint or "", **(request.view_args or {}))}?{query}>; rel="next"'
    return answer


def lasting(answer: Response, tag: str) -> Response:
    """Mark an answer as never changing under this tag; who has it already is told so (304)."""
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"  # kept, but asked for again: who may read it may change
    answer.make_conditional(request)
    return answer


def missing(seq: int) -> NotFound:
    """What to raise for an event that is not there."""
    return NotFound(f"There is no event with seq {seq}. GET /api/v1/events lists those there are.")

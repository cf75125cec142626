"""``POST /api/v1/events``: CloudEvents from whoever bears a token; one, a batch, or NDJSON of any size."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any, cast

import msgspec
from flask import Response, request

from tracker.api.problems import problem_of
from tracker.api.receipts import answer, as_document, as_first_given
from tracker.api.requests import WholeBody, check_length, check_plain, content, switch
from tracker.api.security import caller
from tracker.api.spool import spooled
from tracker.api.state import service
from tracker.errors import NotReady, Overloaded, Refused
from tracker.intake.streaming import CHUNK, LINE, Line, Stream
from tracker.ledger.events import Receipt

MOST_ATOMIC_BYTES = 32 << 20
_PIECE = 1 << 16


def create() -> Response:
    """Record the events of the body: all or none, or NDJSON line by line unless ``atomic=1``."""
    dry_run = switch("dry_run")
    if request.mimetype == LINE:
        return _stream(dry_run=dry_run)
    reception, who = service().reception, caller()
    sent = content()
    parcel = reception.parcel(who.sender, sent.name, sent, who.known.epoch)
    return answer(_receipts(reception.hand_in(parcel, dry_run=dry_run)))


def _stream(*, dry_run: bool) -> Response:
    check_plain()
    request.max_content_length = sys.maxsize  # of any size: never more than two chunks of it are held
    who, settings = caller(), service().settings
    stream = Stream(service().reception, who.sender, who.known.epoch, settings.max_body)
    if switch("atomic"):
        check_length(MOST_ATOMIC_BYTES)
        return answer(_receipts(stream.whole(io.BufferedReader(WholeBody(), _PIECE), dry_run=dry_run)))
    body: IO[bytes] = io.BufferedReader(cast(io.RawIOBase, request.stream), _PIECE)  # which reads a line byte by byte
    return Response(spooled(_answers(stream.lines(body, dry_run=dry_run))), content_type=LINE)


def _receipts(found: Sequence[Receipt] | None) -> Sequence[Receipt]:
    if found is None:
        raise Overloaded  # sources or tokens changed this very moment: let the sender show its token again
    return found


def _answers(lines: Iterator[Line]) -> Iterator[bytes]:
    """A line of JSON for each line, and a last one that sums up, or says why the rest was not read."""
    counts = dict.fromkeys(("recorded", "duplicate", "valid", "refused"), 0)
    number = 0
    try:
        for line in _as_first_given(lines):
            number = line.number
            document = _document(line)
            counts[document["status"]] += 1
            yield msgspec.json.encode(document) + b"\n"
    except NotReady as error:
        yield msgspec.json.encode({"stopped_after": number, "problem": problem_of(error)}) + b"\n"
    yield msgspec.json.encode({"summary": counts}) + b"\n"


def _as_first_given(lines: Iterator[Line]) -> Iterator[Line]:
    """The same lines; the receipts of duplicates are looked up many at a time."""
    waiting: list[Line] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == CHUNK:
                yield from _looked_up(waiting)
                waiting = []
    except NotReady:
        yield from _looked_up(waiting)  # these are on record, and their sender shall know
        raise
    yield from _looked_up(waiting)


def _looked_up(lines: Sequence[Line]) -> Iterator[Line]:
    found = iter(as_first_given(service(), [line.outcome for line in lines if isinstance(line.outcome, Receipt)]))
    for line in lines:
        yield line._replace(outcome=next(found)) if isinstance(line.outcome, Receipt) else line


def _document(line: Line) -> dict[str, Any]:
    if isinstance(line.outcome, Refused):
        return {"line": line.number, "status": "refused", "problem": problem_of(line.outcome)}
    return {"line": line.number, **as_document(line.outcome)}

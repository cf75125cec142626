"""``/api/v1/snapshots``: frozen years, what has changed since, and drafts of what may be frozen next.

Signing a draft and approving it take two people, so they are pages and no calls.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from flask import Response, jsonify
from marshmallow import fields
from sqlalchemy.orm import Session

from tracker.api import bodies
from tracker.api.parameters import Number, Paged, Query, Word, read
from tracker.api.reading import paged
from tracker.api.security import caller
from tracker.api.spool import pieces
from tracker.api.state import service
from tracker.disclosure.audiences import AUDIENCES, PUBLIC, withheld
from tracker.errors import Invalid, Mistake
from tracker.exports.candidates import candidates_document
from tracker.exports.frozen import PACK, export_to
from tracker.snapshots import drafts
from tracker.snapshots.candidates import USUAL, candidates
from tracker.snapshots.comparing import changes
from tracker.snapshots.drafts import Draft
from tracker.snapshots.reading import Snapshot, find, frozen_years, get, revisions
from tracker.workflows import freezing

TYPES: Mapping[str, str] = {"json": "application/json", "csv": "text/csv", "pack": "application/zip"}
_IN_MEMORY = 4 * 1024 * 1024


class ChangesQuery(Query):
    """Between which revisions."""

    since = Number(1, description="the earlier revision; the one before unless given")


class ExportQuery(Query):
    """For whom."""

    audience = Word(description="internal: every figure exactly; public, unless given: without small counts of "
                                "discreet domains. A pack is for those who check, and always exact")  # fmt: skip


class Restatement(bodies.Body):
    """The body of ``POST /snapshots/{year}/restatement``."""

    reason = fields.String(required=True)


def index() -> Response:
    """Every frozen revision of every year, and the draft that may become the next: the newest year first, each year's
    first revision first. ``state`` is draft, signed (by one of two people), frozen or published; ``approvals`` name
    people by pseudonyms."""
    read(Query)
    with service().database.read() as session:
        years = sorted({*frozen_years(session), *drafts.years(session)}, reverse=True)
        found = [each for year in years for each in _year(session, year)]
    return jsonify(snapshots=found)


def show_year(year: int) -> Response:
    """Every frozen revision of a year, and the draft that may become the next."""
    read(Query)
    period = service().catalogue.calendar.year(year)
    with service().database.read() as session:
        return jsonify(year=period.year, snapshots=list(_year(session, period.year)))


def show(year: int, revision: int) -> Response:
    """A frozen revision, which never changes. ``digest`` is SHA-256 over the canonical JSON (RFC 8785) of ``body``;
    ``seal`` is the text that ``signature`` (Ed25519, base64) of the log's key covers, null for a year that was frozen
    before there were signatures."""
    read(Query)
    with service().database.read() as session:
        found = get(session, _known(year), revision)
    signature = None if found.signature is None else base64.b64encode(found.signature).decode()
    return jsonify(_frozen(found) | {"body": found.body, "seal": found.seal, "signature": signature})


def changed(year: int, revision: int) -> Response:
    """What a frozen revision states otherwise than an earlier one: the year's figures, cells of breakdowns (``by``) and
    months (``period``)."""
    asked = read(ChangesQuery)
    since = revision - 1 if asked["since"] is None else asked["since"]
    with service().database.read() as session:
        later, earlier = get(session, _known(year), revision), get(session, year, since)
    found = [each.as_document() for each in changes(earlier.body["figures"], later.body["figures"])]
    return jsonify(year=year, revision=revision, since=since, changes=found)


def candidate(year: int) -> Response:
    """What has changed of a frozen year since its newest revision, whether it ``matters`` (reaches the ``threshold`` of
    its metric), and the late events that did it: a page of them, each with what it moved."""
    asked = read(Paged)
    after, limit = -1 if asked["cursor"] is None else asked["cursor"], asked["limit"] or USUAL
    with service().database.read() as session:
        found = candidates(session, service().catalogue, _known(year), after=after, limit=limit)
    return paged(candidates_document(found))


def export(year: int, revision: int, format: str) -> Response:
    """A frozen revision as a file: json, csv or pack, the ZIP with which others check every figure of it. Equal ledgers
    give equal bytes."""
    audience = _audience(read(ExportQuery)["audience"])
    with ExitStack() as stack:
        file = cast(BinaryIO, stack.enter_context(SpooledTemporaryFile(_IN_MEMORY)))
        with service().database.read() as session:
            found = get(session, _known(year), revision)
            hidden = withheld(session, service().catalogue, found) if audience == PUBLIC else None
            export_to(file, session, found, format, hidden=hidden)
        stack.pop_all()  # closed when the last piece is out
    answer = Response(pieces(file), mimetype=TYPES[format])
    answer.content_length = file.tell()
    name = f"{found.body['organisation']}-{year}-{revision}.{'zip' if format == PACK else format}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    file.seek(0)
    return answer


def draft(year: int) -> Response:
    """Draft the first revision of a year that is over, as the log stands; 200 if nothing was recorded since the last
    draft. It is frozen once one person signs the draft and another approves it, which they do on the pages of the
    tracker: no token can."""
    read(Query)
    here = service()
    with here.database.write() as session:
        before = drafts.newest(session, _known(year))
        found = drafts.draft(here.ledger, here.keys.signer, session, caller().actor, year)
        return _drafted(session, found, before)


def restate(year: int) -> Response:
    """Draft the next revision of a frozen year: its figures as they are now, what changed, and the ``reason``. It is
    frozen once one person signs the draft and another approves it, on the pages of the tracker: no token can."""
    read(Query)
    reason, here = bodies.read(Restatement())["reason"], service()
    with bodies.pointed(), here.database.write() as session:
        before = drafts.newest(session, _known(year))
        actor, signer = caller().actor, here.keys.signer
        found = drafts.draft_restatement(here.ledger, signer, session, actor, year, reason=reason)
        return _drafted(session, found, before)


def _known(year: int) -> int:
    """A year of the organisation.

    :raise UnknownPeriod: it has no such year.
    """
    return service().catalogue.calendar.year(year).year


def _audience(said: str | None) -> str:
    if said is not None and said not in AUDIENCES:
        raise Invalid("For whom?", [Mistake("audience", f"must be one of {', '.join(AUDIENCES)}")])
    return said or PUBLIC


def _drafted(session: Session, found: Draft, before: Draft | None) -> Response:
    answer = jsonify(_draft(session, found))
    answer.status_code = 200 if before is not None and before.id == found.id else 201
    return answer


def _year(session: Session, year: int) -> Iterator[dict[str, Any]]:
    yield from map(_frozen, revisions(session, year))
    frozen, last = find(session, year), drafts.newest(session, year)
    if last is not None and last.revision > (frozen.revision if frozen else 0):
        yield _draft(session, last)


def _frozen(found: Snapshot) -> dict[str, Any]:
    times = {"drafted_at": None, "frozen_at": found.frozen_at, "published_at": found.published_at}
    state = "published" if found.published_at else "frozen"
    return _standing(found, state, [dict(each) for each in found.approvals]) | times


def _draft(session: Session, found: Draft) -> dict[str, Any]:
    signed = freezing.waiting(session, found.year)
    times = {"drafted_at": found.drafted_at, "frozen_at": None, "published_at": None}
    if signed is None or signed.content["draft"] != found.id:
        return _standing(found, "draft", []) | times
    approval = {"act": "signed", "by": f"person:{signed.proposed_by}", "at": signed.proposed_at}
    return _standing(found, "signed", [approval]) | times


def _standing(found: Snapshot | Draft, state: str, approvals: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "year": found.year,
        "revision": found.revision,
        "state": state,
        "digest": found.digest,
        "log_size": found.log_size,
        "root": found.body.get("root"),
        "catalogue": found.catalogue,
        "previous": found.body.get("previous"),
        "approvals": approvals,
    }

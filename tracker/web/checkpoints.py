"""Checkpoints of the log, for everybody: what they are, the key that they are verified with, and each to keep."""

from __future__ import annotations

from flask import Response

from tracker.access.notes import verifier_key
from tracker.errors import NotFound
from tracker.ledger import checkpoints
from tracker.ledger.checkpoints import Checkpoint
from tracker.web.languages import lazy
from tracker.web.lists import Column, Listing, Query, Rows
from tracker.web.pages import PUBLIC, Page
from tracker.web.rendering import service

COLUMNS: tuple[Column[Checkpoint], ...] = (
    Column("size", lazy("Events"), lambda each: each.size, kind="number"),
    Column("signed_at", lazy("Signed on"), lambda each: each.signed_at, kind="instant"),
    Column("root", lazy("Root"), lambda each: each.root.hex(), kind="code"),
    Column("note", lazy("Signed text"), lambda each: each.note),
)
LISTING = Listing(
    "checkpoints",
    COLUMNS,
    searchable=False,
    empty=(
        lazy("No checkpoint yet"),
        lazy("The log is signed once a day where anything is new in it, and whenever a year is drafted."),
    ),
)


def index() -> Response | str:
    """Every checkpoint, the newest first, and the line of the key."""
    here = service()
    with here.database.read() as session:
        name = checkpoints.origin(session, here.catalogue)

        def fetch(query: Query) -> Rows[Checkpoint]:
            found = checkpoints.recent(session, before=_before(query), limit=query.limit + 1)
            rest = str(found[query.limit - 1].size) if len(found) > query.limit else None
            return Rows(found[: query.limit], rest)

        key = verifier_key(name, here.keys.signer.public)
        return LISTING.answer("checkpoints/index.html", fetch, key=key)


def note(size: int) -> Response:
    """One checkpoint as it was signed, to keep.

    :raise NotFound: no log of this size was signed.
    """
    with service().database.read() as session:
        found = checkpoints.of_size(session, size)
    if found is None:
        raise NotFound(f"There is no checkpoint of size {size}. /checkpoints lists those there are.")
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{size}.txt"'}
    return Response(found.note, headers=headers, content_type="text/plain; charset=utf-8")


def _before(query: Query) -> int | None:
    cursor = query.cursor or ""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None


PAGES = (
    Page("GET", "/checkpoints", index, PUBLIC),
    Page("GET", "/checkpoints/<int(max=9223372036854775807):size>", note, PUBLIC),
)

"""The list of events, newest first, as one person may see them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Response, url_for
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from tracker.intake.times import is_date
from tracker.ledger.models import events
from tracker.ledger.queries import Entry, entry_from
from tracker.web.addresses import subject_address
from tracker.web.facts import full_words
from tracker.web.languages import _
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.rendering import service
from tracker.workflows.sight import Sight

CHUNK = 200


def answer(session: Session, seen: Sight) -> Response | str:
    """The list as a page or as CSV."""
    return listing().answer("events/index.html", partial(_found, session, seen))


def listing() -> Listing[Entry]:
    """Columns and filters."""
    types = [(type, full_words(type)) for type in service().catalogue.events]
    return Listing(
        name="events",
        columns=(
            Column("seq", _("Number"), lambda each: each.seq, kind="number", href=_address),
            Column("type", _("Event"), lambda each: full_words(each.type), href=_address),
            Column("subject", _("Subject"), lambda each: each.subject, href=_subject),
            Column("time", _("Happened"), lambda each: each.time, kind="instant"),
            Column("source", _("Source"), lambda each: each.source, kind="code"),
            Column("recorded", _("Recorded"), lambda each: each.recorded_at, kind="instant"),
        ),
        filters=(
            Filter("type", _("Event"), sorted(types, key=lambda each: str(each[1]))),
            Filter("source", _("Source")),
            Filter("since", _("From"), kind="date"),
            Filter("until", _("To"), kind="date"),
        ),
        empty=(_("Nothing is on record yet"), _("Log an event, or connect a system that sends them.")),
    )


def _address(each: Entry) -> str:
    return url_for("web.events_show", seq=each.seq)


def _subject(each: Entry) -> str | None:
    kinds = service().catalogue.lifecycles_by_event.get(each.type, ())
    return subject_address(kinds[0].kind, each.subject) if kinds and each.subject else None


def _found(session: Session, seen: Sight, query: Query) -> Rows[Entry]:
    before = int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else None
    rows: list[Entry] = []
    for each in _newest(session, query, before):
        if seen.entry(each):
            rows.append(each)
        if len(rows) > query.limit:
            break
    shown = rows[: query.limit]
    return Rows(shown, str(shown[-1].seq) if len(rows) > query.limit else None)


def _newest(session: Session, query: Query, before: int | None) -> Iterator[Entry]:
    """The events that are asked for, newest first, read a little at a time: some may be for others to see."""
    wanted = _wanted(query)
    while True:
        part = wanted if before is None else wanted.where(events.c.seq < before)
        found = [entry_from(row) for row in session.execute(part.limit(CHUNK))]
        yield from found
        if len(found) < CHUNK:
            return
        before = found[-1].seq


def _wanted(query: Query) -> Select[Any]:
    c = events.c
    found = select(events).order_by(c.seq.desc())
    for name, column in (("type", c.type), ("source", c.source)):
        if value := query.filter(name):
            found = found.where(column == value)
    since, until = query.filter("since"), query.filter("until")
    if is_date(since):
        found = found.where(c.day >= since)
    if is_date(until):
        found = found.where(c.day <= until)
    if query.search:
        found = found.where(or_(c.subject == query.search, c.id == query.search))
    return found

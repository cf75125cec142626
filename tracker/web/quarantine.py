"""The quarantine: deliveries of known senders that were refused, until somebody decides.

What is wrong with a delivery is shown, and the envelopes of its events; what they say is not. That is read over the
API, with a token that administers. Opening a delivery is on record before it is decrypted.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from tracker.access import audit
from tracker.errors import Conflict, Invalid, Refused
from tracker.intake.content import Content
from tracker.intake.quarantine import WAITING, Held, Opened, found, senders
from tracker.intake.retrying import retry, values_of
from tracker.ledger.events import Actor
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy, ngettext
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.naming import actor_words, names_of
from tracker.web.pages import Page
from tracker.web.rendering import service

STATES: Mapping[str, tuple[Any, str]] = {
    WAITING: (lazy("Waiting"), "warn"),
    "recorded": (lazy("Recorded"), "good"),
    "discarded": (lazy("Discarded"), "quiet"),
}

ENVELOPE = ("id", "type", "source", "subject", "time", "entity")
"""What is shown of an event that was refused: all that is around its data."""

_MOST = 50
_LONGEST = 200

COLUMNS: tuple[Column[Held], ...] = (
    Column(
        "delivery",
        lazy("Delivery"),
        lambda each: each.delivery,
        show=lambda each: _short(each.delivery),
        href=lambda each: _address(each.id),
    ),
    Column("sender", lazy("Sender"), lambda each: each.sender),
    Column("first", lazy("First came"), lambda each: each.first_at, kind="instant"),
    Column("last", lazy("Last came"), lambda each: each.last_at, kind="instant"),
    Column("attempts", lazy("Attempts"), lambda each: each.attempts, kind="number"),
    Column("mistakes", lazy("Mistakes"), lambda each: each.mistakes, kind="number"),
    Column("size", lazy("Bytes"), lambda each: each.size, kind="number"),
    Column(
        "state",
        lazy("State"),
        lambda each: str(STATES[each.settled or WAITING][0]),
        kind="state",
        tone=lambda each: STATES[each.settled or WAITING][1],
    ),
)


def index() -> Response | str:
    """Deliveries that wait, then those that are settled and not aged yet."""
    here = service()
    with here.database.read() as session:
        known = senders(session)

        def fetch(query: Query) -> Rows[Held]:
            first = int(query.cursor) if query.cursor and query.cursor.isdigit() and query.cursor.isascii() else 0
            rows, total = found(
                session,
                state=query.filter("state"),
                sender=query.filter("sender"),
                first=first,
                limit=query.limit,
            )
            end = first + len(rows)
            return Rows(rows, str(end) if rows and end < total else None, total)

        return _listing(known).answer("quarantine/index.html", fetch, days=here.quarantine.days)


def show(id: int) -> str:
    """One delivery: what is wrong with it, and the envelopes of its events.

    :raise NotFound: there is none of this number, or it has aged.
    """
    return _page(id)


def retry_submit(id: int) -> Answer | tuple[str, int]:
    """Record a delivery now, however old its events are: who asks vouches for that.

    :raise Conflict: somebody else has settled it meanwhile, or it cannot be recorded any more.
    """
    here, by = service(), Actor("person", current_person().id)
    try:
        with here.database.write() as session:
            receipts = retry(session, here.intake, here.quarantine, id, by=by)
    except Conflict:
        raise
    except Refused as error:
        return _page(id, error=error), error.status
    flash(ngettext("Recorded: %(num)s event.", "Recorded: %(num)s events.", len(receipts)), "success")
    return redirect(_address(id), 303)


def discard_submit(id: int) -> Answer | tuple[str, int]:
    """Decide that a delivery will not be recorded, with a reason, and let go of what was sent.

    :raise Conflict: somebody else has settled it meanwhile.
    """
    here, reason = service(), request.form.get("reason", "")
    try:
        with here.database.write() as session:
            by, now = current_person().actor, here.ledger.clock()
            here.quarantine.discard(session, id, reason=reason, by=by, at=now)
    except Invalid:
        wrong = _("Say in a sentence or two why it is not recorded: at most 2,000 characters.")
        return _page(id, wrong=wrong, given=reason), 422
    flash(_("Discarded. What was sent is gone."), "success")
    return redirect(_address(id), 303)


def _page(id: int, **more: Any) -> str:
    held, opened, names = _opened(id)
    return render_template(
        "quarantine/show.html",
        held=held,
        state=STATES[held.settled or WAITING],
        settled_by=actor_words(held.settled_by or "", names),
        opened=opened,
        envelopes=envelopes(opened.content) if opened and opened.content else [],
        names=ENVELOPE,
        **more,
    )


def _opened(id: int) -> tuple[Held, Opened | None, Mapping[str, str]]:
    """A delivery, opened if it waits; that it is opened is on record before."""
    here = service()
    with here.database.read() as session:
        held, names = here.quarantine.summary(session, id), names_of(session)
    if held.settled:
        return held, None, names
    with here.database.write() as session:
        by = current_person().actor
        audit.write(session, here.ledger.clock(), by, "quarantine.opened", f"quarantine:{id}")
    with here.database.read() as session:
        return held, here.quarantine.opened(session, id), names


def envelopes(content: Content) -> list[list[str]]:
    """What is around the data of each event, in the order of :data:`ENVELOPE`; nothing where it cannot be read."""
    with suppress(Refused):
        values, _pointers = values_of(content)
        events = [each for each in values[:_MOST] if isinstance(each, Mapping)]
        return [[str(each[name])[:_LONGEST] if name in each else "" for name in ENVELOPE] for each in events]
    return []


def _short(delivery: str) -> str:
    """The beginning of a delivery's name is enough to tell it from others in a list."""
    return delivery if len(delivery) <= 24 else f"{delivery[:20]}…"


def _listing(known: list[str]) -> Listing[Held]:
    return Listing(
        "quarantine",
        COLUMNS,
        filters=(
            Filter("state", lazy("State"), tuple((state, words) for state, (words, _tone) in STATES.items())),
            Filter("sender", lazy("Sender"), tuple((each, each) for each in known)),
        ),
        searchable=False,
        empty=(
            lazy("Nothing is in quarantine"),
            lazy("What a known sender sends and cannot be taken in waits here for a decision."),
        ),
    )


def _address(id: int) -> str:
    return url_for("web.quarantine_show", id=id)


PAGES = (
    Page("GET", "/quarantine", index, "sources.manage"),
    Page("GET", "/quarantine/<int:id>", show, "sources.manage"),
    Page("POST", "/quarantine/<int:id>/retry", retry_submit, "sources.manage"),
    Page("POST", "/quarantine/<int:id>/discard", discard_submit, "sources.manage"),
)

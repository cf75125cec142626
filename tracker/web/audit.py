"""The audit trail: who did what, who read what. It says whom a pseudonym stands for, and nothing of integrity cases to
those who may not know of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from flask import Response, url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from tracker.access import audit, people, tokens
from tracker.access.audit import Entry
from tracker.clock import stamp
from tracker.web.actions import ACTIONS, GROUPS
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.naming import actor_words, detail_words, names_of, target_words
from tracker.web.navigation import opens
from tracker.web.pages import Page
from tracker.web.proposing import KINDS
from tracker.web.rendering import service
from tracker.workflows.sight import Sight, sight

OPERATOR = "person:command-line"


class Line(NamedTuple):
    """An entry in words. ``masked`` is one about a case that is not for who asks: what it is about is left out."""

    entry: Entry
    actor: str
    target: str
    detail: str
    masked: bool


COLUMNS: tuple[Column[Line], ...] = (
    Column("at", lazy("When"), lambda line: line.entry.at, kind="instant"),
    Column("actor", lazy("Who"), lambda line: f"{line.actor} ({line.entry.actor})", show=lambda line: _who(line)),
    Column(
        "action",
        lazy("Action"),
        lambda line: line.entry.action,
        show=lambda line: ACTIONS.get(line.entry.action, line.entry.action),
    ),
    Column("target", lazy("About"), lambda line: line.target, href=lambda line: _address(line)),
    Column("detail", lazy("Details"), lambda line: line.detail),
)


def index() -> Response | str:
    """The trail, newest first: by who, by kind of action, by what it is about, by day."""
    here = service()
    with here.database.read() as session:
        names = names_of(session)
        seen = sight(session, here.keys, current_person(), here.ledger.clock())

        def fetch(query: Query) -> Rows[Line]:
            return _fetch(session, seen, names, query)

        return _listing(session).answer("audit/index.html", fetch)


def _fetch(session: Session, seen: Sight, names: Mapping[str, str], query: Query) -> Rows[Line]:
    target, day = query.filter("target"), query.filter("day")
    since, until = _span(day) if day else (None, None)
    found = audit.entries(
        session,
        before=int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else None,
        limit=query.limit,
        actor=query.filter("actor"),
        action=query.filter("action"),
        target=_target(session, target) if target else None,
        since=since,
        until=until,
    )
    lines = [line for entry in found if (line := _line(seen, entry, names, searched=target is not None))]
    return Rows(lines, str(found[-1].id) if len(found) == query.limit else None)


def _line(seen: Sight, entry: Entry, names: Mapping[str, str], *, searched: bool) -> Line | None:
    """An entry as who asks may see it.

    Who may read cases is shown none of the entries about one that names them: a gap among the others would tell of it.
    To all others every entry about a case looks the same. One that was searched for by a case's name is not there.
    """
    actor = actor_words(entry.actor, names)
    if seen.trail(entry.target, entry.detail):
        detail = detail_words(entry.detail or "", names, KINDS)
        return Line(entry, actor, target_words(entry.target, names), detail, False)
    if searched or seen.person.may("cases.read"):
        return None
    return Line(entry, actor, _("confidential"), "", True)


def _target(session: Session, typed: str) -> str:
    """What somebody looks for: a person by name or login, otherwise as it stands in the trail."""
    known = (each for each in people.listed(session) if typed.casefold() in {each.name.casefold(), each.login, each.id})
    found = next(known, None)
    return found.actor if found else typed


def _span(day: str) -> tuple[str, str]:
    """The organisation's local day as two instants; an empty span for what is no day."""
    try:
        start = date.fromisoformat(day)
        return _midnight(start), _midnight(start + timedelta(days=1))
    except (ValueError, OverflowError):
        return "0", "0"


def _midnight(day: date) -> str:
    zone = service().catalogue.calendar.zone_on(day)
    return stamp(datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC))


_PAGES = {"proposal": "web.approvals_show", "quarantine": "web.quarantine_show", "person": "web.people_show"}


def _address(line: Line) -> str | None:
    """The page of what an entry is about, where there is one for who asks."""
    kind, _colon, id = line.entry.target.partition(":")
    endpoint = _PAGES.get(kind)
    if endpoint is None or not opens(endpoint) or line.masked or id == "unknown":
        return None
    return url_for(endpoint, id=id)


def _who(line: Line) -> Markup:
    return Markup('<span title="{}">{}</span>').format(line.entry.actor, escape(line.actor))


def _listing(session: Session) -> Listing[Line]:
    known = sorted((each.name, each.actor) for each in people.listed(session))
    machines = [
        (_("Token %(name)s", name=each.token.name), f"person:token-{each.token.name}")
        for each in tokens.listed(session)
    ]
    choices = [(actor, words) for words, actor in [*known, (_("Command line"), OPERATOR), *machines]]
    return Listing(
        "audit",
        COLUMNS,
        filters=(
            Filter("actor", lazy("Who"), choices),
            Filter("action", lazy("Action"), tuple(GROUPS.items())),
            Filter("target", lazy("About")),
            Filter("day", lazy("Day"), kind="date"),
        ),
        searchable=False,
        empty=(
            lazy("Nothing is on record yet"),
            lazy("Whoever signs in, changes access or reads what is confidential leaves an entry."),
        ),
    )


PAGES = (Page("GET", "/audit", index, "audit.read"),)

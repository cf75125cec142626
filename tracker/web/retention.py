"""Retention: whose confidential values are kept too long. From here an erasure is proposed; nothing goes by itself."""

from __future__ import annotations

from typing import NamedTuple

from flask import Response, url_for

from tracker.catalogue.retention import Retention
from tracker.web import erasures, owners
from tracker.web.gate import current_person
from tracker.web.languages import lazy, ngettext
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.pages import Page
from tracker.web.rendering import calendar_day, service
from tracker.workflows.retention import Past, past
from tracker.workflows.sight import Sight, sight

FREE, HELD = "free", "held"

STATES = ((FREE, lazy("To be erased")), (HELD, lazy("Kept by a legal hold")))


class Line(NamedTuple):
    """Something past its retention as the page shows it, with the length of its class in words; ``erase`` leads to
    where its erasure is proposed, for who may propose it."""

    past: Past
    length: str
    about: str
    address: str | None
    erase: str | None

    @property
    def state(self) -> str:
        """Whether a hold keeps it."""
        return HELD if self.past.held else FREE


LISTING: Listing[Line] = Listing(
    "retention",
    (
        Column("about", lazy("About"), lambda line: line.about, sortable=True, href=lambda line: line.address),
        Column("class", lazy("Class"), lambda line: f"{line.past.retention} ({line.length})", sortable=True),
        Column("newest", lazy("Newest event"), lambda line: line.past.newest, kind="day", sortable=True),
        Column("since", lazy("Kept too long since"), lambda line: line.past.since, kind="day", sortable=True),
        Column(
            "state",
            lazy("State"),
            lambda line: str(dict(STATES)[line.state]),
            kind="state",
            tone=lambda line: "quiet" if line.past.held else "warn",
        ),
    ),
    filters=(Filter("state", lazy("State"), STATES),),
    sort="since",
    empty=(
        lazy("Nothing is past its retention"),
        lazy("What is confidential is listed here once it is kept longer than its class says."),
    ),
)


def index() -> Response | str:
    """What is past its retention, of what who asks may know of."""
    here, person, now = service(), current_person(), service().ledger.clock()
    with here.database.read() as session:
        seen = sight(session, here.keys, person, now)
        found = [each for each in past(session, here.catalogue, calendar_day(now)) if seen.target(each.owner)]
        kinds = owners.kinds_of(session, {each.owner for each in found})
    lines = [_line(each, kinds.get(each.owner), seen) for each in found]

    def fetch(query: Query) -> Rows[Line]:
        state = query.filter("state")
        return page_of((line for line in lines if state in (None, line.state)), query, LISTING.columns)

    classes = {name: length_words(each) for name, each in here.catalogue.organisation.retention.items()}
    return LISTING.answer("retention/index.html", fetch, classes=classes)


def length_words(retention: Retention) -> str:
    """How long a class keeps: ``7 years``, ``18 months``, ``90 days``."""
    if retention.days:
        return str(ngettext("%(num)s day", "%(num)s days", retention.days))
    years, months = divmod(retention.months, 12)
    if months:
        return str(ngettext("%(num)s month", "%(num)s months", retention.months))
    return str(ngettext("%(num)s year", "%(num)s years", years))


def _line(found: Past, kind: str | None, seen: Sight) -> Line:
    domain, _slash, name = found.owner.partition("/")
    chosen, subject = (kind, owners.subject_of(name)) if kind else (domain, name)
    may = not found.held and erasures.may_propose(seen, chosen, subject)
    erase = url_for("web.erasures_create", kind=chosen, subject=subject) if may else None
    length = length_words(service().catalogue.organisation.retention[found.retention])
    return Line(found, length, owners.words(found.owner), owners.address(found.owner, kind), erase)


PAGES = (Page("GET", "/retention", index, "subjects.read"),)

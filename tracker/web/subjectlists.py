"""The list of one kind of subject: columns, filters, and how a page of it is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from tracker.cases import deadlines, queries
from tracker.cases.deadlines import Deadline
from tracker.cases.queries import Standing
from tracker.catalogue import Lifecycle
from tracker.web.addresses import subject_address
from tracker.web.languages import _
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.rendering import label, part, service
from tracker.workflows.sight import Sight

SORTS = {"subject": "subject", "opened": "opened", "moved": "moved", "due": "due"}


class Line(NamedTuple):
    """A subject in the list, with its next deadline."""

    standing: Standing
    due: Deadline | None


def answer(session: Session, seen: Sight, lifecycle: Lifecycle) -> Response | str:
    """The list as a page or as CSV."""
    listing = listing_of(lifecycle)
    counts = queries.counts(session, lifecycle.kind, hidden=seen.hidden)
    domain = service().catalogue.domains[lifecycle.domain]
    return listing.answer(
        "subjects/list.html",
        lambda query: _found(session, seen, lifecycle, query),
        lifecycle=lifecycle,
        domain=domain,
        counts=counts,
        starts=[service().catalogue.events[each] for each in lifecycle.start],
    )


def listing_of(lifecycle: Lifecycle) -> Listing[Line]:
    """The list of a kind: the same columns for all of them."""
    states = [(state, label(words)) for state, words in lifecycle.states.items()]
    return Listing(
        name=f"subjects/{lifecycle.kind}",
        columns=_columns(lifecycle),
        filters=(
            Filter("state", _("State"), states, hidden=True),
            Filter("show", _("Deadlines"), (("overdue", _("Overdue")),)),
        ),
        sort="-moved",
        empty=(
            _("There is none yet"),
            _("They appear here once one is opened, by a form or by a system that sends events."),
        ),
    )


def tone_of(lifecycle: Lifecycle, state: str) -> str:
    """The tone of a state's badge: what has ended is quiet."""
    return "quiet" if state in lifecycle.terminal else "accent"


def _columns(lifecycle: Lifecycle) -> tuple[Column[Line], ...]:
    def state(line: Line) -> str:
        return label(lifecycle.states[line.standing.state])

    def tone(line: Line) -> str:
        return tone_of(lifecycle, line.standing.state)

    def address(line: Line) -> str:
        return subject_address(lifecycle.kind, line.standing.subject)

    return (
        Column("subject", _("Subject"), lambda line: line.standing.subject, sortable=True, href=address),
        Column("state", _("State"), state, kind="state", tone=tone),
        Column("due", _("Next deadline"), lambda line: line.due.due if line.due else None, sortable=True, show=_due),
        Column("moved", _("Last move"), lambda line: line.standing.moved, kind="instant", sortable=True),
        Column("opened", _("Opened"), lambda line: line.standing.opened, kind="instant", sortable=True),
        Column("misfits", _("To review"), lambda line: line.standing.misfits or None, kind="number"),
    )


def _due(line: Line) -> Any:
    return part("ui", "deadline", line.due) if line.due else Markup("—")


def _found(session: Session, seen: Sight, lifecycle: Lifecycle, query: Query) -> Rows[Line]:
    kind, now = lifecycle.kind, service().ledger.clock()
    narrowing: Mapping[str, Any] = {
        "state": query.filter("state"),
        "search": query.search or None,
        "overdue_at": now if query.filter("show") == "overdue" else None,
        "hidden": seen.hidden,
    }
    after = queries.standing(session, kind, query.cursor) if query.cursor else None
    order = f"-{query.sort}" if query.descending else query.sort
    found = queries.standings(session, kind, sort=order, after=after, limit=query.limit + 1, **narrowing)
    shown = found[: query.limit]
    due = deadlines.of_many(session, [(kind, each.subject) for each in shown], now)
    lines = [Line(each, due.get((kind, each.subject))) for each in shown]
    return Rows(lines, shown[-1].subject if len(found) > query.limit else None)

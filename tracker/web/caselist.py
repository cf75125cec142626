"""The list of integrity cases, as far as somebody may see it: where each stands, never what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from tracker.cases import deadlines, queries
from tracker.cases.deadlines import Deadline
from tracker.cases.queries import Standing
from tracker.ledger.events import Fact
from tracker.web.languages import lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.rendering import label, service
from tracker.workflows import grants
from tracker.workflows.about import facts_about
from tracker.workflows.integrity import REPORTED
from tracker.workflows.sight import CASE, Sight

MINE, UNASSIGNED, OVERDUE = "mine", "unassigned", "overdue"
CLOSED = "closed"
TONES: Mapping[str, str] = {"reported": "warn", "substantiated": "bad", "unsubstantiated": "quiet", CLOSED: "quiet"}
_DUE = {"overdue": "bad", "soon": "warn"}


class Line(NamedTuple):
    """One case of the list."""

    standing: Standing
    reported: Mapping[str, Any]
    officers: Sequence[str]
    next: Deadline | None


def listing() -> Listing[Line]:
    """The list's columns and filters; its states are the catalogue's."""
    states = service().catalogue.lifecycles_by_kind[CASE].states
    return Listing(
        "integrity",
        _COLUMNS,
        filters=(
            Filter("state", lazy("State"), [(state, label(words)) for state, words in states.items()]),
            Filter(
                "show",
                lazy("Show"),
                ((MINE, lazy("Mine")), (UNASSIGNED, lazy("Without an officer")), (OVERDUE, lazy("Overdue"))),
            ),
        ),
        sort="-opened",
        empty=(
            lazy("No case is open to you"),
            lazy("Reports from the reporting page appear here, and those that officers record."),
        ),
    )


def fetch(session: Session, seen: Sight, names: Mapping[str, str], query: Query) -> Rows[Line]:
    """The cases that are asked for and may be seen."""
    now, show = service().ledger.clock(), query.filter("show")
    after = queries.standing(session, CASE, query.cursor) if query.cursor else None
    taken = grants.all_held(session) if show == UNASSIGNED else frozenset[str]()
    found = queries.standings(
        session,
        CASE,
        state=query.filter("state") or (_open() if show == UNASSIGNED else None),
        search=query.search or None,
        sort=f"-{query.sort}" if query.descending else query.sort,
        after=after,
        limit=query.limit + 1,
        overdue_at=now if show == OVERDUE else None,
        hidden=seen.hidden | taken,
        subjects=seen.granted if show == MINE else None,
    )
    page = found[: query.limit]
    return Rows(_lines(session, page, names), page[-1].subject if len(found) > query.limit else None)


def told(name: str, data: Mapping[str, Any]) -> str:
    """A choice of the report, in words."""
    field = service().catalogue.events[REPORTED].fields.get(name)
    return label(field.choices.get(data.get(name, ""))) if field else ""


def state_words(state: str) -> str:
    """A state of the lifecycle, in words."""
    return label(service().catalogue.lifecycles_by_kind[CASE].states.get(state)) or state


def _lines(session: Session, page: Sequence[Standing], names: Mapping[str, str]) -> list[Line]:
    subjects = [each.subject for each in page]
    reports = facts_about(session, subjects, [REPORTED])
    due = deadlines.of_many(session, [(CASE, subject) for subject in subjects], service().ledger.clock())
    return [
        Line(
            each,
            _first(reports.get(each.subject, [])),
            [names.get(officer, officer) for officer in grants.holders(session, each.subject)],
            due.get((CASE, each.subject)),
        )
        for each in page
    ]


def _first(facts: Sequence[Fact]) -> Mapping[str, Any]:
    return facts[0].data if facts else {}


def _open() -> list[str]:
    return [state for state in service().catalogue.lifecycles_by_kind[CASE].states if state != CLOSED]


def _address(line: Line) -> str:
    return url_for("web.integrity_show", subject=line.standing.subject)


_COLUMNS: tuple[Column[Line], ...] = (
    Column("subject", lazy("Case"), lambda line: line.standing.subject, sortable=True, href=_address),
    Column(
        "state",
        lazy("State"),
        lambda line: state_words(line.standing.state),
        kind="state",
        tone=lambda line: TONES.get(line.standing.state, "accent"),
    ),
    Column("category", lazy("Category"), lambda line: told("category", line.reported)),
    Column("channel", lazy("Channel"), lambda line: told("channel", line.reported)),
    Column("opened", lazy("Reported"), lambda line: line.standing.opened, kind="day", sortable=True),
    Column("officers", lazy("Officers"), lambda line: "、".join(line.officers)),
    Column("due", lazy("Next due"), lambda line: line.standing.due, kind="day", sortable=True),
    Column(
        "deadline",
        lazy("What is due"),
        lambda line: label(deadlines.label(service().catalogue, line.next)) if line.next else None,
        kind="state",
        tone=lambda line: _DUE.get(line.next.status, "quiet") if line.next else "quiet",
    ),
)

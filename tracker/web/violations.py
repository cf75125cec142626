"""The list of violations: what was found, what it earned, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from tracker.cases import queries
from tracker.cases.queries import Standing
from tracker.errors import NotFound
from tracker.web.addresses import subject_address
from tracker.web.fieldwords import state_words, told
from tracker.web.languages import lazy, ngettext
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.rendering import label, service
from tracker.workflows.about import facts_about
from tracker.workflows.accounts import FOUND, KIND, PENALISED

OVERDUE = "overdue"
TONES: Mapping[str, str] = {
    "found": "warn",
    "penalised": "accent",
    "appealed": "warn",
    "overturned": "bad",
}


class Line(NamedTuple):
    """One violation of the list."""

    standing: Standing
    found: Mapping[str, Any]
    penalty: Mapping[str, Any]


def listing() -> Listing[Line]:
    """The list's columns and filters; its states are the catalogue's."""
    lifecycle = service().catalogue.lifecycles_by_kind.get(KIND)
    states = lifecycle.states if lifecycle else {}
    return Listing(
        "content",
        _COLUMNS,
        filters=(
            Filter("state", lazy("State"), [(state, label(words)) for state, words in states.items()]),
            Filter("show", lazy("Show"), ((OVERDUE, lazy("Overdue")),)),
        ),
        sort="-moved",
        empty=(lazy("No violation is on record"), lazy("What moderation finds appears here by itself.")),
    )


def fetch(session: Session, query: Query) -> Rows[Line]:
    """The violations that are asked for."""
    after = queries.standing(session, KIND, query.cursor) if query.cursor else None
    found = queries.standings(
        session,
        KIND,
        state=query.filter("state"),
        search=query.search or None,
        sort=f"-{query.sort}" if query.descending else query.sort,
        after=after,
        limit=query.limit + 1,
        overdue_at=service().ledger.clock() if query.filter("show") == OVERDUE else None,
    )
    page = found[: query.limit]
    return Rows(_lines(session, page), page[-1].subject if len(found) > query.limit else None)


def penalty_words(penalty: str | None, days: Any) -> str:
    """A penalty in words, with its days where it ends by itself."""
    words = told(PENALISED, "penalty", penalty)
    if words and type(days) is int and days:
        return str(ngettext("%(penalty)s, %(num)s day", "%(penalty)s, %(num)s days", days, penalty=words))
    return words


def no_account(account: str) -> NotFound:
    """What is said of an account without violations."""
    return NotFound(f"The account {account[:100]!r} has no violation on record. Look it up in the list of accounts.")


def _lines(session: Session, page: list[Standing]) -> list[Line]:
    facts = facts_about(session, [each.subject for each in page], {FOUND, PENALISED})
    return [_line(each, facts.get(each.subject, [])) for each in page]


def _line(standing: Standing, facts: list[Any]) -> Line:
    newest: dict[str, Mapping[str, Any]] = {each.type: each.data for each in facts}
    return Line(standing, newest.get(FOUND, {}), newest.get(PENALISED, {}))


def _account(line: Line) -> str | None:
    account = line.found.get("account")
    return url_for("web.content_account", account=account) if isinstance(account, str) else None


_COLUMNS: tuple[Column[Line], ...] = (
    Column(
        "subject",
        lazy("Violation"),
        lambda line: line.standing.subject,
        sortable=True,
        href=lambda line: subject_address(KIND, line.standing.subject),
    ),
    Column(
        "state",
        lazy("State"),
        lambda line: state_words(KIND, line.standing.state),
        kind="state",
        tone=lambda line: TONES.get(line.standing.state, "quiet"),
    ),
    Column("category", lazy("Category"), lambda line: told(FOUND, "category", line.found.get("category"))),
    Column("surface", lazy("Surface"), lambda line: told(FOUND, "surface", line.found.get("surface"))),
    Column("account", lazy("User account"), lambda line: line.found.get("account"), href=_account),
    Column(
        "penalty",
        lazy("Penalty"),
        lambda line: penalty_words(line.penalty.get("penalty"), line.penalty.get("days")),
    ),
    Column("points", lazy("Points"), lambda line: line.penalty.get("points"), kind="number"),
    Column("moved", lazy("Last move"), lambda line: line.standing.moved, kind="instant", sortable=True),
    Column("due", lazy("Next due"), lambda line: line.standing.due, kind="day", sortable=True),
)

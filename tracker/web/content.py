"""Content governance: violations by state, appeals that wait, gross and net figures, and accounts with their points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.cases import deadlines, queries
from tracker.cases.queries import Standing
from tracker.exports.trends import trends
from tracker.web import naming, periods, printing, subjectpages, violations
from tracker.web.addresses import subject_address
from tracker.web.fieldwords import state_words, told
from tracker.web.gate import current_person
from tracker.web.languages import lazy
from tracker.web.lists import Column, Listing, Query, Rows
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import accounts, content
from tracker.workflows.about import facts_about
from tracker.workflows.accounts import FOUND, KIND, PENALISED, Account, Violation
from tracker.workflows.ownerlinks import owner_link

GROSS_AND_NET = (
    ("penalties", "penalties_overturned", "penalties_net"),
    ("points", "points_taken_back", "points_net"),
)
"""The figures of the page, in rows: gross, what was taken back, net."""

TOP = 8
"""Accounts that the overview shows."""


class Printed(NamedTuple):
    """A figure of the year: its metric's id and label, and its value in words."""

    metric: str
    label: Mapping[str, str]
    printed: str


class Ahead(NamedTuple):
    """What one more violation of a severity would bring an account: the penalty on each ladder."""

    label: Mapping[str, str]
    points: int
    together: int
    penalties: tuple[str, ...]


def index() -> Response | str:
    """The overview, with the list of violations."""
    with service().database.read() as session:
        now, catalogue, person = service().ledger.clock(), service().catalogue, current_person()
        year = periods.busy_year(session)
        return violations.listing().answer(
            "content/index.html",
            lambda query: violations.fetch(session, query),
            address=subject_address,
            year=year,
            states=_states(session),
            overdue=deadlines.overdue(session, now, kinds=[KIND]).get(KIND, 0),
            waiting=content.appeals_waiting(session, catalogue, person) if person.may("subjects.act") else None,
            figures=_figures(session, year),
            top=[each for each in accounts.accounts(session, since=_since(), limit=TOP) if each.points],
        )


def accounts_index() -> Response | str:
    """Every account with violations, those with most points first."""
    with service().database.read() as session:
        return _ACCOUNTS.answer("content/accounts.html", lambda query: _fetch_accounts(session, query))


def account(account: str) -> str:
    """One account: its violations, its points, and what further ones would bring."""
    return _account(account)


def account_submit(account: str) -> str:
    """Make a link for the account's owner. It is shown this once, and that it was made stays on record."""
    now, person = service().ledger.clock(), current_person()
    with service().database.write() as session:
        if not accounts.violations(session, account):
            raise violations.no_account(account)
        audit.write(session, now, person.actor, "account.link_made", f"account:{account}")
    token = owner_link(service().keys, account, now)
    return _account(account, link=_absolute(url_for("web.owner_show", token=token)))


def _account(account: str, link: str | None = None) -> str:
    with service().database.read() as session:
        found = accounts.violations(session, account)
        if not found:
            raise violations.no_account(account)
        rules = service().catalogue.workflows.content
        points = accounts.points(session, account, since=_since())
        return render_template(
            "content/account.html",
            account=account,
            address=subject_address,
            rows=_rows(session, found),
            points=points,
            rules=rules,
            ladders=[(_surfaces(each.surfaces), each, each.step(points)) for each in rules.ladders] if rules else [],
            ahead=_ahead(points),
            told=told,
            link=link,
        )


class Row(NamedTuple):
    """A violation of an account as its page shows it."""

    violation: Violation
    state: str
    found: Mapping[str, Any]
    day: str
    penalty: str


def _rows(session: Session, found: list[Violation]) -> list[Row]:
    subjects = [each.subject for each in found]
    facts = facts_about(session, subjects)
    standing = {each.subject: each for each in queries.standings(session, KIND, subjects=subjects, limit=len(subjects))}
    return [_row(each, facts[each.subject], standing.get(each.subject)) for each in found]


def _row(violation: Violation, facts: list[Any], standing: Standing | None) -> Row:
    said = next(each for each in facts if each.type == FOUND)
    penalty: Mapping[str, Any] = next((each.data for each in reversed(facts) if each.type == PENALISED), {})
    return Row(
        violation,
        state_words(KIND, standing.state) if standing else "",
        said.data,
        said.day,
        violations.penalty_words(violation.penalty, penalty.get("days")),
    )


def _ahead(points: int) -> list[Ahead]:
    rules = service().catalogue.workflows.content
    if rules is None:
        return []
    found = []
    for each in sorted(rules.severities, key=lambda severity: severity.points):
        together = points + each.points
        steps = [ladder.step(together) for ladder in rules.ladders]
        words = tuple(violations.penalty_words(step.penalty, step.days) for step in steps)
        found.append(Ahead(each.label, each.points, together, words))
    return found


def _surfaces(surfaces: tuple[str, ...]) -> str:
    return "、".join(told(FOUND, "surface", each) for each in surfaces)


def _states(session: Session) -> list[tuple[str, str, int]]:
    counted = queries.counts(session, KIND)
    lifecycle = service().catalogue.lifecycles_by_kind.get(KIND)
    return [(state, state_words(KIND, state), counted.get(state, 0)) for state in lifecycle.states] if lifecycle else []


def _figures(session: Session, year: int) -> list[list[Printed]]:
    catalogue = service().catalogue
    rows = [[f"content.{name}" for name in row] for row in GROSS_AND_NET]
    known = [row for row in rows if all(each in catalogue.metrics for each in row)]
    found = {
        each.metric.id: Printed(each.metric.id, each.metric.label, printing.printed(each.metric, each.value))
        for each in trends(session, catalogue, catalogue.calendar.year(year), [each for row in known for each in row])
    }
    return [[found[each] for each in row] for row in known]


def _since() -> str | None:
    rules = service().catalogue.workflows.content
    return accounts.since(service().ledger.clock(), rules.points_days if rules else None)


def _fetch_accounts(session: Session, query: Query) -> Rows[Account]:
    skip = int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else 0
    found = accounts.accounts(session, since=_since(), search=query.search, limit=query.limit + 1, skip=skip)
    following = str(skip + query.limit) if len(found) > query.limit else None
    return Rows(found[: query.limit], following)


def account_address(account: str) -> str:
    """Where an account's page is."""
    return url_for("web.content_account", account=account)


def _absolute(path: str) -> str:
    return f"{(service().settings.url or request.host_url).rstrip('/')}{path}"


_ACCOUNTS: Listing[Account] = Listing(
    "content/accounts",
    (
        Column("account", lazy("User account"), lambda each: each.id, href=lambda each: account_address(each.id)),
        Column("violations", lazy("Violations"), lambda each: each.violations, kind="number"),
        Column("penalties", lazy("Penalties in force"), lambda each: each.penalties, kind="number"),
        Column("points", lazy("Points"), lambda each: each.points, kind="number"),
    ),
    empty=(lazy("No account has a violation"), lazy("Accounts appear here with their first violation.")),
)


def _panel(session: Session, standing: Standing) -> Mapping[str, Any]:
    """What a violation's page shows beside its timeline: its account, what the ladder gives, who gave it already."""
    now, catalogue = service().ledger.clock(), service().catalogue
    violation = accounts.find(session, standing.subject)
    proposed = content.proposed(session, catalogue, standing.subject, now) if _open(standing, violation) else None
    rules, reviewer = catalogue.workflows.content, content.first_reviewer(session, standing.subject)
    return {
        "violation": violation,
        "points": accounts.points(session, violation.account, since=_since()) if violation else 0,
        "proposed": proposed,
        "penalty": violations.penalty_words(proposed.penalty, proposed.days) if proposed else "",
        "severity": next((each.label for each in rules.severities if proposed and each.id == proposed.severity), {})
        if rules
        else {},
        "appealed": content.undecided(catalogue, standing.state),
        "reviewer": naming.name(naming.names_of(session), reviewer),
        "mine": reviewer == current_person().id,
    }


def _open(standing: Standing, violation: Violation | None) -> bool:
    """Whether a penalty is still to be given."""
    return violation is not None and standing.state in content.sources_of(service().catalogue, PENALISED)


subjectpages.PANELS[KIND] = _panel

PAGES = (
    Page("GET", "/content", index, "subjects.read"),
    Page("GET", "/content/accounts", accounts_index, "subjects.read"),
    Page("GET", "/content/accounts/<path:account>", account, "subjects.read"),
    Page("POST", "/content/accounts/<path:account>", account_submit, "subjects.act"),
)

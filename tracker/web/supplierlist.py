"""The list of suppliers: where they stand, what they offer, how they do, and what needs looking at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from tracker.web.fieldwords import choices, state_words, told
from tracker.web.languages import lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows
from tracker.web.rendering import calendar_day, label, service
from tracker.workflows import library, scorecards
from tracker.workflows.library import EXPIRED, EXPIRING, IMPORTANT, LATE, Supplier, Wanted
from tracker.workflows.profiles import EVALUATED, KIND, QUALIFIED
from tracker.workflows.scoring import tenths

TONES: Mapping[str, str] = {"active": "good", "improving": "warn", "rejected": "bad"}
_EQUAL = ("state", "region", "category", "grade")


class Line(NamedTuple):
    """One supplier of the list, with the mean of its newest evaluation to one decimal."""

    supplier: Supplier
    mean: Decimal | None


def listing() -> Listing[Line]:
    """The list's columns and filters; what can be chosen is the catalogue's."""
    return Listing(
        "suppliers",
        _COLUMNS,
        filters=(
            Filter("state", lazy("State"), states()),
            Filter("region", lazy("Region"), choices(QUALIFIED, "region")),
            Filter("category", lazy("Category"), choices(QUALIFIED, "category")),
            Filter("grade", lazy("Grade"), choices(EVALUATED, "grade")),
            Filter(
                "show",
                lazy("Show"),
                (
                    (IMPORTANT, lazy("Important ones")),
                    (EXPIRING, lazy("A certificate ends soon")),
                    (EXPIRED, lazy("A certificate has ended")),
                    (LATE, lazy("Improvement overdue")),
                ),
            ),
        ),
        sort="subject",
        empty=(
            lazy("No supplier is registered"),
            lazy("Register the first one, or let a source send them."),
        ),
    )


def states() -> list[tuple[str, str]]:
    """The states of suppliers with their words, in the order of the catalogue."""
    lifecycle = service().catalogue.lifecycles_by_kind.get(KIND)
    return [(state, label(words)) for state, words in lifecycle.states.items()] if lifecycle else []


def fetch(session: Session, query: Query) -> Rows[Line]:
    """The suppliers that are asked for."""
    rules, now = service().catalogue.workflows.suppliers, service().ledger.clock()
    wanted = Wanted(
        equal={name: value for name in _EQUAL if (value := query.filter(name))},
        attention=query.filter("show"),
        search=query.search,
        sort=query.sort,
        descending=query.descending,
        grades=[each.id for each in rules.grades] if rules else (),
    )
    skip = int(query.cursor) if query.cursor and query.cursor.isascii() and query.cursor.isdigit() else 0
    found = library.listed(session, wanted, now, limit=query.limit + 1, skip=skip)
    page = found[: query.limit]
    following = str(skip + query.limit) if len(found) > query.limit else None
    return Rows(_lines(session, page), following, library.count(session, wanted, now))


def grade_tone(grade: str | None) -> str:
    """How a grade looks: good where such suppliers are preferred, bad where they must improve."""
    rules = service().catalogue.workflows.suppliers
    found = next((each for each in rules.grades if each.id == grade), None) if rules else None
    if found is None:
        return "quiet"
    return "good" if found.preferred else "bad" if found.improve else "accent"


def last_day(due: str | None) -> str | None:
    """The last day before an instant that is the end of a day, as ``2021-03-01``."""
    if due is None:
        return None
    return calendar_day(datetime.fromisoformat(due) - timedelta.resolution).isoformat()


def _lines(session: Session, page: list[Supplier]) -> list[Line]:
    newest = scorecards.newest_evaluations(session, service().catalogue, [each.subject for each in page])
    results = {subject: each.result for subject, each in newest.items()}
    return [Line(each, tenths(result.mean) if (result := results.get(each.subject)) else None) for each in page]


_COLUMNS: tuple[Column[Line], ...] = (
    Column(
        "subject",
        lazy("Supplier"),
        lambda line: line.supplier.subject,
        sortable=True,
        href=lambda line: url_for("web.suppliers_show", subject=line.supplier.subject),
    ),
    Column(
        "state",
        lazy("State"),
        lambda line: state_words(KIND, line.supplier.state),
        kind="state",
        tone=lambda line: TONES.get(line.supplier.state, "quiet"),
    ),
    Column("region", lazy("Region"), lambda line: told(QUALIFIED, "region", line.supplier.region)),
    Column("category", lazy("Category"), lambda line: told(QUALIFIED, "category", line.supplier.category)),
    Column(
        "grade",
        lazy("Grade"),
        lambda line: told(EVALUATED, "grade", line.supplier.grade),
        kind="state",
        sortable=True,
        tone=lambda line: grade_tone(line.supplier.grade),
    ),
    Column("mean", lazy("Mean"), lambda line: line.mean, kind="number"),
    Column("round", lazy("Round"), lambda line: line.supplier.round),
    Column(
        "certificate",
        lazy("Certificate ends"),
        lambda line: last_day(line.supplier.certificate),
        kind="day",
        sortable=True,
    ),
    Column("improvement", lazy("Improvement due"), lambda line: last_day(line.supplier.improvement), kind="day"),
)

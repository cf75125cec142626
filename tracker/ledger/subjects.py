"""Everything on record about some subjects: every version of every event, and which of them is in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from tracker.db import is_sqlite, one_of, run
from tracker.ledger.events import VOIDED, Fact
from tracker.ledger.models import events
from tracker.ledger.queries import Entry, entry_from, fact_of

_SELECT = (
    "SELECT e.seq, e.type, e.subject, e.time, e.entity, e.day, e.year, e.body, e.original, o.type AS original_type, "
    "r.seq AS replaced_by FROM {source} LEFT JOIN event AS o ON o.seq = e.original "
    "LEFT JOIN event AS r ON r.replaces = e.seq AND r.seq < ? WHERE {among} e.seq < ? AND e.type <> ?"
)


class Version(NamedTuple):
    """What an event or a correction states; ``replaced_by`` is the seq of what amends it, None while in force."""

    fact: Fact
    seq: int
    replaced_by: int | None

    @property
    def last_seq(self) -> int:
        """The newest event that has to do with it."""
        return self.seq if self.replaced_by is None else self.replaced_by


def versions_of_subjects(session: Session, subjects: Collection[str], *, size: int) -> Iterator[Version]:
    """Each version that names one of the subjects, in a log of ``size`` events, in no order; voids are no versions."""
    among, wanted = one_of(session, "e.subject", sorted(subjects))
    if is_sqlite(session):  # so that it looks for each subject, and does not run along the whole log
        source, condition = "json_each(?) AS k CROSS JOIN event AS e ON e.subject = k.value", ""
        values = (wanted, size, size, VOIDED)
    else:
        source, condition = "event AS e", f"{among} AND"
        values = (size, wanted, size, VOIDED)
    for row in run(session, _SELECT.format(source=source, among=condition), values):
        original, type = (row.seq, row.type) if row.original is None else (row.original, row.original_type)
        yield Version(fact_of(row, original, type), row.seq, row.replaced_by)


def facts_of_subject(session: Session, subject: str, *, size: int) -> list[Fact]:
    """The facts about a subject that are in force in a log of ``size`` events."""
    found = versions_of_subjects(session, [subject], size=size)
    return [each.fact for each in found if each.replaced_by is None]


def entries_of_subject(session: Session, subject: str, *, size: int) -> list[list[Entry]]:
    """Every event that names a subject, or did before or after a correction, each with all its versions in order."""
    e = events.c
    original = func.coalesce(e.original, e.seq)
    named = select(original).where(e.subject == subject, e.seq < size, e.type != VOIDED)
    query = select(events).where(or_(e.seq.in_(named), e.original.in_(named)), e.seq < size).order_by(e.seq)
    found: dict[int, list[Entry]] = {}
    for row in session.execute(query):
        found.setdefault(row.seq if row.original is None else row.original, []).append(entry_from(row))
    return list(found.values())

"""What suppliers are looked for by, one row for each: derived from the ledger, and so replayable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.ledger.events import Fact, Recorded
from tracker.ledger.record import Ledger
from tracker.workflows import scoring
from tracker.workflows.about import facts_about
from tracker.workflows.accounts import subjects_of
from tracker.workflows.models import supplier_profiles

KIND = "suppliers.supplier"
REGISTERED, QUALIFIED, EVALUATED = (f"{KIND}.{fact}" for fact in ("registered", "qualified", "evaluated"))
_TYPES = frozenset({REGISTERED, QUALIFIED, EVALUATED})
_PLACE = ("region", "category", "recommended_by")
_CHUNK = 500


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
    """Receiver of :data:`tracker.signals.events_recorded`: what was said of a supplier is derived anew."""
    subjects = sorted(subjects_of(events, _TYPES))
    for first in range(0, len(subjects), _CHUNK):
        _derive(session, ledger.catalogue, subjects[first : first + _CHUNK])


def clear(session: Session) -> None:
    """Forget every profile, before a replay."""
    session.execute(delete(supplier_profiles))


def _derive(session: Session, catalogue: Catalogue, subjects: Sequence[str]) -> None:
    found = facts_about(session, subjects, _TYPES)
    session.execute(delete(supplier_profiles).where(supplier_profiles.c.subject.in_(subjects)))
    rows = [_row(catalogue, subject, found[subject]) for subject in subjects if subject in found]
    if rows:
        session.execute(insert(supplier_profiles), rows)


def _row(catalogue: Catalogue, subject: str, facts: Sequence[Fact]) -> dict[str, Any]:
    """What the facts say, in order: the newest that says something counts."""
    row: dict[str, Any] = {"subject": subject, "important": False, "round": None, "grade": None}
    row |= dict.fromkeys(_PLACE)
    rules = catalogue.workflows.suppliers
    flag = rules.important if rules else None
    for fact in facts:
        if fact.type == EVALUATED:
            row |= {"round": _text(fact, "round"), "grade": grade_of(catalogue, fact)}
            continue
        row |= {name: text for name in _PLACE if (text := _text(fact, name)) is not None}
        if flag is not None and flag in fact.data:
            row["important"] = fact.data[flag] is True
    return row


def grade_of(catalogue: Catalogue, evaluation: Fact) -> str | None:
    """The grade that an evaluation states, or else the one that its scores earn today."""
    stated = _text(evaluation, "grade")
    rules = catalogue.workflows.suppliers
    if stated is not None or rules is None:
        return stated
    found = scoring.result(rules, evaluation.data)
    return found.grade.id if found else None


def _text(fact: Fact, name: str) -> str | None:
    value = fact.data.get(name)
    return value if isinstance(value, str) else None

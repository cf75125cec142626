"""The scorecard of a supplier: every round with its scores, its certificates, visits and commitment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.ledger.events import Fact
from tracker.workflows import scoring
from tracker.workflows.about import facts_about
from tracker.workflows.profiles import EVALUATED, KIND, QUALIFIED, REGISTERED, grade_of
from tracker.workflows.scoring import Result

CERTIFIED, COMMITTED, VISITED = (
    f"{KIND}.{fact}" for fact in ("certificate_recorded", "commitment_signed", "site_visited")
)


@dataclass(frozen=True)
class Evaluation:
    """One round of one supplier; ``result`` is ``None`` where scores are missing under today's configuration."""

    round: str
    seq: int
    time: str
    day: str
    grade: str | None
    result: Result | None


@dataclass(frozen=True)
class Certificate:
    """The newest certificate of one standard, with the last day on which it is valid."""

    standard: str
    valid_until: str
    seq: int
    recorded: str


@dataclass(frozen=True)
class Scorecard:
    """What is on record of one supplier. ``place`` are the fields it was registered and qualified with."""

    subject: str
    place: dict[str, Any] = field(default_factory=dict)
    evaluations: tuple[Evaluation, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    visits: tuple[tuple[str, bool], ...] = ()
    committed: str | None = None

    @property
    def newest(self) -> Evaluation | None:
        """The newest evaluation."""
        return self.evaluations[-1] if self.evaluations else None


def scorecard(session: Session, catalogue: Catalogue, subject: str) -> Scorecard:
    """The scorecard of a supplier; an empty one if there is nothing on record."""
    return _scorecard(catalogue, subject, facts_about(session, [subject]).get(subject, []))


def newest_evaluations(session: Session, catalogue: Catalogue, subjects: Iterable[str]) -> dict[str, Evaluation]:
    """The newest evaluation of each of some suppliers that has one."""
    found = facts_about(session, list(subjects), {EVALUATED})
    return {subject: _evaluation(catalogue, facts[-1]) for subject, facts in found.items()}


def _scorecard(catalogue: Catalogue, subject: str, facts: list[Fact]) -> Scorecard:
    """Facts come in order, and the newest of a round or standard counts."""
    rounds: dict[str, Evaluation] = {}
    certificates: dict[str, Certificate] = {}
    place: dict[str, Any] = {}
    for fact in facts:
        if fact.type in (REGISTERED, QUALIFIED):
            place |= fact.data
        elif fact.type == EVALUATED:
            rounds[str(fact.data.get("round"))] = _evaluation(catalogue, fact)
        elif fact.type == CERTIFIED:
            each = Certificate(str(fact.data.get("standard")), str(fact.data.get("valid_until")), fact.seq, fact.day)
            certificates[each.standard] = each
    return Scorecard(
        subject,
        place,
        tuple(sorted(rounds.values(), key=lambda each: (each.time, each.seq))),
        tuple(sorted(certificates.values(), key=lambda each: each.valid_until)),
        tuple((fact.day, fact.data.get("passed") is True) for fact in facts if fact.type == VISITED),
        next((fact.day for fact in reversed(facts) if fact.type == COMMITTED), None),
    )


def _evaluation(catalogue: Catalogue, fact: Fact) -> Evaluation:
    rules = catalogue.workflows.suppliers
    result = scoring.result(rules, fact.data) if rules else None
    return Evaluation(str(fact.data.get("round")), fact.seq, fact.time, fact.day, grade_of(catalogue, fact), result)

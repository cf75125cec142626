"""Suppliers: who may evaluate them, what an evaluation earns, and how far a half-yearly round is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.access import people
from tracker.access.people import Person
from tracker.cases.models import states
from tracker.cases.queries import Standing
from tracker.catalogue import Catalogue, Label
from tracker.catalogue.rules import SupplierRules
from tracker.errors import Conflict, Forbidden, Invalid, Mistake, NotFound
from tracker.ledger.events import Fact
from tracker.ledger.queries import facts
from tracker.workflows import scoring
from tracker.workflows.about import facts_about
from tracker.workflows.acts import Act, Context, Further, Rule
from tracker.workflows.models import supplier_profiles
from tracker.workflows.profiles import EVALUATED, KIND, REGISTERED, grade_of

IMPROVEMENT_OPENED, EXITED = f"{KIND}.improvement_opened", f"{KIND}.exited"


@dataclass(frozen=True)
class Round:
    """A half of a reporting year in which suppliers are evaluated. ``id`` is what evaluations carry: ``2020-h1``."""

    id: str
    year: int
    label: Label
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Progress:
    """How far a round is: the suppliers evaluated in it with their grades, and those still to be. Suppliers who have
    left since are among the evaluated, not among those still to be."""

    round: Round
    grades: Mapping[str, str | None]
    missing: tuple[str, ...]


def rules_of(catalogue: Catalogue) -> SupplierRules:
    """How suppliers are evaluated.

    :raise NotFound: the catalogue does not say so.
    """
    if catalogue.workflows.suppliers is None:
        raise NotFound("This organisation's configuration has no workflow for suppliers.")
    return catalogue.workflows.suppliers


def rounds(catalogue: Catalogue, year: int) -> list[Round]:
    """The rounds of a reporting year, in order."""
    months = catalogue.calendar.months_of_year(year)
    halves = (months[: len(months) // 2], months[len(months) // 2 :])
    return [
        Round(f"{year}-{name}", year, label, *_span(catalogue, half))
        for (name, label), half in zip(rules_of(catalogue).rounds.items(), halves, strict=True)
        if half
    ]


def _span(catalogue: Catalogue, months: Sequence[str]) -> tuple[date, date]:
    first, last = (catalogue.calendar.month(each) for each in (months[0], months[-1]))
    return first.first_day, last.last_day


def round_named(catalogue: Catalogue, id: str) -> Round:
    """The round with this id.

    :raise NotFound: there is none.
    """
    year = id.partition("-")[0]
    known = rounds(catalogue, int(year)) if len(year) == 4 and year.isascii() and year.isdigit() else []
    found = next((each for each in known if each.id == id), None)
    if found is None:
        names = " or ".join(f"2020-{each}" for each in rules_of(catalogue).rounds)
        raise NotFound(f"{id[:40]!r} is no round. Write one such as {names}.")
    return found


def round_on(catalogue: Catalogue, day: date) -> Round:
    """The round in whose half of the year a day lies."""
    found = rounds(catalogue, catalogue.calendar.year_of(day))
    return next(each for each in found if each.first_day <= day <= each.last_day)


def last_round(catalogue: Catalogue, year: int) -> Round:
    """The round with which a reporting year ends."""
    return rounds(catalogue, year)[-1]


def years_evaluated(session: Session) -> set[int]:
    """The years in whose rounds suppliers have their newest evaluations."""
    named = session.scalars(select(supplier_profiles.c.round).distinct())
    years = (name.partition("-")[0] for name in named if name)
    return {int(year) for year in years if len(year) == 4 and year.isascii() and year.isdigit()}


def active_states(catalogue: Catalogue) -> tuple[str, ...]:
    """The states of suppliers that work for us: those from which one may exit."""
    return _sources_of(catalogue, EXITED)


def _sources_of(catalogue: Catalogue, event_type: str) -> tuple[str, ...]:
    lifecycle = catalogue.lifecycles_by_kind.get(KIND)
    move = lifecycle.moves.get(event_type) if lifecycle else None
    return move.sources if move else ()


def open_round(session: Session, catalogue: Catalogue, id: str) -> Progress:
    """Which suppliers are evaluated in a round, and which active ones are not yet.

    :raise NotFound: there is no such round, or no workflow.
    """
    found = round_named(catalogue, id)
    grades = {
        fact.subject or "": grade_of(catalogue, fact)
        for fact in sorted(facts(session, types=[EVALUATED]), key=lambda each: (each.time, each.seq))
        if fact.data.get("round") == id
    }
    return Progress(found, grades, tuple(each for each in _expected(session, catalogue) if each not in grades))


def _expected(session: Session, catalogue: Catalogue) -> list[str]:
    s, p = states.c, supplier_profiles.c
    query = select(s.subject).where(s.kind == KIND, s.state.in_(active_states(catalogue))).order_by(s.subject)
    if rules_of(catalogue).important is not None:
        query = query.join(supplier_profiles, p.subject == s.subject).where(p.important.is_(True))
    return list(session.scalars(query))


def recommended_by(session: Session, subject: str) -> str | None:
    """The pseudonym of whoever recommended a supplier."""
    p = supplier_profiles.c
    return session.scalar(select(p.recommended_by).where(p.subject == subject))


def _register(context: Context, session: Session, person: Person, act: Act) -> Act:
    """Whoever is said to have recommended a supplier is one of us."""
    named = act.data.get("recommended_by")
    if isinstance(named, str) and people.find(session, named) is None:
        words = "is nobody's pseudonym; it is on the person's own page, and begins with p-"
        raise Invalid("The registration has a mistake; nothing was stored.", [Mistake("/data/recommended_by", words)])
    return act


def _may_evaluate(context: Context, session: Session, person: Person, standing: Standing | None) -> bool:
    """No one evaluates a supplier they recommended."""
    if standing is not None and recommended_by(session, standing.subject) == person.id:
        raise Forbidden("You recommended this supplier. Ask somebody else to evaluate it.")
    return True


def _evaluate(context: Context, session: Session, person: Person, act: Act) -> Act:
    """Each supplier is evaluated once in a round, and its scores earn the grade."""
    subject, rules = act.subject or "", context.catalogue.workflows.suppliers
    if rules is None:
        return act
    if act.standing is None or act.standing.state not in active_states(context.catalogue):
        raise Conflict("Only suppliers that work for you are evaluated, and this one does not.")
    _check_round(context.catalogue, act)
    if act.data.get("round") in {each.data.get("round") for each in evaluations(session, subject)}:
        raise Conflict("This supplier is evaluated in this round already. Correct that evaluation if it is wrong.")
    found = scoring.result(rules, act.data)
    return act if found is None else replace(act, data={**act.data, "grade": found.grade.id})


def _check_round(catalogue: Catalogue, act: Act) -> None:
    named = act.data.get("round")
    try:
        round_named(catalogue, named if isinstance(named, str) else "")
    except NotFound as error:
        if named is not None:  # a missing one is told with whatever else is missing
            raise Invalid("The evaluation has a mistake.", [Mistake("/data/round", error.detail)]) from None


def evaluations(session: Session, subject: str) -> list[Fact]:
    """The evaluations of a supplier in force, in order of time."""
    return facts_about(session, [subject], {EVALUATED}).get(subject, [])


def _after_evaluation(context: Context, session: Session, person: Person, act: Act) -> list[Further]:
    """A failing grade, or one failed score alone, opens an improvement, unless one is running."""
    rules, catalogue = context.catalogue.workflows.suppliers, context.catalogue
    found = scoring.result(rules, act.data) if rules else None
    if rules is None or found is None or not found.improve:
        return []
    if act.standing is None or act.standing.state not in _sources_of(catalogue, IMPROVEMENT_OPENED):
        return []
    due = catalogue.calendar.day_of(act.time) + timedelta(days=rules.improvement_days)
    return [Further(IMPROVEMENT_OPENED, {"due": due.isoformat()})]


RULES: Mapping[str, Rule] = {
    REGISTERED: Rule(check=_register),
    EVALUATED: Rule(_may_evaluate, _evaluate, _after_evaluation, frozenset({"grade"})),
}
"""The rules of acts on suppliers."""

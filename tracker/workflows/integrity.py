"""Integrity cases: only officers who were given access act on one, and who is named in it is out of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.access import audit, people
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases.queries import Standing
from tracker.catalogue import Catalogue
from tracker.errors import Invalid, Mistake
from tracker.workflows import grants
from tracker.workflows.acts import Act, Context, Rule
from tracker.workflows.models import named
from tracker.workflows.sight import CASE, marks_of, plain, sight, words_of

REPORTED = f"{CASE}.reported"
ASSIGNED = f"{CASE}.assigned"
WRITTEN = f"{CASE}.message_received"
NAMED = f"{CASE}.person_named"


def rules(catalogue: Catalogue) -> Mapping[str, Rule]:
    """What people may do to cases: a rule for every event of a case that the catalogue knows."""
    return {type: _RULES.get(type, _ORDINARY) for type in catalogue.events if type.startswith(f"{CASE}.")}


def _may_act(context: Context, session: Session, person: Person, standing: Standing | None) -> bool:
    """Officers who were given access to this very case."""
    seen = sight(session, context.keys, person, context.intake.ledger.clock())
    return standing is not None and seen.contents(CASE, standing.subject)


def _may_report(_context: Context, _session: Session, person: Person, standing: Standing | None) -> bool:
    return standing is None and person.may("cases.work")


def _may_nobody(_context: Context, _session: Session, _person: Person, _standing: Standing | None) -> bool:
    return False


def _check_assigning(_context: Context, session: Session, _person: Person, act: Act) -> Act:
    if act.data.get("officer") not in grants.holders(session, act.subject or ""):
        raise Invalid("Choose an officer with access.", [Mistake("/data/officer", "has no access to this case")])
    return act


def _check_naming(context: Context, session: Session, person: Person, act: Act) -> Act:
    words = str(act.data.get("person", ""))
    if not plain(words):
        raise Invalid("Say who is named.", [Mistake("/data/person", "holds no name")])
    _hide_from(context, session, act.subject or "", words, by=person)
    return act


def _hide_from(context: Context, session: Session, subject: str, words: str, *, by: Person) -> None:
    """Remember who is named, and end the access of those who are. The event that follows is refused or recorded in the
    same transaction."""
    known = [each.id for each in people.listed(session) if plain(words) in map(plain, words_of(each))]
    _mark(session, context.keys, subject, [words, *known])
    at = context.intake.ledger.clock()
    out = [each for each in grants.holders(session, subject) if _names(context, session, subject, each)]
    grants.end(session, subject, out, by=by.actor, at=at)
    audit.write(session, at, by.actor, "case.person_named", grants.target_of(subject))


def _names(context: Context, session: Session, subject: str, officer: str) -> bool:
    found = people.find(session, officer)
    return found is not None and subject in sight(session, context.keys, found, context.intake.ledger.clock()).hidden


def _mark(session: Session, keys: Keys, subject: str, words: Iterable[str]) -> None:
    wanted = marks_of(keys, subject, tuple(words))
    known = {bytes(mark) for mark in session.scalars(select(named.c.mark).where(named.c.subject == subject))}
    if missing := sorted(wanted - known):
        session.execute(insert(named), [{"subject": subject, "mark": mark} for mark in missing])


_ORDINARY = Rule(may=_may_act)
_RULES: Mapping[str, Rule] = {
    REPORTED: Rule(may=_may_report),
    WRITTEN: Rule(may=_may_nobody),  # the reporter alone writes this, with the receipt
    ASSIGNED: Rule(may=_may_act, check=_check_assigning),
    NAMED: Rule(may=_may_act, check=_check_naming),
}

"""Access to integrity cases: proposed for an officer, approved by somebody else, ended by either.

An approved proposal also assigns the officer to the case, where the case has come that far.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tracker.access import audit, people, proposals
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.cases import queries
from tracker.clock import stamp
from tracker.errors import Conflict, Forbidden, Invalid, Mistake
from tracker.ledger.events import Actor
from tracker.workflows.acts import WEB_SOURCE, Context
from tracker.workflows.models import grants
from tracker.workflows.sight import CASE, missing, sight

KIND = "case.access"
ASSIGNED = f"{CASE}.assigned"


def propose_access(session: Session, keys: Keys, subject: str, officer: str, *, by: Person, at: datetime) -> Proposal:
    """Propose that an officer (their pseudonym) may open a case: oneself, or another.

    :raise NotFound: there is no such case, or it names the one who asks.
    :raise Forbidden: only case officers ask.
    :raise Invalid: this person cannot be given access. It does not say why: the reason may be who is named.
    :raise Conflict: they have it, or it is being decided.
    """
    _check_visible(session, keys, subject, by, at)
    if not by.may("cases.work"):
        raise Forbidden("Only a case officer proposes access to a case.")
    if not _eligible(session, keys, subject, officer, at):
        raise Invalid("Choose another officer.", [Mistake("/data/officer", "cannot be given access to this case")])
    if officer in holders(session, subject):
        raise Conflict("This officer has access already.")
    content = {"subject": subject, "person": officer}
    return proposals.propose(session, KIND, f"{target_of(subject)}/{officer}", content, by=by, at=at)


def apply_case_access(context: Context, session: Session, proposal: Proposal) -> None:
    """Give the access that was approved, and assign the officer where the case's state allows it.

    :raise NotFound: the case names the approver.
    :raise Conflict: the officer can no longer be given access.
    """
    subject, officer = proposal.content["subject"], proposal.content["person"]
    at = datetime.fromisoformat(proposal.decided_at or "")
    approver = people.find(session, proposal.decided_by or "")
    if approver is None or not sight(session, context.keys, approver, at).subject(CASE, subject):
        raise missing(subject)
    if not _eligible(session, context.keys, subject, officer, at):
        raise Conflict("This person cannot be given access to this case any more. Refuse the proposal.")
    if officer not in holders(session, subject):
        session.execute(insert(grants).values(subject=subject, person=officer, granted_at=stamp(at)))
    audit.write(session, at, approver.actor, "case.access_granted", target_of(subject), officer)
    _assign(context, session, subject, officer, Actor("person", approver.id))


def revoke(session: Session, keys: Keys, subject: str, officer: str, *, by: Person, at: datetime) -> None:
    """End an officer's access: one's own, or as an approver anybody's.

    :raise NotFound: there is no such case, or it names the one who asks.
    :raise Forbidden: it is somebody else's, and not for this person to end.
    :raise Conflict: the officer has no access.
    """
    _check_visible(session, keys, subject, by, at)
    if by.id != officer and not by.may("proposals.decide"):
        raise Forbidden("Ask an approver to end somebody else's access.")
    if not end(session, subject, [officer], by=by.actor, at=at):
        raise Conflict("This officer has no access to the case.")


def end(session: Session, subject: str, officers: list[str], *, by: str, at: datetime) -> int:
    """End the access of those among ``officers`` who have it; how many did."""
    chosen = grants.c.subject == subject, grants.c.person.in_(officers)
    ended = list(session.scalars(select(grants.c.person).where(*chosen)))
    session.execute(delete(grants).where(*chosen))
    for officer in ended:
        audit.write(session, at, by, "case.access_ended", target_of(subject), officer)
    return len(ended)


def holders(session: Session, subject: str) -> list[str]:
    """The pseudonyms of the officers who may open a case, the longest-standing first."""
    query = select(grants.c.person).where(grants.c.subject == subject).order_by(grants.c.granted_at, grants.c.person)
    return list(session.scalars(query))


def all_held(session: Session) -> frozenset[str]:
    """The cases that some officer may open."""
    return frozenset(session.scalars(select(grants.c.subject)))


def waiting(session: Session, subject: str) -> list[Proposal]:
    """The open proposals for access to a case."""
    return [each for each in proposals.pending(session, [KIND]) if each.content["subject"] == subject]


def candidates(session: Session, keys: Keys, subject: str, at: datetime) -> list[Person]:
    """The officers who could be given access to a case and have none, by name."""
    held = holders(session, subject)
    others = [each for each in people.listed(session) if each.id not in held]
    found = [each for each in others if _may_hold(session, keys, subject, each, at)]
    return sorted(found, key=lambda each: (each.name, each.id))


def target_of(subject: str) -> str:
    """How proposals and the audit trail name a case."""
    return f"{CASE}/{subject}"


def _check_visible(session: Session, keys: Keys, subject: str, by: Person, at: datetime) -> None:
    sight(session, keys, by, at).check(CASE, subject)
    if queries.standing(session, CASE, subject) is None:
        raise missing(subject)


def _eligible(session: Session, keys: Keys, subject: str, officer: str, at: datetime) -> bool:
    found = people.find(session, officer)
    return found is not None and _may_hold(session, keys, subject, found, at)


def _may_hold(session: Session, keys: Keys, subject: str, person: Person, at: datetime) -> bool:
    working = person.active(at) and person.may("cases.work")
    return working and sight(session, keys, person, at).subject(CASE, subject)


def _assign(context: Context, session: Session, subject: str, officer: str, actor: Actor) -> None:
    standing = queries.standing(session, CASE, subject)
    catalogue = context.catalogue
    if standing is None or ASSIGNED not in {each.type for each in queries.allowed(catalogue, standing)}:
        return
    event = {
        "specversion": "1.0",
        "id": f"case-access-{secrets.token_hex(16)}",
        "source": WEB_SOURCE,
        "type": ASSIGNED,
        "subject": subject,
        "time": context.intake.ledger.clock().isoformat(),
        "data": {"officer": officer},
    }
    context.intake.accept(session, actor, context.intake.read([event]))

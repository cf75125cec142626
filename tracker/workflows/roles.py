"""People and their roles, proposed by one person and approved by another.

So is a new invitation: whoever has it can sign in as the one it is for. It is made when it is approved, and waits for
its proposer: see :mod:`tracker.workflows.handovers`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from tracker.access import people, proposals
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Forbidden, Invalid, Mistake, NotFound
from tracker.workflows.acts import Context
from tracker.workflows.handovers import decided_at, decided_by, store

KIND = "person.roles"
ADD = "person.add"
RESET = "person.reset"


def propose_roles(
    session: Session, person: Person, roles: Iterable[str], *, ends_on: str | None, by: Person, at: datetime
) -> Proposal:
    """Propose that a person has these roles and no others, until a last day if one is given.

    What they have now is part of what is approved.

    :raise Forbidden: they are one's own.
    :raise Invalid: roles that there are not, that the person has already, or an assurer without a last day.
    """
    if person.id == by.id:
        raise Forbidden("Nobody proposes roles for themselves. Ask another administrator.")
    wanted, day = frozenset(roles), ends_on or person.ends_on
    people.check(person.login, person.name, wanted, day, at)
    if (wanted, day) == (person.roles, person.ends_on):
        raise Invalid("Nothing would change.", [Mistake("roles", "are what the person has already")])
    content = {"person": person.id, "roles": sorted(wanted), "before": sorted(person.roles), "ends_on": day}
    return proposals.propose(session, KIND, person.actor, content, by=by, at=at)


def propose_person(
    session: Session, login: str, name: str, roles: Iterable[str], *, ends_on: str | None, by: Person, at: datetime
) -> Proposal:
    """Propose somebody new, with their roles.

    :raise Invalid: a login, name, role or day that cannot be; all mistakes are listed.
    :raise Conflict: the login is taken.
    """
    wanted = frozenset(roles)
    people.check(login, name, wanted, ends_on, at)
    if any(each.login == login for each in people.listed(session)):
        raise Conflict(f"There is or was a person with the login {login!r}. Choose another login.")
    content = {"login": login, "name": name, "roles": sorted(wanted), "ends_on": ends_on}
    # The trail names nobody, and of two proposals for one login the second is refused.
    target = f"login:{hashlib.sha256(login.encode()).hexdigest()[:16]}"
    return proposals.propose(session, ADD, target, content, by=by, at=at)


def propose_reset(session: Session, person: Person, *, by: Person, at: datetime) -> Proposal:
    """Propose to take away a person's password and second factor, for a new invitation.

    :raise Forbidden: they are one's own.
    """
    if person.id == by.id:
        raise Forbidden("Nobody resets themselves. Ask another administrator.")
    return proposals.propose(session, RESET, person.actor, {"person": person.id}, by=by, at=at)


def apply_roles(_context: Context, session: Session, proposal: Proposal) -> None:
    """Give the roles that were approved.

    :raise NotFound: the person is gone.
    :raise Conflict: the person's roles are no longer those that the proposal started from.
    """
    content = proposal.content
    person = _person(session, proposal)
    if sorted(person.roles) != content["before"]:
        raise Conflict("The person's roles have changed since this was proposed. Refuse it, and have it proposed anew.")
    people.set_roles(
        session,
        person.id,
        content["roles"],
        ends_on=content["ends_on"],
        by=decided_by(proposal),
        at=decided_at(proposal),
    )


def apply_person(context: Context, session: Session, proposal: Proposal) -> None:
    """Add the person who was approved; the invitation waits for the proposer.

    :raise Conflict: the login was taken meanwhile.
    """
    content, at = proposal.content, decided_at(proposal)
    _made, invitation = people.add(
        session,
        content["login"],
        content["name"],
        content["roles"],
        ends_on=content["ends_on"],
        by=decided_by(proposal),
        at=at,
    )
    store(session, context.keys, proposal, {"invitation": invitation}, at=at)


def apply_reset(context: Context, session: Session, proposal: Proposal) -> None:
    """Reset the person; the invitation waits for the proposer.

    :raise NotFound: the person is gone.
    """
    person, at = _person(session, proposal), decided_at(proposal)
    invitation = people.reset(session, person.login, by=decided_by(proposal), at=at)
    store(session, context.keys, proposal, {"invitation": invitation}, at=at)


def _person(session: Session, proposal: Proposal) -> Person:
    found = people.find(session, proposal.content["person"])
    if found is None:
        raise NotFound("The person of this proposal is not there any more. Refuse it.")
    return found

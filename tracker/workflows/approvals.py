"""Approvals: what one person proposed takes effect when another agrees to exactly that.

A proposal is bound to a digest of its content. Approving it and what follows from it are one transaction, so that
neither is ever there without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session

from tracker.access import proposals
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Forbidden, NotFound
from tracker.workflows import erasing, freezing, grants, holds, keychanges, roles
from tracker.workflows.acts import Context
from tracker.workflows.sight import Sight, sight

Applier: TypeAlias = Callable[[Context, Session, Proposal], None]
"""Does what a proposal says, in the transaction that approves it. What it raises undoes the approval, too."""

APPLIERS: Mapping[str, Applier] = {
    roles.KIND: roles.apply_roles,
    roles.ADD: roles.apply_person,
    roles.RESET: roles.apply_reset,
    keychanges.KIND: keychanges.apply_key,
    keychanges.TOKEN: keychanges.apply_token,
    "case.access": grants.apply_case_access,
    "erasure": erasing.apply_erasure,
    freezing.KIND: freezing.apply_freeze,
    holds.KIND: holds.apply_release,
}
"""What follows from the approval of each kind of proposal."""

_PAGE = 1_000


def approve(context: Context, session: Session, id: int, digest: str, *, by: Person, at: datetime) -> Proposal:
    """Agree to what a proposal says, and do it.

    :raise NotFound: there is no such proposal, or ``by`` must not know of it.
    :raise Forbidden: it is one's own, or not one's to decide.
    :raise Conflict: it was decided already, it has changed since ``digest`` was read, or it cannot be done any more.
    """
    _check(context, session, id, by, at)
    decided = proposals.decide(session, id, digest, approve=True, by=by, at=at)
    APPLIERS[decided.kind](context, session, decided)
    return decided


def refuse(
    context: Context, session: Session, id: int, digest: str, *, reason: str, by: Person, at: datetime
) -> Proposal:
    """Decide that what a proposal says is not done, with a reason.

    :raise NotFound, Forbidden, Conflict: as :func:`approve`.
    :raise Invalid: without a reason.
    """
    _check(context, session, id, by, at)
    return proposals.decide(session, id, digest, approve=False, by=by, at=at, reason=reason)


def opened(seen: Sight, session: Session, id: int) -> Proposal:
    """One proposal, for who proposed it, may decide it, or reads the audit trail.

    :raise NotFound: there is none, or it is not for this person to know of; nobody learns which.
    """
    with suppress(NotFound):
        found = proposals.get(session, id)
        if readable(seen, found):
            return found
    raise NotFound(f"There is no proposal {id} here. Look it up in the list.")


def listed(seen: Sight, session: Session) -> list[Proposal]:
    """Every proposal that somebody may know of: those that wait first, oldest first; then the others, newest first."""
    found = proposals.pending(session)
    before = None
    while page := proposals.settled(session, before=before, limit=_PAGE):
        found += page
        before = page[-1].id
    return [each for each in found if readable(seen, each)]


def readable(seen: Sight, proposal: Proposal) -> bool:
    """Whether somebody may know of a proposal. Who is named in a case learns nothing from its proposals either."""
    person = seen.person
    mine = proposal.proposed_by == person.id
    return (mine or person.may("proposals.decide") or person.may("audit.read")) and seen.target(proposal.target)


def decidable(seen: Sight, proposal: Proposal) -> bool:
    """Whether somebody may decide a proposal now: it is open, known to them, neither theirs nor about them."""
    may = seen.person.may("proposals.decide") and seen.person.id not in proposal.barred
    return may and proposal.state == proposals.OPEN and readable(seen, proposal)


def _check(context: Context, session: Session, id: int, by: Person, at: datetime) -> None:
    opened(sight(session, context.keys, by, at), session, id)
    if not by.may("proposals.decide"):
        raise Forbidden("Deciding proposals takes an approver.")

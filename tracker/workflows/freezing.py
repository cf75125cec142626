"""Freezing by four eyes: a draft is signed by who prepared it and frozen when somebody else approves exactly that.

Signing is a proposal, bound to the draft by its digest; approving it freezes the year in the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from tracker.access import audit, proposals
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Forbidden
from tracker.ledger.events import Actor
from tracker.snapshots import drafts
from tracker.snapshots.drafts import Draft
from tracker.snapshots.freeze import Approval, freeze, publish
from tracker.snapshots.reading import Snapshot, find, get
from tracker.workflows.acts import Context

KIND = "year.freeze"


def draft_year(context: Context, session: Session, year: int, *, by: Person) -> Draft:
    """Draft a year that is not frozen yet.

    :raise Forbidden: it takes somebody who prepares years.
    :raise Conflict: as :func:`tracker.snapshots.drafts.draft`.
    """
    _check_may(by)
    return drafts.draft(context.intake.ledger, context.keys.signer, session, _actor(by), year)


def restate(context: Context, session: Session, year: int, *, reason: str, by: Person) -> Draft:
    """Draft the next revision of a frozen year.

    :raise Forbidden: it takes somebody who prepares years.
    :raise Conflict, Invalid: as :func:`tracker.snapshots.drafts.draft_restatement`.
    """
    _check_may(by)
    ledger = context.intake.ledger
    return drafts.draft_restatement(ledger, context.keys.signer, session, _actor(by), year, reason=reason)


def sign(session: Session, id: int, digest: str, *, by: Person, at: datetime) -> Proposal:
    """Sign a draft as who prepared it: from then on it waits for somebody else's approval.

    :raise Forbidden: it takes somebody who prepares years.
    :raise NotFound: there is no such draft.
    :raise Conflict: ``digest`` is not the draft's, there is a newer one, it is frozen already, or one of the year waits
        for approval already.
    """
    _check_may(by)
    found = drafts.get_draft(session, id)
    last = drafts.newest(session, found.year)
    if digest != found.digest:
        raise Conflict("The draft says something else than what you read. Look at it again, then sign.")
    if last is None or last.id != id:
        raise Conflict(f"There is a newer draft of {found.year}. Look at that one, then sign it.")
    frozen = find(session, found.year)
    if frozen is not None and frozen.revision >= found.revision:
        raise Conflict(f"Revision {found.revision} of {found.year} is frozen already. Restate the year to change it.")
    content = {
        "year": found.year,
        "revision": found.revision,
        "draft": found.id,
        "draft_digest": found.digest,
        "log_size": found.log_size,
    }
    return proposals.propose(session, KIND, f"year/{found.year}", content, by=by, at=at)


def apply_freeze(context: Context, session: Session, proposal: Proposal) -> None:
    """Freeze the draft that was signed and is now approved, in the transaction of its approval.

    :raise Conflict: the draft is not what was signed, or is not the year's newest any more.
    """
    found = drafts.get_draft(session, proposal.content["draft"])
    if found.digest != proposal.content["draft_digest"]:
        raise Conflict("The draft is not the one that was signed. Refuse this, and have the year drafted again.")
    assert proposal.decided_by
    assert proposal.decided_at
    freeze(
        context.intake.ledger,
        context.keys.signer,
        session,
        found,
        signed=Approval("signed", f"person:{proposal.proposed_by}", proposal.proposed_at),
        approved=Approval("approved", f"person:{proposal.decided_by}", proposal.decided_at),
    )


def waiting(session: Session, year: int) -> Proposal | None:
    """The signed draft of a year that waits for approval, if there is one."""
    return next((each for each in proposals.pending(session, [KIND]) if each.content["year"] == year), None)


def publish_year(session: Session, year: int, revision: int, *, by: Person, at: datetime) -> Snapshot:
    """Let everybody see a frozen revision.

    :raise Forbidden: it takes an approver.
    :raise NotFound: there is no such revision.
    """
    if not by.may("years.publish"):
        raise Forbidden("Publishing a year takes an approver.")
    found = get(session, year, revision)
    audit.write(session, at, by.actor, "year.published", f"year/{year}", f"revision {revision}, {found.digest}")
    return publish(session, found, _actor(by), at)


def _check_may(person: Person) -> None:
    if not person.may("years.prepare"):
        raise Forbidden("Drafting and signing a year takes somebody who prepares years: a recorder or an approver.")


def _actor(person: Person) -> Actor:
    return Actor("person", person.id)

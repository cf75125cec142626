"""Legal holds: while one stands, nothing that is confidential about its subject is erased, whoever agrees to it.

Placing one takes one person, so that it is in time; releasing it takes two. What a backup brings back was destroyed
before: it goes again, hold or not (:mod:`tracker.workflows.reapplying`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.orm import Session

from tracker.access import audit, proposals
from tracker.access.models import data_keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.clock import stamp
from tracker.errors import Conflict, Forbidden, Invalid, LegalHold, Mistake, NotFound
from tracker.ledger.events import Actor
from tracker.ledger.heads import lock
from tracker.ledger.models import events
from tracker.workflows.acts import Context
from tracker.workflows.models import holds

KIND = "hold.release"
LONGEST_REASON = 1000


class Hold(NamedTuple):
    """A hold on the owner of a data key (``integrity/case-2020-07``); who placed and released it are pseudonyms."""

    id: int
    owner: str
    reason: str
    placed_at: str
    placed_by: str
    released_at: str | None
    released_by: str | None


def place(session: Session, owner: str, reason: str, *, by: Actor, at: datetime) -> Hold:
    """Keep what is confidential about a subject of a domain from being erased, from now on. The caller has checked
    that ``by`` may (``holds.manage``).

    :raise Invalid: there is no reason, or it is too long.
    :raise NotFound: nothing is on record about this subject in this domain.
    """
    _check_reason(reason, "Say why it is to be kept.")
    lock(session)  # an erasure that is being approved ends first, or waits and finds the hold
    if not _on_record(session, owner):
        raise NotFound(f"Nothing is on record about {owner!r}. Write the domain and the subject as its page shows it.")
    row = {"owner": owner, "reason": reason.strip(), "placed_at": stamp(at), "placed_by": by.name}
    id = session.scalar(insert(holds).values(row).returning(holds.c.id))
    assert id is not None
    audit.write(session, at, str(by), "hold.placed", owner, f"hold:{id}")
    return get(session, id)


def propose_release(session: Session, id: int, reason: str, *, by: Person, at: datetime) -> Proposal:
    """Propose that a hold end; it stands until somebody else agrees.

    :raise Forbidden: it takes somebody who manages holds.
    :raise NotFound: there is no such hold.
    :raise Invalid: there is no reason, or it is too long.
    :raise Conflict: it is released, or its release is proposed already.
    """
    if not by.may("holds.manage"):
        raise Forbidden("Releasing a legal hold is proposed by an approver.")
    found = _standing(get(session, id))
    _check_reason(reason, "Say why it is kept no longer.")
    content = {"hold": found.id, "owner": found.owner, "reason": reason.strip()}
    return proposals.propose(session, KIND, f"{found.owner}/{found.id}", content, by=by, at=at)


def apply_release(context: Context, session: Session, proposal: Proposal) -> None:
    """End the hold, in the transaction of the approval.

    :raise Conflict: it is released already.
    """
    found = _standing(get(session, proposal.content["hold"]))
    at = context.intake.ledger.clock()
    assert proposal.decided_by
    values = {"released_at": stamp(at), "released_by": proposal.decided_by}
    session.execute(update(holds).where(holds.c.id == found.id).values(values))
    actor = f"person:{proposal.decided_by}"
    audit.write(session, at, actor, "hold.released", found.owner, f"hold:{found.id}, proposal:{proposal.id}")


def check(session: Session, owner: str) -> None:
    """Guard an erasure.

    :raise LegalHold: a hold stands. Why it was placed is not said here.
    """
    query = select(holds.c.id).where(holds.c.owner == owner, holds.c.released_at.is_(None)).limit(1)
    found = session.scalar(query)
    if found is not None:
        raise LegalHold(
            f"A legal hold stands, for a reason that its page ({found}) gives: nothing confidential about this subject "
            "may be erased. Have the hold released first; that takes two people."
        )


def get(session: Session, id: int) -> Hold:
    """One hold.

    :raise NotFound: there is none with this number.
    """
    row = session.execute(select(holds).where(holds.c.id == id)).first() if 0 < id < 2**63 else None
    if row is None:
        raise NotFound(f"There is no legal hold {id}. Look it up in the list.")
    return Hold._make(row)


def listed(session: Session) -> Sequence[Hold]:
    """Every hold there is or was, the newest first."""
    return [Hold._make(row) for row in session.execute(select(holds).order_by(holds.c.id.desc()))]


def held(session: Session) -> frozenset[str]:
    """The owners on whom a hold stands."""
    return frozenset(session.scalars(select(holds.c.owner).where(holds.c.released_at.is_(None))))


def _standing(found: Hold) -> Hold:
    if found.released_at is not None:
        raise Conflict(f"The legal hold {found.id} was released already. Nothing was changed.")
    return found


def _check_reason(reason: str, words: str) -> None:
    if not reason.strip():
        raise Invalid(words, [Mistake("reason", "is required")])
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid("The reason is too long.", [Mistake("reason", f"must have at most {LONGEST_REASON} characters")])


def _on_record(session: Session, owner: str) -> bool:
    domain, _, named = owner.partition("/")
    key = exists().where(data_keys.c.owner == owner)
    if session.scalar(select(key)):
        return True
    type = events.c.type.startswith(f"{domain}.", autoescape=True)
    if named.startswith("#") and not named.startswith("##"):
        seq = int(named[1:]) if named[1:].isascii() and named[1:].isdigit() else -1
        return session.scalar(select(events.c.seq).where(type, events.c.seq == seq)) is not None
    o = events.alias("o")
    first = or_(type, o.c.type.startswith(f"{domain}.", autoescape=True))
    query = select(events.c.seq).outerjoin(o, o.c.seq == events.c.original)
    return session.scalar(query.where(events.c.subject == named.removeprefix("#"), first).limit(1)) is not None

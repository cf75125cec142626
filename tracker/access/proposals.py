"""Four eyes: what one person proposes and another decides. An approval is bound to the digest of what was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.accounts import proposals
from tracker.access.people import Person
from tracker.canonical import canonical, canonical_bytes
from tracker.clock import stamp
from tracker.errors import Conflict, Forbidden, Invalid, Mistake, NotFound

OPEN, APPROVED, REFUSED, WITHDRAWN = "open", "approved", "refused", "withdrawn"
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Proposal:
    """A proposal as it stands. ``proposed_by`` and ``decided_by`` are pseudonyms, ``digest`` is hex."""

    id: int
    kind: str
    target: str
    content: Mapping[str, Any]
    digest: str
    state: str
    proposed_by: str
    proposed_at: str
    decided_by: str | None = None
    decided_at: str | None = None
    reason: str | None = None

    @property
    def barred(self) -> frozenset[str]:
        """The pseudonyms of those who may not decide: who proposed it, and whom it gives something."""
        return frozenset({self.proposed_by, self.content.get("person", self.proposed_by)})


def propose(
    session: Session, kind: str, target: str, content: Mapping[str, Any], *, by: Person, at: datetime
) -> Proposal:
    """Propose something; ``content`` is JSON without floats. Nothing of it happens before it is approved.

    :raise Conflict: another proposal about this ``target`` waits for a decision.
    """
    row = {
        "kind": kind,
        "target": target,
        "content": canonical(content),
        "digest": digest_of(kind, target, content),
        "state": OPEN,
        "proposed_by": by.id,
        "proposed_at": stamp(at),
    }
    try:
        with session.begin_nested():
            id = session.scalar(insert(proposals).values(row).returning(proposals.c.id))
    except IntegrityError:
        raise Conflict(
            f"A proposal about {target} waits for a decision already. Have that one decided or withdrawn first."
        ) from None
    assert id is not None
    audit.write(session, at, by.actor, "proposal.made", f"proposal:{id}", f"{kind} {target}")
    return get(session, id)


def decide(
    session: Session, id: int, digest: str, *, approve: bool, by: Person, at: datetime, reason: str | None = None
) -> Proposal:
    """Approve or refuse a proposal. What follows from an approval the caller does in the same transaction.

    ``digest`` is that of what the decider has read. Of two who decide at the same time, one does.

    :raise NotFound: there is no such proposal.
    :raise Forbidden: it is the decider's own, or about them.
    :raise Conflict: it says something else than ``digest``, or is decided already.
    :raise Invalid: a refusal without a reason.
    """
    found = get(session, id)
    if by.id in found.barred:
        raise Forbidden("Somebody else must decide this: you proposed it, or it is about you.")
    if not approve and not (reason or "").strip():
        raise Invalid("A refusal takes a reason.", [Mistake("reason", "say why, for who proposed it")])
    if len(reason or "") > LONGEST_REASON:
        raise Invalid("The reason is too long.", [Mistake("reason", f"must have at most {LONGEST_REASON} characters")])
    if digest != found.digest or digest != digest_of(found.kind, found.target, found.content):
        raise Conflict("The proposal says something else than what you read. Look at it again, then decide.")
    return _settle(session, found, APPROVED if approve else REFUSED, by, at, reason)


def withdraw(session: Session, id: int, *, by: Person, at: datetime) -> Proposal:
    """Take back one's own proposal.

    :raise NotFound: there is no such proposal.
    :raise Forbidden: it is somebody else's.
    :raise Conflict: it is decided already.
    """
    found = get(session, id)
    if found.proposed_by != by.id:
        raise Forbidden("Only who made a proposal withdraws it; others refuse it.")
    return _settle(session, found, WITHDRAWN, by, at, None)


def get(session: Session, id: int) -> Proposal:
    """One proposal.

    :raise NotFound: there is none with this number.
    """
    row = session.execute(select(proposals).where(proposals.c.id == id)).first() if 0 < id < 2**63 else None
    if row is None:
        raise NotFound(f"There is no proposal {id}.")
    return _proposal(row)


def pending(session: Session, kinds: Iterable[str] | None = None) -> list[Proposal]:
    """All that wait for a decision, oldest first; of these ``kinds`` if they are given."""
    query = select(proposals).where(proposals.c.state == OPEN)
    if kinds is not None:
        query = query.where(proposals.c.kind.in_(tuple(kinds)))
    return [_proposal(row) for row in session.execute(query.order_by(proposals.c.id))]


def settled(session: Session, *, before: int | None = None, limit: int = 100) -> list[Proposal]:
    """Those that wait no more, newest first; ``before`` is the last ``id`` of the page before."""
    query = select(proposals).where(proposals.c.state != OPEN)
    if before is not None:
        query = query.where(proposals.c.id < before)
    return [_proposal(row) for row in session.execute(query.order_by(proposals.c.id.desc()).limit(limit))]


def digest_of(kind: str, target: str, content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON of what is proposed."""
    return hashlib.sha256(canonical_bytes({"kind": kind, "target": target, "content": content})).hexdigest()


def _settle(session: Session, found: Proposal, state: str, by: Person, at: datetime, reason: str | None) -> Proposal:
    c = proposals.c
    standing = (c.id == found.id, c.state == OPEN, c.digest == found.digest)
    values = {"state": state, "decided_by": by.id, "decided_at": stamp(at), "reason": (reason or "").strip() or None}
    if session.scalar(update(proposals).where(*standing).values(values).returning(c.id)) is None:
        now = get(session, found.id)
        raise Conflict(f"The proposal is {now.state} already, since {now.decided_at}. Nothing was changed.")
    audit.write(session, at, by.actor, f"proposal.{state}", f"proposal:{found.id}", f"{found.kind} {found.target}")
    return get(session, found.id)


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(**row._asdict() | {"content": json.loads(row.content)})

"""New secrets, tokens and invitations on their way: sealed from approval until they are picked up by who proposed them.

They are shown once, to one person, within seven days; then they are gone from here. They never stand in a proposal, in
the audit trail or in a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.crypto import seal, unseal
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.clock import stamp
from tracker.errors import Forbidden, NotFound
from tracker.workflows.models import handovers

KEPT = timedelta(days=7)


def store(session: Session, keys: Keys, proposal: Proposal, texts: Mapping[str, str], *, at: datetime) -> None:
    """Keep what an approval has made for whoever proposed it; let go of what nobody came for."""
    session.execute(delete(handovers).where(handovers.c.until <= stamp(at)))
    sealed = seal(keys.secrets.key, msgspec.json.encode(dict(texts)), _place(proposal.id))
    session.execute(insert(handovers).values(proposal=proposal.id, sealed=sealed, until=stamp(at + KEPT)))


def waits(session: Session, proposal: Proposal, *, at: datetime) -> str | None:
    """Until when something waits to be picked up (UTC), or nothing does."""
    query = select(handovers.c.until).where(handovers.c.proposal == proposal.id, handovers.c.until > stamp(at))
    return session.scalar(query)


def pick_up(session: Session, keys: Keys, proposal: Proposal, *, by: Person, at: datetime) -> Mapping[str, str]:
    """The texts that an approval has made, by name (``secret``, ``token``, ``invitation``): this once.

    :raise Forbidden: somebody else proposed it.
    :raise NotFound: it was picked up before, or its time is over.
    """
    if proposal.proposed_by != by.id:
        raise Forbidden("Only who proposed this can pick up what it made.")
    mine = delete(handovers).where(handovers.c.proposal == proposal.id, handovers.c.until > stamp(at))
    found = session.execute(mine.returning(handovers.c.sealed)).first()
    if found is None:
        raise NotFound("There is nothing to pick up any more: it is shown once, within seven days. Propose a new key.")
    audit.write(session, at, by.actor, "key.picked_up", proposal.target, f"proposal {proposal.id}")
    texts: Mapping[str, str] = msgspec.json.decode(
        unseal(keys.secrets.key, bytes(found.sealed), _place(proposal.id)), type=dict[str, str]
    )
    return texts


def _place(proposal: int) -> str:
    return f"key_handover/{proposal}"


def decided_at(proposal: Proposal) -> datetime:
    """When a proposal was decided."""
    return datetime.fromisoformat(proposal.decided_at or "")


def decided_by(proposal: Proposal) -> str:
    """Who decided a proposal, as the audit trail names them."""
    return f"person:{proposal.decided_by}"

"""Erasure: what is confidential about a subject goes for good, and the log stays as it is.

Destroyed are the subject's data key, the sealed values with the salts of their commitments, and the files. Without
its salt a commitment tells nothing of its value. Figures rest on open fields alone, so that none changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, delete, func, or_, select
from sqlalchemy.orm import Session

from tracker.access import audit, proposals
from tracker.access.models import data_keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Invalid, Mistake, NotFound
from tracker.evidence.models import files
from tracker.ledger.events import VOIDED
from tracker.ledger.heads import lock
from tracker.ledger.models import events, vault
from tracker.ledger.vault import owner, owner_of
from tracker.workflows.acts import Context

KIND = "erasure"

_CHUNK = 500


class Erased(NamedTuple):
    """How much an erasure destroyed."""

    values: int
    files: int


def propose_erasure(session: Session, domain: str, subject: str, reason: str, *, by: Person, at: datetime) -> Proposal:
    """Propose that all that is confidential about a subject of a domain be destroyed.

    :raise Invalid: there is no reason.
    :raise NotFound: nothing confidential is held about this subject.
    :raise Conflict: this is proposed already.
    """
    if not reason.strip():
        raise Invalid("Say why it is to be erased.", [Mistake("reason", "is required")])
    target = owner(domain, subject)
    if not _held(session, target):
        raise NotFound(f"Nothing confidential is held about {subject!r}.")
    return proposals.propose(session, KIND, target, {"subject": subject, "reason": reason.strip()}, by=by, at=at)


def apply_erasure(context: Context, session: Session, proposal: Proposal) -> None:
    """Do what an approved proposal says, in the transaction of its approval. Once that is committed, the edge calls
    :func:`tracker.workflows.scrubbing.scrub`.

    :raise Conflict: nothing confidential is held about this subject any more.
    """
    domain = proposal.target.partition("/")[0].partition(".")[0]
    target = owner(domain, proposal.content["subject"])
    if not _held(session, target):
        raise Conflict("Nothing confidential is held about this subject any more. Refuse the proposal.")
    at = context.intake.ledger.clock()
    erase(session, target, by=f"person:{proposal.decided_by}", at=at, why=f"proposal:{proposal.id}")


def erase(session: Session, target: str, *, by: str, at: datetime, why: str) -> Erased:
    """Destroy what is confidential about an owner of a data key (``integrity/case-2020-07``, or ``people/#41`` for an
    event without a subject): all that its key sealed, and every version of the events that concern it now.

    The entry in the audit trail says who, when and how much; ``why`` names the approval.
    """
    lock(session)
    key = session.scalar(select(data_keys.c.id).where(data_keys.c.owner == target))
    values = _delete(session, vault, vault.c.data_key == key)
    held = _delete(session, files, files.c.data_key == key)
    session.execute(delete(data_keys).where(data_keys.c.owner == target))
    for seqs in _versions(session, target):
        attached = session.scalars(select(files.c.seq).where(files.c.event.in_(seqs))).all()
        held += _delete(session, files, files.c.seq.in_(attached))
        values += _delete(session, vault, vault.c.seq.in_([*seqs, *attached]))
    audit.write(session, at, by, "confidential.erased", target, f"values: {values}, files: {held}, {why}")
    return Erased(values, held)


def _held(session: Session, target: str) -> bool:
    return session.scalar(select(data_keys.c.id).where(data_keys.c.owner == target)) is not None


def _delete(session: Session, table: Table, where: ColumnElement[bool]) -> int:
    count = session.scalar(select(func.count()).select_from(table).where(where)) or 0
    session.execute(delete(table).where(where))
    return count


def _versions(session: Session, target: str) -> Iterator[list[int]]:
    """The seqs of all versions of events, some at a time, that in the newest of them belong to an owner, and of the
    files attached to them."""
    domain, _, named = target.partition("/")
    originals = sorted(_originals(session, domain, named))
    for first in range(0, len(originals), _CHUNK):
        newest = _newest(session, originals[first : first + _CHUNK])
        concerned = [seq for seq, (type, subject) in newest.items() if owner_of(type, subject, seq) == target]
        if concerned:
            amended = select(events.c.seq).where(events.c.original.in_(concerned))
            yield [*concerned, *session.scalars(amended)]


def _originals(session: Session, domain: str, named: str) -> set[int]:
    """The originals in this domain of which some version names the subject."""
    if named.startswith("#") and not named.startswith("##"):
        return {int(named[1:])}
    o = events.alias("o")
    first, type = func.coalesce(o.c.seq, events.c.seq), func.coalesce(o.c.type, events.c.type)
    query = select(first, type).outerjoin(o, o.c.seq == events.c.original)
    found = session.execute(query.where(events.c.subject == named.removeprefix("#")))
    return {seq for seq, type in found if type.startswith(f"{domain}.")}


def _newest(session: Session, originals: list[int]) -> dict[int, tuple[str, str | None]]:
    """By original its type, and the subject of its newest version; a void says nothing about that."""
    c, o = events.c, events.alias("o")
    query = select(c.seq, c.original, c.subject, func.coalesce(o.c.type, c.type).label("first_type"))
    query = query.outerjoin(o, o.c.seq == c.original).where(
        or_(c.seq.in_(originals), c.original.in_(originals)), c.type != VOIDED
    )
    rows = session.execute(query.order_by(c.seq))
    return {row.seq if row.original is None else row.original: (row.first_type, row.subject) for row in rows}

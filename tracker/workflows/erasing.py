"""Erasure: what is confidential about a subject goes for good, and the log stays as it is.

Destroyed are the subject's data key, the sealed values with the salts of their commitments, and the files. Without
its salt a commitment tells nothing of its value. Figures rest on open fields alone, so that none changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from tracker.access import audit, proposals
from tracker.access.erasures import Erasure
from tracker.access.models import data_keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound, NotReady
from tracker.evidence.models import files
from tracker.ledger.events import VOIDED
from tracker.ledger.heads import lock
from tracker.ledger.models import events, vault
from tracker.ledger.vault import owner, owner_of
from tracker.workflows import grants, holds
from tracker.workflows.acts import CASE, Context
from tracker.workflows.models import named as marks
from tracker.workflows.models import receipts

KIND = "erasure"
ERASED = "confidential.erased"

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
    :raise LegalHold: one stands on this subject.
    """
    return propose_for_owner(session, owner(domain, subject), subject, reason, by=by, at=at)


def propose_for_owner(
    session: Session, target: str, subject: str, reason: str, *, by: Person, at: datetime
) -> Proposal:
    """The same by the owner of the data key, such as ``people/#41`` for an event without a subject; ``subject`` is
    what people call it.

    :raise Invalid, NotFound, Conflict, LegalHold: as :func:`propose_erasure`.
    """
    if not reason.strip():
        raise Invalid("Say why it is to be erased.", [Mistake("reason", "is required")])
    if not _held(session, target):
        raise NotFound(f"Nothing confidential is held about {subject!r}.")
    holds.check(session, target)
    return proposals.propose(session, KIND, target, {"subject": subject, "reason": reason.strip()}, by=by, at=at)


def apply_erasure(context: Context, session: Session, proposal: Proposal) -> None:
    """Do what an approved proposal says, in the transaction of its approval. Once that is committed, the edge calls
    :func:`tracker.workflows.scrubbing.scrub`.

    Last of all it is written into the erasure ledger. If the transaction is lost after that, the line stays, and what
    two people agreed to is done by the next ``tracker erasures reapply``.

    :raise LegalHold: one stands on this subject.
    :raise Conflict: nothing confidential is held about this subject any more.
    :raise NotReady: the erasure ledger cannot be written.
    """
    if context.erasures is None:
        raise NotReady("This process has no erasure ledger. Name one in TRACKER_ERASURES_FILE.")
    target, head, at = proposal.target, lock(session), context.intake.ledger.clock()
    holds.check(session, target)
    if not _held(session, target):
        raise Conflict("Nothing confidential is held about this subject any more. Refuse the proposal.")
    assert proposal.decided_by
    by = f"person:{proposal.decided_by}"
    erased = destroy(session, target, below=head.size, by=by, at=at)
    root, proposed_by = head.root.hex(), proposal.proposed_by
    line = Erasure(stamp(at), target, head.size, root, proposal.id, proposed_by, proposal.decided_by)
    written = context.erasures.append(line)
    put_on_trail(session, target, erased, by=by, at=at, why=f"proposal:{proposal.id}, ledger:{written.digest}")


def erase(session: Session, target: str, *, by: str, at: datetime, why: str, below: int) -> Erased:
    """Destroy what is confidential about an owner of a data key, as :func:`destroy` does, and put that on the audit
    trail; ``why`` names what it follows from."""
    lock(session)
    erased = destroy(session, target, below=below, by=by, at=at)
    put_on_trail(session, target, erased, by=by, at=at, why=why)
    return erased


def destroy(session: Session, target: str, *, below: int, by: str, at: datetime) -> Erased:
    """Destroy what is confidential about an owner of a data key (``integrity/case-2020-07``, or ``people/#41`` for an
    event without a subject): all that its key sealed, and every version of the events that concern it now; of what was
    recorded in a log of ``below`` events. The key goes with the last that it seals. The caller holds the ledger's lock.

    With a case goes what would lead back to somebody: its receipt, so that its reporter comes back no more; who may
    open it; and the marks of who is named. Its open facts are then seen by all who may see cases.
    """
    values = held = 0
    key = session.scalar(select(data_keys.c.id).where(data_keys.c.owner == target))
    if key is not None:
        values = _delete(session, vault, vault.c.data_key == key, vault.c.seq < below)
        held = _delete(session, files, files.c.data_key == key, files.c.seq < below)
    for seqs in _versions(session, target):
        attached = session.scalars(select(files.c.seq).where(files.c.event.in_(seqs), files.c.seq < below)).all()
        held += _delete(session, files, files.c.seq.in_(attached))
        values += _delete(session, vault, vault.c.seq.in_([*seqs, *attached]), vault.c.seq < below)
    _drop_idle_key(session, key)
    domain, _, subject = target.partition("/")
    if domain == CASE.partition(".")[0]:
        _forget_people(session, subject, by, at)
    return Erased(values, held)


def put_on_trail(session: Session, target: str, erased: Erased, *, by: str, at: datetime, why: str) -> None:
    """Who erased, when, and how much."""
    audit.write(session, at, by, ERASED, target, f"values: {erased.values}, files: {erased.files}, {why}")


def _drop_idle_key(session: Session, key: int | None) -> None:
    in_use = [exists().where(table.c.data_key == key) for table in (vault, files)]
    session.execute(delete(data_keys).where(data_keys.c.id == key, *(~each for each in in_use)))


def _forget_people(session: Session, subject: str, by: str, at: datetime) -> None:
    grants.end(session, subject, grants.holders(session, subject), by=by, at=at)
    for table in (receipts, marks):
        session.execute(delete(table).where(table.c.subject == subject))


def _held(session: Session, target: str) -> bool:
    return session.scalar(select(data_keys.c.id).where(data_keys.c.owner == target)) is not None


def _delete(session: Session, table: Table, *where: ColumnElement[bool]) -> int:
    count = session.scalar(select(func.count()).select_from(table).where(*where)) or 0
    session.execute(delete(table).where(*where))
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

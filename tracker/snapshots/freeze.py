"""Freezing a year: a draft that two people agreed to is sealed, signed and stored, never to change."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.access.notes import Signer, signed_by
from tracker.canonical import canonical, digest
from tracker.clock import stamp
from tracker.errors import Conflict
from tracker.ledger import checkpoints
from tracker.ledger.events import Actor
from tracker.ledger.heads import lock_head
from tracker.ledger.record import Ledger
from tracker.snapshots import late
from tracker.snapshots.drafts import Draft, newest
from tracker.snapshots.models import publications, snapshots
from tracker.snapshots.reading import Snapshot, find, get


class Approval(NamedTuple):
    """What somebody did to a draft: ``act`` is ``signed`` or ``approved``, ``by`` a pseudonym, ``at`` a stamp."""

    act: str
    by: str
    at: str


def freeze(
    ledger: Ledger, signer: Signer, session: Session, draft: Draft, *, signed: Approval, approved: Approval
) -> Snapshot:
    """Freeze a draft that one person signed and another approved; sign a checkpoint of the log as it is by then.

    Events that came since the draft are marked as late for the year.

    :raise Conflict: the draft is not the year's newest, is frozen already, is not what its digest covers, or the same
        person did both.
    """
    head = lock_head(session, ledger.catalogue)
    _check(session, draft, signed, approved)
    seal = canonical(_seal(draft, signer, signed, approved))
    row = {
        "year": draft.year,
        "revision": draft.revision,
        "log_size": draft.log_size,
        "catalogue": draft.catalogue,
        "frozen_at": approved.at,
        "frozen_by": approved.by,
        "body": draft.text,
        "digest": bytes.fromhex(draft.digest),
        "draft": draft.id,
        "seal": seal,
        "signature": signer.sign(seal.encode()),
    }
    session.execute(insert(snapshots).values(row))
    late.mark_since(session, ledger.catalogue, draft.year, draft.log_size, head.size)
    if head.size:
        checkpoints.sign(session, ledger.catalogue, signer, ledger.clock())
    return get(session, draft.year, draft.revision)


def _seal(draft: Draft, signer: Signer, signed: Approval, approved: Approval) -> dict[str, Any]:
    return {
        "approvals": [signed._asdict(), approved._asdict()],
        "digest": draft.digest,
        "draft": draft.id,
        "key": signer.public.hex(),
        "log_size": draft.log_size,
        "revision": draft.revision,
        "root": draft.body["root"],
        "year": draft.year,
    }


def _check(session: Session, draft: Draft, signed: Approval, approved: Approval) -> None:
    last, frozen = newest(session, draft.year), find(session, draft.year)
    if last is None or last.id != draft.id:
        raise Conflict(f"There is a newer draft of {draft.year}. Look at that one.")
    if draft.revision != (1 if frozen is None else frozen.revision + 1):
        raise Conflict(f"The year {draft.year} is frozen as revision {draft.revision} already.")
    if last != draft or digest(last.text).hex() != last.digest:
        raise Conflict(f"Draft {draft.id} is not what its digest covers: it was tampered with. Draft the year again.")
    if signed.by == approved.by:
        raise Conflict("A year takes two people: one who signs it and another who approves it.")


def publish(session: Session, snapshot: Snapshot, actor: Actor, at: datetime) -> Snapshot:
    """Let everybody see a frozen revision. Doing so twice changes nothing."""
    c = publications.c
    there = select(c.year).where(c.year == snapshot.year, c.revision == snapshot.revision)
    if session.execute(there).first() is None:
        row = {"year": snapshot.year, "revision": snapshot.revision, "published_at": stamp(at)}
        session.execute(insert(publications).values(row | {"published_by": str(actor)}))
    return get(session, snapshot.year, snapshot.revision)


def signature_holds(snapshot: Snapshot, public: bytes) -> bool:
    """Whether a frozen revision is what its seal says, and this key signed the seal."""
    if snapshot.seal is None or snapshot.signature is None or digest(snapshot.text).hex() != snapshot.digest:
        return False
    if not signed_by(public, snapshot.seal.encode(), snapshot.signature):
        return False
    sealed = json.loads(snapshot.seal)
    columns = (snapshot.digest, snapshot.year, snapshot.revision, snapshot.log_size)
    return columns == tuple(sealed[name] for name in ("digest", "year", "revision", "log_size"))

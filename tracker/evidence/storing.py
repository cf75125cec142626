"""Storing files: each sealed under the data key of its event's subject, its digest in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.access.crypto import seal, unseal
from tracker.access.models import data_keys
from tracker.access.reads import put_on_record
from tracker.clock import stamp
from tracker.db import Database
from tracker.errors import NotFound, NotReady
from tracker.evidence.kinds import Clean
from tracker.evidence.models import files
from tracker.intake.accept import Intake
from tracker.ledger.events import ATTACHED, VOIDED, Actor, Receipt
from tracker.ledger.models import events, vault
from tracker.ledger.record import Ledger, record
from tracker.ledger.vault import opened

SOURCE = "/tracker/evidence"
OPENED = "evidence.opened"


class Attached(NamedTuple):
    """A file that is kept: the event that attached it, and the one it belongs to; its name is confidential."""

    seq: int
    event: int
    media_type: str
    size: int
    day: str
    actor: str


def attach(
    intake: Intake,
    session: Session,
    actor: Actor,
    event_seq: int,
    file: Clean,
    *,
    id: str,
    time: datetime | None = None,
    coarse: bool = False,
) -> Receipt:
    """Record that a file belongs to an event on record, and store it sealed, in the caller's transaction.

    The same ``id`` with the same file is a duplicate and changes nothing. ``time`` is now unless given; with
    ``coarse`` it is that of the event, and only the day is put on record.

    :raise Invalid: there is no such event, or it attaches a file itself.
    :raise ContentConflict: the same ``id`` with another file.
    :raise NotReady: the keys are out of reach.
    """
    target = session.execute(select(events.c.subject, events.c.time).where(events.c.seq == event_seq)).one_or_none()
    default = target.time if coarse and target else stamp(intake.ledger.clock())
    event = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": ATTACHED,
        "time": default if time is None else time.isoformat(),
        "data": {
            "event": event_seq,
            "media_type": file.media_type,
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "name": file.name,
        },
    }
    if target and target.subject is not None:
        event["subject"] = target.subject
    receipt = record(intake.ledger, session, actor, intake.read([event]), coarse=coarse)[0]
    if receipt.status == "recorded":
        _store(intake.ledger, session, receipt.seq, event_seq, file)
    return receipt


def _store(ledger: Ledger, session: Session, seq: int, event: int, file: Clean) -> None:
    assert ledger.vault is not None, "without one the event was not recorded"
    id = session.scalars(select(vault.c.data_key).where(vault.c.seq == seq).limit(1)).one()
    key = ledger.vault.open_by_id(session, [id])[id]
    row = {
        "seq": seq,
        "event": event,
        "data_key": id,
        "media_type": file.media_type,
        "size": len(file.content),
        "sealed": seal(key, file.content, _place(seq)),
    }
    session.execute(insert(files).values(row))


def of(session: Session, seqs: Collection[int]) -> list[Attached]:
    """The files that belong to these events, as they were attached; without those that were voided or erased."""
    voids = events.alias("voids")
    voided = select(voids.c.seq).where(voids.c.original == files.c.seq, voids.c.type == VOIDED).exists()
    columns = (files.c.seq, files.c.event, files.c.media_type, files.c.size, events.c.day, events.c.actor)
    query = select(*columns).join(events, events.c.seq == files.c.seq)
    query = query.where(files.c.event.in_(list(seqs)), ~voided).order_by(files.c.seq)
    return [Attached._make(row) for row in session.execute(query)]


def open_file(database: Database, ledger: Ledger, actor: str, seq: int, *, purpose: str) -> Clean:
    """The file that event ``seq`` attached. That ``actor`` (``person:p-3kq…``) opens it is put on record and committed
    before anything is decrypted. The caller has checked that they may.

    :raise NotFound: no file was attached there, or it was erased.
    :raise NotReady: the entry cannot be written, a key is out of reach, or the file is not what the ledger says.
    """
    found = put_on_record(
        database, ledger.clock(), actor, OPENED, lambda session: _owner(session, seq), purpose=purpose
    )
    if not found:
        raise _missing(seq)
    with database.read() as session:
        return _opened(session, ledger, seq)


def _owner(session: Session, seq: int) -> dict[int, str]:
    query = select(data_keys.c.owner).join(files, files.c.data_key == data_keys.c.id).where(files.c.seq == seq)
    owner = session.scalar(query)
    return {} if owner is None else {seq: owner}


def _opened(session: Session, ledger: Ledger, seq: int) -> Clean:
    row = session.execute(select(files).where(files.c.seq == seq)).one_or_none()
    if row is None or ledger.vault is None:
        raise _missing(seq)
    key = ledger.vault.open_by_id(session, [row.data_key]).get(row.data_key)
    said: dict[str, Any] = opened(session, ledger.vault, [seq]).get(seq, {})
    if key is None or not said:
        raise _missing(seq)
    content = unseal(key, bytes(row.sealed), _place(seq))
    if hashlib.sha256(content).hexdigest() != said["/sha256"]:
        raise NotReady(f"The file of seq {seq} is not the one whose digest is on record. Compare with a backup.")
    return Clean(row.media_type, content, said["/name"])


def _missing(seq: int) -> NotFound:
    return NotFound(f"No file is kept for seq {seq}. It may have been erased.")


def _place(seq: int) -> str:
    return f"evidence_file/{seq}"

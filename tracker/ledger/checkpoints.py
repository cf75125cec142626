"""Checkpoints (C2SP tlog-checkpoint): the log's size and root, signed, each consistent with all before it.

The text of one is the log's origin, its size and its root in base64, a line each. The origin names the log for good: it
is that of the first checkpoint, whatever the configuration says later.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from tracker.access.notes import Signer, open_note
from tracker.catalogue import Catalogue
from tracker.clock import stamp
from tracker.errors import Conflict, PackInvalid
from tracker.ledger.heads import Head, read_head
from tracker.ledger.merkle import HASH, root_of
from tracker.ledger.models import checkpoints
from tracker.ledger.tree import Nodes


class Checkpoint(NamedTuple):
    """A signed size and root of the log. ``note`` is the signed text as others verify it."""

    size: int
    root: bytes
    note: str
    signed_at: str


class Statement(NamedTuple):
    """What a checkpoint's text says."""

    origin: str
    size: int
    root: bytes


def sign(session: Session, catalogue: Catalogue, signer: Signer, at: datetime) -> Checkpoint:
    """Sign the log as it is now; if this size is signed already, that checkpoint is returned.

    The caller holds the ledger's lock.

    :raise Conflict: the log is empty, or does not continue the one signed last: it was tampered with.
    """
    head, last = read_head(session), newest(session)
    if not head.size:
        raise Conflict("There is nothing to sign yet: the log is empty.")
    if last is not None:
        _check_continues(session, head, last)
        if last.size == head.size:
            return last
    name = origin(session, catalogue)
    note = signer.note(text_of(Statement(name, head.size, head.root)), name)
    made = Checkpoint(head.size, head.root, note, stamp(at))
    session.execute(insert(checkpoints).values(made._asdict()))
    return made


def _check_continues(session: Session, head: Head, last: Checkpoint) -> None:
    same = last.size <= head.size and root_of(Nodes(session, head.size), last.size) == last.root
    if not same or root_of(Nodes(session, head.size), head.size) != head.root:
        raise Conflict(
            f"The log of {head.size} events does not continue the checkpoint of size {last.size}. Nothing was signed; "
            "run `tracker verify` to see what was changed."
        )


def origin(session: Session, catalogue: Catalogue) -> str:
    """How the log is called in its checkpoints, and how its key is."""
    query = select(checkpoints.c.note).order_by(checkpoints.c.size).limit(1)
    first = session.scalar(query)
    return f"{catalogue.organisation.id}/ledger" if first is None else first.partition("\n")[0]


def newest(session: Session) -> Checkpoint | None:
    """The last checkpoint, if there is one."""
    row = session.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).first()
    return None if row is None else _checkpoint(row)


def covering(session: Session, size: int) -> Checkpoint | None:
    """The first checkpoint of at least this size, if there is one."""
    query = select(checkpoints).where(checkpoints.c.size >= size).order_by(checkpoints.c.size).limit(1)
    row = session.execute(query).first()
    return None if row is None else _checkpoint(row)


def listed(session: Session, *, after: int = 0, limit: int | None = None, until: int | None = None) -> list[Checkpoint]:
    """Checkpoints larger than ``after`` and up to size ``until``, ascending."""
    query = select(checkpoints).where(checkpoints.c.size > after).order_by(checkpoints.c.size).limit(limit)
    if until is not None:
        query = query.where(checkpoints.c.size <= until)
    return [_checkpoint(row) for row in session.execute(query)]


def text_of(said: Statement) -> str:
    """The text that is signed."""
    return f"{said.origin}\n{said.size}\n{base64.b64encode(said.root).decode()}\n"


def opened(note: str, name: str, public: bytes) -> Statement:
    """What a checkpoint says that the key of the log called ``name`` signed.

    :raise PackInvalid: it is none, of another log, or not signed by this key.
    """
    found = stated(open_note(note, name, public))
    if found.origin != name:
        raise PackInvalid(f"This is a checkpoint of {found.origin!r}, not of {name!r}.")
    return found


def stated(text: str) -> Statement:
    """What a checkpoint's text says; lines after the third are left aside.

    :raise PackInvalid: it is none.
    """
    name, size, root, *_ = [*text.split("\n"), "", "", ""]
    try:
        found = Statement(name, int(size), base64.b64decode(root, validate=True))
    except (ValueError, binascii.Error):
        found = Statement("", -1, b"")
    if not found.origin or len(found.root) != HASH or str(found.size) != size or found.size < 0:
        raise PackInvalid("This is no checkpoint: origin, size and root belong on a line each.")
    return found


def _checkpoint(row: Row[Any]) -> Checkpoint:
    return Checkpoint(row.size, bytes(row.root), row.note, row.signed_at)

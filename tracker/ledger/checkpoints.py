"""Checkpoints (C2SP tlog-checkpoint): the log's size and root, signed, each consistent with all before it.

The text of one is the log's origin, its size and its root in base64, a line each. The origin names the log for good: it
is that of the first checkpoint, whatever the configuration says later.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from tracker.access.notes import Signer, open_note
from tracker.catalogue import Catalogue
from tracker.clock import stamp
from tracker.errors import Conflict, PackInvalid
from tracker.ledger.heads import Head, read_head
from tracker.ledger.merkle import root_of
from tracker.ledger.models import checkpoints
from tracker.ledger.tree import Nodes

_TEXT = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*"
).fullmatch


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
    return next(iter(recent(session, limit=1)), None)


def of_size(session: Session, size: int) -> Checkpoint | None:
    """The checkpoint of exactly this size, if there is one."""
    found = covering(session, size)
    return found if found is not None and found.size == size else None


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


def recent(session: Session, *, before: int | None = None, limit: int) -> list[Checkpoint]:
    """Up to ``limit`` checkpoints smaller than ``before`` (of any size unless given), the newest first."""
    query = select(checkpoints).order_by(checkpoints.c.size.desc()).limit(limit)
    if before is not None:
        query = query.where(checkpoints.c.size < before)
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
    found = _TEXT(text)
    root = base64.b64decode(found["root"]) if found else b""
    if not found or base64.b64encode(root).decode() != found["root"]:
        raise PackInvalid("This is no checkpoint: origin, size and root belong on a line each.")
    return Statement(found["origin"], int(found["size"]), root)


def check_kept(session: Session, note: str, name: str, public: bytes) -> Statement:
    """Check that a checkpoint kept outside, signed by the key of the log called ``name``, is one of this log: that the
    stored tree has its root at its size. Returns what it says.

    :raise PackInvalid: it is none, of another log or key; or the log was cut off, set back or rewritten since.
    """
    found, head = opened(note, name, public), read_head(session)
    if found.size > head.size:
        raise PackInvalid(
            f"The checkpoint is of size {found.size}, but the log has {head.size} events: its end is gone, or the "
            "database was set back to an earlier state."
        )
    if root_of(Nodes(session, head.size), found.size) != found.root:
        raise PackInvalid(
            f"The log's root at size {found.size} is not the one of the checkpoint: something before seq {found.size} "
            "was changed since. Run `tracker verify` to see whether the log still fits itself."
        )
    return found


def _checkpoint(row: Row[Any]) -> Checkpoint:
    return Checkpoint(row.size, bytes(row.root), row.note, row.signed_at)

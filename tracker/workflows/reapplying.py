"""Reapplying: what was erased since a backup was made is erased again where that backup was restored.

The erasure ledger says what was erased, the audit trail what was erased in this very database; what the one names and
the other does not is done again. A line may also stem from an approval whose transaction was lost after the line was
written: two people had agreed, so that it is done, and the proposal, which still waits, can only be refused.

Legal holds do not stand against it: what comes back from a backup was destroyed before they were placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.access.accounts import audit
from tracker.access.erasures import Erasure
from tracker.db import one_of, run
from tracker.errors import NotReady
from tracker.ledger.heads import lock
from tracker.ledger.merkle import root_of
from tracker.ledger.tree import Nodes
from tracker.workflows.erasing import ERASED, Erased, erase

_BY_LEDGER = "ledger:"


def pending(session: Session, lines: Sequence[Erasure]) -> list[Erasure]:
    """The lines of the erasure ledger that were never applied in this database, the oldest first. One indexed query."""
    if not lines:
        return []
    among, wanted = one_of(session, "target", sorted({line.owner for line in lines}))
    rows = run(session, f"SELECT detail FROM audit_entry WHERE {among} AND action = ?", (wanted, ERASED))
    applied = {_digest(row.detail) for row in rows}
    return [line for line in lines if line.digest not in applied]


def check_applied(session: Session, lines: Sequence[Erasure]) -> None:
    """Refuse to serve what was erased.

    :raise NotReady: some line was never applied in this database.
    """
    if missing := pending(session, lines):
        raise NotReady(
            f"Erasures that were never applied in this database: {len(missing)}, the first of {missing[0].at}. It was "
            "restored from an older backup. Run `tracker erasures reapply`, then start again."
        )


def unknown(session: Session, lines: Sequence[Erasure]) -> list[str]:
    """The digests of lines that the audit trail names and the ledger lacks: its end was cut off, or it is another."""
    known = {line.digest for line in lines}
    details = session.scalars(select(audit.c.detail).where(audit.c.action == ERASED).order_by(audit.c.id))
    named = (_digest(detail) for detail in details)
    return [digest for digest in named if digest and digest not in known]


def reapply(session: Session, lines: Sequence[Erasure], *, by: str, at: datetime) -> list[tuple[Erasure, Erased]]:
    """Erase again what was never erased here, as far as it was recorded before; with what each destroyed. Once that is
    committed, the edge calls :func:`tracker.workflows.scrubbing.scrub`.

    :raise NotReady: the ledger is that of another log.
    """
    head = lock(session)
    missing = pending(session, lines)
    nodes = Nodes(session, head.size)
    for line in missing:
        if line.size <= head.size and root_of(nodes, line.size).hex() != line.root:
            raise NotReady(
                f"The erasure of {line.at} is one of another log: at {line.size} events this one has another root. "
                "Name the right file in TRACKER_ERASURES_FILE."
            )
    return [(line, _again(session, line, by, at)) for line in missing]


def _again(session: Session, line: Erasure, by: str, at: datetime) -> Erased:
    return erase(session, line.owner, by=by, at=at, why=f"again, {_BY_LEDGER}{line.digest}", below=line.size)


def _digest(detail: str | None) -> str:
    return (detail or "").rpartition(_BY_LEDGER)[2] if _BY_LEDGER in (detail or "") else ""

"""Frozen years for tests: drafted, signed by one made-up person, approved by another."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from tracker.access.notes import Signer
from tracker.clock import now, stamp
from tracker.db import Database
from tracker.ledger.events import Actor
from tracker.ledger.record import Ledger
from tracker.service import open_service
from tracker.settings import read_settings
from tracker.snapshots.drafts import draft, draft_restatement, newest
from tracker.snapshots.freeze import Approval, freeze, publish
from tracker.snapshots.reading import Snapshot

SIGNER = Signer(bytes(range(32, 64)))
"""The log's key in tests."""

PREPARER, APPROVER = "person:preparer", "person:approver"
SYSTEM = Actor("system", "freeze_year")


def frozen(database: Database, ledger: Ledger, year: int, *, reason: str | None = None) -> Snapshot:
    """A year frozen in a transaction of its own, and published; with a reason, restated."""
    with database.write() as session:
        return frozen_in(session, ledger, year, reason=reason)


def agree(environ: Mapping[str, str], year: int) -> None:
    """Freeze the draft that a command has made: two made-up people agree to it, under the log's own key."""
    service = open_service(read_settings(environ))
    with service.database.write() as session:
        made = newest(session, year)
        assert made is not None
        signed, approved = Approval("signed", PREPARER, stamp(now())), Approval("approved", APPROVER, stamp(now()))
        freeze(service.ledger, service.keys.signer, session, made, signed=signed, approved=approved)
    service.close()


def frozen_in(session: Session, ledger: Ledger, year: int, *, reason: str | None = None) -> Snapshot:
    """A year frozen and published in a transaction that the caller commits."""
    at = stamp(ledger.clock())
    if reason is None:
        made = draft(ledger, SIGNER, session, SYSTEM, year)
    else:
        made = draft_restatement(ledger, SIGNER, session, SYSTEM, year, reason=reason)
    signed, approved = Approval("signed", PREPARER, at), Approval("approved", APPROVER, at)
    found = freeze(ledger, SIGNER, session, made, signed=signed, approved=approved)
    return publish(session, found, Actor("person", "approver"), ledger.clock())

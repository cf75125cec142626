"""The head of the log: its size, the lock that orders writers, and the catalogue in force."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.db import is_sqlite, run
from tracker.errors import CatalogueInactive
from tracker.ledger.models import catalogues, head

_READ = "SELECT size, recorded_at, catalogue, root, frontier FROM ledger_head"
_LOCK = f"{_READ} FOR UPDATE"


class Head(NamedTuple):
    """``size`` is the next ``seq``; ``catalogue`` the digest in force, if any; ``root`` that of the Merkle tree over
    the log, ``frontier`` what it takes to grow it."""

    size: int
    recorded_at: str
    catalogue: str | None
    root: bytes
    frontier: bytes


def read_head(session: Session) -> Head:
    """The head as this transaction sees it, without a lock."""
    return _head(session, _READ)


def lock(session: Session) -> Head:
    """Take the lock that every writer takes first. On SQLite the transaction itself is the lock."""
    return _head(session, _READ if is_sqlite(session) else _LOCK)


def _head(session: Session, query: str) -> Head:
    size, recorded_at, catalogue, root, frontier = run(session, query).one()
    return Head(size, recorded_at, catalogue, bytes(root), bytes(frontier))


def lock_head(session: Session, catalogue: Catalogue) -> Head:
    """Take the lock for recording under ``catalogue``.

    :raise CatalogueInactive: when another catalogue is in force.
    """
    found = lock(session)
    if found.catalogue != catalogue.digest:
        raise CatalogueInactive(catalogue.digest, found.catalogue)
    return found


def put_in_force(session: Session, catalogue: Catalogue, *, at: str, by: str) -> None:
    """Store a catalogue, whole, and make it the one that rules. The caller holds the lock."""
    if session.scalar(select(catalogues.c.digest).where(catalogues.c.digest == catalogue.digest)) is None:
        row = {"digest": catalogue.digest, "documents": catalogue.documents, "activated_at": at, "activated_by": by}
        session.execute(insert(catalogues).values(row))
    session.execute(update(head).values(catalogue=catalogue.digest))


def stored_documents(session: Session, digest: str) -> str | None:
    """The documents of a catalogue that was once in force."""
    return session.scalar(select(catalogues.c.documents).where(catalogues.c.digest == digest))

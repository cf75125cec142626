"""Scrubbing: after an erasure, nothing of what was deleted is left in the database's files."""

from __future__ import annotations

from sqlalchemy import text

from tracker.db import Database, plain_errors
from tracker.errors import NotReady

_VACUUM = ("VACUUM FULL data_key", "VACUUM event_vault", "VACUUM evidence_file")
"""Wrapped keys are few and are written anew; without them, what an older page still holds opens for nobody."""

_REWRITE = ("VACUUM FULL data_key", "VACUUM FULL event_vault")


def scrub(database: Database) -> None:
    """Let the database forget what an erasure deleted. To be called once it is committed; again does no harm.

    SQLite has overwritten it in its file (``secure_delete``), and here empties its write-ahead log. PostgreSQL clears
    away dead rows; its archived log and every backup are the operator's.

    :raise NotReady: others were reading all the while, or this role does not own the tables. What was erased is
        erased; remnants stay in the database's files until this is done again.
    """
    if database.sqlite:
        _sqlite(database)
    else:
        _postgresql(database, _VACUUM)


def rewrite(database: Database) -> None:
    """Write anew what the vault held in the open before it was sealed.

    :raise NotReady: as :func:`scrub`.
    """
    if database.sqlite:
        _sqlite(database, "VACUUM")
    else:
        _postgresql(database, _REWRITE)


def _sqlite(database: Database, *first: str) -> None:
    with plain_errors(), database.engine.connect() as connection:
        driver = connection.connection.driver_connection  # itself: within a transaction none of this works
        assert driver is not None
        for statement in first:
            driver.execute(statement)
        busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise NotReady("Others are reading the database. What is deleted stays in its log until `tracker init` is run.")


def _postgresql(database: Database, statements: tuple[str, ...]) -> None:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with plain_errors(), engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))

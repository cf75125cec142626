"""Scrubbing: after an erasure, nothing of what was deleted is left in the database's files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from time import sleep

from sqlalchemy import Connection, text

from tracker.db import Database, plain_errors
from tracker.errors import NotReady

_SMALL = ("data_key", "event_vault")

_VACUUM = ("VACUUM data_key", "VACUUM FULL data_key", "VACUUM event_vault", "VACUUM evidence_file")
"""A rewrite carries over rows that are dead but not for long, as long as anybody writes in any database of the server;
where the plain VACUUM before it has cleared them away there are none."""

_READERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND age(backend_xmin) > age(CAST(CAST(:mark AS xid8) AS xid))"
)
_MOST_ATTEMPTS, _PAUSE = 100, 0.1
_REWRITE = ("VACUUM data_key", "VACUUM FULL data_key", "VACUUM event_vault", "VACUUM FULL event_vault")


def scrub(database: Database) -> None:
    """Let the database forget what an erasure deleted. To be called once it is committed; again does no harm.

    Wrapped keys are written anew on both engines, so that no page keeps one: without it nothing else opens. SQLite
    overwrites what is deleted (``secure_delete``), but may have left copies in the unused space of pages when it moved
    rows about; so the vault is written anew too, and the write-ahead log is emptied. PostgreSQL clears away dead rows.
    Of files, unused space may keep some sealed bytes until it is used again. Archived logs and backups are the
    operator's.

    :raise NotReady: others were reading all the while. What was erased is erased; remnants stay in the database's
        files until this is done again.
    """
    if database.sqlite:
        _sqlite(database, *_anew())
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


def _anew() -> Iterator[str]:
    """The statements that write the small tables anew. The copy is a file of its own, however large they are."""
    yield "PRAGMA temp_store=FILE"
    yield "BEGIN IMMEDIATE"
    for table in _SMALL:
        yield f"CREATE TEMP TABLE kept AS SELECT * FROM {table} ORDER BY rowid"
        yield f"DELETE FROM {table}"
        yield f"INSERT INTO {table} SELECT * FROM kept"
        yield "DROP TABLE kept"
    yield "COMMIT"
    yield "PRAGMA temp_store=MEMORY"


def _sqlite(database: Database, *first: str) -> None:
    """Run statements past SQLAlchemy, whose connections are always in a transaction."""
    with plain_errors(), database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            for statement in first:
                driver.execute(statement)
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            connection.invalidate()  # what it had begun ends with it
            raise NotReady(f"The database cannot be scrubbed now: {error}. Try again.") from error
    if busy:
        raise NotReady("Others are reading the database. What is deleted stays in its log until this is done again.")


def _postgresql(database: Database, statements: tuple[str, ...]) -> None:
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with plain_errors(), engine.connect() as connection:
        _await_readers(connection)
        for statement in statements:
            connection.execute(text(statement))


def _await_readers(connection: Connection) -> None:
    """Wait for those who began to read before now: for them PostgreSQL keeps every row that they could still see."""
    mark = {"mark": connection.execute(text("SELECT CAST(pg_current_xact_id() AS text)")).scalar_one()}
    for _attempt in range(_MOST_ATTEMPTS):
        if not connection.execute(text(_READERS), mark).scalar_one():
            return
        sleep(_PAUSE)
    raise NotReady("Others are reading the database. What is deleted stays in its pages until this is done again.")

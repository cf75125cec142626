"""The same event rows without the tracker: ``executemany`` on SQLite, COPY on PostgreSQL.

Both fill the same table with its indexes and without its guards, commit every thousand rows as durably as
the tracker does, and parse, check and count nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tracker.db import PRAGMAS
from tracker.ledger.models import events

COMMIT_EVERY = 1000
COLUMNS = tuple(column.name for column in events.columns)

Rows = Sequence[tuple[Any, ...]]


class Sqlite:
    """Rows of a tracker's SQLite file, and the seconds they take in a file of their own."""

    def __init__(self, url: str) -> None:
        self._file = Path(make_url(url).database or "")

    def count(self) -> int:
        """How many events are stored."""
        with closing(sqlite3.connect(self._file)) as connection:
            found: int = connection.execute("SELECT count(*) FROM event").fetchone()[0]
            return found

    def rows(self) -> Rows:
        """All events as they are stored."""
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq").fetchall()

    def seconds(self, rows: Rows) -> float:
        """Write the rows into a new file that is removed again."""
        file = self._file.with_name("raw.db")
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            for statement in ("PRAGMA journal_mode=WAL", *PRAGMAS, *self._schema()):
                connection.execute(statement)
            insert = f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
            started = time.perf_counter()
            for batch in _batches(rows):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(insert, batch)
                connection.execute("COMMIT")
            seconds = time.perf_counter() - started
        file.unlink()
        return seconds

    def _schema(self) -> list[str]:
        made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'event' AND sql IS NOT NULL AND type <> 'trigger'"
        with closing(sqlite3.connect(self._file)) as connection:
            return [statement for (statement,) in connection.execute(made)]


class Postgresql:
    """Rows of a tracker's PostgreSQL database, and the seconds they take in a table of their own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def count(self) -> int:
        """How many events are stored."""
        with psycopg.connect(self._url) as connection:
            found = connection.execute("SELECT count(*) FROM event").fetchone()
            return int(found[0]) if found else 0

    def rows(self) -> Rows:
        """All events as they are stored."""
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
        with psycopg.connect(self._url) as connection:
            return connection.execute(sql.SQL("SELECT {} FROM event ORDER BY seq").format(names)).fetchall()

    def seconds(self, rows: Rows) -> float:
        """Write the rows into a new table that is dropped again."""
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
        copy = sql.SQL("COPY raw ({}) FROM STDIN").format(names)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("CREATE TABLE raw (LIKE event INCLUDING ALL)")
            started = time.perf_counter()
            for batch in _batches(rows):
                with connection.cursor().copy(copy) as stream:
                    for row in batch:
                        stream.write_row(row)
            seconds = time.perf_counter() - started
            connection.execute("DROP TABLE raw")
        return seconds


def raw(url: str) -> Sqlite | Postgresql:
    """The raw side of a database."""
    return Sqlite(url) if make_url(url).get_backend_name() == "sqlite" else Postgresql(url)


def _batches(rows: Rows) -> Iterator[Rows]:
    for first in range(0, len(rows), COMMIT_EVERY):
        yield rows[first : first + COMMIT_EVERY]

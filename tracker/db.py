"""The database: connections that are safe by setting, and sessions that only the edge opens.

SQLite is one file with WAL and full synchronisation; a writing transaction begins IMMEDIATE,
since a deferred one fails as soon as two writers meet. PostgreSQL is used as it comes, with a
check that a commit really waits for the disk. Errors never repeat a statement's parameters: they
are what events say, and errors are logged.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Row, Table, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from tracker.errors import NotReady

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # without it INSERT OR REPLACE deletes past a delete trigger
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cache_size=-32768",  # KiB: a batch touches many pages, and each spilled one is written twice
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",  # the guards give every insert a statement journal; not as a file
)

_MOST_ATTEMPTS = 100


class Database:
    """One database and how to talk to it. Cheap to keep, closed by :meth:`close`."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.sqlite else _postgresql_engine(url)
        self._reading = sessionmaker(self.engine)
        self._writing = sessionmaker(self.engine.execution_options(writes=True))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and is rolled back at its end."""
        with plain_errors(), self._reading() as session:
            if not self.sqlite:
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed at its end, or undone as a whole by any error."""
        with plain_errors(), self._writing.begin() as session:
            yield session

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a database says when it cannot work into a sentence, without its statement."""
    try:
        yield
    except DatabaseError as error:
        if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
            raise  # a constraint or a value refused: the caller's own affair
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        raise NotReady(f"The database cannot do this now: {reason}. Nothing was stored; try again.") from error


def _sqlite_engine(url: str) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:":
        _make_directory(Path(file).parent)
    engine = create_engine(url, connect_args={"timeout": 10}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours: see begin() below
        _use_wal(connection)
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotReady(
            f"The directory {path} cannot be made: {error.strerror}. Name another in TRACKER_HOME."
        ) from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Write ahead. While another process opens the same new file SQLite refuses the switch at once,
    whatever the timeout, so wait for that one and try again."""
    for _attempt in range(_MOST_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            connection.execute("BEGIN EXCLUSIVE")  # this one waits, and fails where waiting does not help
            connection.execute("ROLLBACK")
        else:
            return
    raise NotReady("Other processes keep this SQLite file locked while it is opened. Try again.")


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "first_connect")
    def check(connection: Any, _record: Any) -> None:
        found = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")}
        connection.rollback()
        if found["fsync"] == "off" or found["synchronous_commit"] == "off":
            raise NotReady(f"PostgreSQL would acknowledge what is not on disk ({found}). Turn both on.")

    return engine


def execute_many(session: Session, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute one statement for many rows, straight through the driver.

    ``statement`` marks its values with ``?`` and holds no other question mark. This is the ingest path:
    SQLAlchemy's own ``executemany`` costs as much again as the insert.
    """
    connection = session.connection()
    marked = statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")
    connection.exec_driver_sql(marked, [tuple(row) for row in rows])


def insertion(table: Table) -> str:
    """The INSERT for all of a table's columns, in their order, for :func:`execute_many`."""
    names = [column.name for column in table.columns]
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def insert_returning(
    session: Session, table: Table, conflict: str, rows: Sequence[Sequence[Any]]
) -> Sequence[Row[Any]]:
    """Insert rows of text columns and, last, an integer; ``conflict`` says what else happens and what is returned.

    One statement for any number of rows, which travel as one JSON document.
    """
    names = [column.name for column in table.columns]
    document, last = json.dumps(rows, ensure_ascii=False), len(names) - 1
    if session.get_bind().dialect.name == "sqlite":
        values = ", ".join(f"json_extract(value, '$[{i}]')" for i in range(len(names)))
        source = f"SELECT {values} FROM json_each(:rows) WHERE true"
    else:
        values = ", ".join(f"e.v->>{i}" for i in range(last))
        elements = "jsonb_array_elements(CAST(:rows AS jsonb)) AS e(v)"
        source = f"SELECT {values}, CAST(e.v->>{last} AS bigint) FROM {elements}"
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) {source} {conflict}"
    return session.execute(text(statement), {"rows": document}).all()


def matching(session: Session, table: str, keys: Sequence[str], wanted: Sequence[Sequence[Any]]) -> Sequence[Row[Any]]:
    """All rows of ``table`` whose text columns ``keys`` equal one of the ``wanted`` tuples.

    One statement for any number of tuples: they travel as one JSON document, which costs far
    less than thousands of bound parameters. Names are the code's own, never input.
    """
    if not wanted:
        return []
    document = json.dumps(wanted, ensure_ascii=False)
    return session.execute(text(_matching_sql(session.get_bind().dialect.name, table, keys)), {"keys": document}).all()


def _matching_sql(dialect: str, table: str, keys: Sequence[str]) -> str:
    if dialect == "sqlite":
        joined = " AND ".join(f"t.{key} = json_extract(k.value, '$[{i}]')" for i, key in enumerate(keys))
        return f"SELECT t.* FROM json_each(:keys) AS k CROSS JOIN {table} AS t WHERE {joined}"
    columns = ", ".join(f"e.v->>{i} AS {key}" for i, key in enumerate(keys))
    joined = " AND ".join(f"t.{key} = k.{key}" for key in keys)
    source = f"SELECT {columns} FROM jsonb_array_elements(CAST(:keys AS jsonb)) AS e(v)"
    return f"SELECT t.* FROM ({source} OFFSET 0) AS k JOIN {table} AS t ON {joined}"

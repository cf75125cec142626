"""The database: connections that are safe by setting, and sessions that only the edge opens.

SQLite is one file with WAL and full synchronisation; a writing transaction begins IMMEDIATE,
since a deferred one fails as soon as two writers meet. PostgreSQL is used as it comes, with a
check that a commit really waits for the disk. Errors never repeat a statement's parameters: they
are what events say, and errors are logged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from msgspec.json import Encoder
from sqlalchemy import Column, Connection, CursorResult, Engine, MetaData, Row, Table, Text, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
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
    "PRAGMA secure_delete=ON",  # what is erased is overwritten; many builds of SQLite do so anyway
    "PRAGMA temp_store=MEMORY",  # the guards give every insert a statement journal; not as a file
)

_encode = Encoder(enc_hook=str).encode
_MOST_ATTEMPTS = 100
_BLOCKS = (1000, 100)  # rows; SQLite takes 32,766 values in one statement
_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": 15, "pool_timeout": 10}
"""Connections of one process: one for its writer, the others for those who read."""
_WORTH_A_COPY = 20


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
    except NoConnectionError as error:
        raise NotReady("All connections to the database are in use. Nothing was stored; try again.") from error
    except psycopg.OperationalError as error:  # from a COPY, which SQLAlchemy does not see
        raise _not_now(error) from error
    except DatabaseError as error:
        if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
            raise  # a constraint or a value refused: the caller's own affair
        raise _not_now(error.orig) from error


def _not_now(error: BaseException | None) -> NotReady:
    reason = next(iter(str(error or "").strip().splitlines()), "no reason given")
    return NotReady(f"The database cannot do this now: {reason}. Nothing was stored; try again.")


def _sqlite_engine(url: str) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:":
        _make_directory(Path(file).parent)
    engine = create_engine(url, connect_args={"timeout": 10}, hide_parameters=True, **_POOL)

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
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, **_POOL)

    @event.listens_for(engine, "first_connect")
    def check(connection: Any, _record: Any) -> None:
        found = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")}
        connection.rollback()
        if found["fsync"] == "off" or found["synchronous_commit"] == "off":
            raise NotReady(f"PostgreSQL would acknowledge what is not on disk ({found}). Turn both on.")

    return engine


def is_sqlite(session: Session) -> bool:
    """Whether a session talks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def run(session: Session, statement: str, values: Sequence[Any] = ()) -> CursorResult[*tuple[Any, ...]]:
    """Execute one statement straight through the driver.

    ``statement`` marks its values with ``?`` and holds no other question mark. A batch of a few events costs what
    its statements cost: SQLAlchemy's own take three times as long.
    """
    connection = session.connection()
    return connection.exec_driver_sql(_marked(connection, statement), tuple(values))


def execute_many(session: Session, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute one statement for many rows, straight through the driver and marked in the same way."""
    connection = session.connection()
    connection.exec_driver_sql(_marked(connection, statement), [tuple(row) for row in rows])


def _marked(connection: Connection, statement: str) -> str:
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")


def insertion(table: Table) -> str:
    """The INSERT for all of a table's columns, in their order, for :func:`execute_many`."""
    return f"{_into(table)} VALUES ({', '.join('?' * len(table.columns))})"


def _into(table: Table) -> str:
    return f"INSERT INTO {table.name} ({_columns(table)})"


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def insert_many(session: Session, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of all of a table's columns, in their order, as fast as the database takes them.

    PostgreSQL takes many with COPY. SQLite takes blocks of rows in one statement, an eighth quicker past the guards
    than an ``executemany``, which also asks for the interpreter's lock again after each row.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        _insert_blocks(connection, table, rows)
    elif len(rows) >= _WORTH_A_COPY:
        _copy(connection, table, rows)
    else:
        execute_many(session, insertion(table), rows)


def _insert_blocks(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    first = 0
    for size in _BLOCKS:
        while len(rows) - first >= size:
            values = tuple(chain.from_iterable(rows[first : first + size]))
            connection.exec_driver_sql(_block(table, size), values)
            first += size
    if first < len(rows):
        connection.exec_driver_sql(insertion(table), list(rows[first:]))


@lru_cache
def _block(table: Table, size: int) -> str:
    row = f"({', '.join('?' * len(table.columns))})"
    return f"{_into(table)} VALUES {', '.join([row] * size)}"


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def upsert(session: Session, table: Table, conflict: str, rows: Sequence[Sequence[Any]]) -> Sequence[Row[Any]]:
    """Insert rows of all of a table's columns; ``conflict`` says what else happens, and what is returned.

    One statement for any number of rows, which travel as one JSON document. Columns are text or integers.
    """
    document = _document(rows)
    if is_sqlite(session):
        values = ", ".join(f"json_extract(value, '$[{i}]')" for i in range(len(table.columns)))
        source = f"SELECT {values} FROM json_each(?) WHERE true"
    else:
        values = ", ".join(_value(column, i) for i, column in enumerate(table.columns))
        source = f"SELECT {values} FROM jsonb_array_elements(CAST(? AS jsonb)) AS e(v)"
    found = run(session, f"{_into(table)} {source} {conflict}", (document,))
    return found.all() if found.returns_rows else []


def _document(rows: Sequence[Sequence[Any]]) -> str:
    return _encode(rows).decode()


def _value(column: Column[Any], place: int) -> str:
    text = f"e.v->>{place}"
    return text if isinstance(column.type, Text) else f"CAST({text} AS bigint)"


def one_of(session: Session, column: str, values: Sequence[int] | Sequence[str]) -> tuple[str, Any]:
    """A condition for :func:`run` that ``column`` is one of ``values``, any number of which are one parameter."""
    if is_sqlite(session):
        return f"{column} IN (SELECT value FROM json_each(?))", _encode(values).decode()
    return f"{column} = ANY(?)", list(values)


def matching(session: Session, table: str, keys: Sequence[str], wanted: Sequence[Sequence[Any]]) -> Sequence[Row[Any]]:
    """All rows of ``table`` whose text columns ``keys`` equal one of the ``wanted`` tuples.

    One statement for any number of tuples: they travel as one JSON document, which costs far
    less than thousands of bound parameters. Names are the code's own, never input.
    """
    if not wanted:
        return []
    return run(session, _matching_sql(is_sqlite(session), table, tuple(keys)), (_document(wanted),)).all()


@lru_cache
def _matching_sql(sqlite: bool, table: str, keys: tuple[str, ...]) -> str:
    if sqlite:
        joined = " AND ".join(f"t.{key} = json_extract(k.value, '$[{i}]')" for i, key in enumerate(keys))
        return f"SELECT t.* FROM json_each(?) AS k CROSS JOIN {table} AS t WHERE {joined}"
    columns = ", ".join(f"e.v->>{i} AS {key}" for i, key in enumerate(keys))
    joined = " AND ".join(f"t.{key} = k.{key}" for key in keys)
    source = f"SELECT {columns} FROM jsonb_array_elements(CAST(? AS jsonb)) AS e(v)"
    return f"SELECT t.* FROM ({source} OFFSET 0) AS k JOIN {table} AS t ON {joined}"

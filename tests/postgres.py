"""PostgreSQL for tests: one database that is emptied between tests, and made anew when a test has changed its shape.

Creating a database costs a quarter of a second and more; deleting a few rows as its owner does not.
"""

from __future__ import annotations

import os
import uuid

import psycopg
from sqlalchemy.engine import make_url

from tracker.db import Database, metadata
from tracker.migrations import upgrade

SERVER = os.environ.get("TRACKER_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")

_SHAPE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
  SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid))
    FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', 'rule', tablename, definition) FROM pg_rules WHERE schemaname = 'public'
  UNION ALL SELECT concat_ws(' ', 'function', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS lines
"""


def connect(database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as the server's owner, each statement on its own."""
    url = make_url(SERVER).set(drivername="postgresql")
    named = url if database is None else url.set(database=database)
    return psycopg.connect(named.render_as_string(hide_password=False), autocommit=True, connect_timeout=3)


def create(name: str, template: str = "template0") -> str:
    """Make a database and return its URL."""
    with connect() as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
    return url_of(name)


def drop(name: str) -> None:
    """Remove a database, whoever is still connected."""
    with connect() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def url_of(name: str) -> str:
    """The URL of a database on the tests' server."""
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def migrated(name: str) -> str:
    """Make a database at the newest migration and return its URL."""
    database = Database(create(name))
    upgrade(database)
    database.close()
    return url_of(name)


class Reused:
    """A migrated database that :meth:`fresh` gives out empty, again and again."""

    def __init__(self) -> None:
        self._name = f"tracker_test_{uuid.uuid4().hex[:12]}"
        migrated(self._name)
        self._shape = self._shape_now()

    def fresh(self) -> str:
        """The database without a row in it; made anew if the last test changed its shape."""
        with connect() as server:
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            server.execute(gone, (self._name,))
        if self._shape_now() == self._shape:
            self._empty()
        else:
            drop(self._name)
            migrated(self._name)
        return url_of(self._name)

    def close(self) -> None:
        """Remove the database."""
        drop(self._name)

    def _shape_now(self) -> object:
        with connect(self._name) as database:
            found = database.execute(_SHAPE).fetchone()
            return found and found[0]

    def _empty(self) -> None:
        """Delete all rows past the guards, as only the owner can, and leave the guards as they were."""
        with connect(self._name) as database, database.transaction():
            guards = database.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
            guarded = guards.fetchall()
            for table, guard in guarded:
                database.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}".encode())
            for table in metadata.tables:
                database.execute(f"DELETE FROM {table}".encode())
            for table, guard in guarded:
                database.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}".encode())
            database.execute(
                "INSERT INTO ledger_head (id, size, recorded_at, root, frontier) VALUES (1, 0, '', sha256(''), '')"
            )

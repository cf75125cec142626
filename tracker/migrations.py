"""Bringing a database up to date, and refusing to work on one that is not.

What a database must have beyond its tables are its guards: the triggers that refuse to change
what is on record. A copy restored without them, or an ALTER that dropped them, shows here.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tracker.db import Database, plain_errors
from tracker.errors import NotMigrated
from tracker.settings import shipped

GUARDED = (
    "event",
    "catalogue",
    "snapshot_draft",
    "snapshot_publication",
    "snapshot",
    "audit_entry",
    "merkle_tile",
    "checkpoint",
)
"""The tables whose rows nothing changes."""

GUARDS = {
    "sqlite": frozenset(f"{table}_no_{action}" for table in GUARDED for action in ("update", "delete", "replace")),
    "postgresql": frozenset(f"{table}_{guard}" for table in GUARDED for guard in ("append_only", "no_truncate")),
}

_TRIGGERS = {
    "sqlite": (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' "
        "AND name LIKE tbl_name || '!_no!_%' ESCAPE '!' AND sql LIKE '%BEGIN SELECT RAISE(ABORT, %append-only%'"
    ),
    "postgresql": (
        "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND c.relnamespace = current_schema()::regnamespace "
        "AND starts_with(t.tgname, c.relname) AND t.tgqual IS NULL "
        "AND p.proname = 'tracker_append_only' AND strpos(p.prosrc, 'BEGIN RAISE EXCEPTION') > 0"
    ),
}
"""The triggers that are in place, always fire, and still refuse: an emptied one is no guard."""


def configuration() -> Config:
    """Alembic's configuration, wherever the migrations were shipped."""
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to ``revision``, as one transaction."""
    _run(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema down to ``revision`` (``base`` for nothing at all)."""
    _run(database, command.downgrade, revision)


def _run(database: Database, run: object, revision: str) -> None:
    assert callable(run)
    config = configuration()
    with plain_errors(), database.engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        run(config, revision)


def check_ready(database: Database) -> None:
    """Refuse a database without the newest schema or without its guards.

    :raise NotMigrated: saying which command to run, or which guard is gone.
    :raise NotReady: the database does not answer.
    """
    check_migrated(database)
    with plain_errors(), database.engine.connect() as connection:
        gone = GUARDS[connection.dialect.name] - guards(connection)
        if gone:
            raise NotMigrated(
                f"The database has lost guards of its log: {', '.join(sorted(gone))}. Somebody removed or disabled "
                "them; see what was changed with `tracker verify` before you restore them."
            )


def check_migrated(database: Database) -> None:
    """Refuse a database without the newest schema.

    :raise NotMigrated: saying which command to run.
    :raise NotReady: the database does not answer.
    """
    with plain_errors(), database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        wanted = ScriptDirectory.from_config(configuration()).get_current_head()
        if found != wanted:
            state = "has no tables of the tracker yet" if found is None else f"is at {found}, not at {wanted}"
            raise NotMigrated(f"The database {state}. Run `tracker init`.")


def guarded(guard: str) -> str:
    """The table that a guard keeps as it is."""
    return next(table for table in GUARDED if guard.startswith(f"{table}_"))


def guards(connection: Connection) -> frozenset[str]:
    """The names of the triggers that are in place and always fire."""
    return frozenset(connection.execute(text(_TRIGGERS[connection.dialect.name])).scalars())

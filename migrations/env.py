"""How Alembic reaches the database: the tracker's own connection, or the URL it is given.

Two upgrades at once would meet halfway, so each takes the same advisory lock first; on SQLite the
writing transaction is that lock.
"""

from alembic import context
from sqlalchemy import Connection, text

import tracker.access.models
import tracker.intake.models
import tracker.ledger.models
import tracker.snapshots.models
import tracker.tallies.models  # noqa: F401  (all of them fill tracker.db.metadata)
from tracker.db import Database, metadata
from tracker.settings import read_settings

LOCK = 20_260_722


def migrate(connection: Connection) -> None:
    """Run what was asked for on an open connection, inside its transaction."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the connection of :func:`tracker.migrations.upgrade`, or open one from the settings."""
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    database = Database(read_settings().database_url)
    with database.engine.execution_options(writes=True).begin() as connection:
        migrate(connection)
    database.close()


main()

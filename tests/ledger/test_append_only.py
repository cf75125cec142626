"""The database itself refuses to change what is on record, and whoever takes its guards away is found out."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.freezing import frozen_in
from tests.house import House, small_catalogue
from tests.ledger.test_recording import rows
from tracker.db import Database, metadata
from tracker.errors import NotMigrated
from tracker.migrations import GUARDS, check_ready, guarded

CASE = "desk.case.reported"


def copied(table: str, *more: str, **changes: str) -> str:
    """``INTO table (…) SELECT …``: the rows that are there once more, with changes."""
    columns = [*more, *(column.name for column in metadata.tables[table].columns)]
    values = ", ".join(changes.get(name, name) for name in columns)
    return f"INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}"


EVENT, CATALOGUE, SNAPSHOT = "event", "catalogue", "snapshot"
MALLORY, EMPTY, LATER, OTHER_ID = "'m'", "'{}'", "seq + 100", "id || '!'"
BOTH = [
    "UPDATE event SET actor = 'person:mallory'",
    "UPDATE event SET body = '{}' WHERE seq = 0",
    "UPDATE event SET seq = seq + 1000",
    "UPDATE event SET replaces = NULL WHERE seq = 1",
    "UPDATE event SET actor = actor",
    "UPDATE catalogue SET documents = '{}'",
    "UPDATE snapshot SET body = '{}', digest = digest",
    "UPDATE snapshot SET revision = revision + 1",
    "DELETE FROM event",
    "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)",
    "DELETE FROM catalogue",
    "DELETE FROM snapshot WHERE year = 2020",
    f"INSERT {copied(EVENT, actor=MALLORY)} WHERE true ON CONFLICT (seq) DO UPDATE SET actor = 'm'",
    f"INSERT {copied(EVENT, seq=LATER)} WHERE true ON CONFLICT (source, id) DO UPDATE SET actor = 'm'",
    f"INSERT {copied(CATALOGUE)} WHERE true ON CONFLICT (digest) DO UPDATE SET documents = '{{}}'",
    f"INSERT {copied(SNAPSHOT)} WHERE true ON CONFLICT (year, revision) DO UPDATE SET body = '{{}}'",
]

SQLITE = [
    *BOTH,
    f"INSERT OR REPLACE {copied(EVENT, actor=MALLORY)}",
    f"INSERT OR REPLACE {copied(EVENT, seq=LATER, actor=MALLORY)}",
    f"INSERT OR REPLACE {copied(EVENT, seq=LATER, id=OTHER_ID)} WHERE replaces IS NOT NULL",
    f"REPLACE {copied(EVENT, body=EMPTY)} WHERE seq = 0",
    f"INSERT OR REPLACE {copied(CATALOGUE, documents=EMPTY)}",
    f"REPLACE {copied(SNAPSHOT, body=EMPTY)}",
    f"INSERT OR IGNORE {copied(EVENT, actor=MALLORY)}",
    f"REPLACE {copied(CATALOGUE, 'rowid', digest=MALLORY)}",
    f"REPLACE {copied(SNAPSHOT, 'rowid', year='year + 100')}",
    "UPDATE OR REPLACE event SET seq = 0",
    "UPDATE OR REPLACE event SET replaces = 0 WHERE replaces IS NOT NULL",
    "UPDATE OR IGNORE catalogue SET documents = '{}'",
    "WITH first AS (SELECT 0 AS seq) DELETE FROM event WHERE seq IN (SELECT seq FROM first)",
]

POSTGRESQL = [
    *BOTH,
    "TRUNCATE event",
    "TRUNCATE catalogue",
    "TRUNCATE snapshot",
    "TRUNCATE event_vault, event CASCADE",
    "TRUNCATE ONLY event RESTART IDENTITY",
    "UPDATE event SET actor = h.recorded_at FROM ledger_head h",
    "DELETE FROM event USING ledger_head",
    "WITH gone AS (DELETE FROM event RETURNING seq) SELECT * FROM gone",
    "MERGE INTO event e USING ledger_head h ON true WHEN MATCHED THEN UPDATE SET actor = 'm'",
    "MERGE INTO snapshot s USING ledger_head h ON true WHEN MATCHED THEN DELETE",
    "SET LOCAL session_replication_role = replica; UPDATE event SET actor = 'm'",
    "SET LOCAL session_replication_role = replica; TRUNCATE event",
]


def fill(house: House) -> House:
    """Put something to change into every guarded table."""
    house.record(house.event(CASE, {"channel": "phone"}), house.event(CASE, {"channel": "mail"}))
    house.correct(0, 0, {"channel": "mail"})
    with house.database.write() as session:
        frozen_in(session, house.ledger, 2020)
    return house


@pytest.fixture
def kept(house: House) -> House:
    """A house with something to change in every guarded table."""
    return fill(house)


def refusal(database: Database, statement: str) -> str:
    """What the database says to a statement."""
    try:
        with database.write() as session:
            for part in statement.split("; "):
                session.execute(text(part))
    except DBAPIError as error:
        return str(error.orig)
    return "done"


def test_there_are_enough_ways_to_try() -> None:
    assert [len(set(statements)) >= 20 for statements in (SQLITE, POSTGRESQL)] == [True, True]


def test_no_statement_changes_what_is_on_record(kept: House) -> None:
    statements = SQLITE if kept.database.sqlite else POSTGRESQL
    before = rows(kept.database)
    assert [len(before[table]) for table in (EVENT, CATALOGUE, SNAPSHOT)] == [3, 1, 1]
    answers = {statement: refusal(kept.database, statement) for statement in statements}
    assert {statement: said for statement, said in answers.items() if "append-only" not in said} == {}
    assert rows(kept.database) == before
    check_ready(kept.database)


def test_a_program_that_sets_no_pragma_cannot_replace_either(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    fill(House.build(database, small_catalogue()))
    before = rows(database)
    with closing(sqlite3.connect(Path(database.url.database or ""))) as outsider:
        outsider.execute("PRAGMA recursive_triggers = OFF")
        for statement in (each for each in SQLITE if "REPLACE" in each):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                outsider.execute(statement)
    assert rows(database) == before
    database.close()


def run(database: Database, statements: Sequence[str]) -> None:
    with database.write() as session:
        for statement in statements:
            session.execute(text(statement))


def missing(database: Database) -> str:
    with pytest.raises(NotMigrated, match=r"^The database has lost guards of its log: ") as refusal:
        check_ready(database)
    return refusal.value.detail.split(": ")[1].split(". ")[0]


def test_every_guard_that_is_dropped_is_named(database: Database) -> None:
    check_ready(database)
    gone: list[str] = []
    for guard in sorted(GUARDS["sqlite" if database.sqlite else "postgresql"]):
        table = guarded(guard)
        run(database, [f"DROP TRIGGER {guard}" if database.sqlite else f"DROP TRIGGER {guard} ON {table}"])
        gone.append(guard)
        assert missing(database) == ", ".join(gone)


def test_a_guard_that_does_not_always_fire_is_named(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    for change in ("DISABLE TRIGGER", "ENABLE TRIGGER", "ENABLE REPLICA TRIGGER"):
        for guard in sorted(GUARDS["postgresql"]):
            table = guarded(guard)
            run(database, [f"ALTER TABLE {table} {change} {guard}"])
            assert missing(database) == guard
            run(database, [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}"])
            check_ready(database)
    run(database, ["ALTER TABLE event DISABLE TRIGGER ALL"])
    assert missing(database) == "event_append_only, event_no_truncate"
    database.close()


def test_an_alter_that_builds_a_table_anew_loses_its_guards_and_is_found(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.engine.execution_options(writes=True).begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("event", recreate="always") as batch:
            batch.alter_column("actor", nullable=True)
    assert missing(database) == "event_no_delete, event_no_replace, event_no_update"
    database.close()


def test_a_guard_that_no_longer_refuses_is_named(database: Database) -> None:
    hollow = {
        "sqlite": [
            "DROP TRIGGER event_no_update",
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END",
        ],
        "postgresql": [
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "DROP TRIGGER event_append_only ON event",
            "CREATE TRIGGER event_append_only BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION nothing()",
            "ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only",
        ],
    }
    with database.engine.execution_options(writes=True).begin() as connection:
        for statement in hollow[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    with pytest.raises(NotMigrated, match=r"event_(no_update|append_only)"):
        check_ready(database)

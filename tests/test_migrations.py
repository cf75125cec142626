"""Migrations: step by step up and down on both engines, the same as the tables in code, guarded at every step."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

import tracker.access.accounts
import tracker.cases.models
import tracker.evidence.models
import tracker.wiring
import tracker.workflows.models  # noqa: F401  (imports every table)
from tests.postgres import create, drop
from tracker.db import Database, metadata
from tracker.errors import NotMigrated
from tracker.ledger.merkle import EMPTY
from tracker.ledger.models import head
from tracker.migrations import GUARDED, GUARDS, check_ready, configuration, downgrade, guarded, guards, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it, once per engine."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/empty.db")
        yield database
        database.close()
        return
    request.getfixturevalue("postgresql")  # skips where no server answers
    name = f"tracker_test_{uuid.uuid4().hex[:12]}"
    database = Database(create(name))
    yield database
    database.close()
    drop(name)


def revisions() -> list[str]:
    """All revisions, oldest first."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return [script.revision for script in reversed(list(scripts))]


def tables(connection: Connection) -> list[str]:
    return sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})


def shape(database: Database) -> dict[str, Any]:
    """Everything there is: tables with their columns, keys, indexes and checks, functions and guards."""
    with database.engine.connect() as connection:
        found = inspect(connection)
        parts: dict[str, Any] = {
            table: [
                [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)],
                found.get_pk_constraint(table),
                sorted(map(written, found.get_indexes(table))),
                sorted(map(str, found.get_unique_constraints(table))),
                sorted(map(str, found.get_check_constraints(table))),
            ]
            for table in tables(connection)
        }
        return parts | {"functions": functions(connection), "guards": guards(connection)}


def written(index: Mapping[str, Any]) -> str:
    """An index as text, with its condition, if it has one, as SQL."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def functions(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return []
    query = "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    return list(connection.execute(text(query)).scalars())


def expected_guards(connection: Connection) -> set[str]:
    """The guards of those tables that there are."""
    there = set(GUARDED) & set(tables(connection))
    return {guard for guard in GUARDS[connection.dialect.name] if guarded(guard) in there}


def test_every_migration_goes_up_and_down_and_the_guards_are_complete_after_each(empty: Database) -> None:
    shapes = [shape(empty)]
    for revision in revisions():
        upgrade(empty, revision)
        with empty.engine.connect() as connection:
            assert guards(connection) == expected_guards(connection)
        shapes.append(shape(empty))
    assert shapes[-1]["guards"] == GUARDS["sqlite" if empty.sqlite else "postgresql"]
    check_ready(empty)
    for step, revision in reversed(list(enumerate(["base", *revisions()[:-1]]))):
        downgrade(empty, revision)
        assert shape(empty) == shapes[step]
    assert shapes[0] == {"functions": [], "guards": frozenset()}
    upgrade(empty)
    assert shape(empty) == shapes[-1]
    check_ready(empty)


def test_the_first_migration_that_makes_a_log_guards_it(empty: Database) -> None:
    upgrade(empty, revisions()[0])
    with empty.engine.connect() as connection:
        assert {"event", "catalogue"} <= set(tables(connection))
        assert {guarded(guard) for guard in guards(connection)} == {"event", "catalogue"}


def test_the_tables_in_code_are_those_of_the_migrations(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert tables(connection) == sorted(metadata.tables)


def test_a_new_log_is_empty_and_has_one_head(database: Database) -> None:
    with database.read() as session:
        assert [tuple(row) for row in session.execute(select(head))] == [(1, 0, "", None, EMPTY, b"")]
        filled = [name for name, table in metadata.tables.items() if session.execute(select(table)).first() is not None]
    assert filled == ["ledger_head"]


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database: Database) -> None:
    before = shape(database)
    upgrade(database)
    assert shape(database) == before
    check_ready(database)


UPGRADE = "import sys; from tracker.db import Database; from tracker.migrations import upgrade; "
UPGRADE += "print('ready', flush=True); sys.stdin.readline(); upgrade(Database(sys.argv[1]))"


def test_two_upgrades_at_once_are_one_upgrade(empty: Database) -> None:
    url = empty.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", UPGRADE, url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        subprocess.Popen(command, text=True, **pipes) as first,
        subprocess.Popen(command, text=True, **pipes) as second,
    ):
        both = (first, second)
        assert [process.stdout.readline() for process in both if process.stdout] == ["ready\n"] * 2
        for process in both:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [(*process.communicate(), process.returncode) for process in both] == [("", "", 0)] * 2
    check_ready(empty)


def test_an_empty_database_says_how_to_begin(empty: Database) -> None:
    with pytest.raises(NotMigrated) as refusal:
        check_ready(empty)
    assert refusal.value.status == 503
    assert refusal.value.detail == "The database has no tables of the tracker yet. Run `tracker init`."


def test_every_old_revision_says_where_it_is_and_what_to_do(empty: Database) -> None:
    *old, newest = revisions()
    for revision in old:
        upgrade(empty, revision)
        with pytest.raises(NotMigrated) as refusal:
            check_ready(empty)
        assert refusal.value.detail == f"The database is at {revision}, not at {newest}. Run `tracker init`."


def test_a_failed_migration_leaves_nothing(empty: Database) -> None:
    first = revisions()[0]
    upgrade(empty, first)
    with empty.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("CREATE TABLE tally_reading (in_the_way TEXT)"))
    before = shape(empty)
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert shape(empty) == before
    with empty.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == first

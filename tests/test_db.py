"""Connections that are safe by setting, sessions that see one state, and errors in plain words."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tracker.db import Database, matching
from tracker.errors import NotReady
from tracker.ledger.models import head, vault

SAFE = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "busy_timeout": 10_000,
}


def size(database: Database) -> int:
    with database.read() as session:
        found: int = session.execute(select(head.c.size)).scalar_one()
        return found


def test_every_sqlite_connection_is_set_to_be_safe(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as first, database.read() as second, database.write() as third:
        for session in (first, second, third):
            found = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in SAFE}
            assert found == SAFE
    database.close()


def test_a_missing_folder_is_made_for_a_sqlite_file(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a/b/tracker.db")
    with database.write() as session:
        session.execute(text("CREATE TABLE made (it TEXT)"))
    database.close()
    assert (tmp_path / "a" / "b" / "tracker.db").exists()


def test_what_is_not_committed_is_not_seen_and_a_reader_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        assert reader.execute(select(head.c.size)).scalar_one() == 0
        with database.write() as writer:
            writer.execute(update(head).values(size=7))
            assert writer.execute(select(head.c.size)).scalar_one() == 7
            assert size(database) == 0
        assert size(database) == 7
        assert reader.execute(select(head.c.size)).scalar_one() == 0


def test_an_error_undoes_all_work_of_a_write(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.execute(update(head).values(size=7))
            session.execute(insert(vault).values(seq=1, field="/a", salt=b"s", value=b"v"))
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    assert size(database) == 0
    with database.read() as session:
        assert session.execute(select(vault)).all() == []


def test_the_work_of_a_read_is_never_kept(database: Database) -> None:
    refused: AbstractContextManager[object] = (
        nullcontext() if database.sqlite else pytest.raises(DBAPIError, match="read-only transaction")
    )
    with refused, database.read() as session:
        session.execute(update(head).values(size=7))
    assert size(database) == 0


def impatient(url: str) -> Database:
    """A database whose only connection does not wait for a lock at all."""
    database = Database(url)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0" if database.sqlite else "SET lock_timeout = 1")
        connection.commit()
    return database


def test_a_lock_that_is_not_given_is_said_plainly_and_nothing_is_stored(database: Database, url: str) -> None:
    other = impatient(url)

    def change() -> None:
        with other.write() as session:
            session.execute(update(head).values(size=9))

    with database.write() as holder:
        holder.execute(update(head).values(size=1))
        with pytest.raises(NotReady) as refusal:
            change()
    other.close()
    reason = "database is locked" if database.sqlite else "canceling statement due to lock timeout"
    assert refusal.value.status == 503
    assert refusal.value.detail == (f"The database cannot do this now: {reason}. Nothing was stored; try again.")
    assert size(database) == 1


def test_a_database_that_cannot_be_reached_is_not_ready(database: Database, tmp_path: Path) -> None:
    away = f"sqlite:///{tmp_path}" if database.sqlite else closed_port(database)
    unreachable = Database(away)
    for session in (unreachable.read, unreachable.write):
        with pytest.raises(NotReady, match=r"^The database cannot do this now: "), session() as opened:
            opened.execute(select(head.c.size))
    unreachable.close()


def closed_port(database: Database) -> str:
    return make_url(str(database.url)).set(host="127.0.0.1", port=1).render_as_string(hide_password=False)


MANY: list[tuple[str, str]] = [("/a", f"id {number}") for number in range(5000)]


def test_matching_finds_any_number_of_rows_by_exact_text(database: Database) -> None:
    fields = ["plain", "quote ' and \"", "斜線/", "100%_", "NULL", "1", "back\\slash", "case", "CASE"]
    with database.write() as session:
        rows: list[dict[str, Any]] = [
            {"seq": seq, "field": field, "salt": b"", "value": field.encode()} for seq, field in enumerate(fields)
        ]
        session.execute(insert(vault), rows)
        assert matching(session, "event_vault", ("field",), []) == []
        wanted = [(field,) for field in fields if field != "case"] + [(name,) for _, name in MANY]
        found = {(row.seq, row.field) for row in matching(session, "event_vault", ("field",), wanted)}
    assert found == {(seq, field) for seq, field in enumerate(fields) if field != "case"}


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("these are notes, and long enough not to be taken for an empty file " * 20, "utf-8")
    database = Database(f"sqlite:///{file}")
    with pytest.raises(NotReady, match="not a database"), database.read() as session:
        session.execute(text("SELECT 1 FROM event"))
    database.close()


def test_a_home_that_cannot_be_made_is_told_in_a_sentence() -> None:
    with pytest.raises(NotReady, match="cannot be made"):
        Database("sqlite:////dev/null/home/tracker.db")

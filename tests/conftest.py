"""Real databases for every test: SQLite always, PostgreSQL where one answers.

Each test that asks for ``database`` runs once per engine, on a fresh copy of a migrated database.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.house import Fresh, House, small_catalogue
from tests.postgres import Reused, connect
from tracker import wiring
from tracker.db import Database
from tracker.migrations import upgrade

REQUIRED = os.environ.get("TRACKER_REQUIRE_POSTGRES") == "1"

wiring.connect()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "tracker.db"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    database.close()
    return file


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Reused]:
    """A migrated PostgreSQL database that is emptied for each test."""
    try:
        connect().close()
    except psycopg.OperationalError:
        if REQUIRED:
            raise
        pytest.skip("No PostgreSQL answers at 127.0.0.1:5432; set TRACKER_TEST_POSTGRES to test on one.")
    database = Reused()
    yield database
    database.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    file = tmp_path / "tracker.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql: Reused) -> str:
    """An empty, migrated PostgreSQL database."""
    return postgresql.fresh()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database, once per engine."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A fresh, migrated database, once per engine."""
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def drawn(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[[Database], House]], Fresh]:
    """Given how a house is built, what builds one after the other, each on a fresh database of this engine."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return lambda build: lambda: _housed(_copied(template, tmp_path / "drawn.db"), build)
    reused: Reused = request.getfixturevalue("postgresql")
    return lambda build: lambda: _housed(reused.fresh(), build)


def _copied(template: Path, file: Path) -> str:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    shutil.copy(template, file)
    return f"sqlite:///{file}"


@contextmanager
def _housed(url: str, build: Callable[[Database], House]) -> Iterator[House]:
    database = Database(url)
    try:
        yield build(database)
    finally:
        database.close()


@pytest.fixture
def house(database: Database) -> House:
    """A ledger over a small catalogue of every measure, with a clock and salts that tests decide."""
    return House.build(database, small_catalogue())

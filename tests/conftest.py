"""Real databases for every test: SQLite always, PostgreSQL where one answers.

Each test that asks for ``database`` runs once per engine, on a fresh copy of a migrated database.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.house import House, small_catalogue
from tracker import wiring
from tracker.db import Database
from tracker.migrations import upgrade

SERVER = os.environ.get("TRACKER_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
REQUIRED = os.environ.get("TRACKER_REQUIRE_POSTGRES") == "1"

wiring.connect()


def _server() -> psycopg.Connection[tuple[object, ...]]:
    url = make_url(SERVER).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True, connect_timeout=3)


def _create(name: str, template: str = "template0") -> str:
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\' STRATEGY file_copy')
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _drop(name: str) -> None:
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "tracker.db"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    database.close()
    return file


@pytest.fixture(scope="session")
def postgresql_template() -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    try:
        _server().close()
    except psycopg.OperationalError:
        if REQUIRED:
            raise
        pytest.skip("No PostgreSQL answers at 127.0.0.1:5432; set TRACKER_TEST_POSTGRES to test on one.")
    name = f"tracker_test_template_{uuid.uuid4().hex[:12]}"
    database = Database(_create(name))
    upgrade(database)
    database.close()
    yield name
    _drop(name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    file = tmp_path / "tracker.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database, dropped afterwards."""
    name = f"tracker_test_{uuid.uuid4().hex[:12]}"
    yield _create(name, postgresql_template)
    _drop(name)


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


@pytest.fixture
def house(database: Database) -> House:
    """A ledger over a small catalogue of every measure, with a clock and salts that tests decide."""
    return House.build(database, small_catalogue())

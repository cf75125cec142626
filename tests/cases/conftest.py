"""Houses over the catalogue of jobs and crews."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.cases.works import works_catalogue
from tests.house import House
from tests.postgres import Reused
from tracker.db import Database

Fresh = Callable[[], AbstractContextManager[House]]


@pytest.fixture
def house(database: Database) -> House:
    """A house where jobs are done by crews."""
    return House.build(database, works_catalogue())


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """A house on a database of its own for every drawn history."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return lambda: _sqlite_house(template, tmp_path / "drawn.db")
    database: Reused = request.getfixturevalue("postgresql")
    return lambda: _opened(database.fresh())


@contextmanager
def _opened(url: str) -> Iterator[House]:
    database = Database(url)
    try:
        yield House.build(database, works_catalogue())
    finally:
        database.close()


@contextmanager
def _sqlite_house(template: Path, file: Path) -> Iterator[House]:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    shutil.copy(template, file)
    with _opened(f"sqlite:///{file}") as house:
        yield house

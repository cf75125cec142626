"""One server per engine and module: a case must not need a fresh one, for neither does an attacker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.abuse.scene import Scene
from tracker.db import Database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scene(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A server on each engine."""
    home = tmp_path_factory.mktemp("abuse")
    if request.param == "sqlite":
        shutil.copy(sqlite_template, home / "tracker.db")
        url = f"sqlite:///{home / 'tracker.db'}"
    else:
        url = request.getfixturevalue("postgresql").fresh()
    database = Database(url)
    built = Scene.build(database, home)
    yield built
    built.close()
    database.close()

"""The command line as its users have it: a process of its own, with an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.house import DATA

PROJECT = Path(__file__).parents[2]
TRACKER = Path(sys.executable).with_name("tracker")


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without any ``TRACKER_…`` but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    return kept | settings


def run(*arguments: str | Path, settings: Mapping[str, str], cwd: Path) -> Ended:
    """Run ``tracker`` to its end; it never ends with a traceback."""
    found = subprocess.run(
        [TRACKER, *arguments], env=environment(**settings), cwd=cwd, capture_output=True, timeout=120, check=False
    )
    ended = Ended(found.returncode, found.stdout.decode(), found.stderr.decode())
    assert "Traceback" not in ended.err, ended.err
    return ended


@dataclass
class Desk:
    """A directory to work in, with the small configuration and a home of its own."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, **settings: str) -> Ended:
        """Run a command here."""
        return run(*arguments, settings=self.settings | settings, cwd=self.path)

    def done(self, *arguments: str | Path, **settings: str) -> str:
        """The output of a command that must succeed."""
        ended = self.run(*arguments, **settings)
        assert ended.status == 0, ended
        return ended.out

    def refused(self, *arguments: str | Path, **settings: str) -> str:
        """What a command that must be refused says, with nothing on standard output."""
        ended = self.run(*arguments, **settings)
        assert (ended.status, ended.out) == (2, ""), ended
        return ended.err

    def ndjson(self, name: str, *events: Mapping[str, Any] | str) -> Path:
        """A file with an event per line; a text is a line as it stands."""
        file = self.path / name
        lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in events]
        file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return file

    def config(self) -> Path:
        """A copy of the configuration, to change; it is the one in use from here on."""
        copy = self.path / "config"
        shutil.copytree(DATA / "small", copy)
        self.settings["TRACKER_CONFIG"] = str(copy)
        return copy

    def sql(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask or change the SQLite database behind the tracker's back."""
        connection = sqlite3.connect(self.path / "home" / "tracker.db")
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def stored(self) -> int:
        """How many events are on record."""
        [(count,)] = self.sql("SELECT count(*) FROM event")
        return int(count)


@pytest.fixture
def bare(tmp_path: Path) -> Desk:
    """Settings and nothing else."""
    return Desk(tmp_path, {"TRACKER_HOME": str(tmp_path / "home"), "TRACKER_CONFIG": str(DATA / "small")})


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that `tracker init` has made, to copy."""
    path = tmp_path_factory.mktemp("made")
    Desk(path, {"TRACKER_HOME": str(path / "home"), "TRACKER_CONFIG": str(DATA / "small")}).done("init")
    return path / "home"


@pytest.fixture
def desk(bare: Desk, made_home: Path) -> Desk:
    """A home that `tracker init` has made."""
    shutil.copytree(made_home, bare.path / "home")
    return bare


def a_case(number: int, channel: str = "phone", **others: Any) -> dict[str, Any]:
    """A reported case."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"case-{number}",
        "source": "/desk",
        "type": "desk.case.reported",
        "time": "2020-05-04T12:00:00+08:00",
        "data": {"channel": channel},
    }
    return event | others

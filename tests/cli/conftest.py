"""The command line as its users have it: every command a process of its own, with an environment of its own.

Starting Python and importing everything takes a second, so one process has done that and forks for each command.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.freezing import agree
from tests.house import DATA
from tracker.cli import main

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


class Order(NamedTuple):
    """What the forking process is asked: a command line, where, with which environment, and where its output goes."""

    arguments: list[str]
    cwd: str
    environ: dict[str, str]
    out: str
    err: str


def obey() -> None:
    """The forking process: for each line on standard input a command, and its status on standard output."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(Order(*json.loads(line)))
            main()
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(order: Order) -> None:
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, order.out, os.O_WRONLY), (2, order.err, os.O_WRONLY)):
        os.dup2(os.open(path, flags | os.O_CREAT | os.O_TRUNC if number else flags, 0o600), number)
    os.chdir(order.cwd)
    os.environ.clear()
    os.environ.update(order.environ)
    sys.argv = ["tracker", *order.arguments]


@dataclass
class Tracker:
    """Runs commands, one at a time."""

    process: subprocess.Popen[str]
    outputs: Path

    def run(self, *arguments: str | Path, settings: Mapping[str, str], cwd: Path) -> Ended:
        """Run ``tracker`` to its end; it never ends with a traceback."""
        out, err = self.outputs / "out", self.outputs / "err"
        order = Order([*map(str, arguments)], str(cwd), environment(**settings), str(out), str(err))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        ended = Ended(int(self.process.stdout.readline()), out.read_bytes().decode(), err.read_bytes().decode())
        assert "Traceback" not in ended.err, ended.err
        return ended


@pytest.fixture(scope="session")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    """The forking process."""
    start = [sys.executable, "-c", "from tests.cli.conftest import obey; obey()"]
    with subprocess.Popen(
        start, cwd=PROJECT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Tracker(process, tmp_path_factory.mktemp("outputs"))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@dataclass
class Desk:
    """A directory to work in, with the small configuration and a home of its own."""

    tracker: Tracker
    path: Path
    settings: dict[str, str]

    def run(self, *arguments: str | Path, **settings: str) -> Ended:
        """Run a command here."""
        return self.tracker.run(*arguments, settings=self.settings | settings, cwd=self.path)

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

    def frozen(self, year: int) -> None:
        """A year that two made-up people have frozen: commands only draft one."""
        self.done("freeze", str(year))
        agree(self.settings | {"TRACKER_HOME": str(self.path / "home")}, year)

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
def bare(tracker: Tracker, tmp_path: Path) -> Desk:
    """Settings and nothing else."""
    return desk_in(tracker, tmp_path)


def desk_in(tracker: Tracker, path: Path) -> Desk:
    """A directory with a home to be made, and the small configuration."""
    return Desk(tracker, path, {"TRACKER_HOME": str(path / "home"), "TRACKER_CONFIG": str(DATA / "small")})


@pytest.fixture(scope="session")
def made_home(tracker: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that `tracker init` has made, to copy."""
    path = tmp_path_factory.mktemp("made")
    desk_in(tracker, path).done("init")
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

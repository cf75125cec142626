"""Real server processes to send to, to kill, and to tell to end; and what they serve."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tests.cli.conftest import PROJECT, TRACKER, environment
from tests.house import ALICE, DATA, small_catalogue
from tracker.access import sources, tokens
from tracker.access.keys import Keys
from tracker.access.signatures import HMAC, new_secret, secret_text
from tracker.access.signing import Material
from tracker.clock import now
from tracker.db import Database
from tracker.jobs.activation import activate
from tracker.ledger.record import Ledger

SOURCE = "desk"
URI = "/desk"
ONE = "application/cloudevents+json"
SECONDS = 60
"""How long anything may take before a test gives up."""


@dataclass(frozen=True)
class Site:
    """One installation: a home with its keys, a database with the small catalogue in force, the source ``desk``
    and its secret, and a token that may record, backfill and read."""

    home: Path
    url: str
    secret: str
    token: str

    @classmethod
    def make(cls, home: Path, url: str) -> Site:
        """Prepare a migrated database as `tracker init` and the administrators' commands do."""
        keys = Keys.of(home)
        keys.make()
        secret, at = new_secret(), now()
        desk = sources.Source(SOURCE, URI, ("*",), backfill=True)
        scopes = frozenset({"record", "backfill", "read"})
        with opened(url) as database:
            activate(database, Ledger(small_catalogue()), ALICE)
            with database.write() as session:
                sources.add(session, desk, Material(HMAC, secret), secret=keys.secrets.key, by="person:alice", at=at)
                token = tokens.add(session, "alice", scopes, source=None, days=1, by="person:alice", at=at)
        return cls(home, url, secret_text(secret), token)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server. Nobody is slowed down: what is tested is crashes."""
        return {
            "TRACKER_HOME": str(self.home),
            "TRACKER_DATABASE_URL": self.url,
            "TRACKER_CONFIG": str(DATA / "small"),
            "TRACKER_RATE_LIMIT": "1000000/second",
        }


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A database, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


class Installed(Protocol):
    """What a server is started from: a home, and the settings of its environment."""

    @property
    def home(self) -> Path:
        """Where its files are."""

    @property
    def settings(self) -> dict[str, str]:
        """Its ``TRACKER_…`` variables."""


class Answer(NamedTuple):
    """An answer to a request. An empty body reads as nothing."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Client:
    """One connection, kept open; :exc:`OSError` or :exc:`~http.client.HTTPException` when it breaks."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=5 * SECONDS)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        self._connection.request("GET", path, headers=headers or {})
        return self._answer()

    def post(self, path: str, body: bytes | Iterator[bytes], headers: Mapping[str, str]) -> Answer:
        """POST. What comes from an iterator goes out in chunks, unless ``headers`` tell its length."""
        self._connection.request("POST", path, body, headers)
        return self._answer()

    def _answer(self) -> Answer:
        answer = self._connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


class Server:
    """A running server: one process that watches, and ``workers``, the ids of those that it started with."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path, *, wrapped: bool) -> None:
        self.process = process
        self.port = port
        self.workers: Sequence[int] = ()
        self._log = log
        self._main = process.pid
        self._wrapped = wrapped

    @property
    def base(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def log(self) -> str:
        """All that it has written."""
        return self._log.read_text("utf-8", "replace")

    def wait(self) -> Server:
        """Return when it is ready."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.running:
            try:
                with Client(self.port) as client:
                    if client.get("/readyz").status == 200:
                        self._look_around()
                        return self
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"The server does not answer:\n{self.log}")

    def _look_around(self) -> None:
        below = _below(self.process.pid)
        self._main, self.workers = (below[0], below[1:]) if self._wrapped else (self.process.pid, below)

    def tell_to_end(self) -> None:
        """Ask it to end, and return at once."""
        os.kill(self._main, signal.SIGTERM)

    def ended(self) -> int:
        """Wait until it and all its workers have ended; its exit status."""
        status = self.process.wait(timeout=SECONDS)
        for worker in self.workers:
            wait_for_end(worker)
        return status

    def kill(self) -> None:
        """End it, and all its workers, without a warning."""
        with suppress(ProcessLookupError):
            if self.running:
                os.kill(self._main, signal.SIGSTOP)  # or it replaces a worker meanwhile, which would outlive it
        for worker in {*self.workers, *_below(self.process.pid)}:
            kill(worker)
        if self.running:
            self.process.kill()
        self.ended()

    def peak_kib(self) -> int:
        """The most memory that any worker has held (VmHWM)."""
        return max(_peak_kib(worker) for worker in self.workers)


def kill(pid: int) -> None:
    """End a process that we started, without a warning, if it has not ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    wait_for_end(pid)


def wait_for_end(pid: int) -> None:
    """Return when a process has ended, whoever its parent is."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([watched], [], [], SECONDS)
        assert ready, f"process {pid} does not end"
    finally:
        os.close(watched)


@contextmanager
def serving(
    site: Installed, *, workers: int = 1, fault: str = "", wrapper: Sequence[str] = (), port: int = 0
) -> Iterator[Server]:
    """A server of ``site``, ready, and gone at the end. ``fault`` names a point of :mod:`tests.scenarios.faults`;
    ``wrapper`` is a command that runs commands."""
    server = start(site, workers=workers, fault=fault, wrapper=wrapper, port=port)
    try:
        yield server.wait()
    finally:
        server.kill()


def start(site: Installed, *, workers: int = 1, fault: str = "", wrapper: Sequence[str] = (), port: int = 0) -> Server:
    """Start a server and return at once; as :func:`serving`, but whoever starts it ends it."""
    port = port or free_port()
    program = [sys.executable, "-m", "tests.scenarios.faults"] if fault else [str(TRACKER)]
    command = [*wrapper, *program, "serve", "--port", str(port), "--workers", str(workers)]
    environ = environment(**site.settings, **({"TRACKER_TEST_FAULT": fault} if fault else {}))
    log = site.home / f"{port}.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=stream, stderr=stream)
    return Server(process, port, log, wrapped=bool(wrapper))


def needed(program: str) -> str:
    """Where a program is; a test that needs it is left out where it is not, but never where everything must run."""
    found = shutil.which(program)
    if found is None and os.environ.get("TRACKER_REQUIRE_POSTGRES") != "1":
        pytest.skip(f"There is no {program} here.")
    assert found is not None, f"install {program}"
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _below(pid: int) -> list[int]:
    """The process ids of all descendants."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = [(int(child), int(parent)) for child, parent in map(str.split, table.splitlines())]
    found = [pid]
    for parent in found:
        found += [child for child, its in pairs if its == parent]
    return found[1:]


def _peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} tells no VmHWM")

"""One signed POST after the other: the tracker, a bare Flask view, and two peers, in turn on the same server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import load, servers
from tests.benchmarks.homes import NAME, Prepared
from tests.benchmarks.raw import raw
from tests.benchmarks.servers import Server
from tracker.cli.serving import THREADS

WORKERS = {"sqlite": 1, "postgresql": 2}
OWN, BARE, DRF, FASTAPI = "tracker", "bare Flask", "Django REST Framework", "FastAPI + SQLAlchemy"

_MODULES = {DRF: ("tests.benchmarks.peers_drf", "wsgi"), FASTAPI: ("tests.benchmarks.peers_fastapi", "asgi")}
_SECONDS_TO_WARM = 0.5


@dataclass(slots=True)
class Side:
    """One of those compared, and what was measured of it."""

    server: Server
    path: str
    secret: str
    status: int
    measured: list[load.Answered] = field(default_factory=list)
    answers: int = 0

    def send(self, prefix: str, seconds: float) -> load.Answered:
        """Load it for some seconds."""
        repeat = self.status == 202
        order = load.Order(self.server.port, self.path, self.secret, prefix, self.status, seconds, repeat=repeat)
        found = load.send(order)
        self.answers += found.answers
        return found


def measure(prepared: Prepared, rounds: int, seconds: float, *, peers: bool) -> dict[str, Any]:
    """Rates and latencies of each side, by its name, a figure per round; and the memory of the tracker's worker.

    :raise RuntimeError: when the tracker holds another number of events than it acknowledged.
    """
    with prepared.fresh() as home, ExitStack() as running:
        workers = WORKERS[prepared.engine]
        server = running.enter_context(servers.tracker(home.environment, home.folder, workers=workers))
        sides = {OWN: Side(server, f"/api/v1/webhooks/{NAME}", home.secret, 201)}
        bare = servers.peer("tests.benchmarks.bare:app", {}, home.folder, workers=workers, threads=THREADS)
        server = running.enter_context(bare)
        sides[BARE] = Side(server, "/events", home.secret, 202)
        for name in _MODULES if peers else ():
            server = running.enter_context(_peer(name, home.url, home.folder, workers))
            sides[name] = Side(server, "/events", home.secret, 201)
        _take_turns(list(sides.values()), rounds, seconds)
        if (stored := raw(home.url).count()) != sides[OWN].answers:
            raise RuntimeError(f"{sides[OWN].answers} events were acknowledged, {stored} are stored.")
        return {name: _figures(side) for name, side in sides.items()}


def _take_turns(sides: list[Side], rounds: int, seconds: float) -> None:
    """Each round begins with another side, so that none is always the one after the same neighbour's writes."""
    for side in sides:
        side.send("warm", _SECONDS_TO_WARM)
    for number in range(rounds):
        first = number % len(sides)
        for side in sides[first:] + sides[:first]:
            side.measured.append(side.send(f"round-{number}", seconds))


def _figures(side: Side) -> dict[str, Any]:
    return {
        "per_second": [each.per_second for each in side.measured],
        "p50_ms": [each.p50_ms for each in side.measured],
        "p99_ms": [each.p99_ms for each in side.measured],
        "peak_mib": side.server.peak_mib(),
    }


@contextmanager
def _peer(name: str, url: str, folder: Path, workers: int) -> Iterator[Server]:
    """A peer on the tracker's PostgreSQL database, in a table of its own; or on an SQLite file of its own, since
    that has only one writer."""
    module, interface = _MODULES[name]
    own = f"sqlite:///{folder / module}.db" if url.startswith("sqlite") else url
    environment: Mapping[str, str] = {
        "BENCH_DATABASE_URL": own,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.peers_drf_settings",
    }
    subprocess.run([sys.executable, "-m", module], check=True, env={**os.environ, **environment})
    with servers.peer(f"{module}:app", environment, folder, workers=workers, interface=interface) as server:
        yield server

"""Many events at a time: NDJSON over HTTP, the same again, a raw insert of the same rows, and a file."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.benchmarks import servers
from tests.benchmarks.deliveries import lines
from tests.benchmarks.homes import Home, Prepared
from tests.benchmarks.raw import Rows, raw
from tests.benchmarks.servers import Server
from tests.benchmarks.single import WORKERS

HTTP, REPLAY, RAW, FILE = "NDJSON over HTTP", "the same again", "raw", "tracker import"


def measure(prepared: Prepared, rounds: int, count: int) -> dict[str, Any]:
    """Events a second of each way, a figure per round, and the peak memory of both of the tracker's processes.

    Each round begins with empty databases.

    :raise RuntimeError: when something was stored that should not be, or not stored that should.
    """
    sent = b"".join(lines("bulk", count))
    rates: dict[str, list[float]] = defaultdict(list)
    peaks = {HTTP: 0.0, FILE: 0.0}
    for _ in range(rounds):
        with prepared.fresh() as home:
            rows, peak = _over_http(home, sent, count, rates, workers=WORKERS[prepared.engine])
            rates[RAW].append(count / raw(home.url).seconds(rows))
        peaks[HTTP] = max(peaks[HTTP], peak)
        with prepared.fresh() as home:
            peak = _from_file(home, sent, count, rates)
        peaks[FILE] = max(peaks[FILE], peak)
    return {"events": count, "bytes": len(sent), "per_second": dict(rates), "peak_mib": peaks}


def _over_http(
    home: Home, sent: bytes, count: int, rates: dict[str, list[float]], *, workers: int
) -> tuple[Rows, float]:
    with servers.tracker(home.environment, home.folder, workers=workers) as server:
        for name, status in ((HTTP, "recorded"), (REPLAY, "duplicate")):
            rates[name].append(count / _seconds(server, home.token, sent, {status: count}))
            _expect(home, count)
        return raw(home.url).rows(), server.peak_mib()


def _seconds(server: Server, token: str, sent: bytes, wanted: dict[str, int]) -> float:
    """How long one long request takes, its whole answer included."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    started = time.perf_counter()
    with suppress(ConnectionError):  # a server that refuses does not read on, but says why
        connection.request("POST", "/api/v1/events", sent, headers)
    answer = connection.getresponse()
    read = answer.read()
    seconds = time.perf_counter() - started
    connection.close()
    last = read.splitlines()[-1].decode()
    counts = {status: found for status, found in json.loads(last).get("summary", {}).items() if found}
    if answer.status != 200 or counts != wanted:
        raise RuntimeError(f"Expected {wanted}, got {answer.status}: {last}")
    return seconds


def _from_file(home: Home, sent: bytes, count: int, rates: dict[str, list[float]]) -> float:
    file = home.folder / "events.ndjson"
    file.write_bytes(sent)
    found = _command(home, file)
    rates[FILE].append(count / found["seconds"])
    _expect(home, count)
    return float(found["peak_mib"])


def _command(home: Home, file: Path) -> Any:
    command = [sys.executable, "-m", "tests.benchmarks.importing_command", str(file)]
    environment = {**os.environ, **home.environment}
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return json.loads(done.stdout)


def _expect(home: Home, count: int) -> None:
    if (found := raw(home.url).count()) != count:
        raise RuntimeError(f"{count} events should be stored, {found} are.")

"""Servers in processes of their own: the tracker's and its peers', on the same granian with the same settings."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PEER_THREADS = 8
"""Threads of a peer's worker. The tracker's requests wait together for one commit and so need many; each
request of a peer commits on its own, and more threads would only hold more connections to the database."""

TRACKER = (sys.executable, "-c", "from tracker.cli import main; main()")

_SECONDS_TO_START, _SECONDS_TO_END = 30, 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int

    def peak_mib(self) -> float:
        """The most memory that any of its workers has held (VmHWM)."""
        pid = self.process.pid
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        return max(_peak_mib(int(worker)) for worker in workers)


@contextmanager
def peer(
    target: str,
    environment: Mapping[str, str],
    logs: Path,
    *,
    workers: int,
    interface: str = "wsgi",
    threads: int = PEER_THREADS,
) -> Iterator[Server]:
    """Serve ``module:app``; what it says goes into a file in ``logs``."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", interface, "--workers", str(workers), "--no-ws"]
    width = ["--blocking-threads", str(threads)] if interface == "wsgi" else []
    with _running([*command, *width, "--port", str(port), target], environment, logs, port) as server:
        yield server


@contextmanager
def tracker(environment: Mapping[str, str], logs: Path, *, workers: int) -> Iterator[Server]:
    """Serve the tracker; what it says goes into a file in ``logs``."""
    port = _free_port()
    command = [*TRACKER, "serve", "--port", str(port), "--workers", str(workers)]
    with _running(command, environment, logs, port) as server:
        yield server


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], logs: Path, port: int) -> Iterator[Server]:
    """Start, wait until it listens, and end it with all its workers."""
    log = logs / f"{port}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=stream, stderr=stream)
    try:
        _wait(process, port, log)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_SECONDS_TO_END)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text('utf-8', 'replace')}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0

"""A load of ready-made requests over kept connections, from a process of its own.

``python -m tests.benchmarks.load`` reads an :class:`Order` as JSON from standard input, makes all requests
beforehand, sends each connection's next one when the last is answered, and prints an :class:`Answered` as JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import cast

from tests.benchmarks.deliveries import request

_KEPT = 2000
"""Requests that are sent again and again where they need not differ."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to send. ``prefix`` makes the ids of this order its own; ``secret`` signs it (``whsec_…``); at most
    ``rate`` requests a second are made beforehand. ``repeat`` sends a few over and over."""

    port: int
    path: str
    secret: str
    prefix: str
    status: int
    seconds: float
    connections: int = 32
    rate: int = 12_000
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: answers in all, the seconds they took, and two percentiles of latency in milliseconds."""

    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """The rate of answers."""
        return self.answers / self.seconds


def send(order: Order) -> Answered:
    """Send an order from a new process.

    :raise subprocess.CalledProcessError: when an answer is not the one expected.
    """
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(command, check=True, input=json.dumps(asdict(order)), stdout=subprocess.PIPE, text=True)
    return Answered(**json.loads(done.stdout))


class _Connection:
    """One kept connection and the answer it waits for."""

    def __init__(self, port: int, status: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wanted = f"HTTP/1.1 {status} ".encode()
        self._read = b""
        self.sent = 0.0

    def send(self, message: bytes) -> None:
        self.sent = time.perf_counter()
        self.socket.sendall(message)

    def answered(self) -> bool:
        """Read what there is; whether the answer is complete.

        :raise SystemExit: with the answer, when it is not the one expected.
        """
        piece = self.socket.recv(65536)
        self._read += piece
        end = self._read.find(b"\r\n\r\n")
        if not piece or (end > 0 and not self._read.startswith(self._wanted)):
            sys.exit(f"Expected {self._wanted.decode()}, got {self._read.decode(errors='replace')!r}")
        if end < 0 or not _is_whole(self._read[:end].lower(), self._read[end + 4 :]):
            return False
        self._read = b""
        return True


def _is_whole(head: bytes, body: bytes) -> bool:
    _before, found, after = head.partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(after.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")  # chunked (RFC 9112, section 7.1)


def _requests(order: Order) -> Iterator[bytes]:
    wanted = _KEPT if order.repeat else int(order.rate * order.seconds)
    made = [request(order.path, order.secret, f"{order.prefix}-{number}", number) for number in range(wanted)]
    return cycle(made) if order.repeat else iter(made)


def run(order: Order) -> Answered:
    """Send until the time is over or no request is left, and wait for every answer."""
    requests = _requests(order)
    connections = [_Connection(order.port, order.status) for _ in range(order.connections)]
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        latencies = _exchange(selector, connections, requests, started + order.seconds)
        seconds = time.perf_counter() - started
    for connection in connections:
        connection.socket.close()
    latencies.sort()
    p50, p99 = (1000 * latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
    return Answered(len(latencies), seconds, p50, p99)


def _exchange(
    selector: selectors.BaseSelector, connections: list[_Connection], requests: Iterator[bytes], deadline: float
) -> list[float]:
    latencies: list[float] = []
    waiting = 0
    for connection, message in zip(connections, islice(requests, len(connections)), strict=True):
        connection.send(message)
        waiting += 1
    while waiting:
        for key, _events in selector.select():
            connection = cast(_Connection, key.data)
            if not connection.answered():
                continue
            now = time.perf_counter()
            latencies.append(now - connection.sent)
            message = next(requests, b"") if now < deadline else b""
            if message:
                connection.send(message)
            else:
                waiting -= 1
    return latencies


if __name__ == "__main__":
    print(json.dumps(asdict(run(Order(**json.load(sys.stdin))))))

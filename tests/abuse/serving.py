"""A real server over the small catalogue, one source that signs and one token, and raw bytes sent to it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlalchemy import func, select

from tests.abuse.scene import KEYS, MAX_BODY
from tests.cli.conftest import TRACKER, environment
from tests.house import DATA
from tracker.access import sources, tokens
from tracker.access.signatures import HMAC, sign
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.db import Database
from tracker.ledger.models import events
from tracker.service import open_service
from tracker.settings import read_settings

CLOSE = ("Connection: close",)
SECONDS = 4
"""How long an answer may take before the test gives up."""


@dataclass
class Server:
    """A running server and the database behind it."""

    port: int
    database: Database
    token: str
    numbers: Iterator[int] = field(default_factory=count)

    def event(self) -> bytes:
        """A good event, with an id of its own."""
        made = {
            "specversion": "1.0", "id": f"wire-{next(self.numbers)}", "source": "/desk", "type": "desk.case.reported",
            "time": datetime.now(UTC).isoformat(), "data": {"channel": "phone"},
        }  # fmt: skip
        return json.dumps(made).encode()

    def signed(self, body: bytes, id: str = "delivery") -> dict[str, str]:
        """The headers of a good signature."""
        now = int(time.time())
        signature = sign(KEYS["desk"].secret, HMAC, id, now, body)
        return {"webhook-id": id, "webhook-timestamp": str(now), "webhook-signature": signature}

    def head(self, *lines: str, target: str = "/api/v1/webhooks/desk") -> bytes:
        """The head of a POST of one event with these header lines."""
        own = (f"POST {target} HTTP/1.1", "Host: localhost", "Content-Type: application/cloudevents+json", *CLOSE)
        return "\r\n".join((*own, *lines, "", "")).encode("latin-1")

    def good(self) -> bytes:
        """A good request, whole."""
        body = self.event()
        lines = [f"{name}: {value}" for name, value in self.signed(body).items()]
        return self.head(*lines, f"Content-Length: {len(body)}") + body

    def send(self, *parts: bytes, cut: bool = False) -> list[int]:
        """Send bytes and return the status of every answer until the server hangs up.

        :param cut: end the sending side then, whatever was announced.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                if cut:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has heard enough and hung up; what it said can still be read
            return statuses(_rest(connection))

    def stored(self) -> int:
        """How many events are on record."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(events)) or 0


def _rest(connection: socket.socket) -> bytes:
    found = b""
    try:
        while piece := connection.recv(1 << 16):
            found += piece
    except (ConnectionError, TimeoutError):
        pass
    return found


def statuses(answer: bytes) -> list[int]:
    """The status codes of the answers on one connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """A server on SQLite, until the block ends."""
    settings = {"TRACKER_HOME": str(home), "TRACKER_CONFIG": str(DATA / "small"), "TRACKER_MAX_BODY": str(MAX_BODY)}
    environ = environment(**settings)
    subprocess.run([TRACKER, "init"], env=environ, check=True, capture_output=True)
    token = _admit(settings)
    database = Database(read_settings(settings).database_url)
    port = _free_port()
    process = subprocess.Popen(
        [TRACKER, "serve", "--port", str(port)], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(process, port)
        yield Server(port, database, token)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)
        database.close()


def _admit(settings: dict[str, str]) -> str:
    """Register the source ``desk`` and a token that may record."""
    service = open_service(read_settings(settings))
    at = datetime.now(UTC)
    with service.database.write() as session:
        key = Material(HMAC, KEYS["desk"].secret)
        secret = service.keys.secrets.key
        sources.add(session, Source("desk", "/desk", ("*",)), key, secret=secret, by="person:alice", at=at)
        token = tokens.add(session, "wire", frozenset({"record"}), source=None, days=1, by="person:alice", at=at)
    service.close()
    return token


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")

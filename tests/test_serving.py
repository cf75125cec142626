"""``tracker serve``, as the README tells it: a real server, real requests, and an end when it is asked to end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import PROJECT, TRACKER, environment

EVENT = {
    "specversion": "1.0",
    "id": "training-2020-0001",
    "source": "/integrity",
    "type": "integrity.training.held",
    "time": "2020-03-05T10:00:00+08:00",
    "data": {"mode": "offline", "attendees": 42},
}


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, token: str) -> None:
        self.process = process
        self.base = f"http://127.0.0.1:{port}"
        self.token = token

    def ask(self, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of a GET, or of a POST where there is a body."""
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/cloudevents+json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(f"{self.base}{path}", data, headers), timeout=10) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def wait(self) -> None:
        """Return when it answers."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended"
            try:
                self.ask("/healthz")
            except (URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server does not answer")

    def stop(self) -> int:
        """Ask it to end; its exit status. Soon enough that no worker was killed, which comes after 30 seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=25)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving(home: Path, url: str = "", workers: int = 1) -> Iterator[Server]:
    """A server of the shipped configuration, started where there is no checkout."""
    environ = environment(TRACKER_HOME=str(home), TRACKER_DATABASE_URL=url)
    subprocess.run([TRACKER, "init"], cwd=home.parent, env=environ, check=True, capture_output=True)
    token = token_in(home, environ)
    port = free_port()
    command = [str(TRACKER), "serve", "--port", str(port), "--workers", str(workers)]
    with (home.parent / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home.parent, env=environ, stdout=log, stderr=log)
    server = Server(process, port, token)
    try:
        server.wait()
        yield server
    finally:
        if process.poll() is None:
            server.stop()  # not killed: its worker would outlive it


def token_in(home: Path, environ: dict[str, str]) -> str:
    """The token that scripts use; made with the first server."""
    file = home / "token"
    if not file.exists():
        scopes = [word for scope in ("record", "read", "backfill") for word in ("--scope", scope)]
        made = subprocess.run(
            [TRACKER, "token", "add", "scripts", *scopes], cwd=home.parent, env=environ, check=True, capture_output=True
        )
        file.write_bytes(made.stdout)
    return file.read_text("ascii").strip()


def value(server: Server, metric: str, period: str) -> str:
    status, document = server.ask(f"/api/v1/figures?period={period}&metric={metric}")
    assert status == 200
    found: str = document["figures"][0]["value"]
    return found


def test_a_server_records_answers_and_ends_when_it_is_told(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as server:
        assert server.ask("/healthz") == (200, {"status": "ok"})
        assert server.ask("/readyz")[0] == 200
        status, answer = server.ask("/api/v1/events", EVENT)
        assert (status, answer["receipts"][0]["status"]) == (201, "recorded")
        status, answer = server.ask("/api/v1/events", EVENT)
        assert (status, answer["receipts"][0]["status"]) == (200, "duplicate")
        assert server.ask("/api/v1/events", EVENT, token=server.token[::-1])[0] == 401
        assert value(server, "integrity.training_attendance", "2020-Q1") == "42"
        assert server.stop() == 0
    with serving(tmp_path / "home") as server:
        assert value(server, "integrity.training_attendance", "2020") == "42"


def test_two_workers_share_a_postgresql_database(tmp_path: Path, postgresql_url: str) -> None:
    with serving(tmp_path / "home", postgresql_url, workers=2) as server:
        for number in range(20):
            assert server.ask("/api/v1/events", EVENT | {"id": f"training-{number}"})[0] == 201
        assert value(server, "integrity.trainings", "2020") == "20"
        assert server.stop() == 0
    assert not (tmp_path / "home" / "tracker.db").exists()


def test_the_calls_of_the_readme_work_as_they_stand(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("There is no curl here.")
    readme = (PROJECT / "README.md").read_text("utf-8")
    calls = [call.replace("\n    ", "\n") for call in re.findall(r"^    (curl .*(?:\n     .*)*)", readme, re.MULTILINE)]
    assert [call.split()[1] for call in calls] == ["-X", "-H"]
    with serving(tmp_path / "home") as server:
        environ = environment(TOKEN=server.token) | {"PATH": os.environ["PATH"]}
        answers = []
        for call in calls:
            command = call.replace("http://127.0.0.1:8000", server.base).replace("curl ", "curl -s --noproxy '*' ", 1)
            ended = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, timeout=30, check=True)
            answers.append(json.loads(ended.stdout))
        posted, figures = answers
        assert [(each["id"], each["seq"], each["status"]) for each in posted["receipts"]] == [
            ("training-2026-0017", 0, "recorded")
        ]
        assert figures["period"] == "2020"
        assert len(figures["figures"]) >= 129
        assert value(server, "integrity.training_attendance", "2026") == "42"


def test_a_body_in_chunks_is_refused_beyond_the_limit_and_never_cut(tmp_path: Path) -> None:
    event = json.dumps(EVENT).encode()
    with serving(tmp_path / "home") as server:
        port = int(server.base.rsplit(":", 1)[1])
        statuses = []
        for padding in (0, 1 << 20):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                head = f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
                rest = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                body = event + b" " * padding
                connection.sendall(f"{head}{rest}{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
                statuses.append(connection.makefile("rb").readline().split()[1])
        assert statuses == [b"201", b"413"]


def test_who_cannot_be_served_is_told_before_the_port_is_taken(tmp_path: Path) -> None:
    environ = environment(TRACKER_HOME=str(tmp_path / "home"))
    subprocess.run([TRACKER, "init"], cwd=tmp_path, env=environ, check=True, capture_output=True)
    key = tmp_path / "home" / "keys" / "quarantine"
    key.chmod(0o644)
    ended = subprocess.run([TRACKER, "serve"], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"The service is not ready: Others may read the key file {key}. Run `chmod 600 {key}`, then try again.\n"
    )

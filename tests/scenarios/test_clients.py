"""The examples and the CloudEvents SDK, as they stand, against a real server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.cli.conftest import PROJECT, environment
from tests.scenarios.oracle import SOUND, judge
from tests.scenarios.senders import signed
from tests.scenarios.servers import SOURCE, URI, Answer, Client, Server, Site, needed, serving

EXAMPLES = PROJECT / "examples"
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Counter:
    """A running server, and those who bring it something."""

    site: Site
    server: Server

    def run(self, *command: str | Path, sent: bytes, secret: str = "", cwd: Path = EXAMPLES) -> tuple[int, str]:
        """Run an example with ``sent`` as its input; its status and output."""
        settings = environment(
            TRACKER_URL=self.server.base,
            TRACKER_SOURCE=SOURCE,
            TRACKER_SECRET=secret or self.site.secret,
            NO_PROXY="127.0.0.1",
        )
        ended = subprocess.run(command, input=sent, capture_output=True, cwd=cwd, env=settings, timeout=60, check=False)
        return ended.returncode, ended.stdout.decode() + ended.stderr.decode()

    def post(self, id: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Sign and send a body with the headers that belong to it."""
        path = f"/api/v1/webhooks/{SOURCE}"
        with Client(self.server.port) as client:
            return client.post(path, body, signed(self.site, id, body) | headers)


@pytest.fixture
def counter(tmp_path: Path, url: str) -> Iterator[Counter]:
    """A server on either database."""
    site = Site.make(tmp_path, url)
    with serving(site) as server:
        yield Counter(site, server)
    assert judge(url, []) == SOUND


def case(id: str) -> dict[str, Any]:
    """What a system has to say, with a character that is not ASCII."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": URI,
        "type": "desk.case.reported",
        "subject": "case-7",
        "time": "2025-05-04T12:00:00+08:00",
        "data": {"channel": "phone", "places": ["臺北"]},
    }


def as_sdk(id: str) -> CloudEvent:
    """The same, as the SDK has it."""
    said = case(id)
    data = said.pop("data")
    said |= {"time": datetime.fromisoformat(said["time"]), "datacontenttype": "application/json"}
    return CloudEvent(said, data)


def receipts(answer: Answer) -> list[tuple[str, int, str]]:
    """The receipts of an answer, without their leaves."""
    return [(each["id"], each["seq"], each["status"]) for each in answer.document["receipts"]]


def check_example(counter: Counter, *command: str | Path, cwd: Path = EXAMPLES) -> None:
    """An example sends an event, sends it again, and reports what was refused."""
    sent = json.dumps(case("case-7"), ensure_ascii=False).encode()
    for status in ("recorded", "duplicate"):
        ended, out = counter.run(*command, sent=sent, cwd=cwd)
        assert ended == 0, out
        [receipt] = json.loads(out)["receipts"]
        assert (receipt["id"], receipt["seq"], receipt["status"]) == ("case-7", 0, status)
    ended, out = counter.run(*command, sent=sent, cwd=cwd, secret="whsec_" + "A" * 43 + "=")
    assert ended != 0
    assert '"status": 401' in out


def test_the_shell_example_needs_only_openssl_and_curl(counter: Counter) -> None:
    needed("openssl")
    needed("curl")
    check_example(counter, "sh", EXAMPLES / "send.sh")


def test_the_python_example_signs_with_the_reference_library(counter: Counter) -> None:
    check_example(counter, sys.executable, EXAMPLES / "send.py")


def test_the_node_example_signs_with_the_reference_library(counter: Counter, tmp_path: Path) -> None:
    node, npm = needed("node"), needed("npm")
    copy = tmp_path / "examples"
    copy.mkdir()
    for name in ("send.mjs", "package.json"):
        shutil.copy(EXAMPLES / name, copy)
    install = [npm, "install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"]
    subprocess.run(install, cwd=copy, env=dict(os.environ), check=True, capture_output=True, timeout=120)
    check_example(counter, node, "send.mjs", cwd=copy)


def test_the_sdk_sends_structured_events(counter: Counter) -> None:
    message = to_structured_event(as_sdk("case-7"))
    answer = counter.post("delivery-1", message.body, message.headers)
    assert (answer.status, receipts(answer)) == (201, [("case-7", 0, "recorded")])
    again = counter.post("delivery-2", message.body, message.headers)
    assert (again.status, receipts(again)) == (200, [("case-7", 0, "duplicate")])


def test_the_sdk_sends_binary_events_whose_id_is_the_deliverys(counter: Counter) -> None:
    message = to_binary_event(as_sdk("case-7"))
    other = counter.post("case-8", message.body, message.headers)
    assert (other.status, other.document["mistakes"]) == (
        422,
        [{"pointer": "/id", "message": "is not the webhook-id"}],
    )
    answer = counter.post("case-7", message.body, message.headers)
    assert (answer.status, receipts(answer)) == (201, [("case-7", 0, "recorded")])


def test_the_modes_of_the_sdk_say_the_same(counter: Counter) -> None:
    binary, structured = to_binary_event(as_sdk("case-7")), to_structured_event(as_sdk("case-7"))
    batch = _batch("case-7", "case-8", "case-9")
    answers = [counter.post("case-7", each.body, each.headers) for each in (binary, structured, batch, batch)]
    assert [(answer.status, receipts(answer)) for answer in answers] == [
        (201, [("case-7", 0, "recorded")]),
        (200, [("case-7", 0, "duplicate")]),
        (201, [("case-7", 0, "duplicate"), ("case-8", 1, "recorded"), ("case-9", 2, "recorded")]),
        (200, [("case-7", 0, "duplicate"), ("case-8", 1, "duplicate"), ("case-9", 2, "duplicate")]),
    ]


def _batch(*ids: str) -> HTTPMessage:
    """The SDK knows no batches; they are its structured events in an array."""
    bodies = [to_structured_event(as_sdk(id)).body for id in ids]
    return HTTPMessage({"Content-Type": BATCH}, b"[" + b",".join(bodies) + b"]")

"""A process that takes in what is confidential through its doors, and tells on standard error what it logs."""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
from io import BytesIO
from typing import Any, NamedTuple

from flask.testing import FlaskClient

from tests.evidence.samples import docx, pdf, picture
from tracker.access.signatures import HMAC, sign
from tracker.app import create_app
from tracker.clock import now

REPORTED = "integrity.case.reported"
OPEN = {"channel": "hotline", "category": "fraud", "reporter_group": "staff"}
HOST = "https://tracker.example.org"


class Order(NamedTuple):
    """What a process is told: its token, a source's secret (hex), and the words that it has to hand in."""

    token: str
    secret: str
    words: list[str]


def event(number: int, source: str, **secret: str) -> dict[str, Any]:
    """A report from outside."""
    return {
        "specversion": "1.0",
        "id": f"report-{number}",
        "source": source,
        "type": REPORTED,
        "subject": f"case-{number}",
        "time": "2020-05-04T12:00:00+08:00",
        "data": OPEN | secret,
    }


def send() -> None:
    """Hand in every word somewhere; prints how each request was answered."""
    order = Order(**json.load(sys.stdin))
    words, numbers = iter(order.words), itertools.count()
    client = create_app().test_client()
    answers = [
        *(_by_token(client, order, next(numbers), next(words), next(words)) for _ in range(40)),
        _as_a_stream(client, order, [event(next(numbers), "/hotline", narrative=next(words)) for _ in range(20)]),
        *(_signed(client, order, next(numbers), OPEN | {"narrative": next(words)}) for _ in range(20)),
        *(_signed(client, order, next(numbers), {"narrative": next(words)}) for _ in range(20)),  # for the quarantine
        *(_anonymously(client, number, *itertools.islice(words, 4)) for number in range(15)),
    ]
    assert next(words, None) is None
    print(json.dumps(answers), flush=True)
    os._exit(0)  # as if it were killed: nothing is tidied up


def _by_token(client: FlaskClient, order: Order, number: int, narrative: str, identity: str) -> int:
    body = event(number, "/hotline", narrative=narrative, identity=identity)
    return client.post("/api/v1/events", json=body, headers=_bearing(order)).status_code


def _as_a_stream(client: FlaskClient, order: Order, events: list[dict[str, Any]]) -> int:
    lines = "".join(f"{json.dumps(each)}\n" for each in events)
    headers = _bearing(order) | {"Content-Type": "application/x-ndjson"}
    return client.post("/api/v1/events", data=lines.encode(), headers=headers).status_code


def _bearing(order: Order) -> dict[str, str]:
    return {"Authorization": f"Bearer {order.token}"}


def _signed(client: FlaskClient, order: Order, number: int, data: dict[str, str]) -> int:
    body = json.dumps(event(number, "/desk") | {"data": data}).encode()
    stamp = int(now().timestamp())
    headers = {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": f"msg-{number}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(bytes.fromhex(order.secret), HMAC, f"msg-{number}", stamp, body),
    }
    return client.post("/api/v1/webhooks/desk", data=body, headers=headers).status_code


def _anonymously(client: FlaskClient, number: int, narrative: str, name: str, inside: str, trace: str) -> int:
    """A report on the page for it, with a text file and one that bears the traces of its maker."""
    page = client.get("/report", base_url=HOST).get_data(as_text=True)
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    traced = (picture("JPEG", trace=trace), pdf(trace), docx(trace))[number % 3]
    form = {
        "token": found[1],
        "category": "fraud",
        "reporter_group": "staff",
        "narrative": narrative,
        "files": [(BytesIO(inside.encode()), f"{name}.txt"), (BytesIO(traced), "scan")],
    }
    return client.post("/report", base_url=HOST, data=form, content_type="multipart/form-data").status_code

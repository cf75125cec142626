"""The events of the benchmark, and the requests that carry them.

Written without the tracker's own code: a sender has none of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

TYPE = "bench.training.held"
SOURCE = "/bench"


def event(identifier: str, number: int) -> dict[str, Any]:
    """An event of eight fields, about 400 bytes as JSON. ``number`` varies what is tallied, and its day."""
    return {
        "specversion": "1.0",
        "id": identifier,
        "source": SOURCE,
        "type": TYPE,
        "time": f"2020-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T10:00:00+08:00",
        "entity": "north" if number % 3 else "south",
        "data": {
            "mode": "online" if number % 2 else "offline",
            "level": "advanced" if number % 5 else "basic",
            "attendees": number % 200,
            "hours": f"{number % 16}.25",
            "cost": {"amount": f"{number % 5000}.50", "currency": "CNY"},
            "title": "Anti-corruption training for the procurement department",
            "place": f"room-{number % 40}",
            "external": True,
        },
    }


def lines(prefix: str, count: int) -> Iterator[bytes]:
    """NDJSON."""
    for number in range(count):
        yield json.dumps(event(f"{prefix}-{number}", number)).encode() + b"\n"


def request(path: str, secret: str, identifier: str, number: int) -> bytes:
    """A signed HTTP/1.1 POST of one event, as Standard Webhooks 1.0.0 asks for it."""
    body = json.dumps(event(identifier, number), separators=(",", ":")).encode()
    sent = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{identifier}.{sent}.".encode() + body, hashlib.sha256)
    head = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/cloudevents+json",
        f"Content-Length: {len(body)}",
        f"webhook-id: {identifier}",
        f"webhook-timestamp: {sent}",
        f"webhook-signature: v1,{base64.b64encode(signed).decode()}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body

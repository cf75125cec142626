"""Requests as a server hands them to the application: every header and byte as the case has it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from tests.abuse.mutation import Mutant
from tests.abuse.scene import KEYS, NOW, Scene
from tracker.access.signatures import HMAC, sign

PLAIN_ID = re.compile(r"[a-z0-9-]{1,200}").fullmatch
"""An event's id that may be a delivery's too, as binary mode asks."""

PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Endless(io.RawIOBase):
    """A body that never ends; ``read_so_far`` is how much of it was taken."""

    def __init__(self, piece: str) -> None:
        super().__init__()
        self._piece = piece.encode()
        self.read_so_far = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.read_so_far += len(buffer)
        buffer[:] = (self._piece * (len(buffer) // len(self._piece) + 1))[: len(buffer)]
        return len(buffer)


def send(
    app: Flask, method: str, target: str, headers: Mapping[str, str], body: bytes | Endless, *, chunked: bool = False
) -> TestResponse:
    """The application's answer to one request.

    :param target: path and query as they stand in the request line.
    :param chunked: the length of the body is not told.
    """
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": _as_wsgi(query),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if chunked:
        environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    elif isinstance(body, bytes):
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers.items():
        environ[PLAIN.get(name, f"HTTP_{name.upper().replace('-', '_')}")] = _as_wsgi(value)
    return TestResponse(*run_wsgi_app(app, environ, buffered=True), request=Request(environ))


def knock(scene: Scene, request: Mutant, door: str, ident: str) -> TestResponse:
    """Send a request with a good signature or a good token."""
    headers = {"content-type": request.type, **request.attributes}
    if door == "token":
        headers["authorization"] = f"Bearer {scene.tokens['everything']}"
        return send(scene.app, "POST", "/api/v1/events", headers, request.body)
    id = request.attributes.get("ce-id", "")
    id = id if PLAIN_ID(id) else ident
    timestamp = int(NOW.timestamp())
    headers |= {"webhook-id": id, "webhook-timestamp": str(timestamp)}
    headers["webhook-signature"] = sign(KEYS["desk"].secret, HMAC, id, timestamp, request.body)
    return send(scene.app, "POST", "/api/v1/webhooks/desk", headers, request.body, chunked=door == "chunked")


def good_event(id: str) -> bytes:
    """A good event of the source ``desk``."""
    time = "2026-01-01T12:00:00+08:00"
    event = {"specversion": "1.0", "id": id, "source": "/desk", "type": "desk.case.reported", "time": time}
    return json.dumps(event | {"data": {"channel": "phone"}}).encode()


def _as_wsgi(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")

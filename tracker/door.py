"""The short way in for signed deliveries: past Flask's dispatch, which would cost more than recording them.

It takes the plain case alone: a POST to ``/api/v1/webhooks/NAME`` of known length, without query and without
encoding, that is not refused. All else goes the long way, through the same functions: what was refused
here is raised again by the view, so that errors are answered and logged in one place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from tracker.api import receipts, webhooks
from tracker.service import Service
from tracker.web import access_log
from tracker.web.headers import HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = re.compile(r"/api/v1/webhooks/([a-z][a-z0-9-]*)").fullmatch
_LENGTH = re.compile(r"[0-9]{1,10}", re.ASCII).fullmatch
_STATUS = {200: "200 OK", 201: "201 CREATED"}


class Door:
    """A WSGI application in front of Flask's."""

    def __init__(self, app: Flask, service: Service) -> None:
        self._behind: WSGIApplication = app.wsgi_app
        self._service = service
        self._logs = service.settings.access_log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Take a plain delivery, or let the request through."""
        name = self._plain(environ)
        if name is None:
            return self._behind(environ, start_response)
        began = time.perf_counter()
        try:
            given = webhooks.deliver(self._service, name, environ)
        except Exception as error:  # noqa: BLE001  # told and logged where every other error is
            environ[webhooks.REFUSED] = error
            return self._behind(environ, start_response)
        status, body = receipts.encoded(self._service, given)
        if self._logs:
            access_log.line("POST", environ["PATH_INFO"], status, began)
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *HEADERS.items()]
        start_response(_STATUS[status], head)
        return [body]

    def _plain(self, environ: WSGIEnvironment) -> str | None:
        """The name of the source, if this is a delivery as nearly all are."""
        if environ["REQUEST_METHOD"] != "POST" or environ.get("QUERY_STRING") or "HTTP_CONTENT_ENCODING" in environ:
            return None
        found = _PATH(environ["PATH_INFO"])
        length = environ.get("CONTENT_LENGTH", "")
        if found is None or not _LENGTH(length) or int(length) > self._service.settings.max_body:
            return None
        return found[1] if "HTTP_TRANSFER_ENCODING" not in environ else None


def hang(app: Flask, service: Service) -> None:
    """Put the door in front of an application."""
    app.wsgi_app = Door(app, service)  # type: ignore[method-assign]

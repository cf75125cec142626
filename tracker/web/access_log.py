"""One line for each request: method, path, status, time. Never a query, a header or a body.

Of a visit that leaves no trace there is none, and in place of a path that holds a secret its view gives another. Files
of pages have no line either: the style of a page that has none would tell when somebody opened it.
"""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("tracker.access")

LONGEST_PATH = 200
SECRET = "token"
"""The part of a page's rule that nobody must read in a log: ``/my/<token>``."""

_FILES = frozenset({"web.static", "web.assets_show"})


def register(app: Flask) -> None:
    """Log each request of the application once it is answered."""
    app.before_request(_begin)
    app.after_request(_end)


def line(method: str, path: str, status: int, began: float) -> None:
    """Write one line; ``began`` is when, by :func:`time.perf_counter`."""
    ms = round((time.perf_counter() - began) * 1000, 1)
    log.info("request", method=method[:20], path=path[:LONGEST_PATH], status=status, ms=ms)


def _path() -> str:
    """The path; of an address that is a secret itself, whoever refuses it, what is known to all."""
    rule = request.url_rule
    return rule.rule if rule is not None and SECRET in (request.view_args or {}) else request.path


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    if g.get("traceless") or request.endpoint in _FILES:
        return response
    began = g.get("began", time.perf_counter())  # not there where an earlier hook has answered
    line(request.method, g.get("logged_path") or _path(), response.status_code, began)
    return response

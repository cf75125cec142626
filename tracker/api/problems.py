"""Errors on the wire: RFC 9457 problem documents under ``/api/``, pages elsewhere.

The one place that maps errors to HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from flask import Flask, Response, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tracker.api.state import service
from tracker.errors import TooLarge, TrackerError

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"


def register(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(TrackerError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(Exception, _unforeseen)


def _refused(error: TrackerError) -> Response:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(error.status, {})
    mistakes = [mistake.as_dict() for mistake in error.mistakes]
    return _answer(error.status, error.slug, error.title, error.detail, mistakes, headers)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name.lower() == "allow"}
    slug = (error.name or "error").lower().replace(" ", "-")
    return _answer(status, slug, error.name, error.description or "The request cannot be answered.", [], kept)


def _too_large(_error: RequestEntityTooLarge) -> Response:
    limit = service().settings.max_body
    return _refused(TooLarge(f"The body is larger than {limit} bytes (TRACKER_MAX_BODY). Send fewer events at once."))


def _unforeseen(error: Exception) -> Response:
    # The one broad handler: a caller learns nothing of the inside, the log keeps the kind of error but no payload.
    log.error("unforeseen", error=type(error).__name__, path=request.path, exc_info=error)
    return _answer(500, "error", "Something went wrong", "This is our fault. Nothing was stored.", [], {})


def _answer(
    status: int, slug: str, title: str, detail: str, mistakes: list[dict[str, str]], headers: Mapping[str, str]
) -> Response:
    if not request.path.startswith("/api/"):
        page = render_template("error.html", title=title, detail=detail)
        return Response(page, status, headers, content_type="text/html; charset=utf-8")
    problem = {"type": f"urn:governance-tracker:problem:{slug}", "title": title, "status": status, "detail": detail}
    if mistakes:
        problem["mistakes"] = mistakes
    return Response(json.dumps(problem), status, headers, content_type=PROBLEM)

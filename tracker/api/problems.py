"""Errors on the wire: RFC 9457 problem documents under ``/api/``, pages elsewhere.

The one place that maps errors to HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, g, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tracker.api.state import service
from tracker.errors import ContentConflict, NotReady, TooLarge, TooMany, TrackerError, Unauthorised

log = structlog.get_logger(__name__)

PROBLEM = "application/problem+json"


def register(app: Flask) -> None:
    """Answer every error of the application."""
    app.register_error_handler(TrackerError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(Exception, _unforeseen)


def problem_of(error: TrackerError) -> dict[str, Any]:
    """The problem document of a refusal."""
    problem = _document(error.status, error.slug, error.title, error.detail)
    if error.mistakes:
        problem["mistakes"] = [mistake.as_dict() for mistake in error.mistakes]
    if isinstance(error, ContentConflict):
        problem["stored"] = error.stored
    return problem


def _refused(error: TrackerError) -> Response:
    return _answer(problem_of(error), _headers(error))


def _headers(error: TrackerError) -> dict[str, str]:
    if isinstance(error, Unauthorised):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.seconds)}
    return {"Retry-After": "5"} if isinstance(error, NotReady) else {}


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name.lower() == "allow"}
    slug = (error.name or "error").lower().replace(" ", "-")
    detail = error.description or "The request cannot be answered."
    return _answer(_document(status, slug, error.name, detail), kept)


def _too_large(_error: RequestEntityTooLarge) -> Response:
    limit = service().settings.max_body
    return _refused(TooLarge(f"The body is larger than {limit} bytes (TRACKER_MAX_BODY). Send fewer events at once."))


def _unforeseen(error: Exception) -> Response:
    # The one broad handler: a caller learns nothing of the inside, the log keeps the kind of error but no payload.
    path = "…" if g.get("traceless") else g.get("logged_path", request.path)
    log.error("unforeseen", error=type(error).__name__, path=path, exc_info=error)
    return _answer(_document(500, "error", "Something went wrong", "This is our fault. Nothing was stored."), {})


def _document(status: int, slug: str, title: str, detail: str) -> dict[str, Any]:
    return {"type": f"urn:governance-tracker:problem:{slug}", "title": title, "status": status, "detail": detail}


def _answer(problem: dict[str, Any], headers: Mapping[str, str]) -> Response:
    if request.path.startswith("/api/"):
        return Response(json.dumps(problem), problem["status"], headers, content_type=PROBLEM)
    page = render_template("error.html", problem=problem)
    return Response(page, problem["status"], headers, content_type="text/html; charset=utf-8")

"""HTTP for machines, under ``/api/v1``: events in, figures out."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import Blueprint, request

from tracker.api import description, parameters
from tracker.api.routes import ROUTES, Route, View
from tracker.api.security import require


def blueprint() -> Blueprint:
    """All routes of the table, each behind its scope."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for route in ROUTES:
        api.add_url_rule(route.rule, route.endpoint, _guarded(route), methods=[route.method])
    return api


def public() -> Blueprint:
    """What describes the API, to anybody."""
    about = Blueprint("about", __name__)
    about.add_url_rule("/openapi.json", view_func=description.show)
    return about


def _guarded(route: Route) -> View:
    @wraps(route.view)
    def guarded(**values: Any) -> Any:
        require(route.scope)
        if request.query_string:  # a dry run that is misspelled, or asked of what has none, must not become a real one
            parameters.read(route.query)
        return route.view(**values)

    return guarded

"""HTTP for machines, under ``/api/v1``: events in, figures out."""

from flask import Blueprint

from tracker.api import events, figures
from tracker.api.security import require_token


def blueprint() -> Blueprint:
    """All routes of the API; each asks for the bearer token."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    api.before_request(require_token)
    api.add_url_rule("/events", view_func=events.create, methods=["POST"])
    api.add_url_rule("/figures", view_func=figures.index, methods=["GET"])
    return api

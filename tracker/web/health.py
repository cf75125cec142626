"""Is the process alive, and can it work?"""

from flask import Response, current_app, jsonify

from tracker.service import Service
from tracker.web.pages import PUBLIC, Page


def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


def readyz() -> Response:
    """The database is migrated and guarded, and the catalogue in force is this process's.

    :raise NotReady: 503, saying what is missing.
    """
    service: Service = current_app.extensions["tracker"]
    service.check_ready()
    return jsonify(status="ready", catalogue=service.catalogue.digest)


PAGES = (Page("GET", "/healthz", healthz, PUBLIC), Page("GET", "/readyz", readyz, PUBLIC))

"""The service behind the current request."""

from __future__ import annotations

from typing import cast

from flask import current_app

from tracker.service import Service

EXTENSION = "tracker"


def service() -> Service:
    """What :func:`tracker.app.create_app` opened for this application."""
    return cast(Service, current_app.extensions[EXTENSION])

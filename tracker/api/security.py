"""Who may call: for now one bearer token, from the settings."""

from __future__ import annotations

import hmac

from flask import request

from tracker.api.state import service
from tracker.errors import Unauthorised


def require_token() -> None:
    """Let the request through if it carries the token.

    :raise Unauthorised: the same for a missing header, another scheme and a wrong token.
    """
    expected = service().settings.token
    given = request.headers.get("Authorization", "")
    if expected is None or not hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        raise Unauthorised("Send `Authorization: Bearer …` with the token that TRACKER_TOKEN sets on the server.")

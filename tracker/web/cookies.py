"""The one cookie of a session, signed under a key that is derived from the secrets' key file.

It holds the session's number, the token against forged posts, words to show once, and remembered filters; who the
number stands for is a row in the database. Where nothing of a visit may be kept there is none, nor for the API.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from tracker.access.keys import KeyFile
from tracker.errors import NotReady

NAME = "__Host-tracker"
"""Browsers take a cookie of this name from this host alone, and over TLS alone (or from the machine itself)."""

_LABEL = b"governance-tracker/web/cookies/1"


class Cookies(SecureCookieSessionInterface):
    """Reads and writes the cookie. ``traceless`` are the beginnings of addresses that have none."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, secrets: KeyFile, traceless: Iterable[str]) -> None:
        self._secrets = secrets
        self._without = ("/api", *traceless)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session in the request's cookie; none, which cannot be written to, where there is to be no cookie."""
        return None if within(request.path, self._without) else super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs; nothing while the key file is missing, which says :func:`tracker.web.gate.guarded`."""
        if not app.secret_key:
            try:
                app.secret_key = derived(self._secrets.key)
            except NotReady:
                return None
        return super().get_signing_serializer(app)


def configure(app: Flask, secrets: KeyFile, traceless: Iterable[str]) -> None:
    """Give the application its cookie."""
    app.session_interface = Cookies(secrets, traceless)
    app.config.update(
        SESSION_COOKIE_NAME=NAME,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )


def derived(key: bytes) -> bytes:
    """A key for cookies alone: it opens nothing that the secrets' key does."""
    return hmac.digest(key, _LABEL, "sha256")


def within(path: str, beginnings: Iterable[str]) -> bool:
    """Whether a path is one of these or lies below it."""
    return any(path == each or path.startswith(f"{each}/") for each in beginnings)

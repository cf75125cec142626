"""Posts that other sites have somebody's browser send: refused by where they come from, and by a token in each form.

The first check is that of browsers themselves (Fetch Metadata, else ``Origin``), as OWASP advises; the second is
Flask-WTF's token, which the session's cookie holds as well.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from tracker.errors import Forbidden, FormExpired
from tracker.service import Service

_OURS = frozenset({"same-origin", "none"})  # "none": a person typed the address, or chose a bookmark
_protect = CSRFProtect()


def register(app: Flask) -> None:
    """Let templates write tokens; :func:`check_token` is called for each post, since the API has no forms."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, which we tell browsers not to send
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    _protect.init_app(app)


def check_origin() -> None:
    """Refuse a post from another site.

    Who sends neither header is no browser of these years, and has no business with another site's page either.

    :raise Forbidden: it comes from elsewhere, or hides where it comes from.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        ours = site in _OURS
    elif origin is not None:
        ours = urlsplit(origin).netloc.lower() in _hosts()
    else:
        ours = True
    if not ours:
        raise Forbidden("This form was sent from another site. Open the page here, and send it from there.")


def check_token() -> None:
    """Refuse a form that is not one of the present session.

    :raise FormExpired: it has no token, or that of another session.
    """
    try:
        _protect.protect()
    except CSRFError:
        raise FormExpired(
            "This form is older than your session, or was sent without cookies. Nothing was stored. "
            "Go back, reload the page, and send it again."
        ) from None


def _hosts() -> frozenset[str]:
    service: Service = current_app.extensions["tracker"]
    public = urlsplit(service.settings.url or "").netloc
    return frozenset({request.host.lower(), public.lower()} - {""})

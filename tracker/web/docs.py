"""``/docs``: the API to read and to try, as Swagger UI shows ``/openapi.json``, from this host alone."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from flask import Response, render_template

from tracker.errors import NotFound
from tracker.web import assets
from tracker.web.headers import policy
from tracker.web.pages import PUBLIC, Page

PACKAGE = "flask-swagger-ui"
"""The distribution that carries Swagger UI's files; its own blueprint, with a script in the page, is not used."""

ASSETS: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


def show() -> Response:
    """The page, in the organisation's languages; Swagger UI itself speaks English."""
    shown = render_template("docs.html", edition=version(PACKAGE))
    return Response(shown, headers={"Content-Security-Policy": _policy()}, content_type="text/html; charset=utf-8")


def asset(name: str) -> Response:
    """One of the few files of Swagger UI that the page needs.

    :raise NotFound: any other.
    """
    if name not in ASSETS:
        raise NotFound(f"There is no file {name}.")
    return assets.packed("flask_swagger_ui", f"dist/{name}", ASSETS[name])


def _policy() -> str:
    # Calls to this host. Swagger UI's stylesheet draws its arrows and locks from data: URLs.
    # Its inline styles are set through the CSSOM, which no policy asks about: 'unsafe-inline' is not needed.
    return policy(**{"connect-src": "'self'"})


PAGES = (Page("GET", "/docs", show, PUBLIC), Page("GET", "/docs/<name>", asset, PUBLIC))

"""``/docs``: the API to read and to try, as Swagger UI shows ``/openapi.json``, from this host alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from flask import Response, current_app, render_template, request

from tracker.errors import NotFound
from tracker.service import Service
from tracker.web import compression
from tracker.web.headers import policy
from tracker.web.languages import choose, texts

PACKAGE = "flask-swagger-ui"
"""The distribution that carries Swagger UI's files; its own blueprint, with a script in the page, is not used."""

ASSETS: Mapping[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}

KEPT = "public, max-age=31536000, immutable"
"""A year: the page asks for the files of a version by that version."""


def show() -> Response:
    """The page, in the organisation's languages; Swagger UI itself speaks English."""
    service: Service = current_app.extensions["tracker"]
    organisation = service.catalogue.organisation
    locale = choose(organisation.locales, request.args.get("lang"), request.headers.get("Accept-Language", ""))
    shown = render_template("docs.html", locale=locale, t=texts(locale), edition=version(PACKAGE))
    return Response(shown, headers={"Content-Security-Policy": _policy()}, content_type="text/html; charset=utf-8")


def asset(name: str) -> Response:
    """One of the few files of Swagger UI that the page needs.

    :raise NotFound: any other.
    """
    if name not in ASSETS:
        raise NotFound(f"There is no file {name}.")
    image = ASSETS[name].startswith("image/")
    if image or not compression.accepted():
        return Response(_bytes(name), headers={"Cache-Control": KEPT}, content_type=ASSETS[name])
    headers = {"Cache-Control": KEPT, "Content-Encoding": "gzip"}
    return Response(_packed(name), headers=headers, content_type=f"{ASSETS[name]}; charset=utf-8")


def _policy() -> str:
    # Scripts of this host and calls to this host. Swagger UI's stylesheet draws its arrows and locks from data: URLs.
    # Its inline styles are set through the CSSOM, which no policy asks about: 'unsafe-inline' is not needed.
    return policy(**{"script-src": "'self'", "connect-src": "'self'", "img-src": "'self' data:"})


@cache
def _bytes(name: str) -> bytes:
    return (files("flask_swagger_ui") / "dist" / name).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return compression.pack(_bytes(name))

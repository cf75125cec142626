"""Files of other packages that pages need: Bootstrap's stylesheet, from this host and kept by version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from flask import Response, url_for

from tracker.errors import NotFound
from tracker.web import compression
from tracker.web.pages import PUBLIC, Page

PACKAGE = "Bootstrap-Flask"
"""The distribution that carries Bootstrap's files; of its blueprint, which serves all there are, nothing is used."""

ASSETS: Mapping[str, tuple[str, str]] = {"bootstrap.min.css": ("bootstrap5/css/bootstrap.min.css", "text/css")}

KEPT = "public, max-age=31536000, immutable"
"""A year: pages ask for the files of a version by that version."""


def show(name: str) -> Response:
    """One of the few files that pages need.

    :raise NotFound: any other.
    """
    if name not in ASSETS:
        raise NotFound(f"There is no file {name}.")
    path, kind = ASSETS[name]
    return packed("flask_bootstrap", f"static/{path}", kind)


def packed(package: str, path: str, kind: str) -> Response:
    """A package's file to keep for a year; packed for who accepts that, unless it is a picture."""
    plain = kind.startswith("image/")
    if plain or not compression.accepted():
        return Response(
            _bytes(package, path), headers={"Cache-Control": KEPT, "Vary": "Accept-Encoding"}, content_type=kind
        )
    headers = {"Cache-Control": KEPT, "Content-Encoding": "gzip"}
    return Response(_gzip(package, path), headers=headers, content_type=f"{kind}; charset=utf-8")


def address(name: str) -> str:
    """Where a page finds an asset."""
    return url_for("web.assets_show", name=name, v=_edition())


@cache
def _edition() -> str:
    return version(PACKAGE)


@cache
def _bytes(package: str, path: str) -> bytes:
    return (files(package) / path).read_bytes()


@cache
def _gzip(package: str, path: str) -> bytes:
    return compression.pack(_bytes(package, path))


PAGES = (Page("GET", "/assets/<name>", show, PUBLIC),)

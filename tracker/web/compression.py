"""Answers on their way out: gzip, for who accepts it and where it is worth the time.

Only what is fetched is compressed. Answers to a POST may hold a new secret beside words of the caller, and the length
of both together must tell nothing of either.
"""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

LEAST = 1024
"""Bytes below which an answer goes as it is: it would fit one packet anyway."""

LEVEL = 5

_KINDS = frozenset({"application/json", "text/html", "text/plain"})


def register(app: Flask) -> None:
    """Compress the application's answers to GET and HEAD."""
    app.after_request(_negotiated)


def accepted() -> bool:
    """Whether gzip is at least as welcome as the plain bytes (RFC 9110, section 12.5.3)."""
    encodings = request.accept_encodings
    return 0 < encodings.quality("gzip") >= encodings.quality("identity")


def pack(body: bytes) -> bytes:
    """The body as gzip; the same bytes whenever and wherever."""
    return gzip.compress(body, LEVEL, mtime=0)


def _negotiated(response: Response) -> Response:
    if request.method not in {"GET", "HEAD"} or response.direct_passthrough:  # a file has ranges: it goes as it is
        return response
    response.vary.add("Accept-Encoding")
    if not accepted():
        return response
    if _worthwhile(response):
        response.set_data(pack(response.get_data()))
        response.content_encoding = "gzip"
    if response.status_code == 304 or "Content-Encoding" in response.headers:
        _weaken(response)
    return response


def _weaken(response: Response) -> None:
    # The packed bytes keep the tag of the plain ones, which only a weak one may (RFC 9110, section 8.8.1); it still
    # finds them, as If-None-Match compares weakly. A 304 shows the tag of the answer that it stands for.
    tag, weak = response.get_etag()
    if tag is not None and not weak:
        response.set_etag(tag, weak=True)


def _worthwhile(response: Response) -> bool:
    if response.status_code != 200 or response.is_streamed or "Content-Encoding" in response.headers:
        return False
    return response.mimetype in _KINDS and (response.calculate_content_length() or 0) > LEAST

"""Answers that several pages give: a redirect after a form, and a page with a status of its own."""

from __future__ import annotations

from typing import cast

from flask import Response, redirect


def see(address: str) -> Response:
    """Send the browser on to a page, which it asks for with GET (RFC 9110, section 15.4.4)."""
    return cast(Response, redirect(address, 303))


def page(shown: str, status: int = 200, wait: int | None = None) -> Response:
    """A page; ``wait`` is after how many seconds to come again."""
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return Response(shown, status, headers, content_type="text/html; charset=utf-8")

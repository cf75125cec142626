"""Headers that every answer carries."""

from flask import Response

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def harden(response: Response) -> Response:
    """Nothing inline, nothing from elsewhere, nothing kept; a static file may be cached."""
    for name, value in HEADERS.items():
        if not (name == "Cache-Control" and response.headers.get(name)):
            response.headers[name] = value
    return response

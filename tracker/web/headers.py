"""Headers that every answer carries."""

from flask import Response

_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**others: str) -> str:
    """The content security policy; ``others`` are the directives in which one page differs."""
    return "; ".join(f"{name} {value}" for name, value in (_POLICY | others).items())


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def harden(response: Response) -> Response:
    """Nothing inline, nothing from elsewhere, nothing kept, unless the view itself has said what it needs."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response

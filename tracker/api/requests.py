"""What a request brings, read within bounds."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.api.state import service
from tracker.errors import Invalid, Malformed, Mistake, TooLarge, WrongMediaType
from tracker.intake.content import Content
from tracker.intake.modes import BATCH, EITHER, ONE
from tracker.intake.parsing import parse_json

_CE = "HTTP_CE_"
_STRUCTURED = frozenset({ONE, BATCH})


def check_plain() -> None:
    """
    :raise WrongMediaType: the body is compressed, or coded on the way in another manner than in chunks.
    """
    if request.headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
        raise WrongMediaType("Send the body as it is; the only Transfer-Encoding is chunked.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("Send the body as it is, without Content-Encoding.")


def body() -> bytes:
    """The whole body.

    :raise RequestEntityTooLarge: more than TRACKER_MAX_BODY bytes.
    :raise WrongMediaType: it is compressed.
    :raise Malformed: it ended before its Content-Length.
    """
    check_plain()
    # One of unknown length is cut off at Flask's limit without a word; that limit is one byte beyond ours.
    found = request.get_data(cache=False)
    if len(found) > service().settings.max_body:
        raise RequestEntityTooLarge
    check_whole(len(found))
    return found


def check_whole(received: int) -> None:
    """
    :raise Malformed: the sender hung up before it had sent what its Content-Length promised.
    """
    if received < (request.content_length or 0):
        raise Malformed("The body ended before its Content-Length. Send it again, whole.")


def check_length(most: int) -> None:
    """
    :raise Malformed: the length of the body is not told, so that one cut short would not show.
    :raise TooLarge: it is more than ``most`` bytes.
    """
    if request.content_length is None:
        raise Malformed("All or nothing takes a Content-Length, so that a body cut short shows. Send it with one.")
    if request.content_length > most:
        raise TooLarge(f"All or nothing takes up to {most} bytes. Send less, or leave out atomic=1.")


class WholeBody(io.RawIOBase):
    """The body as a stream that may not end early: half of what is to be taken all or none is none.

    Reading raises :class:`Malformed` where it does. The end of a body in chunks is the server's to judge.
    """

    def __init__(self) -> None:
        super().__init__()
        self._received = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the length of ``buffer``."""
        piece = request.stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._received += len(piece)
        if not piece:
            check_whole(self._received)
        return len(piece)


def content() -> Content:
    """The body with the headers that say how to read it."""
    environ: Mapping[str, str] = request.environ
    return Content(environ.get("CONTENT_TYPE", ""), attributes(environ), body())


def attributes(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The ``ce-`` headers, which count in binary mode alone."""
    if environ.get("CONTENT_TYPE") in _STRUCTURED:
        return ()
    headers = ((name, value) for name, value in environ.items() if name.startswith(_CE))
    return tuple((name[5:].replace("_", "-").lower(), value) for name, value in headers)


def document() -> dict[str, object]:
    """The body as a JSON object.

    :raise WrongMediaType: it claims to be something else.
    :raise Malformed: it cannot be read.
    :raise Invalid: it is no object.
    """
    if request.mimetype != EITHER:
        raise WrongMediaType(f"Send {EITHER}, not {request.mimetype[:100] or 'nothing'}.")
    found = parse_json(body())
    if not isinstance(found, dict):
        raise Invalid("Send a JSON object.", [Mistake("", "must be an object")])
    return found


def switch(name: str) -> bool:
    """A query parameter that is on (``1``) or off (``0``, or left out).

    :raise Invalid: it is anything else.
    """
    text = request.args.get(name, "0")
    if text not in {"0", "1"}:
        raise Invalid(f"Write {name}=1 or leave it out.", [Mistake(name, "must be 0 or 1")])
    return text == "1"

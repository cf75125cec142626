"""Forms with files, read into memory alone: what somebody hands in is never written to a disk in the clear.

The usual way spools larger files into a temporary directory. Here the size of a body and the number of large ones
that are read at a time are bounded instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import IO, NamedTuple

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from tracker.errors import Malformed, Overloaded

LARGEST_BODY = 24 << 20
"""Bytes that a form with its files may have: twenty MiB of files, and the rest for the words."""

_SMALL = 1 << 20
_LARGE_AT_ONCE = threading.BoundedSemaphore(6)
_MOST_PARTS = 40


class Upload(NamedTuple):
    """A file as it was sent: nothing about it is checked yet."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"Upload({len(self.content)} bytes)"


class Sent(NamedTuple):
    """A form: its fields, and its files, empty ones left out."""

    fields: MultiDict[str, str]
    files: Sequence[Upload]


@contextmanager
def sent(largest: int = LARGEST_BODY) -> Iterator[Sent]:
    """Read the form of this request, which nothing has read before; for as long as the files are needed.

    :raise RequestEntityTooLarge: it has more bytes than ``largest``.
    :raise Malformed: it is no form.
    :raise Overloaded: too many large ones are being read already.
    """
    request.max_content_length = largest
    length = request.content_length
    if length is not None and length <= _SMALL:
        yield _read()
        return
    if not _LARGE_AT_ONCE.acquire(blocking=False):
        raise Overloaded
    try:
        yield _read()
    finally:
        _LARGE_AT_ONCE.release()


def _read() -> Sent:
    parser = FormDataParser(_in_memory, max_form_memory_size=_SMALL, max_form_parts=_MOST_PARTS, silent=False)
    length, options = request.content_length, request.mimetype_params
    try:
        _, fields, files = parser.parse(request.stream, request.mimetype, length, dict(options))
    except ValueError:
        raise Malformed("This is not a form. Go back to the page and send it again.") from None
    found = [Upload(each.filename or "", each.stream.read()) for _, each in files.items(multi=True)]
    return Sent(fields, [each for each in found if each.name or each.content])


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> IO[bytes]:
    return BytesIO()

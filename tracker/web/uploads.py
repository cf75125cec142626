"""Forms with files, read into memory alone: what somebody hands in is never written to a disk in the clear.

Flask spools larger files into a temporary directory. Here the size of a body, and the number of large ones that are
read at a time without anybody being signed in, are bounded instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import IO, NamedTuple

import flask
from flask import Flask, request

from tracker.errors import Overloaded, Refused
from tracker.evidence import Clean, cleaned
from tracker.web.languages import _

LARGEST_BODY = 24 << 20
"""Bytes that a form with its files may have: twenty MiB of files, and the rest for the words."""

MOST_FILES = 5

WITH_FILES = frozenset(
    {
        "web.integrity_act_submit",
        "web.reporting_submit",
        "web.reporting_receipt_submit",
        "web.reporting_write_submit",
        "web.subjects_act_submit",
        "web.record_show_submit",
    }
)
"""The pages that take files; all others have the usual limit."""

_SMALL = 1 << 20
_LARGE_AT_ONCE = threading.BoundedSemaphore(6)


class Upload(NamedTuple):
    """A file as it was sent: nothing about it is checked yet."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"Upload({len(self.content)} bytes)"


class Request(flask.Request):
    """A request whose files stay in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def register(app: Flask) -> None:
    """Let pages that take files take larger bodies; called before anything reads a form."""
    app.request_class = Request
    app.before_request(_widen)


def files() -> Sequence[Upload]:
    """The files of this request's form; empty choices are left out."""
    found = (Upload(each.filename or "", each.stream.read()) for _, each in request.files.items(multi=True))
    return [each for each in found if each.name or each.content]


def clean_files(files: Sequence[Upload]) -> list[Clean]:
    """Files as they may be kept.

    :raise ValueError: with a sentence: one of them may not, or they are too many.
    """
    if len(files) > MOST_FILES:
        raise ValueError(_("Send at most %(most)s files at once.", most=MOST_FILES))
    return [_cleaned(file) for file in files]


def _cleaned(file: Upload) -> Clean:
    try:
        return cleaned(file.content, file.name)
    except Refused:
        words = _("“%(name)s” was not taken: send pictures, PDF, Word or Excel files or plain text, up to 10 MB each.")
        raise ValueError(words % {"name": file.name[:80]}) from None


@contextmanager
def bounded() -> Iterator[None]:
    """Read large forms of strangers a few at a time.

    :raise Overloaded: too many are being read already.
    """
    length = request.content_length
    if length is not None and length <= _SMALL:
        yield
        return
    if not _LARGE_AT_ONCE.acquire(blocking=False):
        raise Overloaded
    try:
        yield
    finally:
        _LARGE_AT_ONCE.release()


def _widen() -> None:
    if request.endpoint in WITH_FILES:
        request.max_content_length = LARGEST_BODY

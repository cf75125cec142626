"""Cleaning: a file is known by what it holds, and only what it shows is kept of it."""

from __future__ import annotations

import re

from tracker.evidence.kinds import MOST_BYTES, Clean, refused
from tracker.evidence.names import safe_name
from tracker.evidence.office import clean_office
from tracker.evidence.pdfs import clean_pdf
from tracker.evidence.pictures import clean_picture, picture_type

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def cleaned(content: bytes, declared_name: str) -> Clean:
    """A file as it may be kept: its type by its content, its metadata gone, its name made safe.

    :raise Invalid: it is empty, too large, damaged, or of no accepted kind.
    """
    if not content:
        raise refused("is empty")
    if len(content) > MOST_BYTES:
        raise refused("is larger than 10 MiB")
    media_type, plain = _cleaned(content)
    if len(plain) > MOST_BYTES:
        raise refused("is larger than 10 MiB once it is cleaned")
    return Clean(media_type, plain, safe_name(declared_name, media_type))


def _cleaned(content: bytes) -> tuple[str, bytes]:
    picture = picture_type(content)
    if picture is not None:
        return picture, clean_picture(content, picture)
    if content.startswith(b"%PDF-"):
        return "application/pdf", clean_pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return clean_office(content)
    return "text/plain", _text(content)


def _text(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise refused("is of no accepted kind") from None
    if _CONTROL.search(text):
        raise refused("is of no accepted kind")
    return text.removeprefix("\ufeff").encode()

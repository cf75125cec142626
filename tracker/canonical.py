"""Canonical JSON (RFC 8785) of values that hold no floats.

Numbers that JSON cannot carry exactly are already decimal strings when they come here, so the
scheme's one hard part, the shortest form of a float, never arises. Keys are sorted by code point,
which is what the RFC asks for all names of the Basic Multilingual Plane; the catalogue's are ASCII.
"""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec.json import Encoder


def _plain(value: Any) -> str:
    """The exact numbers of the intake are strings of a class of their own; nothing else may come here."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


_encode = Encoder(order="sorted", enc_hook=_plain).encode


def canonical(value: Any) -> str:
    """The one spelling of a JSON value. Equal values have equal spellings, and only they."""
    return _encode(value).decode()


def canonical_bytes(value: Any) -> bytes:
    """The same spelling as UTF-8, which is what is hashed."""
    return _encode(value)


def digest(text: str) -> bytes:
    """SHA-256 over the UTF-8 of a text."""
    return hashlib.sha256(text.encode()).digest()

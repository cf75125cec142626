"""Canonical JSON (RFC 8785) of values that hold no floats.

Numbers that JSON cannot carry exactly are already decimal strings when they come here, so the
scheme's one hard part, the shortest form of a float, never arises. Keys are sorted by UTF-16
code units as the RFC asks; for keys of the Basic Multilingual Plane that is code point order.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical(value: Any) -> str:
    """The one spelling of a JSON value. Equal values have equal spellings, and only they."""
    return _encode(value)


def digest(text: str) -> bytes:
    """SHA-256 over the UTF-8 of a text."""
    return hashlib.sha256(text.encode()).digest()

"""File names, reduced to what no system and no reader can be misled by."""

from __future__ import annotations

import re
import unicodedata

from tracker.evidence.kinds import EXTENSIONS

LONGEST = 120

_UNSAFE = re.compile(r'[<>:"|?*/\\%\x00-\x1f\x7f-\x9f]')
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_KNOWN = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def safe_name(declared: str, media_type: str) -> str:
    """The last part of a path, without what is invisible or means something to a system, ending as its type does."""
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", declared)[-1])
    text = "".join(each for each in text if unicodedata.category(each) not in _INVISIBLE)
    text = " ".join(_UNSAFE.sub("_", text).split())
    stem = _KNOWN.sub("", text).strip(" ._-")[:LONGEST].rstrip(" ._-") or "file"
    return f"{stem}.{EXTENSIONS[media_type]}"

"""Which texts are identifiers, URI references, links and prose. All matches are of the whole text."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST_ID = 200
LONGEST_LINK = 2_000
_MOST_JUDGED = 4096

# Whitespace, controls, and what is invisible or turns the direction of writing: two identifiers
# that look alike must be alike.
_IDENTIFIER = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    r"\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]{1,200}"
).fullmatch
_ASCII_IDENTIFIER = re.compile(r"[!-~]{1,200}").fullmatch
_PROSE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+").fullmatch
_TYPE = re.compile(r"[a-z0-9_.]{1,200}").fullmatch

# RFC 3986, appendix A, without telling apart the forms of a host.
_PCT = r"%[0-9A-Fa-f]{2}"
_CHAR = r"[A-Za-z0-9\-._~!$&'()*+,;=:@]"
_PATH = rf"(?:[/]|{_CHAR}|{_PCT})*+"
_TAIL = rf"(?:[/?]|{_CHAR}|{_PCT})*+"
_AUTHORITY = rf"//(?:{_CHAR}|{_PCT}|\[[0-9A-Fa-f:.]+\])*+"
_AFTER = rf"{_PATH}(?:\?{_TAIL})?(?:#{_TAIL})?"
_URI_REFERENCE = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.\-]*+:|(?![^/?#]*:))(?:{_AUTHORITY})?{_AFTER}").fullmatch
_LINK = re.compile(rf"[Hh][Tt][Tt][Pp][Ss]?://(?:{_CHAR}|{_PCT}|\[[0-9A-Fa-f:.]+\])++{_AFTER}").fullmatch


class _Judged(dict[str, bool]):
    """What was found of short texts: a few types and sources make up millions of events."""

    def __init__(self, judge: Callable[[str], object | None]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, value: str) -> bool:
        found = 1 <= len(value) <= LONGEST_ID and self._judge(value) is not None
        if len(self) < _MOST_JUDGED and len(value) <= LONGEST_ID:
            self[value] = found
        return found


_SOURCES, _TYPES = _Judged(_URI_REFERENCE), _Judged(_TYPE)


def is_identifier(value: object) -> bool:
    """1 to 200 visible characters, none of them a space."""
    return value.__class__ is str and (_ASCII_IDENTIFIER(value) or _IDENTIFIER(value)) is not None


def is_type_name(value: object) -> bool:
    """1 to 200 of ``a-z0-9_.``."""
    return value.__class__ is str and _TYPES[value]


def is_uri_reference(value: object) -> bool:
    """A URI reference of RFC 3986 of 1 to 200 characters."""
    return value.__class__ is str and _SOURCES[value]


def is_link(value: object) -> bool:
    """An http or https address of at most 2,000 characters. Nothing ever fetches it."""
    return value.__class__ is str and len(value) <= LONGEST_LINK and _LINK(value) is not None


def is_prose(value: object, longest: int) -> bool:
    """1 to ``longest`` characters, without control characters but line feed and tab."""
    return value.__class__ is str and len(value) <= longest and _PROSE(value) is not None

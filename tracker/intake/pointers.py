"""JSON pointers and quotations that are safe to store, print and log, whatever was sent."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_LONGEST = 120
# What a text column or a log line cannot carry: controls (NUL among them) and lone surrogates.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def pointer_to(base: str, *keys: str | int) -> str:
    """``base`` followed by each key, escaped as RFC 6901 asks.

    Characters that cannot be stored are shown as U+FFFD, and a very long key is cut.
    """
    return base + "".join(f"/{_escaped(str(key))}" for key in keys)


def _escaped(key: str) -> str:
    shown = key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…"
    return _UNSAFE.sub("\ufffd", shown).replace("~", "~0").replace("/", "~1")


def quoted(value: object) -> str:
    """A short quotation of what was sent, on one line."""
    match value:
        case str():
            shown = _UNSAFE.sub("\ufffd", value[:60])
            return f"'{shown}…'" if len(value) > 60 else f"'{shown}'"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < 10**40 else "a number too long to show"
        case _:
            return kind_of(value)


def kind_of(value: object) -> str:
    """What JSON calls a value of this kind."""
    names: dict[type, str] = {
        bool: "a boolean", str: "a string", dict: "an object", list: "an array", type(None): "null", int: "a number",
    }  # fmt: skip
    return names.get(type(value), "a number")


def did_you_mean(text: object, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for a near miss, otherwise nothing."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return ""
    near = difflib.get_close_matches(text, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def listed(names: Iterable[str], *, most: int = 40) -> str:
    """``a, b and c``; a long list is cut."""
    shown = list(names)
    if len(shown) > most:
        return f"{', '.join(shown[:most])} and {len(shown) - most} more"
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)

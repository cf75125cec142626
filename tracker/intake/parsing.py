"""Strict JSON: one reading for each text, and no text that another reader would read differently.

UTF-8 without a byte order mark, no duplicate keys, no NaN or Infinity, no lone surrogates, nothing
after the value, at most 32 levels, an object or an array at the top. Numbers are exact. Most texts take
a fast decoder (1.5 µs instead of 5 for 250 bytes), whose answer counts only where it is provably the one
of the strict reader; every doubt is left to that one. Places are worked out only to explain a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from msgspec import DecodeError
from msgspec.json import Decoder

from tracker.errors import Malformed
from tracker.intake.exact import LARGEST_INTEGER, UnreadableError, exact_integer, exact_number
from tracker.intake.locating import place, position_of_duplicate, position_of_literal

_SPACE = " \t\r\n"
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair, which is one character
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)
_MEND = "Mend it and send it again."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError("a key appears twice in one object")
    return found


def _no_constant(text: str) -> NoReturn:
    raise UnreadableError(f"{text} is not a number; leave the field out where there is no value", text)


_decoder = json.JSONDecoder(
    parse_float=exact_number, parse_int=exact_integer, parse_constant=_no_constant, object_pairs_hook=_unique
)
_quick = Decoder(float_hook=exact_number).decode
_QUICK_DEPTH = 6
_DOUBT = -(1 << 40)
"""So many strings below nothing that no text makes up for it."""

_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]  # documented by raw_decode


def parse_json(data: bytes, *, max_depth: int = 32, line: int = 1) -> object:
    """The value of a JSON object or array.

    Strings, booleans and null are Python's own. Integers within ±2^53 are ``int``, every other
    number an :class:`~tracker.intake.exact.ExactNumber`; a number is the same however it is written.

    :param line: the number of the first line, for the words of a refusal.
    :raise Malformed: saying where, and what to do.
    """
    try:
        value = _quick(data)
    except (DecodeError, ValueError, RecursionError):
        return _strict(data, max_depth, line)
    # Every string has two quotation marks, and a name that came twice is gone from the value: only where
    # none was dropped, and no mark was escaped, do the counts agree.
    if _strings_in(value, min(max_depth, _QUICK_DEPTH)) * 2 == data.count(b'"'):
        return value
    return _strict(data, max_depth, line)


def _strings_in(value: Any, levels: int) -> int:
    """The strings of an object or array, names among them; less than none for what the quick decoder may misread."""
    if value.__class__ is not dict and value.__class__ is not list:
        return _DOUBT
    count = len(value) if value.__class__ is dict else 0
    for each in value.values() if value.__class__ is dict else value:
        kind = each.__class__
        if kind is str:
            count += 1
        elif kind is dict or kind is list:
            count += _strings_in(each, levels - 1) if levels > 1 else _DOUBT
        elif kind is int and not -LARGEST_INTEGER <= each <= LARGEST_INTEGER:
            return _DOUBT
    return count


def _strict(data: bytes, max_depth: int, line: int) -> object:
    text = _text(data, line)
    if data.count(b"{") + data.count(b"[") > max_depth:
        _check_depth(data, max_depth)
    body = text if text[:1] == "{" and text[-1] == "}" else text.strip(_SPACE)
    if body[:1] not in ("{", "["):
        raise Malformed(_not_a_container(body, line))
    try:
        value, end = _scan(body, 0)
    except (ValueError, StopIteration):
        raise _explained(text, line) from None
    if end != len(body):
        raise _explained(text, line)
    if "\\u" in text:
        _check_surrogates(text, line)
    return value


def _text(data: bytes, line: int) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"Byte {error.start} of line {line} on is not UTF-8. Send JSON as UTF-8 text.") from None


def _check_depth(data: bytes, most: int) -> None:
    """Count brackets outside strings, so that a deep text never reaches the recursive parser."""
    depth = 0
    for bracket in _STRINGS.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            raise Malformed(f"The JSON is nested more than {most} levels deep. Send it flatter.")


def _not_a_container(body: str, line: int) -> str:
    if not body:
        return "There is nothing to read. Send a JSON object or array."
    if body[0] == "\ufeff":
        return f"Line {line} begins with a byte order mark. Send UTF-8 without one."
    if body[0] == "\x00":
        return f"Line {line} begins with NUL, as in UTF-16 or UTF-32. Send JSON as UTF-8 text."
    return f"Line {line} does not begin a JSON object or array. Send an event as an object, several as an array."


def _check_surrogates(text: str, line: int) -> None:
    for found in _SURROGATES.finditer(text):
        if found["lone"]:
            where = place(text, found.start(), line)
            raise Malformed(f"Half a surrogate pair, {found['lone']}, at {where}. Send whole characters.")


def _explained(text: str, line: int) -> Malformed:
    try:
        _decoder.decode(text)
    except json.JSONDecodeError as error:
        return Malformed(_broken(error, place(text, error.pos, line)))
    except UnreadableError as error:
        position = position_of_literal(text, error.literal) if error.literal else position_of_duplicate(text)
        return Malformed(f"At {place(text, position, line)}: {error.reason}. {_MEND}")
    raise AssertionError("a text was refused and then read")


def _broken(error: json.JSONDecodeError, where: str) -> str:
    if error.msg == "Extra data":
        return f"Something follows the JSON value at {where}. Send one value and nothing after it."
    return f"The JSON cannot be read at {where}: {error.msg.removesuffix(' at').lower()}. {_MEND}"

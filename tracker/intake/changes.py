"""A CSV file of corrections and voids: which event each row names, and what it changes.

    seq,action,reason,time,data.channel,data.loss.amount
    12,correct,mistyped,,phone,(none)
    15,void,recorded twice,,,

An empty cell leaves what is in force as it is; ``(none)`` takes it away.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NamedTuple

from tracker.catalogue.model import Catalogue
from tracker.errors import Invalid, Malformed, Mistake
from tracker.intake.files import MAX_LINE
from tracker.intake.mapping import targets_of
from tracker.intake.pointers import did_you_mean, listed, quoted
from tracker.intake.texts import is_identifier, is_uri_reference

NONE = "(none)"
CORRECT, VOID = "correct", "void"

_NAMING = ("seq", "source", "id")
_SAYING = ("action", "reason", "replaces")
_PLACE = ("subject", "time", "entity")
_OPENED = ("data.quantity",)  # of an opening, whose fields the catalogue does not declare
_BOM = b"\xef\xbb\xbf"
_is_seq = re.compile(r"\d{1,18}", re.ASCII).fullmatch


class Change(NamedTuple):
    """One row. ``named`` is a ``seq``, or source and id, of an original; ``cells`` maps ``subject``, ``time``,
    ``entity``, ``data.…`` to what was filled in. A void has no cells."""

    line: int
    named: int | tuple[str, str]
    action: str
    reason: str
    replaces: int | None
    cells: Mapping[str, str]


def read_changes(stream: IO[bytes], catalogue: Catalogue) -> Iterator[Change | Invalid]:
    """The rows of a file, or what is wrong with each; after broken quoting or encoding nothing more follows.

    :raise Invalid: the header has mistakes; raised before any row is read.
    :raise Malformed: the header cannot be read.
    """
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(_texts(stream), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise Malformed(f"The header cannot be read: {error}.") from None
    mistakes = [*_header_mistakes(header, catalogue)]
    if mistakes:
        raise Invalid("The header of the file has mistakes; nothing was read.", mistakes)
    return _changes(reader, header)


def _texts(stream: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE + 1), b""), 1):
        if len(line) > MAX_LINE:
            raise Malformed(f"Line {number} is longer than {MAX_LINE} bytes.")
        try:
            yield line.removeprefix(_BOM if number == 1 else b"").decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"Line {number}, byte {error.start} is not UTF-8. Save the file as UTF-8.") from None


def _header_mistakes(header: Sequence[str], catalogue: Catalogue) -> Iterator[Mistake]:
    data = dict.fromkeys((*(each for event in catalogue.events.values() for each in targets_of(event)), *_OPENED))
    known = (*_NAMING, *_SAYING, *_PLACE, *data)
    for name in dict.fromkeys(header):
        if name not in known:
            yield Mistake("line 1", f"{quoted(name)} is no column of corrections.{did_you_mean(name, known)}")
        if header.count(name) > 1:
            yield Mistake("line 1", f"{quoted(name)} stands in the header more than once; keep one")
    if {"seq"} != {name for name in header if name in _NAMING} != {"source", "id"}:
        yield Mistake("line 1", "name the events by a column seq, or by source and id, and not by both")
    for name in ("action", "reason"):
        if name not in header:
            yield Mistake("line 1", f"the column {name} is missing")


def _changes(reader: Iterator[list[str]], header: Sequence[str]) -> Iterator[Change | Invalid]:
    while True:
        line: int = reader.line_num + 1  # type: ignore[attr-defined]  # of csv.reader; typeshed hides its class
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield _refused(line, f"cannot be read: {error}; nothing after it was read")
            return
        except Malformed as error:
            yield _refused(line, f"cannot be read: {error}")
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _change(line, row, header)


def _change(line: int, row: Sequence[str], header: Sequence[str]) -> Change | Invalid:
    if len(row) != len(header):
        return _refused(line, f"has {len(row)} cells where the header has {len(header)}")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    found = [*_row_mistakes(cells, header)]
    if found:
        return _refused(line, *found)
    named = int(cells["seq"]) if "seq" in cells else (cells["source"], cells["id"])
    replaces = int(cells["replaces"]) if "replaces" in cells else None
    return Change(line, named, cells["action"], cells["reason"], replaces, _filled(cells))


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in cells.items() if name not in (*_NAMING, *_SAYING)}


def _row_mistakes(cells: Mapping[str, str], header: Sequence[str]) -> Iterator[str]:
    for name in header:
        if name in (*_NAMING, "action", "reason") and name not in cells:
            yield f"{name} is missing"
    for name in ("seq", "replaces"):
        if name in cells and not _is_seq(cells[name]):
            yield f"{name} must be a whole number from 0, not {quoted(cells[name])}"
    for name, good in (("source", is_uri_reference), ("id", is_identifier)):
        if name in cells and not good(cells[name]):
            yield f"{quoted(cells[name])} is no {name} of an event"
    filled, action = [*_filled(cells)], cells.get("action")
    if action not in (None, CORRECT, VOID):
        yield f"action must be {CORRECT} or {VOID}, not {quoted(action)}"
    if action == VOID and filled:
        yield f"a void changes nothing else; leave {listed(filled)} empty"
    if action == CORRECT and not filled:
        yield f"nothing is corrected; fill in what changes, or write {NONE} for what goes"


def _refused(line: int, *words: str) -> Invalid:
    return Invalid(f"Line {line} has mistakes.", [Mistake(f"line {line}", each) for each in words])

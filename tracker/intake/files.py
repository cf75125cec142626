"""Import files, read line by line: never more than one line or one row is held."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, BinaryIO

from tracker.catalogue.model import Catalogue
from tracker.errors import Invalid, Malformed, Mistake, Refused
from tracker.intake.mapping import CsvMapping, check_mapping
from tracker.intake.parsing import parse_json
from tracker.intake.rows import RowReader

MAX_LINE = 1 << 20
_CHUNK = 1 << 16
_BOM = b"\xef\xbb\xbf"


def ndjson_lines(stream: IO[bytes], max_line: int = MAX_LINE) -> Iterator[tuple[int, object | Malformed]]:
    """Each line's number, from one, and its value or why it cannot be read; blank lines are left out."""
    for number, line in _lines(stream, max_line):
        if isinstance(line, Malformed):
            yield number, line
        elif not line.isspace():
            yield number, _parsed(number, line)


def _parsed(number: int, line: bytes) -> object | Malformed:
    try:
        return parse_json(line.rstrip(b"\r\n"), line=number)
    except Malformed as error:
        return error


def _lines(stream: IO[bytes], max_line: int) -> Iterator[tuple[int, bytes | Malformed]]:
    """Every line with its end; one that is too long is passed over in small pieces."""
    number = 0
    while line := stream.readline(max_line + 2):
        number += 1
        if len(line.rstrip(b"\r\n")) <= max_line:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_CHUNK)
        yield number, Malformed(f"Line {number} is longer than {max_line} bytes. Send less in one line.")


def csv_rows(
    stream: BinaryIO, mapping: CsvMapping, catalogue: Catalogue
) -> Iterator[tuple[int, Mapping[str, object] | Refused]]:
    """Each row's first line and the event it describes, or why it describes none.

    The events are what :func:`~tracker.intake.parsing.parse_json` would return; they are still to be
    read and checked. A row with the wrong number of cells is refused alone; after broken quoting or
    text that is not UTF-8 nothing can be trusted, so that the last thing yielded is the refusal.

    :raise Invalid: mapping, catalogue and header do not fit together; raised before any row is read.
    :raise Malformed: the header cannot be read.
    """
    csv.field_size_limit(MAX_LINE)
    text = _Text(stream)
    reader = csv.reader(text, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise _broken(1, error) from None
    check_mapping(mapping, catalogue, header)
    return _rows(reader, text, header, RowReader(mapping, catalogue, header))


def _rows(
    reader: Iterator[list[str]], text: _Text, header: Sequence[str], events: RowReader
) -> Iterator[tuple[int, Mapping[str, object] | Refused]]:
    while True:
        first = text.begin_row() + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield first, _broken(first, error)
            return
        except Malformed as error:
            yield first, error
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield first, events.event(row) if len(row) == len(header) else _uneven(first, row, header)


def _broken(line: int, error: csv.Error) -> Malformed:
    return Malformed(f"The CSV row that begins in line {line} cannot be read: {error}. Nothing after it was read.")


def _uneven(line: int, row: Sequence[str], header: Sequence[str]) -> Invalid:
    words = f"has {len(row)} cells where the header has {len(header)}"
    return Invalid(f"Line {line} {words}; check its commas and quotes.", [Mistake(f"line {line}", words)])


class _Text:
    """The lines of a CSV file as text, bounding what one row may take together."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = _lines(stream, MAX_LINE)
        self._number = 0
        self._taken = 0

    def begin_row(self) -> int:
        """Start to count a row's bytes; the number of lines read so far."""
        self._taken = 0
        return self._number

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        self._number, line = next(self._lines)
        if isinstance(line, Malformed):
            raise line
        self._taken += len(line)
        if self._taken > MAX_LINE:
            raise Malformed(
                f"The row that reaches line {self._number} is longer than {MAX_LINE} bytes; check its quotes."
            )
        return self._decoded(line.removeprefix(_BOM) if self._number == 1 else line)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise Malformed(
                f"Line {self._number}, byte {error.start} is not UTF-8. Save the file as UTF-8; "
                "nothing from this line on was read."
            ) from None

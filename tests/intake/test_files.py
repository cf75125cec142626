"""Import files, read line by line in bounded memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tracker.errors import Invalid, Malformed, Refused
from tracker.intake.envelope import read_event
from tracker.intake.files import MAX_LINE, csv_rows, ndjson_lines
from tracker.intake.mapping import CsvMapping, read_mapping
from tracker.intake.rows import with_zone
from tracker.intake.validation import Validator, check

from .small import CALENDAR, CATALOGUE, EVERYTHING, NOW, PAYMENT

MAPPING = """
constants: {type: fairs.fair.held, source: /import/erp, data.passed: true}
columns: {id: Ref, subject: Fair, time: Date, data.region: Region, data.cost.amount: Sum, data.rooms: Rooms,
          data.counties: Counties, data.note: Note, data.at: At, data.area: Area}
time_zone: Asia/Shanghai
list_separator: "|"
"""
HEADER = "Ref,Fair,Date,Region,Sum,Rooms,Counties,Note,At,Area,Unused"


def test_each_line_of_ndjson_has_its_number() -> None:
    found = list(ndjson_lines(io.BytesIO(b'{"a": 1}\n\n  \r\n{"b": 2}\r\n{"c": 3}')))
    assert found == [(1, {"a": 1}), (4, {"b": 2}), (5, {"c": 3})]


def test_a_bad_line_of_ndjson_is_refused_alone() -> None:
    lines = list(ndjson_lines(io.BytesIO(b'{"a": 1}\n{"a" 1}\n\xff\n7\n{"b": 2}\n')))
    words = [value.detail if isinstance(value, Malformed) else value for _, value in lines]
    assert words[0] == {"a": 1}
    assert "line 2, column 6" in str(words[1])
    assert "line 3" in str(words[2])
    assert "Line 4" in str(words[3])
    assert words[4] == {"b": 2}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_of_just_the_longest_length_is_read(end: bytes) -> None:
    (line,) = ndjson_lines(io.BytesIO(b'{"a":1}' + end), max_line=7)
    assert line == (1, {"a": 1})
    (_, refused), *rest = ndjson_lines(io.BytesIO(b'{"a":12}' + end), max_line=7)
    assert isinstance(refused, Malformed)
    assert rest == []


class Endless(io.RawIOBase):
    """A line of 200 MiB and then a good one, made as they are read."""

    def __init__(self) -> None:
        self.left = 200 << 20

    def readline(self, size: int | None = -1, /) -> bytes:
        if self.left < 0:
            return b""
        if self.left == 0:
            self.left = -1
            return b'{"a": 1}\n'
        taken = min(self.left, size or 0)
        self.left -= taken
        return b"x" * (taken - 1) + (b"x" if self.left else b"\n")


def test_an_endless_line_is_passed_over_in_bounded_memory() -> None:
    tracemalloc.start()
    (first, refused), second = ndjson_lines(Endless())  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (first, type(refused)) == (1, Malformed)
    assert second == (2, {"a": 1})
    assert peak < 8 << 20


def rows(text: str | bytes, mapping: str = MAPPING) -> Iterator[tuple[int, Any]]:
    body = text.encode() if isinstance(text, str) else text
    return csv_rows(io.BytesIO(body), read_mapping(mapping), CATALOGUE)


def test_a_row_becomes_an_event_by_the_types_of_its_fields() -> None:
    text = f'{HEADER}\nR-1,Fair 1,2020-03-05,china,12.50,7,a | b |,"two\r\nlines",2020-03-05 09:30,1.5,x\n'
    assert list(rows(text)) == [
        (2, {
            "specversion": "1.0", "type": EVERYTHING, "source": "/import/erp", "id": "R-1", "subject": "Fair 1",
            "time": "2020-03-05T00:00:00+08:00",
            "data": {
                "passed": True, "region": "china", "cost": {"currency": "CNY", "amount": "12.50"}, "rooms": 7,
                "counties": ["a", "b"], "note": "two\nlines", "at": "2020-03-05T09:30:00+08:00", "area": "1.5",
            },
        })
    ]  # fmt: skip


def test_rows_are_events_that_the_catalogue_takes() -> None:
    text = f"\ufeff{HEADER}\r\nR-1,F1,2020-03-05T10:00:00Z,china,1,,,,,,\r\n\r\nR-2,F2,2020-03-06,overseas,,,,,,,\r\n"
    validator = Validator(CATALOGUE)
    found = [(line, check(validator, read_event(row, calendar=CALENDAR, now=NOW))) for line, row in rows(text)]
    assert [(line, event.id, event.day, event.mistakes) for line, event in found] == [
        (2, "R-1", "2020-03-05", ()),
        (4, "R-2", "2020-03-06", ()),
    ]
    assert found[1][1].data == {"passed": True, "region": "overseas"}


def test_what_does_not_fit_its_field_is_left_for_the_field_to_refuse() -> None:
    ((_, row),) = rows(f"{HEADER}\nR-1,F1,2020-03-05,china,1.005,1_0,,,soon,１,\n")
    mistakes = Validator(CATALOGUE).mistakes(EVERYTHING, row["data"])
    assert [each.pointer for each in mistakes] == ["/data/rooms", "/data/area", "/data/cost/amount", "/data/at"]


def test_a_row_with_the_wrong_number_of_cells_is_refused_alone() -> None:
    first, second = rows(f"{HEADER}\nR-1,F1\nR-2,F2,2020-03-06,china,,,,,,,\n")
    assert isinstance(first[1], Invalid)
    assert "Line 2 has 2 cells where the header has 11" in first[1].detail
    assert (second[0], second[1]["id"]) == (3, "R-2")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b'R-1,"broken" quote,x\n', "begins in line 2"),
        (b'R-1,"never closed\n', "begins in line 2"),
        (b"R-1,\xff\n", "Line 2, byte 4 is not UTF-8"),
        (b'"' + b"x" * (MAX_LINE + 9) + b'"\n', "Line 2 is longer"),
        (b'"' + b"x\n" * MAX_LINE + b'"\n', "longer than 1048576 bytes"),
        (b'"\n",' * MAX_LINE + b"\n", "longer than 1048576 bytes"),
    ],
    ids=["quote", "open", "utf-8", "line", "field", "row"],
)
def test_after_a_broken_row_nothing_is_trusted(row: bytes, words: str) -> None:
    found = list(rows(HEADER.encode() + b"\n" + row + b"R-2,F2,2020-03-06,china,,,,,,,\n"))
    ((_, refused),) = found
    assert isinstance(refused, Refused)
    assert words in refused.detail


def mistakes(mapping: str, header: str = HEADER) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        rows(f"{header}\n", mapping)
    return {each.pointer: each.message for each in refusal.value.mistakes}


def test_all_mistakes_of_a_mapping_come_at_once() -> None:
    found = mistakes("""
        constants: {type: fairs.fair.held, data.seq: 1, data.cost: 5}
        columns: {id: Reff, time: Date, source: Fair, data.note.amount: Note, data.regio: Region, colour: Area}
    """)
    assert set(found) == {
        "columns.id", "constants.data.seq", "constants.data.cost", "columns.data.note.amount", "columns.data.regio",
        "columns.colour", "data.region",
    }  # fmt: skip
    assert "no column 'Reff'. Did you mean 'Ref'?" in found["columns.id"]
    assert "Did you mean 'data.region'?" in found["columns.data.regio"]
    assert "required by fairs.fair.held" in found["data.region"]


def test_an_event_without_id_source_type_or_time_cannot_be_mapped() -> None:
    assert set(mistakes("columns: {data.region: Region}")) == {"id", "source", "type", "time"}


def test_a_column_that_the_header_has_twice_is_refused() -> None:
    assert "more than once" in mistakes(MAPPING, f"{HEADER},Ref")["column Ref"]


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ("[]", "mapping"),
        ("columns: [a]", "columns"),
        ("columns: {id: [a]}", "columns.id"),
        ("column: {id: a}", "column"),
        ("time_zone: Asia/Shangri-La", "time_zone"),
        ("time_zone: ../etc/passwd", "time_zone"),
        ("time_zone: 8", "time_zone"),
        ("list_separator: ''", "list_separator"),
        ("columns: {id: a, id: b}", "mapping: columns.id"),
        ("columns: {]", "mapping: line 1"),
        ("constants: {type: fairs.fair.hold}", "constants.type"),
        ("constants: {id: a}\ncolumns: {id: Ref}", "constants.id"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_key(mapping: str, pointer: str) -> None:
    assert pointer in mistakes(mapping)


def test_the_type_may_be_a_column() -> None:
    mapping = CsvMapping({"source": "/erp"}, {"id": "i", "type": "t", "time": "d", "data.cost.amount": "c"})
    text = f"i,t,d,c\n1,{PAYMENT},2020-01-01T00:00:00Z,5\n2,unknown,2020-01-01T00:00:00Z,5\n"
    found = [row for _, row in csv_rows(io.BytesIO(text.encode()), mapping, CATALOGUE)]
    assert [row["data"] for row in found if not isinstance(row, Refused)] == [
        {"cost": {"currency": "CNY", "amount": "5"}},
        {"cost": {"amount": "5"}},
    ]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2020-03-05", "Asia/Shanghai", "2020-03-05T00:00:00+08:00"),
        ("2020-03-05 10:00", "Asia/Shanghai", "2020-03-05T10:00:00+08:00"),
        ("2020-03-05T10:00:00.5", "Asia/Shanghai", "2020-03-05T10:00:00.500000+08:00"),
        ("2020-03-05T10:00:00Z", "Asia/Shanghai", "2020-03-05T10:00:00Z"),
        ("2020-02-30", "Asia/Shanghai", "2020-02-30"),
        ("5.3.2020", "Asia/Shanghai", "5.3.2020"),
        ("2020-10-25", "Europe/Berlin", "2020-10-25T00:00:00+02:00"),
        ("2020-10-25T02:30:00", "Europe/Berlin", "2020-10-25T02:30:00"),
        ("2020-03-29T02:30:00", "Europe/Berlin", "2020-03-29T02:30:00"),
    ],
)
def test_a_local_time_gets_its_offset_unless_the_clocks_leave_it_in_doubt(text: str, zone: str, expected: str) -> None:
    assert with_zone(text, ZoneInfo(zone)) == expected


def test_without_a_zone_a_local_time_stays_without_an_offset() -> None:
    assert with_zone("2020-03-05", None) == "2020-03-05"

"""No cell of the table is a formula to a spreadsheet, and no text is lost by that."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.exports.csv import safe

DANGER = "=+-@\t\r\n＝＋－＠"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.from_regex(rf"'*[{re.escape(DANGER)}].*")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "-1"),
        ("-12.50", "-12.50"),
        ("-1 case", "'-1 case"),
        ("-1+1", "'-1+1"),
        ("-1\n", "'-1\n"),
        ("-１", "'-１"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("'90s", "'90s"),
        ("", ""),
        ("27 起", "27 起"),
    ],
)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(cell: str, shown: str) -> None:
    assert safe(cell) == shown


@given(TEXT)
@example("-0")
def test_no_cell_starts_a_formula_unless_it_is_a_number(cell: str) -> None:
    shown = safe(cell)
    assert NUMBER.fullmatch(shown) or not shown.startswith(tuple(DANGER))


@given(st.lists(TEXT, min_size=1, max_size=8))
def test_every_text_comes_back_when_one_apostrophe_is_taken_away(cells: list[str]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    [read] = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert [restored(cell) for cell in read] == cells


def restored(cell: str) -> str:
    return cell[1:] if re.match(rf"'+[{re.escape(DANGER)}]", cell) else cell

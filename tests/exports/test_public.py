"""What the public gets of a frozen year: small counts of discreet domains are left out, and marked, in every format."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

from tests.exports.test_exports import BODY, CATALOGUE
from tracker.disclosure.audiences import Withheld
from tracker.disclosure.relations import Stated
from tracker.disclosure.suppression import suppressed
from tracker.exports import FORMATS, write

EXPECTED = Path(__file__).parent


def exported(format: str) -> bytes:
    stream = BytesIO()
    [marks] = suppressed([Stated(BODY, CATALOGUE)], {"integrity"})
    write(format, BODY, CATALOGUE, stream, Withheld(marks, {}))
    return stream.getvalue()


def test_the_table_says_of_each_value_whether_it_is_hidden() -> None:
    assert exported("csv") == (EXPECTED / "year-2020-public.csv").read_bytes()


def test_the_document_says_of_each_value_whether_it_is_hidden() -> None:
    document = json.loads((EXPECTED / "year-2020-public.json").read_bytes())
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert exported("json") == f"{text}\n".encode()


@pytest.mark.parametrize("format", FORMATS)
def test_where_nothing_is_small_the_public_reads_what_others_do(format: str) -> None:
    figures = [{**each, "breakdown": []} for each in BODY["figures"]]
    files = []
    for hidden in (Withheld({}, {}), None):
        stream = BytesIO()
        write(format, {**BODY, "figures": figures}, CATALOGUE, stream, hidden)
        files.append(stream.getvalue())
    public, exact = files
    lines = (each.removesuffix(b",") for each in public.replace(b",suppressed\r\n", b"\r\n").split(b"\r\n"))
    assert b"\r\n".join(lines) == exact if format == "csv" else public == exact

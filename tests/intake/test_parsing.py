"""What strict JSON reads, and what it refuses with a place and advice."""

from __future__ import annotations

import contextlib
import json
import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.errors import Malformed
from tracker.intake.exact import ExactNumber
from tracker.intake.parsing import parse_json

NUMBERS: list[tuple[str, int | str]] = [
    ("0", 0), ("-0", 0), ("-0.0", 0), ("0e40", 0), ("7", 7), ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("-1.50e1", -15),
    ("12.5", "12.5"), ("12.50", "12.5"), ("1e-3", "0.001"), ("-0.10", "-0.1"), ("1.25e1", "12.5"), ("125e-1", "12.5"),
    ("9007199254740992", 2**53), ("-9007199254740992", -(2**53)),
    ("9007199254740993", "9007199254740993"), ("-9007199254740993", "-9007199254740993"),
    ("1e20", "100000000000000000000"), ("1234567890" * 4, "1234567890" * 4),
]  # fmt: skip


def number(text: str) -> int | str:
    values = parse_json(f"[{text}]".encode())
    assert isinstance(values, list)
    assert isinstance(values[0], int | str)
    return values[0]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_a_number_is_exact_and_the_same_however_it_is_written(text: str, expected: int | str) -> None:
    value = number(text)
    assert value == expected
    assert type(value) is (int if isinstance(expected, int) else ExactNumber)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_every_decimal_keeps_its_value(value: Decimal) -> None:
    plain = number(f"{value:f}")
    assert Decimal(plain) == value
    assert number(f"{value:e}") == plain


def test_text_is_read_as_it_is() -> None:
    body = '{"a": ["快手", "\\ud83d\\ude00", "\\\\ud800", true, null], "b": {}}'
    assert parse_json(body.encode()) == {"a": ["快手", "😀", "\\ud800", True, None], "b": {}}


@pytest.mark.parametrize("space", [b"", b" ", b"\r\n", b"\t\n"])
def test_space_around_the_value_is_no_matter(space: bytes) -> None:
    assert parse_json(space + b'{"a": 1}' + space) == {"a": 1}


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_brackets_in_strings_and_beside_each_other_are_no_depth() -> None:
    assert parse_json(b'["%s\\"[[", "{"]' % (b"[" * 1000)) == ["[" * 1000 + '"[[', "{"]
    assert parse_json(b"[" + b"{}," * 500 + b"{}]") == [{}] * 501
    assert parse_json(nested(32))


REFUSED: list[tuple[bytes, str]] = [
    (b"", "nothing to read"),
    (b"  \n", "nothing to read"),
    (b"12", "does not begin a JSON object or array"),
    (b'"text"', "does not begin"),
    (b"null", "does not begin"),
    (b"\xef\xbb\xbf{}", "byte order mark"),
    ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    ('{"a": 1}'.encode("utf-16-be"), "UTF-16"),
    ('{"a": 1}'.encode("utf-16-le"), "line 1, column 2"),
    (b'{"a": "\xed\xa0\x80"}', "Byte 7"),
    (b'{"a": "\xff"}', "Byte 7"),
    (b'{"a": 1} {}', "follows the JSON value at line 1, column 10"),
    (b'{"a": 1}x', "line 1, column 9"),
    (b'{"a": 1,}', "line 1, column 9"),
    (b'{"a": 1', "cannot be read at line 1"),
    (b'{\n  "a" 1}', "line 2, column 7"),
    (b'{"a": "b', "unterminated string"),
    (b'{"a": "\n"}', "control character"),
    (b'{"a": "\x00"}', "control character"),
    (b'{"a": "\\x"}', "escape"),
    (b"{'a': 1}", "cannot be read"),
    (b'{"a": 01}', "cannot be read"),
    (b'{"a": +1}', "cannot be read"),
    (b'{"a": .5}', "cannot be read"),
    (b'{"a": 1_000}', "cannot be read"),
    ('{"a": １}'.encode(), "cannot be read"),
    (b'{"a": 1} // note', "follows"),
    (b'{"a": NaN}', "line 1, column 7: NaN is not a number"),
    (b'{"NaN": 1, "a":\n -Infinity}', "line 2, column 2: -Infinity"),
    (b"[Infinity]", "column 2: Infinity"),
    (b'{"a": 1, "a": 2}', "line 1, column 10: a key appears twice"),
    (b'{"x": {"a": 1,\n"b": {"a": 3}, "\\u0061": 2}}', "line 2, column 16: a key appears twice"),
    (b'{"a": [{"x": 1}, {"x": 1, "y": 2, "x": 1}]}', "column 35"),
    (b'{"a": 1e999}', "column 7: a number may lie at most 40"),
    (b'{"a": 1e-41}', "at most 40"),
    (b'{"a": 0e999}', "at most 40"),
    (b'{"a": 1e99999999999999999999}', "at most 40"),
    (b'{"a": 0.000001e40, "b": 0.00000001e-40}', "column 25"),
    (b'{"1": ' + b"1" * 41 + b"}", "column 7: a number may have at most 40 digits"),
    (b'{"a": ' + b"1" * 100_000 + b"}", "at most 40 digits"),
    (b'{"a": 0.' + b"3" * 41 + b"}", "at most 40 digits"),
    (b'{"a": "\\ud800"}', "Half a surrogate pair, \\ud800, at line 1, column 8"),
    (b'{"a": "\\udc00\\ud800"}', "\\udc00"),
    (b'{"a": "\\ud800\\ud800\\udc00"}', "column 8"),
    (b'{"a": "\\\\\\ud800x"}', "Half a surrogate"),
    (b'{"\\udfff": 1}', "Half a surrogate"),
    (nested(33), "more than 32 levels"),
    (b"[" * 100_000, "more than 32 levels"),
    (b'{"a":' * 100_000, "more than 32 levels"),
    (b'["\\"", ' + b"[" * 40, "more than 32 levels"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED, ids=[f"{body[:24]!r}" for body, _ in REFUSED])
def test_what_another_reader_would_read_differently_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_json(body)
    assert words in refusal.value.detail
    assert refusal.value.status == 400
    assert len(refusal.value.detail) < 300
    refusal.value.detail.encode()


def test_a_refusal_counts_lines_from_the_one_given() -> None:
    with pytest.raises(Malformed, match="line 7, column 9"):
        parse_json(b'{"a": 1,}', line=7)


@pytest.mark.parametrize("body", [b'["' + b"\\" * 500_000, b'["' + b'\\"' * 500_000, b"[" * 40 + b'"' * 500_001])
def test_a_hostile_text_takes_no_longer_than_its_length_allows(body: bytes) -> None:
    start = time.perf_counter()
    with pytest.raises(Malformed):
        parse_json(body)
    assert time.perf_counter() - start < 5


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(JSON_VALUES, max_size=3), st.booleans())
def test_what_was_written_as_json_is_read_back(value: object, ascii: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii).encode()) == value


NEAR_JSON = st.text('{}",:\\\\u0dDe1.-NaInfty \n', max_size=40).map(str.encode)
NUMBERS_TEXT = st.from_regex(r"-?[0-9]{1,42}(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
NAMES = st.sampled_from(["a", "b", "\\u0061", '\\"', "\\\\", "\\ud800", "é", "\x7f"])
SMALL_TEXTS = st.recursive(
    NUMBERS_TEXT | NAMES.map(lambda name: f'"{name}"') | st.sampled_from(["true", "null", "NaN", "{}", "[ ]"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
        | st.lists(st.tuples(NAMES, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f'"{name}": {each}' for name, each in pairs) + "}"
        )
    ),
    max_leaves=8,
).map(str.encode)


def outcome(body: bytes) -> str:
    """What is read, with the type of every number, or that it is refused."""
    try:
        return repr(_typed(parse_json(body)))
    except Malformed:
        return "refused"


def _typed(value: object) -> object:
    if isinstance(value, dict):
        return {name: _typed(each) for name, each in value.items()}
    return [_typed(each) for each in value] if isinstance(value, list) else (type(value).__name__, value)


@given(SMALL_TEXTS | NEAR_JSON | st.binary(max_size=20).filter(lambda body: not set(body) & set(b"[]")))
@example(b'{"a": "\\"", "a": 1}')
@example(b'{"a": "\\"\\"", "a": 1}')
@example(b'{"a": 9007199254740993}')
@example(b'["' + b"\xed\xa0\x80" + b'"]')
def test_a_shallow_text_is_read_exactly_as_the_same_text_deep_within_another(body: bytes) -> None:
    # Only shallow texts ever take the quick decoder.
    deep = outcome(b"[" * 8 + body + b"]" * 8)
    expected = deep.removeprefix("[" * 8).removesuffix("]" * 8)
    shallow = outcome(b"[" + body + b"]")
    assert shallow == (deep if deep == "refused" else f"[{expected}]")


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0dDe1.-NaInfty \n', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse_json(body), dict | list)

"""The attributes of an event: what is read, what is refused, and where in time it lies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import Invalid, Mistake
from tracker.intake.envelope import is_sound, mistakes_of, read_event
from tracker.intake.times import is_instant
from tracker.ledger.events import Incoming

from .small import CALENDAR, EVERYTHING, NOW, an_event


def read(**changed: Any) -> Incoming:
    return read_event(an_event(**changed), calendar=CALENDAR, now=NOW, pointer="/3")


def refused(value: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        read_event(value, calendar=CALENDAR, now=NOW, pointer="/3")
    return {each.pointer: each.message for each in refusal.value.mistakes}


def test_an_event_is_read() -> None:
    assert read(subject="fair-1", entity="group", datacontenttype="application/json") == Incoming(
        source="/fairs", id="fair-1", type=EVERYTHING, subject="fair-1", time="2020-03-05T02:00:00.000000Z",
        entity="group", data={"region": "china"}, day="2020-03-05", year=2020, pointer="/3",
    )  # fmt: skip


def test_data_may_be_absent_and_is_then_empty_for_each_event_alone() -> None:
    first, second = read(data=...), read(data=...)
    assert first.data == second.data == {}
    assert first.data is not second.data


def test_null_is_the_same_as_absent_for_what_is_optional() -> None:
    event = read(subject=None, entity=None, datacontenttype=None, dataschema=None)
    assert (event.subject, event.entity) == (None, None)


@pytest.mark.parametrize("name", ["dataschema", "traceparent", "tracestate"])
def test_what_tracing_adds_is_ignored(name: str) -> None:
    assert read(**{name: "00-abc"}) == read()


TIMES = [
    ("2020-03-05T10:00:00+08:00", "2020-03-05T02:00:00.000000Z", "2020-03-05", 2020),
    ("2020-03-05T10:00:00Z", "2020-03-05T10:00:00.000000Z", "2020-03-05", 2020),
    ("2020-03-05t10:00:00z", "2020-03-05T10:00:00.000000Z", "2020-03-05", 2020),
    ("2020-03-05T10:00:00.5Z", "2020-03-05T10:00:00.500000Z", "2020-03-05", 2020),
    ("2020-03-05T10:00:00.123456000Z", "2020-03-05T10:00:00.123456Z", "2020-03-05", 2020),
    ("2020-02-29T00:00:00-00:00", "2020-02-29T00:00:00.000000Z", "2020-02-29", 2020),
    ("2020-12-31T15:59:59Z", "2020-12-31T15:59:59.000000Z", "2020-12-31", 2020),
    ("2025-12-31T16:30:00Z", "2025-12-31T16:30:00.000000Z", "2026-01-01", 2026),
    ("2026-01-16T12:00:00+08:00", "2026-01-16T04:00:00.000000Z", "2026-01-16", 2026),
    ("2000-01-01T00:00:00+08:00", "1999-12-31T16:00:00.000000Z", "2000-01-01", 2000),
]


@pytest.mark.parametrize(("written", "utc", "day", "year"), TIMES)
def test_a_time_is_kept_in_utc_with_the_organisations_day_and_year(written: str, utc: str, day: str, year: int) -> None:
    event = read(time=written)
    assert (event.time, event.day, event.year) == (utc, day, year)


BAD_TIMES = [
    (None, "is required"),
    (1583373600, "as a string"),
    (True, "as a string"),
    ("", "write a time"),
    ("2020-03-05", "time of day and an offset"),
    ("2020-03-05T10:00:00", "no offset; add one, such as +08:00"),
    ("2020-03-05T10:00:00+0800", "write one such as"),
    ("2020-03-05T10:00:00+08", "write one such as"),
    ("2020-03-05T10:00:00+24:00", "write one such as"),
    ("2020-03-05 10:00:00+08:00", "write one such as"),
    ("2020-03-05T10:00:00Z\n", "write one such as"),
    (" 2020-03-05T10:00:00Z", "write a time"),
    ("2020-03-05T10:00Z", "write a time"),
    ("2020-03-05T24:00:00Z", "midnight is 00:00:00"),
    ("2016-12-31T23:59:60Z", "leap second"),
    ("2025-02-29T00:00:00Z", "no such day"),
    ("2025-04-31T00:00:00Z", "no such day"),
    ("2025-13-01T00:00:00Z", "write one such as"),
    ("2025-W01-1T00:00:00Z", "write a time"),
    ("2020-03-05T10:00:00.1234567Z", "six decimals"),
    ("2020-03-05T10:00:00.Z", "write one such as"),
    ("２０２０-03-05T10:00:00Z", "write a time"),
    ("2020-03-05T1٠:00:00Z", "write a time"),
    ("1999-12-31T23:59:59Z", "before 2000"),
    ("0001-01-01T00:00:00+14:00", "beyond the years"),
    ("9999-12-31T23:59:59-14:00", "beyond the years"),
    ("9999-12-31T23:59:59Z", "24 hours ahead"),
    ("2026-01-16T04:00:00.000001Z", "24 hours ahead"),
]


@pytest.mark.parametrize(("written", "words"), BAD_TIMES)
def test_a_doubtful_time_is_refused(written: object, words: str) -> None:
    assert words in refused(an_event(time=written))["/3/time"]


HIDDEN = [" ", "\t", "\n", "\x00", "\x1f", "\x7f", "\x85", "\xa0", "\u200b", "\u200e", "\u202e", "\u2066", "\u2028",
          "\u3000", "\ufeff", "\u061c", "\ud800", "\U000e0041"]  # fmt: skip


@pytest.mark.parametrize("name", ["id", "source", "subject", "entity"])
@pytest.mark.parametrize("hidden", HIDDEN, ids=[f"U+{ord(each):04X}" for each in HIDDEN])
def test_no_identifier_holds_what_cannot_be_seen(name: str, hidden: str) -> None:
    for value in (f"a{hidden}b", f"ab{hidden}", hidden):
        assert f"/3/{name}" in refused(an_event(**{name: value}))


GOOD: list[tuple[str, str]] = [
    ("id", "x"), ("id", "舉報-2020/1"), ("id", "a" * 200), ("id", "a.b:c"), ("subject", "供應商-7"),
    ("entity", "group"),
    ("source", "/integrity"), ("source", "https://erp.example/a?b=c#d"), ("source", "urn:uuid:1"), ("source", "a%20b"),
    ("source", "//host/path"), ("source", "http://[::1]:80/"), ("source", "a" * 200), ("type", "a.b_c.d1"),
    ("datacontenttype", "application/json; charset=utf-8"),
]  # fmt: skip
BAD: list[tuple[str, object]] = [
    ("specversion", "0.3"), ("specversion", 1), ("specversion", None), ("specversion", ...),
    ("id", ...), ("id", None), ("id", ""), ("id", 7), ("id", True), ("id", "a" * 201), ("id", ["x"]),
    ("source", ...), ("source", ""), ("source", "a b"), ("source", "a\\b"), ("source", "a%2"), ("source", "1a:b"),
    ("source", "快手"), ("source", "a" * 201), ("source", "a#b#c"), ("source", "a[b"), ("source", {}),
    ("type", ...), ("type", ""), ("type", "Fairs.Held"), ("type", "a-b"), ("type", "a" * 201), ("type", "a\n"),
    ("type", 1),
    ("subject", ""), ("subject", 1), ("subject", "a" * 201), ("entity", False), ("entity", ""),
    ("datacontenttype", "text/plain"), ("datacontenttype", "application/jsonx"), ("datacontenttype", 1),
    ("data", None), ("data", []), ("data", "x"), ("data", 1), ("data", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_attribute_is_read(name: str, value: str) -> None:
    assert read(**{name: value}).pointer == "/3"


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_attribute_is_refused_alone(name: str, value: object) -> None:
    assert list(refused(an_event(**{name: value}))) == [f"/3/{name}"]


@pytest.mark.parametrize("name", ["seq", "role", "data_base64", "recorded_at", "sources"])
def test_an_unknown_attribute_is_refused_with_what_is_allowed(name: str) -> None:
    message = refused(an_event(**{name: 1}))[f"/3/{name}"]
    assert f"'{name}' is no attribute" in message
    assert "specversion, id, source" in message
    assert ("Did you mean 'source'?" in message) is (name == "sources")


def test_pointers_are_escaped_and_can_be_stored() -> None:
    assert list(refused(an_event(**{"a/b~c\x00\ud800": 1}))) == ["/3/a~1b~0c\ufffd\ufffd"]


def test_all_mistakes_of_an_event_come_at_once() -> None:
    assert set(refused({"id": 7, "seq": 1})) == {
        "/3/specversion", "/3/id", "/3/source", "/3/type", "/3/seq", "/3/time",
    }  # fmt: skip


def test_a_thousand_unknown_attributes_make_a_short_answer() -> None:
    found = refused(an_event(**{f"x{n}": 1 for n in range(1_000)}))
    assert len(found) == 21
    assert found["/3"] == "has 980 more unknown attributes"


@pytest.mark.parametrize("value", [None, 1, "x", True, [], [an_event()]])
def test_an_event_is_an_object(value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        read_event(value, calendar=CALENDAR, now=NOW)
    assert [each.pointer for each in refusal.value.mistakes] == [""]
    assert isinstance(refusal.value.mistakes[0], Mistake)


SOME = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}),
    st.sampled_from(["1.0", "/x", "application/json", "a.b"]),
)  # fmt: skip
NAMES = ["specversion", "id", "source", "type", "subject", "entity", "datacontenttype", "data", "dataschema", "seq"]


@given(st.dictionaries(st.sampled_from(NAMES), SOME))
def test_the_short_way_and_the_long_way_always_agree(changed: dict[str, Any]) -> None:
    event = an_event(**changed)
    assert is_sound(event) is (not list(mistakes_of(event, "")))


@given(st.from_regex(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,8})?(Z|[+-]\d\d:\d\d)?", fullmatch=True))
def test_any_time_is_read_or_refused(text: str) -> None:
    try:
        event = read(time=text)
    except Invalid:
        assert list(refused(an_event(time=text))) == ["/3/time"]
    else:
        assert is_instant(event.time)
        assert len(event.time) == 27

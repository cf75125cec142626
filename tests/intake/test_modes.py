"""Requests in each mode of the CloudEvents HTTP binding, and the events that come out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.small import CALENDAR, NOW
from tracker.errors import Invalid, Malformed, Mistake, WrongMediaType
from tracker.intake.envelope import read_event
from tracker.intake.modes import BATCH, EITHER, ONE, values

FACT: dict[str, Any] = {
    "specversion": "1.0", "id": "f-1", "source": "/fairs", "type": "fairs.fair.held",
    "time": "2026-01-10T09:00:00Z", "subject": "spring", "data": {"region": "china", "rooms": 12},
}  # fmt: skip
BODY = json.dumps(FACT).encode()
DATA = json.dumps(FACT["data"]).encode()
HEADERS = [
    ("Host", "tracker.example"), ("Ce-Specversion", "1.0"), ("Ce-Id", "f-1"), ("Ce-Source", "/fairs"),
    ("Ce-Type", "fairs.fair.held"), ("Ce-Time", "2026-01-10T09:00:00Z"), ("Ce-Subject", "spring"),
    ("Content-Type", EITHER), ("Accept", "*/*"),
]  # fmt: skip
UNREAD = "Send application/cloudevents+json, application/cloudevents-batch+json or application/json, not "


class Never:
    """Headers that must not be gone through."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise AssertionError("the headers were gone through")


@pytest.mark.parametrize("content_type", [ONE, "Application/CloudEvents+JSON", f"{ONE}; charset=UTF-8", f" {ONE} ;"])
def test_one_event_in_structured_mode(content_type: str) -> None:
    assert values(content_type, Never(), BODY) == ([FACT], [""])


@pytest.mark.parametrize("content_type", [BATCH, f'{BATCH};charset="utf-8"', f"{BATCH}; profile=x"])
def test_a_batch_comes_out_with_a_pointer_for_each_event(content_type: str) -> None:
    body = b"[" + BODY + b', {"id": "f-2"}, 7]'
    assert values(content_type, Never(), body) == ([FACT, {"id": "f-2"}, 7], ["/0", "/1", "/2"])


@pytest.mark.parametrize("content_type", [EITHER, f"{EITHER}; charset=utf-8", "APPLICATION/JSON"])
def test_plain_json_is_one_event_or_several(content_type: str) -> None:
    headers = [("Host", "tracker.example"), ("Content-Type", content_type), ("Accept-Encoding", "ce-id")]
    assert values(content_type, headers, BODY) == ([FACT], [""])
    assert values(content_type, headers, b"[" + BODY + b"]") == ([FACT], ["/0"])


@pytest.mark.parametrize(
    "content_type", [EITHER, f"{EITHER}; charset=utf-8", 'application/json;charset="UTF-8"', "application/json; a=b"]
)
def test_attributes_in_headers_make_it_binary_mode(content_type: str) -> None:
    found = values(content_type, HEADERS, DATA)
    assert found == ([{**FACT, "datacontenttype": content_type}], [""])


def test_names_of_headers_may_be_in_any_case() -> None:
    for headers in ([(name.upper(), value) for name, value in HEADERS], [(n.lower(), v) for n, v in HEADERS]):
        assert values(EITHER, headers, DATA) == ([{**FACT, "datacontenttype": EITHER}], [""])


def test_binary_mode_needs_no_data() -> None:
    fact = {name: value for name, value in FACT.items() if name != "data"}
    assert values(EITHER, HEADERS, b"") == ([{**fact, "datacontenttype": EITHER}], [""])
    assert values(None, HEADERS, b"") == ([fact], [""])
    assert values("", HEADERS, b"") == ([fact], [""])


def test_binary_mode_without_a_content_type_has_json_data() -> None:
    assert values(None, HEADERS, DATA) == ([FACT], [""])


def test_one_header_makes_it_binary_mode_so_that_nothing_is_read_in_two_ways() -> None:
    assert values(EITHER, [("ce-id", "1")], BODY) == ([{"id": "1", "datacontenttype": EITHER, "data": FACT}], [""])


def test_the_cloudevents_types_win_over_headers() -> None:
    assert values(ONE, HEADERS, BODY) == ([FACT], [""])
    assert values(BATCH, HEADERS, b"[" + BODY + b"]") == ([FACT], ["/0"])


def test_what_is_no_object_is_left_to_the_reader_of_events() -> None:
    found, pointers = values(EITHER, HEADERS, b"[1]")
    assert (found, pointers) == ([{**FACT, "datacontenttype": EITHER, "data": [1]}], [""])
    with pytest.raises(Invalid) as refusal:
        read_event(found[0], calendar=CALENDAR, now=NOW)
    assert refusal.value.mistakes == (Mistake("/data", "must be an object, not an array"),)


VALUES = [
    ("plain", "plain"), ("", ""), ("  spring ", "spring"), ("\tspring", "spring"), ("a,b", "a,b"), ("a+b%20c", "a+b c"),
    ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"), ("%e5%bf%ab%e6%89%8b", "快手"), ("%41%2f", "A/"),
    ("100%25", "100%"),
    ("%2541", "%41"), ("%22quoted%22", '"quoted"'), ('"quoted"', "quoted"), ('"two words"', "two words"),
    ('"a \\"b\\" \\\\ c"', 'a "b" \\ c'), ('"Euro%20%E2%82%AC"', "Euro €"), ('""', ""), ("two words", "two words"),
    ("%00", "\x00"), ("(no comment)", "(no comment)"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "meant"), VALUES)
def test_a_header_is_unquoted_and_decoded_once(sent: str, meant: str) -> None:
    assert values(None, [("ce-subject", sent)], b"") == ([{"subject": meant}], [""])


STRAY = 'has a stray double quote; percent-encode it as "%22"'
PERCENT = 'has a "%" without two hexadecimal digits; percent-encode it as "%25"'
NOT_UTF_8 = "is percent-encoded, but not from UTF-8"
PRINTABLE = "must be printable ASCII; percent-encode every other character as UTF-8"
ILL = [
    *((text, PERCENT) for text in ("%", "%%", "100%", "%4", "%zz", "%4g", "% 41", "%-1", "a%2", '"%"', "%u0041")),
    *((text, NOT_UTF_8) for text in ("%C0%A0", "%ff", "%E2%82", "%ED%A0%80", "%80", "a%F5%80%80%80", "%E5bf%ab")),
    *((text, PRINTABLE) for text in ("快手", "é", "å¿«", "\x00", "a\r\nce-id: 2", "\x7f", "\ud800", "a\tb", '"\t"')),
    *((text, STRAY) for text in ('"', 'a"b', '"a', 'a"', '"a" b', '"a""b"', '"a\\"', 'W/"a"')),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "message"), ILL)
def test_a_header_that_cannot_be_decoded_is_a_mistake_of_its_attribute(sent: str, message: str) -> None:
    headers = [*HEADERS[:3], ("Ce-Source", sent), *HEADERS[4:]]
    with pytest.raises(Invalid) as refusal:
        values(EITHER, headers, DATA)
    assert refusal.value.detail == "The event's headers have 1 mistake."
    assert refusal.value.mistakes == (Mistake("/source", message),)


def test_all_mistakes_of_the_headers_are_listed() -> None:
    headers = [
        *HEADERS, ("ce-id", "f-2"), ("CE-ID", "f-1"), ("ce-datacontenttype", EITHER), ("ce-data", "{}"),
        ("ce-entity", "%"), ("ce-a/b~c", "\x01"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        values(EITHER, headers, DATA)
    assert refusal.value.detail == "The event's headers have 6 mistakes."
    assert refusal.value.mistakes == (
        Mistake("/id", "comes twice; send the header ce-id once"),
        Mistake("/id", "comes twice; send the header ce-id once"),
        Mistake("/datacontenttype", "is the Content-Type header; leave ce-datacontenttype out"),
        Mistake("/data", "is the body; leave the header ce-data out"),
        Mistake("/entity", PERCENT),
        Mistake("/a~1b~0c", PRINTABLE),
    )


def test_an_unknown_header_is_an_unknown_attribute() -> None:
    found, _ = values(EITHER, [*HEADERS, ("ce-suject", "spring"), ("ce-", "")], DATA)
    with pytest.raises(Invalid) as refusal:
        read_event(found[0], calendar=CALENDAR, now=NOW)
    assert [mistake.pointer for mistake in refusal.value.mistakes] == ["/suject", "/"]


WELL_FORMED = [
    "text/plain", "application/cloudevents", "application/cloudevents+avro", "application/cloudevents+json+json",
    "application/xml", "application/x-www-form-urlencoded", "application/jsonl", "*/*",
]  # fmt: skip
ILL_FORMED = [
    "json", "/", "application/", "application/json, application/json", "application/json x",
    "application/json; charset",
    "application/json;=utf-8", "application/json; charset = utf-8", "application/ json", "; charset=utf-8",
    'application/json; charset="utf-8', "application/jsön",
]  # fmt: skip
OTHERS = [
    *((each, each) for each in WELL_FORMED),
    *((each, f"'{each}'") for each in ILL_FORMED),
    (None, "nothing"), ("", "nothing"), ("  ", "nothing"), ("TEXT/CSV; header=present", "text/csv"),
    ("application/json\n", "'application/json\ufffd'"), ("\ud800", "'\ufffd'"), ("a" * 100, f"'{'a' * 60}…'"),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "named"), OTHERS)
def test_other_content_types_are_not_read(content_type: str | None, named: str) -> None:
    with pytest.raises(WrongMediaType) as refusal:
        values(content_type, [("Host", "tracker.example")], BODY)
    assert (refusal.value.detail, refusal.value.mistakes) == (f"{UNREAD}{named}.", ())


def test_attributes_in_headers_do_not_make_another_content_type_readable() -> None:
    for content_type in ("text/plain", "application/octet-stream", "application/cloudevents+avro"):
        with pytest.raises(WrongMediaType) as refusal:
            values(content_type, HEADERS, DATA)
        assert refusal.value.detail == f"{UNREAD}{content_type}."


CHARSETS = ["latin-1", "utf-16", "UTF8", '"iso-8859-1"', "'utf-8'", "us-ascii"]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("media_type", [ONE, BATCH, EITHER])
def test_no_other_charset_than_utf_8_is_read(media_type: str, charset: str) -> None:
    for parameters in (f"; charset={charset}", f";CHARSET={charset}", f'; a="; b" ; charset=utf-8;charset={charset}'):
        with pytest.raises(WrongMediaType) as refusal:
            values(media_type + parameters, HEADERS, BODY)
        assert refusal.value.detail == f"Send JSON as UTF-8: the charset may only be utf-8, not '{charset}'."


def test_a_charset_within_another_parameter_is_none() -> None:
    assert values(f'{ONE}; a="; charset=latin-1"; charsets=latin-1', Never(), BODY) == ([FACT], [""])


def test_long_content_types_take_no_long_time() -> None:
    for tail in (";" * 50_000 + "!", " ;" * 50_000 + ",", "; a=b" * 20_000 + "@", '; a="' + "\\" * 50_001):
        with pytest.raises(WrongMediaType):
            values(EITHER + tail, HEADERS, DATA)


NOTHING = "There is nothing to read. Send a JSON object or array."
BODIES = [
    (BATCH, b"[]", "The batch is empty; send at least one event."),
    (EITHER, b" [ ] ", "The batch is empty; send at least one event."),
    (ONE, b"[]", "The body must be one event, a JSON object."),
    (ONE, b"[" + BODY + b"]", "The body must be one event, a JSON object."),
    (BATCH, BODY, "The body must be a JSON array of events."),
    (ONE, b"", NOTHING),
    (BATCH, b" \n", NOTHING),
    (EITHER, b"", NOTHING),
    (ONE, b"{", "The JSON cannot be read at line 1, column 2: expecting property name enclosed in double quotes. "
                "Mend it and send it again."),
    (ONE, b"\xff{}", "Byte 0 of line 1 on is not UTF-8. Send JSON as UTF-8 text."),
    (ONE, b'"text"', "Line 1 does not begin a JSON object or array. Send an event as an object, several as an array."),
    (ONE, b'{"a":' * 33 + b"1" + b"}" * 33, "The JSON is nested more than 32 levels deep. Send it flatter."),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "detail"), BODIES)
def test_a_body_that_is_not_what_its_type_says_is_refused(content_type: str, body: bytes, detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        values(content_type, [], body)
    assert (refusal.value.detail, refusal.value.mistakes) == (detail, ())


def test_data_of_binary_mode_is_read_as_strictly() -> None:
    for body, detail in (
        (b" ", NOTHING),
        (b'{"a": 1, "a": 2}', "At line 1, column 10: a key appears twice in one object. Mend it and send it again."),
    ):
        with pytest.raises(Malformed) as refusal:
            values(EITHER, HEADERS, body)
        assert refusal.value.detail == detail


def test_an_event_may_be_as_deep_in_either_mode() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    deepest = {**FACT, "datacontenttype": EITHER, "data": json.loads(nested(31))}
    assert values(ONE, [], json.dumps(deepest).encode()) == values(EITHER, HEADERS, nested(31)) == ([deepest], [""])
    with pytest.raises(Malformed) as refusal:
        values(EITHER, HEADERS, nested(32))
    assert refusal.value.detail == "The JSON is nested more than 31 levels deep. Send it flatter."
    with pytest.raises(Malformed):
        values(ONE, [], nested(3), max_depth=2)


TIME = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
REQUIRED: dict[str, Any] = {"type": "fairs.fair.held", "source": "/fairs", "time": TIME}
DOZEN: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"id": "plain"}, {"region": "china"}),
    ({"id": "no-data"}, None),
    ({"id": "empty-data"}, {}),
    ({"id": "non-ascii", "subject": "快手-é-😀"}, {"note": "快手 😀 \u2028"}),
    ({"id": "per%cent", "subject": "100%"}, {"rooms": 1}),
    ({"id": 'quo"te', "subject": "back\\slash"}, {"rooms": 2}),
    ({"id": "comma,semi;colon", "subject": "a=b&c"}, {"rooms": 3}),
    ({"id": "stated", "datacontenttype": EITHER}, {"deep": {"list": [1, [2, {"x": None}], True]}}),
    ({"id": "charset", "datacontenttype": "application/json; charset=utf-8"}, {"big": 2**53, "text": "\n\t"}),
    ({"id": "extension", "entity": "overseas"}, {"region": "overseas"}),
    ({"id": "fraction", "time": datetime(2026, 1, 10, 9, 0, 0, 123456, tzinfo=UTC)}, {"area": -7}),
    ({"id": "uri", "source": "https://例.example/a?b=c#d"}, {"tilde": "~", "slash": "/"}),
]  # fmt: skip


def built(attributes: dict[str, Any], data: dict[str, Any] | None) -> CloudEvent:
    """An event of the CloudEvents SDK."""
    return CloudEvent({"specversion": "1.0", **REQUIRED, **attributes}, data)


def expected(attributes: dict[str, Any], data: dict[str, Any] | None) -> dict[str, Any]:
    """The same as JSON has it."""
    event = {"specversion": "1.0", **REQUIRED, **attributes}
    event["time"] = event["time"].isoformat().replace("+00:00", "Z")
    return event if data is None else {**event, "data": data}


def received(message: HTTPMessage) -> tuple[list[object], list[str]]:
    """What comes out of a message of the SDK."""
    return values(message.headers.get("content-type"), message.headers.items(), message.body)


@pytest.mark.parametrize(("attributes", "data"), DOZEN)
def test_messages_of_the_cloudevents_sdk_come_out_right(attributes: dict[str, Any], data: dict[str, Any]) -> None:
    for message in (to_structured_event(built(attributes, data)), to_binary_event(built(attributes, data))):
        assert received(message) == ([expected(attributes, data)], [""])


def test_a_batch_of_its_structured_messages_comes_out_right() -> None:
    bodies = [to_structured_event(built(*each)).body for each in DOZEN]
    found = values(BATCH, Never(), b"[" + b",\n".join(bodies) + b"]")
    assert found == ([expected(*each) for each in DOZEN], [f"/{number}" for number in range(12)])


def test_an_event_read_in_either_mode_is_the_same_fact() -> None:
    event = built({"id": "f-1", "subject": "快手"}, {"region": "china"})
    facts = []
    for message in (to_structured_event(event), to_binary_event(event)):
        (value,), (pointer,) = received(message)
        facts.append(read_event(value, calendar=CALENDAR, now=NOW, pointer=pointer))
    assert facts[0] == facts[1]
    assert (facts[0].subject, facts[0].data) == ("快手", {"region": "china"})


TEXT = st.text(st.characters(codec="utf-8"))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
EVENTS = st.fixed_dictionaries(
    {"specversion": st.just("1.0"), "id": TEXT, "source": TEXT, "type": TEXT, "time": TEXT},
    optional={
        "subject": TEXT,
        "entity": TEXT,
        "datacontenttype": st.sampled_from([EITHER, "application/json;charset=utf-8"]),
        "data": st.dictionaries(TEXT, JSON_VALUES, max_size=5),
    },
)


@given(EVENTS, st.sampled_from(["", "~!#$&'()*+,/:;=?@[]^`{|}<>\\"]))
def test_binary_and_structured_mode_give_the_same_event(event: dict[str, Any], safe: str) -> None:
    headers = [(f"ce-{k}", quote(v, safe=safe)) for k, v in event.items() if k not in {"data", "datacontenttype"}]
    body = json.dumps(event["data"]).encode() if "data" in event else b""
    binary = values(event.get("datacontenttype"), headers, body)
    assert binary == values(ONE, Never(), json.dumps(event, ensure_ascii=False).encode()) == ([event], [""])


def outcome(content_type: str, headers: list[tuple[str, str]]) -> tuple[object, int]:
    """The event, if there is one; otherwise the status and how many mistakes are listed."""
    try:
        ((event,), pointers) = values(content_type, headers, b"{}")
    except (Invalid, WrongMediaType) as refusal:
        return refusal.status, len(refusal.mistakes)
    assert pointers == [""]
    return event, 0


@given(
    st.lists(st.tuples(st.sampled_from(["ce-id", "Ce-Source", "ce-x", "ce-"]), st.text(st.characters())), min_size=1)
)
def test_no_text_in_the_headers_does_anything_but_be_read_or_refused(headers: list[tuple[str, str]]) -> None:
    found, mistakes = outcome(EITHER, headers)
    if mistakes:
        assert found == 422
        assert mistakes <= len(headers)
    else:
        assert isinstance(found, dict)
        assert found.keys() == {"datacontenttype", "data", *(name.lower()[3:] for name, _ in headers)}


@given(st.text(st.characters(exclude_categories=())) | st.text('aplicton/js; charset=utf-8"\\,\n', max_size=60))
def test_no_content_type_does_anything_but_be_read_or_refused(content_type: str) -> None:
    assert outcome(content_type, []) in (({}, 0), (415, 0))
    assert outcome(f"{EITHER};{content_type}", []) in (({}, 0), (415, 0))

"""``POST /api/v1/events``: what is recorded, what is answered, and what a refusal says; nothing of it is stored."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from tests.api.conftest import BATCH, MAX_BODY, ONE, Api, problem, token
from tests.freezing import frozen
from tracker.access import tokens
from tracker.ledger.models import events as events_table
from tracker.ledger.models import head

CASE = "desk.case.reported"
CORRECTED = "tracker.event.corrected"
VOIDED = "tracker.event.voided"


def a_case(api: Api, channel: str = "phone", **others: Any) -> dict[str, Any]:
    return api.house.event(CASE, {"channel": channel}, **others)


def a_correction(api: Api, seq: int, replaces: int, channel: str, **others: Any) -> dict[str, Any]:
    body = {"original": {"seq": seq}, "replaces": replaces, "reason": "misheard", "data": {"channel": channel}}
    return api.house.event(CORRECTED, body, **others)


def leaves(api: Api) -> list[str]:
    with api.house.database.read() as session:
        return [leaf.hex() for leaf in session.scalars(select(events_table.c.leaf).order_by(events_table.c.seq))]


def test_an_event_is_answered_with_its_receipt(api: Api) -> None:
    answer = api.post(a_case(api))
    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    [leaf] = leaves(api)
    assert answer.json == {"receipts": [{"id": "event-0", "seq": 0, "leaf": leaf, "status": "recorded"}]}
    assert api.house.value("desk.cases", "2020") == 1


def test_the_actor_on_record_is_who_bears_the_token_and_holds_no_secret(api: Api) -> None:
    api.post(a_case(api))
    with api.house.database.read() as session:
        assert session.scalars(select(events_table.c.actor)).all() == ["person:token-everything"]


def test_a_repeated_event_is_answered_with_200_and_its_first_receipt(api: Api) -> None:
    event = a_case(api)
    [first] = api.post(event).get_json()["receipts"]
    before = api.counts()
    again = api.post(event)
    assert (again.status_code, again.json) == (200, {"receipts": [first | {"status": "duplicate"}]})
    assert api.counts() == before


def test_a_batch_is_answered_event_by_event_in_its_order(api: Api) -> None:
    events = [a_case(api), a_case(api, "mail"), a_case(api)]
    api.post(events[1])
    answer = api.post(events, BATCH)
    second, first, third = leaves(api)
    assert (answer.status_code, answer.json) == (
        201,
        {
            "receipts": [
                {"id": "event-0", "seq": 1, "leaf": first, "status": "recorded"},
                {"id": "event-1", "seq": 0, "leaf": second, "status": "duplicate"},
                {"id": "event-2", "seq": 2, "leaf": third, "status": "recorded"},
            ]
        },
    )
    assert api.post(events, BATCH).status_code == 200


def test_plain_json_may_be_one_event_or_several(api: Api) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        assert api.post(a_case(api), content_type).status_code == 201
        assert api.post([a_case(api), a_case(api)], content_type).status_code == 201
    assert api.house.value("desk.cases", "2020") == 9


def test_an_event_for_a_frozen_year_is_recorded_and_marked_as_late(api: Api) -> None:
    api.post(a_case(api))
    frozen(api.house.database, api.house.ledger, 2020)
    answer = api.post([a_case(api), a_case(api, time="2021-01-04T12:00:00+08:00")], BATCH)
    _, late, timely = leaves(api)
    assert (answer.status_code, answer.json) == (
        201,
        {
            "receipts": [
                {"id": "event-1", "seq": 1, "leaf": late, "status": "recorded", "late": 2020},
                {"id": "event-2", "seq": 2, "leaf": timely, "status": "recorded"},
            ]
        },
    )


def test_a_correction_and_a_void_come_as_events(api: Api) -> None:
    api.post(a_case(api))
    corrected = api.post(a_correction(api, 0, 0, "mail"))
    assert corrected.status_code == 201
    assert api.house.values("desk.cases", "2020") == {
        "{}": 1,
        '{"channel":"mail"}': 1,
        '{"channel":"mail","level":null}': 1,
        '{"level":null}': 1,
    }
    body = {"original": {"source": "/test", "id": "event-0"}, "replaces": 1, "reason": "never happened"}
    assert api.post(api.house.event(VOIDED, body)).status_code == 201
    assert api.house.value("desk.cases", "2020") == 0


def test_a_correction_of_what_is_no_longer_in_force_is_a_conflict(api: Api) -> None:
    api.post(a_case(api))
    api.post(a_correction(api, 0, 0, "mail"))
    before = api.counts()
    assert problem(api.post(a_correction(api, 0, 0, "phone"))) == {
        "type": "urn:governance-tracker:problem:stale-replacement",
        "title": "This contradicts what is on record",
        "status": 409,
        "detail": "Seq 1 is in force for seq 0, not seq 0. Look at what it says now, then send the amendment again.",
        "mistakes": [{"pointer": "/data/replaces", "message": "seq 1 is in force"}],
    }
    assert api.counts() == before


def test_a_source_may_not_amend_an_event_of_another(api: Api) -> None:
    api.post(a_case(api))
    api.source("elsewhere", "/elsewhere")
    theirs = token(api.house, "theirs", "record", "backfill", "amend", source="elsewhere")
    before = api.counts()
    answer = api.post(a_correction(api, 0, 0, "mail", source="/elsewhere"), Authorization=f"Bearer {theirs}")
    assert problem(answer) == {
        "type": "urn:governance-tracker:problem:forbidden",
        "title": "This is not yours to do",
        "status": 403,
        "detail": "Source '/elsewhere' may amend only its own events; seq 0 is from '/test'.",
    }
    assert api.counts() == before


def test_a_correction_of_nothing_on_record_names_the_place(api: Api) -> None:
    before = api.counts()
    assert problem(api.post([a_case(api), a_correction(api, 7, 7, "mail")], BATCH)) == {
        "type": "urn:governance-tracker:problem:invalid",
        "title": "The input has mistakes",
        "status": 422,
        "detail": "1 mistake; nothing was stored.",
        "mistakes": [
            {
                "pointer": "/1/data/original",
                "message": "names no event on record; give its seq, or its source and id",
            }
        ],
    }
    assert api.counts() == before


def test_a_known_id_with_other_content_is_a_conflict(api: Api) -> None:
    event = a_case(api)
    api.post(event)
    with api.house.database.read() as session:
        content = bytes(session.scalars(select(events_table.c.content)).one()).hex()
    before = api.counts()
    assert problem(api.post([a_case(api), event | {"data": {"channel": "mail"}}], BATCH)) == {
        "type": "urn:governance-tracker:problem:content-conflict",
        "title": "This contradicts what is on record",
        "status": 409,
        "detail": "Event 'event-0' of source '/test' is already on record as seq 0 with other content "
        f"(sha256 {content}). Send a correction, or use a new id for a new fact.",
        "mistakes": [{"pointer": "/1", "message": f"already on record as seq 0 with content {content}"}],
        "stored": {"seq": 0, "content": content},
    }
    assert api.counts() == before


def test_every_mistake_of_a_batch_is_told_with_its_place_and_nothing_is_stored(api: Api) -> None:
    before = api.counts()
    wrong = api.house.event(CASE, {"channel": True, "loss": {"amount": 5, "currency": "USD"}, "a/b~c": 1})
    answer = api.post([a_case(api), wrong, a_case(api, entity="nroth")], BATCH)
    *others, last = api.house.catalogue.events[CASE].fields
    assert problem(answer) == {
        "type": "urn:governance-tracker:problem:invalid",
        "title": "The input has mistakes",
        "status": 422,
        "detail": "4 mistakes; nothing was stored.",
        "mistakes": [
            {"pointer": "/1/data/channel", "message": "must be one of mail and phone, not a boolean"},
            {"pointer": "/1/data/loss/currency", "message": 'must be "CNY"'},
            {
                "pointer": "/1/data/a~1b~0c",
                "message": f"'a/b~c' is no field of this event. Allowed are {', '.join(others)} and {last}.",
            },
            {"pointer": "/2/entity", "message": "'nroth' is no entity of the organisation. Did you mean 'north'?"},
        ],
    }
    assert api.counts() == before


def test_mistakes_in_attributes_are_told_for_one_event_without_an_index(api: Api) -> None:
    before = api.counts()
    answer = api.post(a_case(api, specversion="0.3", time="2020-05-04T12:00:00"))
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == ["/specversion", "/time"]
    assert api.counts() == before


UNAUTHORISED = {
    "type": "urn:governance-tracker:problem:unauthorised",
    "title": "Credentials are missing or wrong",
    "status": 401,
    "detail": "Send `Authorization: Bearer …` with a live token; `tracker token add` makes one.",
}


def wrong_headers(token: str) -> list[str]:
    return [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {token[:-1]}",
        f"Bearer {token}v",
        f"Bearer  {token}",
        f"Bearer {token.swapcase()}",
        f"Basic {token}",
        f"Bearer {token}, Bearer x",
        "Bearer sécrété",
        "Bearer None",
        token,
    ]


def test_without_the_token_every_call_gets_the_same_401(api: Api) -> None:
    before = api.counts()
    for authorization in wrong_headers(api.token):
        answer = api.post(a_case(api), Authorization=authorization)
        assert problem(answer) == UNAUTHORISED
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert api.counts() == before


def test_a_call_without_any_header_is_refused_before_its_body_is_read(api: Api) -> None:
    for path in ("/api/v1/events", "/api/v1/figures"):
        call = api.client.post if path.endswith("events") else api.client.get
        assert problem(call(path, data=b"\xff" * (MAX_BODY * 2))) == UNAUTHORISED


def test_the_scheme_may_be_spelled_in_any_case(api: Api) -> None:
    assert api.post(a_case(api), Authorization=f"bearer {api.token}").status_code == 201  # RFC 9110, 11.1


def test_a_revoked_or_ended_token_is_refused_at_once(api: Api) -> None:
    gone, ending = (
        token(api.house, "gone", "record", "backfill"),
        token(api.house, "ending", "record", "backfill", days=1),
    )
    assert api.post(a_case(api), Authorization=f"Bearer {gone}").status_code == 201
    with api.house.database.write() as session:
        tokens.revoke(session, "gone", by="person:alice", at=api.house.clock())
    assert problem(api.post(a_case(api), Authorization=f"Bearer {gone}")) == UNAUTHORISED
    assert api.post(a_case(api), Authorization=f"Bearer {ending}").status_code == 201
    api.house.clock.instant += timedelta(days=1)
    assert problem(api.post(a_case(api), Authorization=f"Bearer {ending}")) == UNAUTHORISED


def test_another_content_type_is_told_what_to_send(api: Api) -> None:
    before = api.counts()
    for content_type in ("", "text/plain", "application/avro", "multipart/form-data"):
        answer = api.post(json.dumps(a_case(api)).encode(), content_type)
        assert problem(answer) == {
            "type": "urn:governance-tracker:problem:wrong-media-type",
            "title": "This content type is not read here",
            "status": 415,
            "detail": "Send application/cloudevents+json, application/cloudevents-batch+json or application/json, "
            f"not {content_type or 'nothing'}.",
        }
    assert api.counts() == before


TOO_LARGE = {
    "type": "urn:governance-tracker:problem:too-large",
    "title": "The request is too large",
    "status": 413,
    "detail": f"The body is larger than {MAX_BODY} bytes (TRACKER_MAX_BODY). Send fewer events at once.",
}


def test_a_body_beyond_the_limit_is_refused_by_its_length(api: Api) -> None:
    before = api.counts()
    for more in (1, 2, MAX_BODY):
        assert problem(api.post(json.dumps(a_case(api)).encode().ljust(MAX_BODY + more))) == TOO_LARGE
    assert api.counts() == before
    assert api.post(json.dumps(a_case(api)).encode().ljust(MAX_BODY)).status_code == 201


def test_a_body_of_unknown_length_is_refused_when_it_passes_the_limit(api: Api) -> None:
    before = api.counts()
    body = Endless(json.dumps(a_case(api)).encode())
    headers = [("Authorization", f"Bearer {api.token}"), ("Transfer-Encoding", "chunked")]
    call = EnvironBuilder(path="/api/v1/events", method="POST", content_type=ONE, headers=headers)
    environ = call.get_environ() | {"wsgi.input": body, "wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    assert problem(Response.from_app(api.client.application, environ)) == TOO_LARGE
    assert body.taken <= 2 * MAX_BODY
    assert api.counts() == before


class Endless(io.RawIOBase):
    """A body that goes on with spaces for ever, as a client that sends chunk after chunk makes it."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning, self.taken = beginning, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        assert self.taken < 1 << 30, "somebody reads all of an endless body"
        buffer[:] = self.beginning[self.taken : self.taken + len(buffer)].ljust(len(buffer))
        self.taken += len(buffer)
        return len(buffer)


def test_an_unknown_place_and_a_wrong_method_are_problems_under_api(api: Api) -> None:
    missing = api.get("/evnets")
    assert problem(missing)["type"] == "urn:governance-tracker:problem:not-found"
    wrong = api.client.put("/api/v1/events")
    assert problem(wrong) == {
        "type": "urn:governance-tracker:problem:method-not-allowed",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "The method is not allowed for the requested URL.",
    }
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_elsewhere_errors_are_pages(api: Api) -> None:
    missing, wrong = api.client.get("/nothing-here"), api.client.post("/")
    assert [missing.status_code, wrong.status_code] == [404, 405]
    assert missing.content_type == wrong.content_type == "text/html; charset=utf-8"
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_recording_stops_with_503_while_another_catalogue_is_in_force(api: Api) -> None:
    with api.house.database.write() as session:
        session.execute(text("INSERT INTO catalogue VALUES (:d, '{}', '2021-01-01', 'person:bob')"), {"d": "f" * 64})
        session.execute(update(head).values(catalogue="f" * 64))
    before = api.counts()
    answer = api.post(a_case(api))
    mine = api.house.catalogue.digest[:12]
    assert problem(answer) == {
        "type": "urn:governance-tracker:problem:catalogue-inactive",
        "title": "The service is not ready",
        "status": 503,
        "detail": f"This process holds catalogue {mine}, but the active one is ffffffffffff. Run `tracker catalogue "
        "activate` to put this configuration in force, or restart with the configuration that is.",
    }
    assert answer.headers["Retry-After"] == "5"
    assert api.counts() == before


GOOD = (
    '"specversion": "1.0", "id": "a", "source": "/t", "type": "desk.case.reported", "time": "2020-05-04T12:00:00+08:00"'
)


def _event(**changed: object) -> bytes:
    event: dict[str, object] = json.loads("{" + GOOD + "}") | {"data": {"channel": "phone"}}
    return json.dumps({name: value for name, value in (event | changed).items() if value is not ...}).encode()


def _data(text: str) -> bytes:
    return f'{{{GOOD}, "data": {text}}}'.encode()


def _reading(quantity: str) -> bytes:
    return _data(f'{{"channel": "phone", "quantity": {quantity}}}').replace(b"case.reported", b"meter.read")


ABUSE: dict[str, tuple[int, bytes]] = {
    "nothing": (400, b""),
    "a space": (400, b" "),
    "a scalar": (400, b"1"),
    "null": (400, b"null"),
    "a text": (400, b'"event"'),
    "an unfinished object": (400, b'{"id": "a"'),
    "trailing data": (400, _event() + b"{}"),
    "two events in lines": (400, _event() + b"\n" + _event()),
    "a duplicate key": (400, b'{"id": "a", ' + _event()[1:]),
    "a duplicate key, escaped": (400, b'{"\\u0069d": "a", ' + _event()[1:]),
    "NaN": (400, _reading("NaN")),
    "Infinity": (400, _reading("-Infinity")),
    "1e999": (400, _reading("1e999")),
    "a number of 5000 digits": (400, _reading("9" * 5000)),
    "33 levels": (400, _data("[" * 33 + "]" * 33)),
    "30000 brackets": (400, b"[" * 30_000),
    "30000 braces": (400, b'{"a":' * 10_000),
    "UTF-16": (400, _event().decode().encode("utf-16")),
    "UTF-16 without a mark": (400, _event().decode().encode("utf-16-le")),
    "a byte order mark": (400, b"\xef\xbb\xbf" + _event()),
    "broken UTF-8": (400, _event(subject="?").replace(b"?", b"\xc3\x28")),
    "an encoded surrogate": (400, _event(subject="?").replace(b"?", b"\xed\xa0\x80")),
    "half a surrogate pair": (400, _event(subject="?").replace(b"?", b"\\ud800")),
    "gzip": (400, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00"),
    "a control character in a text": (400, _event(subject="?").replace(b"?", b"\x01")),
    "a comment": (400, b"// hello\n" + _event()),
    "single quotes": (400, _event().replace(b'"', b"'")),
    "an empty object": (422, b"{}"),
    "an unknown attribute seq": (422, _event(seq=7)),
    "an unknown attribute role": (422, _event(role="administrator")),
    "data in base64": (422, _event(data=..., data_base64="e30=")),
    "data that is a list": (422, _event(data=[])),
    "data that is null": (422, _data("null")),
    "data that is a text": (422, _event(data="{}")),
    "an id that is a number": (422, _event(id=1)),
    "an empty id": (422, _event(id="")),
    "an id of 201 characters": (422, _event(id="a" * 201)),
    "NUL in an id": (422, _event(id="a\0b")),
    "a line end in an id": (422, _event(id="a\n")),
    "CR LF in an id": (422, _event(id="a\r\nSet-Cookie: a=b")),
    "a direction mark in an id": (422, _event(id="a\u202eb")),
    "an invisible character in a subject": (422, _event(subject="a\u200bb")),
    "a source with a space": (422, _event(source="/a b")),
    "an unknown type": (422, _event(type="desk.case.reprted")),
    "a reserved type that there is not": (422, _event(type="tracker.event.erased")),
    "a type in capitals": (422, _event(type="DESK.CASE.REPORTED")),
    "an entity that there is not": (422, _event(entity="west")),
    "another version": (422, _event(specversion="1.1")),
    "a time without offset": (422, _event(time="2020-05-04T12:00:00")),
    "a time that is a number": (422, _event(time=1588564800)),
    "a time of 24:00": (422, _event(time="2020-05-04T24:00:00+08:00")),
    "29 February 2025": (422, _event(time="2025-02-29T12:00:00+08:00")),
    "a week date": (422, _event(time="2020-W01-1")),
    "a time in full-width digits": (422, _event(time="２０２０-05-04T12:00:00+08:00")),
    "a time with a line end": (422, _event(time="2020-05-04T12:00:00+08:00\n")),
    "a time before 2000": (422, _event(time="1999-12-31T12:00:00+08:00")),
    "a time tomorrow and a second": (422, _event(time="2021-02-02T04:00:01Z")),
    "the end of time": (422, _event(time="9999-12-31T23:59:59-14:00")),
    "the beginning of time": (422, _event(time="0001-01-01T00:00:00+14:00")),
    "a time of ten kilobytes": (422, _event(time="2" * 10_240)),
    "true for a number": (422, _reading("true")),
    "1_000 for a number": (422, _reading('"1_000"')),
    "full-width digits for a number": (422, _reading('"１２"')),
    "three decimals where two are kept": (422, _reading("1.005")),
    "a number beyond what is kept": (422, _reading('"99999999999999999999"')),
    "a number below its least": (422, _reading("-100000.01")),
    "a number that is null": (422, _reading("null")),
    "an integer with a fraction": (
        422,
        _data('{"channel": "phone", "heads": 1.5}').replace(b"case.reported", b"member.joined"),
    ),
    "an event about nobody where a subject is followed": (
        422,
        _data('{"channel": "phone", "heads": 1}').replace(b"case.reported", b"member.joined"),
    ),
    "another currency": (422, _event(data={"channel": "phone", "loss": {"amount": "1", "currency": "USD"}})),
    "an amount without currency": (422, _event(data={"channel": "phone", "loss": {"amount": "1"}})),
    "an amount that is bare": (422, _event(data={"channel": "phone", "loss": 1})),
    "a choice that there is not": (422, _event(data={"channel": "pigeon"})),
    "a choice that is a list": (422, _event(data={"channel": ["phone"]})),
    "a choice that is an object": (422, _event(data={"channel": {"phone": True}})),
    "a list with an object": (422, _event(data={"channel": "phone", "places": [{}]})),
    "a list that is a text": (422, _event(data={"channel": "phone", "places": "here"})),
    "NUL in a text": (422, _event(data={"channel": "phone", "narrative": "a\0b"})),
    "a required field that is missing": (422, _event(data={})),
    "a field that there is not": (422, _event(data={"channel": "phone", "__class__": "x"})),
    "a correction without a reason": (
        422,
        _event(type=CORRECTED, data={"original": {"seq": 0}, "replaces": 0, "data": {}}),
    ),
    "a correction of a seq that is a text": (
        422,
        _event(
            type=CORRECTED, data={"original": {"seq": "0"}, "replaces": 0, "reason": "r", "data": {"channel": "mail"}}
        ),
    ),
    "a correction of a seq beyond all seqs": (
        422,
        _event(type=VOIDED, data={"original": {"seq": 10**30}, "replaces": 0, "reason": "r"}),
    ),
    "a correction of a large seq": (
        422,
        _event(type=VOIDED, data={"original": {"seq": 2**53}, "replaces": 2**53, "reason": "r"}),
    ),
    "a correction of an object": (
        422,
        _event(type=VOIDED, data={"original": {"seq": {}}, "replaces": 0, "reason": "r"}),
    ),
    "a void with data": (
        422,
        _event(type=VOIDED, data={"original": {"seq": 0}, "replaces": 0, "reason": "r", "data": {}}),
    ),
    "an opening within the ledger's years": (
        422,
        _event(type="tracker.balance.opened", data={"metric": "desk.arrivals", "quantity": 1}),
    ),
    "an opening of what is no balance": (
        422,
        _event(type="tracker.balance.opened", data={"metric": "desk.cases", "quantity": 1}),
    ),
    "an opening of an object": (422, _event(type="tracker.balance.opened", data={"metric": {}, "quantity": []})),
    "an empty period that there is not": (
        422,
        _event(type="tracker.period.nothing_to_report", data={"domain": "desk", "period": "2020-13"}),
    ),
}


def test_what_cannot_be_a_fact_is_refused_and_leaves_no_row(api: Api) -> None:
    before = api.counts()
    found = {}
    for name, (_status, body) in ABUSE.items():
        answer = api.post(body)
        document = problem(answer)
        assert document["detail"]
        assert answer.status_code != 422 or all(each["message"] for each in document["mistakes"])
        assert answer.status_code != 422 or document["mistakes"]
        found[name] = answer.status_code
    assert found == {name: status for name, (status, _body) in ABUSE.items()}
    assert api.counts() == before
    assert api.post(a_case(api)).status_code == 201


def test_the_same_refusals_hold_within_a_batch(api: Api) -> None:
    before = api.counts()
    good = json.dumps(a_case(api)).encode()
    for name, (status, body) in ABUSE.items():
        if status == 422:
            answer = api.post(b"[" + good + b"," + body + b"]", BATCH)
            assert answer.status_code == 422, name
            assert all(each["pointer"].startswith("/1") for each in problem(answer)["mistakes"]), name
    assert api.counts() == before


SHAPES: list[tuple[object, str, str]] = [
    ([], BATCH, "The batch is empty; send at least one event."),
    ([], "application/json", "The batch is empty; send at least one event."),
    ([], ONE, "The body must be one event, a JSON object."),
    ({}, BATCH, "The body must be a JSON array of events."),
]


def test_the_shape_of_the_body_must_be_what_its_type_says(api: Api) -> None:
    for body, content_type, detail in SHAPES:
        assert problem(api.post(body, content_type)) == {
            "type": "urn:governance-tracker:problem:malformed",
            "title": "The request cannot be read",
            "status": 400,
            "detail": detail,
        }


def test_what_is_odd_but_true_is_recorded(api: Api) -> None:
    formula = api.house.event(CASE, {"channel": "mail", "narrative": "=cmd|' /C calc'!A0"}, subject="=1+1")
    new_year = a_case(api, time="2020-12-31T16:30:00Z")
    answers = [
        api.post(formula),
        api.post(new_year),
        api.post(api.house.event(CASE, {"channel": "phone"}, entity=None)),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [api.house.value("desk.cases", year) for year in ("2020", "2021")] == [2, 1]


def test_a_late_event_sent_again_gets_its_first_receipt(api: Api) -> None:
    frozen(api.house.database, api.house.ledger, 2020)
    event = a_case(api)
    first, again = api.post(event), api.post(event)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == {"receipts": [{**first.get_json()["receipts"][0], "status": "duplicate"}]}

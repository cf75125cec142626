"""``/api/v1/events/{seq}/corrections`` and ``/void``: what was recorded is amended by a further event."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.conftest import Api, problem, token
from tests.api.test_sources import DESK, START, added, post
from tracker.intake.counting import counts
from tracker.ledger.events import Receipt
from tracker.ledger.models import events

CASE = "desk.case.reported"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def record(api: Api, channel: str = "phone", **others: Any) -> int:
    """Put an event on record and return its seq."""
    [receipt] = api.house.record(api.house.event(CASE, {"channel": channel}, **others))
    return receipt.seq


def stored(api: Api) -> list[dict[str, Any]]:
    """All events as they stand on record."""
    with api.house.database.read() as session:
        rows = session.execute(select(events).order_by(events.c.seq)).mappings()
        return [dict(row) | json.loads(row["body"]) for row in rows]


def correction(seq: int, channel: str = "mail", **others: Any) -> dict[str, Any]:
    """The body of a correction; ``seq`` is in force."""
    return {"reason": "a slip", "replaces": seq, "data": {"channel": channel}} | others


def receipt(answer: Any) -> dict[str, Any]:
    [found] = answer.get_json()["receipts"]
    assert isinstance(found, dict)
    return found


def test_a_correction_replaces_what_was_said(api: Api) -> None:
    seq = record(api, subject="case-7", entity="north")
    assert api.house.value("desk.phone_cases", "2020") == 1
    answer = post(api, f"/events/{seq}/corrections", correction(seq))
    found = receipt(answer)
    assert (answer.status_code, found["seq"], found["status"]) == (201, 1, "recorded")
    assert UUID.fullmatch(found["id"])
    original, amended = stored(api)
    assert amended["data"] == {
        "original": {"seq": 0},
        "replaces": 0,
        "reason": "a slip",
        "data": {"channel": "mail"},
    }
    assert (amended["actor"], amended["source"]) == ("person:token-everything", "/corrections")
    for name in ("subject", "time", "entity", "day", "year"):
        assert amended[name] == original[name]
    assert api.house.value("desk.phone_cases", "2020") == 0
    assert api.house.value("desk.cases", "2020") == 1
    assert api.house.differences("2020") == []


def test_a_correction_may_also_change_subject_time_and_entity(api: Api) -> None:
    seq = record(api, subject="case-7", entity="north")
    others: dict[str, Any] = {"subject": "case-8", "time": "2021-01-31T08:00:00+08:00", "entity": None, "id": "slip-1"}
    answer = post(api, f"/events/{seq}/corrections", correction(seq, **others))
    assert receipt(answer)["id"] == "slip-1"
    amended = stored(api)[1]
    assert (amended["subject"], amended["time"], amended["entity"]) == ("case-8", "2021-01-31T00:00:00.000000Z", None)
    assert api.house.value("desk.cases", "2020") == 0
    assert api.house.value("desk.cases", "2021") == 1


def test_a_second_correction_starts_from_what_is_in_force(api: Api) -> None:
    seq = record(api)
    post(api, f"/events/{seq}/corrections", correction(0, subject="case-8"))
    answer = post(api, f"/events/{seq}/corrections", correction(1, "phone"))
    assert receipt(answer)["status"] == "recorded"
    assert stored(api)[2]["subject"] == "case-8"


def test_a_void_takes_an_event_out_of_the_figures(api: Api) -> None:
    seq = record(api)
    answer = post(api, f"/events/{seq}/void", {"reason": "never happened", "replaces": seq})
    assert (answer.status_code, receipt(answer)["seq"]) == (201, 1)
    voided = stored(api)[1]
    assert voided["data"] == {"original": {"seq": 0}, "replaces": 0, "reason": "never happened"}
    assert (voided["type"], voided["time"], voided["subject"]) == ("tracker.event.voided", START, None)
    assert api.house.value("desk.cases", "2020") == 0


@pytest.mark.parametrize("kind", ["corrections", "void"])
def test_what_is_sent_again_under_its_id_is_a_duplicate_even_later(kind: str, api: Api) -> None:
    seq = record(api, subject="case-7")
    body = correction(seq, id="slip-1")
    if kind == "void":
        del body["data"]
    first = receipt(post(api, f"/events/{seq}/{kind}", body))
    api.house.clock.instant = api.house.clock.instant.replace(hour=23)
    answer = post(api, f"/events/{seq}/{kind}", body)
    assert (answer.status_code, receipt(answer)) == (200, first | {"status": "duplicate"})
    changed = post(api, f"/events/{seq}/{kind}", body | {"reason": "another"})
    assert problem(changed)["stored"]["seq"] == 1
    assert changed.status_code == 409


def test_an_event_that_is_not_on_record_is_not_found(api: Api) -> None:
    before = stored(api)
    for seq in ("0", "9223372036854775807", "9223372036854775808", "9" * 30):
        answer = post(api, f"/events/{seq}/corrections", correction(0))
        assert problem(answer)["detail"] == f"There is no event with seq {seq}."
        assert answer.status_code == 404
        assert problem(post(api, f"/events/{seq}/void", {"reason": "x", "replaces": 0}))["status"] == 404
    assert stored(api) == before


def test_what_is_no_longer_in_force_cannot_be_replaced(api: Api) -> None:
    seq = record(api)
    post(api, f"/events/{seq}/corrections", correction(seq))
    stale = post(api, f"/events/{seq}/corrections", correction(seq, "phone"))
    assert problem(stale)["mistakes"] == [{"pointer": "/replaces", "message": "seq 1 is in force"}]
    assert stale.status_code == 409
    post(api, f"/events/{seq}/void", {"reason": "never happened", "replaces": 1})
    for kind, body in (("corrections", correction(2)), ("void", {"reason": "again", "replaces": 2})):
        voided = post(api, f"/events/{seq}/{kind}", body)
        assert problem(voided)["mistakes"] == [{"pointer": "/original", "message": "voided by seq 2"}]
        assert voided.status_code == 409
    assert len(stored(api)) == 3


def test_an_amendment_names_the_original_not_another_amendment(api: Api) -> None:
    seq = record(api)
    post(api, f"/events/{seq}/corrections", correction(seq))
    answer = post(api, "/events/1/void", {"reason": "never happened", "replaces": 1})
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == ["/original"]
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/reason", "/replaces", "/data"]),
        ({"replaces": 0, "data": {"channel": "mail"}}, ["/reason"]),
        (correction(0, reason=""), ["/reason"]),
        (correction(0, reason=None), ["/reason"]),
        (correction(0, reason="x" * 2001), ["/reason"]),
        (correction(0, replaces="0"), ["/replaces"]),
        (correction(0, replaces=-1), ["/replaces"]),
        (correction(0, "pigeon"), ["/data/channel"]),
        (correction(0, data=[]), ["/data"]),
        (correction(0, data={}), ["/data/channel"]),
        (correction(0, id=""), ["/id"]),
        (correction(0, id=7), ["/id"]),
        (correction(0, time="2020-05-04"), ["/time"]),
        (correction(0, time=None), ["/time"]),
        (correction(0, subject="a b"), ["/subject"]),
        (correction(0, source="/other", type="x"), ["/source", "/type"]),
    ],
)
def test_every_mistake_is_told_with_its_place_in_the_body(body: Any, pointers: list[str], api: Api) -> None:
    record(api)
    answer = post(api, "/events/0/corrections", body)
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == pointers
    assert answer.status_code == 422
    assert len(stored(api)) == 1


def test_a_void_has_no_data(api: Api) -> None:
    record(api)
    answer = post(api, "/events/0/void", correction(0))
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == ["/data"]


def test_a_source_amends_its_own_events_only(api: Api) -> None:
    added(api)
    bearer = token(api.house, "agent", "amend", "record", "backfill", source="desk")
    mine, others = record(api, source="/desk"), record(api)
    assert receipt(post(api, f"/events/{mine}/corrections", correction(mine), bearer))["seq"] == 2
    assert (stored(api)[2]["actor"], stored(api)[2]["source"]) == ("source:desk", DESK["uri"])
    for kind, body in (("corrections", correction(others)), ("void", {"reason": "x", "replaces": others})):
        answer = post(api, f"/events/{others}/{kind}", body, bearer)
        assert problem(answer)["status"] == 403
    assert len(stored(api)) == 3
    with api.house.database.read() as session:
        assert [each[:2] + each[2:] for each in counts(session)] == [
            ("desk", "tracker.event.corrected", 2, 1, 0, 0, 1),
            ("desk", "tracker.event.voided", 1, 0, 0, 0, 1),
        ]


def test_amending_takes_its_scope(api: Api) -> None:
    record(api)
    bearer = token(api.house, "clerk", "record", "read", "backfill", "admin")
    for kind, body in (("corrections", correction(0)), ("void", {"reason": "x", "replaces": 0})):
        assert problem(post(api, f"/events/0/{kind}", body, bearer))["status"] == 403
    assert len(stored(api)) == 1


def test_an_amendment_is_counted_like_any_event(api: Api) -> None:
    seq = record(api)
    post(api, f"/events/{seq}/corrections", correction(seq, id="slip-1"))
    post(api, f"/events/{seq}/corrections", correction(seq, id="slip-1"))
    post(api, f"/events/{seq}/corrections", correction(seq))
    post(api, f"/events/{seq}/void", {"reason": "", "replaces": 1})
    with api.house.database.read() as session:
        assert counts(session) == [
            ("token:everything", "tracker.event.corrected", 3, 1, 1, 0, 1),
            ("token:everything", "tracker.event.voided", 1, 0, 0, 0, 1),
        ]


def test_an_old_event_is_corrected_by_whoever_may_backfill(api: Api) -> None:
    record(api)
    bearer = token(api.house, "editor", "amend")
    answer = post(api, "/events/0/corrections", correction(0), bearer)
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == ["/time"]
    assert receipt(post(api, "/events/0/void", {"reason": "x", "replaces": 0}, bearer))["status"] == "recorded"


def test_a_receipt_says_where_the_amendment_stands(api: Api) -> None:
    record(api)
    found = receipt(post(api, "/events/0/void", {"reason": "x", "replaces": 0, "id": "v-1"}))
    leaf = bytes(stored(api)[1]["leaf"]).hex()
    assert found == {"id": "v-1", "seq": 1, "leaf": leaf, "status": "recorded"}
    assert set(found) < set(Receipt._fields)

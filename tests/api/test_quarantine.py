"""``/api/v1/quarantine``: refused deliveries, decided over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import ONE, Api, problem, token
from tests.api.test_sources import START, post
from tests.house import statuses

OLD = "lies more than 7 days back; handing in what is older takes the right to backfill"


def refuse(api: Api, bearer: str, **others: Any) -> dict[str, Any]:
    """Send what cannot be taken in, as it was sent."""
    event = api.house.event("desk.case.reported", {"channel": "phone"}) | others
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = api.client.post("/api/v1/events", data=json.dumps(event), content_type=ONE, headers=headers)
    assert answer.status_code == 422
    return event


def listed(api: Api, **query: str) -> dict[str, Any]:
    answer = api.get("/quarantine", query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture
def clerk(api: Api) -> str:
    """A token that may record, but nothing old."""
    return token(api.house, "clerk", "record")


def test_a_refused_delivery_is_listed_and_shown(api: Api, clerk: str) -> None:
    assert listed(api) == {"quarantine": [], "next": None}
    event = refuse(api, clerk)
    refuse(api, clerk, **event)
    [line] = listed(api)["quarantine"]
    assert line == {
        "id": line["id"],
        "sender": "token:clerk",
        "delivery": line["delivery"],
        "first_at": START,
        "last_at": START,
        "attempts": 2,
        "size": len(json.dumps(event)),
        "mistakes": 1,
        "settled": None,
        "reason": None,
        "settled_by": None,
        "settled_at": None,
    }
    answer = api.get(f"/quarantine/{line['id']}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == line | {
        "detail": "1 mistake; nothing was stored.",
        "mistakes": [{"pointer": "/time", "message": OLD}],
        "content_type": ONE,
        "body": json.dumps(event),
    }


def test_an_old_event_is_recorded_when_somebody_vouches_for_it(api: Api, clerk: str) -> None:
    event = refuse(api, clerk)
    [line] = listed(api)["quarantine"]
    answer = post(api, f"/quarantine/{line['id']}/retry")
    [receipt] = answer.get_json()["receipts"]
    assert (answer.status_code, receipt["id"], receipt["status"]) == (201, event["id"], "recorded")
    assert api.house.value("desk.cases", "2020") == 1
    [settled] = listed(api, all="1")["quarantine"]
    assert settled == line | {
        "settled": "recorded",
        "reason": None,
        "settled_by": "person:token-everything",
        "settled_at": START,
    }
    assert listed(api) == {"quarantine": [], "next": None}
    for answer in (post(api, f"/quarantine/{line['id']}/retry"), api.get(f"/quarantine/{line['id']}")):
        assert problem(answer)["detail"] == f"Delivery {line['id']} was recorded at {START}; what was sent is gone."
        assert answer.status_code == 409


def test_what_is_on_record_by_now_is_answered_as_a_duplicate(api: Api, clerk: str) -> None:
    event = refuse(api, clerk)
    assert statuses(api.house.record(event)) == ["recorded"]
    [line] = listed(api)["quarantine"]
    answer = post(api, f"/quarantine/{line['id']}/retry")
    assert (answer.status_code, answer.get_json()["receipts"][0]["status"]) == (200, "duplicate")


def test_what_is_still_wrong_is_told_again_and_stays(api: Api, clerk: str) -> None:
    refuse(api, clerk, data={"channel": "pigeon"})
    before = listed(api)
    answer = post(api, f"/quarantine/{before['quarantine'][0]['id']}/retry")
    assert problem(answer)["mistakes"] == [
        {"pointer": "/data/channel", "message": "'pigeon' is not allowed. Allowed are mail and phone."}
    ]
    assert answer.status_code == 422
    assert listed(api) == before


def test_to_discard_takes_a_reason(api: Api, clerk: str) -> None:
    refuse(api, clerk)
    [line] = listed(api)["quarantine"]
    path = f"/quarantine/{line['id']}/discard"
    for body, pointer in (
        ({}, "/reason"),
        ({"reason": " "}, "/reason"),
        ({"reason": "a\x00b"}, "/reason"),
        ({"reason": "x" * 2001}, "/reason"),
        ({"reason": "a test", "by": "bob"}, "/by"),
    ):
        answer = post(api, path, body)
        assert [each["pointer"] for each in problem(answer)["mistakes"]] == [pointer]
        assert answer.status_code == 422
    assert post(api, path, {"reason": "a test"}).get_json() == {"id": line["id"], "settled": "discarded"}
    [settled] = listed(api, all="1")["quarantine"]
    assert (settled["settled"], settled["reason"]) == ("discarded", "a test")
    assert problem(post(api, path, {"reason": "again"}))["status"] == 409


def test_lists_come_in_pages(api: Api, clerk: str) -> None:
    for _number in range(5):
        refuse(api, clerk)
    everything = listed(api)["quarantine"]
    pages, cursor = [], "0"
    while cursor:
        page = listed(api, limit="2", cursor=cursor)
        pages.append(page["quarantine"])
        cursor = page["next"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in page] == everything


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "1001"}, {"cursor": "-1"}, {"all": "yes"}, {"alle": "1"}])
def test_an_odd_query_is_refused(query: dict[str, str], api: Api) -> None:
    answer = api.get("/quarantine", query)
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == list(query)


@pytest.mark.parametrize("id", ["0", "1", "9223372036854775807", "9223372036854775808", "9" * 40])
def test_a_number_that_is_none_is_not_found(id: str, api: Api) -> None:
    for answer in (
        api.get(f"/quarantine/{id}"),
        post(api, f"/quarantine/{id}/retry"),
        post(api, f"/quarantine/{id}/discard", {"reason": "none"}),
    ):
        assert problem(answer)["status"] == 404

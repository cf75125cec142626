"""``/api/v1/sources``: systems that sign, looked after over HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.api.conftest import Api, problem, token
from tracker.access.models import changes, source_keys
from tracker.access.signatures import HMAC, public_of, public_text, read_private, read_public, read_secret, sign

START = "2021-02-01T04:00:00.000000Z"
DESK = {"name": "desk", "uri": "/desk", "types": ["desk.*"]}


def post(api: Api, path: str, body: object = None, bearer: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer or api.token}"}
    return api.client.post(f"/api/v1{path}", json={} if body is None else body, headers=headers)


def added(api: Api, **others: Any) -> dict[str, Any]:
    answer = post(api, "/sources", DESK | others)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def deliver(api: Api, secret: str, id: str = "msg-1", name: str = "desk") -> TestResponse:
    """A good event, signed."""
    event = api.house.event("desk.case.reported", {"channel": "phone"}, id=id, source="/desk")
    body, now = json.dumps(event | {"time": "2021-02-01T12:00:00+08:00"}).encode(), int(api.house.clock().timestamp())
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(read_secret(secret), HMAC, id, now, body),
    }
    type = "application/cloudevents+json"
    return api.client.post(f"/api/v1/webhooks/{name}", data=body, content_type=type, headers=headers)


def trail(api: Api) -> list[tuple[str, str, str]]:
    with api.house.database.read() as session:
        rows = session.execute(select(changes).order_by(changes.c.id))
        return [(row.by, row.action, row.target) for row in rows if not row.action.startswith("token")]


def test_a_source_is_added_with_its_secret_this_once(api: Api) -> None:
    answer = post(api, "/sources", DESK)
    found = answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert found == DESK | {"secret": found["secret"]}
    assert deliver(api, found["secret"]).status_code == 201
    listed = api.get("/sources")
    assert listed.get_json() == {
        "sources": [
            {
                **DESK,
                "late_days": 7,
                "backfill": False,
                "test": False,
                "created_at": START,
                "retired_at": None,
                "keys": [{"kind": "hmac", "created_at": START, "expires_at": None, "used_at": START}],
                "counts": {"received": 1, "recorded": 1, "duplicate": 0, "conflict": 0, "rejected": 0},
            }
        ]
    }
    assert found["secret"] not in listed.text
    assert trail(api) == [("person:token-everything", "source.added", "desk")]


def test_everything_about_a_source_can_be_said(api: Api) -> None:
    found = added(api, key="ed25519", late_days=30, backfill=True, test=True)
    assert found == DESK | {name: found[name] for name in ("private_key", "public_key")}
    assert public_of(read_private(found["private_key"])) == read_public(found["public_key"])
    [listed] = api.get("/sources").get_json()["sources"]
    assert (listed["late_days"], listed["backfill"], listed["test"]) == (30, True, True)
    with api.house.database.read() as session:
        [row] = session.execute(select(source_keys))
    assert row.kind == "ed25519"
    assert read_private(found["private_key"]) not in bytes(row.sealed)


def test_a_source_may_bring_its_own_public_key(api: Api) -> None:
    own = public_text(public_of(bytes(range(32))))
    assert added(api, public_key=own) == DESK | {"public_key": own}


def test_a_key_is_changed_without_a_gap(api: Api) -> None:
    first = added(api)["secret"]
    answer = post(api, "/sources/desk/rotate", {"overlap_hours": 1})
    second = answer.get_json()["secret"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.get_json() == {"name": "desk", "secret": second}
    assert [deliver(api, secret, f"msg-{secret}"[:20]).status_code for secret in (first, second)] == [201, 201]
    refused = post(api, "/sources/desk/rotate")
    assert problem(refused)["detail"].startswith("Two keys of 'desk' live already, until 2021-02-01T05:00:00")
    assert refused.status_code == 409
    third = post(api, "/sources/desk/rotate", {"overlap_hours": 0}).get_json()["secret"]
    assert [deliver(api, each, f"new-{number}").status_code for number, each in enumerate((first, second, third))] == [
        401,
        401,
        201,
    ]
    assert trail(api)[1:] == [("person:token-everything", "source.rotated", "desk")] * 2


def test_a_retired_source_is_refused_at_once(api: Api) -> None:
    secret = added(api)["secret"]
    assert deliver(api, secret).status_code == 201
    answer = post(api, "/sources/desk/retire")
    assert (answer.status_code, answer.get_json()) == (200, {"name": "desk", "retired": True})
    assert deliver(api, secret, "msg-2").status_code == 401
    for path in ("/sources/desk/retire", "/sources/desk/rotate", "/sources/nobody/rotate", "/sources/Nö%0A/retire"):
        assert problem(post(api, path))["status"] == 404


def test_a_name_that_was_used_is_a_conflict(api: Api) -> None:
    added(api)
    assert problem(post(api, "/sources", DESK))["status"] == 409
    assert problem(post(api, "/sources", DESK | {"name": "other"}))["status"] == 409


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({}, {"/name": "is required", "/uri": "is required", "/types": "is required"}),
        (
            {"name": 1, "uri": None, "types": "desk.*", "key": "rsa"},
            {
                "/name": "Not a valid string.",
                "/uri": "is null; leave the field out where there is no value",
                "/types": "Not a valid list.",
                "/key": "must be one of hmac, ed25519",
            },
        ),
        (
            DESK | {"late_days": "7", "backfill": "yes", "test": 1, "types": ["desk.*", 1]},
            {
                "/late_days": "Not a valid integer.",
                "/backfill": "must be true or false",
                "/test": "must be true or false",
                "/types/1": "Not a valid string.",
            },
        ),
        (DESK | {"late_days": True}, {"/late_days": "Not a valid integer."}),
        (DESK | {"late_days": 7.5}, {"/late_days": "Not a valid integer."}),
        (DESK | {"late_days": 0}, {"/late_days": "must be 1 to 36500"}),
        (DESK | {"late_days": 36_501}, {"/late_days": "must be 1 to 36500"}),
        (DESK | {"late_days": 10**30}, {"/late_days": "Not a valid integer."}),
        (
            {"name": "D", "uri": " ", "types": ["D"]},
            {
                "/name": "begins with a letter; then up to 62 of a-z, 0-9 and hyphen",
                "/uri": "must be a URI reference of 1 to 200 characters, such as /moderation",
                "/types": "'D' is no event type, beginning such as content.*, or *",
            },
        ),
        (
            DESK | {"public_key": "whpk_A"},
            {"/public_key": "A webhook public key is whpk_ followed by the Base64 of 32 bytes. Copy it whole."},
        ),
        (
            DESK | {"publickey": "x", "a/b~c": 1},
            {
                "/publickey": "'publickey' is not known. Did you mean 'public_key'? Allowed are "
                "key, public_key, name, uri, types, late_days, backfill and test.",
                "/a~1b~0c": "'a/b~c' is not known. Allowed are "
                "key, public_key, name, uri, types, late_days, backfill and test.",
            },
        ),
    ],
)
def test_a_body_with_mistakes_is_refused_with_all_of_them(body: Any, mistakes: dict[str, str], api: Api) -> None:
    answer = post(api, "/sources", body)
    assert {each["pointer"]: each["message"] for each in problem(answer)["mistakes"]} == mistakes
    assert answer.status_code == 422
    assert trail(api) == []


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5, None, True])
def test_an_overlap_is_a_whole_number_of_hours_up_to_a_week(hours: object, api: Api) -> None:
    added(api)
    answer = post(api, "/sources/desk/rotate", {"overlap_hours": hours})
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == ["/overlap_hours"]
    assert len(trail(api)) == 1


def test_a_body_that_is_no_json_object_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    for body, type, status in (
        (b"name=desk", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b"{", "application/json", 400),
        (b'{"name": "a", "name": "b"}', "application/json", 400),
        (b"[]", "application/json", 422),
    ):
        answer = api.client.post("/api/v1/sources", data=body, content_type=type, headers=headers)
        assert problem(answer)["status"] == status
    assert trail(api) == []


@pytest.mark.parametrize("scopes", [("read",), ("record", "amend", "backfill", "read")])
def test_only_an_administrator_looks_after_sources_and_the_quarantine(scopes: tuple[str, ...], api: Api) -> None:
    bearer = token(api.house, "clerk", *scopes)
    headers = {"Authorization": f"Bearer {bearer}"}
    for path in ("/sources", "/sources/desk/rotate", "/sources/desk/retire", "/quarantine/1/retry"):
        assert problem(post(api, path, DESK, bearer))["status"] == 403
    assert problem(post(api, "/quarantine/1/discard", {"reason": "x"}, bearer))["status"] == 403
    for path in ("/sources", "/quarantine", "/quarantine/1"):
        assert problem(api.client.get(f"/api/v1{path}", headers=headers))["status"] == 403
        assert problem(api.client.get(f"/api/v1{path}"))["status"] == 401
    assert trail(api) == []


def test_secrets_reach_no_log(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    secret = added(api)["secret"]
    deliver(api, secret)
    api.client.get("/api/v1/sources", headers={"Authorization": f"Bearer {api.token}"})
    shown = "".join(capfd.readouterr())
    assert secret not in shown
    assert api.token not in shown
    assert not re.search("whsec_|gtk_", shown)


def test_of_a_great_many_mistakes_fifty_are_told(api: Api) -> None:
    answer = post(api, "/sources", DESK | {f"odd-{number:05}": 1 for number in range(3_000)})
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == [f"/odd-{number:05}" for number in range(50)]


def test_a_name_that_no_database_could_hold_is_not_found(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    assert problem(api.client.post("/api/v1/sources/%00/retire", headers=headers))["status"] == 404

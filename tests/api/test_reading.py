"""``GET /api/v1/events…``: what is on record, page by page and one by one; nothing twice, nothing left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import BATCH, Api, problem

CASE, CORRECTED, VOIDED = "desk.case.reported", "tracker.event.corrected", "tracker.event.voided"
START, NEXT_DAY = "2021-02-01T04:00:00.000000Z", "2021-02-02T04:00:00.000000Z"
PHONE = {"channel": "phone"}


@pytest.fixture
def filled(api: Api) -> Api:
    """Thirty cases of two channels and three months; a day later one of them is corrected, one voided."""
    events = [
        api.house.event(
            CASE,
            {"channel": ("phone", "mail")[number % 2]},
            subject=f"case-{number % 5}",
            source=f"/desk/{number % 3}",
            time=f"2020-0{1 + number % 3}-15T12:00:00+08:00",
        )
        for number in range(30)
    ]
    assert api.post(events, BATCH).status_code == 201
    api.house.clock.instant += timedelta(days=1)
    api.house.correct(0, 0, {"channel": "mail"}, time="2020-01-15T12:00:00+08:00")
    api.house.void(1, 1)
    return api


def get(api: Api, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    answer = api.get(path, query)
    assert (answer.status_code, answer.content_type) == (200, "application/json"), answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def pages(api: Api, *query: tuple[str, str], between: Callable[[], object] = lambda: None) -> list[list[int]]:
    """The ``seq`` of every event on every page, following ``next``; ``between`` happens after each."""
    found: list[list[int]] = []
    cursor: tuple[tuple[str, str], ...] = ()
    while True:
        page = get(api, "/events", [*query, *cursor])
        found.append([each["seq"] for each in page["events"]])
        if page["next"] is None:
            return found
        cursor = (("cursor", page["next"]),)
        between()


def walk(api: Api, **query: str) -> list[int]:
    return [seq for page in pages(api, *query.items()) for seq in page]


def test_pages_hold_every_event_once_in_the_order_of_the_ledger(filled: Api) -> None:
    for limit in (1, 7, 31, 32, 33, 1000):
        found = pages(filled, ("limit", str(limit)))
        assert [seq for page in found for seq in page] == list(range(32))
        assert [len(page) for page in found] == [*[limit] * (31 // limit), 31 % limit + 1]


def test_a_page_has_a_hundred_events_unless_asked_otherwise(filled: Api) -> None:
    events = [filled.house.event(CASE, PHONE) for _ in range(70)]
    assert filled.post(events, BATCH).status_code == 201
    assert [len(page) for page in pages(filled)] == [100, 2]


def test_nothing_is_on_an_empty_page(api: Api, filled: Api) -> None:
    assert get(api, "/events", {"type": "no.such.type"}) == {"events": [], "next": None}
    assert get(filled, "/events", {"cursor": "31"}) == {"events": [], "next": None}


def test_what_is_recorded_between_two_pages_comes_once_at_the_end(filled: Api) -> None:
    new = itertools.count(32)

    def between() -> None:
        if next(new) < 36:
            assert filled.post(filled.house.event(CASE, PHONE)).status_code == 201

    found = pages(filled, ("limit", "10"), between=between)
    assert [seq for page in found for seq in page] == list(range(35))
    page = get(filled, "/events", {"limit": "35"})
    assert page["next"] is None
    filled.post(filled.house.event(CASE, PHONE))
    assert walk(filled, cursor="34") == [35]


def test_a_page_links_to_the_next_with_all_that_was_asked(filled: Api) -> None:
    query = [("limit", "10"), ("type", CASE), ("type", VOIDED), ("period", "2020-Q1"), ("cursor", "3")]
    first = filled.get("/events", query)
    link = f"/api/v1/events?limit=10&type={CASE}&type={VOIDED}&period=2020-Q1&cursor=13"
    assert (first.headers["Link"], first.get_json()["next"]) == (f'<{link}>; rel="next"', "13")
    second = filled.client.get(link, headers={"Authorization": f"Bearer {filled.token}"})
    assert [each["seq"] for each in second.get_json()["events"]] == list(range(14, 24))
    assert "Link" not in filled.get("/events").headers


FILTERS: dict[tuple[str, str], Callable[[dict[str, Any]], bool]] = {
    ("type", CASE): lambda event: event["type"] == CASE,
    ("type", VOIDED): lambda event: event["type"] == VOIDED,
    ("source", "/desk/1"): lambda event: event["source"] == "/desk/1",
    ("subject", "case-2"): lambda event: event.get("subject") == "case-2",
    ("period", "2020-02"): lambda event: "2020-02-01" <= event["day"] <= "2020-02-29",
    ("period", "2020"): lambda event: event["year"] == 2020,
    ("recorded_since", "2021-02-02T04:00:00Z"): lambda event: event["recorded_at"] >= NEXT_DAY,
    ("recorded_since", "2021-02-02T12:00:00.000001+08:00"): lambda event: event["recorded_at"] > NEXT_DAY,
    ("recorded_since", "2021-02-01T12:00:00+08:00"): lambda event: event["recorded_at"] >= START,
}
COMBINED = [
    chosen
    for size in range(1, 5)
    for chosen in itertools.combinations(FILTERS, size)
    if len({name for name, _ in chosen}) == size
]


def test_every_filter_holds_alone_and_with_every_other(filled: Api) -> None:
    everything = get(filled, "/events")["events"]
    found = {}
    for chosen in COMBINED:
        expected = [each["seq"] for each in everything if all(FILTERS[one](each) for one in chosen)]
        found[chosen] = [seq for page in pages(filled, *chosen, ("limit", "4")) for seq in page]
        assert found[chosen] == expected, chosen
    alone = {one: len(found[one,]) for one in FILTERS}
    assert list(alone.values()) == [30, 1, 10, 6, 10, 32, 2, 0, 32]


def test_a_type_that_is_given_again_widens_the_list(filled: Api) -> None:
    found = get(filled, "/events", [("type", VOIDED), ("type", CORRECTED), ("type", "no.such.type")])["events"]
    assert [(each["seq"], each["type"]) for each in found] == [(30, CORRECTED), (31, VOIDED)]


def test_a_period_is_made_of_the_organisations_days(api: Api) -> None:
    times = ("2019-12-31T15:59:59Z", "2019-12-31T16:00:00Z", "2020-03-31T23:59:59+08:00", "2020-03-31T16:00:00Z")
    api.house.record(*(api.house.event(CASE, PHONE, time=time) for time in times))
    expected = {
        "2019": [0],
        "2020": [1, 2, 3],
        "2020-Q1": [1, 2],
        "2020-03": [2],
        "2020-03-31": [2],
        "2020-04-01": [3],
        "2020-01-01": [1],
        "2021": [],
    }
    assert {period: walk(api, period=period) for period in expected} == expected
    assert [each["day"] for each in get(api, "/events")["events"]] == [
        *("2019-12-31", "2020-01-01", "2020-03-31", "2020-04-01")
    ]


def test_a_period_that_is_none_is_not_found(api: Api) -> None:
    for period in ("20", "2020-13", "2020-02-30", "２０２０", "' OR 1=1"):
        refused = problem(api.get("/events", {"period": period}))
        assert (refused["status"], refused["type"]) == (404, "urn:governance-tracker:problem:unknown-period")


def test_an_event_is_told_as_it_was_recorded(filled: Api) -> None:
    found = get(filled, "/events/0")
    assert found == {
        "seq": 0,
        "recorded_at": START,
        "actor": "person:token-everything",
        "source": "/desk/0",
        "id": "event-0",
        "type": CASE,
        "subject": "case-0",
        "time": "2020-01-15T04:00:00.000000Z",
        "day": "2020-01-15",
        "year": 2020,
        "data": PHONE,
        "content": found["content"],
        "leaf": found["leaf"],
    }
    correction = get(filled, "/events/30")
    assert (correction["original"], correction["replaces"], correction["recorded_at"]) == (0, 0, NEXT_DAY)
    assert correction["data"] == {
        "original": {"seq": 0},
        "replaces": 0,
        "reason": "a slip",
        "data": {"channel": "mail"},
    }
    assert [get(filled, f"/events/{each['seq']}") for each in get(filled, "/events")["events"]] == get(
        filled, "/events"
    )["events"]


def test_an_event_never_changes_and_is_known_by_its_leaf(filled: Api) -> None:
    first = filled.get("/events/0")
    tag = first.headers["ETag"]
    assert (tag, first.headers["Cache-Control"]) == (f'"{first.get_json()["leaf"]}"', "private, no-cache")
    headers = {"Authorization": f"Bearer {filled.token}", "If-None-Match": tag}
    filled.house.void(0, 30)
    again = filled.client.get("/api/v1/events/0", headers=headers)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert filled.client.get("/api/v1/events/1", headers=headers).status_code == 200
    assert filled.client.get("/api/v1/events/0", headers={"If-None-Match": tag}).status_code == 401


def test_an_event_that_is_not_there_is_not_found(filled: Api) -> None:
    for seq in ("32", "9223372036854775807", "9223372036854775808", "9" * 40):
        for path in (f"/events/{seq}", f"/events/{seq}/versions"):
            refused = problem(filled.get(path))
            told = f"There is no event with seq {seq}. GET /api/v1/events lists those there are."
            assert (refused["status"], refused["detail"]) == (404, told)


def test_the_versions_of_an_event_end_with_what_is_in_force(filled: Api) -> None:
    filled.house.void(0, 30)
    expected = {0: [0, 30, 32], 30: [0, 30, 32], 32: [0, 30, 32], 1: [1, 31], 31: [1, 31], 2: [2]}
    for seq, versions in expected.items():
        assert get(filled, f"/events/{seq}/versions") == {
            "events": [get(filled, f"/events/{each}") for each in versions]
        }


def test_a_confidential_value_is_a_commitment_in_every_answer(api: Api) -> None:
    api.house.record(api.house.event(CASE, PHONE | {"narrative": "canary one"}))
    api.house.correct(0, 0, PHONE | {"narrative": "canary two"}, time="2020-05-04T12:00:00+08:00")
    paths = ("/events", "/events/0", "/events/1", "/events/0/versions", "/figures/desk.cases/2020/events")
    for path in (*paths, "/figures/desk.cases/2020", "/catalogue"):
        answer = api.get(path)
        assert answer.status_code == 200
        assert "canary" not in answer.text
    first, second = get(api, "/events/0")["data"], get(api, "/events/1")["data"]["data"]
    assert first.keys() == second.keys() == {"channel", "narrative"}
    for data in (first, second):
        assert [(name, len(bytes.fromhex(value))) for name, value in data["narrative"].items()] == [("commitment", 32)]
    assert first["narrative"] != second["narrative"]

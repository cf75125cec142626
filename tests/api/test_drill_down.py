"""``GET /api/v1/figures/{metric}/{period}/events``: the events that a figure rests on, enough to compute it again."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from tests.api.conftest import Api, problem
from tests.tallies.test_behind import value_of
from tracker.catalogue import COMPUTED
from tracker.ledger.events import Fact

CASE, READ, JOINED, LEFT = "desk.case.reported", "desk.meter.read", "desk.member.joined", "desk.member.left"
PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}
PERIODS = ("2019", "2020", "2020-Q2", "2020-05", "2020-05-04", "2021")


def loss(amount: str, **others: Any) -> dict[str, Any]:
    return MAIL | {"loss": {"amount": amount, "currency": "CNY"}} | others


HISTORY: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    (CASE, PHONE | {"level": "high"}, {"time": "2019-07-01T12:00:00+08:00", "subject": "ann"}),
    (CASE, loss("10.01", places=["a", "b"]), {"time": "2020-01-01T00:00:00+08:00", "subject": "ann"}),
    (CASE, loss("20.02", places=["b"], level="low"), {"subject": "bob"}),
    (CASE, PHONE, {"time": "2020-05-31T15:59:59Z"}),
    (CASE, PHONE | {"narrative": "canary"}, {"time": "2020-05-31T16:00:00Z"}),
    (READ, MAIL | {"quantity": "1.5", "weight": 2}, {"subject": "one", "time": "2019-12-31T12:00:00+08:00"}),
    (READ, MAIL | {"quantity": "2.25", "weight": 1, "level": "low"}, {"subject": "one"}),
    (READ, PHONE | {"quantity": "4", "weight": 1}, {"subject": "two"}),
    (READ, PHONE | {"quantity": "8", "weight": 3}, {"subject": "one", "time": "2020-05-05T12:00:00+08:00"}),
    (JOINED, PHONE | {"heads": 5}, {"subject": "m1", "time": "2019-02-01T12:00:00+08:00"}),
    (JOINED, MAIL | {"heads": 7}, {"subject": "m2"}),
    (LEFT, PHONE | {"heads": 2}, {"subject": "m1", "time": "2020-06-01T12:00:00+08:00"}),
    ("tracker.balance.opened", {"metric": "desk.stock", "quantity": 9, "by": MAIL}, {"time": "2018-06-01T12:00:00Z"}),
    ("tracker.balance.opened", {"metric": "desk.arrivals", "quantity": 3}, {"time": "2018-06-01T12:00:00Z"}),
)
SIZE = len(HISTORY) + 2


@pytest.fixture
def lived(api: Api) -> Api:
    """Events of every kind in three years; a case is corrected, another is voided."""
    api.house.record(*(api.house.event(type, data, **others) for type, data, others in HISTORY))
    api.house.correct(2, 2, loss("25.05", level="high"), time="2020-05-04T12:00:00+08:00", subject="bob")
    api.house.void(3, 3, time="2020-06-01T12:00:00Z")
    return api


def get(api: Api, path: str, **query: str) -> dict[str, Any]:
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def behind(api: Api, metric: str, period: str, **query: str) -> list[dict[str, Any]]:
    """Every page, following ``next``."""
    found: list[dict[str, Any]] = []
    while True:
        page = get(api, f"/figures/{metric}/{period}/events", **query)
        assert (page["metric"], page["period"]) == (metric, period)
        found += page["events"]
        if page["next"] is None:
            return found
        assert page["next"] == str(page["events"][-1]["seq"])
        query["cursor"] = page["next"]


def seqs(api: Api, metric: str, period: str, **query: str) -> list[int]:
    return [each["seq"] for each in behind(api, metric, period, **query)]


def as_fact(told: dict[str, Any]) -> Fact:
    return Fact(**{"subject": None, "entity": None} | {name: told[name] for name in told if name != "event"})


def check_stored(api: Api, metric: str, period: str, told: str | None, **query: str) -> None:
    """The value told is the one that follows from the events behind it."""
    declared = api.house.catalogue.metrics[metric]
    value = value_of(declared, [as_fact(each) for each in behind(api, metric, period, limit="3", **query)])
    if value is None or told is None:
        assert (value, told) == (None, None), (metric, period, query)
        return
    assert abs(Fraction(told) - value) <= Fraction(1, 2 * 10**declared.places), (metric, period, query)


@pytest.mark.parametrize("as_of", [None, 4, SIZE - 2])
def test_every_measured_figure_and_cell_follows_from_its_events(lived: Api, as_of: int | None) -> None:
    known = {} if as_of is None else {"as_of": str(as_of)}
    for period in PERIODS:
        for figure in get(lived, "/figures", period=period, **known)["figures"]:
            metric = figure["metric"]
            if lived.house.catalogue.metrics[metric].measure in COMPUTED:
                continue
            check_stored(lived, metric, period, figure["value"], **known)
            for part in figure["breakdown"]:
                check_stored(lived, metric, period, part["value"], cell=json.dumps(part["by"]), **known)


def test_a_computed_figure_rests_on_the_events_of_what_it_is_computed_from(lived: Api) -> None:
    for period in PERIODS:
        cases, loss = seqs(lived, "desk.cases", period), seqs(lived, "desk.loss", period)
        assert seqs(lived, "desk.loss_per_case", period) == sorted({*cases, *loss})
        both = sorted({*cases, *seqs(lived, "desk.members", period)})
        assert seqs(lived, "desk.everything", period) == both
    two_years = sorted({*seqs(lived, "desk.cases", "2019"), *seqs(lived, "desk.cases", "2020")})
    assert seqs(lived, "desk.growth", "2020") == two_years == [0, 1, 2, 4]
    phone = {"cell": json.dumps(PHONE)}
    assert seqs(lived, "desk.growth", "2020", **phone) == [0, 4]


MEASURES: dict[str, list[int]] = {
    "desk.cases": [1, 2, 4],
    "desk.phone_cases": [4],
    "desk.loss": [1, 2],
    "desk.places": [1],
    "desk.subjects": [1, 2, 6, 7, 8],
    "desk.days": [1, 2, 4],
    "desk.newest": [8],
    "desk.newest_carried": [8],
    "desk.read_total": [7, 8],
    "desk.read_carried": [7, 8],
    "desk.read_cells": [6, 8],
    "desk.stock": [9, 10, 11, 12],
    "desk.arrivals": [9, 10, 11, 13],
    "desk.members": [10],
    "desk.score": [6, 7, 8],
    "desk.plain_score": [6, 7, 8],
    "desk.loss_per_case": [1, 2, 4],
    "desk.everything": [1, 2, 4, 10],
    "desk.growth": [0, 1, 2, 4],
    "desk.growth_of_share": [0, 1, 2, 4],
}


def test_each_measure_has_its_own_events(lived: Api) -> None:
    assert {metric: seqs(lived, metric, "2020") for metric in lived.house.catalogue.metrics} == MEASURES


def test_an_event_is_told_as_it_is_in_force_and_leads_to_its_record(lived: Api) -> None:
    [told] = get(lived, "/figures/desk.cases/2020/events", cell='{"level": "high"}')["events"]
    assert told == {
        "seq": 2,
        "type": CASE,
        "subject": "bob",
        "time": "2020-05-04T04:00:00.000000Z",
        "day": "2020-05-04",
        "year": 2020,
        "data": loss("25.05", level="high"),
        "event": "/api/v1/events/2",
    }
    record = lived.client.get(told["event"], headers={"Authorization": f"Bearer {lived.token}"}).get_json()
    assert (record["seq"], record["data"]["level"]) == (2, "low")
    before = get(lived, "/figures/desk.cases/2020/events", as_of=str(SIZE - 3))["events"]
    assert [(each["seq"], each["data"].get("level")) for each in before] == [
        (1, None),
        (2, "low"),
        (3, None),
        (4, None),
    ]


def test_pages_of_any_size_hold_the_same_events(lived: Api) -> None:
    everything = get(lived, "/figures/desk.everything/2020/events")
    assert everything["next"] is None
    for limit in ("1", "2", "3", "4", "5", "1000"):
        assert behind(lived, "desk.everything", "2020", limit=limit) == everything["events"]


def test_a_page_links_to_the_next_with_all_that_was_asked(lived: Api) -> None:
    query = {"limit": "1", "cell": '{"channel": "mail"}', "as_of": str(SIZE - 1)}
    path = "/figures/desk.cases/2020/events"
    first = lived.get(path, query)
    link = first.headers["Link"]
    assert link == (
        f'</api/v1{path}?limit=1&cell=%7B%22channel%22%3A+%22mail%22%7D&as_of={SIZE - 1}&cursor=1>; rel="next"'
    )
    headers = {"Authorization": f"Bearer {lived.token}"}
    second = lived.client.get(link[1 : link.index(">")], headers=headers)
    assert [each["seq"] for each in second.get_json()["events"]] == [2]
    assert "Link" not in second.headers


def test_a_cell_without_a_value_is_asked_for_with_null(lived: Api) -> None:
    assert seqs(lived, "desk.cases", "2020", cell='{"level": null}') == [1, 4]
    assert seqs(lived, "desk.cases", "2020", cell='{"level": "high", "channel": "mail"}') == [2]
    assert seqs(lived, "desk.cases", "2020", cell="{}") == MEASURES["desk.cases"]
    assert seqs(lived, "desk.cases", "2020", cell='{"level": "unheard of"}') == []


def test_a_confidential_value_is_a_commitment_here_too(lived: Api) -> None:
    answer = lived.get("/figures/desk.cases/2020/events")
    assert "canary" not in answer.text
    assert answer.get_json()["events"][-1]["data"]["narrative"].keys() == {"commitment"}


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("desk.csaes/2020", {}, 404, "The catalogue has no metric 'desk.csaes'."),
        ("desk.cases/20", {}, 404, "'20' is not a period."),
        ("desk.cases/2020", {"cell": '{"colour": "red"}'}, 404, "desk.cases has no breakdown by colour."),
        ("desk.phone_cases/2020", {"cell": '{"channel": "phone"}'}, 404, "desk.phone_cases has no breakdown"),
        ("desk.cases/2020", {"cell": "red"}, 422, "The query has 1 mistake."),
        ("desk.cases/2020", {"by": "channel"}, 422, "The query has 1 mistake."),
    ],
)  # fmt: skip
def test_what_has_no_events_behind_it_says_why(
    api: Api, path: str, query: dict[str, str], status: int, words: str
) -> None:
    refused = problem(api.get(f"/figures/{path}/events", query))
    assert (refused["status"], refused["detail"][: len(words)]) == (status, words)

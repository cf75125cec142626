"""``GET /api/v1/figures…``: running values with unit, printed form and definition, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api, problem

CASES: dict[str, Any] = {
    "metric": "desk.cases",
    "period": "2020",
    "unit": "case",
    "value": "3",
    "label": {"zh-Hant": "舉報", "en": "Cases"},
    "printed": {"zh-Hant": "3 起", "en": "3 cases"},
    "definition": {
        "measure": "count",
        "events": ["desk.case.reported"],
        "by": [["channel"], ["level"], ["channel", "level"]],
        "places": 0,
        "rounding": "half_up",
    },
    "breakdown": [
        {"by": {"channel": "mail"}, "value": "1", "printed": {"zh-Hant": "1 起", "en": "1 case"}},
        {"by": {"channel": "phone"}, "value": "2", "printed": {"zh-Hant": "2 起", "en": "2 cases"}},
        {"by": {"level": "high"}, "value": "1", "printed": {"zh-Hant": "1 起", "en": "1 case"}},
        {"by": {"level": None}, "value": "2", "printed": {"zh-Hant": "2 起", "en": "2 cases"}},
        {"by": {"channel": "mail", "level": "high"}, "value": "1", "printed": {"zh-Hant": "1 起", "en": "1 case"}},
        {"by": {"channel": "phone", "level": None}, "value": "2", "printed": {"zh-Hant": "2 起", "en": "2 cases"}},
    ],
}
LOSS_PER_CASE = {
    "metric": "desk.loss_per_case",
    "period": "2020",
    "unit": "CNY",
    "value": "33.34",
    "label": {"zh-Hant": "每起損失", "en": "Loss per case"},
    "printed": {"zh-Hant": "人民幣 33.34 元", "en": "RMB 33.34"},
    "definition": {
        "measure": "ratio",
        "by": [["channel"]],
        "numerator": "desk.loss",
        "denominator": "desk.cases",
        "places": 2,
        "rounding": "half_up",
    },
    "breakdown": [
        {"by": {"channel": "mail"}, "value": "100.01", "printed": {"zh-Hant": "人民幣 100.01 元", "en": "RMB 100.01"}},
    ],
}


@pytest.fixture
def recorded(api: Api) -> Api:
    """Two cases by phone and one, with a loss, by mail: in March, May and October."""
    loss = {"channel": "mail", "level": "high", "loss": {"amount": "100.01", "currency": "CNY"}}
    api.house.record(
        api.house.event("desk.case.reported", {"channel": "phone"}, time="2020-03-31T23:59:59+08:00"),
        api.house.event("desk.case.reported", loss),
        api.house.event("desk.case.reported", {"channel": "phone"}, time="2020-09-30T16:00:00Z"),
    )
    return api


def figures(api: Api, **query: str) -> list[dict[str, Any]]:
    answer = api.get("/figures", query)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    found: list[dict[str, Any]] = answer.get_json()["figures"]
    return found


def values(api: Api, **query: str) -> dict[str, str | None]:
    return {each["metric"]: each["value"] for each in figures(api, **query)}


def test_a_figure_is_told_whole(recorded: Api) -> None:
    query = [("period", "2020"), ("metric", "desk.loss_per_case"), ("metric", "desk.cases")]
    assert recorded.get("/figures", query).get_json() == {"period": "2020", "figures": [LOSS_PER_CASE, CASES]}


def test_without_a_metric_all_are_told_as_decimal_strings_in_the_catalogues_order(recorded: Api) -> None:
    found = values(recorded, period="2020")
    assert list(found) == list(recorded.house.catalogue.metrics)
    assert found == {
        "desk.cases": "3",
        "desk.phone_cases": "2",
        "desk.loss": "100.01",
        "desk.places": "0",
        "desk.subjects": "0",
        "desk.days": "3",
        "desk.newest": None,
        "desk.newest_carried": None,
        "desk.read_total": None,
        "desk.read_carried": None,
        "desk.read_cells": None,
        "desk.stock": "0",
        "desk.arrivals": "0",
        "desk.members": "0",
        "desk.score": None,
        "desk.plain_score": None,
        "desk.loss_per_case": "33.34",
        "desk.everything": "3",
        "desk.growth": None,
        "desk.growth_of_share": None,
    }


def test_quarters_months_and_days_follow_the_organisations_clock(recorded: Api) -> None:
    expected = {
        "2020-Q1": "1",
        "2020-Q2": "1",
        "2020-Q3": "0",
        "2020-Q4": "1",
        "2020-03": "1",
        "2020-05": "1",
        "2020-09": "0",
        "2020-10": "1",
        "2020-03-31": "1",
        "2020-10-01": "1",
        "2020-09-30": "0",
        "2019": "0",
        "2021": "0",
    }
    found = {period: values(recorded, period=period, metric="desk.cases")["desk.cases"] for period in expected}
    assert found == expected


def test_by_keeps_one_breakdown(recorded: Api) -> None:
    [crossed] = figures(recorded, period="2020", metric="desk.cases", by="level,channel")
    assert crossed == CASES | {"breakdown": [each for each in _breakdown() if len(each["by"]) == 2]}
    [alone] = figures(recorded, period="2020", metric="desk.cases", by="channel")
    assert alone == CASES | {"breakdown": [each for each in _breakdown() if each["by"].keys() == {"channel"}]}
    having = [id for id, metric in recorded.house.catalogue.metrics.items() if ("level",) in metric.by]
    assert list(values(recorded, period="2020", by="level")) == having


def _breakdown() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = CASES["breakdown"]
    return found


def test_as_of_tells_what_was_known_then(recorded: Api) -> None:
    recorded.house.correct(0, 0, {"channel": "mail"})
    recorded.house.void(1, 1)
    known = [values(recorded, period="2020", metric="desk.loss", as_of=str(seq))["desk.loss"] for seq in range(5)]
    assert known == ["0.00", "100.01", "100.01", "100.01", "0.00"]
    assert figures(recorded, period="2020", metric="desk.cases", as_of="2") == [CASES]
    latest = figures(recorded, period="2020", metric="desk.cases")
    assert figures(recorded, period="2020", metric="desk.cases", as_of="4") == latest
    assert figures(recorded, period="2020", metric="desk.cases", as_of="999999999999999999") == latest


def test_an_empty_period_says_zero_in_words_or_nothing(api: Api) -> None:
    [cases] = figures(api, period="2020", metric="desk.cases")
    assert (cases["value"], cases["printed"], cases["breakdown"]) == ("0", {"zh-Hant": "沒有", "en": "none"}, [])
    [newest] = figures(api, period="2020", metric="desk.newest")
    assert (newest["value"], newest["printed"]) == (None, {"zh-Hant": "—", "en": "—"})


REFUSED: list[tuple[dict[str, str], int, str, list[dict[str, str]]]] = [
    (
        {},
        422,
        "Which period? Add ?period=2020 (or 2020-Q1, 2020-03).",
        [{"pointer": "period", "message": "is required"}],
    ),
    (
        {"period": "2020", "metrics": "desk.cases", "from": "1"},
        422,
        "The query has 2 mistakes.",
        [
            {"pointer": "from", "message": "is not known; allowed are as_of, by, metric, period"},
            {"pointer": "metrics", "message": "is not known; allowed are as_of, by, metric, period"},
        ],
    ),
    (
        {"period": "2020", "metric": "desk.csaes"},
        404,
        "The catalogue has no metric 'desk.csaes'. `tracker catalogue show` lists them.",
        [],
    ),
    (
        {"period": "2020", "metric": "desk.phone_cases", "by": "channel"},
        422,
        "There is no such breakdown: desk.phone_cases is broken down by nothing, not by channel.",
        [{"pointer": "by", "message": "desk.phone_cases is broken down by nothing, not by channel"}],
    ),
    *(
        (
            {"period": "2020", "as_of": text},
            422,
            "The query has 1 mistake.",
            [{"pointer": "as_of", "message": "must be a whole number from 0"}],
        )
        for text in ("", "-1", "1.0", "1e3", "１", "0x1", "9" * 19, "latest")
    ),
    *(
        (
            {"period": period},
            404,
            f"{period!r} is not a period. Write a reporting year (2020), a quarter (2020-Q1), a month (2020-03) "
            "or a day (2020-03-31).",
            [],
        )
        for period in ("20", "2020-13", "2020-Q5", "2020-W01", "２０２０", "2020-02-30", "2020\n", "0000", "' OR 1=1")
    ),
]


def test_what_cannot_be_answered_says_why(api: Api) -> None:
    for query, status, detail, mistakes in REFUSED:
        answer = problem(api.get("/figures", query))
        assert (answer["status"], answer["detail"], answer.get("mistakes", [])) == (status, detail, mistakes)


def test_one_figure_has_an_address_of_its_own(recorded: Api) -> None:
    for metric, expected in (("desk.cases", CASES), ("desk.loss_per_case", LOSS_PER_CASE)):
        answer = recorded.get(f"/figures/{metric}/2020")
        assert (answer.status_code, answer.content_type, answer.get_json()) == (200, "application/json", expected)
    for metric in recorded.house.catalogue.metrics:
        for period in ("2019", "2020-Q2", "2020-05-04"):
            assert figures(recorded, period=period, metric=metric) == [recorded.get(f"/figures/{metric}/{period}").json]


def test_one_figure_as_of_tells_what_was_known_then(recorded: Api) -> None:
    recorded.house.correct(1, 1, {"channel": "mail"})
    recorded.house.void(0, 0, time="2020-03-31T23:59:59+08:00")

    def told(path: str, as_of: int) -> object:
        answer = recorded.get(path, {"as_of": str(as_of)})
        assert answer.status_code == 200
        return answer.get_json()["value"]

    assert [told("/figures/desk.cases/2020", seq) for seq in range(5)] == ["1", "2", "3", "3", "2"]
    assert [told("/figures/desk.loss/2020", seq) for seq in range(5)] == ["0.00", "100.01", "100.01", "0.00", "0.00"]
    assert [told("/figures/desk.cases/2020-03-31", seq) for seq in range(5)] == ["1", "1", "1", "1", "0"]
    assert recorded.get("/figures/desk.cases/2020", {"as_of": "2"}).get_json() == CASES


def test_one_figure_that_is_not_there_says_why(api: Api) -> None:
    for path, slug, words in (
        ("desk.csaes/2020", "unknown-metric", "The catalogue has no metric 'desk.csaes'."),
        ("desk.cases/20", "unknown-period", "'20' is not a period."),
        ("desk.cases/2020-Q5", "unknown-period", "'2020-Q5' is not a period."),
    ):
        for answer in (api.get(f"/figures/{path}"), api.get(f"/figures/{path}", {"as_of": "0"})):
            refused = problem(answer)
            assert refused["type"] == f"urn:governance-tracker:problem:{slug}"
            assert (refused["status"], refused["detail"][: len(words)]) == (404, words)


def test_figures_are_for_who_has_the_token(api: Api) -> None:
    answer = api.client.get("/api/v1/figures?period=2020")
    assert problem(answer)["status"] == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_figures_can_only_be_read(api: Api) -> None:
    answer = api.client.post("/api/v1/figures?period=2020")
    assert problem(answer)["status"] == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}

"""``/api/v1/snapshots``: frozen years as others read, compare and fetch them, and drafts that people then agree to."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.conftest import Api, problem, token
from tests.api.test_sources import post
from tests.freezing import APPROVER, PREPARER, frozen
from tests.snapshots.years import CASE, happen, live_a_year
from tracker.canonical import canonical, digest
from tracker.snapshots.reading import Snapshot

REASON = "A case was recorded late."
AT = "2021-02-01T04:00:00.000000Z"


@pytest.fixture
def first(api: Api) -> Snapshot:
    """The year 2020, frozen and published."""
    live_a_year(api.house)
    return frozen(api.house.database, api.house.ledger, 2020)


@pytest.fixture
def second(api: Api, first: Snapshot) -> Snapshot:
    """Its second revision, with a late case."""
    happen(api.house, CASE, "2020-07-10", "c9")
    return frozen(api.house.database, api.house.ledger, 2020, reason=REASON)


def told(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def standing(found: Snapshot) -> dict[str, Any]:
    return {
        "year": 2020,
        "revision": found.revision,
        "state": "published",
        "digest": found.digest,
        "log_size": found.log_size,
        "root": found.body["root"],
        "catalogue": found.catalogue,
        "previous": found.body["previous"],
        "approvals": [
            {"act": "signed", "by": PREPARER, "at": AT},
            {"act": "approved", "by": APPROVER, "at": AT},
        ],
        "drafted_at": None,
        "frozen_at": AT,
        "published_at": AT,
    }


def test_every_revision_of_every_year_is_listed(api: Api, first: Snapshot, second: Snapshot) -> None:
    older = frozen(api.house.database, api.house.ledger, 2019)
    assert told(api.get("/snapshots"))["snapshots"] == [
        standing(first),
        standing(second),
        standing(older) | {"year": 2019},
    ]
    assert told(api.get("/snapshots/2020")) == {"year": 2020, "snapshots": [standing(first), standing(second)]}
    assert told(api.get("/snapshots/2018")) == {"year": 2018, "snapshots": []}


def test_a_draft_is_made_by_a_call_once_and_listed(api: Api) -> None:
    live_a_year(api.house)
    made = told(post(api, "/snapshots/2020"), 201)
    assert (made["state"], made["revision"], made["log_size"], made["approvals"]) == ("draft", 1, 8, [])
    assert (made["drafted_at"], made["frozen_at"], made["published_at"]) == (AT, None, None)
    assert told(post(api, "/snapshots/2020"), 200) == made
    assert told(api.get("/snapshots"))["snapshots"] == [made]
    happen(api.house, CASE, "2020-07-10", "c9")
    assert told(post(api, "/snapshots/2020"), 201)["log_size"] == 9


def test_a_year_that_is_not_over_or_frozen_already_is_not_drafted(api: Api, first: Snapshot) -> None:
    assert "Run `tracker restate 2020`" in problem(post(api, "/snapshots/2020"))["detail"]
    assert problem(post(api, "/snapshots/2021"))["status"] == 409
    assert problem(post(api, "/snapshots/99999"))["status"] == 404


def test_a_restatement_is_drafted_with_a_reason_and_waits_for_two_people(api: Api, first: Snapshot) -> None:
    refused = problem(post(api, "/snapshots/2020/restatement", {"reason": REASON}))
    assert (refused["status"], "No figure of 2020 has changed" in refused["detail"]) == (409, True)
    happen(api.house, CASE, "2020-07-10", "c9")
    for body, pointer in (({}, "/reason"), ({"reason": " "}, "/reason"), ({"reason": 7}, "/reason")):
        refused = problem(post(api, "/snapshots/2020/restatement", body))
        assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, [pointer])
    made = told(post(api, "/snapshots/2020/restatement", {"reason": REASON}), 201)
    assert (made["state"], made["revision"], made["previous"]) == ("draft", 2, first.digest)
    assert told(post(api, "/snapshots/2020/restatement", {"reason": REASON}), 200) == made
    assert told(api.get("/snapshots/2020"))["snapshots"] == [standing(first), made]


def test_drafting_takes_the_scope_of_administration(api: Api, first: Snapshot) -> None:
    reading = {"Authorization": f"Bearer {token(api.house, 'reader', 'read')}"}
    for path in ("/snapshots/2020", "/snapshots/2020/restatement"):
        answer = api.client.post(f"/api/v1{path}", json={"reason": REASON}, headers=reading)
        assert problem(answer)["status"] == 403


def test_a_frozen_revision_is_read_whole(api: Api, first: Snapshot) -> None:
    found = told(api.get("/snapshots/2020/1"))
    assert digest(canonical(found["body"])).hex() == found["digest"] == first.digest
    assert found["seal"] == first.seal
    assert standing(first).items() <= found.items()
    for path in ("/snapshots/2020/2", "/snapshots/2019/1", "/snapshots/99999/1", f"/snapshots/2020/{10**30}"):
        assert problem(api.get(path))["status"] == 404


def test_revisions_are_compared(api: Api, first: Snapshot, second: Snapshot) -> None:
    found = told(api.get("/snapshots/2020/2/changes"))
    assert (found["year"], found["revision"], found["since"]) == (2020, 2, 1)
    assert found["changes"] == second.body["restatement"]["changes"]
    assert found["changes"][0] == {"metric": "desk.cases", "previously": "2", "now": "3", "difference": "1"}
    assert told(api.get("/snapshots/2020/2/changes", {"since": "2"}))["changes"] == []
    assert problem(api.get("/snapshots/2020/1/changes"))["status"] == 404
    assert problem(api.get("/snapshots/2020/2/changes", {"since": "3"}))["status"] == 404


def test_candidates_come_a_page_at_a_time(api: Api, first: Snapshot) -> None:
    seqs = [happen(api.house, CASE, f"2020-07-1{day}", "c9") for day in range(3)]
    answer = api.get("/snapshots/2020/candidates", {"limit": "2"})
    page = told(answer)
    assert ([each["seq"] for each in page["events"]], page["late"], page["matters"]) == (seqs[:2], 3, True)
    assert answer.headers["Link"] == f'</api/v1/snapshots/2020/candidates?limit=2&cursor={seqs[1]}>; rel="next"'
    rest = told(api.get("/snapshots/2020/candidates", {"cursor": page["next"]}))
    assert ([each["seq"] for each in rest["events"]], rest["next"]) == (seqs[2:], None)
    assert page["figures"] == rest["figures"]
    assert problem(api.get("/snapshots/2019/candidates"))["status"] == 404


def test_a_revision_is_fetched_in_every_format(api: Api, first: Snapshot, second: Snapshot) -> None:
    answers = {each: api.get(f"/snapshots/2020/2/export/{each}", {"audience": "internal"}) for each in ("json", "csv")}
    answers["pack"] = api.get("/snapshots/2020/2/export/pack")
    assert {name: each.content_type for name, each in answers.items()} == {
        "json": "application/json",
        "csv": "text/csv; charset=utf-8",
        "pack": "application/zip",
    }
    assert [each.headers["Content-Disposition"] for each in answers.values()] == [
        "attachment; filename=small-2020-2.json",
        "attachment; filename=small-2020-2.csv",
        "attachment; filename=small-2020-2.zip",
    ]
    document = json.loads(answers["json"].data)
    assert (document["revision"], document["restatement"]["previous"]) == (2, first.digest)
    table = list(csv.DictReader(io.StringIO(answers["csv"].text, newline="")))
    cases = next(each for each in table if each["metric"] == "desk.cases")
    assert (cases["value"], cases["previously_stated"], cases["difference"]) == ("3", "2", "1")
    with zipfile.ZipFile(io.BytesIO(answers["pack"].data)) as pack:
        assert pack.read("snapshot.json").decode() == second.text
        assert pack.read("figures.json") == answers["json"].data
    assert api.get("/snapshots/2020/2/export/csv").text.splitlines()[0].endswith(",suppressed")


def test_what_cannot_be_fetched_is_refused_in_words(api: Api, first: Snapshot) -> None:
    assert "Choose one of csv, json, pack" in problem(api.get("/snapshots/2020/1/export/xls"))["detail"]
    assert problem(api.get("/snapshots/2020/7/export/csv"))["status"] == 404
    refused = problem(api.get("/snapshots/2020/1/export/csv", {"audience": "everybody"}))
    assert refused["mistakes"] == [{"pointer": "audience", "message": "must be one of public, internal"}]

"""``/api/v1/cases``: subjects listed, shown as of any day, and moved as far as their lifecycles allow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.conftest import EVERYTHING, Api, problem, token
from tests.cases.works import JOB, config, works_catalogue
from tests.house import House
from tracker.app import create_app
from tracker.db import Database
from tracker.service import Service
from tracker.settings import Settings

NOW = "2021-02-01T04:00:00.000000Z"
WORKER = {"worker": "w-1"}


@pytest.fixture
def api(database: Database, tmp_path: Path) -> Iterator[Api]:
    """The API over jobs and crews."""
    house = House.build(database, works_catalogue())
    url = database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url, config=config(tmp_path))
    service = Service(settings, database, house.intake)
    service.keys.make()
    yield Api(house, service, create_app(service).test_client(), token(house, "everything", *EVERYTHING))
    service.reception.writer.close()


def tell(api: Api, subject: str, fact: str, time: str, data: dict[str, Any] | None = None) -> None:
    api.house.record(api.house.event(f"works.job.{fact}", data or {}, subject=subject, time=time))


def act(api: Api, subject: str, type: str, body: object, *, kind: str = JOB, bearer: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer or api.token}"}
    return api.client.post(f"/api/v1/cases/{kind}/{subject}/{type}", json=body, headers=headers)


@pytest.fixture
def jobs(api: Api) -> Api:
    """Four jobs: one open, one that is being done, one dropped, and one of which a fact does not fit."""
    tell(api, "job-a", "opened", "2020-01-01T00:00:00Z", {"grade": "big", "narrative": "a secret"})
    tell(api, "job-b", "opened", "2021-01-20T00:00:00Z")
    tell(api, "job-c", "opened", "2020-01-03T00:00:00Z")
    tell(api, "job/d", "opened", "2021-01-20T00:00:00Z")
    tell(api, "job-b", "taken", "2021-01-21T00:00:00Z", WORKER)
    tell(api, "job-c", "dropped", "2020-01-04T00:00:00Z")
    tell(api, "job/d", "done", "2021-01-22T00:00:00Z")
    return api


def listed(api: Api, **query: str) -> list[str]:
    answer = api.get("/cases", {"kind": JOB} | query)
    assert answer.status_code == 200, answer.text
    return [each["subject"] for each in answer.get_json()["subjects"]]


def test_subjects_are_listed_with_where_they_stand(jobs: Api) -> None:
    answer = jobs.get("/cases", {"kind": JOB, "limit": "1"})
    day = "2020-01-01T00:00:00.000000Z"
    assert answer.get_json() == {
        "kind": JOB,
        "subjects": [
            {
                "kind": JOB,
                "subject": "job-a",
                "state": "open",
                "opened": day,
                "moved": day,
                "last_seq": 0,
                "misfits": 0,
                "due": "2020-01-01T12:00:00.000000Z",
            }
        ],
        "next": "job-a",
    }
    assert answer.headers["Link"] == '</api/v1/cases?kind=works.job&limit=1&cursor=job-a>; rel="next"'


def test_subjects_are_filtered(jobs: Api) -> None:
    assert listed(jobs) == ["job-a", "job-b", "job-c", "job/d"]
    assert listed(jobs, state="doing") == ["job-b"]
    assert listed(jobs, open="1") == ["job-a", "job-b", "job/d"]
    assert listed(jobs, open="1", state="dropped") == []
    assert listed(jobs, overdue="1") == ["job-a"]
    assert listed(jobs, q="/") == ["job/d"]
    assert listed(jobs, q="OB-") == ["job-a", "job-b", "job-c"]


def test_pages_add_up(jobs: Api) -> None:
    pages, query = [], {"kind": JOB, "limit": "3"}
    while query:
        page = jobs.get("/cases", query).get_json()
        pages.append([each["subject"] for each in page["subjects"]])
        query = query | {"cursor": page["next"]} if page["next"] else {}
    assert pages == [["job-a", "job-b", "job-c"], ["job/d"]]


@pytest.mark.parametrize(
    ("query", "status", "pointers"),
    [
        ({}, 422, ["kind"]),
        ({"kind": "works.nothing"}, 404, None),
        ({"kind": "w" * 2000}, 404, None),
        ({"kind": "w" * 2001}, 422, ["kind"]),
        ({"kind": "works.job\x00"}, 422, ["kind"]),
        ({"kind": JOB, "state": "gone"}, 422, ["state"]),
        ({"kind": JOB, "state": ""}, 422, ["state"]),
        ({"kind": JOB, "q": "\x00", "cursor": "\x07", "limit": "0"}, 422, ["q", "cursor", "limit"]),
        ({"kind": JOB, "open": "yes", "overdue": "2"}, 422, ["open", "overdue"]),
        ({"kind": JOB, "sort": "moved"}, 422, ["sort"]),
    ],
)
def test_an_odd_query_is_refused(jobs: Api, query: dict[str, str], status: int, pointers: list[str] | None) -> None:
    answer = jobs.get("/cases", query)
    assert answer.status_code == status
    found = [each["pointer"] for each in problem(answer).get("mistakes", ())]
    assert sorted(found) == sorted(pointers or [])


def test_a_subject_is_shown_with_all_that_led_there(jobs: Api) -> None:
    found = jobs.get(f"/cases/{JOB}/job-b").get_json()
    opened, taken = (f"2021-01-{day}T00:00:00.000000Z" for day in ("20", "21"))
    due = "2021-02-21T00:00:00.000000Z"
    assert found == {
        "kind": JOB,
        "subject": "job-b",
        "state": "doing",
        "opened": opened,
        "moved": taken,
        "last_seq": 4,
        "misfits": 0,
        "due": due,
        "deadlines": [
            {"name": "state:doing", "status": "open", "opened": taken, "due": due, "met": None},
            {"name": "answer", "status": "open", "opened": opened, "due": "2021-04-20T00:00:00.000000Z", "met": None},
        ],
        "timeline": [
            {
                "seq": seq,
                "type": f"works.job.{fact}",
                "time": time,
                "day": time[:10],
                "state": state,
                "misfit": False,
                "in_force": True,
                "data": data,
                "event": f"/api/v1/events/{seq}",
            }
            for seq, fact, time, state, data in (
                (1, "opened", opened, "open", {}),
                (4, "taken", taken, "doing", WORKER),
            )
        ],
        "earlier": 0,
        "allowed": [f"works.job.{fact}" for fact in ("graded", "paused", "done", "dropped")],
        "notes": [f"works.job.{fact}" for fact in ("answered", "licensed", "noted")],
    }


def test_what_is_confidential_is_shown_as_commitments(jobs: Api) -> None:
    answer = jobs.get(f"/cases/{JOB}/job-a")
    [moment] = answer.get_json()["timeline"]
    assert moment["data"]["narrative"].keys() == {"commitment"}
    assert "a secret" not in answer.text


def test_a_name_may_hold_a_slash_and_a_fact_that_does_not_fit_is_marked(jobs: Api) -> None:
    for name in ("job/d", "job%2Fd"):
        found = jobs.get(f"/cases/{JOB}/{name}").get_json()
        assert (found["subject"], found["state"], found["misfits"]) == ("job/d", "open", 1)
        assert [each["misfit"] for each in found["timeline"]] == [False, True]


def test_a_subject_is_shown_as_of_a_day_and_as_of_an_event(jobs: Api) -> None:
    def shown(**when: str) -> tuple[str, int, dict[str, str], list[str]]:
        found = jobs.get(f"/cases/{JOB}/job-c", when).get_json()
        statuses = {each["name"]: each["status"] for each in found["deadlines"]}
        return found["state"], len(found["timeline"]), statuses, found["allowed"]

    assert shown() == ("dropped", 2, {"answer": "met"}, [])
    assert shown(day="2020-01-04") == ("dropped", 2, {"answer": "met"}, [])
    assert shown(day="2020-01-03") == ("open", 1, {"answer": "open"}, [])
    assert shown(as_of="4") == ("open", 1, {"answer": "overdue"}, [])
    assert shown(as_of="5", day="2020-01-03") == ("open", 1, {"answer": "open"}, [])
    assert shown(as_of="9" * 18) == ("dropped", 2, {"answer": "met"}, [])
    for when in ({"day": "2020-01-02"}, {"as_of": "1"}):
        assert problem(jobs.get(f"/cases/{JOB}/job-c", when))["status"] == 404
    for when in ({"day": "2020-02-30"}, {"day": "2020"}, {"as_of": "-1"}, {"as_of": "9" * 19}, {"at": "now"}):
        assert [each["pointer"] for each in problem(jobs.get(f"/cases/{JOB}/job-c", when))["mistakes"]] == list(when)


def test_only_the_newest_events_are_shown_and_the_rest_counted(jobs: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.api.cases.MOST_MOMENTS", 1)
    found = jobs.get(f"/cases/{JOB}/job-b").get_json()
    assert ([each["seq"] for each in found["timeline"]], found["earlier"]) == ([4], 1)


@pytest.mark.parametrize(
    "path",
    [
        f"{JOB}/job-z",
        f"{JOB}/job%00a",
        f"{JOB}/job%20a",
        f"{JOB}/{'j' * 201}",
        f"{JOB}/{'j' * 9000}",
        f"{JOB}/job-a%27%3BDROP%20TABLE%20event",
        f"{JOB}/%E2%80%AEa-boj",
        f"{JOB}/%FF%FE",
        "works.nothing/job-a",
        "works.job%00/job-a",
        f"{'w' * 9000}/job-a",
        "works.crew/job-a",
    ],
)
def test_what_is_not_there_is_not_found(jobs: Api, path: str) -> None:
    before = jobs.counts()
    answers = [jobs.get(f"/cases/{path}")]
    headers = {"Authorization": f"Bearer {jobs.token}"}
    answers.append(jobs.client.post(f"/api/v1/cases/{path}/works.job.dropped", json={"data": {}}, headers=headers))
    for answer in answers:
        assert problem(answer)["status"] == 404
        assert len(answer.text) < 1000
    assert jobs.counts() == before


def test_a_move_is_recorded_under_the_token_and_counted(jobs: Api) -> None:
    answer = act(jobs, "job-b", "works.job.done", {"data": {}, "id": "m-1", "expect": 4})
    [receipt] = answer.get_json()["receipts"]
    assert (answer.status_code, receipt["id"], receipt["seq"], receipt["status"]) == (201, "m-1", 7, "recorded")
    event = jobs.get("/events/7").get_json()
    assert (event["actor"], event["source"], event["subject"], event["time"]) == (
        "person:token-everything",
        "/tracker/people",
        "job-b",
        NOW,
    )
    assert jobs.get(f"/cases/{JOB}/job-b").get_json()["state"] == "done"
    assert jobs.house.value("works.done", "2021") == 2
    again = act(jobs, "job-b", "works.job.done", {"data": {}, "id": "m-1", "expect": 4})
    assert (again.status_code, again.get_json()["receipts"]) == (200, [receipt | {"status": "duplicate"}])


def test_a_subject_is_opened_by_the_event_that_starts_it(jobs: Api) -> None:
    body = {"data": {"grade": "small"}, "time": "2021-01-31T12:00:00+08:00", "id": "o-1"}
    answer = act(jobs, "job-new", "works.job.opened", body)
    assert answer.status_code == 201
    found = jobs.get(f"/cases/{JOB}/job-new").get_json()
    assert (found["state"], found["opened"]) == ("open", "2021-01-31T04:00:00.000000Z")
    assert act(jobs, "job-new", "works.job.opened", body).status_code == 200
    refused = problem(act(jobs, "job-new", "works.job.opened", {"data": {}}))
    assert (refused["status"], refused["type"].rpartition(":")[2]) == (409, "illegal-move")


def test_what_does_not_fit_is_refused_with_what_does(jobs: Api) -> None:
    before = jobs.counts()
    found = problem(act(jobs, "job-a", "works.job.paused", {"data": {}}))
    assert (found["status"], found["type"].rpartition(":")[2]) == (409, "illegal-move")
    assert found["detail"].endswith("Allowed are works.job.taken, works.job.graded, works.job.dropped.")
    found = problem(act(jobs, "job-a", "works.job.dropped", {"data": {}, "expect": 3}))
    assert (found["status"], found["type"].rpartition(":")[2]) == (409, "unexpected-change")
    assert jobs.counts() == before


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/data"]),
        ({"data": []}, ["/data"]),
        ({"data": None}, ["/data"]),
        ({"data": {"worker": 7}}, ["/data/worker"]),
        ({"data": {}}, ["/data/worker"]),
        ({"data": WORKER | {"wage": "1"}}, ["/data/wage"]),
        ({"data": WORKER, "subject": "job-b"}, ["/subject"]),
        ({"data": WORKER, "id": "a\x00b", "entity": "", "expect": True}, ["/expect", "/id", "/entity"]),
        ({"data": WORKER, "id": "i" * 201}, ["/id"]),
        ({"data": WORKER, "id": None}, ["/id"]),
        ({"data": WORKER, "expect": -1}, ["/expect"]),
        ({"data": WORKER, "expect": 2**63}, ["/expect"]),
        ({"data": WORKER, "expect": "0"}, ["/expect"]),
        ({"data": WORKER, "entity": "west"}, ["/entity"]),
        ({"data": WORKER, "time": "2021-01-31T12:00:00"}, ["/time"]),
        ({"data": WORKER, "time": "2021-02-01T12:00:01+08:00"}, ["/time"]),
        ({"data": WORKER, "time": None}, ["/time"]),
    ],
)
def test_mistakes_are_all_told_and_nothing_is_stored(jobs: Api, body: object, pointers: list[str]) -> None:
    before = jobs.counts()
    answer = act(jobs, "job-a", "works.job.taken", body)
    assert [each["pointer"] for each in problem(answer)["mistakes"]] == pointers
    assert answer.status_code == 422
    assert jobs.counts() == before


@pytest.mark.parametrize("type", ["works.job.sung", "desk.case.reported", "tracker.event.voided", "a%00", "t" * 9000])
def test_an_event_that_is_not_about_such_a_subject_is_not_found(jobs: Api, type: str) -> None:
    assert problem(act(jobs, "job-a", type, {"data": {}}))["status"] == 404


def test_to_act_takes_a_token_that_may_record_and_is_bound_to_no_source(jobs: Api) -> None:
    jobs.source("meter", "/meter", "works.*")
    body = {"data": WORKER}
    for bearer in (
        token(jobs.house, "bound", "record", source="meter"),
        token(jobs.house, "reader", "read", "amend", "admin"),
    ):
        assert problem(act(jobs, "job-a", "works.job.taken", body, bearer=bearer))["status"] == 403
    recorder = token(jobs.house, "recorder", "record")
    assert act(jobs, "job-a", "works.job.taken", body, bearer=recorder).status_code == 201
    headers = {"Authorization": f"Bearer {recorder}"}
    assert jobs.client.get(f"/api/v1/cases?kind={JOB}", headers=headers).status_code == 403


def test_integrity_cases_are_not_worked_by_machines(jobs: Api) -> None:
    found = problem(act(jobs, "case-1", "integrity.case.closed", {"data": {}}, kind="integrity.case"))
    assert (found["status"], found["detail"]) == (
        403,
        "Integrity cases are worked by the people who have access to them, in the pages.",
    )

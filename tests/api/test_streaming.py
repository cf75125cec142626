"""NDJSON over HTTP: each line answered on its own, whatever the others are like; or all of them or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Response

from tests.api.conftest import MAX_BODY, Api, problem, token
from tests.api.hooks import Hook
from tracker.access import sources, tokens
from tracker.api import events
from tracker.intake import files, streaming
from tracker.intake.counting import by_sender, counts
from tracker.intake.quarantine import held

LINE = "application/x-ndjson"
SENDER = "token:everything"


def lines(*values: object, end: bytes = b"\n") -> bytes:
    """Values as lines; bytes stand for themselves."""
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + end for each in values)


def post(api: Api, body: bytes, query: str = "", bearer: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer or api.token}"}
    return api.client.post(f"/api/v1/events{query}", data=body, content_type=LINE, headers=headers)


def answers(answer: TestResponse) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.content_type) == (200, LINE)
    return [json.loads(line) for line in answer.get_data().splitlines()]


def outcome(answer: TestResponse) -> list[tuple[int, str]]:
    """Line and status of each, without the summary."""
    return [(each["line"], each["status"]) for each in answers(answer)[:-1]]


def a_case(api: Api, channel: str = "phone", **others: Any) -> dict[str, Any]:
    return api.house.event("desk.case.reported", {"channel": channel}, **others)


def count(api: Api) -> tuple[int, ...]:
    with api.house.database.read() as session:
        return tuple(by_sender(counts(session))[SENDER][2:])


def held_now(api: Api) -> int:
    with api.house.database.read() as session:
        return len(held(session))


def test_each_line_is_answered_and_the_last_one_sums_up(api: Api) -> None:
    first, second = a_case(api), a_case(api)
    found = answers(post(api, lines(first, second, first)))
    leaves = [each.pop("leaf") for each in found[:3]]
    assert found == [
        {"line": 1, "id": "event-0", "seq": 0, "status": "recorded"},
        {"line": 2, "id": "event-1", "seq": 1, "status": "recorded"},
        {"line": 3, "id": "event-0", "seq": 0, "status": "duplicate"},
        {"summary": {"recorded": 2, "duplicate": 1, "valid": 0, "refused": 0}},
    ]
    assert leaves[0] == leaves[2]
    assert count(api) == (3, 2, 1, 0, 0)


def test_a_broken_line_does_not_stop_the_others(api: Api) -> None:
    body = lines(a_case(api), b"{broken", b"", a_case(api, "pigeon"), b"  ", a_case(api), end=b"\r\n")
    found = answers(post(api, body))
    assert [(each["line"], each["status"]) for each in found[:-1]] == [
        (1, "recorded"),
        (2, "refused"),
        (4, "refused"),
        (6, "recorded"),
    ]
    broken, wrong = found[1]["problem"], found[2]["problem"]
    assert (broken["status"], broken["type"]) == (400, "urn:governance-tracker:problem:malformed")
    assert (wrong["status"], [each["pointer"] for each in wrong["mistakes"]]) == (422, ["/data/channel"])
    assert count(api) == (4, 2, 0, 0, 2)
    assert held_now(api) == 2


def test_a_conflict_among_sound_lines_is_told_alone(api: Api) -> None:
    known = a_case(api)
    post(api, lines(known))
    found = answers(post(api, lines(a_case(api), known | {"subject": "other"}, a_case(api))))
    assert [each.get("status") for each in found] == ["recorded", "refused", "recorded", None]
    assert (found[1]["problem"]["status"], found[1]["problem"]["stored"]["seq"]) == (409, 0)
    assert count(api) == (4, 3, 0, 1, 0)
    assert held_now(api) == 0


def test_a_correction_may_follow_its_event_in_the_same_body(api: Api) -> None:
    event = a_case(api)
    named = {"original": {"source": event["source"], "id": event["id"]}, "replaces": 0, "reason": "a slip"}
    correction = api.house.event("tracker.event.corrected", named | {"data": {"channel": "mail"}})
    assert outcome(post(api, lines(event, correction))) == [(1, "recorded"), (2, "recorded")]
    assert api.house.values("desk.cases", "2020")["{}"] == 1


def test_many_chunks_keep_their_order(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNK", 7)
    cases = [a_case(api, "pigeon" if number % 10 == 9 else "phone") for number in range(50)]
    found = answers(post(api, lines(*cases)))
    assert [each["line"] for each in found[:-1]] == list(range(1, 51))
    assert found[-1]["summary"] == {"recorded": 45, "duplicate": 0, "valid": 0, "refused": 5}
    assert api.house.value("desk.cases", "2020") == 45
    assert post(api, lines(*cases)).get_data().count(b"duplicate") == 45 + 1
    assert held_now(api) == 5


def test_a_chunk_waits_for_what_the_one_before_came_to(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNK", 2)
    known, event = a_case(api), a_case(api)
    post(api, lines(known))
    named = {"original": {"source": event["source"], "id": event["id"]}, "replaces": 1, "reason": "a slip"}
    correction = api.house.event("tracker.event.corrected", named | {"data": {"channel": "mail"}})
    body = lines(known | {"subject": "other"}, event, correction, a_case(api, "pigeon"), event | {"subject": "later"})
    found = answers(post(api, body))
    assert [(each["status"], each.get("seq"), each.get("problem", {}).get("status")) for each in found[:-1]] == [
        ("refused", None, 409),
        ("recorded", 1, None),
        ("recorded", 2, None),
        ("refused", None, 422),
        ("refused", None, 409),
    ]
    assert api.house.values("desk.cases", "2020")['{"channel":"mail"}'] == 1


def test_all_lines_or_none(api: Api) -> None:
    good = [a_case(api) for _ in range(3)]
    refused = problem(post(api, lines(*good, a_case(api, "pigeon"), b""), "?atomic=1"))
    assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, ["line 4 /data/channel"])
    assert problem(post(api, lines(*good, b"{"), "?atomic=1"))["status"] == 400
    assert api.house.value("desk.cases", "2020") == 0
    answer = post(api, lines(*good), "?atomic=1")
    assert (answer.status_code, [each["seq"] for each in answer.get_json()["receipts"]]) == (201, [0, 1, 2])
    assert count(api) == (11, 3, 0, 0, 8)


def test_all_or_nothing_has_a_bound(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_ATOMIC", 3)
    refused = problem(post(api, lines(*[a_case(api) for _ in range(4)]), "?atomic=1"))
    assert refused["status"] == 413
    assert api.house.value("desk.cases", "2020") == 0
    assert problem(post(api, b"\n\n", "?atomic=1"))["status"] == 400


def test_all_or_nothing_takes_a_length_and_keeps_to_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_ATOMIC_BYTES", 300)
    assert post(api, lines(a_case(api)), "?atomic=1").status_code == 201
    assert problem(post(api, lines(a_case(api), a_case(api)), "?atomic=1"))["status"] == 413
    call = EnvironBuilder("/api/v1/events?atomic=1", method="POST", data=lines(a_case(api)), content_type=LINE)
    call.headers.extend({"Authorization": f"Bearer {api.token}", "Transfer-Encoding": "chunked"})
    environ = call.get_environ() | {"wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH")
    assert problem(Response.from_app(api.client.application, environ))["status"] == 400
    assert api.house.value("desk.cases", "2020") == 1


def test_a_body_may_be_larger_than_any_other_and_a_line_may_not(api: Api) -> None:
    cases = [a_case(api) for _ in range(800)]
    long = a_case(api, note="x" * MAX_BODY)
    body = lines(*cases, long)
    assert len(body) > 2 * MAX_BODY
    found = answers(post(api, body))
    assert found[-1]["summary"] == {"recorded": 800, "duplicate": 0, "valid": 0, "refused": 1}
    assert found[800]["problem"]["status"] == 400


def test_nothing_sent_is_nothing_done(api: Api) -> None:
    assert answers(post(api, b"")) == [{"summary": {"recorded": 0, "duplicate": 0, "valid": 0, "refused": 0}}]


def test_a_dry_run_leaves_no_trace(api: Api) -> None:
    known = a_case(api)
    post(api, lines(known))
    before, counted = api.counts(), count(api)
    found = post(api, lines(a_case(api), known, a_case(api, "pigeon")), "?dry_run=1")
    assert outcome(found) == [(1, "valid"), (2, "duplicate"), (3, "refused")]
    assert post(api, lines(a_case(api)), "?dry_run=1&atomic=1").get_json()["receipts"][0]["status"] == "valid"
    assert (api.counts(), count(api), held_now(api)) == (before, counted, 0)


def test_a_test_source_is_answered_line_by_line_and_never_recorded(api: Api) -> None:
    Hook.add(api, test=True)
    bearer = token(api.house, "trial", "record", source="desk")
    before = api.counts()
    assert outcome(post(api, lines(a_case(api, source="/desk")), bearer=bearer)) == [(1, "valid")]
    assert api.counts() == before


def test_a_bound_token_writes_as_its_source_alone(api: Api) -> None:
    Hook.add(api, "desk", "/desk", "desk.*")
    bearer = token(api.house, "bound", "record", source="desk")
    found = post(api, lines(a_case(api), a_case(api, source="/desk")), bearer=bearer)
    assert outcome(found) == [(1, "refused"), (2, "recorded")]
    assert answers(found)[0]["problem"]["status"] == 403


def meanwhile(api: Api, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something when the fifth line is read, after what was handed in until then is settled. Chunks are of two."""
    read = files.ndjson_lines

    def interrupted(*arguments: Any) -> Any:
        for number, value in read(*arguments):
            if number == 5:
                api.service.reception.writer.submit([]).wait()
                act()
            yield number, value

    monkeypatch.setattr(streaming, "CHUNK", 2)
    monkeypatch.setattr(streaming, "ndjson_lines", interrupted)


def check_stopped_after_four(api: Api, answer: TestResponse, slug: str) -> None:
    """What was on record before is answered, and the rest may be sent again."""
    *told, stopped, summary = answers(answer)
    assert [(each["line"], each["status"]) for each in told] == [(number, "recorded") for number in (1, 2, 3, 4)]
    assert stopped["stopped_after"] == 4
    assert (stopped["problem"]["status"], stopped["problem"]["type"].rpartition(":")[2]) == (503, slug)
    assert summary == {"summary": {"recorded": 4, "duplicate": 0, "valid": 0, "refused": 0}}
    assert api.house.value("desk.cases", "2020") == 4
    assert held_now(api) == 0


def test_a_token_revoked_meanwhile_stops_the_rest(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    bearer = token(api.house, "leaving", "record", "backfill")

    def revoke() -> None:
        with api.house.database.write() as session:
            tokens.revoke(session, "leaving", by="person:alice", at=api.house.clock())

    meanwhile(api, monkeypatch, revoke)
    body = lines(*[a_case(api) for _ in range(6)])
    check_stopped_after_four(api, post(api, body, bearer=bearer), "overloaded")
    assert problem(post(api, body, bearer=bearer))["status"] == 401


def test_a_source_retired_meanwhile_stops_the_rest(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    Hook.add(api)
    bearer = token(api.house, "bound", "record", source="desk")

    def retire() -> None:
        with api.house.database.write() as session:
            sources.retire(session, "desk", by="person:alice", at=api.house.clock())

    meanwhile(api, monkeypatch, retire)
    body = lines(*[a_case(api, source="/desk") for _ in range(6)])
    check_stopped_after_four(api, post(api, body, bearer=bearer), "overloaded")
    assert problem(post(api, body, bearer=bearer))["status"] == 401


def test_when_the_service_ends_what_is_on_record_is_answered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(api, monkeypatch, api.service.reception.writer.close)
    body = lines(*[a_case(api) for _ in range(6)])
    check_stopped_after_four(api, post(api, body), "overloaded")
    refused = post(api, body, "?atomic=1")
    assert (problem(refused)["status"], refused.headers["Retry-After"]) == (503, "5")
    assert count(api) == (4, 4, 0, 0, 0)


def test_a_token_that_expired_is_refused_before_a_line_is_read(api: Api) -> None:
    bearer = token(api.house, "short", "record", "backfill", days=1)
    body = lines(a_case(api))
    api.house.clock.instant += timedelta(days=1, microseconds=-1)
    assert outcome(post(api, body, bearer=bearer)) == [(1, "recorded")]
    api.house.clock.instant += timedelta(microseconds=1)
    assert problem(post(api, body, bearer=bearer))["status"] == 401


def test_lines_sent_again_lie_in_quarantine_once(api: Api) -> None:
    body = lines(a_case(api), a_case(api, "pigeon"), b"{broken", a_case(api, source="a b"))
    for _attempt in range(3):
        post(api, body)
    with api.house.database.read() as session:
        found = [(each.sender, each.attempts) for each in held(session)]
    assert found == [(SENDER, 3)] * 3
    assert count(api) == (12, 1, 2, 0, 9)


def test_old_lines_take_the_right_to_backfill_unless_they_are_duplicates(api: Api) -> None:
    bearer = token(api.house, "recent", "record", "amend")
    edge, older = (
        (api.house.clock() - timedelta(days=7, microseconds=each)).isoformat(timespec="microseconds") for each in (0, 1)
    )
    known = a_case(api)
    post(api, lines(known))
    named = {"original": {"seq": 0}, "replaces": 0, "reason": "a slip", "data": {"channel": "mail"}}
    late = api.house.event("tracker.event.corrected", named, time=older)
    body = lines(a_case(api, time=edge), a_case(api, time=older), known, late)
    found = answers(post(api, body, bearer=bearer))
    assert [each["status"] for each in found[:-1]] == ["recorded", "refused", "duplicate", "refused"]
    for each in (found[1], found[3]):
        assert (each["problem"]["status"], [one["pointer"] for one in each["problem"]["mistakes"]]) == (422, ["/time"])
    assert held_now(api) == 2


def test_five_hundred_changed_replays_are_told_line_by_line(api: Api) -> None:
    events = [a_case(api) for _ in range(500)]
    post(api, lines(*events))
    before = api.counts()
    found = answers(post(api, lines(*[each | {"subject": "other"} for each in events])))
    stored = [(each["line"], each["problem"]["status"], each["problem"]["stored"]["seq"]) for each in found[:-1]]
    assert stored == [(number + 1, 409, number) for number in range(500)]
    assert (api.counts(), count(api), held_now(api)) == (before, (1000, 500, 0, 500, 0), 0)

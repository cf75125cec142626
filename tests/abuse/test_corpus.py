"""Every case of the corpus: the answer it deserves, nothing of it stored, and the next good request served."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.abuse.composing import Composer, headers_of, target_of
from tests.abuse.corpus import Case, at_doors, corpus
from tests.abuse.scene import MAX_BODY, NOW, Scene
from tests.abuse.sending import Endless, send
from tracker.ledger.models import events

TITLES = {
    "malformed": "The request cannot be read",
    "unauthorised": "Credentials are missing or wrong",
    "forbidden": "This is not yours to do",
    "not-found": "Not Found",
    "method-not-allowed": "Method Not Allowed",
    "unknown-period": "There is no such period",
    "unknown-metric": "There is no such metric",
    "content-conflict": "This contradicts what is on record",
    "stale-replacement": "This contradicts what is on record",
    "too-large": "The request is too large",
    "wrong-media-type": "This content type is not read here",
    "invalid": "The input has mistakes",
}
INSIDES = ("Traceback", 'File "', "sqlalchemy", "psycopg", "sqlite3", "werkzeug", "site-packages")
NUMBERS = itertools.count()


@pytest.mark.parametrize("case", at_doors("webhook"), ids=str)
def test_the_door_of_webhooks_answers_as_it_should(scene: Scene, case: Case) -> None:
    examine(scene, case)


@pytest.mark.parametrize("case", at_doors("events"), ids=str)
def test_the_door_of_tokens_answers_as_it_should(scene: Scene, case: Case) -> None:
    examine(scene, case)


@pytest.mark.parametrize("case", at_doors(), ids=str)
def test_every_other_path_answers_as_it_should(scene: Scene, case: Case) -> None:
    examine(scene, case)


def examine(scene: Scene, case: Case) -> None:
    composer = prepare(scene, case)
    try:
        before = scene.rows()
        answer, body = put(scene, case, composer)
        check_answer(scene, case, answer, body)
        after = scene.rows()
        assert after["event"] == before["event"] + case.recorded
        if not case.recorded:
            assert after == before
        check_stored(scene, case)
        if case.problem is not None:
            serve_a_good_one(scene)
    finally:
        scene.house.clock.instant = NOW


def prepare(scene: Scene, case: Case) -> Composer:
    """Record what is there before the case, then let time pass."""
    composer = Composer(case, f"i{next(NUMBERS)}")
    former = case.type if case.again is not None else "desk.case.reported"
    for own in case.before:
        event = composer.spoilt(own, former)
        composer.known.append(event)
        composer.seqs.append(deliver(scene, composer.text(event)))
    for own in case.also:
        deliver(scene, composer.text(composer.spoilt(own, case.type)))
    scene.house.clock.instant = NOW + timedelta(**case.later)
    return composer


def deliver(scene: Scene, text: str) -> int:
    """Record one event of the source ``desk`` and return its seq."""
    case = Case("", "", 201, body=text)
    composer = Composer(case, f"i{next(NUMBERS)}")
    answer, _ = put(scene, case, composer)
    assert answer.status_code == 201, answer.text
    seq: int = answer.get_json()["receipts"][0]["seq"]
    return seq


def serve_a_good_one(scene: Scene) -> None:
    event = {"time": scene.house.clock().isoformat()}
    case = Case("", "", 201, event=event)
    answer, _ = put(scene, case, Composer(case, f"i{next(NUMBERS)}"))
    assert answer.status_code == 201, answer.text


def put(scene: Scene, case: Case, composer: Composer) -> tuple[TestResponse, bytes]:
    method, target = target_of(case, scene)
    body = b"" if case.endless else composer.body()
    headers = headers_of(case, composer, body, scene, scene.house.clock())
    stream = Endless(case.endless) if case.endless else body
    answer = send(scene.app, method, target, headers, stream, chunked=case.chunked)
    if isinstance(stream, Endless):
        assert stream.read_so_far <= MAX_BODY + (1 << 16)
    return answer, body


def check_answer(scene: Scene, case: Case, answer: TestResponse, body: bytes) -> None:
    assert answer.status_code == case.status, answer.text[:2_000]
    for secret in (*scene.secrets(), *INSIDES, *([case.hides] if case.hides else [])):
        assert secret not in answer.text
    assert not any("\n" in value or "\r" in value for _, value in answer.headers)
    if case.problem is not None:
        check_problem(case, answer)
    elif case.answers is not None:
        check_lines(case, answer)
    else:
        assert answer.content_type == "application/json"
        assert [each["status"] for each in answer.get_json()["receipts"]] == case.receipts


def check_problem(case: Case, answer: TestResponse) -> None:
    assert case.problem is not None
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.text)
    told, stored = found.pop("mistakes", []), found.pop("stored", None)
    detail = found.pop("detail")
    assert found == {
        "type": f"urn:governance-tracker:problem:{case.problem}",
        "title": TITLES[case.problem],
        "status": case.status,
    }
    assert isinstance(detail, str)
    assert 10 < len(detail) < 1_000
    assert (stored is not None) == (case.problem == "content-conflict")
    check_mistakes(case, told)
    if case.status == 401:
        assert "WWW-Authenticate" in answer.headers
    if case.status == 405:
        assert answer.headers["Allow"]


def check_mistakes(case: Case, told: list[Mapping[str, str]]) -> None:
    pointers = [each["pointer"] for each in told]
    assert all(each.keys() == {"pointer", "message"} and each["message"] for each in told)
    if isinstance(case.pointers, int):
        assert len(pointers) == case.pointers
    elif case.pointers is not None:
        assert pointers == case.pointers, pointers


def check_lines(case: Case, answer: TestResponse) -> None:
    assert answer.content_type == "application/x-ndjson"
    *lines, summary = [json.loads(line) for line in answer.text.splitlines()]
    statuses = [line["status"] for line in lines]
    if isinstance(case.answers, int):
        assert statuses == ["refused"] * case.answers
    else:
        assert statuses == case.answers
    assert summary["summary"] == {name: statuses.count(name) for name in ("recorded", "duplicate", "valid", "refused")}
    for line in lines:
        if line["status"] == "refused":
            assert 400 <= line["problem"]["status"] < 500


def check_stored(scene: Scene, case: Case) -> None:
    """What the log says of the newest event, where the case says what it must."""
    if not (case.stored or case.says or (case.hides and case.recorded)):
        return
    with scene.house.database.read() as session:
        newest = session.execute(select(events).order_by(events.c.seq.desc()).limit(1)).one()._asdict()
    assert {name: newest[name] for name in case.stored} == case.stored
    assert case.says in newest["body"]
    assert not case.hides or case.hides not in newest["body"]


def test_the_corpus_is_large_and_says_each_thing_once() -> None:
    names = [case.name for case in corpus()]
    assert len(names) >= 500
    assert sorted(set(names)) == sorted(names)


def test_every_theme_of_abuse_is_in_the_corpus() -> None:
    assert {case.theme for case in corpus()} == {
        "accepted", "amendments", "batch", "binary", "data", "envelope", "forbidden", "headers", "json", "ndjson",
        "queries", "replays", "routes", "signatures", "tokens",
    }  # fmt: skip


def test_every_answer_that_is_owed_to_bad_input_is_in_the_corpus() -> None:
    assert {case.status for case in corpus()} == {200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 422}
    assert {case.problem for case in corpus() if case.problem} == TITLES.keys()


def test_every_case_says_what_must_be_answered() -> None:
    for case in corpus():
        assert (case.problem is not None) == (case.status >= 400), case
        assert (case.pointers is not None) == (case.status == 422) or case.status == 409, case
        assert case.status >= 400 or (case.answers is None) != (case.receipts is None), case

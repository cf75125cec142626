"""``POST /api/v1/webhooks/{source}``: only the source writes, once, and always knows where it stands."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.api.conftest import BATCH, MAX_BODY, ONE, Api, problem
from tests.api.hooks import Hook
from tracker.access import sources
from tracker.access.registry import Registry
from tracker.access.signatures import ED25519, new_secret, public_of
from tracker.access.signing import Material, rotate
from tracker.ledger.models import events as events_table

UNAUTHORISED = "urn:governance-tracker:problem:unauthorised"
CORRECTED = "tracker.event.corrected"
NOTHING = (0, 0, 0, 0, 0)


@pytest.fixture
def hook(api: Api) -> Hook:
    """A source at the desk."""
    return Hook.add(api)


def receipts(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.get_json()["receipts"]
    return found


def test_a_signed_event_is_recorded_as_its_sources(hook: Hook) -> None:
    answer = hook.post(hook.event())
    with hook.api.house.database.read() as session:
        [row] = session.execute(select(events_table))
    expected = {"id": "event-0", "seq": 0, "leaf": bytes(row.leaf).hex(), "status": "recorded"}
    assert (answer.status_code, answer.get_json()) == (201, {"receipts": [expected]})
    assert answer.headers["Content-Security-Policy"]
    assert row.actor == "source:desk"
    assert hook.count() == (1, 1, 0, 0, 0)


def test_the_same_event_is_a_duplicate_after_hours_and_after_years(hook: Hook) -> None:
    event = hook.event()
    [first] = receipts(hook.post(event))
    for later in (timedelta(0), timedelta(hours=76), timedelta(days=400)):
        hook.api.house.clock.instant += later
        answer = hook.post(event)
        assert (answer.status_code, receipts(answer)) == (200, [first | {"status": "duplicate"}])
    assert hook.count() == (4, 1, 3, 0, 0)


def test_batched_and_binary_modes_are_read(hook: Hook) -> None:
    batch = hook.post([hook.event(), hook.event("mail")], BATCH)
    assert [each["seq"] for each in receipts(batch)] == [0, 1]
    attributes = {name: value for name, value in hook.event().items() if name != "data"}
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    binary = hook.post({"channel": "phone"}, "application/json", id=attributes["id"], headers=headers)
    assert [each["seq"] for each in receipts(binary)] == [2]


def test_in_binary_mode_the_events_id_is_the_one_that_is_signed(hook: Hook) -> None:
    attributes = {name: value for name, value in hook.event().items() if name != "data"}
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    refused = problem(hook.post({"channel": "phone"}, "application/json", id="another", headers=headers))
    assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, ["/id"])


def test_a_source_may_sign_with_ed25519(api: Api) -> None:
    private = new_secret()
    source = sources.Source("meter", "/meter", ("*",), backfill=True)
    with api.house.database.write() as session:
        key = Material(ED25519, public_of(private))
        sources.add(session, source, key, secret=api.service.keys.secrets.key, by="person:alice", at=api.house.clock())
    hook = Hook(api, private, "meter", ED25519)
    event = api.house.event("desk.case.reported", {"channel": "phone"}, source="/meter")
    assert hook.post(event).status_code == 201


def test_every_fault_of_a_signature_gets_the_same_401(hook: Hook) -> None:
    gone, ended, spare = Hook.add(hook.api, "gone", "/gone"), new_secret(), Hook.add(hook.api, "spare", "/spare")
    rotated(hook, ended)
    hook.secret = rotated(hook)
    with hook.api.house.database.write() as session:
        sources.retire(session, "gone", by="person:alice", at=hook.api.house.clock())
    before = hook.api.counts()
    event = hook.event()
    name, value = "webhook-signature", json.dumps(event).encode()
    answers = [
        hook.post(event, headers={name: ""}),
        hook.post(event, headers={name: "v1,AAAA"}),
        hook.post(event, headers={name: "v9,AAAA"}),
        hook.post(event, headers={name: "v1,AAAA " * 1000}),
        hook.post(value, headers={name: "v1,é"}),
        hook.post(event, headers={"webhook-id": "msg.0"}),
        hook.post(event, headers={"webhook-id": "another"}),
        *(hook.post(event, headers={"webhook-timestamp": each}) for each in ("", "nan", "1e9", "+1612152000", "1")),
        hook.post(event, seconds=301),
        hook.post(event, seconds=-301),
        *(hook.post(event, to=each) for each in ("nobody", "a" * 63, "spare", "gone", "DESK", "desk'--")),
        gone.post(event),
        spare.post(event, to="desk"),
        Hook(hook.api, new_secret()).post(event),
        Hook(hook.api, ended).post(event),
        hook.api.client.post("/api/v1/webhooks/desk", json=event),
        hook.api.client.post("/api/v1/webhooks/desk?dry_run=1", json=event),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert len({(answer.get_data(), str(answer.headers)) for answer in answers}) == 1
    assert problem(answers[0])["type"] == UNAUTHORISED
    assert (hook.api.counts(), hook.count(), gone.count(), hook.held()) == (before, NOTHING, NOTHING, [])
    assert [hook.post(event, seconds=each).status_code for each in (299, -299)] == [201, 200]


def rotated(hook: Hook, new: bytes | None = None) -> bytes:
    """A new key for a source at once; its secret."""
    secret = new or new_secret()
    with hook.api.house.database.write() as session:
        key, at = hook.api.service.keys.secrets.key, hook.api.house.clock()
        material = Material("hmac", secret)
        rotate(session, hook.name, material, secret=key, overlap=timedelta(0), by="person:alice", at=at)
    return secret


def test_a_known_id_with_other_content_is_answered_with_what_is_stored(hook: Hook) -> None:
    event = hook.event()
    hook.post(event)
    with hook.api.house.database.read() as session:
        content = bytes(session.scalars(select(events_table.c.content)).one()).hex()
    refused = problem(hook.post(event | {"data": {"channel": "mail"}}))
    assert (refused["status"], refused["stored"]) == (409, {"seq": 0, "content": content})
    assert (hook.count(), hook.held()) == ((2, 1, 0, 1, 0), [])


def test_a_changed_replay_is_a_conflict_however_often_it_comes(hook: Hook) -> None:
    events = [hook.event() for _ in range(5)]
    assert hook.post(events, BATCH).status_code == 201
    before = hook.api.counts()
    found = [hook.post(events[n % 5] | {"subject": f"case-{n}"}, id=f"msg-{n % 5}") for n in range(15)]
    assert [problem(each)["stored"]["seq"] for each in found] == [n % 5 for n in range(15)]
    assert (hook.api.counts(), hook.count(), hook.held()) == (before, (20, 5, 0, 15, 0), [])


def test_a_refused_batch_stores_nothing_and_lies_in_quarantine_once(hook: Hook) -> None:
    before = hook.api.counts()
    batch = [hook.event(), hook.event("pigeon"), hook.event(colour="red")]
    for _attempt in range(3):
        refused = problem(hook.post(batch, BATCH, id="msg-bad"))
        assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, ["/2/colour"])
    assert hook.api.counts() == before
    assert hook.count() == (9, 0, 0, 0, 9)
    [found] = hook.held()
    assert (found.sender, found.delivery, found.attempts, found.mistakes) == ("desk", "msg-bad", 3, 1)


def test_in_a_batch_with_a_conflict_that_event_conflicts_and_the_others_are_rejected(hook: Hook) -> None:
    known = hook.event()
    hook.post(known)
    batch = [hook.event(), known | {"subject": "other"}, hook.event()]
    assert hook.post(batch, BATCH).status_code == 409
    assert hook.count() == (4, 1, 0, 1, 2)


def test_what_cannot_be_read_though_authentic_is_kept_too(hook: Hook) -> None:
    for body in (b"{", b'{"a": NaN}', b"[1]" * 2, b"\xff\xfe"):
        assert hook.post(body).status_code == 400
    assert (hook.count(), len(hook.held())) == ((4, 0, 0, 0, 4), 4)


def test_another_uri_or_type_is_forbidden_and_not_kept(api: Api) -> None:
    hook = Hook.add(api, "desk", "/desk", "desk.*")
    for event in (hook.event(source="/other"), api.house.event("meter.read", {}, source="/desk")):
        assert hook.post(event).status_code == 403
    assert (hook.count(), hook.held()) == ((2, 0, 0, 0, 2), [])


def test_what_is_too_large_or_of_another_type_is_said_so(hook: Hook) -> None:
    assert problem(hook.post(b"[" + b" " * MAX_BODY + b"]", BATCH))["status"] == 413
    assert problem(hook.post(hook.event(), headers={"content-encoding": "gzip"}))["status"] == 415
    assert hook.count() == NOTHING  # before anybody knew who sent it
    assert problem(hook.post(hook.event(), "text/plain"))["status"] == 415
    assert (hook.count(), hook.held()) == ((1, 0, 0, 0, 1), [])
    assert hook.post(hook.event()).status_code == 201


def test_every_mistake_of_every_event_is_told_with_its_place(hook: Hook) -> None:
    data = hook.post(
        [hook.event(), hook.event() | {"data": {"channel": 7, "colour": "red"}}, hook.event() | {"data": {}}], BATCH
    )
    assert [(each["pointer"], bool(each["message"])) for each in problem(data)["mistakes"]] == [
        ("/1/data/channel", True),
        ("/1/data/colour", True),
        ("/2/data/channel", True),
    ]
    envelope = hook.post(hook.event("pigeon", id="", time="yesterday", entity="west"))
    pointers = {each["pointer"] for each in problem(envelope)["mistakes"]}
    assert pointers == {"/id", "/time", "/data/channel"}
    assert [(each.delivery, each.mistakes) for each in hook.held()] == [("msg-0", 3), ("msg-1", 3)]
    assert hook.count() == (4, 0, 0, 0, 4)


def test_a_service_that_ends_asks_to_come_again_and_counts_nothing(hook: Hook) -> None:
    before = hook.api.counts()
    hook.api.service.reception.writer.close()
    for value in (hook.event(), hook.event("pigeon"), b"{"):
        answer = hook.post(value)
        assert (problem(answer)["status"], answer.headers["Retry-After"]) == (503, "5")
    assert (hook.api.counts(), hook.count(), hook.held()) == (before, NOTHING, [])


def test_a_late_event_takes_the_right_to_backfill_unless_it_is_a_duplicate(api: Api) -> None:
    hook = Hook.add(api, backfill=False)
    now = api.house.clock()
    edge, older = ((now - timedelta(days=7, seconds=each)).isoformat() for each in (0, 1))
    just = hook.event(time=edge)
    assert hook.post(just).status_code == 201
    refused = problem(hook.post(hook.event(time=older)))
    assert [each["pointer"] for each in refused["mistakes"]] == ["/time"]
    assert len(hook.held()) == 1
    api.house.clock.instant += timedelta(days=400)
    assert hook.post(just).status_code == 200
    correction = {"original": {"seq": 0}, "replaces": 0, "reason": "a slip", "data": {"channel": "mail"}}
    amended = api.house.event(CORRECTED, correction, source="/desk", time=older)
    assert hook.post(amended).status_code == 422


def test_a_dry_run_answers_and_leaves_no_trace(hook: Hook) -> None:
    known = hook.event()
    hook.post(known)
    before = hook.api.counts()
    fresh = hook.event()
    answer = hook.post([fresh, known], BATCH, query="?dry_run=1")
    assert answer.status_code == 200
    assert [each["status"] for each in receipts(answer)] == ["valid", "duplicate"]
    assert receipts(answer)[0] == {"id": fresh["id"], "status": "valid"}
    assert hook.post(hook.event("pigeon"), query="?dry_run=1").status_code == 422
    assert hook.post(fresh, query="?dry_run=yes").status_code == 422
    assert (hook.api.counts(), hook.count(), hook.held()) == (before, (1, 1, 0, 0, 0), [])


def test_a_test_source_is_answered_and_never_recorded(api: Api) -> None:
    hook = Hook.add(api, test=True)
    before = api.counts()
    assert [each["status"] for each in receipts(hook.post(hook.event()))] == ["valid"]
    assert hook.post(hook.event("pigeon")).status_code == 422
    assert (api.counts(), hook.count(), hook.held()) == (before, NOTHING, [])


def test_two_keys_live_while_they_overlap_and_the_retired_one_never_again(hook: Hook) -> None:
    api, new = hook.api, new_secret()
    with api.house.database.write() as session:
        key, at = api.service.keys.secrets.key, api.house.clock()
        overlap = timedelta(hours=1)
        rotate(session, "desk", Material("hmac", new), secret=key, overlap=overlap, by="person:alice", at=at)
    hooks = (hook, Hook(api, new))
    batches = [[hook.event() for _ in range(50)] for _ in range(200)]
    assert [hooks[n % 2].post(batch, BATCH).status_code for n, batch in enumerate(batches)] == [201] * 200
    assert hook.count() == (10_000, 10_000, 0, 0, 0)
    api.house.clock.instant += timedelta(hours=1)
    assert [each.post(hook.event(), id=f"after-{n}").status_code for n, each in enumerate(hooks)] == [401, 201]


def test_a_retired_source_is_refused_at_once_though_memory_still_has_it(hook: Hook) -> None:
    api = hook.api
    remembered = Registry(api.house.database, api.service.keys)
    assert remembered.current().sources.keys() == {"desk"}
    assert hook.post(hook.event()).status_code == 201
    with api.house.database.write() as session:
        sources.retire(session, "desk", by="person:alice", at=api.house.clock())
    api.service.reception.registry = remembered  # as another process, which has not looked since
    assert hook.post(hook.event()).status_code == 401
    assert hook.count() == (1, 1, 0, 0, 0)


def test_the_last_use_of_a_key_is_visible(hook: Hook) -> None:
    hook.post(hook.event())
    with hook.api.house.database.read() as session:
        [found] = sources.listed(session)
    assert [key.used_at for key in found.keys] == ["2021-02-01T04:00:00.000000Z"]


def test_a_source_corrects_what_is_its_own_alone(hook: Hook) -> None:
    hook.api.post(hook.api.house.event("desk.case.reported", {"channel": "phone"}))
    hook.post(hook.event())
    for original, status in ((0, 403), (1, 201)):
        correction = {
            "original": {"seq": original},
            "replaces": original,
            "reason": "a slip",
            "data": {"channel": "mail"},
        }
        assert hook.post(hook.api.house.event(CORRECTED, correction, source="/desk")).status_code == status


STEPS = st.lists(
    st.tuples(st.sampled_from(["fresh", "again", "changed", "bad", "foreign", "broken", "mixed"]), st.integers(0, 5)),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_received_is_always_what_was_recorded_repeated_refused_and_in_conflict(hook: Hook, steps: Any) -> None:
    known = [hook.event() for _ in range(6)]
    hook.post(known, BATCH)
    before, sent = hook.count(), 0
    for kind, number in steps:
        one = known[number]
        body: Any = {
            "fresh": hook.event(),
            "again": one,
            "changed": one | {"subject": "other"},
            "bad": hook.event("pigeon"),
            "foreign": hook.event(source="/foreign"),
            "broken": b"{",
            "mixed": [hook.event(), one, hook.event("pigeon")],
        }[kind]
        hook.post(body, BATCH if kind == "mixed" else ONE)
        sent += 3 if kind == "mixed" else 1
    received, *outcomes = hook.count()
    assert received - before[0] == sent
    assert received == sum(outcomes)
    with hook.api.house.database.read() as session:
        stored = session.scalars(select(events_table.c.seq).where(events_table.c.source == "/desk")).all()
    assert len(stored) == outcomes[0]


def test_a_sender_that_calls_too_often_is_told_when_to_come_again(api: Api) -> None:
    hook, other = Hook.add(api), Hook.add(api, "other", "/other")
    api.service.reception.limiter = type(api.service.reception.limiter)("3/hour")
    answers = [hook.post(hook.event()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert problem(answers[3])["type"] == "urn:governance-tracker:problem:too-many"
    assert 0 < int(answers[3].headers["Retry-After"]) <= 3600
    assert other.post(api.house.event("desk.case.reported", {"channel": "phone"}, source="/other")).status_code == 201
    assert hook.count() == (3, 3, 0, 0, 0)

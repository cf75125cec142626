"""Proofs and checkpoints over the API: a stranger checks them with the key's line, SHA-256 and Ed25519 alone."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from tests.access.test_notes import by_hand
from tests.api.conftest import Api, problem, token
from tests.api.test_reading import get
from tracker.access.notes import verifier_key
from tracker.ledger.checkpoints import Checkpoint, sign
from tracker.ledger.heads import lock
from tracker.ledger.merkle import verify_consistency, verify_inclusion
from tracker.ledger.models import edge

CASE = "desk.case.reported"
ORIGIN = "small/ledger"
COUNT = 300
SIGNED = (3, 255, 256, 290)
RANGE = "must be a whole number from 1"
ODD: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({}, [("first", "is required")]),
    ({"second": "3"}, [("first", "is required")]),
    ({"first": "0", "second": "3"}, [("first", RANGE)]),
    ({"first": "0", "second": "0"}, [("first", RANGE), ("second", RANGE)]),
    ({"first": "4", "second": "3"}, [("second", "must be 4 to 300")]),
    ({"first": "4", "second": "301"}, [("second", "must be 4 to 300")]),
    ({"first": "301"}, [("first", "must be 1 to 300, the log's size")]),
    ({"first": "1", "second": "18446744073709551615"}, [("second", RANGE)]),
]


def checkpoint(api: Api) -> Checkpoint:
    with api.house.database.write() as session:
        lock(session)
        return sign(session, api.house.catalogue, api.service.keys.signer, api.house.clock())


def record(api: Api, count: int) -> None:
    event, data = api.house.event, {"channel": "phone", "narrative": "a secret", "places": ["北"]}
    api.house.record(*(event(CASE, data, subject='甲"1', entity="north") for _ in range(count)))


@pytest.fixture
def filled(api: Api) -> Api:
    """A log of 300 events, among them a correction and a void, with four checkpoints a day apart."""
    size = 0
    for end in SIGNED:
        record(api, end - size)
        checkpoint(api)
        api.house.clock.instant += timedelta(days=1)
        size = end
    api.house.correct(0, 0, {"channel": "mail"})
    api.house.void(1, 1)
    record(api, COUNT - size - 2)
    return api


def root_in(note: str) -> str:
    """The root of a checkpoint's text, in hex."""
    return base64.b64decode(note.split("\n")[2]).hex()


def check(found: dict[str, Any], size: int, root: str) -> None:
    """What a stranger does with a proof."""
    leaf = hashlib.sha256(b"\0" + found["header"].encode()).digest()
    assert (found["leaf"], found["size"], found["root"]) == (leaf.hex(), size, root)
    assert json.loads(found["header"])["seq"] == found["seq"]
    verify_inclusion(leaf, found["seq"], size, [bytes.fromhex(each) for each in found["proof"]], bytes.fromhex(root))


def test_a_stranger_checks_an_event_against_a_signed_checkpoint(filled: Api) -> None:
    key = get(filled, "/checkpoints")["key"]
    for seq in (0, 1, 2, 200, 289):
        found = get(filled, f"/events/{seq}/proof")
        origin, size, root = by_hand(found["checkpoint"], key).splitlines()
        assert (origin, size) == (ORIGIN, "290")
        check(found, 290, base64.b64decode(root).hex())
        event = get(filled, f"/events/{seq}")
        assert (found["seq"], found["leaf"]) == (seq, event["leaf"])
        header = json.loads(found["header"])
        assert header.items() >= {name: event[name] for name in header if name in event}.items()


def test_the_header_is_the_one_that_was_hashed_of_every_kind_of_event(filled: Api) -> None:
    for seq in (0, 290, 291):
        found, event = get(filled, f"/events/{seq}/proof"), get(filled, f"/events/{seq}")
        names = ("actor", "content", "day", "entity", "id", "recorded_at", "replaces", "seq", "source", "subject")
        header = {name: event.get(name) for name in (*names, "time", "type", "year")}
        assert found["header"] == json.dumps(header, ensure_ascii=False, separators=(",", ":"))


def test_a_proof_is_for_the_size_of_the_newest_checkpoint_or_the_whole_log_unless_asked_otherwise(filled: Api) -> None:
    assert get(filled, "/events/289/proof")["size"] == 290
    assert get(filled, "/events/290/proof")["size"] == COUNT
    asked = {size: get(filled, "/events/2/proof", {"size": str(size)}) for size in (3, 4, 255, 256, 257, 300)}
    for size, found in asked.items():
        check(found, size, found["root"])
    assert {size for size, found in asked.items() if found["checkpoint"]} == {3, 255, 256}
    assert {found["root"] for found in asked.values() if found["checkpoint"]} == {
        root_in(found["checkpoint"]) for found in asked.values() if found["checkpoint"]
    }


def test_a_log_without_checkpoints_has_proofs_all_the_same(api: Api) -> None:
    record(api, 1)
    found = get(api, "/events/0/proof")
    leaf = get(api, "/events/0")["leaf"]
    assert found == {
        "seq": 0,
        "leaf": leaf,
        "header": found["header"],
        "size": 1,
        "root": leaf,
        "proof": [],
        "checkpoint": None,
    }
    empty: dict[str, Any] = {"origin": ORIGIN, "checkpoints": [], "next": None}
    assert get(api, "/checkpoints") == empty | {"key": verifier_key(ORIGIN, api.service.keys.signer.public)}


def test_a_proof_for_a_size_that_lacks_the_event_or_that_the_log_lacks_is_refused(filled: Api) -> None:
    for size in ("1", "2", "301", str(10**18 - 1)):
        refused = problem(filled.get("/events/2/proof", {"size": size}))
        assert (refused["status"], refused["type"]) == (422, "urn:governance-tracker:problem:invalid")
        assert refused["detail"] == f"There is a proof of seq 2 for every size from 3 to 300, but not for {size}."
        assert refused["mistakes"] == [{"pointer": "size", "message": "must be 3 to 300"}]
    for size in ("0", "-1", "x", "", "1.0", "18446744073709551615"):
        refused = problem(filled.get("/events/2/proof", {"size": size}))
        assert refused["mistakes"] == [{"pointer": "size", "message": RANGE}]


def test_of_an_event_that_is_not_there_there_is_no_proof(filled: Api) -> None:
    for seq in ("300", "9223372036854775808", "9" * 40):
        refused = problem(filled.get(f"/events/{seq}/proof"))
        told = f"There is no event with seq {seq}. GET /api/v1/events lists those there are."
        assert (refused["status"], refused["detail"]) == (404, told)


def test_checkpoints_come_page_by_page_and_each_is_signed_by_the_key(filled: Api) -> None:
    everything = get(filled, "/checkpoints")
    assert everything["next"] is None
    assert [each["size"] for each in everything["checkpoints"]] == list(SIGNED)
    assert [each["signed_at"][:10] for each in everything["checkpoints"]] == [f"2021-02-0{n}" for n in range(1, 5)]
    for each in everything["checkpoints"]:
        encoded = base64.b64encode(bytes.fromhex(each["root"])).decode()
        assert by_hand(each["note"], everything["key"]) == f"{everything['origin']}\n{each['size']}\n{encoded}\n"
    first = filled.get("/checkpoints", {"limit": "3"})
    assert first.headers["Link"] == '</api/v1/checkpoints?limit=3&cursor=256>; rel="next"'
    rest = get(filled, "/checkpoints", {"limit": "3", "cursor": first.get_json()["next"]})
    assert [*first.get_json()["checkpoints"], *rest["checkpoints"]] == everything["checkpoints"]
    assert rest["next"] is None


def test_a_stranger_checks_that_each_checkpoint_continues_the_one_before(filled: Api) -> None:
    listed = get(filled, "/checkpoints")["checkpoints"]
    for earlier in listed:
        for later in listed[listed.index(earlier) :]:
            first, second = earlier["size"], later["size"]
            found = get(filled, "/checkpoints/consistency", {"first": str(first), "second": str(second)})
            assert found == {
                "first": first,
                "second": second,
                "first_root": earlier["root"],
                "second_root": later["root"],
                "proof": found["proof"],
            }
            roots = bytes.fromhex(earlier["root"]), bytes.fromhex(later["root"])
            verify_consistency(first, second, [bytes.fromhex(each) for each in found["proof"]], *roots)


def test_consistency_is_with_the_newest_checkpoint_or_the_whole_log_unless_asked_otherwise(filled: Api) -> None:
    assert get(filled, "/checkpoints/consistency", {"first": "7"})["second"] == 290
    assert get(filled, "/checkpoints/consistency", {"first": "291"})["second"] == COUNT


def test_sizes_between_which_there_is_no_proof_are_refused(filled: Api) -> None:
    for query, mistakes in ODD:
        refused = problem(filled.get("/checkpoints/consistency", query))
        assert refused["status"] == 422
        assert [(each["pointer"], each["message"]) for each in refused["mistakes"]] == mistakes


def test_an_empty_log_has_no_proof_at_all(api: Api) -> None:
    refused = problem(api.get("/checkpoints/consistency", {"first": "1"}))
    assert (refused["status"], refused["mistakes"][0]["message"]) == (422, "the log is empty yet")
    assert problem(api.get("/events/0/proof"))["status"] == 404


def test_a_tree_that_lacks_a_part_says_where_to_look(filled: Api) -> None:
    with filled.house.database.write() as session:
        session.execute(delete(edge))
    refused = problem(filled.get("/events/2/proof"))
    assert (refused["status"], refused["type"]) == (422, "urn:governance-tracker:problem:proof-invalid")
    assert "Run `tracker verify`" in refused["detail"]


def test_a_confidential_value_is_in_no_proof(filled: Api) -> None:
    assert "secret" not in filled.get("/events/0/proof").text


def test_proofs_and_checkpoints_are_for_those_who_may_read(filled: Api) -> None:
    headers = {"Authorization": f"Bearer {token(filled.house, 'clerk', 'record')}"}
    for path in ("/events/0/proof", "/checkpoints", "/checkpoints/consistency?first=1"):
        assert filled.client.get(f"/api/v1{path}", headers=headers).status_code == 403
        assert filled.client.get(f"/api/v1{path}").status_code == 401

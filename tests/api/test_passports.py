"""``GET /api/v1/figures/…/passport`` and ``…/sample``: a stranger follows a figure to its events and their proofs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.api.conftest import Api, problem
from tests.freezing import SIGNER, frozen
from tracker.ledger.checkpoints import sign
from tracker.ledger.merkle import leaf_hash, verify_inclusion

CASE = "desk.case.reported"


@pytest.fixture
def lived(api: Api) -> Api:
    """Four cases: the first was corrected (seq 4), the third voided (seq 5); the year was frozen, and one came late."""
    house = api.house
    house.record(*(house.event(CASE, {"channel": "phone"}) for _ in range(4)))
    house.correct(0, 0, {"channel": "mail"})
    house.void(2, 2)
    frozen(house.database, house.ledger, 2020)
    house.record(house.event(CASE, {"channel": "phone"}))
    return api


def get(api: Api, path: str, **query: str) -> dict[str, Any]:
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def follow(api: Api, address: str) -> dict[str, Any]:
    """What is at an address that an answer gave."""
    found: dict[str, Any] = api.client.get(address, headers={"Authorization": f"Bearer {api.token}"}).get_json()
    return found


def test_a_stranger_recomputes_the_digest_from_proved_headers(lived: Api) -> None:
    """By following nothing but the addresses in the passport, and trusting nothing but the signed root."""
    passport = get(lived, "/figures/desk.cases/2020/passport", revision="1")
    size, root = passport["known"]["log_size"], bytes.fromhex(passport["known"]["root"])
    events = follow(lived, passport["events"]["list"])["events"]
    behind = {each["seq"] for each in events}
    leaves, originals = [], dict[int, int]()
    for seq in range(size):
        proved = follow(lived, passport["events"]["proof"].replace("{seq}", str(seq)))
        header = json.loads(proved["header"])
        leaf = leaf_hash(proved["header"].encode())
        verify_inclusion(leaf, seq, size, [bytes.fromhex(each) for each in proved["proof"]], root)
        originals[seq] = seq if header["replaces"] is None else originals[header["replaces"]]
        if originals[seq] in behind:
            leaves.append(leaf)
    assert (sorted(behind), len(leaves)) == ([0, 1, 3], 4)
    assert passport["events"]["digest"] == hashlib.sha256(b"".join(leaves)).hexdigest()
    assert (passport["events"]["count"], passport["events"]["leaves"]) == (3, 4)
    assert (passport["value"], passport["known"]["agrees"], passport["checkpoint"]["size"]) == ("3", True, size)


def test_what_runs_moves_on_and_what_was_known_stays(lived: Api) -> None:
    path = "/figures/desk.cases/2020/passport"
    asked: list[dict[str, str]] = [{}, {"revision": "1"}, {"as_of": "3"}, {"as_of": "0"}]
    assert [get(lived, path, **each)["value"] for each in asked] == ["4", "3", "4", "1"]
    assert get(lived, path)["checkpoint"] is None
    with lived.house.database.write() as session:
        sign(session, lived.house.catalogue, SIGNER, lived.house.clock())
    assert get(lived, path)["checkpoint"]["size"] == 7


def test_a_computed_figure_leads_to_the_passports_it_follows_from(lived: Api) -> None:
    found = get(lived, "/figures/desk.growth/2020/passport", as_of="5")
    addresses = [each["passport"] for each in found["inputs"]]
    assert addresses == [f"/api/v1/figures/desk.cases/{year}/passport?as_of=5" for year in (2020, 2019)]
    assert [follow(lived, each)["value"] for each in addresses] == ["3", "0"]


def test_a_sample_is_drawn_by_a_seed(lived: Api) -> None:
    path = "/figures/desk.cases/2020/sample"
    found = get(lived, path, seed="骰子 4", count="2")
    assert {name: found[name] for name in ("metric", "period", "seed", "log_size", "population")} == {
        "metric": "desk.cases",
        "period": "2020",
        "seed": "骰子 4",
        "log_size": 7,
        "population": 4,
    }
    assert [each["seq"] for each in found["events"]] == ranked(get(lived, path, seed="骰子 4")["events"], "骰子 4")[:2]
    assert get(lived, path, seed="骰子 4", count="2") == found
    for each in found["events"]:
        assert follow(lived, each["proof"])["leaf"] == each["leaf"]
        assert follow(lived, each["event"])["seq"] == each["version"]


def ranked(events: list[dict[str, Any]], seed: str) -> list[int]:
    """The two lowest lots, in order of seq."""
    lots = {each["seq"]: hashlib.sha256(f"{seed}:{each['leaf']}".encode()).hexdigest() for each in events}
    return sorted(sorted(lots, key=lots.__getitem__)[:2])


def test_a_sample_of_a_revision_is_of_its_log(lived: Api) -> None:
    found = get(lived, "/figures/desk.cases/2020/sample", seed="s", revision="1")
    assert [(each["seq"], each["version"]) for each in found["events"]] == [(0, 4), (1, 1), (3, 3)]
    assert (found["log_size"], found["population"]) == (6, 3)


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("desk.csaes/2020/passport", {}, 404, "The catalogue has no metric 'desk.csaes'."),
        ("desk.cases/20/passport", {}, 404, "'20' is not a period."),
        ("desk.cases/2020/passport", {"revision": "2"}, 404, "There is no frozen revision 2 of 2020."),
        ("desk.cases/2020/passport", {"as_of": "7"}, 404, "There is no event with seq 7: the log has 7 events."),
        ("desk.cases/2020/passport", {"as_of": "1", "revision": "1"}, 422, "Ask for a revision or for a seq"),
        ("desk.cases/2020/passport", {"revision": "0"}, 422, "The query has 1 mistake."),
        ("desk.cases/2020/sample", {}, 422, "This sample cannot be drawn"),
        ("desk.cases/2020/sample", {"seed": " "}, 422, "This sample cannot be drawn"),
        ("desk.cases/2020/sample", {"seed": "x" * 201}, 422, "This sample cannot be drawn"),
        ("desk.cases/2020/sample", {"seed": "s", "count": "1001"}, 422, "The query has 1 mistake."),
    ],
)  # fmt: skip
def test_what_has_no_passport_or_sample_says_why(
    lived: Api, path: str, query: dict[str, str], status: int, words: str
) -> None:
    refused = problem(lived.get(f"/figures/{path}", query))
    assert (refused["status"], refused["detail"][: len(words)]) == (status, words)

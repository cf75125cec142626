"""`tracker passport` and `tracker sample`, run as their users run them, on both databases."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.cli.conftest import Desk, a_case
from tests.cli.test_correct import log, sheet
from tests.exports.test_passport import by_hand


@pytest.fixture
def ledger(bare: Desk, url: str) -> Desk:
    """Six cases on record, once per engine; the second was corrected (seq 6), the third voided (seq 7)."""
    bare.settings["TRACKER_DATABASE_URL"] = url
    bare.done("init")
    bare.done("import", bare.ndjson("events.ndjson", *(a_case(n) for n in range(6))))
    bare.done("correct", sheet(bare, "seq,action,reason,data.channel", "1,correct,a slip,mail", "2,void,twice,"))
    return bare


def told(desk: Desk, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.done(*arguments, "--json"))
    return found


def test_a_passport_is_printed_line_by_line_and_as_a_document(ledger: Desk) -> None:
    document = told(ledger, "passport", "desk.cases", "2020")
    digest = by_hand(log(ledger), [0, 1, 3, 4, 5])
    assert ledger.done("passport", "desk.cases", "2020") == (
        "desk.cases 2020: 5 起 | 5 cases\n"
        "  exact        5\n"
        "  rounded      half_up, 0 places\n"
        f"  definition   {document['definition']['version']}\n"
        f"  catalogue    {document['definition']['catalogue']}\n"
        "  events       5, with 6 leaves\n"
        f"  digest       {digest}\n"
        "  log size     8\n"
        f"  root         {document['known']['root']}\n"
    )
    assert (document["events"], document["value"]) == ({"count": 5, "leaves": 6, "digest": digest}, "5")


def test_a_frozen_revision_has_a_passport_of_its_own(ledger: Desk) -> None:
    ledger.frozen(2020)
    found = ledger.done("passport", "desk.growth", "2020", "--revision", "1").splitlines()
    assert [line.split()[0] for line in found] == [
        "desk.growth", "rounded", "definition", "catalogue", "events", "digest", "log", "root", "checkpoint",
        "from", "from", "revision",
    ]  # fmt: skip
    document = told(ledger, "passport", "desk.cases", "2020", "--revision", "1")
    assert (document["known"]["stated"], document["known"]["agrees"]) == ("5", True)


def test_what_was_known_at_any_seq_is_printed(ledger: Desk) -> None:
    assert [told(ledger, "passport", "desk.cases", "2020", "--as-of", seq)["value"] for seq in "0567"] == [
        "1", "6", "6", "5",
    ]  # fmt: skip


def test_a_sample_is_drawn_by_a_seed_and_printed_in_the_order_of_the_log(ledger: Desk) -> None:
    found = told(ledger, "sample", "desk.cases", "2020", "--seed", "dice", "--count", "3")
    in_force = {0: 0, 1: 6, 3: 3, 4: 4, 5: 5}
    leaves = {seq: log(ledger)[version].leaf for seq, version in in_force.items()}
    lots = {seq: hashlib.sha256(f"dice:{leaf}".encode()).hexdigest() for seq, leaf in leaves.items()}
    expected = sorted(sorted(lots, key=lots.__getitem__)[:3])
    assert [(each["seq"], each["version"], each["leaf"]) for each in found["events"]] == [
        (seq, in_force[seq], leaves[seq]) for seq in expected
    ]
    first, *lines = ledger.done("sample", "desk.cases", "2020", "--seed", "dice", "--count", "9").splitlines()
    assert first == f"5 of 5 events, from a log of 8 with root {found['root']}."
    assert lines[1] == f"        1 2020-05-04 {leaves[1]} desk.case.reported corrected by 6"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sample", "desk.cases", "2020"), "Missing option '--seed'"),
        (("sample", "desk.cases", "2020", "--seed", ""), "This sample cannot be drawn"),
        (("sample", "desk.cases", "2020", "--seed", "s", "--count", "0"), "0 is not in the range"),
        (("passport", "desk.csaes", "2020"), "The catalogue has no metric 'desk.csaes'."),
        (("passport", "desk.cases", "2020", "--revision", "1"), "There is no frozen revision 1 of 2020."),
        (("passport", "desk.cases", "2020", "--as-of", "8"), "There is no event with seq 8: the log has 8 events."),
    ],
)
def test_what_cannot_be_printed_says_why(ledger: Desk, arguments: tuple[str, ...], words: str) -> None:
    ended = ledger.run(*arguments)
    assert (ended.status, ended.out, words in ended.err) == (2, "", True)

"""`tracker candidates` and `tracker restate`: what has changed of a frozen year, and a revision that says so."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Desk, a_case


@pytest.fixture
def frozen(desk: Desk) -> Desk:
    """A desk whose 2020, with two cases, is frozen."""
    desk.done("import", desk.ndjson("events.ndjson", a_case(1), a_case(2, "mail")))
    desk.frozen(2020)
    return desk


def test_candidates_say_what_changed_and_which_event_did_it(frozen: Desk) -> None:
    assert frozen.done("candidates", "2020") == (
        "2020, revision 1: 0 of 267 values changed, 0 of them by as much as matters. Late events: 0.\n"
    )
    frozen.done("import", frozen.ndjson("late.ndjson", a_case(3)))
    lines = frozen.done("candidates", "2020").splitlines()
    first = next(line for line in lines if line.startswith("desk.cases"))
    assert re.fullmatch(r"desk\.cases +2 -> +3 +\+1  matters", first)
    assert "seq 2 desk.case.reported (2020-05-04) moved desk.cases +1, " in lines[-2]
    assert lines[-1].endswith("10 of 267 values changed, 10 of them by as much as matters. Late events: 1.")


def test_candidates_are_told_as_a_document_a_page_at_a_time(frozen: Desk) -> None:
    frozen.done("import", frozen.ndjson("late.ndjson", *map(a_case, range(3, 6))))
    first = json.loads(frozen.done("candidates", "2020", "--json", "--limit", "2"))
    assert ([each["seq"] for each in first["events"]], first["next"], first["late"]) == ([2, 3], "3", 3)
    effect = first["events"][0]["effects"][0]
    assert effect == {
        "metric": "desk.cases",
        "previously": "2",
        "now": "3",
        "difference": "1",
        "exact": "1",
    }
    assert first["figures"][0] == {
        "metric": "desk.cases",
        "previously": "2",
        "now": "5",
        "difference": "3",
        "percent": "150.0",
        "threshold": "0",
        "matters": True,
    }
    second = json.loads(frozen.done("candidates", "2020", "--json", "--after", "3"))
    assert ([each["seq"] for each in second["events"]], second["next"]) == ([4], None)
    assert json.loads(frozen.done("candidates", "2020", "--json", "--limit", "0"))["events"] == []


def test_a_year_is_restated_with_a_reason_and_what_changed_is_printed(frozen: Desk) -> None:
    frozen.done("import", frozen.ndjson("late.ndjson", a_case(3)))
    said = frozen.done("restate", "2020", "--reason", "A case was recorded late.")
    lines = said.splitlines()
    assert re.fullmatch(r"desk\.cases +2 -> +3 +\+1", lines[0])
    assert re.fullmatch(
        r"Draft 2 of 2020, revision 2: \d+ values changed, \d+ of them by as much as matters, log size 3, "
        r"digest [0-9a-f]{64}\.",
        lines[-2],
    )
    assert lines[-1] == "It is frozen once one person signs it and another approves it, at /years/2020/preparation."
    assert frozen.done("restate", "2020", "--reason", "A case was recorded late.") == said
    assert frozen.sql("SELECT revision FROM snapshot") == [(1,)]
    [(body,)] = frozen.sql("SELECT body FROM snapshot_draft WHERE revision = 2")
    assert json.loads(body)["restatement"]["reason"] == "A case was recorded late."


def test_nothing_is_restated_without_a_reason_a_change_or_a_frozen_year(frozen: Desk) -> None:
    assert "Missing option '--reason'" in frozen.refused("restate", "2020")
    assert frozen.refused("restate", "2020", "--reason", "Late.") == (
        "This contradicts what is on record: No figure of 2020 has changed since revision 1; nothing to restate.\n"
    )
    frozen.done("import", frozen.ndjson("late.ndjson", a_case(3)))
    assert "Say why the year is restated" in frozen.refused("restate", "2020", "--reason", " ")
    assert "The year 2019 is not frozen" in frozen.refused("restate", "2019", "--reason", "Late.")
    assert "There is no frozen year 2019" in frozen.refused("candidates", "2019")
    assert frozen.sql("SELECT count(*) FROM snapshot_draft") == [(1,)]

"""`tracker correct`: a CSV of what changes, run as its users run it, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk, a_case
from tracker.db import Database
from tracker.ledger.queries import Entry, entries

HEADER = "seq,action,reason,data.channel,data.narrative"


@pytest.fixture
def ledger(bare: Desk, url: str) -> Desk:
    """Three cases on record, once per engine; the second has a confidential narrative."""
    bare.settings["TRACKER_DATABASE_URL"] = url
    bare.done("init")
    told: dict[str, Any] = {"channel": "phone", "narrative": "what happened"}
    bare.done("import", bare.ndjson("events.ndjson", a_case(0), a_case(1, data=told), a_case(2)))
    return bare


def sheet(desk: Desk, *lines: str, name: str = "corrections.csv") -> Path:
    file = desk.path / name
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def log(desk: Desk) -> list[Entry]:
    database = Database(desk.settings["TRACKER_DATABASE_URL"])
    try:
        with database.read() as session:
            return entries(session)
    finally:
        database.close()


def test_a_file_corrects_and_voids_once(ledger: Desk) -> None:
    file = sheet(ledger, HEADER, "1,correct,mistyped,mail,", "2,void,recorded twice,,")
    assert ledger.done("correct", file, "--dry-run") == (
        "2 rows: 1 would be corrected, 1 would be voided, 0 done already.\n"
    )
    assert len(log(ledger)) == 3
    assert ledger.done("correct", file) == "2 rows: 1 corrected, 1 voided, 0 done already.\n"
    corrected, voided = log(ledger)[3:]
    assert (corrected.type, corrected.original, corrected.source, corrected.actor) == (
        "tracker.event.corrected",
        1,
        "/desk",
        "person:command-line",
    )
    assert corrected.data["reason"] == "mistyped"
    assert corrected.data["data"]["channel"] == "mail"
    assert corrected.data["data"]["narrative"].keys() == {"commitment"}
    assert (voided.type, voided.original) == ("tracker.event.voided", 2)
    assert ledger.done("correct", file) == "2 rows: 0 corrected, 0 voided, 2 done already.\n"
    assert len(log(ledger)) == 5
    ledger.done("recount")


def test_a_file_with_mistakes_stores_nothing_and_ends_with_status_1(ledger: Desk) -> None:
    file = sheet(ledger, HEADER, "0,correct,fine,mail,", "7,void,no such,,", "1,correct,odd,pigeon,", "1,void,,,")
    for options in ([], ["--dry-run"]):
        ended = ledger.run("correct", *options, file)
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.splitlines() == [
            "The input has mistakes: 3 mistakes in 4 rows; nothing was stored.",
            "  line 3: names no event on record",
            "  line 4 /data/data/channel: 'pigeon' is not allowed. Allowed are mail and phone.",
            "  line 5: reason is missing",
        ]
    assert len(log(ledger)) == 3


def test_a_confidential_value_is_not_repeated_in_what_is_said(ledger: Desk) -> None:
    ended = ledger.run("correct", sheet(ledger, HEADER, f"1,correct,r,pigeon,{'hush ' * 3000}"))
    assert ended.status == 1
    assert "/data/data/narrative: has 14999 characters" in ended.err
    assert "hush" not in ended.err


def test_a_correction_of_a_frozen_year_is_told_to_be_late(ledger: Desk) -> None:
    ledger.frozen(2020)
    file = sheet(ledger, HEADER, "0,correct,mistyped,mail,")
    assert ledger.done("correct", file) == (
        "1 row: 1 corrected, 0 voided (1 late for a frozen year), 0 done already.\n"
    )


def test_a_wrong_header_and_a_missing_file_are_wrong_use(ledger: Desk) -> None:
    assert ledger.refused("correct", sheet(ledger, "seq,action,reson", "0,void,r")).splitlines() == [
        "The input has mistakes: The header of the file has mistakes; nothing was read.",
        "  line 1: 'reson' is no column of corrections. Did you mean 'reason'?",
        "  line 1: the column reason is missing",
    ]
    assert "cannot be read" in ledger.refused("correct", sheet(ledger, 'seq,"action'))
    assert "does not exist" in ledger.refused("correct", ledger.path / "nowhere.csv")
    assert "Missing argument" in ledger.refused("correct")


def test_a_file_without_rows_changes_nothing(ledger: Desk) -> None:
    assert ledger.done("correct", sheet(ledger, HEADER)) == "0 rows: 0 corrected, 0 voided, 0 done already.\n"


def test_a_database_that_is_not_made_is_refused(bare: Desk) -> None:
    said = bare.refused("correct", sheet(bare, HEADER))
    assert said == "The service is not ready: The database has no tables of the tracker yet. Run `tracker init`.\n"

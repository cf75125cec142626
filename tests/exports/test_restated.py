"""A restated year says of each value what it was before, and each year what the year before was, in every format."""

from __future__ import annotations

import base64
import csv
import io
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.exports.test_exports import BODY, CATALOGUE
from tests.freezing import SIGNER, frozen
from tests.house import House
from tests.snapshots.years import CASE, happen, live_a_year
from tracker.access.notes import signed_by
from tracker.disclosure.audiences import Withheld
from tracker.disclosure.hiding import Mark
from tracker.disclosure.relations import place
from tracker.exports import write
from tracker.exports.frozen import export_to
from tracker.snapshots.reading import get

EXPECTED = Path(__file__).parent
OFFLINE = {"mode": "offline"}

RESTATED: dict[str, Any] = {
    **BODY,
    "revision": 2,
    "root": "1" * 64,
    "previous": "2" * 64,
    "restatement": {
        "reason": "A session was counted twice.",
        "events": [15000, 15002],
        "changes": [
            {
                "metric": "integrity.attendance",
                "previously": "17954",
                "now": "17950",
                "difference": "-4",
            },
            {
                "metric": "integrity.attendance",
                "by": OFFLINE,
                "previously": None,
                "now": "5960",
                "difference": None,
            },
            {
                "metric": "integrity.attendance",
                "by": {"mode": "online"},
                "previously": "3",
                "now": None,
                "difference": None,
            },
            {
                "metric": "integrity.profit",
                "period": "2020-01",
                "previously": "2.00",
                "now": "0.00",
                "difference": "-2.00",
            },
        ],
    },
    "comparatives": {
        "year": 2019,
        "revision": 3,
        "digest": "3" * 64,
        "figures": {"integrity.attendance": "3", "integrity.profit": "-1.00", "integrity.gone": "7"},
    },
}

SEAL = {"digest": "4" * 64, "approvals": [{"act": "signed", "at": "2021-02-01T04:00:00.000000Z", "by": "person:a"}]}

HIDDEN = Withheld(
    {place("integrity.attendance", "2019", {}): Mark.PRIMARY, place("integrity.profit", "2020-01", {}): Mark.SECONDARY},
    {place("integrity.attendance", "2020", {}): Mark.SECONDARY},
)


def exported(format: str, hidden: Withheld | None = None) -> bytes:
    stream = BytesIO()
    write(format, RESTATED, CATALOGUE, stream, hidden, SEAL)
    return stream.getvalue()


@pytest.mark.parametrize(("hidden", "name"), [(None, "restated"), (HIDDEN, "restated-public")])
def test_the_table_has_a_column_for_each_comparison(hidden: Withheld | None, name: str) -> None:
    assert exported("csv", hidden) == (EXPECTED / f"year-2020-{name}.csv").read_bytes()


@pytest.mark.parametrize(("hidden", "name"), [(None, "restated"), (HIDDEN, "restated-public")])
def test_the_document_says_why_what_changed_and_who_agreed(hidden: Withheld | None, name: str) -> None:
    document = json.loads((EXPECTED / f"year-2020-{name}.json").read_bytes())
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert exported("json", hidden) == f"{text}\n".encode()


def test_what_is_hidden_now_or_before_stands_nowhere() -> None:
    for format in ("csv", "json"):
        text = exported(format, HIDDEN).decode()
        assert "17954" not in text
        assert "-2.00" not in text
        assert "2.00" in text  # the public has read it
        # Whoever knows everything else could try small counts until the digest fits.
        assert not any(digit * 64 in text for digit in "234")


def test_a_first_revision_without_a_year_before_has_nothing_to_compare() -> None:
    stream = BytesIO()
    write("json", BODY | {"restatement": None, "comparatives": None, "previous": None}, CATALOGUE, stream)
    assert json.loads(stream.getvalue()) == json.loads((EXPECTED / "year-2020.json").read_bytes())


def test_a_frozen_revision_is_exported_with_its_seal_and_all_that_it_is_compared_with(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2019)
    first = frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-07-10", "c9")
    happen(house, CASE, "2019-07-10", "c9")
    frozen(house.database, house.ledger, 2019, reason="A case was recorded late.")
    frozen(house.database, house.ledger, 2020, reason="Two cases were recorded late.")
    one, two = (files(house, revision) for revision in (1, 2))
    assert "restatement" not in one["document"]
    assert [each["comparatives"]["revision"] for each in (one["document"], two["document"])] == [1, 2]
    restatement = two["document"]["restatement"]
    assert (restatement["previous"], restatement["reason"]) == (first.digest, "Two cases were recorded late.")
    assert restatement["late_events"] == 2
    assert cases(one["document"]) == {"value": "2", "previous_year": "1"}
    assert cases(two["document"]) == {
        "value": "3",
        "previously_stated": "2",
        "difference": "1",
        "previous_year": "2",
    }
    lines = [each for each in two["table"] if each["metric"] == "desk.cases" and each["period"] == "2020"]
    assert [(each["by"], each["value"], each["previously_stated"], each["difference"]) for each in lines] == [
        ("", "3", "2", "1"),
        ("channel=mail", "1", "1", "0"),
        ("channel=phone", "2", "1", "1"),
        ("level=high", "1", "1", "0"),
        ("level=", "2", "1", "1"),
        ("channel=mail;level=", "1", "1", "0"),
        ("channel=phone;level=high", "1", "1", "0"),
        ("channel=phone;level=", "1", "", ""),
    ]
    seal = two["document"]["seal"]
    assert signed_by(SIGNER.public, seal["text"].encode(), base64.b64decode(seal["signature"]))
    assert [each["by"] for each in seal["approvals"]] == ["person:preparer", "person:approver"]
    assert json.loads(seal["text"])["root"] == two["document"]["root"]


def files(house: House, revision: int) -> dict[str, Any]:
    """A revision of 2020 as document and table."""
    found = []
    for format in ("json", "csv"):
        stream = BytesIO()
        with house.database.read() as session:
            export_to(stream, session, get(session, 2020, revision), format)
        found.append(stream.getvalue().decode())
    return {"document": json.loads(found[0]), "table": list(csv.DictReader(io.StringIO(found[1], newline="")))}


def cases(document: dict[str, Any]) -> dict[str, Any]:
    [found] = [each for each in document["figures"] if each["metric"] == "desk.cases"]
    names = ("value", "previously_stated", "difference", "previous_year")
    return {name: found[name] for name in names if name in found}

"""The data of corrections, voids, openings and empty periods."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.intake.envelope import read_event
from tracker.intake.exact import ExactNumber
from tracker.intake.validation import Validator, check
from tracker.ledger.events import CORRECTED, NOTHING, OPENED, VOIDED

from .small import BALANCE, CALENDAR, CATALOGUE, NOW, an_event

VALIDATOR = Validator(CATALOGUE)
VOID: dict[str, Any] = {"original": {"seq": 0}, "replaces": 0, "reason": "entered twice"}
CORRECTION: dict[str, Any] = {**VOID, "data": {"region": "china"}}
OPENING: dict[str, Any] = {"metric": BALANCE.id, "quantity": ExactNumber("12.5"), "by": {"region": "china"}}
EMPTY: dict[str, Any] = {"domain": "fairs", "period": "2020-03"}

RIGHT = [
    (VOIDED, VOID),
    (VOIDED, {**VOID, "original": {"source": "/fairs", "id": "fair-1"}, "reason": "x" * 2_000}),
    (CORRECTED, CORRECTION),
    (CORRECTED, {**CORRECTION, "data": {"any": "thing"}}),
    (OPENED, OPENING),
    (OPENED, {**OPENING, "quantity": "4000"}),
    (NOTHING, EMPTY),
    (NOTHING, {**EMPTY, "period": "2020-Q1"}),
]


@pytest.mark.parametrize(("type", "data"), RIGHT)
def test_right_data_is_taken(type: str, data: dict[str, Any]) -> None:
    assert VALIDATOR.mistakes(type, data) == ()


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (VOIDED, {**VOID, "original": 0}, "/original", '{"seq": …}'),
    (VOIDED, {**VOID, "original": {}}, "/original", '{"seq": …}'),
    (VOIDED, {**VOID, "original": {"seq": 0, "id": "x"}}, "/original", '{"seq": …}'),
    (VOIDED, {**VOID, "original": {"seq": -1}}, "/original/seq", "no seq"),
    (VOIDED, {**VOID, "original": {"seq": True}}, "/original/seq", "no seq"),
    (VOIDED, {**VOID, "original": {"seq": ExactNumber("9007199254740993")}}, "/original/seq", "no seq"),
    (VOIDED, {**VOID, "original": {"source": "/fairs", "id": "a b"}}, "/original/id", "no id"),
    (VOIDED, {**VOID, "original": {"source": ["/fairs"], "id": "a"}}, "/original/source", "no source"),
    (VOIDED, {**VOID, "replaces": "0"}, "/replaces", "from 0"),
    (VOIDED, {**VOID, "replaces": None}, "/replaces", "is null"),
    (VOIDED, {**VOID, "reason": ""}, "/reason", "is empty"),
    (VOIDED, {**VOID, "reason": "x" * 2_001}, "/reason", "at most 2000"),
    (VOIDED, {**VOID, "data": {}}, "/data", "no field of this event"),
    (CORRECTED, {**CORRECTION, "data": []}, "/data", "must be an object"),
    (CORRECTED, VOID, "/data", "is required"),
    (CORRECTED, {**CORRECTION, "subject": "x"}, "/subject", "no field of this event"),
    (OPENED, {**OPENING, "metric": "fairs.stall"}, "/metric", "Did you mean 'fairs.stalls'?"),
    (OPENED, {**OPENING, "metric": ["x"]}, "/metric", "must be a metric that is a balance"),
    (OPENED, {**OPENING, "quantity": "12.55"}, "/quantity", "at most 1 decimal;"),
    (OPENED, {**OPENING, "by": {}}, "/by/region", "is required"),
    (OPENED, {**OPENING, "by": {"region": "mars"}}, "/by/region", "Allowed are china and overseas"),
    (OPENED, {**OPENING, "by": {"region": "china", "kind": "x"}}, "/by/kind", "no dimension of this metric"),
    (OPENED, {**OPENING, "by": "china"}, "/by", "must be an object with region"),
    (OPENED, {name: OPENING[name] for name in ("metric", "quantity")}, "/by", "is required"),
    (NOTHING, {**EMPTY, "domain": "fair"}, "/domain", "Did you mean 'fairs'?"),
    (NOTHING, {**EMPTY, "domain": {}}, "/domain", "must be a domain"),
    (NOTHING, {**EMPTY, "period": "2020-13"}, "/period", "is no period"),
    (NOTHING, {**EMPTY, "period": 2020}, "/period", "not a number"),
]


@pytest.mark.parametrize(("type", "data", "where", "words"), WRONG)
def test_wrong_data_is_refused_with_words(type: str, data: dict[str, Any], where: str, words: str) -> None:
    (mistake,) = VALIDATOR.mistakes(type, data, pointer="/0")
    assert mistake.pointer == f"/0/data{where}"
    assert words in mistake.message


@pytest.mark.parametrize(
    ("time", "pointers"), [("2019-12-31T23:59:59+08:00", []), ("2019-12-31T16:00:00Z", ["/0/time"])]
)
def test_an_opening_is_dated_before_the_first_year(time: str, pointers: list[str]) -> None:
    event = read_event(an_event(type=OPENED, data=OPENING, time=time), calendar=CALENDAR, now=NOW, pointer="/0")
    assert [each.pointer for each in check(VALIDATOR, event).mistakes] == pointers

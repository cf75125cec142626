"""Corrections and voids: what they name, what they replace, who may send them, and how the tallies follow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.house import METER, House, statuses
from tests.ledger.test_recording import rows
from tracker.errors import Forbidden, Invalid, Mistake, Refused, StaleReplacement
from tracker.ledger.events import CORRECTED, OPENED, VOIDED, Actor, Fact, Receipt, Recorded
from tracker.ledger.models import events as events_table
from tracker.ledger.queries import facts
from tracker.ledger.record import Ledger
from tracker.signals import events_recorded

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}
MAIL = {"channel": "mail"}


def amendment(
    house: House,
    type: str,
    original: Mapping[str, Any],
    replaces: int,
    data: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    body: dict[str, Any] = {"original": dict(original), "replaces": replaces, "reason": "a slip"}
    return house.event(type, body if data is None else body | {"data": dict(data)}, **more)


def correction(house: House, original: int, replaces: int, **more: Any) -> dict[str, Any]:
    return amendment(house, CORRECTED, {"seq": original}, replaces, MAIL, **more)


def void(house: House, original: int, replaces: int, **more: Any) -> dict[str, Any]:
    return amendment(house, VOIDED, {"seq": original}, replaces, **more)


def refused(house: House, *events: Mapping[str, Any], actor: Actor | None = None) -> Refused:
    """The refusal of a batch, of which nothing was stored."""
    before = rows(house.database)
    with pytest.raises(Refused) as refusal:
        house.record(*events, **({} if actor is None else {"actor": actor}))
    assert rows(house.database) == before
    return refusal.value


def in_force(house: House) -> list[tuple[int, str, Mapping[str, Any]]]:
    with house.database.read() as session:
        return [(fact.seq, fact.type, fact.data) for fact in facts(session)]


def replaced(house: House) -> list[tuple[str, int | None, int | None]]:
    """Type, original and replaced version of every event."""
    with house.database.read() as session:
        query = select(events_table.c.type, events_table.c.original, events_table.c.replaces)
        return [(type, original, before) for type, original, before in session.execute(query.order_by("seq"))]


NAMES = {"by seq": {"seq": 0}, "by source and id": {"source": "/test", "id": "first"}}


@pytest.mark.parametrize("named", NAMES.values(), ids=NAMES)
def test_a_correction_replaces_the_data_and_keeps_the_type(house: House, named: Mapping[str, Any]) -> None:
    house.record(house.event(CASE, PHONE, id="first"))
    house.record(amendment(house, CORRECTED, named, 0, MAIL))
    house.record(amendment(house, CORRECTED, named, 1, {"channel": "mail", "level": "low"}))
    assert in_force(house) == [(0, CASE, {"channel": "mail", "level": "low"})]
    assert replaced(house) == [(CASE, None, None), (CORRECTED, 0, 0), (CORRECTED, 0, 1)]
    assert house.value("desk.cases", "2020") == 1
    assert house.value("desk.phone_cases", "2020") == 0
    assert house.differences() == []


@pytest.mark.parametrize("named", NAMES.values(), ids=NAMES)
def test_a_void_takes_the_fact_away(house: House, named: Mapping[str, Any]) -> None:
    house.record(house.event(CASE, PHONE, id="first"), house.event(CASE, MAIL))
    house.record(amendment(house, VOIDED, named, 0))
    assert in_force(house) == [(1, CASE, MAIL)]
    assert replaced(house) == [(CASE, None, None), (CASE, None, None), (VOIDED, 0, 0)]
    assert house.value("desk.cases", "2020") == 1
    assert house.value("desk.phone_cases", "2020") == 0
    assert house.differences() == []


def test_receivers_are_told_what_stood_before_and_what_stands_after(house: House) -> None:
    told: list[Recorded] = []

    def listen(_ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
        told.extend(events)

    house.record(house.event(CASE, PHONE, subject="a"), house.event("desk.member.joined", PHONE, subject="b"))
    with events_recorded.connected_to(listen):
        receipts = house.record(
            correction(house, 0, 0, subject="c", time="2021-01-01T00:00:00+08:00", entity="north"), void(house, 1, 1)
        )
        receipts += house.record(void(house, 0, 2))
    first = Fact(0, CASE, "a", "2020-05-04T04:00:00.000000Z", None, "2020-05-04", 2020, PHONE)
    second = Fact(0, CASE, "c", "2020-12-31T16:00:00.000000Z", "north", "2021-01-01", 2021, MAIL)
    joined = first._replace(seq=1, type="desk.member.joined", subject="b")
    leaves = [bytes.fromhex(each.leaf) for each in receipts]
    assert told == [
        Recorded(2, CORRECTED, leaves[0], first, second),
        Recorded(3, VOIDED, leaves[1], joined, None),
        Recorded(4, VOIDED, leaves[2], second, None),
    ]


def test_what_is_replaced_must_be_in_force(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    house.correct(0, 0, MAIL)
    for event in (correction(house, 0, 0), void(house, 0, 0), correction(house, 0, 7)):
        refusal = refused(house, event)
        named = event["data"]["replaces"]
        assert isinstance(refusal, StaleReplacement)
        assert refusal.status == 409
        assert refusal.mistakes == (Mistake("/0/data/replaces", "seq 1 is in force"),)
        assert refusal.detail == (
            f"Seq 1 is in force for seq 0, not seq {named}. Look at what it says now, then send the amendment again."
        )


def test_a_void_is_final(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    house.void(0, 0)
    for event in (correction(house, 0, 1), void(house, 0, 1), correction(house, 0, 0), void(house, 0, 0)):
        refusal = refused(house, event)
        assert isinstance(refusal, StaleReplacement)
        assert refusal.mistakes == (Mistake("/0/data/original", "voided by seq 1"),)
        assert refusal.detail == "Seq 0 was voided by seq 1, and a void is final. Record a new event instead."


def test_an_amendment_names_the_original_and_no_other_amendment(house: House) -> None:
    house.record(house.event(CASE, PHONE), house.event(CASE, PHONE))
    house.correct(0, 0, MAIL)
    house.void(1, 1)
    for seq, original, type in ((2, 0, CORRECTED), (3, 1, VOIDED)):
        for event in (correction(house, seq, seq), void(house, seq, seq)):
            refusal = refused(house, event)
            assert isinstance(refusal, Invalid)
            message = f"seq {seq} is itself a {type}; name the original, seq {original}"
            assert refusal.mistakes == (Mistake("/0/data/original", message),)


def test_an_original_that_is_not_on_record_is_a_mistake(house: House) -> None:
    house.record(house.event(CASE, PHONE, id="first"))
    unknown: list[dict[str, Any]] = [{"seq": 1}, {"seq": 2**53}, {"source": "/other", "id": "first"}]
    for original in unknown:
        for event in (amendment(house, CORRECTED, original, 0, MAIL), amendment(house, VOIDED, original, 0)):
            message = "names no event on record; give its seq, or its source and id"
            assert refused(house, event).mistakes == (Mistake("/0/data/original", message),)


def test_an_event_of_the_same_batch_is_not_on_record_yet(house: House) -> None:
    refusal = refused(house, house.event(CASE, PHONE), void(house, 0, 0))
    assert [each.pointer for each in refusal.mistakes] == ["/1/data/original"]


def test_one_batch_amends_an_original_once(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    for second in (correction(house, 0, 1), void(house, 0, 1), correction(house, 0, 0)):
        refusal = refused(house, correction(house, 0, 0), second)
        assert isinstance(refusal, StaleReplacement)
        assert refusal.mistakes == (Mistake("/1/data/original", "is amended twice in this batch"),)


def test_a_source_amends_only_its_own_events_and_a_person_any(house: House) -> None:
    house.record(house.event(CASE, PHONE, source="/meter"), house.event(CASE, PHONE, source="/other"), actor=METER)
    for event in (correction(house, 1, 1, source="/meter"), void(house, 1, 1, source="/meter")):
        refusal = refused(house, event, actor=METER)
        assert isinstance(refusal, Forbidden)
        assert refusal.detail == "Source '/meter' may amend only its own events; seq 1 is from '/other'."
    own = house.record(correction(house, 0, 0, source="/meter"), actor=METER)
    assert statuses(own) == ["recorded"]
    by_hand = house.record(correction(house, 0, 2, source="/pages"), void(house, 1, 1, source="/pages"))
    assert statuses(by_hand) == ["recorded", "recorded"]


def test_the_replacement_is_checked_as_data_of_the_originals_type(house: House) -> None:
    house.record(house.event("desk.meter.read", {"channel": "phone", "quantity": 1}, subject="s"))
    wrong = {"channel": "fax", "quantity": "1.234", "loss": 1}
    refusal = refused(house, amendment(house, CORRECTED, {"seq": 0}, 0, wrong, subject="s"))
    assert isinstance(refusal, Invalid)
    assert refusal.status == 422
    assert sorted(each.pointer for each in refusal.mistakes) == [
        "/0/data/data/channel",
        "/0/data/data/loss",
        "/0/data/data/quantity",
    ]


def test_the_envelope_of_a_replacement_is_checked_where_it_stands(house: House) -> None:
    house.record(
        house.event("desk.meter.read", {"channel": "phone", "quantity": 1}, subject="s"),
        house.event(OPENED, opening(5), time="2018-06-30T12:00:00+08:00"),
    )
    reading = amendment(house, CORRECTED, {"seq": 0}, 0, {"channel": "phone", "quantity": 2}, entity="nowhere")
    assert [each.pointer for each in refused(house, reading).mistakes] == ["/0/entity"]
    assert [each.pointer for each in refused(house, reading | {"entity": None}).mistakes] == ["/0/subject"]
    opened = amendment(house, CORRECTED, {"seq": 1}, 1, opening(6))
    assert refused(house, opened).mistakes == (
        Mistake("/0/time", "an opening is dated before 2019, the ledger's first year"),
    )


def test_an_amendment_says_what_it_replaces_with_what_and_why(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    whole = correction(house, 0, 0)
    for missing in ("original", "replaces", "reason", "data"):
        data = {name: value for name, value in whole["data"].items() if name != missing}
        assert refused(house, whole | {"data": data}).mistakes == (Mistake(f"/0/data/{missing}", "is required"),)


def test_of_two_corrections_that_race_exactly_one_wins(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    events = [correction(house, 0, 0), void(house, 0, 0)]
    start = Barrier(2)

    def send(event: Mapping[str, Any]) -> Receipt | Refused:
        start.wait()
        try:
            return house.record(event)[0]
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(send, events))
    (won,) = [answer for answer in answers if isinstance(answer, Receipt)]
    (lost,) = [answer for answer in answers if isinstance(answer, Refused)]
    assert (won.seq, won.status) == (1, "recorded")
    assert isinstance(lost, StaleReplacement)
    assert "seq 1" in lost.mistakes[0].message
    assert len(replaced(house)) == 2
    assert house.differences() == []


def opening(quantity: int, channel: str = "phone") -> dict[str, Any]:
    return {"metric": "desk.stock", "quantity": quantity, "by": {"channel": channel}}


def test_an_opening_is_corrected_and_voided_like_any_event(house: House) -> None:
    before_all = {"time": "2018-06-30T12:00:00+08:00"}
    house.record(house.event(OPENED, opening(5), **before_all), house.event(OPENED, opening(2, "mail"), **before_all))
    house.correct(0, 0, opening(7), **before_all)
    assert house.values("desk.stock", "2020") == {"{}": 9, '{"channel":"mail"}': 2, '{"channel":"phone"}': 7}
    house.correct(0, 2, opening(8, "mail"), **before_all)
    house.void(1, 1)
    assert house.value("desk.stock", "2018") == house.value("desk.stock", "2020") == 8
    assert house.differences("2018", "2019", "2020") == []


def test_a_correction_into_another_year_moves_the_tallies(house: House) -> None:
    data = {"channel": "phone", "loss": {"amount": "12.50", "currency": "CNY"}}
    house.record(house.event(CASE, data, subject="a", time="2020-12-31T23:59:59+08:00"))
    house.correct(0, 0, data, subject="a", time="2020-12-31T16:00:00Z")
    years = ("2019", "2020", "2021")
    assert {
        metric: [house.value(metric, year) for year in years] for metric in ("desk.cases", "desk.loss", "desk.subjects")
    } == {"desk.cases": [0, 0, 1], "desk.loss": [0, 0, Fraction("12.5")], "desk.subjects": [0, 0, 1]}
    house.correct(0, 1, data, subject="a", time="2019-06-30T00:00:00+08:00")
    assert [house.value("desk.cases", year) for year in years] == [1, 0, 0]
    assert house.differences(*years) == []


def test_a_repeated_amendment_is_a_duplicate_though_what_it_replaced_is_no_longer_in_force(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    secret = {"channel": "mail", "narrative": "a second look"}
    sent = [amendment(house, CORRECTED, {"seq": 0}, 0, secret), correction(house, 0, 1), void(house, 0, 2)]
    first = [receipt for event in sent for receipt in house.record(event)]
    before = rows(house.database)
    assert house.record(*sent, *sent) == [each._replace(status="duplicate") for each in first * 2]
    assert rows(house.database) == before


def test_an_amendment_with_other_content_under_its_id_is_a_conflict(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    event = correction(house, 0, 0)
    house.record(event)
    data = json.loads(json.dumps(event["data"]))
    for change in ({"reason": "another"}, {"replaces": 1}, {"data": PHONE}, {"original": {"seq": 1}}, {"data": None}):
        assert refused(house, event | {"data": data | change}).slug == "content-conflict"

"""Recording: what a receipt says, what a repeated event changes (nothing), and what is refused as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NoReturn

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.house import ALICE, METER, Clock, House, small_catalogue, statuses
from tracker.catalogue import Catalogue, from_documents
from tracker.db import Database, metadata
from tracker.errors import CatalogueInactive, Conflict, ContentConflict, Invalid, Mistake, UnexpectedChange
from tracker.intake.accept import Intake
from tracker.intake.parsing import parse_json
from tracker.ledger.events import Fact, Receipt, Recorded
from tracker.ledger.heads import read_head
from tracker.ledger.models import events as events_table
from tracker.ledger.record import Ledger, record
from tracker.signals import events_recorded


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by table."""
    with database.read() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }


def a_case(house: House, **others: Any) -> dict[str, Any]:
    return house.event("desk.case.reported", {"channel": "phone"}, **others)


def a_secret_case(house: House, narrative: str = "the drawer was empty") -> dict[str, Any]:
    data = {"channel": "mail", "level": "high", "loss": {"amount": "12.50", "currency": "CNY"}, "narrative": narrative}
    return house.event("desk.case.reported", data, subject="case-1", entity="north")


def test_seq_starts_at_0_and_has_no_gaps(house: House) -> None:
    batches = [[a_case(house)], [a_case(house), a_case(house)], [a_case(house)]]
    receipts = [receipt for batch in batches for receipt in house.record(*batch)]
    assert [(each.id, each.seq, each.status) for each in receipts] == [
        ("event-0", 0, "recorded"),
        ("event-1", 1, "recorded"),
        ("event-2", 2, "recorded"),
        ("event-3", 3, "recorded"),
    ]
    with house.database.read() as session:
        stored = session.execute(select(events_table.c.id, events_table.c.seq).order_by(events_table.c.seq)).all()
        assert [tuple(row) for row in stored] == [(each.id, each.seq) for each in receipts]
        assert read_head(session)[:3] == (4, "2021-02-01T04:00:00.000000Z", house.catalogue.digest)


def test_a_receipt_says_all_and_is_the_same_on_every_engine(house: House) -> None:
    assert house.record(a_case(house), a_secret_case(house)) == [
        Receipt("event-0", 0, "dd9f037490c05294fcd1fb238facad56f26664a82f587fa9f36970c900168159", "recorded", None),
        Receipt("event-1", 1, "418709d7664ab1b8d4365268941e15c871cf5abb90a6e31cdeba24413420c881", "recorded", None),
    ]


def test_an_empty_batch_changes_nothing(house: House) -> None:
    before = rows(house.database)
    assert house.record() == []
    assert rows(house.database) == before


@pytest.mark.parametrize("days", [0, 400])
def test_a_repeated_event_gets_its_first_receipt_and_writes_nothing(house: House, days: int) -> None:
    events = [a_case(house), a_secret_case(house)]
    first = house.record(*events)
    before = rows(house.database)
    house.clock.instant += timedelta(days=days)
    assert house.record(*reversed(events)) == [each._replace(status="duplicate") for each in reversed(first)]
    assert rows(house.database) == before


def test_an_event_repeated_within_a_batch_is_recorded_once(house: House) -> None:
    event, other = a_secret_case(house), a_case(house)
    receipts = house.record(event, event, other, event)
    assert statuses(receipts) == ["recorded", "duplicate", "recorded", "duplicate"]
    assert receipts[1] == receipts[3] == receipts[0]._replace(status="duplicate")
    assert [each.seq for each in receipts] == [0, 0, 1, 0]
    assert house.values("desk.phone_cases", "2020") == {"{}": 1}
    assert house.values("desk.loss", "2020") == {"{}": Fraction("12.5"), '{"channel":"mail"}': Fraction("12.5")}


def test_equal_confidential_values_have_salts_of_their_own_and_repeat_all_the_same(house: House) -> None:
    events = [a_secret_case(house), a_secret_case(house)]
    first = house.record(*events)
    with house.database.read() as session:
        bodies = session.scalars(select(events_table.c.body).order_by(events_table.c.seq)).all()
    assert house.secrets() == {
        (0, "/narrative"): (bytes(32), b'"the drawer was empty"'),
        (1, "/narrative"): (bytes(31) + b"\x01", b'"the drawer was empty"'),
    }
    assert len({json.loads(body)["data"]["narrative"]["commitment"] for body in bodies}) == 2
    assert house.record(*events) == [each._replace(status="duplicate") for each in first]


def stricter_catalogue() -> Catalogue:
    """The small catalogue, but a case must say its level and has no losses."""
    documents = json.loads(small_catalogue().documents)
    desk = documents["domains"]["desk"]
    desk["events"]["case.reported"]["fields"]["level"]["required"] = True
    return from_documents(json.dumps(documents))


def test_a_duplicate_stays_one_under_a_catalogue_that_would_refuse_it(house: House) -> None:
    events = [a_case(house, id="plain"), a_secret_case(house)]
    first = house.record(*events)
    later = House.build(house.database, stricter_catalogue())
    before = rows(house.database)
    assert later.record(*events) == [each._replace(status="duplicate") for each in first]
    assert rows(house.database) == before
    with pytest.raises(Invalid) as refusal:
        later.record(*events, a_case(later, id="new"))
    assert refusal.value.mistakes == (Mistake("/2/data/level", "is required"),)
    assert rows(house.database) == before


WRITTEN = (
    '[{"specversion":"1.0","id":"r-1","source":"/test","type":"desk.meter.read","subject":"s1",'
    '"time":"2020-05-04T12:00:00+08:00","data":{"channel":"phone","quantity":12.5,"weight":1}}]'
)
SPELLINGS = {
    "keys in another order": (
        '[{"data":{"weight":1,"quantity":12.5,"channel":"phone"},"time":"2020-05-04T12:00:00+08:00","subject":"s1",'
        '"type":"desk.meter.read","source":"/test","id":"r-1","specversion":"1.0"}]'
    ),
    "space between tokens": WRITTEN.replace(",", " ,\n ").replace(":{", " : {"),
    "a whole number with a decimal": WRITTEN.replace('"weight":1', '"weight":1.0'),
    "a whole number with an exponent": WRITTEN.replace('"weight":1', '"weight":10e-1'),
    "a trailing zero": WRITTEN.replace("12.5", "12.50"),
    "an exponent": WRITTEN.replace("12.5", "1.25E+1"),
    "an escaped letter": WRITTEN.replace('"phone"', '"\\u0070hone"'),
    "the same instant in UTC": WRITTEN.replace("12:00:00+08:00", "04:00:00Z"),
    "the same instant elsewhere": WRITTEN.replace("04T12:00:00+08:00", "03T21:30:00-06:30"),
    "decimals of a second that are zero": WRITTEN.replace("12:00:00+", "12:00:00.000+"),
    "small letters in the time": WRITTEN.replace("04T12:00:00+08:00", "04t04:00:00z"),
    "an entity that is null": WRITTEN.replace('"subject"', '"entity":null,"subject"'),
    "a content type": WRITTEN.replace('"subject"', '"datacontenttype":"application/json","subject"'),
    "a trace": WRITTEN.replace('"subject"', '"traceparent":"00-1-2-01","subject"'),
}


def test_another_spelling_of_the_same_event_is_a_duplicate(house: House) -> None:
    (first,) = house.record(*parsed(WRITTEN))
    before = rows(house.database)
    assert WRITTEN not in SPELLINGS.values()
    assert {name: house.record(*parsed(written)) for name, written in SPELLINGS.items()} == {
        name: [first._replace(status="duplicate")] for name in SPELLINGS
    }
    assert rows(house.database) == before


def parsed(text: str) -> list[dict[str, Any]]:
    found = parse_json(text.encode())
    assert isinstance(found, list)
    return [dict(each) for each in found if isinstance(each, dict)]


def test_other_content_under_a_known_id_is_a_conflict_that_names_the_one_on_record(house: House) -> None:
    event = a_secret_case(house)
    house.record(a_case(house), event)
    with house.database.read() as session:
        content = bytes(session.scalars(select(events_table.c.content).where(events_table.c.seq == 1)).one()).hex()
    before = rows(house.database)
    data = event["data"]
    changed: list[dict[str, Any]] = [
        {"type": "desk.member.joined"},
        {"subject": "case-2"},
        {"subject": None},
        {"time": "2020-05-04T12:00:01+08:00"},
        {"entity": "south"},
        {"entity": "nowhere"},
        {"data": {**data, "channel": "phone"}},
        {"data": {**data, "channel": 7}},
        {"data": {**data, "loss": {"amount": "12.51", "currency": "CNY"}}},
        {"data": {**data, "narrative": "the drawer was full"}},
        {"data": {**data, "places": ["a"]}},
        {"data": {name: value for name, value in data.items() if name != "narrative"}},
        {"data": {}},
    ]
    for change in changed:
        with pytest.raises(ContentConflict) as refusal:
            house.record(a_case(house), event | change)
        assert (refusal.value.status, refusal.value.seq, refusal.value.content) == (409, 1, content)
        assert refusal.value.mistakes == (Mistake("/1", f"already on record as seq 1 with content {content}"),)
        assert refusal.value.detail == (
            f"Event 'event-0' of source '/test' is already on record as seq 1 with other content (sha256 {content}). "
            "Send a correction, or use a new id for a new fact."
        )
    assert rows(house.database) == before


def test_the_same_id_of_another_source_is_another_event(house: House) -> None:
    receipts = house.record(a_case(house, id="1", source="/a"), a_case(house, id="1", source="/b"))
    assert [(each.seq, each.status) for each in receipts] == [(0, "recorded"), (1, "recorded")]


def test_two_contents_under_one_id_in_a_batch_are_a_conflict_and_nothing_is_stored(house: House) -> None:
    before = rows(house.database)
    with pytest.raises(ContentConflict):
        house.record(a_case(house, id="1"), a_case(house, id="1", subject="other"))
    assert rows(house.database) == before


def test_a_batch_whose_last_event_has_mistakes_is_refused_whole_with_every_mistake(house: House) -> None:
    house.record(a_case(house, id="known"))
    before = rows(house.database)
    wrong = house.event("desk.meter.read", {"channel": "phone", "weight": -1}, entity="nowhere")
    with pytest.raises(Invalid) as refusal:
        house.record(a_case(house, id="known"), a_case(house), wrong)
    assert refusal.value.detail == "4 mistakes; nothing was stored."
    assert {each.pointer for each in refusal.value.mistakes} == {
        "/2/data/quantity",
        "/2/data/weight",
        "/2/entity",
        "/2/subject",
    }
    assert rows(house.database) == before


def test_a_receiver_that_raises_leaves_nothing(house: House) -> None:
    house.record(a_case(house))
    before = rows(house.database)

    def refuse(_ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> NoReturn:
        assert session.scalars(select(events_table.c.seq).order_by(events_table.c.seq)).all() == [0, 1, 2]
        raise Conflict(f"not {len(events)} of these")

    with events_recorded.connected_to(refuse), pytest.raises(Conflict, match="not 2 of these"):
        house.record(a_case(house, id="a"), a_secret_case(house))
    assert rows(house.database) == before
    assert [each.seq for each in house.record(a_case(house, id="a"))] == [1]


def test_a_signal_carries_the_facts_and_no_duplicates_inside_the_transaction(house: House) -> None:
    known = a_case(house, subject="case-0")
    house.record(known)
    told: list[tuple[Ledger, list[Recorded]]] = []

    def listen(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
        assert read_head(session).size == 3
        told.append((ledger, list(events)))

    late_evening = "2020-12-31T23:30:00-01:00"
    with events_recorded.connected_to(listen):
        receipts = house.record(known, a_case(house, time=late_evening, entity="south"), a_secret_case(house), known)
        house.record(known)
    with house.database.read() as session:
        body = session.scalars(select(events_table.c.body).where(events_table.c.seq == 2)).one()
    committed = json.loads(body)["data"]
    assert committed["narrative"].keys() == {"commitment"}
    assert [each.seq for each in receipts] == [0, 1, 2, 0]
    leaves = [bytes.fromhex(each.leaf) for each in receipts]
    kind = "desk.case.reported"
    there, here = "2021-01-01T00:30:00.000000Z", "2020-05-04T04:00:00.000000Z"
    second = Fact(1, kind, None, there, "south", "2021-01-01", 2021, {"channel": "phone"})
    third = Fact(2, kind, "case-1", here, "north", "2020-05-04", 2020, committed)
    assert told == [
        (house.ledger, [Recorded(1, kind, leaves[1], None, second), Recorded(2, kind, leaves[2], None, third)])
    ]


def record_expecting(house: House, expect: dict[str, int | None], *events: dict[str, Any]) -> list[Receipt]:
    read = house.intake.read(list(events))
    with house.database.write() as session:
        return record(house.ledger, session, ALICE, read, expect=expect)


def test_what_a_caller_expects_of_subjects_must_hold(house: House) -> None:
    house.record(a_case(house, subject="a"), a_case(house, subject="b"), a_case(house, subject="a"))
    receipts = record_expecting(house, {"a": 2, "b": 1, "c": None}, a_case(house, subject="a"))
    assert [each.seq for each in receipts] == [3]


MOVED: list[tuple[str, int | None, int | None]] = [("a", 0, 2), ("a", None, 2), ("b", 2, 1), ("c", 0, None)]


def test_a_subject_that_has_moved_on_refuses_the_batch(house: House) -> None:
    house.record(a_case(house, subject="a"), a_case(house, subject="b"), a_case(house, subject="a"))
    before = rows(house.database)
    for subject, expected, found in MOVED:
        with pytest.raises(UnexpectedChange) as refusal:
            record_expecting(house, {subject: expected}, a_case(house, subject="a"))
        told = refusal.value
        assert (told.status, told.subject, told.expected, told.found) == (409, subject, expected, found)
    assert rows(house.database) == before


def test_a_process_with_a_catalogue_that_is_no_longer_in_force_records_nothing(house: House) -> None:
    event = a_case(house)
    house.record(event)
    later = House.build(house.database, stricter_catalogue())
    before = rows(house.database)
    for again in (event, a_case(house)):
        with pytest.raises(CatalogueInactive) as refusal:
            house.record(again)
        assert (refusal.value.status, refusal.value.mine, refusal.value.active) == (
            503,
            house.catalogue.digest,
            later.catalogue.digest,
        )
    assert rows(house.database) == before


def test_nothing_is_recorded_before_a_catalogue_is_in_force(database: Database) -> None:
    clock = Clock(datetime(2021, 2, 1, tzinfo=UTC))
    house = House(database, Intake.of(Ledger(small_catalogue(), clock)), clock)
    before = rows(database)
    with pytest.raises(CatalogueInactive, match="none is active yet"):
        house.record(a_case(house))
    assert rows(database) == before


def test_recorded_at_never_goes_back_when_the_clock_does(house: House) -> None:
    for hours in (0, -3, 2, -1):
        house.clock.instant = datetime(2021, 2, 1, 4, tzinfo=UTC) + timedelta(hours=hours)
        house.record(a_case(house))
    with house.database.read() as session:
        times = session.scalars(select(events_table.c.recorded_at).order_by(events_table.c.seq)).all()
        head = read_head(session)
    first, last = "2021-02-01T04:00:00.000000Z", "2021-02-01T06:00:00.000000Z"
    assert times == [first, first, last, last]
    assert head.recorded_at == last


def test_who_recorded_is_the_actor_and_not_part_of_the_content(house: House) -> None:
    event = a_case(house)
    (first,) = house.record(event, actor=METER)
    assert house.record(event, actor=ALICE) == [first._replace(status="duplicate")]
    with house.database.read() as session:
        assert session.scalars(select(events_table.c.actor)).all() == ["source:meter"]


def test_salts_come_from_the_ledger_that_records(house: House) -> None:
    ledger = replace(house.ledger, salt=lambda: b"\xab" * 32)
    House(house.database, Intake.of(ledger), house.clock).record(a_secret_case(house))
    assert [salt for salt, _ in house.secrets().values()] == [b"\xab" * 32]

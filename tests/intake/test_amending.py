"""Corrections and voids in bulk: what a row changes, what stays, and everything that is refused with its line."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.house import ALICE, METER, House
from tests.tallies import test_agreement
from tests.tallies.test_agreement import often
from tracker.errors import CatalogueInactive, Invalid, Malformed, Mistake
from tracker.intake.accept import Intake
from tracker.intake.amending import CHUNK, Amended, amend
from tracker.intake.changes import read_changes
from tracker.ledger.events import OPENED
from tracker.ledger.models import vault
from tracker.ledger.queries import Entry, entries, entry, facts_in_order, versions
from tracker.ledger.vault import opened

fresh = test_agreement.fresh

CASE, READ = "desk.case.reported", "desk.meter.read"
PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}
LOSS = {"loss": {"amount": "12.50", "currency": "CNY"}}


def apply(house: House, *lines: str, dry_run: bool = False, intake: Intake | None = None) -> Amended:
    text = "".join(f"{line}\n" for line in lines)
    used = intake or house.intake
    changes = read_changes(io.BytesIO(text.encode()), used.ledger.catalogue)
    return amend(used, house.database, ALICE, changes, dry_run=dry_run)


def mistakes(house: House, *lines: str) -> list[str]:
    """What is told of a file that is refused, of which nothing is stored."""
    before = log(house)
    with pytest.raises(Invalid) as refusal:
        apply(house, *lines)
    assert log(house) == before
    return [str(each) for each in refusal.value.mistakes]


def log(house: House) -> list[Entry]:
    with house.database.read() as session:
        return entries(session, limit=10_000)


def newest(house: House) -> Entry:
    return log(house)[-1]


def replaced(house: House, seq: int) -> Mapping[str, Any]:
    """The data in full of a correction, confidential values opened from the vault."""
    with house.database.read() as session:
        found = entry(session, seq)
        assert found is not None
        secrets = opened(session, house.ledger.vault, [seq]).get(seq, {})
    return {name: secrets.get(f"/data/{name}", value) for name, value in found.data["data"].items()}


def test_a_row_changes_what_it_names_and_leaves_the_rest(house: House) -> None:
    told = PHONE | LOSS | {"level": "low", "places": ["a", "b"]}
    house.record(house.event(CASE, told, subject="s1", entity="north"))
    assert apply(house, "seq,action,reason,data.level,data.channel", "0,correct,mistyped,high,") == Amended(1, 1)
    found = newest(house)
    assert (found.type, found.original, found.replaces, found.source) == ("tracker.event.corrected", 0, 0, "/test")
    assert (found.subject, found.time, found.entity) == ("s1", "2020-05-04T04:00:00.000000Z", "north")
    assert found.actor == "person:alice"
    assert found.data == {
        "original": {"seq": 0},
        "replaces": 0,
        "reason": "mistyped",
        "data": told | {"level": "high"},
    }


def test_cells_are_read_as_an_import_reads_them(house: House) -> None:
    house.record(house.event(CASE, PHONE), house.event(READ, PHONE | {"quantity": "1.5"}, subject="m"))
    header = "seq,action,reason,subject,time,entity,data.loss.amount,data.places,data.quantity,data.weight"
    apply(
        house,
        header,
        '0,correct,"late, at last",s9,2020-06-01T00:00:00+08:00,south,7.5,a;b,,',
        "1,correct,misread,,,,,,2.25,3",
    )
    first, second = log(house)[-2:]
    assert (first.subject, first.day, first.entity) == ("s9", "2020-06-01", "south")
    assert first.data["reason"] == "late, at last"
    assert first.data["data"] == PHONE | {"loss": {"amount": "7.5", "currency": "CNY"}, "places": ["a", "b"]}
    assert second.data["data"] == PHONE | {"quantity": "2.25", "weight": 3}


def test_none_takes_away_what_is_in_force(house: House) -> None:
    house.record(house.event(CASE, PHONE | LOSS | {"level": "low"}, subject="s1", entity="north"))
    apply(
        house,
        "seq,action,reason,subject,entity,data.loss.amount,data.level",
        "0,correct,r,(none),(none),(none),(none)",
    )
    found = newest(house)
    assert (found.subject, found.entity, found.data["data"]) == (None, None, PHONE)


def test_events_are_named_by_source_and_id_too(house: House) -> None:
    house.record(house.event(CASE, PHONE, id="c-1"), house.event(CASE, PHONE, id="c-2"))
    found = apply(
        house,
        "source,id,action,reason,data.channel",
        "/test,c-2,void,twice,",
        "/test,c-1,correct,wrong,mail",
    )
    assert found == Amended(2, 1, 1)
    assert [(each.original, each.replaces) for each in log(house)[2:]] == [(1, 1), (0, 0)]


def test_a_void_stands_where_the_fact_stood(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1", entity="north", time="2019-03-01T00:00:00+08:00"))
    assert apply(house, "seq,action,reason", "0,void,never happened") == Amended(1, 0, 1)
    found = newest(house)
    assert (found.type, found.subject, found.day, found.entity) == (
        "tracker.event.voided",
        "s1",
        "2019-03-01",
        "north",
    )
    assert found.data == {"original": {"seq": 0}, "replaces": 0, "reason": "never happened"}


def test_a_row_applies_to_the_version_in_force(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"))
    house.correct(0, 0, MAIL | LOSS, subject="s2", time="2020-07-01T00:00:00+08:00")
    apply(house, "seq,action,reason,data.level", "0,correct,r,high")
    found = newest(house)
    assert (found.replaces, found.subject, found.day) == (1, "s2", "2020-07-01")
    assert found.data["data"] == MAIL | LOSS | {"level": "high"}


def test_confidential_values_that_a_row_does_not_name_are_sealed_again(house: House) -> None:
    house.record(house.event(CASE, PHONE | {"narrative": "what happened"}))
    apply(house, "seq,action,reason,data.channel", "0,correct,r,mail")
    assert replaced(house, 1) == MAIL | {"narrative": "what happened"}
    apply(house, "seq,action,reason,data.level", "0,correct,r,low")
    assert replaced(house, 2) == MAIL | {"narrative": "what happened", "level": "low"}
    apply(house, "seq,action,reason,data.narrative", "0,correct,r,what really happened")
    assert replaced(house, 3) == MAIL | {"narrative": "what really happened", "level": "low"}
    apply(house, "seq,action,reason,data.narrative", "0,correct,r,(none)")
    assert replaced(house, 4) == MAIL | {"level": "low"}
    said = [each.data for each in log(house)]
    assert "happened" not in json.dumps(said)
    assert len({each["data"]["narrative"]["commitment"] for each in said[1:4]}) == 3


def test_an_erased_value_is_refused_unless_the_row_names_it(house: House) -> None:
    house.record(*(house.event(CASE, PHONE | {"narrative": "what happened"}) for _ in range(3)))
    with house.database.write() as session:
        session.execute(vault.delete())
    header = "seq,action,reason,data.level,data.narrative"
    assert mistakes(house, header, "0,correct,r,low,", "1,correct,r,low,again", "2,correct,r,low,(none)") == [
        "line 2: data.narrative is confidential and was erased; fill it in, or write (none)"
    ]
    apply(house, header, "1,correct,r,low,again", "2,correct,r,low,(none)")
    assert [replaced(house, seq).get("narrative") for seq in (3, 4)] == ["again", None]


def test_a_value_that_is_no_longer_confidential_is_not_put_into_the_open(house: House) -> None:
    house.record(house.event(CASE, PHONE | {"narrative": "what happened"}))
    told = house.catalogue.events[CASE]
    shown = dataclasses.replace(told.fields["narrative"], confidential=False)
    opened = dataclasses.replace(told, fields={**told.fields, "narrative": shown})
    catalogue = dataclasses.replace(house.catalogue, events={**house.catalogue.events, CASE: opened})
    intake = Intake.of(dataclasses.replace(house.ledger, catalogue=catalogue))
    with pytest.raises(Invalid) as refusal:
        apply(house, "seq,action,reason,data.level", "0,correct,r,low", intake=intake)
    assert refusal.value.mistakes == (
        Mistake("line 2", "data.narrative was confidential and no longer is; fill it in, or write (none)"),
    )
    apply(house, "seq,action,reason,data.narrative", "0,correct,r,for all to read", intake=intake)
    assert newest(house).data["data"] == PHONE | {"narrative": "for all to read"}


def test_the_same_file_again_records_nothing(house: House) -> None:
    house.record(*(house.event(CASE, PHONE | {"narrative": "n"}) for _ in range(3)))
    lines = ("seq,action,reason,data.channel", "0,correct,r,mail", "2,void,twice,")
    assert apply(house, *lines) == Amended(2, 1, 1)
    before = log(house)
    assert apply(house, *lines) == Amended(2, 0, 0, done=2)
    assert log(house) == before
    assert apply(house, *lines, "1,void,twice,") == Amended(3, 0, 1, done=2)


def test_a_row_is_the_same_whatever_its_line_and_the_order_of_columns(house: House) -> None:
    house.record(*(house.event(CASE, PHONE, id=f"c-{each}") for each in range(2)))
    apply(house, "seq,action,reason,data.channel,data.level", "0,correct,r,mail,low")
    found = apply(
        house, "data.level,source,id,reason,action,data.channel,entity", "", "low,/test,c-0, r ,correct,mail,"
    )
    assert found == Amended(1, done=1)
    assert apply(house, "seq,action,reason,data.channel,data.level", "0,correct,other,mail,low") == Amended(1, 1)


def test_a_row_that_something_else_replaced_since_stays_done(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    lines = ("seq,action,reason,data.channel", "0,correct,r,mail")
    apply(house, *lines)
    house.correct(0, 1, PHONE)
    assert apply(house, *lines) == Amended(1, done=1)
    house.void(0, 2)
    assert apply(house, *lines) == Amended(1, done=1)


def test_a_row_may_insist_on_the_version_that_it_replaces(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    apply(house, "seq,action,reason,replaces,data.channel", "0,correct,r,0,mail")
    assert mistakes(house, "seq,action,reason,replaces,data.channel", "0,correct,again,0,phone") == [
        "line 2: replaces seq 0, but seq 1 is in force; look at what it says now"
    ]
    apply(house, "seq,action,reason,replaces,data.channel", "0,correct,again,1,phone")
    assert newest(house).replaces == 1


def test_every_mistake_is_told_with_its_line_and_nothing_is_stored(house: House) -> None:
    house.record(*(house.event(CASE, PHONE) for _ in range(7)), house.event(READ, PHONE | {"quantity": 1}, subject="m"))
    house.correct(0, 0, MAIL)
    house.void(1, 1)
    found = mistakes(
        house,
        "seq,action,reason,replaces,time,data.channel,data.loss.amount,data.level",
        "70,void,r,,,,,",
        "8,void,r,,,,,",
        "1,correct,r,,,mail,,",
        "2,correct,,,,mail,,",
        ",correct,r,,,mail,,",
        "2,delete,r,,,mail,,",
        "2,void,r,,,mail,,low",
        "2,correct,r,,,,,",
        "two,correct,r,-1,,mail,,",
        "2,correct",
        "3,correct,r,,,pigeon,1.234,",
        "4,correct,r,,(none),(none),,",
        "4,void,r,,,,,",
        "7,correct,r,,2020-05-04,,5,",
        "5,correct,fine,,,mail,,",
    )
    assert [words for words in found if not words.startswith("line 12")] == [
        "line 2: names no event on record",
        "line 3: seq 8 is itself a tracker.event.corrected; name the original, seq 0",
        "line 4: seq 1 was voided by seq 9, and a void is final; record a new event",
        "line 5: reason is missing",
        "line 6: seq is missing",
        "line 7: action must be correct or void, not 'delete'",
        "line 8: a void changes nothing else; leave data.channel and data.level empty",
        "line 9: nothing is corrected; fill in what changes, or write (none) for what goes",
        "line 10: seq must be a whole number from 0, not 'two'",
        "line 10: replaces must be a whole number from 0, not '-1'",
        "line 11: has 2 cells where the header has 8",
        "line 13 /time: is required: the time of the fact with an offset, such as 2020-03-05T10:00:00+08:00",
        "line 14: names the same event as line 13; keep one row for each event",
        "line 15 /time: write the time of day and an offset too, such as 2020-03-05T10:00:00+08:00",
    ]
    assert [words.split(":")[0] for words in found if words.startswith("line 12")] == [
        "line 12 /data/data/channel",
        "line 12 /data/data/loss/amount",
    ]


def test_mistakes_of_fields_are_those_of_the_originals_type(house: House) -> None:
    house.record(house.event(READ, PHONE | {"quantity": 1}, subject="m"))
    [found] = mistakes(house, "seq,action,reason,data.loss.amount,data.loss.currency", "0,correct,r,5,CNY")
    assert found.startswith("line 2 /data/data/loss: 'loss' is no field of this event.")
    [found] = mistakes(house, "seq,action,reason,data.loss.amount,data.quantity", "0,correct,r,,(none)")
    assert found == "line 2 /data/data/quantity: is required"
    [found] = mistakes(house, "seq,action,reason,subject", "0,correct,r,(none)")
    assert found == "line 2 /subject: is required: what the event is about is followed over time"


def test_half_of_an_amount_is_taken_over(house: House) -> None:
    house.record(house.event(CASE, PHONE | LOSS), house.event(CASE, PHONE))
    header = "seq,action,reason,data.loss.amount,data.loss.currency"
    apply(house, header, "0,correct,r,9,")
    assert newest(house).data["data"] == PHONE | {"loss": {"amount": "9", "currency": "CNY"}}
    assert mistakes(house, header, "1,correct,r,,CNY") == [
        'line 2 /data/data/loss/amount: is required, as a string such as "12.50"'
    ]


def test_an_opening_can_be_corrected_and_voided(house: House) -> None:
    opening = {"metric": "desk.stock", "quantity": 5, "by": PHONE}
    house.record(*(house.event(OPENED, opening, time=f"2018-12-{day}T00:00:00+08:00") for day in (30, 31)))
    apply(house, "seq,action,reason,data.quantity", "0,correct,r,7", "1,void,twice,")
    assert house.value("desk.stock", "2020") == 7
    assert house.differences("2019", "2020") == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("seq,action,reason,data.chanel", ["'data.chanel' is no column of corrections. Did you mean 'data.channel'?"]),
        ("seq,action,reason,data.loss", ["'data.loss' is no column of corrections."]),
        ("seq,action,reason,type", ["'type' is no column of corrections. Did you mean 'time'?"]),
        ("seq,action,reason,", ["'' is no column of corrections."]),
        ("seq,action,reason,seq", ["'seq' stands in the header more than once; keep one"]),
        ("seq,source,id,action,reason", ["name the events by a column seq, or by source and id, and not by both"]),
        ("source,action,reason", ["name the events by a column seq, or by source and id, and not by both"]),
        (
            "",
            [
                "name the events by a column seq, or by source and id, and not by both",
                "the column action is missing",
                "the column reason is missing",
            ],
        ),
    ],
)
def test_a_wrong_header_is_refused_before_any_row_is_read(house: House, header: str, expected: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        read_changes(io.BytesIO(f"{header}\n".encode()), house.catalogue)
    told = [str(each).split(" Did you")[0] for each in refusal.value.mistakes]
    assert told == [f"line 1: {each}".split(" Did you")[0] for each in expected]


@pytest.mark.parametrize("start", [b"\xff", b'seq"', b"a" * (1 << 20)])
def test_a_header_that_cannot_be_read_is_refused(house: House, start: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        read_changes(io.BytesIO(start + b',action,"reason\n'), house.catalogue)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b'0,void,"never', "line 3: cannot be read: unexpected end of data; nothing after it was read"),
        (b"0,void,\xff\n1,void,r", "line 3: cannot be read: Line 3, byte 7 is not UTF-8. Save the file as UTF-8."),
        (b"0,void," + b"r" * (1 << 20), "line 3: cannot be read: Line 3 is longer than 1048576 bytes."),
    ],
)
def test_nothing_is_read_after_what_cannot_be_read(house: House, row: bytes, words: str) -> None:
    house.record(house.event(CASE, PHONE))
    file = io.BytesIO(b"\xef\xbb\xbfseq,action,reason\r\n7,void,r\r\n" + row)
    with pytest.raises(Invalid) as refusal:
        amend(house.intake, house.database, ALICE, read_changes(file, house.catalogue))
    assert [str(each) for each in refusal.value.mistakes] == ["line 2: names no event on record", words]


@pytest.mark.parametrize(("source", "id"), [("/te\x00st", "c"), ("/test", "c\x00"), ("/test", "c d"), ("/ test", "c")])
def test_what_names_no_event_at_all_is_refused_by_its_look(house: House, source: str, id: str) -> None:
    [found] = mistakes(house, "source,id,action,reason", f"{source},{id},void,r")
    assert found.startswith("line 2: ")
    assert " of an event" in found


def test_a_dry_run_finds_the_same_and_stores_nothing(house: House) -> None:
    house.record(*(house.event(CASE, PHONE) for _ in range(2)))
    before = log(house)
    lines = ("seq,action,reason,data.channel", "0,correct,r,mail", "1,void,r,")
    assert apply(house, *lines, dry_run=True) == Amended(2, 1, 1)
    assert log(house) == before
    assert house.value("desk.cases", "2020") == 2
    assert apply(house, *lines) == Amended(2, 1, 1)


def test_a_file_of_many_rows_is_one_transaction(house: House) -> None:
    count = CHUNK + 10
    house.record(*(house.event(CASE, PHONE) for _ in range(count)), actor=METER)
    rows = [f"{seq},correct,r,mail" for seq in range(count)]
    assert mistakes(house, "seq,action,reason,data.channel", *rows, "3,correct,s,mail") == [
        f"line {count + 2}: names the same event as line 5; keep one row for each event"
    ]
    assert apply(house, "seq,action,reason,data.channel", *rows) == Amended(count, count)
    assert house.values("desk.cases", "2020")['{"channel":"mail"}'] == count


def test_a_catalogue_that_is_not_in_force_records_nothing(house: House) -> None:
    house.record(house.event(CASE, PHONE))
    other = dataclasses.replace(house.catalogue, digest="0" * 64)
    intake = Intake.of(dataclasses.replace(house.ledger, catalogue=other))
    with pytest.raises(CatalogueInactive):
        apply(house, "seq,action,reason", "0,void,r", intake=intake)


@often
@given(data=st.data())
def test_files_of_corrections_leave_what_they_do_not_name(fresh: Any, data: st.DataObject) -> None:
    values = st.sampled_from(["", "", "phone", "mail"])
    with fresh() as house:
        house.record(*(house.event(CASE, PHONE | LOSS | {"narrative": f"n{each}"}) for each in range(4)))
        expected = dict.fromkeys(range(4), "phone")
        for round in range(3):
            rows = {seq: data.draw(values) for seq in data.draw(st.sets(st.sampled_from(sorted(expected) or [0])))}
            rows = {seq: cell for seq, cell in rows.items() if seq in expected}
            lines = [f"{s},{'correct' if cell else 'void'},round {round},{cell}" for s, cell in rows.items()]
            found = apply(house, "seq,action,reason,data.channel", *lines)
            assert found.corrected + found.voided == len(rows)
            expected |= {seq: cell for seq, cell in rows.items() if cell}
            expected = {seq: cell for seq, cell in expected.items() if rows.get(seq, "stays")}
        with house.database.read() as session:
            left = {each.seq: each.data for each in facts_in_order(session, [CASE])}
            last = {seq: versions(session, seq)[-1].seq for seq in left}
        assert {seq: each["channel"] for seq, each in left.items()} == expected
        assert all(each["loss"] == LOSS["loss"] for each in left.values())
        assert all(replaced(house, at)["narrative"] == f"n{seq}" for seq, at in last.items() if at != seq)
        assert house.differences("2020") == []

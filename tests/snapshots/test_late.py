"""What comes after a year is frozen is marked for every frozen year that it may move, and moves none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.freezing import frozen
from tests.house import METER, House
from tests.snapshots.years import (
    CASE,
    JOINED,
    LEFT,
    MAIL,
    OPENED,
    PHONE,
    READ,
    changed,
    freeze_2020,
    happen,
    live_a_year,
    marks,
    stored,
)
from tracker.db import Database
from tracker.ledger.replay import replay
from tracker.wiring import clear_projections


def test_a_late_event_is_marked_and_leaves_the_year_byte_for_byte_as_it_was(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    before = stored(house)
    receipts = house.record(
        house.event(CASE, PHONE, time="2020-12-31T15:59:59Z"),
        house.event(CASE, PHONE, time="2020-12-31T16:00:00Z"),
        house.event(CASE, PHONE, time="2018-05-05T12:00:00Z"),
        actor=METER,
    )
    assert [receipt.late for receipt in receipts] == [2020, None, None]
    assert marks(house) == [8]
    assert stored(house) == before
    assert house.value("desk.cases", "2020") == 3


def test_an_event_sent_again_is_not_late_again(house: House) -> None:
    event = house.event(CASE, PHONE)
    house.record(event)
    freeze_2020(house)
    assert [(each.status, each.late) for each in house.record(event)] == [("duplicate", None)]
    assert marks(house) == []


def test_corrections_and_voids_that_reach_a_frozen_year_are_late(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    before = stored(house)
    into = house.correct(7, 7, PHONE, subject="c3", time="2020-05-05T12:00:00Z")
    out_of = house.correct(1, 1, PHONE, subject="c1", time="2021-01-05T12:00:00Z")
    void = house.void(2, 2)
    beside = house.correct(1, out_of.seq, PHONE, subject="c1", time="2021-01-06T12:00:00Z")
    assert [each.late for each in (into, out_of, void, beside)] == [2020, 2020, 2020, None]
    assert marks(house) == [8, 9, 10]
    assert stored(house) == before


@pytest.mark.parametrize(
    ("type", "data"),
    [
        (JOINED, {"heads": 2}),
        (LEFT, {"heads": 1}),
        (READ, {"quantity": 3, "weight": 1}),
    ],
)
def test_a_correction_of_2019_is_late_for_every_later_frozen_year_that_carries_it(
    house: House, type: str, data: dict[str, Any]
) -> None:
    seq = happen(house, type, "2019-06-10", "s", **data)
    for year in (2019, 2020):
        freeze_2020(house, year)
    receipt = house.correct(seq, seq, MAIL | data, subject="s", time="2019-06-10T12:00:00Z")
    assert receipt.late == 2019
    assert [marks(house, year) for year in (2018, 2019, 2020)] == [[], [receipt.seq], [receipt.seq]]


def test_an_opening_is_late_for_every_frozen_year(house: House) -> None:
    freeze_2020(house)
    seq = happen(house, OPENED, "2018-12-31", "s", metric="desk.stock", quantity=4, by=PHONE)
    assert marks(house) == [seq]
    house.void(seq, seq)
    assert marks(house) == [seq, seq + 1]


def test_an_event_of_2019_is_late_for_2020_where_growth_compares_the_two(house: House) -> None:
    freeze_2020(house)
    seq = happen(house, CASE, "2019-06-10", "c")
    happen(house, CASE, "2018-06-10", "c")
    assert marks(house) == [seq]


def test_a_correction_that_moves_only_counts_of_2019_is_not_late_for_2020(database: Database, tmp_path: Path) -> None:
    house = House.build(database, changed(tmp_path, without="growth"))
    seq = happen(house, CASE, "2019-06-10", "c")
    freeze_2020(house)
    within = house.correct(seq, seq, MAIL, subject="c", time="2019-07-10T12:00:00Z")
    assert within.late is None
    assert marks(house) == []
    into = house.correct(seq, within.seq, MAIL, subject="c", time="2020-07-10T12:00:00Z")
    assert marks(house) == [into.seq]


def test_growth_of_growth_reaches_two_years_on(database: Database, tmp_path: Path) -> None:
    label = "label: {zh-Hant: 加速, en: Acceleration}"
    more = f"  acceleration: {{{label}, measure: growth, of: growth, unit: multiple, owner: desk}}\n"
    house = House.build(database, changed(tmp_path, more=more))
    freeze_2020(house)
    reaching = happen(house, CASE, "2018-06-10", "c")
    happen(house, CASE, "2017-06-10", "c")
    assert marks(house) == [reaching]


def test_a_replay_marks_the_same_events_again(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    happen(house, CASE, "2020-06-10", "c9")
    happen(house, CASE, "2021-01-10", "c10")
    house.void(1, 1)
    before = (stored(house), marks(house))
    assert before[1] == [8, 10]
    with house.database.write() as session:
        clear_projections(session)
        replay(house.ledger, session)
    assert (stored(house), marks(house)) == before
    assert house.differences() == []


def test_a_replay_keeps_the_marks_of_what_a_later_revision_covers(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    happen(house, CASE, "2020-06-10", "c9")
    frozen(house.database, house.ledger, 2020, reason="A case came late.")
    happen(house, CASE, "2020-06-11", "c10")
    assert marks(house) == [8, 9]
    with house.database.write() as session:
        clear_projections(session)
        replay(house.ledger, session)
    assert marks(house) == [8, 9]

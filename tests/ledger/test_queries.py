"""Reading the log: single events, pages of them, versions of one, and facts in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.house import METER, House
from tests.tallies import test_agreement
from tests.tallies.histories import DATA, live_through
from tests.tallies.test_agreement import often
from tracker.ledger.events import CORRECTED, VOIDED, Fact
from tracker.ledger.heads import read_head
from tracker.ledger.models import events
from tracker.ledger.queries import Entry, entries, entry, facts, facts_in_order, versions

fresh = test_agreement.fresh

CASE, READ, JOINED = "desk.case.reported", "desk.meter.read", "desk.member.joined"
PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}


def page(house: House, **filters: Any) -> list[Entry]:
    with house.database.read() as session:
        return entries(session, **filters)


def seqs(house: House, **filters: Any) -> list[int]:
    return [each.seq for each in page(house, **filters)]


@pytest.fixture
def varied(house: House) -> House:
    """Seven events of two days of recording, among them a correction and a void."""
    house.record(
        house.event(CASE, PHONE, subject="s1"),
        house.event(READ, MAIL | {"quantity": "1.50"}, subject="s2", source="/meter", time="2020-05-05T00:00:00+08:00"),
    )
    house.clock.instant = datetime(2021, 2, 2, 4, tzinfo=UTC)
    house.record(house.event(JOINED, PHONE, subject="s1", time="2019-03-01T00:00:00+08:00"))
    house.correct(0, 0, MAIL, subject="s1", time="2020-06-30T23:59:59+08:00")
    house.clock.instant = datetime(2021, 2, 3, 4, tzinfo=UTC)
    house.void(1, 1, subject="s2", time="2020-05-05T00:00:00+08:00")
    house.record(house.event(CASE, MAIL, entity="north"), house.event(CASE, MAIL, time="2020-05-04T15:59:59.999Z"))
    return house


def test_an_entry_says_all_that_is_on_record(house: House) -> None:
    told = {"channel": "phone", "narrative": "a secret"}
    house.record(house.event(CASE, told, subject="s1", entity="north", id="c-1"))
    with house.database.read() as session:
        found = entry(session, 0)
        [row] = session.execute(select(events)).all()
    salt, value = house.secrets()[0, "/narrative"]
    commitment = hashlib.sha256(salt + value).hexdigest()
    assert found == Entry(
        seq=0,
        recorded_at="2021-02-01T04:00:00.000000Z",
        actor="person:alice",
        source="/test",
        id="c-1",
        type=CASE,
        subject="s1",
        time="2020-05-04T04:00:00.000000Z",
        entity="north",
        day="2020-05-04",
        year=2020,
        original=None,
        replaces=None,
        data={"channel": "phone", "narrative": {"commitment": commitment}},
        content=hashlib.sha256(row.body.encode()).hexdigest(),
        leaf=bytes(row.leaf).hex(),
    )


def test_there_is_no_entry_where_nothing_was_recorded(varied: House) -> None:
    with varied.database.read() as session:
        assert entry(session, 7) is None
        assert entry(session, -1) is None


def test_an_amendment_names_what_it_amends_and_replaces(varied: House) -> None:
    varied.correct(0, 3, PHONE)
    with varied.database.read() as session:
        found = entry(session, 7)
    assert found is not None
    assert (found.type, found.original, found.replaces) == (CORRECTED, 0, 3)
    assert found.data == {"original": {"seq": 0}, "replaces": 3, "reason": "a slip", "data": PHONE}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_that_follow_each_other_are_the_whole_log(varied: House, limit: int) -> None:
    found: list[Entry] = []
    while following := page(varied, after=found[-1].seq if found else -1, limit=limit):
        assert len(following) <= limit
        found += following
    assert found == page(varied)
    assert [each.seq for each in found] == list(range(7))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"types": [CASE]}, [0, 5, 6]),
        ({"types": (CASE, JOINED)}, [0, 2, 5, 6]),
        ({"types": [CORRECTED, VOIDED]}, [3, 4]),
        ({"types": ["desk.no.such"]}, []),
        ({"source": "/meter"}, [1]),
        ({"source": ""}, []),
        ({"subject": "s1"}, [0, 2, 3]),
        ({"first_day": "2020-05-05"}, [1, 3, 4]),
        ({"last_day": "2020-05-04"}, [0, 2, 5, 6]),
        ({"first_day": "2020-05-04", "last_day": "2020-05-05"}, [0, 1, 4, 5, 6]),
        ({"recorded_since": "2021-02-02T04:00:00.000000Z"}, [2, 3, 4, 5, 6]),
        ({"recorded_since": "2021-02-02T04:00:00.000001Z"}, [4, 5, 6]),
        ({"recorded_since": "2021-02-03T04:00:00.000001Z"}, []),
        ({"recorded_since": "2000"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"size": 3}, [0, 1, 2]),
        ({"size": 0}, []),
        ({"after": 2, "types": [CASE], "size": 6}, [5]),
        ({"after": 0, "subject": "s1", "recorded_since": "2021-02-02", "limit": 1}, [2]),
        ({"after": 4, "recorded_since": "2021-02-02"}, [5, 6]),
    ],
    ids=str,
)
def test_each_filter_leaves_what_it_names(varied: House, filters: dict[str, Any], expected: list[int]) -> None:
    assert seqs(varied, **filters) == expected


def test_an_empty_log_has_no_entries_and_no_facts(house: House) -> None:
    assert page(house) == []
    assert page(house, recorded_since="2021") == []
    with house.database.read() as session:
        assert list(facts_in_order(session, [CASE])) == []


@pytest.mark.parametrize("named", [0, 3, 7, 8])
def test_every_version_names_the_same_versions(varied: House, named: int) -> None:
    varied.correct(0, 3, PHONE)
    varied.void(0, 7)
    with varied.database.read() as session:
        found = versions(session, named)
        assert found == [entry(session, seq) for seq in (0, 3, 7, 8)]
    assert [each.replaces for each in found] == [None, 0, 3, 7]


def test_an_event_without_amendments_is_its_only_version(varied: House) -> None:
    with varied.database.read() as session:
        assert versions(session, 5) == [entry(session, 5)]
        assert versions(session, 70) == []


def test_entries_show_commitments_and_never_the_confidential_value(house: House) -> None:
    house.record(house.event(CASE, PHONE | {"narrative": "a secret"}))
    house.correct(0, 0, MAIL | {"narrative": "another secret"})
    assert "secret" not in json.dumps(page(house))


def test_facts_in_order_come_by_their_own_seq_as_they_stand(varied: House) -> None:
    with varied.database.read() as session:
        found = list(facts_in_order(session, [CASE, READ]))
        first = list(facts_in_order(session, [CASE, READ], size=4))
    place = (None, "2020-05-04T04:00:00.000000Z", "north", "2020-05-04", 2020, MAIL)
    assert found == [
        Fact(0, CASE, "s1", "2020-06-30T15:59:59.000000Z", None, "2020-06-30", 2020, MAIL),
        Fact(5, CASE, *place),
        Fact(6, CASE, None, "2020-05-04T15:59:59.999000Z", None, "2020-05-04", 2020, MAIL),
    ]
    assert [(each.seq, each.type) for each in first] == [(0, CASE), (1, READ)]


def test_facts_in_order_are_chosen_by_the_day_that_is_in_force(varied: House) -> None:
    with varied.database.read() as session:
        june = list(facts_in_order(session, [CASE], first_day="2020-06-01", last_day="2020-06-30"))
        may = list(facts_in_order(session, [CASE], first_day="2020-05-01", last_day="2020-05-31"))
        then = list(facts_in_order(session, [CASE], first_day="2020-05-01", last_day="2020-05-31", size=3))
    assert [[each.seq for each in found] for found in (june, may, then)] == [[0], [5, 6], [0]]


def test_more_facts_than_are_read_at_a_time_all_come(house: House) -> None:
    house.record(*(house.event(CASE, PHONE) for _ in range(1201)), actor=METER)
    house.correct(600, 600, MAIL)
    with house.database.read() as session:
        found = list(facts_in_order(session, [CASE]))
    assert [each.seq for each in found] == list(range(1201))
    assert [each.seq for each in found if each.data == MAIL] == [600]


@often
@given(data=st.data())
def test_facts_in_order_are_the_facts_in_force_at_any_size(fresh: Callable[[], Any], data: st.DataObject) -> None:
    with fresh() as house:
        live_through(data.draw, house, data.draw(st.integers(1, 10)))
        types = data.draw(st.sets(st.sampled_from(sorted(DATA))))
        with house.database.read() as session:
            size = data.draw(st.integers(0, read_head(session).size))
            assert list(facts_in_order(session, types, size=size)) == _sorted(facts(session, size=size, types=types))


def _sorted(found: Iterable[Fact]) -> list[Fact]:
    return sorted(found, key=lambda each: each.seq)

"""The front door behind HTTP: keys that change under it, deliveries that share a commit, rehearsals, failures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from tests.house import House, statuses
from tests.intake.doors import BY, DESK, Door, content_of, opened
from tracker.access import sources, tokens
from tracker.access.registry import Known, Registry
from tracker.access.signatures import new_secret
from tracker.errors import ContentConflict, Forbidden, Invalid, Malformed, NotReady, Overloaded, Unauthorised
from tracker.intake.reception import Parcel, Reception
from tracker.intake.senders import signing
from tracker.ledger.models import events as events_table

NOTHING = (0, 0, 0, 0, 0)


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    """A door that nobody has come through yet."""
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def reception(door: Door) -> Reception:
    """The one process there is."""
    return door.process()


def stored(door: Door) -> int:
    with door.house.database.read() as session:
        return len(session.scalars(select(events_table.c.seq)).all())


def add_token(door: Door, name: str) -> None:
    """A change of access that has nothing to do with the desk."""
    with door.house.database.write() as session:
        scopes, at = frozenset({"read"}), door.house.clock()
        tokens.add(session, name, scopes, source=None, days=1, by=BY, at=at)


def parcel(door: Door, reception: Reception, value: object, id: str = "msg-1") -> Parcel:
    known = reception.registry.current()
    return reception.parcel(signing(DESK), id, content_of(value), known.epoch)


def test_two_hundred_events_under_two_living_keys_are_all_taken(door: Door, reception: Reception) -> None:
    new = door.rotate(overlap=timedelta(hours=1))
    secrets = (door.secret, new)
    found = [statuses(door.send(reception, door.event(), secret=secrets[n % 2])) for n in range(200)]
    assert found == [["recorded"]] * 200
    assert door.count() == (200, 200, 0, 0, 0)


def test_a_retired_key_is_refused_at_once_by_a_process_that_remembers_it(door: Door, reception: Reception) -> None:
    door.send(reception, door.event())
    remembered = reception.registry.remembered
    new = door.rotate()
    assert reception.registry.remembered is remembered
    with pytest.raises(Unauthorised):
        door.send(reception, door.event())
    assert (door.count(), door.held()) == ((1, 1, 0, 0, 0), [])
    assert statuses(door.send(reception, door.event(), secret=new)) == ["recorded"]


def test_a_new_key_is_taken_at_once_by_a_process_that_has_not_heard_of_it(door: Door, reception: Reception) -> None:
    door.send(reception, door.event())
    new = door.rotate(overlap=timedelta(days=1))
    assert statuses(door.send(reception, door.event(), secret=new)) == ["recorded"]


def test_a_key_ends_with_its_overlap_to_the_second(door: Door, reception: Reception) -> None:
    door.rotate(overlap=timedelta(hours=1))
    door.house.clock.instant += timedelta(hours=1) - timedelta(seconds=1)
    assert statuses(door.send(reception, door.event())) == ["recorded"]
    door.house.clock.instant += timedelta(seconds=1)
    with pytest.raises(Unauthorised):
        door.send(reception, door.event())


def test_a_change_that_does_not_concern_the_sender_costs_it_nothing(door: Door, reception: Reception) -> None:
    door.send(reception, door.event())
    add_token(door, "another")
    assert statuses(door.send(reception, door.event())) == ["recorded"]
    assert door.count() == (2, 2, 0, 0, 0)


def test_what_was_let_in_before_access_changed_is_neither_recorded_nor_counted(
    door: Door, reception: Reception
) -> None:
    parcels = [parcel(door, reception, each) for each in (door.event(), door.event("pigeon"), b"{")]
    with door.house.database.write() as session:
        sources.retire(session, "desk", by=BY, at=door.house.clock())
    assert [reception.hand_in(each) for each in parcels] == [None, None, None]
    assert (stored(door), door.count(), door.held()) == (0, NOTHING, [])


class Restless(Registry):
    """What is known while somebody changes access after every look."""

    door: Door

    def current(self) -> Known:
        """What was true a moment ago."""
        found = super().current()
        add_token(self.door, f"token-{found.epoch}")
        return found


def test_when_access_changes_under_each_look_the_sender_is_asked_to_come_again(door: Door) -> None:
    registry = Restless(door.house.database, door.keys)
    registry.door = door
    with pytest.raises(Overloaded):
        door.send(door.process(registry), door.event())
    assert (stored(door), door.count()) == (0, NOTHING)


def test_deliveries_that_share_a_commit_are_each_told_what_became_of_them(door: Door, reception: Reception) -> None:
    known = door.event()
    door.send(reception, known)
    values: list[Any] = [
        door.event(),
        [door.event(), door.event("pigeon")],
        known,
        known | {"subject": "other"},
        b"{",
        door.event(source="/other"),
        [door.event(), door.event()],
    ]
    parcels = [parcel(door, reception, each, f"msg-{n}") for n, each in enumerate(values)]
    outcomes = reception.writer.submit(parcels).wait()
    found = [type(each) if isinstance(each, Exception) else statuses(each or []) for each in outcomes]
    assert found == [
        ["recorded"],
        Invalid,
        ["duplicate"],
        ContentConflict,
        Malformed,
        Forbidden,
        ["recorded", "recorded"],
    ]
    assert door.count() == (10, 4, 1, 1, 4)
    assert [(each.delivery, each.attempts) for each in door.held()] == [("msg-1", 1), ("msg-4", 1)]
    assert door.house.differences() == []


def test_the_same_refused_delivery_twice_in_one_commit_is_one_row(door: Door, reception: Reception) -> None:
    wrong = door.event("pigeon")
    reception.writer.submit([parcel(door, reception, wrong) for _ in range(2)]).wait()
    assert [(each.delivery, each.attempts) for each in door.held()] == [("msg-1", 2)]
    assert door.count() == (2, 0, 0, 0, 2)


def test_two_senders_with_the_same_delivery_id_have_a_row_each(door: Door, reception: Reception) -> None:
    with pytest.raises(Invalid):
        door.send(reception, door.event("pigeon"), id="msg-1")
    epoch = reception.registry.current().epoch
    other = signing(sources.Source("other", "/other", ("*",)))
    with pytest.raises(Malformed):
        reception.hand_in(reception.parcel(other, "msg-1", content_of(b"{"), epoch))
    assert [(each.sender, each.delivery) for each in door.held()] == [("desk", "msg-1"), ("other", "msg-1")]


def test_a_rehearsal_takes_each_parcel_as_if_those_before_were_recorded(door: Door, reception: Reception) -> None:
    one = door.event()
    values: list[Any] = [one, one, one | {"subject": "other"}, door.event("pigeon"), [door.event(), one], b"["]
    found = reception.rehearse([parcel(door, reception, each) for each in values])
    assert [type(each) if isinstance(each, Exception) else statuses(each) for each in found] == [
        ["valid"],
        ["duplicate"],
        ContentConflict,
        Invalid,
        ["valid", "duplicate"],
        Malformed,
    ]
    assert (stored(door), door.count(), door.held()) == (0, NOTHING, [])
    assert statuses(door.send(reception, one, dry_run=True)) == ["valid"]
    assert statuses(door.send(reception, one)) == ["recorded"]


def test_a_database_that_fails_to_commit_counts_and_keeps_nothing(door: Door, reception: Reception) -> None:
    reception.registry.current()

    full = [True]

    def fail(_connection: Any) -> None:
        if full:
            raise OperationalError("COMMIT", {}, Exception("disk full"))

    event.listen(door.house.database.engine, "commit", fail)
    good, wrong = door.event(), door.event("pigeon")
    for value in (good, wrong):
        with pytest.raises(NotReady):
            door.send(reception, value, id="msg-1")
    full.clear()
    assert (stored(door), door.count(), door.held()) == (0, NOTHING, [])
    assert statuses(door.send(reception, good, id="msg-1")) == ["recorded"]
    with pytest.raises(Invalid):
        door.send(reception, wrong, id="msg-1")
    assert (door.count(), len(door.held())) == ((2, 1, 0, 0, 1), 1)


def test_who_is_not_known_is_not_counted(door: Door, reception: Reception) -> None:
    with pytest.raises(Unauthorised):
        door.send(reception, door.event(), secret=new_secret())
    assert (door.count(), door.held()) == (NOTHING, [])


def test_an_event_that_was_taken_once_stays_a_duplicate_whatever_its_sender_may_send_now(
    door: Door, reception: Reception
) -> None:
    old = door.event(time="2021-01-31T12:00:00+08:00")
    door.send(reception, old)
    door.house.clock.instant += timedelta(days=400)
    strict = signing(sources.Source("desk", "/desk", ("*",), backfill=False))
    epoch = reception.registry.current().epoch
    late = reception.parcel(strict, "msg-late", content_of(old), epoch)
    assert late.doubtful
    assert statuses(reception.hand_in(late) or []) == ["duplicate"]
    assert (door.count(), door.held()) == ((2, 1, 1, 0, 0), [])


def test_the_use_of_a_key_is_written_down_once_a_minute(door: Door, reception: Reception) -> None:
    found = []
    for seconds in (0, 59, 1):
        door.house.clock.instant += timedelta(seconds=seconds)
        door.send(reception, door.event())
        with door.house.database.read() as session:
            [listed] = sources.listed(session)
        found.append(listed.keys[0].used_at)
    assert found == [f"2021-02-01T04:0{minute}:00.000000Z" for minute in (0, 0, 1)]

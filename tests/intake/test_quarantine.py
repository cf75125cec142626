"""Quarantine: one row for each delivery, capped, sealed, and emptied as soon as somebody decides."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from tests.house import ALICE, House, statuses
from tracker.access.keys import KeyFile
from tracker.errors import Conflict, Invalid, Malformed, Mistake, NotFound, NotReady
from tracker.intake.content import Content
from tracker.intake.models import counters
from tracker.intake.models import quarantine as table
from tracker.intake.modes import ONE
from tracker.intake.quarantine import LARGEST, MOST_OPEN, Held, Opened, Quarantine, any_held, held, waiting
from tracker.intake.retrying import retry
from tracker.ledger.events import Receipt

START = "2021-02-01T04:00:00.000000Z"
WHY = Invalid("1 mistake; nothing was stored.", [Mistake("/time", "lies more than 7 days back")])


@dataclass
class Ward:
    """A quarantine and its house."""

    house: House
    quarantine: Quarantine

    def keep(self, delivery: str = "msg-1", body: bytes = b"{}", sender: str = "token:ci", why: Any = WHY) -> None:
        """Keep a refused delivery."""
        with self.house.database.write() as session:
            self.quarantine.keep(session, sender, delivery, Content(ONE, (), body), why, self.house.clock())

    def held(self, **others: Any) -> list[Held]:
        """What a list shows."""
        with self.house.database.read() as session:
            return held(session, **others)

    def only(self) -> int:
        """The number of the one delivery there is."""
        [found] = self.held(everything=True)
        return found.id

    def opened(self, id: int) -> Opened:
        """One delivery with its content."""
        with self.house.database.read() as session:
            return self.quarantine.opened(session, id)

    def discard(self, id: int, reason: str = "sent by mistake") -> None:
        """Decide against it."""
        with self.house.database.write() as session:
            at = self.house.clock()
            self.quarantine.discard(session, id, reason=reason, by="person:alice", at=at)

    def retry(self, id: int) -> list[Receipt]:
        """Decide for it."""
        with self.house.database.write() as session:
            return retry(session, self.house.intake, self.quarantine, id, by=ALICE)

    def sealed(self) -> list[bytes | None]:
        """What the rows hold."""
        with self.house.database.read() as session:
            rows = session.execute(select(table.c.sealed).order_by(table.c.id))
            return [None if row.sealed is None else bytes(row.sealed) for row in rows]

    def case(self, channel: str = "phone", **others: Any) -> bytes:
        """An event as it is sent."""
        return json.dumps(self.house.event("desk.case.reported", {"channel": channel}, **others)).encode()


@pytest.fixture
def ward(house: House, tmp_path: Path) -> Ward:
    """Nothing is in quarantine yet."""
    key = KeyFile(tmp_path / "key", "TRACKER_QUARANTINE_KEY_FILE")
    key.make()
    return Ward(house, Quarantine(key, days=30))


def test_a_refused_delivery_is_kept_with_what_is_wrong_and_what_was_sent(ward: Ward) -> None:
    ward.keep(body=b'{"narrative": "\xe5\xa4\x9c"}')
    id = ward.only()
    line = Held(id, "token:ci", "msg-1", START, START, 1, 20, 1, None, None, None, None)
    assert ward.held() == [line]
    content = Content(ONE, (), b'{"narrative": "\xe5\xa4\x9c"}')
    assert ward.opened(id) == Opened(line, WHY.detail, list(WHY.mistakes), content)


def test_a_binary_delivery_is_kept_with_its_headers(ward: Ward) -> None:
    content = Content("application/json", (("id", "a"), ("source", "/test")), b"{}")
    with ward.house.database.write() as session:
        ward.quarantine.keep(session, "meter", "a", content, WHY, ward.house.clock())
    assert ward.opened(ward.only()).content == content


def test_a_delivery_that_is_sent_again_stays_one_row_and_is_counted(ward: Ward) -> None:
    ward.keep()
    ward.house.clock.instant = ward.house.clock.instant.replace(hour=6)
    ward.keep(body=b"[]", why=Malformed("The batch is empty; send at least one event."))
    [found] = ward.held()
    assert found[1:8] == ("token:ci", "msg-1", START, "2021-02-01T06:00:00.000000Z", 2, 2, 0)
    opened = ward.opened(found.id)
    assert (opened.detail, opened.mistakes) == ("The batch is empty; send at least one event.", [])
    assert opened.content == Content(ONE, (), b"[]")


def test_the_same_delivery_of_another_sender_is_another_row(ward: Ward) -> None:
    for sender in ("meter", "token:ci", "meter"):
        ward.keep(sender=sender)
    assert [(each.sender, each.attempts) for each in ward.held()] == [("meter", 2), ("token:ci", 1)]
    with ward.house.database.read() as session:
        assert waiting(session) == {"meter": 1, "token:ci": 1}


def test_a_delivery_that_two_processes_refuse_at_once_is_one_row(ward: Ward) -> None:
    other = threading.Thread(target=ward.keep)
    with ward.house.database.write() as session:
        content = Content(ONE, (), b"{}")
        ward.quarantine.keep(session, "token:ci", "msg-1", content, WHY, ward.house.clock())
        other.start()
        other.join(timeout=0.3)  # it waits for this transaction
    other.join(timeout=30)
    assert [each.attempts for each in ward.held()] == [2]


@pytest.mark.parametrize(("size", "kept"), [(LARGEST, True), (LARGEST + 1, False)])
def test_of_a_large_delivery_only_the_mistakes_are_kept(size: int, kept: bool, ward: Ward) -> None:
    ward.keep(body=b" " * size)
    opened = ward.opened(ward.only())
    assert opened.held.size == size
    assert (opened.content is not None) == kept
    assert opened.mistakes == list(WHY.mistakes)
    [sealed] = ward.sealed()
    assert sealed is not None
    assert (len(sealed) > 1000) == kept
    if not kept:
        with pytest.raises(Conflict) as refused:
            ward.retry(opened.held.id)
        assert refused.value.detail == (
            f"Delivery {opened.held.id} was too large to be kept; ask token:ci to send it again."
        )


def test_of_many_mistakes_a_hundred_are_kept_and_all_are_counted(ward: Ward) -> None:
    ward.keep(why=Invalid("Many mistakes.", [Mistake(f"/{number}", "is wrong") for number in range(250)]))
    opened = ward.opened(ward.only())
    assert (opened.held.mistakes, len(opened.mistakes)) == (250, 100)


def fill(ward: Ward, sender: str, number: int) -> None:
    row = {"sender": sender, "first_at": START, "last_at": START, "attempts": 1, "size": 2, "mistakes": 1}
    with ward.house.database.write() as session:
        session.execute(insert(table), [row | {"delivery": f"old-{each}", "sealed": b"x"} for each in range(number)])


def test_a_sender_has_a_thousand_open_deliveries_at_most(ward: Ward) -> None:
    fill(ward, "meter", MOST_OPEN - 1)
    for delivery in ("fits", "one-too-many", "old-0"):
        ward.keep(delivery, sender="meter")
    ward.keep(sender="another")
    found = {(each.sender, each.delivery): each.attempts for each in ward.held(limit=None)}
    assert len(found) == MOST_OPEN + 1
    assert found["meter", "fits"] == 1
    assert ("meter", "one-too-many") not in found
    assert found["meter", "old-0"] == 2
    assert found["another", "msg-1"] == 1


def test_what_is_settled_makes_room(ward: Ward) -> None:
    fill(ward, "meter", MOST_OPEN)
    with ward.house.database.write() as session:
        one = session.execute(select(func.min(table.c.id))).scalar_one()
        session.execute(update(table).where(table.c.id == one).values(settled="discarded", sealed=None))
    ward.keep("fits", sender="meter")
    assert ward.held(limit=None)[-1].delivery == "fits"


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001, "bell\x07", "nul\x00", "\udcff"])
def test_to_discard_takes_a_reason(reason: str, ward: Ward) -> None:
    ward.keep()
    before = ward.held()
    with pytest.raises(Invalid) as refused:
        ward.discard(ward.only(), reason)
    assert [each.pointer for each in refused.value.mistakes] == ["reason"]
    assert ward.held() == before


def test_of_a_discarded_delivery_the_content_is_gone(ward: Ward) -> None:
    ward.keep()
    id = ward.only()
    ward.discard(id, "  sent by mistake  ")
    assert ward.sealed() == [None]
    assert ward.held() == []
    line = Held(id, "token:ci", "msg-1", START, START, 1, 2, 1, "discarded", "sent by mistake", "person:alice", START)
    assert ward.held(everything=True) == [line]
    for decide in (ward.opened, ward.discard, ward.retry):
        with pytest.raises(Conflict) as refused:
            decide(id)
        assert refused.value.detail == f"Delivery {id} was discarded at {START}; what was sent is gone."


def test_a_settled_delivery_that_comes_again_is_counted_and_stays_settled(ward: Ward) -> None:
    ward.keep()
    ward.discard(ward.only())
    ward.keep()
    [found] = ward.held(everything=True)
    assert (found.attempts, found.settled) == (2, "discarded")
    assert ward.sealed() == [None]


def test_two_who_decide_at_once_do_not_both_decide(ward: Ward) -> None:
    ward.keep(body=ward.case())
    id = ward.only()
    with ward.house.database.write() as session:
        ward.quarantine.opened(session, id)
        session.execute(update(table).values(settled="discarded", sealed=None))  # as somebody else would
        with pytest.raises(Conflict, match="Somebody else has settled delivery"):
            ward.quarantine.recorded(session, id, by="person:alice", at=ward.house.clock())


@pytest.mark.parametrize("id", [0, -1, 1 << 62, 1 << 63, 10**30])
def test_a_number_that_is_none_of_a_delivery_is_not_found(id: int, ward: Ward) -> None:
    with pytest.raises(NotFound) as refused:
        ward.opened(id)
    assert refused.value.detail == f"There is no delivery {id} in quarantine. `tracker quarantine list` shows them."


def test_what_is_older_than_is_kept_goes_settled_or_not(ward: Ward) -> None:
    for delivery in ("settled", "open"):
        ward.keep(delivery)
    ward.discard(ward.held()[0].id)
    ward.house.clock.instant = ward.house.clock.instant.replace(month=3, day=3)
    ward.keep("new")
    assert [each.delivery for each in ward.held(everything=True)] == ["settled", "open", "new"]
    ward.house.clock.instant = ward.house.clock.instant.replace(microsecond=1)
    with ward.house.database.write() as session:
        ward.quarantine.age(session, ward.house.clock())
    assert [each.delivery for each in ward.held(everything=True)] == ["new"]


def test_lists_come_in_pages(ward: Ward) -> None:
    for number in range(5):
        ward.keep(f"msg-{number}")
    first = ward.held(limit=2)
    rest = ward.held(after=first[-1].id)
    assert [each.delivery for each in (*first, *rest)] == [f"msg-{number}" for number in range(5)]


def test_nothing_of_what_was_sent_is_readable_in_the_database(ward: Ward) -> None:
    ward.keep(body=b"a secret narrative")
    [sealed] = ward.sealed()
    assert sealed is not None
    assert b"narrative" not in sealed
    assert b"days back" not in sealed


def test_a_row_that_was_moved_to_another_sender_does_not_open(ward: Ward) -> None:
    ward.keep()
    with ward.house.database.write() as session:
        assert any_held(session)
        session.execute(update(table).values(sender="meter"))
    with pytest.raises(NotReady, match="quarantine/meter/msg-1 does not open with the key in use"):
        ward.opened(ward.only())


def test_another_key_is_found_out_before_it_is_used(ward: Ward, tmp_path: Path) -> None:
    another = Quarantine(KeyFile(tmp_path / "another", "TRACKER_QUARANTINE_KEY_FILE"), days=30)
    another.key.make()
    with ward.house.database.read() as session:
        another.check(session)
    ward.keep()
    with ward.house.database.read() as session:
        ward.quarantine.check(session)
        with pytest.raises(NotReady, match="Put back the key file that belongs to this database"):
            another.check(session)


def test_an_old_event_is_recorded_when_somebody_vouches_for_it(ward: Ward) -> None:
    ward.keep(body=ward.case(id="old", time="2020-05-04T12:00:00+08:00"))
    id = ward.only()
    [receipt] = ward.retry(id)
    assert (receipt.id, receipt.status) == ("old", "recorded")
    assert ward.house.value("desk.cases", "2020") == 1
    assert ward.sealed() == [None]
    [found] = ward.held(everything=True)
    assert found[8:] == ("recorded", None, "person:alice", START)


def test_what_is_on_record_by_now_is_settled_as_a_duplicate(ward: Ward) -> None:
    event = ward.house.event("desk.case.reported", {"channel": "phone"})
    ward.keep(body=json.dumps(event).encode())
    ward.house.record(event)
    assert statuses(ward.retry(ward.only())) == ["duplicate"]
    assert ward.held() == []


def test_what_is_still_wrong_stays_with_all_its_mistakes(ward: Ward) -> None:
    ward.keep(body=ward.case("pigeon"))
    id = ward.only()
    before = ward.held()
    with pytest.raises(Invalid) as refused:
        ward.retry(id)
    assert [str(each) for each in refused.value.mistakes] == [
        "/data/channel: 'pigeon' is not allowed. Allowed are mail and phone."
    ]
    assert ward.held() == before
    assert ward.opened(id).content is not None


def test_lines_are_recorded_together(ward: Ward) -> None:
    lines = Content("application/x-ndjson", (), b"\n".join([ward.case(), ward.case()]))
    with ward.house.database.write() as session:
        ward.quarantine.keep(session, "token:ci", lines.name, lines, WHY, ward.house.clock())
    assert statuses(ward.retry(ward.only())) == ["recorded", "recorded"]


def test_a_delivery_of_which_nothing_could_be_read_is_not_settled_as_recorded(ward: Ward) -> None:
    nothing = Content("application/x-ndjson", (), b"")
    with ward.house.database.write() as session:
        ward.quarantine.keep(session, "token:ci", nothing.name, nothing, WHY, ward.house.clock())
    with pytest.raises(Malformed, match="Nothing of this delivery could be read"):
        ward.retry(ward.only())
    assert len(ward.held()) == 1


def test_what_a_retired_source_sent_can_only_be_discarded(ward: Ward) -> None:
    ward.keep(sender="meter", body=ward.case())
    with pytest.raises(Conflict) as refused:
        ward.retry(ward.only())
    assert refused.value.detail == (
        "Source meter is retired; nothing more can be recorded as it. Discard the delivery."
    )
    ward.discard(ward.only())
    assert ward.held() == []


def test_the_database_refuses_counters_that_do_not_add_up(house: House) -> None:
    row = {"sender": "meter", "type": "", "received": 3, "recorded": 1, "duplicate": 1, "conflict": 0, "rejected": 1}
    with house.database.write() as session:
        session.execute(insert(counters).values(row))
    for name in ("received", "recorded", "duplicate", "conflict", "rejected"):
        with pytest.raises(Exception, match=r"(?i)check constraint"), house.database.write() as session:
            session.execute(update(counters).values({name: 2}))
    with house.database.read() as session:
        assert [dict(each) for each in session.execute(select(counters)).mappings()] == [row]

"""A leave without an enter counts nothing, and shows until its enter arrives."""

from __future__ import annotations

from tests.house import House
from tracker.tallies.review import Unmatched, unmatched_leaves


def _found(house: House) -> list[Unmatched]:
    with house.database.read() as session:
        return unmatched_leaves(session, house.catalogue)


def test_a_leave_without_an_enter_is_listed_until_the_enter_arrives(house: House) -> None:
    left = house.event("desk.member.left", {"channel": "mail"}, subject="m1", time="2020-05-02T12:00:00Z")
    house.record(left)
    assert _found(house) == [Unmatched("desk.members", "m1", "2020-05-02T12:00:00.000000Z", 0)]
    assert house.value("desk.members", "2020") == 0
    house.record(house.event("desk.member.joined", {"channel": "mail"}, subject="m1", time="2020-05-01T12:00:00Z"))
    assert _found(house) == []


def test_leaving_twice_lists_the_second_time(house: House) -> None:
    for number, type in enumerate(("joined", "left", "left")):
        time = f"2020-05-0{number + 1}T12:00:00Z"
        house.record(house.event(f"desk.member.{type}", {"channel": "mail"}, subject="m1", time=time))
    assert [each.seq for each in _found(house)] == [2]

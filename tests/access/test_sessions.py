"""P16: sessions end, at once and for good, by whatever ends them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from tests.access.folk import Folk
from tests.house import House
from tracker.access import sessions
from tracker.access.accounts import sessions as table


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def rows(folk: Folk) -> int:
    with folk.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def end(folk: Folk, sid: str) -> None:
    with folk.house.database.write() as session:
        sessions.end(session, sid)


def end_all(folk: Folk, login: str) -> None:
    person = folk.now(login)
    with folk.house.database.write() as session:
        sessions.end_all(session, person)


CHANGES: dict[str, Callable[[Folk, str], object]] = {
    "disabled": lambda folk, _sid: folk.disable("alice"),
    "disabled and enabled": lambda folk, _sid: [change("alice") for change in (folk.disable, folk.enable)],
    "changed roles": lambda folk, _sid: folk.set_roles("alice", "recorder", "approver"),
    "fewer roles": lambda folk, _sid: folk.set_roles("alice", "internal_auditor"),
    "reset": lambda folk, _sid: folk.reset("alice"),
    "another password": lambda folk, _sid: folk.choose("alice", "another long walk"),
    "signed out": end,
    "signed out everywhere": lambda folk, _sid: end_all(folk, "alice"),
    "half an hour idle": lambda folk, _sid: folk.wait(minutes=30),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_ends_a_session_ends_it_for_the_next_request_and_for_good(
    folk: Folk, change: Callable[[Folk, str], object]
) -> None:
    sid = folk.open(folk.add("alice"))
    assert folk.signed_in(sid) == "alice"
    change(folk, sid)
    assert folk.signed_in(sid) is None
    folk.use(sid)
    assert folk.signed_in(sid) is None
    another = folk.open(folk.now("alice"))
    folk.wait(seconds=61)
    folk.use(sid)
    assert folk.signed_in(sid) is None
    assert another != sid


def test_an_assurer_is_signed_in_until_their_last_day_is_over(folk: Folk) -> None:
    dave = folk.add("dave", "assurer", ends_on="2021-02-01")
    folk.wait(hours=19, minutes=40)
    sid = folk.open(dave)
    folk.wait(minutes=19)
    folk.use(sid)
    assert folk.signed_in(sid) == "dave"
    folk.wait(minutes=1)
    assert folk.signed_in(sid) is None


def test_a_session_in_use_lasts_twelve_hours_and_no_longer(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    for _ in range(12 * 60 // 20 - 1):
        folk.wait(minutes=20)
        folk.use(sid)
        assert folk.signed_in(sid) == "alice"
    folk.wait(minutes=20, microseconds=-1)
    folk.use(sid)
    assert folk.signed_in(sid) == "alice"
    folk.wait(microseconds=1)
    assert folk.signed_in(sid) is None


def test_a_session_that_is_not_in_use_ends_after_half_an_hour(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    folk.wait(minutes=30, microseconds=-1)
    assert folk.signed_in(sid) == "alice"
    folk.wait(microseconds=1)
    assert folk.signed_in(sid) is None


def test_without_the_second_factor_nobody_is_signed_in(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"), complete=False)
    assert folk.signed_in(sid) is None
    with folk.house.database.read() as session:
        found = sessions.look(session, sid, folk.house.clock())
        assert found is not None
        assert (found.person.login, found.complete) == ("alice", False)
        assert sessions.count(session, found.person, folk.house.clock()) == 0
    folk.wait(minutes=10)
    with folk.house.database.read() as session:
        assert sessions.look(session, sid, folk.house.clock()) is None


def test_a_session_is_stale_once_a_minute(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    stale = []
    for seconds in (0, 59.9, 0.1, 1):
        folk.wait(seconds=seconds)
        with folk.house.database.read() as session:
            found = sessions.look(session, sid, folk.house.clock())
        assert found is not None
        stale.append(found.stale(folk.house.clock()))
        if stale[-1]:
            folk.use(sid)
    assert stale == [False, False, True, False]


def test_no_other_number_is_a_session(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    others = ("", sid[:-1], f"{sid} ", sid.swapcase(), "\0", "\udcff", sessions.digest_of(sid).hex())
    for text in (*others, *(secrets.token_urlsafe(32) for _ in range(100))):
        assert folk.signed_in(text) is None


def test_only_a_digest_is_kept(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    with folk.house.database.read() as session:
        [row] = session.execute(select(table))
    assert bytes(row.digest) == sessions.digest_of(sid)
    assert sid not in repr(row)
    assert len(sid) * 6 >= 256


def test_the_sessions_of_others_stand(folk: Folk) -> None:
    alice, bob = folk.open(folk.add("alice")), folk.open(folk.add("bob"))
    folk.disable("alice")
    end_all(folk, "alice")
    assert (folk.signed_in(alice), folk.signed_in(bob)) == (None, "bob")


def test_a_person_sees_in_how_many_places_they_are_signed_in(folk: Folk) -> None:
    alice = folk.add("alice")
    folk.open(alice)
    folk.open(alice)
    with folk.house.database.read() as session:
        assert sessions.count(session, alice, folk.house.clock()) == 2


def test_sessions_that_ended_by_time_are_forgotten_when_the_next_begins(folk: Folk) -> None:
    alice = folk.add("alice")
    old, half = folk.open(alice), folk.open(alice, complete=False)
    folk.wait(minutes=10)
    folk.use(old)
    folk.open(alice)
    assert (rows(folk), folk.signed_in(old), folk.signed_in(half)) == (2, "alice", None)
    folk.wait(minutes=31)
    folk.open(alice)
    assert (rows(folk), folk.signed_in(old)) == (1, None)

"""Passwords: Argon2id, hashed anew when parameters change, refused when they are tried first."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy import select

from tests.access.folk import PASSWORD, Folk, cheap
from tests.house import House
from tracker.access import passwords
from tracker.access.accounts import people as table
from tracker.access.passwords import AT_ONCE, Passwords, check
from tracker.access.people import Person
from tracker.errors import Invalid, Overloaded

ALICE = Person(
    "p-aaaaaaaaaa", "alice.chan@example.org", "Alice 陳大文 Chan Tai", frozenset(), None, None, None, 0, False
)


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def mistake(password: str, person: Person = ALICE) -> str | None:
    try:
        check(password, person)
    except Invalid as refused:
        [found] = refused.mistakes
        assert found.pointer == "password"
        return found.message
    return None


def test_a_password_is_kept_as_argon2id_with_the_parameters_of_the_rfc() -> None:
    made = Passwords()
    kept = made.hash(PASSWORD)
    found = extract_parameters(kept)
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 64 * 1024, 3, 4)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert made.verify(kept, PASSWORD)
    assert not made.verify(kept, PASSWORD + " ")


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert cheap().hash(PASSWORD) != cheap().hash(PASSWORD)


def test_nothing_stored_is_no_password_and_takes_as_long() -> None:
    counted: list[str | bytes] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            counted.append(hash)
            return super().verify(hash, password)

    made = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    kept = made.hash(PASSWORD)
    assert [made.verify(None, PASSWORD), made.verify(None, ""), made.verify(kept, PASSWORD)] == [False, False, True]
    assert len(counted) == 3
    assert {str(each).split("$")[3] for each in counted} == {kept.split("$")[3]}


def test_a_very_long_password_is_wrong_without_being_hashed_whole() -> None:
    made = cheap()
    kept = made.hash("x" * 201)
    assert not made.verify(kept, "x" * 201)


def test_the_same_characters_are_the_same_password_however_they_are_typed() -> None:
    made, word = cheap(), "café Ångström ﬁne １２"
    kept = made.hash(unicodedata.normalize("NFC", word))
    assert made.verify(kept, unicodedata.normalize("NFD", word))
    assert made.verify(kept, "café Ångström fine 12")
    assert not made.verify(kept, "cafe Angstrom fine 12")


def test_half_a_surrogate_is_just_a_wrong_password() -> None:
    made = cheap()
    assert not made.verify(made.hash(PASSWORD), "\udcff")


def test_no_more_than_a_few_are_hashed_at_a_time() -> None:
    held, release = threading.Barrier(AT_ONCE + 1), threading.Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            held.wait(10)
            release.wait(10)
            return "slow"

    made = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    threads = [threading.Thread(target=made.hash, args=(PASSWORD,)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    held.wait(10)
    began = time.monotonic()
    with pytest.raises(Overloaded):
        made.verify(None, PASSWORD)
    assert time.monotonic() - began < 5
    release.set()
    for thread in threads:
        thread.join()


def test_other_parameters_make_a_hash_outdated_and_it_is_replaced(folk: Folk) -> None:
    alice = folk.add("alice")
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with folk.house.database.write() as session:
        old = passwords.stored_of(session, alice.id)
        assert old is not None
        assert (folk.passwords.outdated(old), newer.outdated(old)) == (False, True)
        passwords.rehash(session, alice.id, old, newer.hash(PASSWORD))
    with folk.house.database.read() as session:
        new = passwords.stored_of(session, alice.id)
    assert new is not None
    assert newer.verify(new, PASSWORD)
    assert not newer.outdated(new)
    assert folk.now("alice") == alice


def test_hashing_anew_never_brings_back_a_password_that_was_changed_meanwhile(folk: Folk) -> None:
    alice = folk.add("alice")
    with folk.house.database.read() as session:
        old = passwords.stored_of(session, alice.id)
    assert old is not None
    folk.choose("alice", "something else entirely")
    with folk.house.database.write() as session:
        passwords.rehash(session, alice.id, old, folk.passwords.hash(PASSWORD))
    with folk.house.database.read() as session:
        assert folk.passwords.verify(passwords.stored_of(session, alice.id), "something else entirely")


def test_a_changed_password_leaves_a_trace_and_no_text(folk: Folk) -> None:
    alice = folk.add("alice")
    folk.choose("alice", "something else entirely")
    assert folk.trail()[-1] == (alice.actor, "person.password_changed", alice.actor, None)
    with folk.house.database.read() as session:
        assert "something" not in repr(session.execute(select(table)).all())


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "must have 12 to 200 characters"),
        ("x7#Kq2!pLm9", "must have 12 to 200 characters"),
        ("ab" + "x7#Kq2!pLm9" * 18 + "c", "must have 12 to 200 characters"),
        ("alice.chan@example.org", "must not be your own name"),
        ("ALICE-CHAN-EXAMPLE-ORG", "must not be your own name"),
        ("alice 陳大文 chan tai", "must not be your own name"),
        ("Password1234", "is one of those that are tried first"),
        ("pass-word-1234", "is one of those that are tried first"),
        ("１２３４５６７８９０１２", "is one of those that are tried first"),
        ("aaaaaaaaaaaaaaaa", "is one of those that are tried first"),
        ("abababababababab", "is one of those that are tried first"),
    ],
)
def test_what_is_tried_first_is_refused(password: str, message: str) -> None:
    assert mistake(password) == message


@pytest.mark.parametrize("password", [PASSWORD, "x7#Kq2!pLm9a", "春眠不覺曉處處聞啼鳥夜來", "x7#Kq2!pLm" * 20])
def test_any_other_password_of_this_length_will_do(password: str) -> None:
    assert mistake(password) is None

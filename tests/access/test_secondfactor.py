"""The second factor: each code once, within half a minute, and a secret that opens in one place alone."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from sqlalchemy import select, update

from tests.access.folk import Folk
from tests.house import House
from tracker.access import secondfactor
from tracker.access.accounts import people as table
from tracker.access.people import Person
from tracker.errors import Invalid, NotReady

KEY = bytes(range(32))


@pytest.fixture
def folk(house: House) -> Folk:
    return Folk(house)


def code(folk: Folk, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(folk.house.clock(), counter_offset=steps)


def enrol(folk: Folk, login: str = "alice") -> tuple[Person, str]:
    person, secret = folk.add(login), secondfactor.new_secret()
    with folk.house.database.write() as session:
        at = folk.house.clock()
        secondfactor.enrol(session, person, secret, code(folk, secret), key=KEY, at=at)
    return folk.now(login), secret


def verify(folk: Folk, person: Person, given: str, key: bytes = KEY) -> bool:
    with folk.house.database.write() as session:
        return secondfactor.verify(session, person, given, key=key, at=folk.house.clock())


def test_codes_are_those_of_the_rfc(folk: Folk) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    alice = folk.add("alice")
    for seconds, expected in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        folk.house.clock.instant = datetime.fromtimestamp(seconds, UTC)
        with folk.house.database.write() as session:
            secondfactor.enrol(session, alice, secret, expected, key=KEY, at=folk.house.clock())


def test_enrolling_takes_a_code_and_ends_sessions(folk: Folk) -> None:
    sid = folk.open(folk.add("alice"))
    alice, secret = folk.now("alice"), secondfactor.new_secret()
    with pytest.raises(Invalid) as refused, folk.house.database.write() as session:
        secondfactor.enrol(session, alice, secret, "000000", key=KEY, at=folk.house.clock())
    assert [each.pointer for each in refused.value.mistakes] == ["code"]
    assert (folk.now("alice").second_factor, folk.signed_in(sid)) == (False, "alice")
    with folk.house.database.write() as session:
        at = folk.house.clock()
        secondfactor.enrol(session, alice, secret, code(folk, secret), key=KEY, at=at)
    assert (folk.now("alice").second_factor, folk.signed_in(sid)) == (True, None)
    assert folk.trail()[-1] == (alice.actor, "person.second_factor_enrolled", alice.actor, None)


def test_the_code_that_enrolled_does_not_sign_in_as_well(folk: Folk) -> None:
    alice, secret = enrol(folk)
    assert not verify(folk, alice, code(folk, secret))
    folk.wait(seconds=30)
    assert verify(folk, alice, code(folk, secret))


def test_a_code_is_good_once(folk: Folk) -> None:
    alice, secret = enrol(folk)
    folk.wait(seconds=90)
    assert [verify(folk, alice, code(folk, secret)) for _ in range(3)] == [True, False, False]


def test_an_older_code_is_no_good_once_a_newer_one_was_used(folk: Folk) -> None:
    alice, secret = enrol(folk)
    folk.wait(seconds=90)
    assert verify(folk, alice, code(folk, secret, 1))
    assert not verify(folk, alice, code(folk, secret, 0))
    assert not verify(folk, alice, code(folk, secret, -1))


def test_one_step_on_either_side_is_good_and_no_more(folk: Folk) -> None:
    alice, secret = enrol(folk)
    found = []
    for steps in (-2, -1, 0, 1, 2):
        folk.wait(minutes=10)
        found.append(verify(folk, alice, code(folk, secret, steps)))
    assert found == [False, True, True, True, False]


def test_of_two_who_use_one_code_at_the_same_time_one_gets_in(folk: Folk) -> None:
    alice, secret = enrol(folk)
    folk.wait(seconds=60)
    given = code(folk, secret)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: verify(folk, alice, given), range(8))) == [False] * 7 + [True]


@pytest.mark.parametrize(
    "given", ["", "12345", "1234567", "abcdef", "１２３４５６", "+12345", "12345\n", "-00001", "\0" * 6]
)
def test_what_is_no_code_is_wrong(folk: Folk, given: str) -> None:
    alice, _ = enrol(folk)
    assert not verify(folk, alice, given)


def test_a_code_may_be_typed_in_two_parts(folk: Folk) -> None:
    alice, secret = enrol(folk)
    folk.wait(seconds=60)
    given = code(folk, secret)
    assert verify(folk, alice, f" {given[:3]} {given[3:]} ")


def test_without_a_second_factor_no_code_fits(folk: Folk) -> None:
    assert not verify(folk, folk.add("alice"), "000000")


def test_the_secret_is_sealed_and_opens_for_its_person_alone(folk: Folk) -> None:
    alice, secret = enrol(folk)
    bob, _ = enrol(folk, "bob")
    with folk.house.database.write() as session:
        sealed = bytes(session.scalar(select(table.c.totp).where(table.c.id == alice.id)) or b"")
        session.execute(update(table).where(table.c.id == bob.id).values(totp=sealed))
    assert secret.encode() not in sealed
    folk.wait(seconds=60)
    with pytest.raises(NotReady, match=f"person/{bob.id}/totp does not open"):
        verify(folk, bob, code(folk, secret))
    with pytest.raises(NotReady, match=f"person/{alice.id}/totp does not open"):
        verify(folk, alice, code(folk, secret), key=b"\1" * 32)
    assert verify(folk, alice, code(folk, secret))


def test_an_offered_secret_serves_one_person_until_they_change(folk: Folk) -> None:
    alice, bob, secret = folk.add("alice"), folk.add("bob"), secondfactor.new_secret()
    text = secondfactor.offer(KEY, alice, secret)
    assert secret not in text
    assert secondfactor.offered(KEY, alice, text) == secret
    assert secondfactor.offered(KEY, bob, text) is None
    for changed in ("", "zz", text[:-2], text[:-1] + ("0" if text[-1] != "0" else "1"), "１２"):
        assert secondfactor.offered(KEY, alice, changed) is None
    folk.set_roles("alice", "approver")
    assert secondfactor.offered(KEY, folk.now("alice"), text) is None


def test_the_picture_says_what_an_app_needs(folk: Folk) -> None:
    alice, secret = folk.add("alice"), secondfactor.new_secret()
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    address = secondfactor.address(secret, alice, "測試: Co & Sons")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/測試  Co & Sons:alice"
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["測試  Co & Sons"]}
    shown = secondfactor.picture(address)
    assert shown.startswith("data:image/svg+xml")
    assert "<" not in shown
    assert '"' not in shown


def test_a_key_in_use_is_missed(folk: Folk) -> None:
    with folk.house.database.read() as session:
        assert not secondfactor.any_enrolled(session)
    enrol(folk)
    with folk.house.database.read() as session:
        assert secondfactor.any_enrolled(session)

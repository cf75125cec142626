"""Signing in: password, second factor, invitation; refused alike, delayed and never locked out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.access.folk import PASSWORD
from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tracker.access import passwords
from tracker.access.passwords import Passwords

WRONG = "Login and password do not fit each other."
CHOSEN = "春眠不覺曉 and then some"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def strict(house: House, tmp_path: Path) -> Iterator[Site]:
    """Everybody needs a second factor, which is what a new installation asks for."""
    with opened(house, tmp_path, second_factor="required") as found:
        yield found


def words(answer: TestResponse) -> str:
    """What an answer says, without its markup and without the token."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def key(answer: TestResponse) -> str:
    """The secret that a page of enrolling shows."""
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', answer.text)
    assert found is not None, words(answer)
    return found[1].replace(" ", "")


def offer(answer: TestResponse) -> str:
    found = re.search(r'name="offer"[^>]*value="([0-9a-f]+)"', answer.text)
    assert found is not None
    return found[1]


def enrol(site: Site, visitor: Visitor) -> str:
    """Enrol the second factor that is asked for; the secret."""
    page = visitor.get("/login/code?lang=en")
    secret = key(page)
    code = pyotp.TOTP(secret).at(site.house.clock())
    answer = visitor.post("/login/code", {"code": code, "offer": offer(page)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    return secret


def actions(site: Site) -> list[str]:
    return [action for _, action, _, _ in site.folk.trail()]


def test_login_and_password_sign_in_where_no_second_factor_is_asked(site: Site) -> None:
    alice = site.person("alice", "recorder")
    visitor = site.visitor()
    answer = visitor.sign_in("alice")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Alice" in visitor.get("/account?lang=en").text
    assert site.folk.trail()[-2:] == [
        (alice.actor, "person.sign_in_tried", alice.actor, None),
        (alice.actor, "person.signed_in", alice.actor, None),
    ]


def test_the_case_of_a_login_and_spaces_around_it_do_not_matter(site: Site) -> None:
    site.person("alice", "recorder")
    assert site.visitor().sign_in("  Alice ").status_code == 303


def test_who_is_signed_in_is_not_asked_again(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    answer = visitor.get("/login?next=/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert visitor.get("/login/code").headers["Location"] == "/"


def test_unknown_wrong_disabled_ended_and_uninvited_are_answered_alike(site: Site) -> None:
    site.person("alice", "recorder")
    site.person("bob", "recorder")
    site.folk.disable("bob")
    site.folk.add("dave", "assurer", ends_on="2021-02-01")
    site.folk.invite("carol")
    site.folk.wait(days=1)
    shown = set()
    for login, password in (
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("bob", PASSWORD),
        ("dave", PASSWORD),
        ("carol", PASSWORD),
        ("\0", PASSWORD),
        ("alice", "x" * 5000),
        ("x" * 150, PASSWORD),
    ):
        visitor = site.visitor()
        answer = visitor.sign_in(login, password, lang="en")
        assert (answer.status_code, visitor.sid()) == (422, None), login
        shown.add(words(answer))
    assert len(shown) == 1


def test_a_wrong_password_costs_as_much_as_an_unknown_login(site: Site) -> None:
    verified: list[str | None] = []

    class Watched(Passwords):
        def verify(self, stored: str | None, password: str) -> bool:
            verified.append(stored)
            return super().verify(stored, password)

    watched = Watched(site.service.passwords.hasher)
    object.__setattr__(site.service, "passwords", watched)
    site.person("alice", "recorder")
    before = len(site.folk.trail())
    site.visitor().sign_in("alice", "wrong")
    site.visitor().sign_in("nobody", "wrong")
    assert [stored is None for stored in verified] == [False, True]
    assert [entry[1:3] for entry in site.folk.trail()[before:]] == [
        ("person.sign_in_tried", site.folk.now("alice").actor),
        ("person.sign_in_tried", "person:unknown"),
    ]


def test_what_was_typed_is_in_no_log_and_no_trail(site: Site) -> None:
    site.person("alice", "recorder")
    with capture_logs() as logged:
        site.visitor().sign_in("my secret typed as login", "another secret")
        site.visitor().sign_in("alice", "yet another secret")
    assert "secret" not in repr(logged)
    assert "secret" not in repr(site.folk.trail())


def test_failures_are_delayed_and_the_right_password_gets_in_after_the_wait(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    assert [visitor.sign_in("alice", "wrong").status_code for _ in range(3)] == [422] * 3
    visitor.get("/login?lang=en")
    answer = visitor.sign_in("alice")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "Too many attempts failed. This one was not looked at; try again in 1 s." in words(answer)
    assert visitor.sign_in("ALICE ").status_code == 429
    site.folk.wait(seconds=1)
    assert visitor.sign_in("alice").status_code == 303
    assert site.visitor().sign_in("alice", "wrong").status_code == 422


def test_delays_are_the_same_for_logins_that_there_are_not(site: Site) -> None:
    visitor = site.visitor()
    assert [visitor.sign_in("nobody", "wrong").status_code for _ in range(5)] == [422, 422, 422, 429, 429]


def test_one_persons_failures_delay_nobody_else(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    for _ in range(5):
        visitor.sign_in("bob", "wrong")
    assert visitor.sign_in("alice").status_code == 303


def test_a_form_without_login_or_password_says_what_is_missing(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/login?lang=en")
    answer = visitor.post("/login", {"login": "", "password": ""})
    assert (answer.status_code, words(answer).count("This must be filled in.")) == (422, 2)


def test_a_password_is_hashed_anew_when_parameters_have_changed(site: Site) -> None:
    alice = site.person("alice", "recorder")
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    object.__setattr__(site.service, "passwords", dearer)
    visitor = site.visitor()
    assert visitor.sign_in("alice").status_code == 303
    with site.house.database.read() as session:
        stored = passwords.stored_of(session, alice.id)
    assert stored is not None
    assert not dearer.outdated(stored)
    assert visitor.get("/account").status_code == 200
    assert site.visitor().sign_in("alice").status_code == 303


def test_without_a_second_factor_nothing_but_enrolling_is_open(strict: Site) -> None:
    strict.person("alice", "recorder")
    visitor = strict.visitor()
    answer = visitor.sign_in("alice", next="/account")
    assert answer.headers["Location"] == "/login/code?next=/account"
    for path in ("/account", "/account/second-factor"):
        assert visitor.get(path).headers["Location"].startswith("/login/code")
    assert visitor.post("/account/language", {"locale": "en"}).headers["Location"].startswith("/login/code")
    assert visitor.get("/login").headers["Location"].startswith("/login/code")
    assert "person.signed_in" not in actions(strict)
    half = visitor.sid()
    enrol(strict, visitor)
    assert visitor.get("/account").status_code == 200
    assert visitor.sid() != half
    assert half is not None
    visitor.carry(half)
    assert visitor.get("/account").headers["Location"].startswith("/login?")
    assert actions(strict)[-2:] == ["person.second_factor_enrolled", "person.signed_in"]


def test_enrolling_shows_a_picture_and_the_key_and_keeps_both_after_a_slip(strict: Site) -> None:
    strict.person("alice", "recorder")
    visitor = strict.visitor()
    visitor.sign_in("alice")
    page = visitor.get("/login/code?lang=en")
    assert re.search(r'<img src="data:image/svg\+xml[^"<>]+" alt="QR code of the key that stands below"', page.text)
    assert "img-src 'self' data:" in page.headers["Content-Security-Policy"]
    slip = visitor.post("/login/code", {"code": "000000", "offer": offer(page)})
    assert slip.status_code == 422
    assert "This code does not fit." in words(slip)
    assert key(slip) == key(page)
    assert visitor.post("/login/code", {"code": "", "offer": offer(page)}).status_code == 422
    assert key(visitor.post("/login/code", {"code": "000000", "offer": "forged"})) != key(page)
    assert strict.folk.now("alice").second_factor is False


def test_nobody_enrols_with_what_was_offered_to_somebody_else(strict: Site) -> None:
    strict.person("alice", "recorder")
    strict.person("mallory", "recorder")
    alice, mallory = strict.visitor(), strict.visitor()
    alice.sign_in("alice")
    mallory.sign_in("mallory")
    page = mallory.get("/login/code")
    code = pyotp.TOTP(key(page)).at(strict.house.clock())
    assert alice.post("/login/code", {"code": code, "offer": offer(page)}).status_code == 422
    assert strict.folk.now("alice").second_factor is False


def test_a_code_signs_in_once(strict: Site) -> None:
    strict.person("alice", "recorder")
    first = strict.visitor()
    first.sign_in("alice")
    enrol(strict, first)
    strict.folk.wait(seconds=60)
    code = strict.code("alice")
    second, third = strict.visitor(), strict.visitor()
    for visitor, status in ((second, 303), (third, 422)):
        assert visitor.sign_in("alice", next="/account").headers["Location"] == "/login/code?next=/account"
        answer = visitor.post("/login/code", {"code": code, "next": "/account"})
        assert answer.status_code == status
    assert second.get("/account").status_code == 200
    assert third.get("/account").status_code == 303
    assert actions(strict)[-1] == "person.second_factor_failed"


def test_who_enrolled_is_asked_for_a_code_even_where_it_is_optional(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    visitor.sign_in("alice")
    page = visitor.post("/account/second-factor", {"present": PASSWORD})
    code = pyotp.TOTP(key(page)).at(site.house.clock())
    assert visitor.post("/account/second-factor", {"code": code, "offer": offer(page)}).status_code == 303
    assert site.visitor().sign_in("alice").headers["Location"] == "/login/code?next=/"


def test_codes_are_delayed_as_passwords_are_and_a_new_session_changes_nothing(strict: Site) -> None:
    strict.person("alice", "recorder")
    first = strict.visitor()
    first.sign_in("alice")
    enrol(strict, first)
    strict.folk.wait(seconds=60)
    found = []
    for _ in range(5):
        visitor = strict.visitor()
        visitor.sign_in("alice")
        found.append(visitor.post("/login/code", {"code": "000000"}).status_code)
    assert found == [422, 422, 422, 429, 429]
    strict.folk.wait(seconds=1)
    assert visitor.post("/login/code", {"code": strict.code("alice")}).status_code == 303


def test_the_second_step_waits_ten_minutes(strict: Site) -> None:
    strict.person("alice", "recorder")
    visitor = strict.visitor()
    visitor.sign_in("alice")
    page, token = visitor.get("/login/code?lang=en"), visitor.token()
    strict.folk.wait(minutes=10)
    code = pyotp.TOTP(key(page)).at(strict.house.clock())
    answer = visitor.bare_post("/login/code", {"code": code, "offer": offer(page), "csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "That took too long." in words(visitor.get("/login"))
    assert strict.folk.now("alice").second_factor is False


def test_without_a_password_there_is_no_second_step(site: Site) -> None:
    visitor = site.visitor()
    assert visitor.get("/login/code").headers["Location"] == "/login"
    assert visitor.post("/login/code", {"code": "000000"}).headers["Location"] == "/login"


def test_the_second_step_can_be_given_up(strict: Site) -> None:
    strict.person("alice", "recorder")
    visitor = strict.visitor()
    visitor.sign_in("alice")
    assert visitor.post("/logout").headers["Location"] == "/login"
    assert visitor.get("/login").status_code == 200


@pytest.mark.parametrize("typed", [False, True], ids=["in the address", "typed"])
def test_an_invitation_lets_somebody_choose_a_password_and_then_a_second_factor(strict: Site, typed: bool) -> None:
    invitation = strict.folk.invite("alice", name="陳 Alice")
    visitor = strict.visitor()
    page = visitor.get("/welcome?lang=en" if typed else f"/welcome/{invitation}?lang=en")
    assert page.status_code == 200
    assert ("Welcome, 陳 Alice" in words(page)) is not typed
    chosen = {"invitation": f" {invitation} " if typed else invitation, "password": CHOSEN, "again": CHOSEN}
    assert visitor.post("/welcome", chosen).headers["Location"] == "/login/code?next=/"
    enrol(strict, visitor)
    assert visitor.get("/account").status_code == 200
    assert visitor.post("/welcome", chosen).status_code == 404
    assert actions(strict) == [
        "person.added",
        "person.invitation_used",
        "person.second_factor_enrolled",
        "person.signed_in",
    ]
    strict.folk.wait(seconds=60)
    again = strict.visitor()
    assert again.sign_in("alice", CHOSEN).headers["Location"] == "/login/code?next=/"


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("short", "short", "A password has 12 to 200 characters."),
        ("Password1234", "Password1234", "This is one of the passwords that are tried first."),
        (CHOSEN, CHOSEN + "!", "This differs from the one above."),
        ("alice the First", "alice the First", "A password must not be your own name."),
        ("", "", "This must be filled in."),
    ],
)
def test_a_bad_choice_is_told_and_the_invitation_stays_good(
    site: Site, password: str, again: str, message: str
) -> None:
    invitation = site.folk.invite("alice", name="Alice the First")
    visitor = site.visitor()
    visitor.get("/welcome?lang=en")
    answer = visitor.post("/welcome", {"invitation": invitation, "password": password, "again": again})
    assert answer.status_code == 422
    assert message in words(answer)
    assert "Welcome, Alice the First" in words(answer)
    chosen = {"invitation": invitation, "password": CHOSEN, "again": CHOSEN}
    assert visitor.post("/welcome", chosen).headers["Location"] == "/"


def test_no_other_invitation_opens_anything(site: Site) -> None:
    invitation = site.folk.invite("alice")
    visitor = site.visitor()
    visitor.get("/welcome?lang=en")
    for text in (invitation[:-1], invitation.swapcase(), "nothing", "%00"):
        assert visitor.get(f"/welcome/{text}").status_code == 404
        answer = visitor.post("/welcome", {"invitation": text, "password": CHOSEN, "again": CHOSEN})
        assert answer.status_code == 404
        assert "Ask for another." in words(answer)
    site.folk.wait(days=7)
    assert visitor.get(f"/welcome/{invitation}").status_code == 404


def test_a_reset_ends_password_second_factor_and_sessions(strict: Site) -> None:
    strict.person("alice", "recorder")
    visitor = strict.visitor()
    visitor.sign_in("alice")
    enrol(strict, visitor)
    invitation = strict.folk.reset("alice")
    assert visitor.get("/account").status_code == 303
    assert strict.visitor().sign_in("alice").status_code == 422
    fresh = strict.visitor()
    chosen = {"invitation": invitation, "password": CHOSEN, "again": CHOSEN}
    assert fresh.post("/welcome", chosen).headers["Location"] == "/login/code?next=/"
    enrol(strict, fresh)


def test_the_pages_of_signing_in_speak_chinese_to_who_reads_it(site: Site) -> None:
    answer = site.visitor().get("/login", Accept_Language="zh-HK")
    assert '<html lang="zh-Hant">' in answer.text
    assert all(word in words(answer) for word in ("登入", "帳號", "密碼", "使用邀請碼"))
    assert "Password" not in words(answer)

"""One's own account: what it shows, and what only the password opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from tests.access.folk import PASSWORD
from tests.house import House
from tests.web.test_auth import CHOSEN, key, offer, words
from tests.web.visitors import Site, Visitor, opened
from tracker.access import people
from tracker.access.roles import ROLES


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


def change(visitor: Visitor, present: str, password: str, again: str | None = None) -> int:
    form = {"present": present, "password": password, "again": password if again is None else again}
    return visitor.post("/account/password", form).status_code


def test_everybody_sees_who_they_are_and_what_their_roles_are_for(site: Site) -> None:
    alice = site.person("alice", "recorder", "approver")
    shown = words(site.signed_in("alice").get("/account?lang=en"))
    for part in ("Alice", "alice", alice.id, "Recorder", "Approver", "approves or refuses what others propose"):
        assert part in shown
    assert "Case officer" not in shown
    assert "You are signed in in 1 place." in shown


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_an_account_page_in_both_languages(site: Site, role: str) -> None:
    visitor = site.signed_in("alice", role)
    english, chinese = visitor.get("/account?lang=en"), visitor.get("/account?lang=zh-Hant")
    assert (english.status_code, chinese.status_code) == (200, 200)
    assert ("Last day" in words(english), "最後有效日" in words(chinese)) == (role == "assurer",) * 2


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(site: Site) -> None:
    here, there = site.signed_in("alice", "recorder"), site.signed_in("alice")
    before = here.sid()
    assert change(here, PASSWORD, CHOSEN) == 303
    assert here.get("/account").status_code == 200
    assert here.sid() != before
    assert there.get("/account").status_code == 303
    assert before is not None
    there.carry(before)
    assert there.get("/account").status_code == 303
    assert site.visitor().sign_in("alice").status_code == 422
    assert site.visitor().sign_in("alice", CHOSEN).status_code == 303


def test_a_password_changes_only_for_who_knows_the_present_one_and_with_delays(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    assert [change(visitor, "wrong", CHOSEN) for _ in range(4)] == [422, 422, 422, 429]
    assert change(visitor, PASSWORD, CHOSEN) == 429
    site.folk.wait(seconds=1)
    assert change(visitor, PASSWORD, CHOSEN) == 303


def test_a_bad_choice_changes_nothing(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    before = site.folk.now("alice")
    for password, again in (("short", None), ("Password1234", None), (CHOSEN, "different"), ("", None)):
        assert change(visitor, PASSWORD, password, again) == 422
    assert site.folk.now("alice") == before


def test_a_second_factor_is_replaced_by_who_gives_the_password(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    other = site.signed_in("alice")
    for present in ("wrong", ""):
        answer = visitor.post("/account/second-factor", {"present": present})
        assert (answer.status_code, "Key:" in answer.text) == (422, False)
    page = visitor.post("/account/second-factor", {"present": PASSWORD})
    code = pyotp.TOTP(key(page)).at(site.house.clock())
    answer = visitor.post("/account/second-factor", {"code": code, "offer": offer(page), "next": "/account"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert site.folk.now("alice").second_factor
    assert visitor.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    stale = visitor.post("/account/second-factor", {"code": code, "offer": offer(page)})
    assert stale.status_code == 422


def test_an_offer_cannot_be_made_up_to_go_round_the_password(site: Site) -> None:
    visitor, mallory = site.signed_in("alice", "recorder"), site.signed_in("mallory", "recorder")
    page = mallory.post("/account/second-factor", {"present": PASSWORD})
    code = pyotp.TOTP(key(page)).at(site.house.clock())
    for made_up in ("", "00" * 60, "zz", offer(page)):
        answer = visitor.post("/account/second-factor", {"code": code, "offer": made_up})
        assert (answer.status_code, "offer" in answer.text) == (422, False)
    assert site.folk.now("alice").second_factor is False


def test_a_language_is_remembered_on_every_device_and_replaces_what_was_switched_to(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    visitor.get("/account?lang=zh-Hant")
    assert visitor.cookie("lang") == "zh-Hant"
    assert visitor.post("/account/language", {"locale": "en"}).status_code == 303
    assert visitor.cookie("lang") is None
    assert '<html lang="en">' in visitor.get("/account", Accept_Language="zh-HK").text
    other = site.visitor()
    other.sign_in("alice")
    assert '<html lang="en">' in other.get("/account", Accept_Language="zh-HK").text


@pytest.mark.parametrize("locale", ["", "fr", "zh", "en\0", "../../etc"])
def test_only_the_organisations_languages_are_remembered(site: Site, locale: str) -> None:
    visitor = site.signed_in("alice", "recorder")
    visitor.post("/account/language", {"locale": locale})
    assert site.folk.now("alice").locale is None


def test_signing_out_everywhere_ends_every_session(site: Site) -> None:
    here, there, bob = site.signed_in("alice", "recorder"), site.signed_in("alice"), site.signed_in("bob", "recorder")
    assert "You are signed in in 2 places." in words(here.get("/account?lang=en"))
    assert here.post("/account/sign-out").headers["Location"] == "/login"
    assert [each.get("/account").status_code for each in (here, there, bob)] == [303, 303, 200]
    assert site.folk.trail()[-1][1] == "person.signed_out_everywhere"


def test_who_signs_in_by_a_provider_alone_has_no_password_to_change(site: Site) -> None:
    site.folk.invite("alice", "recorder")
    with site.house.database.write() as session:
        people.link(session, "alice", "https://id.example.org", "1", by="person:x", at=site.house.clock())
    visitor = site.signed_in("alice")
    assert "Change password" not in words(visitor.get("/account?lang=en"))
    assert change(visitor, "", CHOSEN) == 422
    assert change(visitor, PASSWORD, CHOSEN) == 422

"""The frame of every page: the menu by permission, errors that say what to do, and words for who cannot see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.house import House
from tests.web.visitors import Site, opened
from tracker.catalogue import load
from tracker.db import Database
from tracker.settings import shipped

MENU = re.compile(r'<nav class="menu".*?</nav>', re.DOTALL)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The pages over the shipped catalogue. What is tested here asks nothing of the database."""
    database = Database(sqlite_url)
    with opened(House.build(database, load(shipped("config"))), tmp_path, config=shipped("config")) as found:
        yield found
    database.close()


def menu(text: str) -> list[str]:
    found = MENU.search(text)
    return re.findall(r"<a [^>]*>([^<]+)</a>", found[0]) if found else []


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    assert found is not None
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


@pytest.mark.parametrize(
    ("role", "there", "not_there"),
    [
        ("recorder", {"Log an event", "All subjects", "Events", "Figures"}, {"People", "Audit trail", "Cases"}),
        ("case_officer", {"Cases", "Figures"}, {"Log an event", "Events", "People"}),
        ("administrator", {"People", "Sources", "Quarantine", "Audit trail"}, {"Events", "Cases", "Log an event"}),
        ("internal_auditor", {"Cases", "Events", "Audit trail"}, {"Log an event", "People", "Sources"}),
        ("assurer", {"Events", "All subjects"}, {"Log an event", "Cases", "Audit trail"}),
    ],
)
def test_the_menu_leads_to_what_the_person_may_open_and_nowhere_else(
    site: Site, role: str, there: set[str], not_there: set[str]
) -> None:
    visitor = site.signed_in("alice", role)
    text = visitor.get("/account?lang=en").text
    assert there <= set(menu(text))
    assert not_there.isdisjoint(menu(text))
    found = MENU.search(text)
    assert found is not None
    for address in re.findall(r'href="([^"]+)"', found[0]):
        assert visitor.get(unescape(address)).status_code == 200, address


def test_the_menu_says_where_one_is(site: Site) -> None:
    text = site.signed_in("alice", "recorder").get("/record/integrity.training.held?lang=en").text
    assert re.findall(r'aria-current="page">([^<]+)<', text) == ["Log an event", "Log an event"]


def test_who_is_not_signed_in_is_led_to_signing_in(site: Site) -> None:
    text = site.visitor().get("/years?lang=en").text
    assert 'class="sign-in"' in text
    assert "Sign out" not in text


def test_every_page_begins_with_a_way_to_its_content(site: Site) -> None:
    text = site.signed_in("alice", "recorder").get("/record?lang=en").text
    assert '<a class="skip" href="#content">Skip to the content</a>' in text
    assert re.search(r'<main id="content" tabindex="-1">', text)
    assert text.count("<h1>") == 1


@pytest.mark.parametrize(
    ("path", "status", "english", "chinese"),
    [
        ("/nowhere", 404, "There is no such thing", "找不到此內容"),
        ("/events/99", 404, "There is no such thing", "找不到此內容"),
        ("/people", 403, "This is not yours to do", "您無權進行此操作"),
        ("/logout", 405, "This cannot be done here", "此處不能進行這項操作"),
    ],
)
def test_errors_are_pages_in_both_languages_that_say_what_to_do(
    site: Site, path: str, status: int, english: str, chinese: str
) -> None:
    visitor = site.signed_in("alice", "recorder")
    for language, words in (("en", english), ("zh-Hant", chinese)):
        answer = visitor.get(f"{path}?lang={language}")
        assert (answer.status_code, heading(answer.text)) == (status, words)
        assert "All subjects" in menu(answer.text) or "所有事項" in menu(answer.text)


def test_a_page_that_fails_tells_nothing_of_the_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(site.app.view_functions, "web.years_index", lambda: 1 // 0)
    answer = site.visitor().get("/years?lang=en")
    assert (answer.status_code, heading(answer.text)) == (500, "Something went wrong")
    assert "division" not in answer.text


def test_files_of_other_packages_are_served_by_version_and_no_others(site: Site) -> None:
    visitor = site.visitor()
    address = re.search(r'href="(/assets/[^"]+)"', visitor.get("/years").text)
    assert address is not None
    answer = visitor.get(unescape(address[1]))
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert visitor.get(unescape(address[1]), Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"
    assert visitor.get("/assets/bootstrap.min.js").status_code == 404

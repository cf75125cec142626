"""Languages: who asks for what, what is remembered, and that nothing is where nothing may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.house import House
from tests.web.visitors import Site, opened
from tracker.access.accounts import people
from tracker.catalogue import load
from tracker.db import Database
from tracker.settings import shipped
from tracker.web.languages import choose

LANGUAGE = re.compile(r'<html lang="([^"]+)">')


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """The pages over the shipped catalogue. What is tested here asks nothing of the database."""
    database = Database(sqlite_url)
    with opened(House.build(database, load(shipped("config"))), tmp_path, config=shipped("config")) as found:
        yield found
    database.close()


def language(text: str) -> str:
    found = LANGUAGE.search(text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("accepted", ["zh-HK", "zh-TW", "zh-Hant", "zh-Hant-MO", "zh-hant-hk;q=0.9,en;q=0.1", "zh"])
def test_chinese_by_any_name_is_the_traditional_chinese_of_the_report(accepted: str) -> None:
    assert choose(("en", "zh-Hant"), None, accepted) == "zh-Hant"


def test_what_was_switched_to_is_kept_until_the_browser_is_closed(site: Site) -> None:
    visitor = site.visitor()
    assert language(visitor.get("/years").text) == "zh-Hant"
    answer = visitor.get("/years?lang=en")
    assert language(answer.text) == "en"
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie == "lang=en; Secure; HttpOnly; Path=/; SameSite=Lax"
    assert language(visitor.get("/years").text) == "en"
    assert "Set-Cookie" not in visitor.get("/years").headers


def test_a_language_that_nobody_speaks_here_changes_nothing(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.get("/years?lang=tlh")
    assert (language(answer.text), "Set-Cookie" in answer.headers) == ("zh-Hant", False)


def test_a_persons_own_language_goes_before_the_browsers_and_a_switch_before_both(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    with site.house.database.write() as session:
        session.execute(update(people).values(locale="en"))
    assert language(visitor.get("/subjects", Accept_Language="zh-HK").text) == "en"
    assert language(visitor.get("/subjects?lang=zh-Hant", Accept_Language="en").text) == "zh-Hant"
    assert language(visitor.get("/subjects", Accept_Language="en").text) == "zh-Hant"


def test_the_switch_keeps_the_page_and_what_it_was_asked_for(site: Site) -> None:
    text = site.signed_in("alice", "recorder").get("/events?type=suppliers.supplier.exited&q=a%26b&lang=en").text
    assert 'href="/events?type=suppliers.supplier.exited&amp;q=a%26b&amp;lang=zh-Hant"' in text


def test_where_nothing_of_a_visit_is_kept_addresses_carry_the_language(site: Site) -> None:
    answer = site.visitor().get("/report?lang=en")
    assert (answer.status_code, "Set-Cookie" in answer.headers, language(answer.text)) == (200, False, "en")
    own = [link for link in re.findall(r'(?:href|action)="(/report[^"]*)"', answer.text) if "zh-Hant" not in link]
    assert own
    assert all("lang=en" in link for link in own)


def test_times_and_days_are_written_as_each_language_does(site: Site) -> None:
    site.house.record(site.house.event("integrity.training.held", {"mode": "online", "attendees": 3}))
    visitor = site.signed_in("alice", "recorder")
    assert "4 May 2020, 12:00" in visitor.get("/events/0?lang=en").text
    assert "2020年5月4日 12:00" in visitor.get("/events/0?lang=zh-Hant").text

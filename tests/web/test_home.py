"""The start page: the year so far, what waits for who looks, and the newest frozen year for the public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.freezing import frozen
from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.access import proposals
from tracker.access.people import Person
from tracker.clock import stamp
from tracker.db import Database
from tracker.settings import shipped
from tracker.workflows import acting
from tracker.workflows.models import grants, named
from tracker.workflows.sight import marks_of, words_of

CASE = "desk.case.reported"
REPORTED = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}
FOUND = {"surface": "live", "category": "fraud", "detected_by": "reviewer", "review_level": "video", "account": "ann"}
VIOLATION = "content.violation"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """The pages of the small house, early in 2021."""
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Two integrity cases that were reported three weeks and three days ago, and a violation that somebody appealed."""
    house = house_of(database, "integrity", "content")
    house.clock.instant = datetime(2020, 6, 30, 4, tzinfo=UTC)
    with opened(house, tmp_path, config=shipped("config")) as found:
        for subject, day in (("case-1", "2020-06-09"), ("case-2", "2020-06-27")):
            time = f"{day}T12:00:00+08:00"
            house.record(house.event("integrity.case.reported", REPORTED, subject=subject, time=time))
        yield found


def page(visitor: Visitor, path: str = "/", language: str = "en") -> Page:
    return Page(visitor.get(path, Accept_Language=language))


def tell(site: Site, *times: str) -> None:
    site.house.record(*(site.house.event(CASE, {"channel": "phone"}, time=f"{each}T12:00:00+08:00") for each in times))


def test_a_new_ledger_says_what_to_do(site: Site) -> None:
    found = page(site.signed_in("alice", "recorder"))
    assert found.of("h1") == ["2021 so far"]
    assert {
        "Nothing is recorded yet",
        "Log an event, or let a source send some; figures follow by themselves.",
        "Nothing waits for you.",
        "Nothing is overdue, and nothing is due within two weeks.",
        "Everything fits.",
    } <= set(found.of("p"))
    assert found.inline == []


def test_the_public_sees_the_newest_frozen_year_and_may_sign_in(site: Site) -> None:
    assert page(site.visitor()).of("h1") == ["Frozen years"]
    tell(site, "2020-03-01")
    frozen(site.house.database, site.house.ledger, 2020)
    found = page(site.visitor())
    assert (found.of("h1"), "Sign in" in found.of("a")) == (["Governance figures of 2020"], True)
    assert page(site.signed_in("alice", "recorder")).of("h1") == ["2020 at a glance"]


def test_a_year_that_is_over_stands_beside_the_one_before(site: Site) -> None:
    tell(site, "2019-03-01", "2020-03-01", "2020-05-01", "2020-05-02")
    found = page(site.signed_in("alice", "recorder"), "/?year=2020")
    assert "Changes are against 2019." in found.of("span")
    assert found.row("Cases") == ["3 cases +200.0%", ""]
    assert "Provisional" in found.of("span")
    assert [row[0] for row in found.rows] == ["Figure", "Cases", "Cases by phone", "Loss"]


def test_a_year_that_runs_is_compared_over_its_complete_months(site: Site) -> None:
    site.house.clock.instant = datetime(2020, 3, 20, tzinfo=UTC)
    tell(site, "2019-02-01", "2019-03-01", "2019-11-01", "2020-01-05", "2020-02-05", "2020-03-05")
    alice = site.signed_in("alice", "recorder")
    found = page(alice)
    assert found.of("h1") == ["2020 so far"]
    assert "Changes are those of Jan–Feb against 2019." in found.of("span")
    assert found.row("Cases") == ["3 cases +100.0%", ""]
    assert "變幅為 1月–2月與 2019 年同期比較。" in page(alice, language="zh-HK").of("span")


def test_a_year_that_does_not_exist_is_not_found(site: Site) -> None:
    alice = site.signed_in("alice", "recorder")
    for odd in ("1999", "2020-03", "soon"):
        assert alice.get(f"/?year={odd}").status_code == 404, odd


def test_a_proposal_waits_for_those_who_may_decide_it(site: Site) -> None:
    alice, bob = site.person("alice", "administrator", "approver"), site.person("bob", "approver")
    with site.house.database.write() as session:
        content = {"person": site.person("carol", "recorder").id, "roles": ["approver"]}
        proposals.propose(
            session, "person.roles", f"person:{content['person']}", content, by=alice, at=site.house.clock()
        )
    waiting = {each.login: page(site.signed_in(each.login)).of("span") for each in (alice, bob)}
    assert [who for who, words in waiting.items() if "Decide a proposal" in words] == ["bob"]


def test_granted_cases_wait_for_their_officer_and_overdue_ones_are_told(cases: Site) -> None:
    alice = cases.person("alice", "case_officer")
    grant(cases, "case-1", alice)
    mine, others = page(cases.signed_in("alice")), page(cases.signed_in("bob", "case_officer"))
    assert ("Work a case" in mine.of("span"), "Work a case" in others.of("span")) == (True, False)
    assert "/cases/case-1" in [each.replace("/integrity/", "/cases/") for each in mine.links]
    assert "Overdue" in others.of("span")
    assert "Acknowledge the report" in " ".join(others.of("li"))
    assert page(cases.signed_in("carol", "recorder")).of("li").count("Acknowledge the report") == 0


def test_who_is_named_in_a_case_finds_no_trace_of_it(cases: Site) -> None:
    dora = cases.person("dora", "case_officer")
    grant(cases, "case-1", dora)
    name_in_case(cases, "case-1", dora)
    answer = cases.signed_in("dora").get("/", Accept_Language="en")
    assert ("case-1" in answer.text, "case-2" in answer.text) == (False, True)


def test_an_appeal_waits_for_a_second_reviewer(cases: Site) -> None:
    first = cases.person("first", "recorder")
    context = cases.service.context
    acts: tuple[tuple[str, dict[str, str]], ...] = (
        ("penalised", {}),
        ("notified", {}),
        ("appealed", {"statement": "It was a drill."}),
    )
    with cases.house.database.write() as session:
        acting.start(context, session, first, VIOLATION, "v-1", f"{VIOLATION}.found", FOUND, id="form-0")
        for fact, data in acts:
            acting.act(context, session, first, VIOLATION, "v-1", f"{VIOLATION}.{fact}", data, id=f"form-{fact}")
    assert "Decide an appeal" not in page(cases.signed_in("first")).of("span")
    second = page(cases.signed_in("second", "recorder"))
    assert "Decide an appeal" in second.of("span")
    assert "v-1" in second.of("a")
    assert "Decide an appeal" not in page(cases.signed_in("reader", "internal_auditor")).of("span")


def test_what_does_not_fit_is_to_be_reviewed(cases: Site) -> None:
    house = cases.house
    house.record(house.event("integrity.case.closed", {}, subject="case-1", time="2020-06-20T12:00:00+08:00"))
    officer = page(cases.signed_in("alice", "case_officer"))
    assert "Integrity: 1 event does not fit its subject" in officer.of("a")
    assert "Everything fits." in page(cases.signed_in("bob", "recorder")).of("p")


def test_what_came_after_a_year_was_frozen_is_to_be_reviewed(site: Site) -> None:
    tell(site, "2020-03-01")
    frozen(site.house.database, site.house.ledger, 2020)
    tell(site, "2020-03-02", "2020-03-03")
    assert "2 events came after 2020 was frozen" in page(site.signed_in("alice", "recorder")).of("a")


def test_leaving_without_having_come_is_to_be_reviewed(site: Site) -> None:
    site.house.record(site.house.event("desk.member.left", {"channel": "mail"}, subject="m"))
    assert "Members: 1 left without having come" in page(site.signed_in("alice", "recorder")).of("a")


def grant(site: Site, subject: str, person: Person) -> None:
    """Give an officer access to a case."""
    row = {"subject": subject, "person": person.id, "granted_at": stamp(site.house.clock())}
    with site.house.database.write() as session:
        session.execute(insert(grants), row)


def name_in_case(site: Site, subject: str, person: Person) -> None:
    """Have a case name somebody."""
    marks = marks_of(site.service.keys, subject, words_of(person))
    with site.house.database.write() as session:
        session.execute(insert(named), [{"subject": subject, "mark": mark} for mark in marks])

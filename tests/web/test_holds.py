"""Legal holds and retention in the browser: who places, who releases, who is told why, and what may be erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.house import House
from tests.web.test_approvals import decide, facts, newest
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import only
from tracker.access.models import data_keys
from tracker.clock import stamp
from tracker.db import Database
from tracker.settings import shipped
from tracker.workflows import holds
from tracker.workflows.holds import Hold
from tracker.workflows.models import grants, named
from tracker.workflows.sight import CASE, marks_of

REPORT = {"channel": "hotline", "reporter_group": "staff", "category": "bribery", "narrative": "He took it."}
INJURY = "people.accident.reported"
HOLD = {"domain": "integrity", "subject": "case-1", "reason": "A claim is pending."}


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Pages over two cases of 2020, an accident and a complaint, seven years later."""
    house = House.build(database, only("integrity", "people", "service"))
    house.clock.instant = datetime(2027, 6, 1, 4, tzinfo=UTC)
    with opened(house, tmp_path, config=shipped("config")) as found:
        for number in (1, 2):
            house.record(house.event(f"{CASE}.reported", REPORT, subject=f"case-{number}"))
        house.record(house.event(INJURY, required(house, INJURY)))
        house.record(
            house.event("service.complaint.received", required(house, "service.complaint.received"), subject="c-1")
        )
        yield found


def required(house: House, type: str) -> dict[str, Any]:
    """Data with what an event type requires, and a narrative."""
    fields = house.catalogue.events[type].fields.values()
    open = (each for each in fields if each.required and not each.confidential)
    return {each.name: next(iter(each.choices), 1) for each in open} | {"narrative": "She slipped."}


def stored(site: Site) -> list[Hold]:
    with site.house.database.read() as session:
        return list(holds.listed(session))


def placed(visitor: Visitor, site: Site, **data: str) -> Hold:
    answer = visitor.post("/new-hold", HOLD | data)
    assert answer.status_code == 303, answer.text
    found = stored(site)[0]
    assert answer.headers["Location"] == f"/holds/{found.id}"
    return found


def table(visitor: Visitor, path: str, state: str = "") -> list[str]:
    """The first cells of a list, as CSV has them."""
    lines = visitor.get(f"{path}?lang=en&format=csv&state={state}").text.splitlines()[1:]
    return [line.split(",")[0] for line in lines]


def grant(site: Site, login: str, subject: str) -> None:
    with site.house.database.write() as session:
        row = {"subject": subject, "person": site.folk.now(login).id, "granted_at": stamp(site.house.clock())}
        session.execute(insert(grants).values(row))


def keys(site: Site) -> list[str]:
    with site.house.database.read() as session:
        return sorted(session.scalars(data_keys.select().with_only_columns(data_keys.c.owner)))


def test_an_approver_places_a_hold_and_another_agrees_to_its_release(site: Site) -> None:
    bob, dora = site.signed_in("bob", "approver"), site.signed_in("dora", "approver")
    hold = placed(bob, site)
    assert (hold.owner, hold.reason, hold.released_at) == ("integrity/case-1", "A claim is pending.", None)
    page = bob.get(f"/holds/{hold.id}?lang=en").text
    assert facts(page)[:2] == [("About", "Integrity · case-1"), ("Reason", "A claim is pending.")]
    assert 'href="/integrity/case-1"' in page
    assert "Propose its release" in page
    answer = bob.post(f"/holds/{hold.id}/release", {"reason": " "})
    assert (answer.status_code, "1,000" in answer.text) == (422, True)
    assert bob.post(f"/holds/{hold.id}/release", {"reason": "It is settled."}).status_code == 303
    proposal = newest(site)
    assert "Propose its release" not in bob.get(f"/holds/{hold.id}?lang=en").text
    assert f'href="/approvals/{proposal.id}"' in bob.get(f"/holds/{hold.id}").text
    assert facts(dora.get(f"/approvals/{proposal.id}?lang=en").text) == [
        ("Reason", "It is settled."),
        ("About", "integrity/case-1"),
        ("Legal hold", str(hold.id)),
        ("Digest", proposal.digest),
    ]
    assert (decide(bob, proposal), stored(site)[0].released_at) == (403, None)
    assert decide(dora, proposal) == 303
    assert stored(site)[0].released_by == site.folk.now("dora").id
    assert bob.post(f"/holds/{hold.id}/release", {"reason": "Again."}).status_code == 409
    assert "Propose its release" not in dora.get(f"/holds/{hold.id}?lang=en").text


def test_while_it_stands_an_erasure_is_refused_and_the_reason_is_not_told(site: Site) -> None:
    bob, erin = site.signed_in("bob", "approver"), site.signed_in("erin", "case_officer")
    grant(site, "erin", "case-1")
    asked = {"kind": CASE, "subject": "case-1", "reason": "The law asks."}
    assert erin.post("/new-erasure", asked).status_code == 303
    proposal = newest(site)
    placed(bob, site)
    answer = bob.post(f"/approvals/{proposal.id}/approve?lang=en", {"digest": proposal.digest})
    assert (answer.status_code, "A legal hold stands" in answer.text) == (409, True)
    assert erin.post(f"/approvals/{proposal.id}/withdraw").status_code == 303
    answer = erin.post("/new-erasure?lang=en", asked)
    assert (answer.status_code, "A legal hold stands" in answer.text) == (409, True)
    assert "A claim is pending." not in answer.text
    assert "integrity/case-1" in keys(site)


def test_why_a_hold_was_placed_is_for_approvers_and_auditors(site: Site) -> None:
    hold = placed(site.signed_in("bob", "approver"), site)
    for login, role, told in (("ivan", "internal_auditor", True), ("erin", "case_officer", False)):
        page = site.signed_in(login, role).get(f"/holds/{hold.id}?lang=en").text
        assert ("A claim is pending." in page, "given, and read by" in page) == (told, not told)


def test_who_cannot_see_a_case_sees_none_of_its_holds(site: Site) -> None:
    bob, dora = site.signed_in("bob", "approver"), site.signed_in("dora", "approver")
    hold, other = placed(bob, site), placed(bob, site, domain="people", subject="#2")
    with site.house.database.write() as session:
        for mark in marks_of(site.service.keys, "case-1", ["Dora"]):
            session.execute(insert(named).values(subject="case-1", mark=mark))
    for visitor in (dora, site.signed_in("rita", "recorder")):
        assert table(visitor, "/holds") == ["People · event 2"]
        assert visitor.get(f"/holds/{hold.id}").status_code == 404
        assert visitor.get(f"/holds/{other.id}").status_code == 200
    assert dora.post(f"/holds/{hold.id}/release", {"reason": "It is settled."}).status_code == 404
    assert dora.post("/new-hold", HOLD).status_code == 404
    assert table(bob, "/holds", "released") == []


def test_a_form_with_mistakes_says_what_is_wrong(site: Site) -> None:
    bob = site.signed_in("bob", "approver")
    for change, status in (
        ({"reason": " "}, 422),
        ({"subject": "case-9"}, 404),
        ({"subject": ""}, 404),
        ({"domain": "no_such"}, 404),
        ({"domain": "people"}, 404),
    ):
        answer = bob.post("/new-hold?lang=en", HOLD | change)
        assert answer.status_code == status, change
        assert 'class="flash flash-error"' in answer.text or 'class="wrong"' in answer.text
    assert stored(site) == []
    assert 'value="case-1"' in bob.get("/new-hold?domain=integrity&subject=case-1").text


def erasures_offered(visitor: Visitor) -> list[str]:
    found = re.findall(r'href="(/new-erasure\?[^"]*)"', visitor.get("/retention?lang=en").text)
    return [unescape(each) for each in found]


def test_what_is_kept_too_long_is_listed_and_its_erasure_is_proposed_from_there(site: Site) -> None:
    erin, bob = site.signed_in("erin", "case_officer"), site.signed_in("bob", "approver")
    grant(site, "erin", "case-2")
    placed(bob, site)
    text = bob.get("/retention?lang=en&format=csv").text.splitlines()
    assert text[1:] == [
        "User service · c-1,short (2 years),2020-05-04,2022-05-04,To be erased",
        "Integrity · case-1,standard (7 years),2020-05-04,2027-05-04,Kept by a legal hold",
        "Integrity · case-2,standard (7 years),2020-05-04,2027-05-04,To be erased",
    ]
    assert erasures_offered(erin) == ["/new-erasure?kind=integrity.case&subject=case-2"]
    assert erasures_offered(bob) == ["/new-erasure?kind=service.complaint&subject=c-1"]
    form = erin.get(erasures_offered(erin)[0]).text
    assert 'value="case-2"' in form
    assert '<option selected value="integrity.case">' in form
    assert (
        erin.post("/new-erasure", {"kind": CASE, "subject": "case-2", "reason": "Its time is over."}).status_code == 303
    )
    assert decide(bob, newest(site)) == 303
    assert table(bob, "/retention") == ["User service · c-1", "Integrity · case-1"]
    assert table(bob, "/retention", "held") == ["Integrity · case-1"]


def test_an_event_that_nothing_follows_is_erased_by_its_number(site: Site) -> None:
    site.house.clock.instant = datetime(2031, 6, 1, 4, tzinfo=UTC)
    rita, bob = site.signed_in("rita", "recorder"), site.signed_in("bob", "approver")
    assert table(rita, "/retention") == ["User service · c-1", "People · event 2"]
    assert "/new-erasure?kind=people&subject=%232" in erasures_offered(rita)
    form = rita.get("/new-erasure?kind=people&subject=%232&lang=en").text
    assert "People, other events" in form
    assert "Integrity, other events" not in form
    for subject, status in (("#7", 404), ("#2", 303)):
        answer = rita.post("/new-erasure", {"kind": "people", "subject": subject, "reason": "Its time is over."})
        assert answer.status_code == status
    assert (newest(site).target, decide(bob, newest(site))) == ("people/#2", 303)
    assert keys(site) == ["integrity/case-1", "integrity/case-2", "service/c-1"]


def test_an_organisation_without_classes_is_told_so(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path) as site:
        page = site.signed_in("bob", "approver").get("/retention?lang=en").text
    assert "The organisation has no retention classes: all is kept for good." in page
    assert "Nothing is past its retention" in page

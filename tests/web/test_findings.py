"""Findings in the pages: raised from a passport, a sample or an event, answered by staff, ended by the assurer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.access.audit import entries as audit_entries
from tracker.db import Database
from tracker.ledger.queries import entries

TRAINING = "integrity.training.held"
FIGURE = {"data_metric": "integrity.trainings", "data_period": "2020"}
RAISED = {**FIGURE, "data_severity": "material", "data_finding": "No list of attendance.", "id": "form-1"}
WROTE = "No list of attendance."


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Three trainings of 2020, in an organisation that follows findings."""
    house = house_of(database, "integrity", "assurance")
    house.record(*(house.event(TRAINING, {"mode": "online", "attendees": 9}) for _ in range(3)))
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def ann(site: Site) -> Visitor:
    """An assurer."""
    return site.signed_in("ann", "assurer")


@pytest.fixture
def bob(site: Site) -> Visitor:
    """A recorder."""
    return site.signed_in("bob", "recorder")


def page(visitor: Visitor, path: str, **headers: str) -> Page:
    return Page(visitor.get(path, **{"Accept_Language": "en", **headers}))


def raised(visitor: Visitor, **others: str) -> str:
    """The address of a new finding's page."""
    answer = visitor.post("/findings/new", {**RAISED, **others})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def expect(visitor: Visitor, address: str) -> dict[str, str]:
    """What the forms of a finding's page say of when it was opened."""
    found = re.search(r'name="expect" type="hidden" value="(\d+)"', visitor.get(address).text)
    assert found is not None
    return {"expect": found[1]}


def act(visitor: Visitor, address: str, fact: str, **data: str) -> int:
    return visitor.post(f"{address}/{fact}", {**expect(visitor, address), "id": f"form-{fact}", **data}).status_code


def test_a_finding_is_raised_answered_and_closed(site: Site, ann: Visitor, bob: Visitor) -> None:
    address = raised(ann)
    assert "Finding answered" in page(bob, address).of("dt"), "is due"
    assert act(bob, address, "answered", data_response="It is in the binder.") == 303
    assert act(ann, address, "closed", data_outcome="explained", data_conclusion="Seen.") == 303
    found = page(ann, address)
    assert found.of("h1")[0] == "Finding on Integrity trainings, 2020"
    assert found.of("h3") == ["Finding raised", "Finding answered", "Finding closed"]
    assert {"Closed", "Material", "Explained", "Ann", "Bob"} <= set(
        " · ".join(found.of("span", "dd", "p")).split(" · ")
    )
    listed = page(bob, "/findings")
    assert listed.row(address.rpartition("/")[2])[:3] == ["Integrity trainings, 2020", "Material", "Closed Explained"]
    assert "None is open." in listed.of("p")
    assert "Open findings assurance.findings_open" in [row[0] for row in page(bob, "/figures?period=2021").rows]
    with site.house.database.read() as session:
        assert [each.type.rpartition(".")[2] for each in entries(session, after=2)] == ["raised", "answered", "closed"]


def test_a_form_sent_twice_raises_one_finding(site: Site, ann: Visitor) -> None:
    assert raised(ann) == raised(ann)
    with site.house.database.read() as session:
        assert len(entries(session)) == 4


def test_what_was_written_is_read_by_both_sides_on_record_and_by_nobody_else(
    site: Site, ann: Visitor, bob: Visitor
) -> None:
    address = raised(ann)
    auditor = site.signed_in("dora", "internal_auditor")
    for visitor in (ann, bob, auditor):
        for path in (address, "/findings", "/events/3", "/events", f"/subjects/assurance.finding{address[9:]}"):
            assert WROTE not in visitor.get(path).text
    assert [WROTE in visitor.post(f"{address}/read").text for visitor in (ann, bob)] == [True, True]
    assert auditor.post(f"{address}/read").status_code == 404
    assert "Read what was written" not in auditor.get(address, Accept_Language="en").text
    with site.house.database.read() as session:
        reads = [each for each in audit_entries(session, limit=50) if each.action == "confidential.read"]
    assert [each.actor for each in reads][::-1] == [site.folk.now("ann").actor, site.folk.now("bob").actor]


def test_each_is_offered_their_own_part_alone(site: Site, ann: Visitor, bob: Visitor) -> None:
    address = raised(ann)
    assert page(ann, address).of("summary")[-1:] == ["Finding withdrawn"]
    assert page(bob, address).of("summary")[-1:] == ["Finding answered"]
    assert bob.get("/findings/new").status_code == 403
    given = {"expect": "3", "id": "form-x"}
    assert bob.post(f"{address}/withdrawn", given).status_code == 403
    assert ann.post(f"{address}/answered", {**given, "data_response": "x"}).status_code == 403
    assert site.signed_in("dora", "internal_auditor").post(f"{address}/answered", given).status_code == 403
    assert "Answer" not in "".join(page(ann, address).of("summary"))
    with site.house.database.read() as session:
        assert len(entries(session)) == 4


def test_pages_lead_an_assurer_to_raising_one_and_fill_in_what_it_is_about(ann: Visitor, bob: Visitor) -> None:
    passport, sample = "/figures/integrity.trainings/2020/passport", "/figures/integrity.trainings/2020/sample?seed=s"
    about = "/findings/new?metric=integrity.trainings&period=2020"
    assert about in page(ann, passport).links
    assert f"{about}&event=1&seed=s" in page(ann, sample).links
    assert "/findings/new?event=1" in page(ann, "/events/1").links
    for path in (passport, sample, "/events/1", "/findings"):
        assert not [each for each in page(bob, path).links if "findings/new" in each]
    form = ann.get(f"{about}&event=1&seed=s").text
    for value in ("integrity.trainings", "2020", "1"):
        assert f'value="{value}"' in form


def test_a_finding_leads_back_to_its_passport_event_and_sample(ann: Visitor) -> None:
    links = page(ann, raised(ann, data_event="1", data_seed="s")).links
    assert {
        "/figures/integrity.trainings/2020/passport",
        "/events/1",
        "/figures/integrity.trainings/2020/sample?seed=s",
    } <= set(links)


def test_a_finding_about_nothing_is_refused_at_its_field(site: Site, ann: Visitor) -> None:
    for name, wrong, words in (
        ("data_metric", "no.such", "is none of the catalogue&#39;s metrics"),
        ("data_period", "2020-13", "is no year, quarter, month or day"),
        ("data_event", "99", "is the number of no event on record"),
        ("data_finding", "", "Fill this in."),
    ):
        answer = ann.post("/findings/new", {**RAISED, name: wrong}, Accept_Language="en")
        assert (answer.status_code, words in answer.text) == (422, True), name
    with site.house.database.read() as session:
        assert len(entries(session)) == 3


def test_what_comes_too_late_is_told_and_not_recorded(ann: Visitor, bob: Visitor) -> None:
    address = raised(ann)
    before = expect(bob, address)
    assert act(bob, address, "answered", data_response="Here.") == 303
    answer = bob.post(f"{address}/answered", {**before, "id": "form-9", "data_response": "There."})
    assert answer.status_code == 409
    assert "There." in answer.text, "what was typed is still there"


def test_what_there_is_not_is_not_found(ann: Visitor) -> None:
    address = raised(ann)
    assert ann.get("/findings/finding-9").status_code == 404
    for path in ("/findings/finding-9/read", "/findings/finding-9/withdrawn", f"{address}/raised", f"{address}/x"):
        assert ann.post(path).status_code == 404, path


def test_a_member_of_staff_cannot_void_or_correct_what_an_assurer_raised(ann: Visitor, bob: Visitor) -> None:
    raised(ann)
    assert "Void this event" not in bob.get("/events/3", Accept_Language="en").text
    assert bob.post("/events/3/void", {"reason": "x", "expect": "3"}).status_code == 403
    assert bob.get("/events/3/correct").status_code == 403


def test_findings_speak_chinese(ann: Visitor) -> None:
    found = page(ann, raised(ann), Accept_Language="zh-HK")
    assert (found.language, found.of("h1")[0]) == ("zh-Hant", "關於廉正合規培訓，2020的發現")
    assert page(ann, "/findings", Accept_Language="zh-HK").of("h1") == ["鑑證發現"]


def test_an_organisation_that_does_not_follow_findings_has_no_such_pages(house: House, tmp_path: Path) -> None:
    house.record(house.event("desk.case.reported", {"channel": "phone"}))
    with opened(house, tmp_path) as site:
        ann = site.signed_in("ann", "assurer")
        for path in ("/findings", "/findings/new", "/findings/finding-1"):
            assert ann.get(path).status_code == 404
        for path in ("/figures/desk.cases/2020/passport", "/figures/desk.cases/2020/sample?seed=s", "/events/0"):
            assert "/findings" not in ann.get(path).text

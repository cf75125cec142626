"""The pages of integrity cases: sealed until read on record, gone for who is named, one of two officers is told."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from tests.evidence.samples import TRACE, pdf
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.casehouse import CaseHouse
from tests.workflows.houses import house_of
from tracker.access.accounts import audit
from tracker.access.audit import entries as trail
from tracker.db import Database
from tracker.settings import shipped

NARRATIVE = "The invoices of the harbour crane are forged."
PEOPLE = {
    "alice": "case_officer",
    "charlie": "case_officer",
    "bob": "approver",
    "dora": "approver",
    "erin": "internal_auditor",
    "frank": "administrator",
    "grace": "recorder",
    "henry": "assurer",
}
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
FIELD = re.compile(r'name="([a-z_]+)"(?: type="hidden")? value="([^"]*)"')


@dataclass
class Desk:
    """The pages with a case, its people, and a browser for each of them."""

    site: Site
    cases: CaseHouse
    subject: str

    def browser(self, login: str) -> Visitor:
        """Somebody's browser, switched to English."""
        found = self.site.signed_in(login)
        found.client.set_cookie("lang", "en", domain="tracker.example.org")
        return found

    @property
    def page(self) -> str:
        """The address of the case."""
        return f"/integrity/{self.subject}"

    def act(self, browser: Visitor, fact: str, shown: str | None = None, **data: Any) -> Any:
        """Send the form of an act as the page has it, or as a page that was ``shown`` before had it."""
        whole = browser.get(self.page).text if shown is None else shown
        form = whole.split(f'{self.page}/acts/{fact}"', 1)[1].split("</form>", 1)[0]
        return browser.post(f"{self.page}/acts/{fact}", dict(FIELD.findall(form)) | data)

    def audited(self, action: str) -> list[tuple[str, str, str | None]]:
        """Who did something, to what, oldest first."""
        with self.cases.house.database.read() as session:
            found = trail(session, action=action, limit=1_000)
        return [(each.actor, each.target, each.detail) for each in reversed(found)]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    house = house_of(database, "integrity")
    with opened(house, tmp_path, config=shipped("config")) as site:
        cases = CaseHouse(house, site.service.keys)
        yield Desk(site, cases, cases.case(identity="Call 555 01"))


def test_who_sees_the_list_and_the_case(desk: Desk) -> None:
    seen = {}
    for login in PEOPLE:
        browser = desk.browser(login)
        there = browser.get("/integrity")
        seen[login] = (there.status_code, desk.subject in there.text, browser.get(desk.page).status_code)
    known, unknown = (200, True, 200), (403, False, 403)
    assert seen == {
        login: unknown if role in {"administrator", "recorder", "assurer"} else known for login, role in PEOPLE.items()
    }


def test_nothing_that_was_told_is_on_any_page_before_it_was_opened(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    for login in PEOPLE:
        browser = desk.browser(login)
        for path in ("/integrity", "/integrity?format=csv", desk.page):
            page = browser.get(path).text
            assert NARRATIVE not in page
            assert "555" not in page
    assert desk.audited("confidential.read") == []


def test_only_the_granted_officer_opens_what_was_told_and_each_reading_is_on_record(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    refused = {login: desk.browser(login).post(f"{desk.page}/read").status_code for login in PEOPLE if login != "alice"}
    assert set(refused.values()) == {403}
    alice = desk.browser("alice")
    for times in (1, 2):
        answer = alice.post(f"{desk.page}/read")
        assert answer.status_code == 200
        assert NARRATIVE in unescape(answer.text)
        assert "Call 555 01" in answer.text
        read = (desk.cases.who("alice").actor, f"integrity/{desk.subject}", "seq 0: case page")
        assert desk.audited("confidential.read") == [read] * times


def test_without_a_trail_nothing_is_read(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    token = alice.token()
    with desk.cases.house.database.write() as session:
        session.execute(text("ALTER TABLE audit_entry RENAME TO gone"))
    answer = alice.bare_post(f"{desk.page}/read", {"csrf_token": token})
    assert answer.status_code in {500, 503}
    assert NARRATIVE not in answer.text


def test_whoever_is_named_gets_the_answers_of_a_case_that_does_not_exist(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.cases.grant(desk.subject, "charlie")
    alice, charlie = desk.browser("alice"), desk.browser("charlie")
    assert charlie.get(desk.page).status_code == 200
    assert desk.act(alice, "person_named", data_person="Charlie").status_code == 303
    nowhere = "/integrity/case-nowhere"
    for page in ("", "/read", "/acts/triaged", "/access", "/access/end", "/files/1"):
        answers = []
        for base in (desk.page, nowhere):
            found = charlie.get(base) if page == "" else charlie.post(f"{base}{page}", {"officer": "p-x"})
            shown = TOKEN.sub("", found.text.replace(desk.subject, "X").replace("case-nowhere", "X"))
            answers.append((found.status_code, shown))
        assert answers[0] == answers[1], page
        assert answers[0][0] == 404
    listed = charlie.get("/integrity?reset=1")
    assert desk.subject not in listed.text
    assert desk.subject not in charlie.get("/integrity?format=csv").text
    assert "All 0" in " ".join(listed.text.split())


def test_an_officer_who_names_themselves_is_led_to_the_list(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    answer = desk.act(alice, "person_named", data_person="alice")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/integrity")
    assert alice.get(desk.page).status_code == 404


def test_access_is_asked_for_and_given_on_pages(desk: Desk) -> None:
    alice, bob = desk.browser("alice"), desk.browser("bob")
    assert "Propose access for" in alice.get(desk.page).text
    officer = desk.cases.who("alice").id
    assert alice.post(f"{desk.page}/access", {"officer": officer}).status_code == 303
    assert alice.post(f"{desk.page}/access", {"officer": officer}).status_code == 409
    waiting = bob.get(desk.page).text
    number = re.search(r"/approvals/(\d+)", waiting)
    assert number is not None
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', bob.get(f"/approvals/{number[1]}").text)
    assert digest is not None
    assert bob.post(f"/approvals/{number[1]}/approve", {"digest": digest[1]}).status_code == 303
    assert "Open what was told" in alice.get(desk.page).text
    assert bob.post(f"{desk.page}/access/end", {"officer": officer}).status_code == 303
    assert "Open what was told" not in alice.get(desk.page).text


def test_a_case_is_worked_to_its_end_and_the_loss_is_in_the_figures(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("acknowledged", {"data_message": "Thank you."}),
        ("triaged", {"data_priority": "high"}),
        ("assigned", {"data_officer": desk.cases.who("alice").id}),
        ("evidence_added", {"data_note": "The crane was never repaired."}),
        ("substantiated", {"data_outcome": "dismissal", "data_loss_recovered": "2,800,000"}),
        ("feedback_given", {"data_message": "It was true."}),
        ("closed", {}),
    )
    assert desk.cases.house.value("integrity.loss_recovered", "2021") == 0
    for fact, data in steps:
        assert desk.act(alice, fact, **data).status_code == 303, fact
    assert desk.cases.state(desk.subject) == "closed"
    assert desk.cases.house.value("integrity.loss_recovered", "2021") == 2_800_000
    assert desk.cases.types(desk.subject) == ["reported", *(fact for fact, _data in steps)]


def test_what_cannot_be_done_now_is_not_offered_and_refused(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    page = alice.get(desk.page).text
    assert "/acts/triaged" in page
    assert "/acts/closed" not in page
    answer = alice.post(f"{desk.page}/acts/closed", {"id": "form-1"})
    assert answer.status_code == 409
    assert "The case is Reported: this cannot be done now." in answer.text
    assert desk.cases.types(desk.subject) == ["reported"]


def test_of_two_officers_one_wins_and_the_other_is_told_what_happened(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.cases.grant(desk.subject, "charlie")
    alice, charlie = desk.browser("alice"), desk.browser("charlie")
    first, second = alice.get(desk.page).text, charlie.get(desk.page).text
    assert desk.act(alice, "triaged", first, data_priority="high").status_code == 303
    told = desk.act(charlie, "triaged", second, data_priority="normal")
    assert told.status_code == 409
    assert "Somebody was faster" in told.text
    assert "Case triaged, by Alice" in told.text
    assert desk.cases.types(desk.subject) == ["reported", "triaged"]


def test_what_was_typed_is_kept_when_another_officer_was_faster(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.cases.grant(desk.subject, "charlie")
    alice, charlie = desk.browser("alice"), desk.browser("charlie")
    shown = charlie.get(desk.page).text
    assert desk.act(alice, "acknowledged").status_code == 303
    told = desk.act(charlie, "message_sent", shown, data_message="Which crane was it?")
    assert told.status_code == 409
    assert "Which crane was it?" in told.text
    assert desk.act(charlie, "message_sent", told.text, data_message="Which crane was it?").status_code == 303


def test_a_form_sent_twice_is_one_act(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    shown = alice.get(desk.page).text
    for _ in range(2):
        assert desk.act(alice, "triaged", shown, data_priority="high").status_code == 303
    assert desk.cases.types(desk.subject) == ["reported", "triaged"]


def test_mistakes_stand_beside_their_fields_and_nothing_is_stored(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    answer = desk.act(alice, "message_sent", data_message="")
    assert answer.status_code == 422
    assert "Fill this in." in answer.text
    assert desk.cases.types(desk.subject) == ["reported"]


def test_evidence_is_cleaned_sealed_and_opened_on_record(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.cases.act("alice", desk.subject, "triaged", priority="high")
    desk.cases.act("alice", desk.subject, "assigned", officer=desk.cases.who("alice").id)
    alice = desk.browser("alice")
    file = (io.BytesIO(pdf()), "invoices.pdf")
    assert desk.act(alice, "evidence_added", data_note="See the file.", files=file).status_code == 303
    assert "invoices.pdf" not in alice.get(desk.page).text, "names of files are confidential"
    page = alice.post(f"{desk.page}/read").text
    assert "invoices.pdf" in page
    found = re.search(rf'{desk.page}/files/(\d+)"', page)
    assert found is not None
    answer = alice.post(f"{desk.page}/files/{found[1]}")
    assert answer.data.startswith(b"%PDF")
    assert TRACE.encode() not in answer.data
    assert answer.headers["Content-Disposition"] == "attachment; filename=invoices.pdf"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert desk.audited("evidence.opened") == [
        (desk.cases.who("alice").actor, f"integrity/{desk.subject}", f"seq {found[1]}: case page")
    ]
    assert desk.browser("charlie").post(f"{desk.page}/files/{found[1]}").status_code == 403
    assert alice.post(f"{desk.page}/files/0").status_code == 404


def test_a_file_that_is_not_what_it_says_stores_nothing(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    file = (io.BytesIO(b"MZ\x90\x00\x03"), "invoices.pdf")
    answer = desk.act(alice, "triaged", data_priority="high", files=file)
    assert answer.status_code == 422
    assert "invoices.pdf" in answer.text
    assert desk.cases.types(desk.subject) == ["reported"]


def test_an_officer_records_what_reached_them_by_telephone(desk: Desk) -> None:
    alice = desk.browser("alice")
    form = alice.get("/integrity/new").text
    fields = dict(FIELD.findall(form.split("<form method", 1)[1].split('class="actions"')[0]))
    data = {"data_channel": "hotline", "data_reporter_group": "customer", "data_category": "other"}
    answer = alice.post("/integrity/new", fields | data | {"data_narrative": "They were asked for a gift."})
    assert answer.status_code == 303
    page = alice.get(answer.headers["Location"]).text
    assert "Other · Hotline · Customer" in page
    assert "gift" not in page
    assert alice.post("/integrity/new", {"data_channel": "hotline"}).status_code == 422
    assert desk.browser("grace").get("/integrity/new").status_code == 403


def test_the_list_is_filtered_sorted_and_taken_away(desk: Desk) -> None:
    second = desk.cases.worked(("triaged", {"priority": "high"}))
    alice = desk.browser("alice")

    def listed(query: str) -> list[str]:
        page = alice.get(f"/integrity?{query}").text
        return re.findall(r'<th scope="row"><a href="/integrity/([^"]+)"', page)

    assert sorted(listed("reset=1")) == sorted([desk.subject, second])
    assert listed("state=reported") == [desk.subject]
    assert listed("reset=1&show=mine") == [second]
    assert listed("reset=1&show=unassigned") == [desk.subject]
    assert listed("reset=1&show=overdue") == []
    assert listed(f"reset=1&q={second[:9]}") == [second]
    assert listed("reset=1&sort=subject") == sorted([desk.subject, second])
    desk.cases.folk.wait(days=8)
    alice = desk.browser("alice")
    assert sorted(listed("reset=1&show=overdue")) == sorted([desk.subject, second])
    csv = alice.get("/integrity?reset=1&format=csv&sort=subject")
    assert csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [line.split(",")[0] for line in csv.text.splitlines()[1:]] == sorted([desk.subject, second])


def test_pages_speak_both_languages(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    alice = desk.browser("alice")
    assert "廉正案件" in alice.get("/integrity?lang=zh-Hant").text
    page = alice.get(f"{desk.page}?lang=zh-Hant").text
    assert all(words in page for words in ("查閱舉報內容", "事件經過", "向舉報人確認收悉", "舞弊"))


def test_the_audit_trail_is_append_only_for_readings_too(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.browser("alice").post(f"{desk.page}/read")
    with desk.cases.house.database.read() as session:
        count = len(session.execute(select(audit)).all())
    with pytest.raises(Exception, match="append-only"), desk.cases.house.database.write() as session:
        session.execute(delete(audit))
    with desk.cases.house.database.read() as session:
        assert len(session.execute(select(audit)).all()) == count


def test_events_of_a_case_are_voided_by_officers_with_access_alone(desk: Desk) -> None:
    for login in ("charlie", "alice"):
        desk.cases.folk.set_roles(login, "case_officer", "recorder")
    desk.cases.grant(desk.subject)
    reasons = {"reason": "recorded twice", "expect": "0", "id": "void-1"}
    charlie, alice = desk.browser("charlie"), desk.browser("alice")
    assert charlie.get("/events/0").status_code == 200
    assert charlie.post("/events/0/void", reasons).status_code == 403
    assert desk.cases.types(desk.subject) == ["reported"]
    assert alice.post("/events/0/void", reasons).status_code == 303
    assert desk.browser("grace").post("/events/0/void", reasons).status_code == 404


def test_the_events_behind_a_figure_tell_nobody_of_a_case_that_names_them(desk: Desk) -> None:
    other = desk.cases.worked()
    desk.cases.act("alice", other, "person_named", person="erin")
    for login, count in (("dora", 2), ("erin", 1)):
        page = desk.browser(login).get("/figures/integrity.cases_reported/2021/events").text
        assert (desk.subject in page, other in page) == (True, login == "dora")
        assert page.count('href="/events/') == count


def test_the_generic_pages_show_no_more_of_a_case_than_its_own(desk: Desk) -> None:
    desk.cases.grant(desk.subject)
    desk.cases.act("alice", desk.subject, "person_named", person="erin")
    for login in PEOPLE:
        browser = desk.browser(login)
        sees = login in {"alice", "charlie", "bob", "dora"}
        for path in ("/subjects/integrity.case", "/events", "/events?format=csv", "/", "/audit", "/approvals"):
            page = browser.get(path)
            assert sees or desk.subject not in page.text, (login, path)
            assert NARRATIVE not in page.text
        for path in ("/subjects/integrity.case/{}", "/integrity/{}"):
            here, nowhere = (browser.get(path.format(each)) for each in (desk.subject, "case-nowhere"))
            assert sees or here.status_code == nowhere.status_code, login

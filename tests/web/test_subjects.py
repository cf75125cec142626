"""Any subject on its page: where it stands, what may be done, races, files, and what is confidential."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from tests.house import House
from tests.web.forms_of import filled
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.access import audit
from tracker.access.audit import Entry
from tracker.cases import queries
from tracker.catalogue import load
from tracker.db import Database
from tracker.ledger.heads import read_head
from tracker.settings import shipped

PLACE = {"region": "china", "category": "gifts", "poor_area": False}
SUPPLIER = "/subjects/suppliers.supplier/acme"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Pages over the shipped catalogue, with one supplier that is registered."""
    house = House.build(database, load(shipped("config")))
    house.record(house.event("suppliers.supplier.registered", PLACE, subject="acme"))
    with opened(house, tmp_path, config=shipped("config")) as found:
        yield found


def plain(text: str) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def state(site: Site, subject: str = "acme", kind: str = "suppliers.supplier") -> str | None:
    with site.house.database.read() as session:
        found = queries.standing(session, kind, subject)
    return found.state if found else None


def size(site: Site) -> int:
    with site.house.database.read() as session:
        return read_head(session).size


def form(visitor: Visitor, event: str, path: str = SUPPLIER, **data: str) -> tuple[str, dict[str, str]]:
    """Where the form of an event is sent, and what it holds."""
    action = f"{path}/{event}"
    return action, filled(visitor, path, action) | {f"data_{name}": value for name, value in data.items()}


def qualify(visitor: Visitor) -> tuple[str, dict[str, str]]:
    return form(visitor, "suppliers.supplier.qualified", region="china", category="gifts", poor_area="no")


def trail(site: Site) -> list[Entry]:
    with site.house.database.read() as session:
        return [each for each in audit.entries(session) if each.action.endswith(("read", "opened"))]


def test_the_overview_counts_every_kind_that_the_person_may_see(site: Site) -> None:
    words = plain(site.signed_in("alice", "recorder").get("/subjects?lang=en").text)
    assert "Supply chain supplier 1 Registered 1" in words
    assert "Integrity case" not in words
    assert "Integrity case" in plain(site.signed_in("olga", "case_officer").get("/subjects?lang=en").text)


def test_every_kind_of_the_catalogue_has_pages_without_code(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    for lifecycle in site.house.catalogue.lifecycles:
        expected = 404 if lifecycle.kind == "integrity.case" else 200
        assert visitor.get(f"/subjects/{lifecycle.kind}").status_code == expected, lifecycle.kind
    assert visitor.get("/subjects/nothing").status_code == 404
    assert visitor.get("/subjects/suppliers.supplier/nobody").status_code == 404


def test_an_act_moves_the_subject_and_is_told_on_its_page(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    action, values = qualify(visitor)
    answer = visitor.post(f"{action}?lang=en", values)
    assert (answer.status_code, answer.location) == (303, SUPPLIER)
    assert state(site) == "active"
    words = plain(visitor.get(f"{SUPPLIER}?lang=en").text)
    assert "“Supplier qualified” is on record." in words
    assert "Supplier qualified Active" in words
    assert "Alice" in words
    assert "4 May 2020, 12:00" in words


def test_a_form_sent_twice_is_recorded_once(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    action, values = qualify(visitor)
    answers = [visitor.post(action, values).status_code for _ in range(2)]
    assert (answers, size(site)) == ([303, 303], 2)


def test_of_two_who_act_at_once_one_wins_and_the_other_is_told_what_happened(site: Site) -> None:
    alice, bob = site.signed_in("alice", "recorder"), site.signed_in("bob", "approver")
    action, values = form(bob, "suppliers.supplier.rejected", reason="too small")
    alice.post(*qualify(alice))
    answer = bob.post(f"{action}?lang=en", values)
    assert (answer.status_code, state(site), size(site)) == (409, "active", 2)
    words = plain(answer.text)
    assert "Somebody else has acted on this meanwhile. Nothing of yours was stored: look again, then decide." in words
    assert "What happened meanwhile Supplier qualified" in words
    assert "Alice" in words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "“Improvement closed” does not fit: this is “Registered”. "
            "What fits: Supplier qualified, Supplier rejected.",
        ),
        ("zh-Hant", "不能進行「完成改善」：此事項的狀態為「已登記」。現可進行：准入、不予准入。"),
    ],
)
def test_a_move_that_does_not_fit_is_refused_and_says_what_fits(site: Site, language: str, words: str) -> None:
    visitor = site.signed_in("alice", "recorder")
    answer = visitor.post(
        f"{SUPPLIER}/suppliers.supplier.improvement_closed?lang={language}", {"id": "x", "data_achieved": "yes"}
    )
    assert (answer.status_code, size(site)) == (409, 1)
    assert words in plain(answer.text)


def test_mistakes_stand_beside_their_fields_and_what_was_typed_is_kept(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    action, values = form(
        visitor, "suppliers.supplier.certificate_recorded", standard="iso_9001", valid_until="2021-02-30"
    )
    answer = visitor.post(f"{action}?lang=en", values)
    assert (answer.status_code, size(site)) == (422, 1)
    assert "Give a day that exists, such as 2020-03-05." in plain(answer.text)
    assert re.search(r'<input[^>]*aria-invalid="true"[^>]*value="2021-02-30"', answer.text)
    assert re.search(r'<details class="act" id="act-suppliers-supplier-certificate_recorded" open>', answer.text)


def test_who_may_only_read_is_offered_nothing_and_refused(site: Site) -> None:
    visitor = site.signed_in("ivan", "internal_auditor")
    text = visitor.get(f"{SUPPLIER}?lang=en").text
    assert '<form method="post" action="/subjects' not in text
    answer = visitor.post(f"{SUPPLIER}/suppliers.supplier.exited", {"id": "x", "data_reason": "compliance"})
    assert (answer.status_code, size(site)) == (403, 1)


def test_a_fact_that_does_not_fit_is_shown_to_be_reviewed(site: Site) -> None:
    site.house.record(site.house.event("suppliers.supplier.exited", {"reason": "compliance"}, subject="acme"))
    words = plain(site.signed_in("alice", "recorder").get(f"{SUPPLIER}?lang=en").text)
    assert "1 fact does not fit" in words
    assert "Supplier exited Does not fit: to be reviewed" in words


def test_the_state_of_any_day_can_be_looked_up(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    visitor.post(*qualify(visitor))
    assert "3 May 2020: not opened yet" in plain(visitor.get(f"{SUPPLIER}?day=2020-05-03&lang=en").text)
    assert "31 Dec 2020: Registered" in plain(visitor.get(f"{SUPPLIER}?day=2020-12-31").text)
    assert "1 Feb 2021: Active" in plain(visitor.get(f"{SUPPLIER}?day=2021-02-01").text)
    assert visitor.get(f"{SUPPLIER}?day=someday").status_code == 200


def test_corrections_and_voids_are_told_with_their_reasons(site: Site) -> None:
    house = site.house
    house.correct(0, 0, PLACE | {"region": "overseas"}, subject="acme")
    words = plain(site.signed_in("alice", "recorder").get(f"{SUPPLIER}?lang=en").text)
    assert "Region Overseas" in words
    assert "Corrected 1 Feb 2021, 12:00 just now · a slip" in words


def test_a_subject_of_any_name_has_its_page(site: Site) -> None:
    for number, subject in enumerate(("a/b", "a?b#c", "50%", "供應商", "..")):
        event = site.house.event("suppliers.supplier.registered", PLACE, subject=subject, id=f"odd-{number}")
        site.house.record(event)
    visitor = site.signed_in("alice", "recorder")
    links = re.findall(
        r'<th scope="row"><a href="(/subjects/suppliers.supplier/[^"]+)"',
        visitor.get("/subjects/suppliers.supplier").text,
    )
    assert len(links) == 6
    titles = [re.search(r"<title>([^<]*) ·", visitor.get(unescape(link)).text) for link in links]
    assert {unescape(title[1]) for title in titles if title} == {"a/b", "a?b#c", "50%", "供應商", "..", "acme"}


def picture() -> bytes:
    found = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(found, "PNG")
    return found.getvalue()


def send(visitor: Visitor, action: str, values: dict[str, str], *files: tuple[str, bytes]) -> TestResponse:
    data: dict[str, Any] = {**values, "files": [(io.BytesIO(content), name) for name, content in files]}
    return visitor.client.post(action, base_url=HOST, data=data, content_type="multipart/form-data")


def test_files_come_with_an_act_and_are_opened_on_record(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    action, values = qualify(visitor)
    assert [send(visitor, action, values, ("a.png", picture())).status_code for _ in range(2)] == [303, 303]
    assert size(site) == 3
    text = visitor.get(SUPPLIER).text
    opener = re.findall(r'action="(/files/\d+)"', text)
    assert opener == ["/files/2"]
    answer = visitor.post("/files/2")
    assert (answer.status_code, answer.content_type, answer.get_data()[:4]) == (200, "image/png", b"\x89PNG")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="evidence-2.png"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert len(trail(site)) == 1
    assert site.signed_in("ivan", "internal_auditor").post("/files/2").status_code == 404
    assert visitor.post("/files/1").status_code == 404


def test_a_file_that_is_not_what_it_says_stores_nothing_at_all(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    action, values = qualify(visitor)
    answer = send(visitor, action, values, ("a.png", picture()), ("b.pdf", b"MZ\x00 a program"))
    assert (answer.status_code, size(site), state(site)) == (422, 1, "registered")
    assert "b.pdf" in answer.text


def test_what_is_confidential_is_closed_until_it_is_read_on_record(site: Site) -> None:
    house = site.house
    found = {"surface": "video", "category": "fraud", "detected_by": "user", "review_level": "video", "account": "u-1"}
    house.record(
        house.event("content.violation.found", found, subject="v-1"),
        house.event("content.violation.appealed", {"statement": "I was asleep"}, subject="v-1"),
    )
    visitor = site.signed_in("alice", "recorder")
    page = visitor.get("/subjects/content.violation/v-1?lang=en")
    assert "I was asleep" not in page.text
    assert "confidential" in plain(page.text)
    answer = visitor.post("/subjects/content.violation/v-1/confidential")
    assert (answer.status_code, "I was asleep" in answer.text) == (200, True)
    [entry] = trail(site)
    assert (entry.action, entry.target) == ("confidential.read", "content/v-1")
    ivan = site.signed_in("ivan", "internal_auditor")
    assert ivan.post("/subjects/content.violation/v-1/confidential").status_code == 403


def test_integrity_cases_are_not_reached_this_way(site: Site) -> None:
    house = site.house
    fields = house.catalogue.events["integrity.case.reported"].fields
    data = {name: next(iter(field.choices)) for name, field in fields.items() if field.required}
    house.record(house.event("integrity.case.reported", data, subject="case-1"))
    alice = site.signed_in("alice", "recorder")
    assert alice.get("/subjects/integrity.case").status_code == 404
    assert alice.get("/subjects/integrity.case/case-1").status_code == 404
    assert alice.post("/subjects/integrity.case/case-1/integrity.case.closed", {"id": "x"}).status_code == 404
    officer = site.signed_in("olga", "case_officer")
    answer = officer.get("/subjects/integrity.case/case-1")
    assert (answer.status_code, answer.location) == (303, "/integrity/case-1")

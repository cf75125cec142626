"""Logging events by form: what is offered, what is recorded, and what is said where something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.house import House
from tests.web.forms_of import filled
from tests.web.visitors import Site, Visitor, opened
from tracker.catalogue import load
from tracker.db import Database
from tracker.ledger.heads import read_head
from tracker.ledger.queries import Entry, entry
from tracker.settings import shipped
from tracker.workflows.acts import Rule
from tracker.workflows.findings import ASSURERS

TRAINING = "/record/integrity.training.held"
OTHERS = ("tracker.", "integrity.case.", *ASSURERS)
"""What recorders do not log: it is for case officers and assurers, or for nobody."""


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(House.build(database, load(shipped("config"))), tmp_path, config=shipped("config")) as found:
        yield found


def plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def size(site: Site) -> int:
    with site.house.database.read() as session:
        return read_head(session).size


def recorded(site: Site, seq: int) -> Entry:
    with site.house.database.read() as session:
        found = entry(session, seq)
    assert found is not None
    return found


def training(visitor: Visitor, **others: str) -> dict[str, str]:
    return filled(visitor, TRAINING) | {"data_mode": "online", "data_attendees": "1,200", **others}


def test_every_event_that_the_person_may_log_is_offered_by_domain(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    text = visitor.get("/record?lang=en").text
    offered = re.findall(r'href="/record/([^"]+)"', text)
    catalogue = site.house.catalogue
    own = [each for each in catalogue.events if not each.startswith(OTHERS)]
    assert sorted(offered) == sorted(own)
    assert re.findall(r'<h2 id="domain-([^"]+)"', text) == [each for each in catalogue.domains]


def test_every_form_opens_in_both_languages(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    for declared in site.house.catalogue.events.values():
        if declared.type.startswith(OTHERS):
            continue
        words = plain(visitor.get(f"/record/{declared.type}?lang=en").text)
        filled_in = site.service.context.rules.get(declared.type, Rule()).fills
        asked = [field.label["en"] for name, field in declared.fields.items() if name not in filled_in]
        assert [label for label in asked if label not in words] == [], declared.type
    assert "形式" in visitor.get(f"{TRAINING}?lang=zh-Hant").text


def test_what_is_sent_is_on_record_exactly(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = training(visitor, time="2021-01-31T23:30", entity="kuaishou-beijing", subject="t-1")
    answer = visitor.post(f"{TRAINING}?lang=en", values)
    assert (answer.status_code, answer.location) == (303, "/events/0")
    found = recorded(site, 0)
    assert (found.type, found.subject, found.entity) == ("integrity.training.held", "t-1", "kuaishou-beijing")
    assert (found.time, found.day) == ("2021-01-31T15:30:00.000000Z", "2021-01-31")
    assert found.data == {"mode": "online", "attendees": 1200}
    assert (found.source, found.actor) == ("/tracker/people", f"person:{site.folk.now('alice').id}")
    words = plain(visitor.get("/events/0").text)
    assert f"“Training held” is on record as number 0, leaf {found.leaf[:12]}." in words
    assert site.house.value("integrity.training_attendance", "2021") == 1200


def test_a_form_sent_twice_is_recorded_once_and_says_so(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = training(visitor)
    answers = [visitor.post(f"{TRAINING}?lang=en", values) for _ in range(2)]
    assert [(each.status_code, each.location) for each in answers] == [(303, "/events/0")] * 2
    assert size(site) == 1
    assert "was on record already, as number 0" in plain(visitor.get("/events/0").text)


def test_a_form_sent_again_with_other_content_is_refused(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = training(visitor)
    visitor.post(TRAINING, values)
    answer = visitor.post(f"{TRAINING}?lang=en", values | {"data_attendees": "7"})
    assert (answer.status_code, size(site)) == (409, 1)
    assert "This form was sent before with other content, which stands." in plain(answer.text)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"data_attendees": "many"}, "Give a number in digits, such as 1234.50."),
        ({"data_attendees": "-1"}, "At least 0."),
        ({"data_mode": ""}, "Fill this in."),
        ({"subject": "two words"}, "Give 1 to 200 characters without spaces."),
        ({"time": "2021-02-30T10:00"}, "Give a day and a time of day that exist, such as 2020-03-05 10:00."),
        ({"time": "2022-01-01T10:00"}, "lies in the future"),
        ({"entity": "nobody"}, "nobody"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(site: Site, others: dict[str, str], words: str) -> None:
    visitor = site.signed_in("alice", "recorder")
    answer = visitor.post(f"{TRAINING}?lang=en", training(visitor, **others))
    assert (answer.status_code, size(site)) == (422, 0)
    assert words in plain(answer.text) or words in answer.text
    assert 'value="1,200"' in answer.text or "data_attendees" in others


def test_an_event_about_a_subject_must_name_it_and_suggests_those_that_fit(site: Site) -> None:
    place = {"region": "china", "category": "gifts", "poor_area": False}
    site.house.record(
        site.house.event("suppliers.supplier.registered", place, subject="acme"),
        site.house.event("suppliers.supplier.registered", place, subject="bolt"),
        site.house.event("suppliers.supplier.qualified", place, subject="bolt"),
    )
    visitor = site.signed_in("alice", "recorder")
    path = "/record/suppliers.supplier.rejected?lang=en"
    suggested = re.search(r"<datalist.*?</datalist>", visitor.get(path).text, re.DOTALL)
    assert re.findall(r'value="([^"]+)"', suggested[0] if suggested else "") == ["acme"]
    refused = visitor.post(path, filled(visitor, path))
    assert (refused.status_code, size(site)) == (422, 3)
    assert "Fill this in." in plain(refused.text)
    answer = visitor.post(path, filled(visitor, path) | {"subject": "acme"})
    assert (answer.status_code, answer.location) == (303, "/subjects/suppliers.supplier/acme")


def test_a_new_subject_is_given_a_name_if_none_is_typed(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    path = "/record/suppliers.supplier.registered"
    values = filled(visitor, path) | {"data_region": "china", "data_category": "gifts", "data_poor_area": ""}
    answers = [visitor.post(path, values) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert re.fullmatch(r"/subjects/suppliers\.supplier/supplier-[a-z2-7]{8}", answers[0].location or "")
    assert (answers[0].location, size(site)) == (answers[1].location, 1)


def test_only_who_records_logs_and_only_what_there_is(site: Site) -> None:
    assert site.signed_in("ivan", "internal_auditor").get("/record").status_code == 403
    visitor = site.signed_in("alice", "recorder")
    assert visitor.get("/record/suppliers.supplier.vanished").status_code == 404
    assert visitor.get("/record/tracker.event.voided").status_code == 404
    assert visitor.get("/record/integrity.case.reported").status_code == 403
    assert visitor.post("/record/integrity.case.reported", {"id": "x"}).status_code == 403
    assert size(site) == 0

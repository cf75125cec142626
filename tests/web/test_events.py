"""Events on record: the list, the page of each, corrections and voids by form, and what stays hidden."""

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
from tracker.ledger.vault import opened as unsealed
from tracker.settings import shipped

LOSS = {"channel": "mail", "loss": {"amount": "5", "currency": "CNY"}, "narrative": "a long story"}
PAGE, CORRECT, VOID = "/events/0", "/events/0/correct", "/events/0/void"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """Pages over the small catalogue, with one event: a loss that was reported by mail."""
    event = house.event("desk.case.reported", LOSS, subject="c-1", time="2020-05-04T04:00:00.123456Z")
    house.record(event)
    with opened(house, tmp_path) as found:
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


def listed(visitor: Visitor, query: str = "reset=1") -> list[int]:
    return [
        int(seq)
        for seq in re.findall(r'<th scope="row"[^>]*><a href="/events/(\d+)"', visitor.get(f"/events?{query}").text)
    ]


def test_the_list_is_newest_first_and_narrows_by_type_source_subject_and_day(site: Site) -> None:
    house = site.house
    house.record(
        house.event("desk.meter.read", {"channel": "mail", "quantity": "1.5"}, subject="m-1", source="/meter"),
        house.event("desk.case.reported", {"channel": "mail"}, subject="c-2", time="2020-06-01T00:00:00Z"),
    )
    visitor = site.signed_in("alice", "recorder")
    assert listed(visitor) == [2, 1, 0]
    assert listed(visitor, "type=desk.meter.read") == [1]
    assert listed(visitor, "source=/meter") == [1]
    assert listed(visitor, "q=c-2") == [2]
    assert listed(visitor, "since=2020-05-05") == [2]
    assert listed(visitor, "until=2020-05-04") == [1, 0]
    assert listed(visitor, "since=someday") == [2, 1, 0]


def test_a_long_list_is_walked_through_and_taken_away_whole(site: Site) -> None:
    house = site.house
    house.record(*(house.event("desk.case.reported", {"channel": "phone"}) for _ in range(119)))
    visitor = site.signed_in("alice", "recorder")
    path, found = "/events", list[int]()
    while path:
        text = visitor.get(path).text
        found += [int(seq) for seq in re.findall(r'<th scope="row"[^>]*><a href="/events/(\d+)"', text)]
        following = re.search(r'href="([^"]+)" rel="next"', text)
        path = unescape(following[1]) if following else ""
    assert found == list(range(119, -1, -1))
    assert visitor.get("/events?format=csv").text.count("\r\n") == 121


def test_an_event_is_shown_in_the_catalogues_words_with_its_receipt(site: Site) -> None:
    found, visitor = recorded(site, 0), site.signed_in("alice", "recorder")
    english, chinese = plain(visitor.get(f"{PAGE}?lang=en").text), plain(visitor.get(f"{PAGE}?lang=zh-Hant").text)
    for words in ("Case reported", "Channel Mail", "Loss CNY 5", "Narrative confidential", "4 May 2020, 12:00"):
        assert words in english
    for words in ("舉報", "渠道 郵件", "經過 機密", "2020年5月4日 12:00"):
        assert words in chinese
    assert found.leaf in english
    assert found.content in english
    assert "a long story" not in english


def test_a_correction_keeps_what_was_not_touched_to_the_last_digit(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = filled(visitor, CORRECT)
    assert (values["data_loss"], values["data_narrative"], values["time"]) == ("5", "", "2020-05-04T12:00:00.123456")
    answer = visitor.post(f"{CORRECT}?lang=en", values | {"data_channel": "phone", "reason": "it was a call"})
    assert (answer.status_code, answer.location) == (303, PAGE)
    found = recorded(site, 1)
    assert (found.type, found.original, found.replaces, found.subject) == ("tracker.event.corrected", 0, 0, "c-1")
    assert found.time == "2020-05-04T04:00:00.123456Z"
    assert found.data["reason"] == "it was a call"
    assert found.data["data"]["loss"] == {"amount": "5", "currency": "CNY"}
    assert found.data["data"]["channel"] == "phone"
    with site.house.database.read() as session:
        assert unsealed(session, site.house.ledger.vault, [1]) == {1: {"/data/narrative": "a long story"}}
    cells = site.house.values("desk.cases", "2020")
    assert {cell: value for cell, value in cells.items() if "level" not in cell} == {"{}": 1, '{"channel":"phone"}': 1}
    words = plain(visitor.get(PAGE).text)
    assert "Corrected" in words
    assert "it was a call" in words
    assert site.house.differences() == []


def test_a_correction_needs_a_reason_and_sound_values(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = filled(visitor, CORRECT)
    answer = visitor.post(f"{CORRECT}?lang=en", values)
    assert (answer.status_code, size(site)) == (422, 1)
    assert "Say why. The reason stays on record." in plain(answer.text)
    answer = visitor.post(f"{CORRECT}?lang=en", values | {"reason": "a slip", "data_loss": "1.005"})
    assert (answer.status_code, size(site)) == (422, 1)
    assert "At most 2 decimals; it is never rounded." in plain(answer.text)


def test_a_correction_sent_twice_is_recorded_once(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = filled(visitor, CORRECT) | {"data_loss": "6", "reason": "a slip"}
    assert [visitor.post(CORRECT, values).status_code for _ in range(2)] == [303, 303]
    assert size(site) == 2
    assert site.house.value("desk.loss", "2020") == 6


def test_of_two_corrections_one_stands_and_the_other_is_told(site: Site) -> None:
    alice, bob = site.signed_in("alice", "recorder"), site.signed_in("bob", "recorder")
    first, second = filled(alice, CORRECT), filled(bob, CORRECT)
    alice.post(CORRECT, first | {"data_loss": "6", "reason": "a slip"})
    answer = bob.post(f"{CORRECT}?lang=en", second | {"data_loss": "7", "reason": "another"})
    assert (answer.status_code, size(site)) == (409, 2)
    assert "Somebody else has corrected or voided this meanwhile." in plain(answer.text)


def test_a_void_takes_a_reason_and_is_final(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    values = filled(visitor, PAGE, VOID)
    refused = visitor.post(f"{VOID}?lang=en", values)
    assert (refused.status_code, size(site)) == (303, 1)
    assert "Nothing was voided: say why" in plain(visitor.get(PAGE).text)
    assert [visitor.post(VOID, values | {"reason": "never happened"}).status_code for _ in range(2)] == [303, 303]
    assert size(site) == 2
    assert site.house.value("desk.cases", "2020") == 0
    words = plain(visitor.get(f"{PAGE}?lang=en").text)
    assert "What it said" in words
    assert "never happened" in words
    assert "Void this event" not in words
    answer = visitor.get(f"{CORRECT}?lang=en")
    assert (answer.status_code, "a void is final" in answer.text) == (409, True)


def test_who_may_not_amend_is_offered_nothing_and_refused(site: Site) -> None:
    visitor = site.signed_in("ivan", "internal_auditor")
    text = visitor.get(f"{PAGE}?lang=en").text
    assert "Void this event" not in text
    assert CORRECT not in text
    assert visitor.get(CORRECT).status_code == 403
    assert visitor.post(VOID, {"reason": "x", "expect": "0", "id": "x"}).status_code == 403
    assert size(site) == 1


def test_an_amendment_is_shown_with_its_original(site: Site) -> None:
    site.house.correct(0, 0, {"channel": "phone"}, subject="c-1")
    visitor = site.signed_in("alice", "recorder")
    assert plain(visitor.get("/events/1?lang=en").text) == plain(visitor.get("/events/0?lang=en").text)


def test_events_that_there_are_not_are_not_found(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    for path in ("/events/1", f"/events/{2**63}", f"/events/{10**30}", "/events/-1", "/events/1/correct"):
        assert visitor.get(path).status_code == 404, path


def test_events_of_integrity_cases_are_seen_by_who_sees_the_case_alone(database: Database, tmp_path: Path) -> None:
    house = House.build(database, load(shipped("config")))
    fields = house.catalogue.events["integrity.case.reported"].fields
    data = {name: next(iter(field.choices)) for name, field in fields.items() if field.required}
    house.record(house.event("integrity.case.reported", data, subject="case-1"))
    house.correct(0, 0, data, subject="case-1")
    with opened(house, tmp_path, config=shipped("config")) as site:
        recorder, auditor = site.signed_in("alice", "recorder"), site.signed_in("ivan", "internal_auditor")
        assert (listed(recorder), listed(auditor)) == ([], [1, 0])
        for seq in (0, 1):
            assert recorder.get(f"/events/{seq}").status_code == 404
            assert auditor.get(f"/events/{seq}").status_code == 200
        assert recorder.post("/events/0/void", {"reason": "x", "expect": "1", "id": "x"}).status_code == 404
        assert size(site) == 2

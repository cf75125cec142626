"""Sources in the browser: their keys and counters, and every change proposed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tracker.access import proposals, sources
from tracker.access.handover import new_key
from tracker.access.proposals import Proposal
from tracker.access.sources import Source
from tracker.intake.models import counters

NEW = {"name": "erp", "uri": "/erp", "types": "desk.case.*, desk.meter.read", "late_days": "30", "backfill": "y"}


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        with house.database.write() as session:
            secret, source = found.service.keys.secrets.key, Source("desk", "/desk", ("desk.*",))
            sources.add(session, source, new_key().key, secret=secret, by="person:x", at=house.clock())
            row = {"sender": "desk", "type": "", "received": 10, "recorded": 5, "duplicate": 2, "conflict": 1}
            session.execute(insert(counters).values(**row, rejected=2))
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    return site.signed_in("alice", "administrator")


def pending(site: Site) -> list[Proposal]:
    with site.house.database.read() as session:
        return proposals.pending(session)


def test_sources_are_listed_with_what_became_of_their_events(alice: Visitor) -> None:
    assert alice.get("/sources?format=csv&lang=en").text.splitlines() == [
        "\ufeffSource,Writes as,May send,Key last used,Received,Recorded,Duplicates,Conflicts,Rejected,State",
        "desk,/desk,desk.*,,10,5,2,1,2,Live",
    ]
    text = alice.get("/sources/desk?lang=en").text
    assert all(f'<p class="figure-value">{number}</p>' in text for number in (10, 5, 2, 1))
    assert "hmac" in text


def test_no_page_of_a_source_shows_its_key(site: Site, alice: Visitor) -> None:
    text = alice.get("/sources").text + alice.get("/sources/desk").text
    assert "whsec_" not in text


@pytest.mark.parametrize(
    ("path", "data", "content"),
    [
        (
            "/new-source",
            NEW,
            {
                "action": "add",
                "name": "erp",
                "uri": "/erp",
                "types": ["desk.case.*", "desk.meter.read"],
                "late_days": 30,
                "backfill": True,
                "test": False,
                "public_key": None,
            },
        ),
        (
            "/sources/desk/rotate",
            {"overlap_hours": "48", "public_key": ""},
            {"action": "rotate", "name": "desk", "overlap_hours": 48, "public_key": None},
        ),
        (
            "/sources/desk/types",
            {"types": "desk.case.*"},
            {"action": "types", "name": "desk", "types": ["desk.case.*"], "before": ["desk.*"]},
        ),
        ("/sources/desk/retire", {}, {"action": "retire", "name": "desk"}),
    ],
)
def test_a_change_is_proposed_as_it_was_typed(
    site: Site, alice: Visitor, path: str, data: dict[str, str], content: dict[str, Any]
) -> None:
    answer = alice.post(path, data)
    [found] = pending(site)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/approvals/{found.id}")
    assert (found.kind, found.content) == ("source.key", content)
    assert alice.post(path, data).status_code == 409
    assert len(pending(site)) == 1


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("/new-source", NEW | {"name": "ERP"}, "begins with a letter"),
        ("/new-source", NEW | {"late_days": "many"}, "must be 1 to 36500"),
        ("/new-source", NEW | {"late_days": "٣"}, "must be 1 to 36500"),
        ("/new-source", NEW | {"types": " "}, "names no event type"),
        ("/new-source", NEW | {"public_key": "whpk_AAAA"}, "public_key"),
        ("/sources/desk/rotate", {"overlap_hours": "169"}, "must be 0 to 168"),
        ("/sources/desk/rotate", {"overlap_hours": ""}, "must be 0 to 168"),
        ("/sources/desk/types", {"types": "desk.*"}, "are what the source may send already"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_proposed(
    site: Site, alice: Visitor, path: str, data: dict[str, str], words: str
) -> None:
    answer = alice.post(f"{path}?lang=en", data)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert "field-wrong" in answer.text
    assert pending(site) == []


def test_a_name_or_uri_that_is_taken_is_told(site: Site, alice: Visitor) -> None:
    for other in ({"name": "desk"}, {"uri": "/desk"}):
        assert alice.post("/new-source", NEW | other).status_code == 409
    assert pending(site) == []


def test_a_source_that_is_not_there_is_not_found(alice: Visitor) -> None:
    assert alice.get("/sources/nowhere").status_code == 404
    for path in ("rotate", "types", "retire"):
        assert alice.post(f"/sources/nowhere/{path}", {"overlap_hours": "1", "types": "x.*"}).status_code == 404

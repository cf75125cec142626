"""Approvals in the browser: exactly what is decided is shown, decided once, and handed over once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import only
from tracker.access import proposals, sources
from tracker.access.proposals import Proposal
from tracker.access.registry import Registry
from tracker.access.signatures import read_secret
from tracker.clock import stamp
from tracker.db import Database
from tracker.errors import NotFound
from tracker.settings import shipped
from tracker.workflows import erasing, grants
from tracker.workflows.models import grants as granted
from tracker.workflows.models import named
from tracker.workflows.sight import CASE, marks_of

DESK = {"name": "desk", "uri": "/desk", "types": "desk.*", "late_days": "7"}
START = "2021-02-01T04:00:00.000000Z"
SECRET = re.compile(r'<code class="shown-once"[^>]*>([^<]+)</code>')


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> Iterator[Site]:
    """The pages over integrity cases, of which one was reported."""
    house = House.build(database, only("integrity"))
    with opened(house, tmp_path, config=shipped("config")) as found:
        told = {"channel": "hotline", "reporter_group": "staff", "category": "bribery", "narrative": "He took it."}
        house.record(house.event(f"{CASE}.reported", told, subject="case-1"))
        yield found


def newest(site: Site) -> Proposal:
    with site.house.database.read() as session:
        found = [*proposals.pending(session), *proposals.settled(session)]
    return max(found, key=lambda each: each.id)


def stored(site: Site, id: int) -> Proposal:
    with site.house.database.read() as session:
        return proposals.get(session, id)


def proposed(site: Site, visitor: Visitor, path: str = "/new-source", data: Mapping[str, Any] = DESK) -> Proposal:
    answer = visitor.post(path, data)
    assert answer.status_code == 303, answer.text
    found = newest(site)
    assert answer.headers["Location"] == f"/approvals/{found.id}"
    return found


def decide(visitor: Visitor, found: Proposal, how: str = "approve", **data: str) -> int:
    return visitor.post(f"/approvals/{found.id}/{how}", {"digest": found.digest, **data}).status_code


def facts(text: str) -> list[tuple[str, str]]:
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", text, re.DOTALL)
    return [(unescape(a), unescape(re.sub(r"<[^>]+>", "", b)).strip()) for a, b in pairs]


def test_the_page_shows_exactly_what_is_approved_and_its_digest(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    found = proposed(site, alice)
    for visitor in (alice, bob):
        assert facts(visitor.get(f"/approvals/{found.id}?lang=en").text) == [
            ("Called", "desk"),
            ("Action", "add the source (add)"),
            ("Writes as", "/desk"),
            ("May send", "desk.*"),
            ("Late after (days)", "7"),
            ("Events of any age", "no"),
            ("Test only: nothing is recorded", "no"),
            ("Public key", "none: a shared secret is made when this is approved"),
            ("Digest", found.digest),
        ]


def test_only_who_may_decide_is_offered_to(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    path = f"/approvals/{proposed(site, alice).id}?lang=en"
    assert ("Approve now" in alice.get(path).text, "Withdraw now" in alice.get(path).text) == (False, True)
    assert ("Approve now" in bob.get(path).text, "Withdraw now" in bob.get(path).text) == (True, False)
    assert "Nothing waits for you." not in bob.get("/approvals?lang=en").text
    assert 'href="/approvals/' in bob.get("/approvals?lang=en").text


def test_a_new_source_is_approved_and_its_secret_shown_once_to_its_proposer(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    found = proposed(site, alice)
    assert decide(bob, found) == 303
    path = f"/approvals/{found.id}/pick-up"
    assert bob.post(path).status_code == 403
    answer = alice.post(path)
    [secret] = SECRET.findall(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    [key] = Registry(site.house.database, site.service.keys).current().keys_at("desk", site.house.clock())
    assert read_secret(unescape(secret)) == key.material
    assert alice.post(path).status_code == 404
    for shown in (f"/approvals/{found.id}", "/approvals", "/audit", "/sources/desk"):
        assert secret not in alice.get(shown).text


def test_nobody_approves_their_own_proposal(site: Site) -> None:
    both = site.signed_in("erin", "administrator", "approver")
    found = proposed(site, both)
    assert "Approve now" not in both.get(f"/approvals/{found.id}?lang=en").text
    assert decide(both, found) == 403
    assert stored(site, found.id).state == "open"


def test_of_racing_approvers_one_wins_and_the_other_is_told(site: Site) -> None:
    alice = site.signed_in("alice", "administrator")
    racing = [site.signed_in("bob", "approver"), site.signed_in("dora", "approver")]
    tokens = [each.token() for each in racing]
    for turn in range(5):
        found = proposed(site, alice, data=DESK | {"name": f"desk-{turn}", "uri": f"/desk/{turn}"})

        def post(n: int, found: Proposal = found) -> int:
            data = {"digest": found.digest, "csrf_token": tokens[n]}
            return racing[n].bare_post(f"/approvals/{found.id}/approve", data).status_code

        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(post, (0, 1))) == [303, 409]
    with site.house.database.read() as session:
        assert len(sources.live_sources(session)) == 5


def test_a_draft_that_is_not_the_one_that_was_read_is_refused(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    found = proposed(site, alice)
    for digest in ("", "0" * 64, found.digest.upper()):
        assert bob.post(f"/approvals/{found.id}/approve", {"digest": digest}).status_code == 409
    assert stored(site, found.id).state == "open"


def test_a_refusal_takes_a_reason_that_its_proposer_reads(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    found = proposed(site, alice)
    assert decide(bob, found, "refuse") == 422
    assert decide(bob, found, "refuse", reason="Ask the owner of /desk <first>.") == 303
    text = alice.get(f"/approvals/{found.id}").text
    assert "Ask the owner of /desk &lt;first&gt;." in text
    assert decide(bob, found) == 409


def test_who_proposed_takes_it_back_and_nobody_else(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    found = proposed(site, alice)
    assert bob.post(f"/approvals/{found.id}/withdraw").status_code == 403
    assert alice.post(f"/approvals/{found.id}/withdraw").status_code == 303
    assert (stored(site, found.id).state, decide(bob, found)) == ("withdrawn", 409)


def test_who_has_nothing_to_do_with_a_proposal_does_not_find_it(site: Site) -> None:
    alice, carol = site.signed_in("alice", "administrator"), site.signed_in("carol", "recorder")
    found = proposed(site, alice)
    assert carol.get(f"/approvals/{found.id}").status_code == 404
    assert carol.post(f"/approvals/{found.id}/withdraw").status_code == 404
    assert carol.post(f"/approvals/{found.id}/pick-up").status_code == 404
    assert "desk" not in carol.get("/approvals").text


def test_the_list_is_filtered_and_taken_away_as_csv(site: Site) -> None:
    alice, bob = site.signed_in("alice", "administrator"), site.signed_in("bob", "approver")
    first = proposed(site, alice)
    decide(bob, first)
    proposed(site, alice, data=DESK | {"name": "erp", "uri": "/erp"})
    assert alice.get("/approvals?show=approved&format=csv&lang=en").text.splitlines()[1:] == [
        f"Add source desk,A source and its key,Alice,{START},Approved,Bob,{START}"
    ]
    assert len(alice.get("/approvals?show=mine&format=csv").text.splitlines()) == 3
    assert len(bob.get("/approvals?show=mine&format=csv").text.splitlines()) == 1
    assert len(bob.get("/approvals?kind=erasure&format=csv").text.splitlines()) == 1


def test_an_approver_who_is_named_in_a_case_finds_no_proposal_about_it(cases: Site) -> None:
    erin = cases.person("erin", "case_officer")
    bob, dora = cases.signed_in("bob", "approver"), cases.signed_in("dora", "approver")
    with cases.house.database.write() as session:
        at, keys = cases.house.clock(), cases.service.keys
        found = grants.propose_access(session, keys, "case-1", erin.id, by=erin, at=at)
        for mark in marks_of(keys, "case-1", ["Bob"]):
            session.execute(insert(named).values(subject="case-1", mark=mark))
    for path in (f"/approvals/{found.id}", "/approvals", "/approvals?format=csv"):
        assert "case-1" not in bob.get(path).text
        assert "case-1" in dora.get(path).text
    missing = bob.get(f"/approvals/{found.id}"), bob.get("/approvals/999")
    assert [each.status_code for each in missing] == [404, 404]
    assert missing[0].text.replace(f"/{found.id}", "/999").replace(f" {found.id} ", " 999 ") == missing[1].text
    assert (decide(bob, found), decide(bob, found, "refuse", reason="no")) == (404, 404)
    assert decide(dora, found) == 303
    with cases.house.database.read() as session:
        assert grants.holders(session, "case-1") == [erin.id]


def test_an_erasure_that_was_approved_leaves_nothing_to_read(cases: Site) -> None:
    erin, dora = cases.person("erin", "case_officer"), cases.signed_in("dora", "approver")
    with cases.house.database.write() as session:
        at = cases.house.clock()
        found = erasing.propose_erasure(session, "integrity", "case-1", "The law asks.", by=erin, at=at)
    assert "What was erased cannot be brought back" in dora.get(f"/approvals/{found.id}?lang=en").text
    assert decide(dora, found) == 303
    assert stored(cases, found.id).state == "approved"
    with cases.house.database.read() as session, pytest.raises(NotFound):
        erasing.propose_erasure(session, "integrity", "case-1", "Again.", by=erin, at=cases.house.clock())


def test_who_may_read_a_case_proposes_its_erasure_and_nobody_else(cases: Site) -> None:
    erin, dora = cases.signed_in("erin", "case_officer"), cases.signed_in("dora", "approver")
    asked = {"kind": CASE, "subject": "case-1", "reason": "The law asks."}
    for visitor in (erin, dora):
        assert visitor.post("/new-erasure", asked).status_code == 404
    with cases.house.database.write() as session:
        at, officer = cases.house.clock(), cases.folk.now("erin").id
        session.execute(insert(granted).values(subject="case-1", person=officer, granted_at=stamp(at)))
    assert erin.post("/new-erasure", asked | {"reason": " "}).status_code == 422
    assert erin.post("/new-erasure", asked | {"subject": "case-9"}).status_code == 404
    assert erin.post("/new-erasure", asked | {"kind": "no.such"}).status_code == 404
    found = proposed(cases, erin, "/new-erasure", asked)
    assert (found.kind, found.content) == ("erasure", {"subject": "case-1", "reason": "The law asks."})
    assert decide(dora, found) == 303

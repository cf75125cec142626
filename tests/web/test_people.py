"""People in the browser: listed with where they stand, given access by two, and kept out at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.access.folk import PASSWORD
from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tracker.access import proposals
from tracker.access.proposals import Proposal

ONCE = re.compile(r'<code class="shown-once"[^>]*>([^<]+)</code>')


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    return site.signed_in("alice", "administrator")


@pytest.fixture
def bob(site: Site) -> Visitor:
    return site.signed_in("bob", "approver")


def pending(site: Site) -> list[Proposal]:
    with site.house.database.read() as session:
        return proposals.pending(session)


def approve(visitor: Visitor, found: Proposal) -> int:
    return visitor.post(f"/approvals/{found.id}/approve", {"digest": found.digest}).status_code


def csv(visitor: Visitor, query: str = "") -> list[str]:
    return visitor.get(f"/people?format=csv&lang=en{query}").text.splitlines()[1:]


def test_people_are_listed_with_where_they_stand(site: Site, alice: Visitor) -> None:
    site.person("carol", "recorder", "case_officer")
    site.visitor().sign_in("carol")
    site.person("erin", "assurer")
    site.person("old", "recorder")
    site.folk.disable("old")
    assert csv(alice) == [
        "Alice,alice,Administrator,not yet,,,Never signed in",
        'Carol,carol,"Recorder, Case officer",not yet,2021-02-01T04:00:00.000000Z,,Active',
        "Erin,erin,Assurer,not yet,,2021-12-31,Never signed in",
        "Old,old,Recorder,not yet,,,Disabled",
    ]
    assert csv(alice, "&role=assurer") == ["Erin,erin,Assurer,not yet,,2021-12-31,Never signed in"]
    assert csv(alice, "&role=&state=disabled") == ["Old,old,Recorder,not yet,,,Disabled"]
    assert len(csv(alice, "&role=&state=&q=caro")) == 1


def test_somebody_new_is_proposed_approved_invited_and_signs_in(site: Site, alice: Visitor, bob: Visitor) -> None:
    new = {"login": "grace", "name": "Grace Ho", "roles": ["recorder"]}
    assert alice.post("/people/new", new).status_code == 303
    assert len(csv(alice)) == 2
    [found] = pending(site)
    assert (found.content["login"], approve(bob, found)) == ("grace", 303)
    text = alice.post(f"/approvals/{found.id}/pick-up").text
    [invitation] = ONCE.findall(text)
    assert f"https://tracker.example.org/welcome/{unescape(invitation)}" in text
    visitor = site.visitor()
    chosen = {"invitation": unescape(invitation), "password": PASSWORD + "!", "again": PASSWORD + "!"}
    assert visitor.post("/welcome", chosen).status_code in {200, 303}
    assert visitor.sign_in("grace", PASSWORD + "!").status_code == 303


def test_what_is_wrong_with_somebody_new_stands_beside_the_fields(site: Site, alice: Visitor) -> None:
    answer = alice.post("/people/new?lang=en", {"login": "Grace", "name": "", "roles": ["assurer"], "ends_on": ""})
    assert answer.status_code == 422
    for words in (
        "begins with a letter",
        "must be 1 to 100 printable characters",
        "an assurer&#39;s account has a last day",
    ):
        assert words in answer.text
    assert 'value="Grace"' in answer.text
    assert alice.post("/people/new", {"login": "alice", "name": "Alice", "roles": ["recorder"]}).status_code == 409
    assert pending(site) == []
    chinese = alice.post("/people/new?lang=zh-Hant", {"login": "x", "name": "", "roles": ["recorder"]})
    assert "須為 1 至 100 個可列印字元" in chinese.text


def test_an_administrator_gives_no_roles_alone(site: Site, alice: Visitor, bob: Visitor) -> None:
    carol = site.person("carol", "recorder")
    assert alice.post(f"/people/{carol.id}/roles", {"roles": ["recorder", "approver"]}).status_code == 303
    assert site.folk.now("carol").roles == {"recorder"}
    [found] = pending(site)
    assert approve(alice, found) == 403
    assert approve(bob, found) == 303
    assert site.folk.now("carol").roles == {"recorder", "approver"}


def test_changed_roles_end_the_sessions_of_their_holder(site: Site, alice: Visitor, bob: Visitor) -> None:
    carol = site.signed_in("carol", "recorder")
    alice.post(f"/people/{site.folk.now('carol').id}/roles", {"roles": ["approver"]})
    assert carol.get("/account").status_code == 200
    assert approve(bob, pending(site)[0]) == 303
    assert carol.get("/account").status_code == 303


def test_nobody_changes_their_own_roles_or_access(site: Site, alice: Visitor) -> None:
    own = site.folk.now("alice").id
    for path, data in (("roles", {"roles": ["approver"]}), ("reset", {}), ("disable", {})):
        assert alice.post(f"/people/{own}/{path}", data).status_code == 403
    assert "Disable now" not in alice.get(f"/people/{own}?lang=en").text
    assert pending(site) == []


def test_whoever_is_disabled_is_out_at_once_and_back_when_enabled(site: Site, alice: Visitor) -> None:
    carol = site.signed_in("carol", "recorder")
    path = f"/people/{site.folk.now('carol').id}"
    assert alice.post(f"{path}/disable").status_code == 303
    assert carol.get("/account").status_code == 303
    assert site.visitor().sign_in("carol").status_code == 422
    assert alice.post(f"{path}/disable").status_code == 409
    assert alice.post(f"{path}/enable").status_code == 303
    assert site.visitor().sign_in("carol").status_code == 303
    alice_is, carol_is = site.folk.now("alice").actor, site.folk.now("carol").actor
    assert [(actor, action) for actor, action, target, _ in site.folk.trail() if target == carol_is] == [
        ("person:command-line", "person.added"),
        (alice_is, "person.disabled"),
        (carol_is, "person.sign_in_tried"),
        (alice_is, "person.enabled"),
        (carol_is, "person.sign_in_tried"),
        (carol_is, "person.signed_in"),
    ]


def test_a_new_invitation_takes_two_people(site: Site, alice: Visitor, bob: Visitor) -> None:
    carol = site.person("carol", "recorder")
    assert alice.post(f"/people/{carol.id}/reset").status_code == 303
    assert site.visitor().sign_in("carol").status_code == 303
    [found] = pending(site)
    assert alice.post(f"/people/{carol.id}/reset").status_code == 409
    assert approve(bob, found) == 303
    assert site.visitor().sign_in("carol").status_code == 422
    assert len(ONCE.findall(alice.post(f"/approvals/{found.id}/pick-up").text)) == 1


def test_nobody_is_at_an_address_that_names_nobody(alice: Visitor) -> None:
    for path in ("/people/p-nobody", "/people/alice", "/people/%00"):
        assert alice.get(path).status_code == 404

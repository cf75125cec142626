"""Tokens in the browser: begun by two people, ended by one, shown once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.api.conftest import token
from tests.house import House
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.access import proposals
from tracker.access.proposals import Proposal

ONCE = re.compile(r'<code class="shown-once"[^>]*>([^<]+)</code>')
NEW = {"name": "dashboard", "scope": ["read"], "source": "", "days": "30"}


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    return site.signed_in("alice", "administrator")


def pending(site: Site) -> list[Proposal]:
    with site.house.database.read() as session:
        return proposals.pending(session)


def call(site: Site, text: str) -> int:
    client, headers = site.app.test_client(), {"Authorization": f"Bearer {text}"}
    return client.get("/api/v1/catalogue", headers=headers, base_url=HOST).status_code


def test_a_token_is_proposed_approved_picked_up_once_used_and_revoked(site: Site, alice: Visitor) -> None:
    bob = site.signed_in("bob", "approver")
    assert alice.post("/new-token", NEW).status_code == 303
    [found] = pending(site)
    assert bob.post(f"/approvals/{found.id}/approve", {"digest": found.digest}).status_code == 303
    [text] = map(unescape, ONCE.findall(alice.post(f"/approvals/{found.id}/pick-up").text))
    assert alice.post(f"/approvals/{found.id}/pick-up").status_code == 404
    assert call(site, text) == 200
    assert text not in alice.get("/tokens").text
    assert alice.post("/tokens/dashboard/revoke").status_code == 303
    assert (call(site, text), alice.post("/tokens/dashboard/revoke").status_code) == (401, 404)


def test_tokens_are_listed_with_their_state(site: Site, alice: Visitor) -> None:
    for name, days in (("long", 90), ("short", 1), ("revoked", 90)):
        token(site.house, name, "read", "record", days=days)
    alice.post("/tokens/revoked/revoke")
    site.folk.wait(days=2)
    again = site.signed_in("alice")
    rows = again.get("/tokens?format=csv&lang=en").text.splitlines()
    assert rows == [
        "\ufeffToken,May,As source,Made,Ends,Last used,State",
        'long,"read, record",,2021-02-01T04:00:00.000000Z,2021-05-02T04:00:00.000000Z,,Live',
        'revoked,"read, record",,2021-02-01T04:00:00.000000Z,2021-05-02T04:00:00.000000Z,,Revoked',
        'short,"read, record",,2021-02-01T04:00:00.000000Z,2021-02-02T04:00:00.000000Z,,Ended',
    ]
    assert len(again.get("/tokens?format=csv&state=ended").text.splitlines()) == 2
    assert again.get("/tokens?state=&lang=en").text.count("Revoke now") == 1


@pytest.mark.parametrize(
    "wrong", [{"name": "Dash"}, {"scope": ["admin"]}, {"scope": []}, {"scope": ["all"]}, {"days": "0"}, {"days": "x"}]
)
def test_a_token_that_cannot_be_is_not_proposed(site: Site, alice: Visitor, wrong: dict[str, object]) -> None:
    answer = alice.post("/new-token", NEW | wrong)
    assert (answer.status_code, "field-wrong" in answer.text) == (422, True)
    assert pending(site) == []


def test_a_token_of_a_known_name_or_an_unknown_source_is_refused(site: Site, alice: Visitor) -> None:
    token(site.house, "dashboard", "read")
    assert alice.post("/new-token", NEW).status_code == 409
    assert alice.post("/new-token", NEW | {"name": "other", "source": "nowhere"}).status_code == 404
    assert pending(site) == []

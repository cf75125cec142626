"""The pages of content governance: what waits, gross and net, accounts, and the ladder at work in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import expiring, only
from tracker.access import audit
from tracker.db import Database
from tracker.settings import shipped
from tracker.workflows import accounts

KIND = "content.violation"
FOUND = {"surface": "live", "category": "fraud", "detected_by": "machine", "review_level": "screen", "account": "ann"}
FIELD = re.compile(r'name="(id|expect)"[^>]*value="([^"]*)"')


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(
        House.build(database, expiring(only("content", "suppliers"), 365)), tmp_path, config=shipped("config")
    ) as found:
        yield found


def found(site: Site, subject: str, **others: str) -> None:
    site.house.record(site.house.event(f"{KIND}.found", FOUND | others, subject=subject, time="2021-01-31T09:00:00Z"))


def act(visitor: Visitor, subject: str, fact: str, **data: str) -> tuple[int, str]:
    """Fill in and send the form of an act on a violation's page; status and text of the answer."""
    page = visitor.get(f"/subjects/{KIND}/{subject}?lang=en").text
    form = re.search(rf'id="act-content-violation-{fact}".*?</form>', page, re.DOTALL)
    hidden = dict(FIELD.findall(form[0])) if form else {}
    sent = hidden | {f"data_{name}": value for name, value in data.items()}
    answer = visitor.post(f"/subjects/{KIND}/{subject}/{KIND}.{fact}", sent)
    return answer.status_code, unescape(answer.text)


def text(visitor: Visitor, path: str) -> str:
    """What a page says in English, without its tags."""
    answer = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en")
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_violation_goes_from_the_ladder_to_an_overturned_penalty(site: Site) -> None:
    found(site, "v1")
    first, second = site.signed_in("first", "recorder"), site.signed_in("second", "approver")
    said = text(first, f"/subjects/{KIND}/v1")
    assert "The ladder gives Stream cut , 8 points (Grave; 0 + 8 = 8)" in said
    assert "Reviewer *" not in said
    assert act(first, "v1", "penalised", reason="Asked for bank cards.")[0] == 303
    assert act(first, "v1", "notified")[0] == 303
    assert act(first, "v1", "appealed", statement="It was a drill.")[0] == 303
    assert "You gave this penalty. A second reviewer decides about the appeal." in text(first, f"/subjects/{KIND}/v1")
    status, answer = act(first, "v1", "overturned")
    assert status == 403
    assert "Ask a second reviewer to decide about the appeal." in answer
    assert "Appeals that you may decide None." in text(first, "/content")
    assert "Appeals that you may decide 1 v1" in text(second, "/content")
    before = text(second, "/content")
    assert "Penalties 1 violation Penalties overturned 0 violations Penalties (net) 1 violation" in before
    assert act(second, "v1", "overturned")[0] == 303
    after = text(second, "/content")
    assert "Penalties 1 violation Penalties overturned 1 violation Penalties (net) 0 violations" in after
    assert "Points given 8 points Points taken back 8 points Points (net) 0 points" in after
    assert "Points in force 0" in text(second, "/content/accounts/ann")


def test_violations_are_listed_filtered_and_taken_away(site: Site) -> None:
    found(site, "v1")
    found(site, "v2", category="vulgar", surface="ad", account="bob")
    reader = site.signed_in("reader", "internal_auditor")
    assert "v1" in text(reader, "/content")
    assert "No violation is on record" not in text(reader, "/content")
    assert "v2" not in text(reader, "/content?q=v1")
    assert "Nothing matches" in text(reader, "/content?state=closed")
    lines = reader.get("/content?format=csv&state=found&sort=subject&q=&lang=en").text.splitlines()
    assert [line.split(",")[:5] for line in lines] == [
        ["\ufeffViolation", "State", "Category", "Surface", "User account"],
        ["v1", "Found", "Fraud", "Live", "ann"],
        ["v2", "Found", "Vulgar content", "Advertisement", "bob"],
    ]


def test_an_account_shows_its_points_and_what_comes_next(site: Site) -> None:
    found(site, "v1")
    first = site.signed_in("first", "recorder")
    act(first, "v1", "penalised")
    said = text(first, "/content/accounts/ann")
    assert "Points in force 8 Points expire after 365 days" in said
    assert "Minor 8 + 3 = 11 Blocked Ban for days, 3 days" in said
    assert "Grave 8 + 8 = 16 Blocked Ban for days, 7 days" in said
    assert first.get("/content/accounts/nobody").status_code == 404
    assert "ann 1 1 8" in text(first, "/content/accounts")
    assert "Nothing matches" in text(first, "/content/accounts?q=bob")


def test_a_link_for_the_owner_is_shown_once_and_on_record(site: Site) -> None:
    found(site, "v1")
    person = site.person("first", "recorder")
    first = site.signed_in("first")
    answer = first.post("/content/accounts/ann")
    link = re.search(r'<code class="shown-once">([^<]+)</code>', answer.text)
    assert link is not None
    assert link[1].startswith("https://tracker.example.org/my/")
    assert "shown-once" not in first.get("/content/accounts/ann").text
    with site.house.database.read() as session:
        entries = audit.entries(session, action="account.link_made")
    assert [(each.actor, each.target, each.detail) for each in entries] == [(person.actor, "account:ann", None)]
    assert link[1] not in str(entries)
    assert site.visitor().get(link[1].removeprefix("https://tracker.example.org")).status_code == 200
    assert first.post("/content/accounts/nobody").status_code == 404
    reader = site.signed_in("reader", "internal_auditor")
    assert reader.post("/content/accounts/ann").status_code == 403
    assert "Make a link" not in text(reader, "/content/accounts/ann")


def test_without_violations_the_pages_say_so(site: Site) -> None:
    reader = site.signed_in("reader", "recorder")
    assert "No violation is on record" in text(reader, "/content")
    assert "No account has a violation" in text(reader, "/content/accounts")


def test_an_organisation_without_content_governance_has_empty_pages(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path) as plain:
        reader = plain.signed_in("reader", "recorder")
        assert "No violation is on record" in text(reader, "/content")
        assert reader.get("/content/accounts").status_code == 200
        with house.database.read() as session:
            assert accounts.accounts(session) == []

"""What an account's owner sees behind a link, and may do: its own violations, and one appeal against each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from tests.house import House
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import expiring, only
from tracker.db import Database
from tracker.settings import shipped
from tracker.workflows.ownerlinks import owner_link

KIND = "content.violation"
FOUND = {"surface": "live", "category": "fraud", "detected_by": "machine", "review_level": "screen", "account": "ann"}
GIVEN = {"penalty": "ban_days", "days": 7, "points": 8, "reviewer": "p-first", "reason": "Asked for bank cards."}


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    house = House.build(database, expiring(only("content"), 365))
    with opened(house, tmp_path, config=shipped("config")) as made:
        tell(made, "v1", "found", **FOUND)
        tell(made, "v1", "penalised", **GIVEN)
        tell(made, "v1", "notified")
        tell(made, "v2", "found", **FOUND)
        tell(made, "v3", "found", **(FOUND | {"account": "bob"}))
        tell(made, "v3", "penalised", **(GIVEN | {"reason": "Sold fakes."}))
        tell(made, "v3", "notified")
        yield made


def tell(site: Site, subject: str, fact: str, **data: object) -> None:
    time = site.house.clock().isoformat()
    site.house.record(site.house.event(f"{KIND}.{fact}", data, subject=subject, time=time))


def link(site: Site, account: str = "ann") -> str:
    return f"/my/{owner_link(site.service.keys, account, site.house.clock())}"


def says(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en")
    assert answer.status_code == status
    return words(answer.text)


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def token(visitor: Visitor, path: str) -> str:
    """The token against forged posts, from a page with a form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(path).text)
    assert found is not None
    return unescape(found[1])


def appeal(visitor: Visitor, path: str, token: str, violation: str, statement: str = "A drill.") -> tuple[int, str]:
    answer = visitor.bare_post(path, {"csrf_token": token, "violation": violation, "statement": statement})
    return answer.status_code, words(answer.text)


def test_an_owner_sees_what_it_was_notified_of_and_nothing_of_others(site: Site) -> None:
    answer = site.visitor().get(f"{link(site)}?lang=en")
    said = words(answer.text)
    assert "Your account has 8 points. Points count for 365 days." in said
    assert "Reference v1 Where it was found Live" in said
    assert "Reason Asked for bank cards. Penalty Ban for days, 7 days Until 8 Feb 2021, 12:00" in said
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    for hidden in ("v2", "v3", "bob", "Sold fakes", "p-first", "Machine", "/content", "Sign in"):
        assert hidden not in said, hidden


def test_the_page_speaks_both_languages(site: Site) -> None:
    text = site.visitor().get(link(site), Accept_Language="zh-HK").text
    assert 'lang="zh-Hant"' in text
    assert "詐騙" in text


def test_an_owner_appeals_once_and_reads_the_outcome(site: Site) -> None:
    visitor, path = site.visitor(), link(site)
    assert "Why do you think this is wrong?" in says(visitor, path)
    form = token(visitor, path)
    assert appeal(visitor, path, form, "v1")[0] == 303
    said = says(visitor, f"{path}?appealed=1")
    assert "Your appeal was received." in said
    assert "Appeal under review" in said
    assert "Why do you think this is wrong?" not in said
    assert appeal(visitor, path, form, "v1", "Once more.")[0] == 303
    assert site.house.value("content.appeals", "2021") == 1
    site.house.clock.instant += timedelta(days=1)
    tell(site, "v1", "overturned", reviewer="p-second", points=8, penalty="ban_days")
    said = says(visitor, path)
    assert "Your account has 0 points." in said
    assert "no longer applies" in said
    assert "The penalty was overturned, 2 Feb 2021" in said
    assert "p-second" not in said


def test_what_is_not_theirs_or_decided_is_refused_kindly(site: Site) -> None:
    visitor, path = site.visitor(), link(site)
    form = token(visitor, path)
    for violation in ("v2", "v3", "", "nothing"):
        status, said = appeal(visitor, path, form, violation)
        assert status == 409
        assert "無法再申訴" in said or "cannot be appealed any more" in said
    status, _said = appeal(visitor, path, form, "v1", "x" * 2001)
    assert status == 422
    assert site.house.value("content.appeals", "2021") == 0
    tell(site, "v1", "closed")
    assert appeal(visitor, path, form, "v1")[0] == 409


def test_a_bad_or_old_link_opens_nothing(site: Site) -> None:
    good = link(site)
    site.house.clock.instant += timedelta(days=30)
    assert site.visitor().get(good).status_code == 200
    site.house.clock.instant += timedelta(seconds=1)
    for path in (good, "/my/x", "/my/a.b.c", f"{good}x"):
        answer = site.visitor().get(f"{path}?lang=en")
        assert answer.status_code == 404
        assert "This link is not valid, or no longer" in words(answer.text)
        assert "v1" not in words(answer.text)
    visitor = site.visitor()
    assert visitor.bare_post(good, {"violation": "v1"}).status_code in (400, 403)


def test_an_appeal_takes_the_token_of_the_page(site: Site) -> None:
    answer = site.visitor().bare_post(link(site), {"violation": "v1", "statement": ""})
    assert answer.status_code in (400, 403)
    assert site.house.value("content.appeals", "2021") == 0


def test_the_log_does_not_tell_the_link(site: Site) -> None:
    kept, before = LogCapture(), structlog.get_config()["processors"]
    structlog.configure(processors=[kept])
    try:
        site.visitor().get(link(site))
        site.visitor().bare_post(link(site))
        site.visitor().bare_post(link(site), Sec_Fetch_Site="cross-site")
    finally:
        structlog.configure(processors=before)
    paths = [each["path"] for each in kept.entries if each["event"] == "request"]
    assert paths == ["/my/<token>"] * 3

"""Checkpoints on a public page: what they are, the key's line, and each of them to keep as it was signed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.access.test_notes import by_hand
from tests.house import House
from tests.ledger.test_checkpoints import record
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tracker.access.notes import verifier_key
from tracker.jobs.checkpointing import sign_now
from tracker.ledger.checkpoints import Checkpoint


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return site.visitor()


def sign(site: Site, times: int = 1) -> list[Checkpoint]:
    """Checkpoints a day apart, an event each."""
    made = []
    for _ in range(times):
        record(site.house)
        made.append(sign_now(site.house.database, site.house.ledger, site.service.keys.signer))
        site.house.clock.instant += timedelta(days=1)
    return made


def key(site: Site) -> str:
    return verifier_key("small/ledger", site.service.keys.signer.public)


def test_anybody_reads_what_a_checkpoint_is_and_its_key(site: Site, visitor: Visitor) -> None:
    english, chinese = Page(visitor.get("/checkpoints?lang=en")), Page(visitor.get("/checkpoints?lang=zh-Hant"))
    assert (english.of("h1"), chinese.of("h1")) == (["Checkpoints"], ["檢查點"])
    assert "No checkpoint yet" in english.of("p")
    assert "尚無檢查點" in chinese.of("p")
    for page in (english, chinese):
        assert page.of("pre") == [key(site)]
        assert page.inline == []


def test_checkpoints_are_listed_the_newest_first(site: Site, visitor: Visitor) -> None:
    first, second = sign(site, 2)
    answer = visitor.get("/checkpoints?lang=en")
    page = Page(answer)
    assert [row[0] for row in page.rows] == ["Events", "2", "1"]
    assert [row[2] for row in page.rows[1:]] == [second.root.hex(), first.root.hex()]
    assert page.rows[1][1].startswith("2 Feb 2021")
    text = unescape(answer.text)
    for each in (first, second):
        assert f'<pre class="note" tabindex="0">{each.note}</pre>' in text
        assert f'data-copy="{each.note}"' in text


def test_a_checkpoint_is_taken_away_as_it_was_signed(site: Site, visitor: Visitor) -> None:
    [made] = sign(site)
    assert "/checkpoints/1" in Page(visitor.get("/checkpoints")).links
    answer = visitor.get("/checkpoints/1")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="checkpoint-1.txt"'
    assert answer.data.decode() == made.note
    text = by_hand(answer.data.decode(), key(site))
    assert text == f"small/ledger\n1\n{base64.b64encode(made.root).decode()}\n"


@pytest.mark.parametrize("size", ["0", "2", str(2**63 - 1), str(2**63), "9" * 40, "x", "-1"])
def test_a_size_that_was_not_signed_is_not_found(site: Site, visitor: Visitor, size: str) -> None:
    sign(site)
    assert visitor.get(f"/checkpoints/{size}").status_code == 404


def test_many_checkpoints_come_page_by_page(site: Site, visitor: Visitor) -> None:
    sign(site, 51)
    first = Page(visitor.get("/checkpoints"))
    assert [row[0] for row in first.rows[1:]] == [str(size) for size in range(51, 1, -1)]
    [address] = [link for link in first.links if "page=" in link]
    assert [row[0] for row in Page(visitor.get(address)).rows[1:]] == ["1"]
    for odd in ("x", "-1", "９", "9" * 40, "%00"):
        assert len(Page(visitor.get(f"/checkpoints?page={odd}")).rows) == 51


def test_the_list_is_taken_away_as_csv(site: Site, visitor: Visitor) -> None:
    [made] = sign(site)
    text = visitor.get("/checkpoints?format=csv&lang=en").data.decode("utf-8-sig")
    assert text == f'Events,Signed on,Root,Signed text\r\n1,{made.signed_at},{made.root.hex()},"{made.note}"\r\n'


def test_the_menu_leads_here(visitor: Visitor) -> None:
    assert "/checkpoints" in Page(visitor.get("/years")).links

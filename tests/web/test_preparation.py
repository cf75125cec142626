"""A year on its way to everybody: drafted, signed, approved by somebody else, published; each by who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House
from tests.web.forms_of import filled
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tracker.access import proposals

HERE = "/years/2020/preparation"
CASE = "desk.case.reported"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """The pages over two cases of 2020; it is February 2021."""
    house.record(house.event(CASE, {"channel": "phone"}), house.event(CASE, {"channel": "mail"}))
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """Who prepares."""
    return site.signed_in("alice", "recorder")


@pytest.fixture
def bob(site: Site) -> Visitor:
    """Who approves and publishes."""
    return site.signed_in("bob", "approver")


def page(visitor: Visitor, path: str = HERE) -> Page:
    return Page(visitor.get(f"{path}?lang=en"))


def steps(visitor: Visitor) -> list[tuple[str, str]]:
    """Each step, and whether it is done or next."""
    found = re.findall(r'<li class="(\w*)"[^>]*>\s*<span class="what">([^<]+)', visitor.get(f"{HERE}?lang=en").text)
    return [(words, state) for state, words in found]


def form(visitor: Visitor, act: str, path: str = HERE) -> dict[str, str]:
    return filled(visitor, f"{path}?lang=en", f"{path}/{act}")


def send(visitor: Visitor, act: str, path: str = HERE, **other: str) -> int:
    return visitor.post(f"{path}/{act}", {**form(visitor, act, path), **other}).status_code


def waiting(site: Site) -> proposals.Proposal:
    with site.house.database.read() as session:
        [found] = proposals.pending(session)
    return found


def decide(visitor: Visitor, found: proposals.Proposal, how: str = "approve", **data: str) -> int:
    return visitor.post(f"/approvals/{found.id}/{how}", {"digest": found.digest, **data}).status_code


def test_a_year_goes_its_way_by_two_people(site: Site, alice: Visitor, bob: Visitor) -> None:
    public = site.visitor()
    words = ["Drafted", "Signed", "Approved and frozen", "Made public"]
    assert steps(alice) == list(zip(words, ["next", "", "", ""], strict=True))
    assert send(alice, "draft") == 303
    assert steps(alice) == list(zip(words, ["done", "next", "", ""], strict=True))
    assert "2 cases" in page(alice).of("td")
    assert send(alice, "sign") == 303
    assert steps(bob) == list(zip(words, ["done", "done", "next", ""], strict=True))
    found = waiting(site)
    assert f"/approvals/{found.id}" in page(bob).links
    assert HERE in page(bob, f"/approvals/{found.id}").links
    assert decide(bob, found) == 303
    assert steps(bob) == list(zip(words, ["done", "done", "done", "next"], strict=True))
    assert public.get("/years/2020").status_code == 404
    assert send(bob, "publish") == 303
    assert steps(bob) == list(zip(words, ["done"] * 4, strict=True))
    assert Page(public.get("/years/2020?lang=en")).of("h1") == ["Governance figures of 2020"]
    assert "All is done" in page(alice).of("p")


def test_each_step_is_offered_to_who_may_take_it(site: Site, alice: Visitor, bob: Visitor) -> None:
    carol = site.signed_in("carol", "assurer")

    def offered(visitor: Visitor) -> list[str]:
        return [each.rpartition("/")[2] for each in page(visitor).links if each.startswith(f"{HERE}/")]

    assert [offered(each) for each in (alice, bob, carol)] == [["draft"], ["draft"], []]
    send(alice, "draft")
    assert [offered(each) for each in (alice, bob, carol)] == [["sign"], ["sign"], []]
    send(alice, "sign")
    assert [offered(each) for each in (alice, bob, carol)] == [[], [], []]
    assert f"/approvals/{waiting(site).id}" not in page(carol).links
    decide(bob, waiting(site))
    assert [offered(each) for each in (alice, bob, carol)] == [[], ["publish"], []]
    for act in ("draft", "sign", "publish"):
        assert carol.post(f"{HERE}/{act}", {}).status_code == 403
    assert alice.post(f"{HERE}/publish", {"revision": "1"}).status_code == 403


def test_names_are_for_those_who_prepare_and_decide(site: Site, alice: Visitor, bob: Visitor) -> None:
    send(alice, "draft")
    person = site.folk.now("alice")
    shown = page(site.signed_in("carol", "assurer")).texts
    assert any(person.id in words for _tag, words in shown)
    assert not any(person.name in words for _tag, words in shown)
    assert any(person.name in words for _tag, words in page(bob).texts)


def test_what_was_signed_is_what_was_read(site: Site, alice: Visitor) -> None:
    send(alice, "draft")
    read = form(alice, "sign")
    assert alice.post(f"{HERE}/sign", {**read, "digest": "0" * 64}).status_code == 409
    site.house.record(site.house.event(CASE, {"channel": "phone"}))
    assert send(alice, "draft") == 303
    refused = alice.post(f"{HERE}/sign", read)
    assert (refused.status_code, "There is a newer draft of 2020" in refused.text) == (409, True)
    assert send(alice, "sign") == 303
    assert alice.post(f"{HERE}/sign", read).status_code == 409


def test_a_draft_says_how_many_events_came_since(site: Site, alice: Visitor) -> None:
    send(alice, "draft")
    assert "nothing" in page(alice).of("dd")
    site.house.record(site.house.event(CASE, {"channel": "phone"}))
    found = page(alice)
    assert "1 event" in found.of("dd")
    assert any(words.startswith("1 event came since this draft.") for words in found.of("p"))
    assert f"{HERE}/draft" in found.links


def test_a_refusal_is_told_with_its_reason(site: Site, alice: Visitor, bob: Visitor) -> None:
    send(alice, "draft")
    send(alice, "sign")
    assert decide(bob, waiting(site), "refuse", reason="May is missing.") == 303
    assert any("May is missing." in words for words in page(alice).of("div"))
    assert steps(alice)[1] == ("Signed", "next")


def test_a_year_that_runs_is_not_drafted(site: Site, alice: Visitor) -> None:
    found = page(alice, "/years/2021/preparation")
    assert "The year is not over yet" in found.of("p")
    assert "It ends on 31 Dec 2021; it can be drafted from the day after." in found.of("p")
    refused = alice.post("/years/2021/preparation/draft", {})
    assert (refused.status_code, "it can be frozen from the day after" in refused.text) == (409, True)
    assert alice.get("/years/1/preparation").status_code == 404


def test_what_is_not_there_is_not_signed_or_published(alice: Visitor, bob: Visitor) -> None:
    for act, data in (("sign", {"draft": "x"}), ("sign", {"draft": "9" * 30}), ("sign", {"draft": "7"})):
        assert alice.post(f"{HERE}/{act}", data).status_code == 404
    for revision in ("", "x", "1", "9" * 30):
        assert bob.post(f"{HERE}/publish", {"revision": revision}).status_code == 404


def test_the_list_says_where_each_year_stands(site: Site, alice: Visitor, bob: Visitor) -> None:
    def states() -> list[list[str]]:
        return [row[:3] for row in page(alice, "/years").rows]

    assert states()[:2] == [["Year", "State", "Revision"], ["2020", "Not drafted", ""]]
    send(alice, "draft")
    assert states()[1] == ["2020", "Drafted", ""]
    send(alice, "sign")
    assert states()[1] == ["2020", "Signed, waits for approval", ""]
    decide(bob, waiting(site))
    assert states()[1] == ["2020", "Frozen, not published", "1"]
    send(bob, "publish")
    assert states()[1] == ["2020", "Made public", "1"]

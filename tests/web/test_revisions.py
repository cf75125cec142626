"""What changed after a year was frozen, stating it anew with a reason, and revisions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.freezing import APPROVER, PREPARER, frozen
from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tracker.snapshots.drafts import newest

HERE, REVISIONS = "/years/2020/candidates", "/years/2020/revisions"
CASE = "desk.case.reported"
REASON = "A letter of May was found."


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """The pages over 2020, frozen with two cases."""
    house.record(house.event(CASE, {"channel": "phone"}), house.event(CASE, {"channel": "phone"}))
    frozen(house.database, house.ledger, 2020)
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """Who prepares."""
    return site.signed_in("alice", "recorder")


def page(visitor: Visitor, path: str) -> Page:
    return Page(visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en"))


def row(found: Page, metric: str) -> list[str]:
    """The cells after the name of a figure, where it stands for the whole year."""
    return next(each[1:] for each in found.rows if each and each[0].endswith(f" {metric}"))


def test_where_nothing_changed_there_is_nothing_to_restate(site: Site, alice: Visitor) -> None:
    found = page(alice, HERE)
    assert "No figure has changed" in found.of("p")
    assert "No event that could move the year came after revision 1." in found.of("p")
    assert "State the year anew" not in found.of("h2")
    refused = alice.post(f"{HERE}?lang=en", {"reason": REASON})
    assert (refused.status_code, "there is nothing to restate" in refused.text) == (409, True)


def test_a_late_event_is_shown_with_what_it_changed(site: Site, alice: Visitor) -> None:
    [late] = site.house.record(site.house.event(CASE, {"channel": "mail"}))
    found = page(alice, HERE)
    assert row(found, "desk.cases")[:3] == ["2 cases", "3 cases", "+1 case 50.0%"]
    assert "1 event came late and may have moved the year." in found.of("p")
    told = page(alice, f"{HERE}?events=0")
    assert f"/events/{late.seq}" in told.links
    words = [each for tag, each in told.texts if tag in ("span", "b")]
    at = words.index("2 cases → 3 cases")
    assert words[at - 1 : at + 2] == ["Cases", "2 cases → 3 cases", "+1 case"]


def test_who_reads_figures_sees_candidates_and_who_prepares_restates(site: Site, alice: Visitor) -> None:
    site.house.record(site.house.event(CASE, {"channel": "mail"}))
    carol = site.signed_in("carol", "case_officer")
    assert "State the year anew" in page(alice, HERE).of("h2")
    found = page(carol, f"{HERE}?events=0")
    assert "State the year anew" not in found.of("h2")
    assert not any(each.startswith("/events/") for each in found.links)
    assert carol.post(HERE, {"reason": REASON}).status_code == 403


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_a_restatement_takes_a_reason(site: Site, alice: Visitor, reason: str) -> None:
    site.house.record(site.house.event(CASE, {"channel": "mail"}))
    refused = alice.post(f"{HERE}?lang=en", {"reason": reason})
    assert (refused.status_code, "Say why, in at most 1,000 characters" in refused.text) == (422, True)


def test_a_restatement_is_drafted_and_compared_with_what_was_stated(site: Site, alice: Visitor) -> None:
    site.house.record(site.house.event(CASE, {"channel": "mail"}))
    answer = alice.post(HERE, {"reason": REASON})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/years/2020/preparation")
    found = page(alice, "/years/2020/preparation")
    assert "What it states otherwise than revision 1" in found.of("h2")
    assert REASON in found.of("dd")
    assert row(found, "desk.cases") == ["", "2 cases", "3 cases", "+1 case"]
    with site.house.database.read() as session:
        made = newest(session, 2020)
    assert made is not None
    assert (made.revision, made.body["restatement"]["reason"]) == (2, REASON)
    assert any("Revision 2 is being prepared." in words for words in page(alice, HERE).of("div"))


def test_two_revisions_stand_side_by_side_with_reason_and_people(site: Site, alice: Visitor) -> None:
    assert "There is one revision only" in page(alice, REVISIONS).of("p")
    site.house.record(site.house.event(CASE, {"channel": "mail"}))
    frozen(site.house.database, site.house.ledger, 2020, reason=REASON)
    found = page(alice, REVISIONS)
    assert [each[0] for each in found.rows[1:3]] == ["Revision 2 Made public", "Revision 1 Made public"]
    people = [PREPARER.partition(":")[2], APPROVER.partition(":")[2]]
    assert [each[2:5] for each in found.rows[1:3]] == [[*people, REASON], [*people, "—"]]
    assert row(found, "desk.cases") == ["2 cases", "3 cases", "+1 case"]
    assert f"Revision 2: {REASON}" in found.of("p")
    assert ["Cases desk.cases", "May 2020", "2 cases", "3 cases", "+1 case"] in found.rows
    same = page(alice, f"{REVISIONS}?from=2&to=2")
    assert "The two say the same." in same.of("p")
    assert alice.get(f"{REVISIONS}?from=1&to=7").status_code == 404


def test_without_a_frozen_year_there_is_nothing_to_compare(alice: Visitor) -> None:
    for path in ("/years/2019/candidates", "/years/2019/revisions"):
        assert alice.get(path).status_code == 404

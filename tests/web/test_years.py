"""Frozen years: the public sees what is published, without small counts; people who read figures see all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.freezing import APPROVER, PREPARER, SIGNER, SYSTEM, frozen
from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of, only
from tracker.catalogue import from_documents
from tracker.clock import stamp
from tracker.db import Database
from tracker.snapshots.drafts import draft
from tracker.snapshots.freeze import Approval, freeze
from tracker.snapshots.reading import Snapshot

TRAINING = "integrity.training.held"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Pages over trainings of 2019 and 2020: three and seven, of which two were in May."""
    house = house_of(database, "integrity")
    for year, months in ((2019, (1, 1, 2)), (2020, (3, 3, 3, 3, 3, 5, 5))):
        for month in months:
            train(house, f"{year}-{month:02d}-05")
    with opened(house, tmp_path) as found:
        yield found


def train(house: House, day: str) -> None:
    house.record(house.event(TRAINING, {"mode": "offline", "attendees": 9}, time=f"{day}T12:00:00+08:00"))


def unpublished(house: House, year: int) -> Snapshot:
    """A year frozen by two, and not published."""
    at = stamp(house.clock())
    with house.database.write() as session:
        made = draft(house.ledger, SIGNER, session, SYSTEM, year)
        signed, approved = Approval("signed", PREPARER, at), Approval("approved", APPROVER, at)
        return freeze(house.ledger, SIGNER, session, made, signed=signed, approved=approved)


def page(visitor: Visitor, path: str) -> Page:
    return Page(visitor.get(f"{path}{'&' if '?' in path else '?'}lang=en"))


def value(found: Page, name: str) -> list[str]:
    """The cells of a figure in the table of its year."""
    return next(row[1:] for row in found.rows if row and row[0].startswith(f"{name} "))


def test_what_is_not_published_is_for_those_who_read_figures(site: Site) -> None:
    unpublished(site.house, 2020)
    public, alice = site.visitor(), site.signed_in("alice", "recorder")
    assert "No year is published yet" in page(public, "/").of("p")
    assert "No year is published yet" in page(public, "/years").of("p")
    for path in ("/years/2020", "/years/2020/integrity.trainings", "/years/2020?revision=1"):
        assert public.get(path).status_code == 404
        assert alice.get(path).status_code == 200
    notices = [words for tag, words in page(alice, "/years/2020").texts if tag == "div"]
    assert "Frozen, but not published: only people who are signed in see it." in notices


def test_a_year_names_what_it_rests_on_and_to_people_who_agreed(site: Site) -> None:
    snapshot = frozen(site.house.database, site.house.ledger, 2020)
    public, alice = page(site.visitor(), "/years/2020"), page(site.signed_in("alice", "recorder"), "/years/2020")
    for found in (public, alice):
        assert snapshot.body["root"] in found.of("code")
        assert str(snapshot.log_size) in found.of("dd")
    assert snapshot.digest in alice.of("code")
    assert {PREPARER, APPROVER}.isdisjoint(words for _tag, words in public.texts)
    assert {PREPARER, APPROVER} <= set(alice.of("code"))


def test_no_digest_lets_the_public_try_what_is_hidden(site: Site) -> None:
    """Who knows all but a few small counts could try each against the digest of the whole."""
    snapshot = frozen(site.house.database, site.house.ledger, 2020)
    for path in ("/", "/years", "/years/2020", "/years/2020/integrity.trainings"):
        assert snapshot.digest[:12] not in site.visitor().get(path).text, path
    assert snapshot.digest[:12] in site.signed_in("alice", "recorder").get("/years").text


def test_the_public_reads_no_small_counts_of_the_year_and_of_the_year_before(site: Site) -> None:
    for year in (2019, 2020):
        frozen(site.house.database, site.house.ledger, year)
    public, alice = page(site.visitor(), "/years/2020"), page(site.signed_in("alice", "recorder"), "/years/2020")
    assert value(public, "Integrity trainings")[:2] == ["7 sessions", "fewer than 5"]
    assert value(alice, "Integrity trainings")[:2] == ["7 sessions", "3 sessions"]
    path = "/years/2020/integrity.trainings"
    months = [page(each, path) for each in (site.visitor(), site.signed_in("alice"))]
    assert [[found.row(f"{name} 2020")[0] for name in ("March", "April", "May")] for found in months] == [
        ["not shown", "0 sessions", "fewer than 5"],
        ["5 sessions", "0 sessions", "2 sessions"],
    ]
    chinese = Page(site.visitor().get(f"{path}?lang=zh-Hant"))
    assert {"不予披露", "少於 5"} <= set(chinese.of("td"))


def test_a_revision_says_what_it_restates_and_the_one_before_stays(site: Site) -> None:
    house, public, alice = site.house, site.visitor(), site.signed_in("alice", "recorder")
    frozen(house.database, house.ledger, 2019)
    for _number in range(3):
        train(house, "2019-02-20")
    frozen(house.database, house.ledger, 2019, reason="A folder was found.")
    newest = page(public, "/years/2019")
    assert any("A folder was found." in words for words in newest.of("p"))
    restated = [row for row in newest.rows if row and row[0].startswith("Integrity trainings ")]
    assert restated[0][1:] == ["fewer than 5", "6 sessions", "—"]
    exact = [row for row in page(alice, "/years/2019").rows if row and row[0].startswith("Integrity trainings ")]
    assert exact[0][1:] == ["3 sessions", "6 sessions", "+3 sessions"]
    first = page(alice, "/years/2019?revision=1")
    assert "This is what revision 1 said. The year has been restated since." in first.of("div")
    assert value(first, "Integrity trainings")[0] == "3 sessions"
    for revision in ("3", "0", "x", "9" * 30):
        asked = public.get(f"/years/2019?revision={revision}").status_code
        assert asked == (404 if revision in ("3", "0") else 200), revision


def test_a_year_that_was_frozen_before_its_domain_was_discreet_hides_as_much(
    database: Database, tmp_path: Path
) -> None:
    documents = json.loads(only("integrity").documents)
    del documents["domains"]["integrity"]["discreet"]
    before = House.build(database, from_documents(json.dumps(documents)))
    train(before, "2020-05-05")
    frozen(database, before.ledger, 2020)
    with opened(house_of(database, "integrity"), tmp_path) as site:
        assert value(page(site.visitor(), "/years/2020"), "Integrity trainings")[0] == "fewer than 5"

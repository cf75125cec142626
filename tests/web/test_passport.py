"""A figure's passport as a page, samples of its events, and who sees how much of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.exports.test_passport import by_hand, log, told
from tests.freezing import SIGNER, frozen
from tests.house import House
from tests.web.reading import Page
from tests.web.test_figures import name_in_case
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.db import Database
from tracker.exports.passport_document import version
from tracker.ledger.checkpoints import sign
from tracker.web import passport

CASE = "desk.case.reported"
PATH = "/figures/desk.cases/2020/passport"
REPORTED = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """Twelve cases of 2020, the first of which was corrected; a loss; the year frozen, and a case that came late."""
    loss = {"amount": "10.01", "currency": "CNY"}
    house.record(*(house.event(CASE, {"channel": "phone", "narrative": "a secret"}) for _ in range(11)))
    house.record(house.event(CASE, {"channel": "mail", "loss": loss}))
    house.correct(0, 0, {"channel": "mail"})
    frozen(house.database, house.ledger, 2020)
    house.record(house.event(CASE, {"channel": "phone"}))
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """An assurer."""
    return site.signed_in("alice", "assurer")


def page(visitor: Visitor, path: str, **headers: str) -> Page:
    return Page(visitor.get(path, **{"Accept_Language": "en", **headers}))


def test_a_passport_says_value_definition_rounding_events_proof_and_history(alice: Visitor, site: Site) -> None:
    house = site.house
    found = page(alice, f"{PATH}?revision=1")
    assert found.of("h1", "h2") == [
        "Cases, 2020", "Definition", "Rounding", "Events behind it", "History", "Proof", "What was known when?",
    ]  # fmt: skip
    words = found.of("p", "dd", "dt", "code", "pre", "span")
    document = told(house, "desk.cases", "2020", revision=1)
    assert {
        "12 cases",
        "2020 as frozen, revision 1",
        "Counted anew from the events of then: it is what the frozen year states.",
        version(house.catalogue, house.catalogue.metrics["desk.cases"]),
        house.catalogue.digest,
        by_hand(log(house)[:13], [*range(12)]),
        document["known"]["root"],
        " ".join(document["checkpoint"]["note"].split()),
        "person:preparer",
        "person:approver",
        document["revisions"][0]["digest"],
    } <= set(words)
    assert "12 events · 1 correction of them" in found.of("p")
    assert [row[0] for row in found.rows[1:]] == [str(seq) for seq in range(passport.FEW)]
    assert "/figures/desk.cases/2020/events?as_of=12" in found.links
    assert "a secret" not in alice.get(f"{PATH}?revision=1").text
    assert found.inline == []


def test_a_running_figure_says_that_it_moved_since_it_was_frozen(alice: Visitor) -> None:
    found = page(alice, PATH)
    assert {"13 cases", "Moved since it was frozen", "The year states 12."} <= {*found.of("p", "span")}
    assert f"{PATH}?revision=1" in found.links
    assert "/figures/desk.cases/2020/passport" in page(alice, "/figures/desk.cases?period=2020").links


def test_a_checkpoint_covers_the_newest_events_once_one_is_signed(alice: Visitor, site: Site) -> None:
    assert "None covers the newest events yet; the next one will." in page(alice, PATH).of("span")
    with site.house.database.write() as session:
        made = sign(session, site.house.catalogue, SIGNER, site.house.clock())
    assert " ".join(made.note.split()) in page(alice, PATH).of("pre")


def test_what_was_known_when_an_event_was_recorded_can_be_asked_for(alice: Visitor) -> None:
    found = page(alice, f"{PATH}?as_of=4")
    assert {"5 cases", "As known at event 4"} <= {*found.of("p", "span")}
    assert [row[0] for row in found.rows[1:]] == ["0", "1", "2", "3", "4"]
    listed = page(alice, "/figures/desk.cases/2020/events?as_of=4")
    assert [row[0] for row in listed.rows[1:]] == ["0", "1", "2", "3", "4"]
    assert "5 events · as known at event 4" in listed.of("div")


def test_a_computed_figure_says_its_exact_value_and_what_it_is_computed_from(alice: Visitor) -> None:
    found = page(alice, "/figures/desk.loss_per_case/2020/passport")
    assert found.of("dd").count("0.77") == 2, "before rounding and after"
    assert "/figures/desk.cases/2020/passport" in found.links
    third = page(alice, "/figures/desk.loss_per_case/2020/passport?as_of=11")
    assert "1001 / 1200" in third.of("dd")


def test_a_figure_that_was_tampered_with_is_told_loudly(alice: Visitor, site: Site, database: Database) -> None:
    """As somebody does who has the database's own rights."""
    with database.write() as session:
        if database.sqlite:
            names = session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'")
            )
            for name in list(names):
                session.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            session.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE event SET day = '2019-05-04' WHERE seq = 3"))
    try:
        [alert] = [each for each in page(alice, f"{PATH}?revision=1").of("div") if "tracker verify" in each]
        assert alert.startswith("The frozen year states 12, but the events of then come to 11.")
    finally:
        if not database.sqlite:
            with database.write() as session:
                session.execute(text("ALTER TABLE event ENABLE TRIGGER ALL"))


def test_a_passport_speaks_chinese(alice: Visitor) -> None:
    found = page(alice, f"{PATH}?revision=1", Accept_Language="zh-HK")
    assert (found.language, found.of("h1")[0]) == ("zh-Hant", "舉報，2020")
    assert {"證明", "歷來陳述", "所據事件"} <= {*found.of("h2")}


def test_who_may_not_read_events_sees_their_count_and_digest_alone(site: Site) -> None:
    admin = site.signed_in("carol", "administrator")
    found = page(admin, PATH)
    assert "13 events, 13 of them not yours to see · 1 correction of them" in found.of("p")
    assert (found.rows, by_hand(log(site.house), [*range(12), 13]) in found.of("code")) == ([], True)
    assert not [each for each in found.links if "/events" in each or "/sample" in each]
    assert admin.get("/figures/desk.cases/2020/sample").status_code == 403


def test_what_there_is_not_is_not_found(alice: Visitor) -> None:
    for path in (
        "/figures/desk.csaes/2020/passport",
        "/figures/desk.cases/2099-99/passport",
        f"{PATH}?revision=2",
        f"{PATH}?revision=x",
        f"{PATH}?as_of=14",
        f"{PATH}?as_of=-1",
        f"{PATH}?as_of=1&revision=1",
        "/figures/desk.cases/2020/sample?seed=s&as_of=14",
    ):
        assert alice.get(path).status_code == 404, path


def test_the_digest_of_very_many_events_is_computed_when_asked_for(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr(passport, "MOST_COUNTED", 12)
    digest = by_hand(log(site.house), [*range(12), 13])
    found = page(alice, PATH)
    assert ("More than 12 events" in found.of("p"), digest in found.of("code")) == (True, False)
    assert f"{PATH}?digest=1" in found.links
    assert digest in page(alice, f"{PATH}?digest=1").of("code")


def test_a_sample_is_drawn_with_the_seed_that_is_given(alice: Visitor, site: Site) -> None:
    path = "/figures/desk.cases/2020/sample"
    form = page(alice, path)
    assert "Seed" in form.of("label")
    found = page(alice, f"{path}?seed=dice&count=3&revision=1")
    leaves = {each.seq: each.leaf for each in log(site.house)[1:12]} | {0: log(site.house)[12].leaf}
    expected = sorted(sorted(leaves, key=lambda seq: hashlib.sha256(f"dice:{leaves[seq]}".encode()).hexdigest())[:3])
    assert [row[0] for row in found.rows[1:]] == [str(seq) for seq in expected]
    assert "tracker sample desk.cases 2020 --seed 'dice' --count 3 --revision 1" in found.of("code")
    assert "3 of 12 events drawn with the seed" in found.of("p")
    whole = page(alice, f"{path}?seed=dice&count=20&revision=1")
    assert whole.row("0")[1] == "Case reported corrected"
    assert "/events/12" in whole.links, "what is in force, not what it replaced"


def test_an_odd_seed_or_count_is_said_so(alice: Visitor) -> None:
    path = "/figures/desk.cases/2020/sample"
    for query in ("seed=&count=3", "seed=%20&count=3", "seed=s&count=0", "seed=s&count=x", f"seed={'x' * 201}"):
        answer = alice.get(f"{path}?{query}", Accept_Language="en")
        assert (answer.status_code, "Give a seed of 1 to 200 characters" in answer.text) == (200, True), query


def test_a_sample_of_nothing_is_empty(alice: Visitor) -> None:
    assert "Nothing to draw from" in page(alice, "/figures/desk.cases/2020-01/sample?seed=s").of("p")


def test_cases_stay_hidden_in_passports_and_samples(database: Database, tmp_path: Path) -> None:
    house = house_of(database, "integrity")
    for number in range(3):
        house.record(house.event("integrity.case.reported", REPORTED, subject=f"case-{number}"))
    of = "/figures/integrity.cases_reported/2020"
    with opened(house, tmp_path) as site:
        carol = site.signed_in("carol", "assurer")
        for path in (f"{of}/passport", f"{of}/sample?seed=s"):
            assert "case-1" not in carol.get(path).text
        assert [row[2] for row in page(carol, f"{of}/sample?seed=s").rows[1:]] == [
            "Not yours to see here. Ask the organisation to show it to you."
        ] * 3
        name_in_case(site, "case-1", site.person("dora", "approver"))
        dora = site.signed_in("dora")
        assert "2 events" in page(dora, f"{of}/passport").of("p")
        assert [row[3] for row in page(dora, f"{of}/sample?seed=s").rows[1:]] == ["case-0", "case-2"]

"""A draft is a year at one size of the log: it says everything that two people agree to, and never changes."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pytest

from tests.freezing import SIGNER, frozen
from tests.house import ALICE, House
from tests.snapshots.years import CASE, FIGURES, MAIL, freeze_2020, happen, live_a_year
from tracker.canonical import canonical, digest
from tracker.errors import Conflict, Invalid, NotFound, UnknownPeriod
from tracker.ledger.heads import read_head
from tracker.snapshots.definitions import definitions_digest
from tracker.snapshots.drafts import Draft, draft, draft_restatement, get_draft, newest

REASON = "A case was recorded late."


def draft_2020(house: House, year: int = 2020) -> Draft:
    with house.database.write() as session:
        return draft(house.ledger, SIGNER, session, ALICE, year)


def restate_2020(house: House, reason: str = REASON) -> Draft:
    with house.database.write() as session:
        return draft_restatement(house.ledger, SIGNER, session, ALICE, 2020, reason=reason)


def test_a_draft_says_everything_about_a_year(house: House) -> None:
    live_a_year(house)
    found = draft_2020(house)
    with house.database.read() as session:
        root = read_head(session).root.hex()
        assert get_draft(session, found.id) == newest(session, 2020) == found
    assert found.body == {
        "organisation": "small",
        "year": 2020,
        "revision": 1,
        "log_size": 8,
        "root": root,
        "catalogue": house.catalogue.digest,
        "definitions": definitions_digest(house.catalogue, 2020),
        "time_zones": {"tzdata": version("tzdata")},
        "code": {"governance-tracker": version("governance-tracker")},
        "figures": FIGURES,
        "sources": found.body["sources"],
        "previous": None,
        "restatement": None,
        "comparatives": None,
    }
    assert found.text == canonical(found.body)
    assert found.digest == digest(found.text).hex()
    assert found[1:7] == (2020, 1, 8, house.catalogue.digest, "2021-02-01T04:00:00.000000Z", "person:alice")


def test_drafting_again_gives_the_same_draft_until_something_is_recorded(house: House) -> None:
    live_a_year(house)
    first = draft_2020(house)
    house.clock.instant = datetime(2021, 3, 1, tzinfo=UTC)
    assert draft_2020(house) == first
    happen(house, CASE, "2021-01-10", "c9")
    second = draft_2020(house)
    assert (second.id > first.id, second.log_size, second.body["figures"]) == (True, 9, first.body["figures"])
    with house.database.read() as session:
        assert newest(session, 2020) == second
        assert get_draft(session, first.id) == first


def test_a_year_that_is_not_over_on_the_organisations_calendar_is_not_drafted(house: House) -> None:
    house.clock.instant = datetime(2020, 12, 31, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(Conflict, match="ends on 2020-12-31; it can be frozen from the day after"):
        draft_2020(house)
    with pytest.raises(Conflict):
        draft_2020(house, 2021)
    house.clock.instant = datetime(2020, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    assert draft_2020(house).year == 2020


def test_a_frozen_year_is_restated_and_not_drafted_anew(house: House) -> None:
    freeze_2020(house)
    with pytest.raises(Conflict, match=r"is frozen as revision 1\. Run `tracker restate 2020`"):
        draft_2020(house)


def test_a_restatement_says_why_what_changed_and_what_came(house: House) -> None:
    live_a_year(house)
    first = freeze_2020(house)
    house.correct(2, 2, MAIL | {"loss": {"amount": "0.50", "currency": "CNY"}}, time="2020-11-10T12:00:00+08:00")
    happen(house, CASE, "2021-01-10", "c9")
    found = restate_2020(house, f"  {REASON} ")
    assert (found.revision, found.log_size, found.body["previous"]) == (2, 10, first.digest)
    by, november = {"by": MAIL}, {"period": "2020-11"}
    assert found.body["restatement"]["reason"] == REASON
    assert found.body["restatement"]["events"] == [8]
    assert [each for each in found.body["restatement"]["changes"] if each["metric"] == "desk.loss"] == [
        change("loss", "100.75", "101.00", "0.25"),
        change("loss", "0.25", "0.50", "0.25", **by),
        change("loss", "0.25", "0.50", "0.25", **november),
    ]
    assert {each["metric"] for each in found.body["restatement"]["changes"]} == {
        *("desk.loss", "desk.loss_per_case", "desk.places", "desk.subjects")
    }


def change(metric: str, previously: str, now: str, difference: str, **place: Any) -> dict[str, Any]:
    values = {"previously": previously, "now": now, "difference": difference}
    return {"metric": f"desk.{metric}", **place, **values}


def test_restating_again_gives_the_same_draft_until_something_is_recorded_or_the_reason_is_another(
    house: House,
) -> None:
    freeze_2020(house)
    happen(house, CASE, "2020-07-10", "c9")
    first = restate_2020(house)
    assert restate_2020(house) == first
    assert restate_2020(house, "Another reason.").id > first.id


def test_a_year_is_restated_only_with_a_reason_and_a_change_and_once_frozen(house: House) -> None:
    with pytest.raises(Conflict, match="is not frozen, so there is nothing to restate"):
        restate_2020(house)
    freeze_2020(house)
    happen(house, CASE, "2021-01-10", "c9")
    with pytest.raises(Conflict, match="No figure of 2020 has changed since revision 1; nothing to restate"):
        restate_2020(house)
    happen(house, CASE, "2020-07-10", "c9")
    for reason in ("", " \n", "x" * 1001):
        with pytest.raises(Invalid, match="Say why the year is restated"):
            restate_2020(house, reason)
    assert restate_2020(house, "x" * 1000).revision == 2


def test_the_year_before_is_stated_as_last_frozen(house: House) -> None:
    live_a_year(house)
    frozen(house.database, house.ledger, 2019)
    happen(house, CASE, "2019-07-10", "c9")
    second = frozen(house.database, house.ledger, 2019, reason=REASON)
    happen(house, CASE, "2019-07-11", "c10")
    compared = draft_2020(house).body["comparatives"]
    figures = compared.pop("figures")
    assert compared == {"year": 2019, "revision": 2, "digest": second.digest}
    assert (figures["desk.cases"], len(figures)) == ("2", len(house.catalogue.metrics))


def test_what_is_no_draft_and_no_year_is_refused_in_words(house: House) -> None:
    with house.database.read() as session:
        assert newest(session, 2020) is None
        for id in (1, 0, -1, 2**63):
            with pytest.raises(NotFound, match=f"There is no draft {id}"):
                get_draft(session, id)
    for year in (99990, 0, -1):
        with pytest.raises(UnknownPeriod):
            draft_2020(house, year)


def test_an_empty_log_can_be_drafted(house: House) -> None:
    found = draft_2020(house)
    assert (found.log_size, len(found.body["figures"])) == (0, len(house.catalogue.metrics))

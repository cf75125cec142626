"""Charity broadcasts on pages: programmes beside each other, one of them, and sessions from schedule to settlement."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.db import Database
from tracker.settings import shipped

FUMIAO = {"programme": "fumiao", "province": "sichuan"}
HUNAN = {"programme": "hunan", "province": "hunan"}


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """Two sessions of Fumiao, one held and one planned, and one of Hunan that was held."""
    house = house_of(database, "charity")
    tell(house, "scheduled", "2020-03-01", FUMIAO, "a")
    tell(house, "held", "2020-03-10", {**FUMIAO, **numbers(500, "1200.50"), "counties": ["leibo", "zhaojue"]}, "a")
    tell(house, "scheduled", "2020-04-01", {**FUMIAO, "planned_for": "2020-05-05T20:00:00+08:00"}, "b")
    tell(house, "scheduled", "2020-06-01", HUNAN, "c")
    tell(house, "held", "2020-06-10", {**HUNAN, **numbers(90, "300"), "counties": ["leibo"]}, "c")
    with opened(house, tmp_path, config=shipped("config")) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """A recorder."""
    return site.signed_in("alice", "recorder")


def numbers(viewers: int, sales: str) -> dict[str, Any]:
    return {"viewers": viewers, "orders": 9, "sales": {"amount": sales, "currency": "CNY"}}


def tell(house: House, fact: str, day: str, data: Mapping[str, Any], session: str) -> None:
    event = house.event(f"charity.livestream.{fact}", data, subject=session, time=f"{day}T12:00:00+08:00")
    house.record(event)


def page(visitor: Visitor, path: str, language: str = "en") -> Page:
    return Page(visitor.get(path, Accept_Language=language))


def act(visitor: Visitor, session: str, fact: str, **data: str) -> TestResponse:
    form = {"id": f"form-{fact}-{session}", **data}
    return visitor.post(f"/charity/sessions/{session}/{fact}", form, Accept_Language="en")


def test_programmes_stand_beside_each_other(alice: Visitor) -> None:
    found = page(alice, "/charity?year=2020")
    assert found.rows[0] == ["Programme", "Livestream sessions", "Sales", "Orders", "Viewers", "Counties", "Provinces"]
    assert found.row("Fumiao") == ["1 session", "RMB 1,201", "9 orders", "500 views", "2 counties", "1 province"]
    assert found.row("Love for Hunan") == ["1 session", "RMB 300", "9 orders", "90 views", "1 county", "1 province"]
    assert found.row("Pengshui")[0] == "0 sessions"
    assert "2 counties" in found.of("p")  # together: each county once
    assert found.inline == []


def test_programmes_speak_chinese_and_are_taken_away(alice: Visitor) -> None:
    assert page(alice, "/charity?year=2020", "zh-HK").row("福苗計劃")[0] == "1 場"
    answer = alice.get("/charity?year=2020&format=csv", Accept_Language="en")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert rows[0][:3] == ["Programme", "Charity livestreams", "Sales in charity livestreams"]
    assert rows[1] == ["Fumiao", "1", "1201", "9", "500", "2", "1"]
    assert [row[0] for row in rows[1:]][-1] == "Pengshui"


def test_another_year_has_other_figures(alice: Visitor) -> None:
    assert page(alice, "/charity?year=2021").row("Fumiao")[0] == "0 sessions"
    for odd in ("2020-03", "twenty", "1999"):
        assert alice.get(f"/charity?year={odd}").status_code == 404, odd


def test_a_programme_shows_its_sessions_months_and_places(alice: Visitor) -> None:
    found = page(alice, "/charity/fumiao")
    assert found.of("h1") == ["Fumiao, 2020"]
    assert [found.row(month) for month in ("February 2020", "March 2020")] == [["RMB 0"], ["RMB 1,201"]]
    assert [row[0] for row in found.rows[-2:]] == ["b", "a"]
    assert found.row("a")[1:] == ["Held", "Sichuan", "500", "9", "1,200.50"]
    assert found.row("b")[1:] == ["Scheduled", "Sichuan", "—", "—", "—"]
    assert {"leibo", "zhaojue", "Sichuan"} <= set(found.of("span"))
    assert [row[0] for row in page(alice, "/charity/fumiao?state=held").rows[-1:]] == ["a"]
    assert "No session yet" in page(alice, "/charity/pengshui").of("p")
    assert alice.get("/charity/nothing").status_code == 404


def test_a_session_is_scheduled_held_and_settled(alice: Visitor, site: Site) -> None:
    form = page(alice, "/charity/new?programme=hunan")
    assert form.of("h1") == ["Schedule a session"]
    sent = {"id": "form-s", "data_programme": "hunan", "data_province": "hunan", "time": "2020-07-01T10:00"}
    made = alice.post("/charity/new", sent)
    assert made.status_code == 303
    session = made.headers["Location"].rpartition("/")[2]
    assert session.startswith("livestream-")
    place = {"data_programme": "hunan", "data_province": "hunan"}
    held = act(
        alice, session, "held", **place, data_sales="2,000.25", data_counties="leibo\nxinhua", time="2020-07-10T20:00"
    )
    assert held.status_code == 303
    values = {id: site.house.value(f"charity.{id}", "2020") for id in ("livestreams", "counties", "unsettled")}
    assert values == {"livestreams": 3, "counties": 3, "unsettled": 3}
    assert page(alice, f"/charity/sessions/{session}").of("dd")[-2:] == ["CNY 2,000.25", "leibo, xinhua"]
    settled = act(
        alice, session, "settled", data_programme="hunan", data_settled_on="2020-07-20", time="2020-07-20T10:00"
    )
    assert settled.status_code == 303
    assert site.house.value("charity.unsettled", "2020") == 2
    assert page(alice, "/charity/hunan").row(session)[1] == "Settled"


def test_a_session_is_cancelled_and_then_can_no_longer_be_held(alice: Visitor, site: Site) -> None:
    assert (
        act(alice, "b", "cancelled", data_programme="fumiao", data_reason="flood", time="2020-04-20T10:00").status_code
        == 303
    )
    assert site.house.value("charity.cancelled", "2020") == 1
    refused = act(alice, "b", "held", data_programme="fumiao", data_province="sichuan", time="2020-05-05T20:00")
    assert refused.status_code == 409
    assert site.house.value("charity.livestreams", "2020") == 2


def test_mistakes_are_shown_and_nothing_is_stored(alice: Visitor, site: Site) -> None:
    refused = act(alice, "b", "held", data_programme="fumiao", data_province="sichuan", data_sales="a lot")
    assert (refused.status_code, "field-wrong" in refused.text) == (422, True)
    assert alice.post("/charity/new", {"id": "form-n", "data_province": "hunan"}).status_code == 422
    assert alice.get("/charity/sessions/nothing").status_code == 404
    assert act(alice, "nothing", "held").status_code == 404
    assert site.house.value("charity.livestreams", "2020") == 2


def test_who_only_reads_is_offered_nothing_to_do(site: Site) -> None:
    bob = site.signed_in("bob", "assurer")
    assert "Schedule a session" not in page(bob, "/charity").of("a")
    assert page(bob, "/charity/sessions/b").of("summary").count("Livestream held") == 0
    assert bob.get("/charity/new").status_code == 403
    assert act(bob, "b", "held").status_code == 403

"""Running figures: the table of a period, one metric in its course, and the events behind it as each may see them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.freezing import frozen
from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.access.people import Person
from tracker.db import Database
from tracker.web import behind
from tracker.workflows.models import named
from tracker.workflows.sight import marks_of, words_of

CASE, READ = "desk.case.reported", "desk.meter.read"


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    """Two cases in 2019, three in 2020, a loss and a reading; looked at early in 2021."""
    for day, channel in (
        ("2019-03-01", "phone"),
        ("2019-05-01", "mail"),
        ("2020-03-01", "phone"),
        ("2020-05-01", "mail"),
    ):
        house.record(house.event(CASE, {"channel": channel}, time=f"{day}T12:00:00+08:00"))
    loss = {"amount": "1234.50", "currency": "CNY"}
    house.record(house.event(CASE, {"channel": "mail", "level": "high", "loss": loss, "narrative": "a secret"}))
    house.record(house.event(READ, {"channel": "mail", "quantity": "6.50"}, subject="meter"))
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """Somebody who may read figures and events."""
    return site.signed_in("alice", "approver")


def page(visitor: Visitor, path: str, **headers: str) -> Page:
    return Page(visitor.get(path, **{"Accept_Language": "en", **headers}))


def test_the_figures_of_a_period_stand_beside_the_year_before(alice: Visitor) -> None:
    found = page(alice, "/figures?period=2020")
    assert found.of("h1", "h2") == ["Figures of 2020", "Desk"]
    assert found.rows[0] == ["Figure", "2020", "Months of 2020", "2019", "Change"]
    assert found.row("Cases desk.cases") == ["3 cases", "", "2 cases", "+50.0%"]
    assert found.row("Loss desk.loss") == ["RMB 1,234.50", "", "RMB 0.00", "—"]
    assert found.row("Newest reading desk.newest") == ["6.50 tonnes", "", "—", "—"]
    assert found.row("Growth desk.growth") == ["50.0%", "", "—", "—"]
    assert "Provisional" in found.of("span")


def test_nothing_is_worded_and_what_is_not_there_is_a_dash(alice: Visitor) -> None:
    found = page(alice, "/figures?period=2020-01")
    assert found.of("h1") == ["Figures of January 2020"]
    assert found.row("Cases desk.cases")[0] == "none"
    assert found.row("Newest reading desk.newest")[0] == "—"


def test_figures_speak_chinese(alice: Visitor) -> None:
    found = page(alice, "/figures?period=2020-Q2", Accept_Language="zh-HK")
    assert (found.language, found.of("h1")) == ("zh-Hant", ["2020 年第 2 季 數據"])
    assert found.row("舉報 desk.cases") == ["2 起", "", "1 起", "+100.0%"]


def test_a_word_in_any_language_finds_figures(alice: Visitor) -> None:
    for query, count in (("cases", 2), ("DESK.LOSS", 2), ("按", 0), ("電話 舉報", 1), ("服務台", 20)):
        found = page(alice, f"/figures?period=2020&q={query}")
        assert len([row for row in found.rows if row[0] != "Figure"]) == count, query
        assert ("No figure of this name" in found.of("p")) == (count == 0)


def test_the_periods_before_and_after_are_a_step_away(alice: Visitor) -> None:
    for period, steps in (
        ("2020", ["2019", "2021"]),
        ("2021", ["2020"]),
        ("2020-Q4", ["2020-Q3", "2021-Q1"]),
        ("2020-12", ["2020-11", "2021-01"]),
        ("2021-02", ["2021-01"]),
        ("2018-01", ["2018-02"]),
    ):
        links = page(alice, f"/figures?period={period}").links
        found = [each.partition("?period=")[2] for each in links if each.startswith("/figures?period=")]
        assert [each for each in found if "&" not in each] == steps, period


def test_what_is_no_month_quarter_or_year_is_not_found(alice: Visitor) -> None:
    for period in ("2020-05-04", "twenty", "1999", "2020-13", "2020-Q9", "%00"):
        for path in (f"/figures?period={period}", f"/figures/desk.cases?period={period}"):
            assert alice.get(path).status_code == 404, path


def test_without_a_period_it_is_the_year_that_the_newest_events_lie_in(alice: Visitor, site: Site) -> None:
    assert page(alice, "/figures").of("h1") == ["Figures of 2020"]
    site.house.record(site.house.event(CASE, {"channel": "mail"}, time="2021-01-05T12:00:00+08:00"))
    assert page(alice, "/figures").of("h1") == ["Figures of 2021"]


def test_a_figure_that_moved_after_its_year_was_frozen_shows_both(alice: Visitor, site: Site) -> None:
    frozen(site.house.database, site.house.ledger, 2020)
    assert "2020 is frozen, revision 1" in page(alice, "/figures?period=2020").of("span")
    assert page(alice, "/figures?period=2020").row("Cases desk.cases")[0] == "3 cases"
    site.house.record(site.house.event(CASE, {"channel": "phone"}))
    found = page(alice, "/figures?period=2020")
    assert found.row("Cases desk.cases")[0] == "4 cases frozen as 3 cases"
    assert found.row("Newest reading desk.newest")[0] == "6.50 tonnes"
    assert page(alice, "/figures?period=2020-05").row("Cases desk.cases")[0] == "3 cases frozen as 2 cases"
    assert page(alice, "/figures?period=2020-03").row("Cases desk.cases")[0] == "1 case"
    assert page(alice, "/figures?period=2020-Q2").row("Cases desk.cases")[0] == "3 cases"
    assert "frozen as 3 cases" in page(alice, "/figures/desk.cases?period=2020").of("p")


def test_the_table_is_taken_away_with_exact_values(alice: Visitor) -> None:
    answer = alice.get("/figures?period=2020&q=desk.cases&format=csv", Accept_Language="en")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures-2020.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    months = {f"2020-{month:02}": str({3: 1, 5: 2}.get(month, 0)) for month in range(1, 13)}
    assert rows == [
        {
            "domain": "desk",
            "metric": "desk.cases",
            "label": "Cases",
            "period": "2020",
            "value": "3",
            "unit": "case",
            "printed": "3 cases",
            "year_before": "2",
            "change": "50.0",
            "frozen_as": "",
            **months,
        }
    ]


def test_a_metric_says_what_it_means(alice: Visitor) -> None:
    found = page(alice, "/figures/desk.score?period=2020")
    terms = dict(zip(found.of("dt"), found.of("dd"), strict=False))
    assert found.of("h1") == ["Mean"]
    assert terms["Measure"] == "The mean of “Quantity” over these events in the period."
    assert {"Weighted by “Weight”.", "Meter read (desk.meter.read)", "Channel", "desk"} <= set(found.of("dd"))
    assert {"To 3 decimals", "halves away from zero"} <= set(found.of("dd"))
    filtered = page(alice, "/figures/desk.phone_cases?period=2020")
    assert "Channel is Phone" in filtered.of("dd")
    ratio = page(alice, "/figures/desk.loss_per_case?period=2020")
    assert {"/figures/desk.loss?period=2020", "/figures/desk.cases?period=2020"} <= set(ratio.links)


def test_a_metric_says_what_it_means_in_chinese(alice: Visitor) -> None:
    found = page(alice, "/figures/desk.score?period=2020", Accept_Language="zh-Hant-HK")
    assert "期內此等事件「數量」的平均值。" in found.of("dd")
    assert "按「權重」加權。" in found.of("dd")


def test_a_metric_is_shown_by_month_by_part_and_by_year(alice: Visitor) -> None:
    found = page(alice, "/figures/desk.cases?period=2020")
    assert [found.row(f"{month} 2020") for month in ("January", "March", "May")] == [
        ["none", "none"],
        ["1 case", "1 case"],
        ["2 cases", "1 case"],
    ]
    assert (found.row("Mail"), found.row("Phone"), found.row("Mail · High")) == (["2 cases"], ["1 case"], ["1 case"])
    assert (found.row("2020"), found.row("2019")) == (["3 cases", "Provisional"], ["2 cases", "Provisional"])
    assert found.of("svg") == []
    pictures = [words for tag, words in found.texts if tag == "text"]
    assert {"Jan", "May", "2019", "2020", "Mail", "2 cases"} <= set(pictures)
    assert found.inline == []


def test_a_metric_that_does_not_exist_is_not_found(alice: Visitor) -> None:
    for path in ("/figures/desk.nothing", "/figures/desk.nothing/2020/events", "/figures/desk.cases/2099-99/events"):
        assert alice.get(path).status_code == 404, path


def test_the_events_behind_a_figure_say_what_they_say_but_for_secrets(alice: Visitor) -> None:
    answer = alice.get("/figures/desk.cases/2020/events", Accept_Language="en")
    found = Page(answer)
    assert "3 events" in found.of("div")
    assert [row[0] for row in found.rows[1:]] == ["2", "3", "4"]
    assert found.row("4")[1:] == [
        "Case reported",
        "—",
        "Channel Mail · Level High · Loss CNY 1,234.50 · Narrative confidential",
    ]
    assert "a secret" not in answer.text


def test_a_part_of_a_figure_has_its_own_events(alice: Visitor) -> None:
    linked = page(alice, "/figures/desk.cases?period=2020").links
    (address,) = [each for each in linked if each.endswith("cell=%7B%22channel%22:%22phone%22%7D")]
    found = page(alice, address)
    assert [row[0] for row in found.rows[1:]] == ["2"]
    for odd in ("%7B%22level%22:1.5%7D", "%7B%22nothing%22:1%7D", "%7B", "[]", "%7B%22channel%22:%7B%7D%7D"):
        assert alice.get(f"/figures/desk.cases/2020/events?cell={odd}").status_code == 404, odd


def test_events_come_a_page_at_a_time(alice: Visitor, site: Site) -> None:
    site.house.record(*(site.house.event(CASE, {"channel": "mail"}) for _ in range(behind.PAGE)))
    first = page(alice, "/figures/desk.cases/2020/events")
    assert (len(first.rows) - 1, f"{behind.PAGE + 3} events" in first.of("div")) == (behind.PAGE, True)
    (address,) = [each for each in first.links if "after=" in each]
    second = page(alice, address)
    assert [row[0] for row in second.rows[1:]] == [str(seq) for seq in range(behind.PAGE + 3, behind.PAGE + 6)]
    assert "/figures/desk.cases/2020/events" in second.links


def test_nothing_behind_a_figure_is_said_so(alice: Visitor) -> None:
    found = page(alice, "/figures/desk.cases/2020-01/events")
    assert {"No events to show", "Nothing that counts here happened in this period."} <= set(found.of("p"))


def test_cases_that_somebody_may_not_see_are_counted_and_not_listed(database: Database, tmp_path: Path) -> None:
    house = house_of(database, "integrity")
    house.clock.instant = datetime(2021, 2, 1, tzinfo=UTC)
    reported = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}
    for number in range(2):
        house.record(house.event("integrity.case.reported", reported, subject=f"case-{number}"))
    with opened(house, tmp_path) as site:
        for login, role, seen in (("alice", "approver", 2), ("bob", "recorder", 0), ("carol", "assurer", 0)):
            found = page(site.signed_in(login, role), "/figures/integrity.cases_reported/2020/events")
            assert [row[3] for row in found.rows[1:]] == ["case-0", "case-1"][:seen], login
            said = "2 events" if seen else "2 events, 2 of them not yours to see"
            assert said in found.of("div"), login
            assert (
                page(site.signed_in(login), "/figures?period=2020").row("Cases reported integrity.cases_reported")[0]
                == "2 cases"
            )


def test_who_is_named_in_a_case_does_not_find_it_behind_a_figure(database: Database, tmp_path: Path) -> None:
    house = house_of(database, "integrity")
    reported = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}
    house.record(house.event("integrity.case.reported", reported, subject="case-0"))
    with opened(house, tmp_path) as site:
        dora = site.person("dora", "approver")
        name_in_case(site, "case-0", dora)
        answer = site.signed_in("dora").get("/figures/integrity.cases_reported/2020/events", Accept_Language="en")
        assert "case-0" not in answer.text
        assert "not yours to see" not in answer.text, "that one is hidden would tell of it"


def name_in_case(site: Site, subject: str, person: Person) -> None:
    """Have a case name somebody."""
    marks = marks_of(site.service.keys, subject, words_of(person))
    with site.house.database.write() as session:
        session.execute(insert(named), [{"subject": subject, "mark": mark} for mark in marks])

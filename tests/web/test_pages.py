"""Pages: the frozen years in two languages, with nothing inline and nothing unescaped; and the health checks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update

from tests import freezing
from tests.house import DATA, House
from tests.web.reading import Page
from tests.web.visitors import opened
from tests.workflows.houses import house_of
from tracker.app import create_app
from tracker.catalogue import load
from tracker.db import Database
from tracker.ledger.models import head
from tracker.service import Service
from tracker.settings import Settings

CHINESE, ENGLISH = "zh-Hant", "en"


def client_of(house: House, tmp_path: Path) -> FlaskClient:
    url = house.database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url, config=DATA / "small")
    return create_app(Service(settings, house.database, house.intake)).test_client(use_cookies=False)


@pytest.fixture
def client(house: House, tmp_path: Path) -> FlaskClient:
    return client_of(house, tmp_path)


@pytest.fixture
def frozen(house: House, client: FlaskClient) -> FlaskClient:
    """2020 frozen with two cases, and 2019 with none."""
    loss = {"channel": "mail", "level": "high", "loss": {"amount": "1234.50", "currency": "CNY"}}
    house.record(house.event("desk.case.reported", {"channel": "phone"}), house.event("desk.case.reported", loss))
    for year in (2019, 2020):
        freezing.frozen(house.database, house.ledger, year)
    return client


def test_who_follows_no_integrity_cases_has_no_reporting_channel_and_no_link_to_one(client: FlaskClient) -> None:
    for path in ("/report", "/report/receipt"):
        answer = client.get(path)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (404, False)
    assert "/report" not in client.get("/").text


def test_without_a_frozen_year_the_page_says_what_to_do(client: FlaskClient) -> None:
    english, chinese = Page(client.get("/?lang=en")), Page(client.get("/"))
    assert (english.language, chinese.language) == (ENGLISH, CHINESE)
    assert english.of("h1") == ["Frozen years"]
    assert {
        "No year is published yet",
        "When a year is over and two people have agreed to its figures, it appears here.",
    } <= set(english.of("p"))
    assert chinese.of("h1") == ["已凍結年度"]
    assert {"尚無已公佈年度", "年度結束並經兩人同意其數據後，會在此顯示。"} <= set(chinese.of("p"))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-HK", CHINESE),
        ("zh-TW", CHINESE),
        ("zh-Hant-MO,en;q=0.5", CHINESE),
        ("zh", CHINESE),
        ("en", ENGLISH),
        ("en-GB,zh;q=0.5", ENGLISH),
        ("fr-FR, en;q=0.7", ENGLISH),
        ("fr", CHINESE),
        ("", CHINESE),
        ("*", CHINESE),
        (",;q=,--", CHINESE),
    ],
)
def test_the_browser_chooses_the_language_and_the_organisation_where_it_cannot(
    sqlite_url: str, tmp_path: Path, accepted: str, language: str
) -> None:
    database = Database(sqlite_url)
    try:
        client = client_of(House.build(database, load(DATA / "small")), tmp_path)
        assert Page(client.get("/", headers={"Accept-Language": accepted})).language == language
        assert Page(client.get("/?lang=en", headers={"Accept-Language": accepted})).language == ENGLISH
        assert Page(client.get("/?lang=zh-Hant", headers={"Accept-Language": accepted})).language == CHINESE
        assert Page(client.get("/?lang=tlh", headers={"Accept-Language": accepted})).language == language
    finally:
        database.close()


def test_a_year_is_shown_as_it_was_frozen(frozen: FlaskClient, house: House) -> None:
    house.record(house.event("desk.case.reported", {"channel": "phone"}))
    english = Page(frozen.get("/years/2020?lang=en"))
    assert english.of("h1", "h2", "title") == [
        "Governance figures of 2020 · A Test Company",
        "Governance figures of 2020",
        "Desk",
        "What this rests on",
    ]
    assert english.of("th")[:6] == ["Figure", "Value", "2019", "By month", "Breakdown", "KPIs"]
    cells = english.texts
    at = cells.index(("code", "desk.cases"))
    assert cells[at - 1 : at + 10] == [
        ("a", "Cases"),
        ("code", "desk.cases"),
        ("td", "2 cases"),
        ("td", "none"),
        ("span", "Mail"),
        ("li", "1 case"),
        ("span", "Phone"),
        ("li", "1 case"),
        ("span", "High"),
        ("li", "1 case"),
        ("span", "—"),
    ]
    assert {"RMB 1,234.50", "RMB 617.25"} <= set(english.of("td", "li"))
    assert len([each for each in english.of("code") if re.fullmatch("[0-9a-f]{64}", each)]) == 2  # digest and root
    assert "B1" in english.of("td")
    assert {each for each in english.of("code") if "." in each} == set(house.catalogue.metrics)


def test_a_year_is_shown_in_chinese_to_who_reads_it(frozen: FlaskClient) -> None:
    chinese = Page(frozen.get("/years/2020", headers={"Accept-Language": "zh-HK"}))
    assert chinese.language == CHINESE
    assert chinese.of("h1", "h2") == ["2020 年度管治數據", "服務台", "數據依據"]
    assert {"2 起", "人民幣 1,234.50 元"} <= set(chinese.of("td"))


def test_the_start_page_shows_the_newest_year_and_links_the_others(frozen: FlaskClient) -> None:
    newest = Page(frozen.get("/?lang=en"))
    assert newest.of("h1") == ["Governance figures of 2020"]
    assert [each for each in newest.links if each in {"/years/2020", "/years/2019"}] == ["/years/2020", "/years/2019"]
    assert Page(frozen.get("/years/2019?lang=en")).of("h1") == ["Governance figures of 2019"]


def test_every_frozen_year_is_listed_with_when_and_over_what_it_was_frozen(frozen: FlaskClient) -> None:
    page = Page(frozen.get("/years?lang=en"))
    assert page.of("h1") == ["Frozen years"]
    assert [row[:2] + row[3:4] for row in page.rows] == [
        ["Year", "Revision", "Events"],
        ["2020", "1", "2"],
        ["2019", "1", "2"],
    ]
    assert page.row("2020")[1].startswith("1 Feb 2021, 12:00")


def test_a_figure_of_a_frozen_year_is_shown_by_month_and_by_part(frozen: FlaskClient, house: House) -> None:
    house.record(house.event("desk.case.reported", {"channel": "phone"}))
    page = Page(frozen.get("/years/2020/desk.cases?lang=en"))
    assert page.of("h1") == ["Cases, 2020"]
    months = {row[0]: row[1] for row in page.rows if row[0].endswith(" 2020")}
    assert (len(months), months["April 2020"], months["May 2020"]) == (12, "none", "2 cases")
    assert [page.row(part) for part in ("Mail", "Phone", "Mail · High")] == [["1 case"], ["1 case"], ["1 case"]]
    assert {"/years/2020/desk.cases", "/years/2019/desk.cases"} <= set(page.links)
    for path in ("/years/2020/desk.nothing", "/years/2018/desk.cases"):
        assert frozen.get(path).status_code == 404, path


def test_small_counts_of_integrity_are_for_those_who_may_read_figures(database: Database, tmp_path: Path) -> None:
    house = house_of(database, "integrity")
    case = {"channel": "hotline", "reporter_group": "staff", "category": "bribery"}
    training = {"mode": "offline", "attendees": 3}
    for number in range(7):
        time = f"2020-0{1 + number // 3}-05T12:00:00+08:00"  # three, three and one
        house.record(house.event("integrity.case.reported", case, subject=f"case-{number}", time=time))
    house.record(house.event("integrity.training.held", training, time="2020-03-05T12:00:00+08:00"))
    freezing.frozen(database, house.ledger, 2020)
    with opened(house, tmp_path) as site:
        shown = {
            "public": Page(site.visitor().get("/years/2020/integrity.cases_reported?lang=en")),
            "approver": Page(site.signed_in("alice", "approver").get("/years/2020/integrity.cases_reported?lang=en")),
        }
        year = Page(site.visitor().get("/years/2020?lang=en"))
    months = {
        who: [page.row(f"{month} 2020") for month in ("February", "March", "April")] for who, page in shown.items()
    }
    assert months["public"] == [["fewer than 5"], ["fewer than 5"], ["0 cases"]]
    assert months["approver"] == [["3 cases"], ["1 case"], ["0 cases"]]
    assert [row[1] for row in year.rows if "integrity.cases_reported" in row[0]] == ["7 cases"]
    assert [row[1] for row in year.rows if "integrity.trainings" in row[0]] == ["fewer than 5"]
    assert "polyline" not in str(shown["public"].texts)


def test_a_year_that_is_not_frozen_is_a_page_that_says_how(frozen: FlaskClient) -> None:
    answer = frozen.get("/years/2018?lang=en")
    assert answer.status_code == 404
    page = Page(answer)
    assert page.of("h1") == ["There is no such thing"]
    assert "There is no frozen year 2018. Run `tracker freeze 2018` first." in page.of("p")


def test_odd_years_are_not_found(client: FlaskClient) -> None:
    for year in ("99999999999999999999999", "-1", "2020.0", "twenty", "%00", "2020%0d%0a"):
        assert client.get(f"/years/{year}").status_code == 404, year


def test_every_answer_carries_headers_that_allow_nothing_inline(frozen: FlaskClient) -> None:
    for path in (
        "/",
        "/years/2020",
        "/years/1",
        "/nothing",
        "/healthz",
        "/readyz",
        "/api/v1/figures",
        "/static/style.css",
    ):
        with frozen.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'"), path
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")
        assert "Set-Cookie" not in headers


def test_pages_have_nothing_inline_and_link_to_nobody_else(frozen: FlaskClient) -> None:
    for path in ("/", "/years", "/years/2020", "/years/2020/desk.cases", "/years/1", "/nothing"):
        page = Page(frozen.get(path))
        assert page.inline == []
        assert all(link.startswith(("/", "?", "#")) and not link.startswith("//") for link in page.links)
        sheets = [link for link in page.links if ".css" in link]
        assert len(sheets) == 2
        for sheet in sheets:
            with frozen.get(sheet) as stylesheet:
                assert (stylesheet.status_code, stylesheet.mimetype) == (200, "text/css")
                assert re.findall(r"""url\((?!["']?data:)""", stylesheet.get_data(as_text=True)) == []
                assert "@import" not in stylesheet.get_data(as_text=True)


def test_labels_are_text_whatever_they_say(database: Database, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(DATA / "small", config)
    for file, old, new in (
        ("domains/desk.yaml", "en: Cases}", "en: '<script>alert(1)</script>'}"),
        ("domains/desk.yaml", "en: Desk}", "en: '\"><b onclick=x>'}"),
        ("organisation.yaml", "A Test Company", "A & B <i>Ltd</i>"),
    ):
        path = config / file
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    house = House.build(database, load(config))
    freezing.frozen(database, house.ledger, 2020)
    answer = client_of(house, tmp_path).get("/?lang=en")
    page = Page(answer)
    assert page.inline == []
    assert "<script>alert" not in answer.get_data(as_text=True)
    assert "<script>alert(1)</script>" in page.of("a")
    assert page.of("h2")[0] == '"><b onclick=x>'
    assert "A & B <i>Ltd</i>" in page.of("a")


def test_a_year_keeps_the_words_it_was_frozen_with(frozen: FlaskClient, house: House, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(DATA / "small", config)
    desk = config / "domains" / "desk.yaml"
    desk.write_text(desk.read_text("utf-8").replace("en: Desk}", "en: Counter}"), "utf-8")
    later = House.build(house.database, load(config))
    assert Page(client_of(later, tmp_path).get("/years/2020?lang=en")).of("h2")[0] == "Desk"


def test_the_process_is_alive_and_ready(client: FlaskClient, house: House) -> None:
    alive, ready = client.get("/healthz"), client.get("/readyz")
    assert (alive.status_code, alive.json) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "catalogue": house.catalogue.digest})


def test_it_is_not_ready_while_another_catalogue_is_in_force(client: FlaskClient, house: House) -> None:
    with house.database.write() as session:
        session.execute(text("INSERT INTO catalogue VALUES (:d, '{}', '2021-01-01', 'person:bob')"), {"d": "f" * 64})
        session.execute(update(head).values(catalogue="f" * 64))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "the active one is ffffffffffff" in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200


def test_it_is_not_ready_once_a_guard_of_the_log_is_gone(client: FlaskClient, house: House) -> None:
    guard = "event_no_delete" if house.database.sqlite else "event_append_only"
    with house.database.write() as session:
        session.execute(text(f"DROP TRIGGER {guard}" + ("" if house.database.sqlite else " ON event")))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert f"The database has lost guards of its log: {guard}." in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200

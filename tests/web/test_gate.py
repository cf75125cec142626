"""The gate: pages behind permissions, posts of one's own only, cookies that tell nothing, visits without trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import g, session
from structlog.testing import LogCapture
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.house import House
from tests.web.visitors import HOST, Site, Visitor, opened
from tracker.access.roles import ROLES
from tracker.app import create_app
from tracker.catalogue import load
from tracker.db import Database
from tracker.service import Service
from tracker.settings import shipped
from tracker.web.pages import PUBLIC, TRACELESS, Page
from tracker.web.routes import PAGES


@pytest.fixture
def site(house: House, tmp_path: Path) -> Iterator[Site]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def whole(database: Database, tmp_path: Path) -> Iterator[Site]:
    """The pages over the shipped catalogue, which has all that they may be about."""
    catalogue = load(shipped("config"))
    with opened(House.build(database, catalogue), tmp_path, config=shipped("config")) as found:
        yield found


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    kept, before = LogCapture(), structlog.get_config()["processors"]
    structlog.configure(processors=[kept])
    yield kept
    structlog.configure(processors=before)


def address(site: Site, page: Page) -> str:
    """An address of a page; what it names need not be there."""
    [rule] = [each for each in site.app.url_map.iter_rules() if each.endpoint == f"web.{page.endpoint}"]
    values: dict[str, Any] = {name: _value(rule, name) for name in rule.arguments}
    with site.app.test_request_context():
        return str(site.app.url_for(f"web.{page.endpoint}", **values))


def _value(rule: Rule, name: str) -> str | int:
    return 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "nothing"


def ask(visitor: Visitor, page: Page, path: str) -> TestResponse:
    return visitor.get(path) if page.method == "GET" else visitor.post(path)


GUARDED = [page for page in PAGES if page.permission not in {PUBLIC, TRACELESS}]


def test_every_route_of_the_pages_is_in_the_table_with_a_permission(site: Site) -> None:
    table = {(f"web.{page.endpoint}", page.method, page.rule) for page in PAGES}
    routes = {
        (rule.endpoint, method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith(("api.", "about.")) and rule.endpoint != "web.static"
    }
    assert routes == table
    assert len({page.endpoint for page in PAGES}) == len(PAGES)


def test_whoever_is_not_signed_in_is_led_to_sign_in(whole: Site) -> None:
    visitor = whole.visitor()
    for page in GUARDED:
        answer = ask(visitor, page, address(whole, page))
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/login"), page.rule


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_let_in_where_its_permissions_say_and_nowhere_else(whole: Site, role: str) -> None:
    visitor, wrong = whole.signed_in("alice", role), []
    for page in GUARDED:
        if page.endpoint == "account_sign_out_submit":
            continue  # which would end the session
        answer = ask(visitor, page, address(whole, page))
        admitted = page.permission in ROLES[role]
        refused = "none of your roles has" in answer.text
        assert answer.status_code < 500, page.rule
        if refused == admitted or (refused and answer.status_code != 403):
            wrong.append((page.method, page.rule, answer.status_code))
        assert not answer.headers.get("Location", "").startswith("/login"), page.rule
    assert wrong == []


def test_a_page_leads_back_to_itself_after_signing_in(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    answer = visitor.get("/account?lang=en&x=1")
    assert answer.headers["Location"] == "/login?next=/account?lang%3Den%26x%3D1"
    assert 'name="next" type="hidden" value="/account?lang=en&amp;x=1"' in visitor.get(answer.headers["Location"]).text
    assert visitor.sign_in("alice", next="/account?lang=en&x=1").headers["Location"] == "/account?lang=en&x=1"


OUTWARD = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/a\r\nSet-Cookie: x=1",
    "javascript:alert(1)",
    "evil.example",
    "/" + "a" * 600,
    "",
)


@pytest.mark.parametrize("outward", OUTWARD)
def test_nobody_is_led_elsewhere(site: Site, outward: str) -> None:
    site.person("alice", "recorder")
    answer = site.visitor().sign_in("alice", next=outward)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_the_cookie_is_bound_to_this_host_and_holds_nothing_about_a_person(site: Site) -> None:
    alice = site.person("alice", "recorder")
    visitor = site.visitor()
    answer = visitor.sign_in("alice")
    [set_cookie] = answer.headers.getlist("Set-Cookie")
    name, *attributes = [part.strip() for part in set_cookie.split(";")]
    assert name.startswith("__Host-tracker=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
    with visitor.client.session_transaction(base_url=HOST) as kept:
        assert set(kept) <= {"sid", "csrf_token"}
        shown = json.dumps(dict(kept))
    assert alice.id not in shown
    assert "alice" not in shown


def test_a_cookie_that_was_changed_is_no_session(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    good = visitor.cookie()
    assert good is not None
    flipped = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(0, len(good) - 1, 7)]
    for value in (*flipped, "", "x", good[:-3]):
        visitor.client.set_cookie("__Host-tracker", value, domain="tracker.example.org", secure=True)
        assert visitor.get("/account").status_code == 303, value
    visitor.client.set_cookie("__Host-tracker", good, domain="tracker.example.org", secure=True)
    assert visitor.get("/account").status_code == 200


def test_a_cookie_of_another_installation_is_no_session(site: Site, house: House, tmp_path: Path) -> None:
    good = site.signed_in("alice", "recorder").cookie()
    assert good is not None
    with opened(house, tmp_path / "other") as other:
        visitor = other.visitor()
        visitor.client.set_cookie("__Host-tracker", good, domain="tracker.example.org", secure=True)
        assert visitor.get("/account").status_code == 303


def test_signing_in_gives_another_number_than_the_browser_came_with(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    visitor.carry("chosen by somebody else")
    visitor.sign_in("alice")
    first = visitor.sid()
    assert first not in {None, "chosen by somebody else"}
    visitor.get("/account")
    assert visitor.sid() == first


FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "cross-site", "Origin": HOST},
    {"Sec_Fetch_Site": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://tracker.example.org.evil.example"},
    {"Origin": "https://evil.example/tracker.example.org"},
    {"Origin": "https://tracker.example.org@evil.example"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_post_from_another_site_is_refused_whatever_it_brings(site: Site, headers: dict[str, str]) -> None:
    visitor = site.signed_in("alice", "recorder")
    answer = visitor.post("/account/language", {"locale": "en"}, **headers)
    assert answer.status_code == 403
    assert "sent from another site" in answer.text
    assert site.folk.now("alice").locale is None


OWN: tuple[dict[str, str], ...] = (
    {"Sec_Fetch_Site": "same-origin"},
    {"Sec_Fetch_Site": "none"},
    {"Sec_Fetch_Site": "same-origin", "Origin": "null"},  # what a browser sends that tells no referrer
    {"Origin": HOST},
    {},
)


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_a_post_from_here_is_taken(site: Site, headers: dict[str, str]) -> None:
    visitor = site.signed_in("alice", "recorder")
    assert visitor.post("/account/language", {"locale": "en"}, **headers).status_code == 303
    assert site.folk.now("alice").locale == "en"


def test_behind_a_proxy_the_public_address_is_ours(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path, url="https://public.example.org") as site:
        visitor = site.signed_in("alice", "recorder")
        answer = visitor.post("/account/language", {"locale": "en"}, Origin="https://public.example.org")
        assert answer.status_code == 303
        plain = site.app.test_client().get("/healthz")
        assert plain.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_form_without_a_token_or_with_anothers_is_refused_and_says_what_to_do(site: Site) -> None:
    alice, bob = site.signed_in("alice", "recorder"), site.signed_in("bob", "recorder")
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": bob.token()}):
        answer = alice.bare_post("/account/language", {"locale": "en", **token})
        assert answer.status_code == 400
        assert "Go back, reload the page, and send it again." in answer.text
    assert site.folk.now("alice").locale is None


def test_signing_in_takes_a_token_too(site: Site) -> None:
    site.person("alice", "recorder")
    visitor = site.visitor()
    answer = visitor.bare_post("/login", {"login": "alice", "password": "a long walk by the sea"})
    assert (answer.status_code, visitor.sid()) == (400, None)


def test_a_post_after_the_session_ended_says_so_and_stores_nothing(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    visitor.get("/account?lang=en")
    token = visitor.token()
    site.folk.wait(minutes=31)
    answer = visitor.bare_post("/account/language", {"locale": "en", "csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "Nothing was stored: sign in and try again." in visitor.get("/login").text
    assert site.folk.now("alice").locale is None


ENDS: dict[str, Any] = {
    "disabled": lambda site: site.folk.disable("alice"),
    "changed roles": lambda site: site.folk.set_roles("alice", "recorder", "approver"),
    "reset": lambda site: site.folk.reset("alice"),
    "idle": lambda site: site.folk.wait(minutes=30),
    "last day over": lambda site: site.folk.wait(days=400),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_p16_a_session_is_refused_on_the_next_request_after_it_ended(site: Site, end: Any) -> None:
    visitor = site.signed_in("alice", "assurer")
    assert visitor.get("/account").status_code == 200
    old = visitor.sid()
    end(site)
    assert visitor.get("/account").status_code == 303
    assert old is not None
    visitor.carry(old)
    assert visitor.get("/account").status_code == 303


def test_p16_a_session_that_was_signed_out_never_works_again(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    old = visitor.sid()
    assert old is not None
    assert visitor.post("/logout").headers["Location"] == "/login"
    assert visitor.sid() is None
    visitor.carry(old)
    assert visitor.get("/account").status_code == 303
    again = site.visitor()
    again.sign_in("alice")
    assert again.get("/account").status_code == 200
    visitor.carry(old)
    assert visitor.get("/account").status_code == 303


def test_a_session_in_use_stays(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    for _ in range(5):
        site.folk.wait(minutes=29)
        assert visitor.get("/account").status_code == 200


def test_the_api_knows_no_sessions_and_the_pages_no_tokens(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder", "administrator", "approver", "internal_auditor")
    for path in ("/api/v1/figures?period=2020", "/api/v1/events", "/api/v1/catalogue", "/api/v1/sources"):
        answer = visitor.get(path)
        assert answer.status_code == 401, path
        assert "Set-Cookie" not in answer.headers
    assert visitor.bare_post("/api/v1/events", {}).status_code in {401, 415}
    assert site.visitor().get("/account", Authorization="Bearer gtk_x").status_code == 303


def test_without_a_key_file_nobody_signs_in_and_the_public_pages_stand(site: Site) -> None:
    site.service.keys.secrets.path.unlink()
    service = Service(site.service.settings, site.house.database, site.house.intake)
    visitor = Visitor(create_app(service).test_client())
    assert [visitor.get(path).status_code for path in ("/healthz", "/readyz", "/")] == [200, 200, 200]
    for path in ("/login", "/welcome", "/account"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5"), path
    service.reception.writer.close()


TRACELESS_PAGES = [page for page in PAGES if page.permission == TRACELESS]


def test_there_are_pages_that_leave_no_trace() -> None:
    assert TRACELESS_PAGES


@pytest.mark.parametrize("page", TRACELESS_PAGES, ids=lambda page: page.endpoint)
def test_a_visit_without_trace_sets_no_cookie_and_is_in_no_log(whole: Site, logged: LogCapture, page: Page) -> None:
    path, visitor = address(whole, page), whole.signed_in("alice", "recorder")
    before = visitor.cookie()
    for query in ("", "?lang=en"):
        for site in ("same-origin", "none"):
            send = visitor.get if page.method == "GET" else visitor.bare_post
            answer = send(path + query, Sec_Fetch_Site=site)
            assert answer.status_code < 500
            assert "Set-Cookie" not in answer.headers
    assert visitor.get(f"{path}/and/nothing").status_code in {404, 405, 308}
    assert visitor.client.put(path, base_url=HOST).status_code == 405
    assert visitor.cookie() == before
    assert [entry for entry in logged.entries if entry["event"] == "request"] == []


def test_who_is_signed_in_is_not_known_where_nothing_is_kept(site: Site) -> None:
    seen: list[tuple[object, dict[str, Any]]] = []
    site.app.before_request(lambda: seen.append((g.person, dict(session))))
    visitor = site.signed_in("alice", "recorder")
    visitor.get("/account")
    visitor.get(address(site, TRACELESS_PAGES[0]))
    assert seen[0] == (site.folk.now("alice"), {"sid": visitor.sid()})
    assert seen[1] == (None, {})


def test_other_visits_are_logged_without_what_an_address_holds(site: Site, logged: LogCapture) -> None:
    invitation = site.folk.invite("alice")
    site.visitor().get(f"/welcome/{invitation}?x=y")
    site.visitor().get("/login?next=/secret")
    paths = [entry["path"] for entry in logged.entries if entry["event"] == "request"]
    assert paths == ["/welcome/…", "/login"]


def test_over_tls_browsers_are_told_to_come_over_tls_only(site: Site) -> None:
    assert site.visitor().get("/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in site.app.test_client().get("/healthz").headers


def test_an_expired_form_is_explained_in_the_readers_language(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    answer = visitor.bare_post("/account/language", {"locale": "en"}, Accept_Language="zh-HK")
    assert "此表格已過期" in answer.text
    assert "請返回並重新載入頁面，然後再次提交表格。" in answer.text

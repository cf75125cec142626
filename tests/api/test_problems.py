"""Errors on the wire: problem documents under ``/api/``, pages elsewhere, and ``Allow`` where a method is wrong."""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import Api, problem
from tracker.api.routes import ROUTES

NO_URLS = ("/api/", "/api/v1", "/api/v1/", "/api/v2/events", "/api/v1/events/", "/api/v1/events/-1", "/api/v1/events/x")
NO_PAGES = ("/api", "/apis/v1", "/nothing", "/years/2020/more", "/openapi.yaml", "//api/v1/events")


def test_what_is_not_there_is_a_problem_under_api_and_a_page_elsewhere(api: Api) -> None:
    for url in NO_URLS:
        refused = problem(api.client.get(url, headers={"Authorization": f"Bearer {api.token}"}))
        assert (refused["type"], refused["status"]) == ("urn:governance-tracker:problem:not-found", 404), url
        assert (refused["title"], refused["detail"][:23]) == ("Not Found", "The requested URL was n")
    for url in NO_PAGES:
        page = api.client.get(url)
        assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8"), url
        assert "<h1>" in page.text


def test_a_problem_is_for_whoever_asks_for_whatever(api: Api) -> None:
    for accept in ("text/html", "application/xml", "image/png;q=0.1"):
        assert problem(api.client.get("/api/v1/nothing", headers={"Accept": accept}))["status"] == 404


def methods_at(path: str) -> set[str]:
    """What the table of routes has for a path; a subject in it may have slashes."""
    found = {route.method for route in ROUTES if re.fullmatch(pattern_of(route.rule), path)}
    return found | ({"HEAD"} if "GET" in found else set())


def pattern_of(rule: str) -> str:
    return re.sub(r"<\w+>", "[^/]+", re.sub(r"<int:\w+>", r"\\d+", re.sub(r"<path:\w+>", ".+", rule)))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_wrong_method_is_told_the_right_ones(api: Api, method: str) -> None:
    for path in {re.sub(r"<(?:\w+:)?\w+>", "7", route.rule) for route in ROUTES}:
        answer = api.client.open(f"/api/v1{path}", method=method)
        refused = problem(answer)
        assert (refused["type"], refused["status"]) == ("urn:governance-tracker:problem:method-not-allowed", 405)
        assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", *methods_at(path)}, path
    for url in ("/", "/docs", "/openapi.json"):
        page = api.client.open(url, method=method)
        assert (page.status_code, page.content_type) == (405, "text/html; charset=utf-8"), url
        assert set(page.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_head_answers_as_get_does_without_the_body(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    for path in ("/api/v1/events", "/api/v1/figures?period=2020", "/api/v1/catalogue", "/openapi.json"):
        head, get = api.client.head(path, headers=headers), api.client.get(path, headers=headers)
        assert (head.status_code, head.data) == (200, b"")
        assert {**head.headers} == {**get.headers}

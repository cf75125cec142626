"""``/docs``: the API to read and to try, from this server alone."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Api, api  # noqa: F401  (a fixture)


@pytest.fixture
def client(api: Api) -> FlaskClient:  # noqa: F811
    """Somebody without a token."""
    return api.client


def test_the_page_and_all_it_needs_come_from_here(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    addresses = re.findall(r'(?:href|src|data-description)="([^"]+)"', page.text)
    assert len(set(addresses)) == 5
    for address in addresses:
        assert address.startswith("/")
        with client.get(address) as answer:
            assert answer.status_code == 200, address


def test_the_page_runs_no_inline_script_and_may_reach_nobody_else(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
    assert re.findall(r"\bon\w+=", page.text) == []
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert "http" not in page.headers["Content-Security-Policy"]


def test_no_other_file_of_the_package_is_served(client: FlaskClient) -> None:
    for name in ("swagger-ui.js", "oauth2-redirect.html", "..%2f__init__.py", "LICENSE"):
        assert client.get(f"/docs/{name}").status_code == 404


def test_other_pages_keep_the_stricter_policy(client: FlaskClient) -> None:
    assert "unsafe-inline" not in client.get("/nowhere").headers["Content-Security-Policy"]


def test_the_page_needs_nothing_that_is_unsafe(client: FlaskClient) -> None:
    assert client.get("/docs").headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"
    )


def test_its_files_are_kept_for_a_year_by_version_and_are_the_same_packed(client: FlaskClient) -> None:
    for address in re.findall(r'(?:href|src)="(/docs/[^"]+)"', client.get("/docs").text):
        assert re.search(r"\?v=\d+\.\d+\.\d+$", address)
        plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})
        for answer in (plain, packed):
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.vary.as_set() == {"accept-encoding"}
        image = plain.mimetype == "image/png"
        assert packed.headers.get("Content-Encoding") == (None if image else "gzip")
        assert (packed.data if image else gzip.decompress(packed.data)) == plain.data != b""


@pytest.mark.parametrize(("language", "words"), [("en", "API documentation"), ("zh-Hant", "API 說明")])
def test_every_page_leads_there_in_its_own_language(client: FlaskClient, language: str, words: str) -> None:
    assert f'<a href="/docs?lang={language}">{words}</a>' in client.get(f"/nowhere?lang={language}").text
    page = client.get(f"/docs?lang={language}").text
    assert f"<title>{words}</title>" in page
    assert f'<html lang="{language}">' in page

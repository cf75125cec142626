"""Pages over a real database, and people's browsers to visit them with: signed in or not, over TLS, with cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.access.folk import PASSWORD, Folk, cheap
from tests.house import DATA, House
from tracker.access.accounts import people as table
from tracker.access.crypto import unseal
from tracker.access.people import Person
from tracker.app import create_app
from tracker.service import Service
from tracker.settings import Settings

HOST = "https://tracker.example.org"
LATER = "2021-12-31"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """A browser. ``answer.status_code`` and ``answer.text`` are what it shows; redirects are not followed."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page; headers are written with underscores."""
        return self.client.get(path, base_url=HOST, headers=_headers(headers))

    def post(self, path: str, data: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form from a page of this session."""
        return self.bare_post(path, {"csrf_token": self.token(), **(data or {})}, **headers)

    def bare_post(self, path: str, data: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form that has no token."""
        return self.client.post(path, base_url=HOST, data=dict(data or {}), headers=_headers(headers))

    def token(self) -> str:
        """The token against forged posts, as the forms of this session have it."""
        found = _TOKEN.search(self.get("/account").text) or _TOKEN.search(self.get("/welcome").text)
        assert found is not None
        return unescape(found[1])

    def sign_in(self, login: str, password: str = PASSWORD, **data: str) -> TestResponse:
        """Send login and password."""
        return self.post("/login", {"login": login, "password": password, **data})

    def cookie(self, name: str = "__Host-tracker") -> str | None:
        """What a cookie of this browser holds."""
        found = self.client.get_cookie(name, "tracker.example.org")
        return found.value if found else None

    def sid(self) -> str | None:
        """The number of this browser's session."""
        with self.client.session_transaction(base_url=HOST) as session:
            found: str | None = session.get("sid")
            return found

    def carry(self, sid: str) -> None:
        """Have the browser come with a session's number."""
        with self.client.session_transaction(base_url=HOST) as session:
            session["sid"] = sid


@dataclass
class Site:
    """The pages of a house, and its people."""

    folk: Folk
    service: Service
    app: Flask

    @property
    def house(self) -> House:
        """The ledger behind the pages."""
        return self.folk.house

    def visitor(self) -> Visitor:
        """A browser that nobody has signed in with."""
        return Visitor(self.app.test_client())

    def person(self, login: str, *roles: str) -> Person:
        """Somebody new with these roles, whose password is :data:`PASSWORD`."""
        return self.folk.add(login, *roles, ends_on=LATER if "assurer" in roles else None)

    def signed_in(self, login: str, *roles: str) -> Visitor:
        """The browser of somebody who is signed in, added with these roles if they are new."""
        person = self.person(login, *roles) if roles else self.folk.now(login)
        visitor = self.visitor()
        visitor.carry(self.folk.open(person))
        return visitor

    def code(self, login: str, steps: int = 0) -> str:
        """What somebody's authenticator app shows."""
        person = self.folk.now(login)
        with self.house.database.read() as session:
            sealed = bytes(session.scalar(select(table.c.totp).where(table.c.id == person.id)) or b"")
        secret = unseal(self.service.keys.secrets.key, sealed, f"person/{person.id}/totp").decode()
        return pyotp.TOTP(secret).at(self.house.clock(), counter_offset=steps)


@contextmanager
def opened(house: House, home: Path, **settings: Any) -> Iterator[Site]:
    """The pages of a house, with other settings than usual if any are given."""
    url = house.database.url.render_as_string(hide_password=False)
    config = settings.pop("config", DATA / "small")
    chosen = Settings(home=home, database_url=url, config=config, **{"second_factor": "optional", **settings})
    service = Service(chosen, house.database, house.intake, cheap())
    service.keys.make()
    try:
        yield Site(Folk(house, service.passwords), service, create_app(service))
    finally:
        service.reception.writer.close()


def _headers(named: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in named.items()}

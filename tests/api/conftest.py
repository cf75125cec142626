"""The HTTP API over a real database, once per engine, with a token and a clock that tests decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from tests.house import DATA, House
from tracker.access import sources, tokens
from tracker.access.signatures import HMAC, new_secret
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.app import create_app
from tracker.db import metadata
from tracker.service import Service
from tracker.settings import Settings

EVERYTHING = frozenset({"record", "backfill", "amend", "read", "admin"})
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_BODY = 64 * 1024


@dataclass
class Api:
    """A client that shows a token with every scope, and the house behind it."""

    house: House
    service: Service
    client: FlaskClient
    token: str

    def post(self, body: object, content_type: str = ONE, **headers: str) -> TestResponse:
        """``POST /api/v1/events``; ``body`` is sent as it is if it is bytes, otherwise as JSON."""
        sent = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        if isinstance(body, bytes):
            return self.client.post("/api/v1/events", data=body, content_type=content_type, headers=sent)
        return self.client.post("/api/v1/events", json=body, content_type=content_type, headers=sent)

    def get(self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> TestResponse:
        """A GET under ``/api/v1`` with the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.get(
            f"/api/v1{path}",
            query_string=list(dict(query).items() if isinstance(query, Mapping) else query),
            headers=headers,
        )

    def source(self, name: str, uri: str, *types: str, **others: Any) -> bytes:
        """A new source that signs with HMAC; its secret."""
        secret = new_secret()
        source = Source(name, uri, types or ("*",), **others)
        with self.house.database.write() as session:
            key, at = self.service.keys.secrets.key, self.house.clock()
            sources.add(session, source, Material(HMAC, secret), secret=key, by="person:alice", at=at)
        return secret

    def counts(self) -> dict[str, int]:
        """How many rows each table has, but for the door's own books: its counters and the quarantine."""
        with self.house.database.read() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in metadata.tables.items()
                if name not in {"intake_count", "quarantine"}
            }


def token(house: House, name: str, *scopes: str, source: str | None = None, days: int = 90) -> str:
    """A new bearer token."""
    with house.database.write() as session:
        chosen = frozenset(scopes)
        return tokens.add(session, name, chosen, source=source, days=days, by="person:alice", at=house.clock())


@pytest.fixture
def api(house: House, tmp_path: Path) -> Iterator[Api]:
    """The API over the small catalogue."""
    url = house.database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url, config=DATA / "small", max_body=MAX_BODY)
    service = Service(settings, house.database, house.intake)
    service.keys.make()
    yield Api(house, service, create_app(service).test_client(), token(house, "everything", *EVERYTHING))
    service.reception.writer.close()


def problem(answer: Response) -> dict[str, Any]:
    """The problem document of a refusal, which says its own status and asks for nothing to be kept."""
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json(force=True)
    assert found["status"] == answer.status_code
    return found

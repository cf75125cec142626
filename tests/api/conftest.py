"""The HTTP API over a real database, once per engine, with a token and a clock that tests decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from tests.house import DATA, House
from tracker import create_app
from tracker.db import metadata
from tracker.service import Service
from tracker.settings import Settings

TOKEN = "k3Zr8vQm1xTfW5nLb7JcYp0dHs2GaE4u"
ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_BODY = 64 * 1024


@dataclass
class Api:
    """A client that sends the token, and the house behind it."""

    house: House
    client: FlaskClient

    def post(self, body: object, content_type: str = ONE, **headers: str) -> TestResponse:
        """``POST /api/v1/events``; ``body`` is sent as it is if it is bytes, otherwise as JSON."""
        sent = {"Authorization": f"Bearer {TOKEN}"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if isinstance(body, bytes):
            return self.client.post("/api/v1/events", data=body, content_type=content_type, headers=sent)
        return self.client.post("/api/v1/events", json=body, content_type=content_type, headers=sent)

    def get(self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> TestResponse:
        """A GET under ``/api/v1`` with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.client.get(
            f"/api/v1{path}",
            query_string=list(dict(query).items() if isinstance(query, Mapping) else query),
            headers=headers,
        )

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.house.database.read() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in metadata.tables.items()
            }


@pytest.fixture
def api(house: House, tmp_path: Any) -> Api:
    """The API over the small catalogue."""
    url = house.database.url.render_as_string(hide_password=False)
    settings = Settings(home=tmp_path, database_url=url, config=DATA / "small", token=TOKEN, max_body=MAX_BODY)
    return Api(house, create_app(Service(settings, house.database, house.intake)).test_client())


def problem(answer: Response) -> dict[str, Any]:
    """The problem document of a refusal, which says its own status and asks for nothing to be kept."""
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json(force=True)
    assert found["status"] == answer.status_code
    return found

"""A source that signs what it sends, for tests of webhooks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from tests.api.conftest import ONE, Api
from tracker.access.signatures import HMAC, sign
from tracker.intake.counting import Count, by_sender, counts
from tracker.intake.quarantine import Held, held


@dataclass(repr=False)
class Hook:
    """One source: ``post`` signs a delivery as the house's clock has it, with the given faults."""

    api: Api
    secret: bytes
    name: str = "desk"
    kind: str = HMAC
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def add(cls, api: Api, name: str = "desk", uri: str = "/desk", *types: str, **others: Any) -> Hook:
        """Register a source, which may backfill unless said otherwise."""
        return cls(api, api.source(name, uri, *types, **({"backfill": True} | others)), name)

    def event(self, channel: str = "phone", **others: Any) -> dict[str, Any]:
        """A case reported at the desk."""
        return self.api.house.event("desk.case.reported", {"channel": channel}, **({"source": "/desk"} | others))

    def post(
        self,
        body: object,
        content_type: str = ONE,
        *,
        id: str | None = None,
        seconds: int = 0,
        query: str = "",
        to: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Sign and send; ``seconds`` shifts the timestamp, ``headers`` override what was signed."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        name = f"msg-{next(self.numbers)}" if id is None else id
        stamp = int((self.api.house.clock() + timedelta(seconds=seconds)).timestamp())
        signed = {
            "webhook-id": name,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.secret, self.kind, name, stamp, sent),
        }
        path = f"/api/v1/webhooks/{to or self.name}{query}"
        return self.api.client.post(path, data=sent, content_type=content_type, headers=signed | dict(headers or {}))

    def count(self) -> Sequence[int]:
        """Received, recorded, duplicate, conflict, rejected."""
        with self.api.house.database.read() as session:
            found = by_sender(counts(session)).get(self.name, Count(self.name, "", 0, 0, 0, 0, 0))
        return found[2:]

    def held(self) -> list[Held]:
        """What lies in quarantine."""
        with self.api.house.database.read() as session:
            return held(session)

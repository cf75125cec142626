"""A server with sources and tokens of every kind, on 2 January 2026, over the small catalogue and one form more."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from sqlalchemy import text

from tests.house import DATA, House
from tracker.access import sources, tokens
from tracker.access.signatures import ED25519, HMAC, public_of, secret_text
from tracker.access.signing import Material, rotate
from tracker.access.sources import Source
from tracker.app import create_app
from tracker.catalogue import load
from tracker.db import Database, metadata
from tracker.service import Service
from tracker.settings import Settings

NOW = datetime(2026, 1, 2, 4, tzinfo=UTC)
MAX_BODY = 64 * 1024

KEPT = ("event", "event_vault", "late_event", "snapshot")
"""What a refused request leaves as it is, beside every table of the tallies."""

TABLES = [table for name, table in metadata.tables.items() if name in KEPT or name.startswith("tally")]
ROWS = text(" UNION ALL ".join(f"SELECT '{each.name}', count(*) FROM {each.name}" for each in TABLES))

SCOPES = {
    "everything": {"record", "backfill", "amend"},
    "all": {"record", "backfill", "amend", "read", "admin"},
    "reader": {"read"},
    "recorder": {"record"},
    "amender": {"amend"},
    "administrator": {"admin"},
    "backfiller": {"backfill"},
    "revoked": {"record"},
    "ended": {"record"},
    "bound-desk": {"record", "amend"},
    "bound-other": {"record"},
    "bound-gone": {"record"},
}


class SigningKey(NamedTuple):
    """What somebody signs with: ``hmac`` or ``ed25519``, and the secret bytes."""

    kind: str
    secret: bytes


def _secret(name: str) -> bytes:
    return hashlib.sha256(f"a secret for tests: {name}".encode()).digest()


KEYS = {
    name: SigningKey(HMAC, _secret(name))
    for name in ("desk", "desk-older", "desk-old", "other", "gone", "trial", "forged")
} | {
    "desk-text": SigningKey(HMAC, secret_text(_secret("desk")).encode()),
    "signer": SigningKey(ED25519, _secret("signer")),
    "signer-wrong": SigningKey(ED25519, _secret("signer-wrong")),
    "signer-public": SigningKey(HMAC, public_of(_secret("signer"))),
    "empty": SigningKey(HMAC, b""),
}


@dataclass
class Scene:
    """The application, the database behind it, and the tokens that were given out."""

    house: House
    service: Service
    app: Flask
    tokens: Mapping[str, str]

    @classmethod
    def build(cls, database: Database, home: Path) -> Scene:
        """Open for business on a migrated database."""
        config = home / "config"
        shutil.copytree(DATA / "small", config)
        shutil.copy(Path(__file__).parent / "form.yaml", config / "domains")
        house = House.build(database, load(config))
        house.clock.instant = NOW
        url = database.url.render_as_string(hide_password=False)
        service = Service(
            Settings(home=home, database_url=url, config=config, max_body=MAX_BODY), database, house.intake
        )
        service.keys.make()
        _add_sources(service)
        return cls(house, service, create_app(service), _add_tokens(service))

    def close(self) -> None:
        """End the writer; the database is closed by whoever opened it."""
        self.service.reception.writer.close()

    def rows(self) -> dict[str, int]:
        """How many rows each table of the log, the tallies and the frozen years has."""
        with self.house.database.read() as session:
            return {name: count for name, count in session.execute(ROWS)}

    def secrets(self) -> list[str]:
        """What may never be seen in an answer."""
        return [*self.tokens.values(), *(secret_text(key.secret)[6:] for key in KEYS.values() if key.secret)]


def _add_sources(service: Service) -> None:
    def add(source: Source, key: str) -> None:
        secret = service.keys.secrets.key
        sources.add(session, source, _material(key), secret=secret, by="person:alice", at=NOW)

    with service.database.write() as session:
        add(Source("desk", "/desk", ("desk.*", "form.*")), "desk-old")
        add(Source("other", "/other", ("desk.case.reported",)), "other")
        add(Source("gone", "/gone", ("*",)), "gone")
        add(Source("trial", "/trial", ("*",), test=True), "trial")
        add(Source("signer", "/signer", ("*",)), "signer")
        for key, hours in (("desk-older", 0), ("desk", 168)):
            secret, overlap = service.keys.secrets.key, timedelta(hours=hours)
            rotate(session, "desk", _material(key), secret=secret, overlap=overlap, by="person:alice", at=NOW)


def _material(name: str) -> Material:
    kind, secret = KEYS[name]
    return Material(kind, public_of(secret) if kind == ED25519 else secret)


def _add_tokens(service: Service) -> dict[str, str]:
    made = {}
    with service.database.write() as session:
        for name, scopes in SCOPES.items():
            bound = name.removeprefix("bound-") if name.startswith("bound-") else None
            days, at = (1, NOW - timedelta(days=2)) if name == "ended" else (366, NOW)
            chosen = frozenset(scopes)
            made[name] = tokens.add(session, name, chosen, source=bound, days=days, by="person:alice", at=at)
        tokens.revoke(session, "revoked", by="person:alice", at=NOW)
        sources.retire(session, "gone", by="person:alice", at=NOW)
    return made

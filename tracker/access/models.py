"""The tables of access. Every change to one of them also leaves a row in ``access_change``."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from tracker.db import metadata

Number = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts only an INTEGER primary key upwards by itself."""


def where(condition: str) -> dict[str, Any]:
    """What makes an index one of the rows that meet a condition, on either engine."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


sources = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("late_days", Integer, nullable=False),
    Column("backfill", Boolean, nullable=False),
    Column("test", Boolean, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("retired_at", Text),
    Index("uq_source_uri", "uri", unique=True, **where("retired_at IS NULL")),
)
"""Operational systems. ``types`` is a JSON array of patterns. Two live sources never share a URI."""

source_keys = Table(
    "source_key",
    metadata,
    Column("id", Number, primary_key=True),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text),
    Column("used_at", Text),
    Index("ix_source_key_source", "source"),
)
"""Secrets (``hmac``) and public keys (``ed25519``), encrypted under a key outside the database."""

tokens = Table(
    "token",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("source", Text),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Column("used_at", Text),
    Index("uq_token_digest", "digest", unique=True),
)
"""Bearer tokens: only the SHA-256 of each is kept. ``scopes`` is a JSON array."""

changes = Table(
    "access_change",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
)
"""Who changed what. The newest ``id`` is the epoch: while it stands, what a process remembers is true."""

wrapping_keys = Table(
    "wrapping_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("retired_at", Text),
)
"""The keys outside the database that data keys are wrapped by, known here by their fingerprints alone."""

data_keys = Table(
    "data_key",
    metadata,
    Column("id", Number, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_under", Text, nullable=False),
    Index("uq_data_key_owner", "owner", unique=True),
    Index("ix_data_key_wrapped_under", "wrapped_under", "id"),
)
"""One key per subject for all that is confidential about it. To erase that, its key is destroyed."""

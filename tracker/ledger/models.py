"""The tables of the log. Only :mod:`tracker.ledger.record` inserts events; nothing else changes them."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from tracker.db import metadata

Seq = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite takes only an INTEGER primary key as the row's own number; any other is one more index."""


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


events = Table(
    "event",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("recorded_at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("time", Text, nullable=False),
    Column("entity", Text),
    Column("day", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("original", BigInteger),
    Column("replaces", BigInteger),
    Column("body", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    CheckConstraint("seq >= 0", name="seq"),
    Index("uq_event_source_id", "source", "id", unique=True),
    Index("ix_event_subject", "subject", "seq"),
    Index("ix_event_type_day", "type", "day"),
    Index("ix_event_original", "original", **_where("original IS NOT NULL")),
    Index("uq_event_replaces", "replaces", unique=True, **_where("replaces IS NOT NULL")),
)
"""One row per event, in commit order. ``body`` is the canonical JSON that ``content`` (SHA-256)
covers; the other columns repeat parts of it and are checked against it. ``original`` and ``replaces`` are
set for corrections and voids alone; that each version is replaced at most once is their unique key."""

vault = Table(
    "event_vault",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("field", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("data_key", BigInteger),
    Index("ix_event_vault_data_key", "data_key"),
)
"""Confidential values and the salts of their commitments, apart from the event they belong to.
``field`` is a JSON pointer into the event's data. Both are sealed, each on its own, under the data key named;
rows from before there were data keys have none, and ``tracker init`` seals them."""

head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("catalogue", Text),
    CheckConstraint("id = 1", name="single"),
)
"""The one row whose lock orders all writers: how many events there are, and which catalogue rules."""

catalogues = Table(
    "catalogue",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("documents", Text, nullable=False),
    Column("activated_at", Text, nullable=False),
    Column("activated_by", Text, nullable=False),
)
"""Every configuration that was ever in force, whole."""

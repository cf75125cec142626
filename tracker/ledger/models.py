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
    Column("root", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
"""The one row whose lock orders all writers: how many events there are, and which catalogue rules. ``root`` is that of
the Merkle tree over all leaves, ``frontier`` the roots of its complete subtrees, the largest first."""

tiles = Table(
    "merkle_tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("tile", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""The full tiles of the Merkle tree, as C2SP tlog-tiles has them: 256 hashes of 32 bytes. At level 0 they are the
leaves of 256 events, at level ``n + 1`` the roots of 256 tiles of level ``n``. Nothing changes a tile."""

edge = Table(
    "merkle_edge",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""The last, partial tile of each level from 1 on; that of level 0 is the leaves of the last events."""

checkpoints = Table(
    "checkpoint",
    metadata,
    Column("size", Seq, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", Text, nullable=False),
)
"""Signed sizes and roots of the log; ``note`` is a signed note in the form of C2SP tlog-checkpoint."""

catalogues = Table(
    "catalogue",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("documents", Text, nullable=False),
    Column("activated_at", Text, nullable=False),
    Column("activated_by", Text, nullable=False),
)
"""Every configuration that was ever in force, whole."""

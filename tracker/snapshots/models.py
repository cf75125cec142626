"""The tables of frozen years. A snapshot's row is never changed; the database refuses to."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from tracker.access.models import Number
from tracker.db import metadata

drafts = Table(
    "snapshot_draft",
    metadata,
    Column("id", Number, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("log_size", BigInteger, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("drafted_at", Text, nullable=False),
    Column("drafted_by", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Index("ix_snapshot_draft_year", "year", "id"),
)
"""What may become a revision of a year, once two people agree to it. ``body`` is the canonical JSON that ``digest``
(SHA-256) covers. Nothing changes a draft: one that is not wanted is followed by another."""

snapshots = Table(
    "snapshot",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("log_size", BigInteger, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("frozen_at", Text, nullable=False),
    Column("frozen_by", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("draft", BigInteger),
    Column("seal", Text),
    Column("signature", LargeBinary),
)
"""One row per revision of a year. ``body`` is the canonical JSON that ``digest`` (SHA-256) covers; it
depends on nothing but the first ``log_size`` events and the catalogue. ``seal`` is canonical JSON too: that digest,
who signed and who approved it; ``signature`` (Ed25519, by the log's key) covers it. Years that were frozen before there
were signatures have none of the three."""

publications = Table(
    "snapshot_publication",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("published_at", Text, nullable=False),
    Column("published_by", Text, nullable=False),
)
"""Which frozen revisions everybody may see, and since when."""

late_events = Table(
    "late_event",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
)
"""Events recorded after a year was frozen that may move a figure of it."""

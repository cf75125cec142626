"""The tables of frozen years. A snapshot's row is never changed; the database refuses to."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from tracker.db import metadata

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
)
"""One row per revision of a year. ``body`` is the canonical JSON that ``digest`` (SHA-256) covers; it
depends on nothing but the first ``log_size`` events and the catalogue."""

late_events = Table(
    "late_event",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
)
"""Events recorded after a year was frozen that may move a figure of it."""

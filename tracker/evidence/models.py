"""The table of files."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from tracker.db import metadata

files = Table(
    "evidence_file",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event", BigInteger, nullable=False),
    Column("data_key", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_evidence_file_event", "event"),
    Index("ix_evidence_file_data_key", "data_key"),
)
"""``seq`` is the event ``tracker.evidence.attached`` that holds the file's digest, ``event`` the one it belongs to."""

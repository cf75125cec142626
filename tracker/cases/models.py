"""The tables of states, misfits and deadlines: derived from the ledger, emptied and built again by a replay."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from tracker.db import metadata


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


states = Table(
    "subject_state",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("opened", Text, nullable=False),
    Column("moved", Text, nullable=False),
    Column("moved_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("misfits", Integer, nullable=False),
    Index("ix_subject_state_kind_state", "kind", "state", "last_seq"),
)
"""One row per subject that has a state. ``kind`` is domain and subject of its lifecycle (``integrity.case``);
``opened`` and ``moved`` are event times of its first and latest move, ``last_seq`` its newest event's."""

misfits = Table(
    "misfit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text),
    Index("ix_misfit_kind_subject", "kind", "subject"),
)
"""Facts that do not fit their subject's lifecycle, and the state they met: recorded, counted, and to be reviewed."""

deadlines = Table(
    "deadline",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("opened_seq", BigInteger, primary_key=True),
    Column("opened", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("met", Text),
    Column("met_seq", BigInteger),
    Index("ix_deadline_due", "due", **_where("met_seq IS NULL")),
)
"""What is due when, as instants; ``met`` is when it was done."""

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
    Column("state", Text),
    Column("opened", Text),
    Column("moved", Text),
    Column("moved_seq", BigInteger),
    Column("newest", Text, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("misfits", Integer, nullable=False),
    Index("ix_subject_state_kind_state", "kind", "state", "moved"),
)
"""One row per subject of a lifecycle. ``kind`` is domain and subject of the lifecycle (``integrity.case``). ``opened``
and ``moved`` are the event times of its start and its latest move, NULL like ``state`` until something starts it;
``newest`` is the time of its latest fact that a lifecycle knows, ``last_seq`` the latest event recorded about it."""

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
    Column("warns", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("met", Text),
    Column("met_seq", BigInteger),
    Index("ix_deadline_due", "due", **_where("met_seq IS NULL")),
)
"""What is due when, as instants; from ``warns`` on it is soon, ``met`` is when it was done. ``name`` is that of the
lifecycle's deadline, followed by a colon and the value where it is one per value of a field."""

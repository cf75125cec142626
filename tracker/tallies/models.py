"""The tables of the tallies. ``metric`` is always :attr:`tracker.catalogue.Metric.key`: the metric
and the digest of its definition, so that a changed metric is counted beside the running one.

``cell`` is the canonical JSON of a breakdown's dimensions, ``{}`` for the whole.
"""

from sqlalchemy import BigInteger, Column, SmallInteger, Table, Text

from tracker.db import metadata

tally = Table(
    "tally",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("cell", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Additive cells. ``period`` is a month where months add up, and also a quarter or a year where they
do not (distinct, latest_sum). ``part`` 0 is the scaled value, 1 a mean's weight or a sum's readings."""

member = Table(
    "tally_member",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("cell", Text, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("uses", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""How many facts name a member of a distinct count; it leaves the count with the last of them."""

reading = Table(
    "tally_reading",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("time", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    Column("cells", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Every reading of a series (a subject, or a cell), to fall back on when the newest is withdrawn."""

newest = Table(
    "tally_newest",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("time", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("cells", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest reading of each series in each month."""

definition = Table(
    "tally_definition",
    metadata,
    Column("metric", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
)
"""Which definitions are counted, and up to which size of the log each was built when it came in."""

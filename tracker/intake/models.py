"""The tables of the front door: what was counted, and what could not be taken in."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from tracker.db import metadata

Number = BigInteger().with_variant(Integer(), "sqlite")


counters = Table(
    "intake_count",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("conflict", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    CheckConstraint("received = recorded + duplicate + conflict + rejected", name="sum"),
)
"""Events by sender and type. ``type`` is empty where it could not be read, or is none of the catalogue."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Number, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("mistakes", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("settled", Text),
    Column("reason", Text),
    Column("settled_by", Text),
    Column("settled_at", Text),
    Index("uq_quarantine_sender_delivery", "sender", "delivery", unique=True),
    Index("ix_quarantine_first_at", "first_at"),
)
"""Authentic deliveries that were refused. ``sealed`` holds what was sent and what is wrong with it, encrypted;
it is gone once the delivery is ``settled`` (``recorded`` or ``discarded``, with a reason)."""

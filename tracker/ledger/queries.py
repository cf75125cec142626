"""Reading the log: facts in force, as of any ``seq``, and events as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from tracker.ledger.events import CORRECTED, VOIDED, Fact, Recorded
from tracker.ledger.heads import read_head
from tracker.ledger.models import events


def fact_of(row: Row[Any], seq: int, type: str) -> Fact:
    """The fact that an event's row states, under its original's ``seq`` and ``type``."""
    data = json.loads(row.body)["data"]
    if row.type == CORRECTED:
        data = data["data"]
    return Fact(seq, type, row.subject, row.time, row.entity, row.day, row.year, data)


def facts(session: Session, *, size: int | None = None, types: Collection[str] | None = None) -> Iterator[Fact]:
    """Every fact in force in a log of ``size`` events (all by default), voided ones left out,
    streamed in bounded memory. The order is that of the versions' ``seq``, not of time."""
    e, o, r = events.alias("e"), events.alias("o"), events.alias("r")
    limit = read_head(session).size if size is None else size
    replaced = select(r.c.seq).where(r.c.replaces == e.c.seq, r.c.seq < limit).exists()
    query = (
        select(e, o.c.type.label("original_type"))
        .outerjoin(o, o.c.seq == e.c.original)
        .where(e.c.seq < limit, e.c.type != VOIDED, ~replaced)
        .order_by(e.c.seq)
        .execution_options(yield_per=2000)
    )
    if types is not None:
        query = query.where(func.coalesce(o.c.type, e.c.type).in_(types))
    for row in session.execute(query):
        yield fact_of(row, row.seq if row.original is None else row.original, row.original_type or row.type)


def recorded(session: Session, first: int, last: int) -> list[Recorded]:
    """The events from ``first`` up to but without ``last``, as their receivers first saw them."""
    e, o, b = events.alias("e"), events.alias("o"), events.alias("b")
    before = [
        b.c[name].label(f"before_{name}") for name in ("type", "subject", "time", "entity", "day", "year", "body")
    ]
    query = (
        select(e, o.c.type.label("original_type"), *before)
        .outerjoin(o, o.c.seq == e.c.original)
        .outerjoin(b, b.c.seq == e.c.replaces)
        .where(e.c.seq >= first, e.c.seq < last)
        .order_by(e.c.seq)
    )
    return [_recorded(row) for row in session.execute(query)]


def _recorded(row: Row[Any]) -> Recorded:
    if row.original is None:
        return Recorded(row.seq, row.type, bytes(row.leaf), None, fact_of(row, row.seq, row.type))
    after = None if row.type == VOIDED else fact_of(row, row.original, row.original_type)
    return Recorded(row.seq, row.type, bytes(row.leaf), _before(row), after)


def _before(row: Row[Any]) -> Fact:
    data = json.loads(row.before_body)["data"]
    if row.before_type == CORRECTED:
        data = data["data"]
    place = (row.before_subject, row.before_time, row.before_entity, row.before_day, row.before_year)
    return Fact(row.original, row.original_type, *place, data)

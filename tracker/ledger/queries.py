"""Reading the log: facts in force, as of any ``seq``, and events as they were recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.json import Decoder
from sqlalchemy import Column, Row, Select, func, select
from sqlalchemy.orm import Session

from tracker.ledger.events import CORRECTED, VOIDED, Fact, Recorded
from tracker.ledger.heads import read_head
from tracker.ledger.models import events
from tracker.ledger.times import DAY, is_precise

_CHUNK = 500


class _Body(Struct):
    """What is read of a stored body; the rest of it stands in the columns, too."""

    data: dict[str, Any]


_decode = Decoder(_Body).decode
_new = tuple.__new__


class Entry(NamedTuple):
    """An event as it stands on record. ``original`` and ``replaces`` are ``None`` but for amendments;
    in ``data`` a confidential field is ``{"commitment": hex}``; ``content`` and ``leaf`` are hex."""

    seq: int
    recorded_at: str
    actor: str
    source: str
    id: str
    type: str
    subject: str | None
    time: str
    entity: str | None
    day: str
    year: int
    original: int | None
    replaces: int | None
    data: Mapping[str, Any]
    content: str
    leaf: str


def entry(session: Session, seq: int) -> Entry | None:
    """The event with this ``seq``, if there is one."""
    row = session.execute(select(events).where(events.c.seq == seq)).one_or_none()
    return None if row is None else entry_from(row)


def entry_of(session: Session, source: str, id: str) -> Entry | None:
    """The event that a source sent under this id, if it did."""
    row = session.execute(select(events).where(events.c.source == source, events.c.id == id)).one_or_none()
    return None if row is None else entry_from(row)


def entries(
    session: Session,
    *,
    after: int = -1,
    limit: int = 100,
    types: Collection[str] = (),
    source: str | None = None,
    subject: str | None = None,
    first_day: str | None = None,
    last_day: str | None = None,
    recorded_since: str | None = None,
    size: int | None = None,
) -> list[Entry]:
    """Up to ``limit`` events after ``seq`` ``after``, ascending: the last one's ``seq`` begins the next page.

    Each filter holds for the event itself, an amendment under its own type; ``first_day``, ``last_day`` and
    ``recorded_since`` (as the ledger spells times) include themselves. ``size``: as a log of so many events has it.
    """
    c = events.c
    begin = after + 1
    if recorded_since is not None:
        begin = max(begin, first_recorded_since(session, recorded_since))
    wanted = ((c.source, source), (c.subject, subject))
    query = select(events).where(c.seq >= begin, *(column == value for column, value in wanted if value is not None))
    if types:
        query = query.where(c.type.in_(types))
    if size is not None:
        query = query.where(c.seq < size)
    query = _within(query, c.day, first_day, last_day).order_by(c.seq).limit(limit)
    return [entry_from(row) for row in session.execute(query)]


def versions(session: Session, seq: int) -> list[Entry]:
    """The original and every amendment of it, in order; ``seq`` may be any of theirs. Empty if there is none."""
    found = entry(session, seq)
    if found is None:
        return []
    original = seq if found.original is None else found.original
    amendments = session.execute(select(events).where(events.c.original == original).order_by(events.c.seq)).all()
    first = found if found.seq == original else entry(session, original)
    return [*([first] if first else []), *map(entry_from, amendments)]


def first_recorded_since(session: Session, at: str) -> int:
    """The first ``seq`` recorded at ``at`` or later, or the log's size.

    Precise times on record never go back, so that it is found by halving, past those of which only the day is
    known. Such an event counts as recorded at ``at`` or later unless its neighbours or its day say otherwise.
    """
    size = read_head(session).size
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        query = select(events.c.seq, events.c.recorded_at).where(events.c.seq >= middle, events.c.seq < high)
        found = session.execute(query.where(is_precise(events.c.recorded_at)).order_by(events.c.seq).limit(1)).first()
        low, high = (found.seq + 1, high) if found and found.recorded_at < at else (low, middle)
    later = select(events.c.seq).where(events.c.seq >= low, events.c.recorded_at >= at[:DAY])
    first = session.scalars(later.order_by(events.c.seq).limit(1)).first()
    return size if first is None else first


def _within(query: Select[Any], day: Any, first: str | None, last: str | None) -> Select[Any]:
    if first is not None:
        query = query.where(day >= first)
    return query if last is None else query.where(day <= last)


def entry_from(row: Row[Any]) -> Entry:
    """An event as its row has it."""
    return Entry(
        row.seq,
        row.recorded_at,
        row.actor,
        row.source,
        row.id,
        row.type,
        row.subject,
        row.time,
        row.entity,
        row.day,
        row.year,
        row.original,
        row.replaces,
        _decode(row.body).data,
        bytes(row.content).hex(),
        bytes(row.leaf).hex(),
    )


def fact_of(row: Row[Any], seq: int, type: str) -> Fact:
    """The fact that an event's row states, under its original's ``seq`` and ``type``."""
    data = _data(row.type, row.body)
    return Fact(seq, type, row.subject, row.time, row.entity, row.day, row.year, data)


def _data(type: str, body: str) -> dict[str, Any]:
    """The data of the fact that an event of this type states."""
    data = _decode(body).data
    found: dict[str, Any] = data["data"] if type == CORRECTED else data
    return found


def facts(session: Session, *, size: int | None = None, types: Collection[str] | None = None) -> Iterator[Fact]:
    """Every fact in force in a log of ``size`` events (all by default), voided ones left out,
    streamed in bounded memory. The order is that of the versions' ``seq``, not of time."""
    e, o, r = events.alias("e"), events.alias("o"), events.alias("r")
    limit = read_head(session).size if size is None else size
    replaced = select(r.c.seq).where(r.c.replaces == e.c.seq, r.c.seq < limit).exists()
    first, original_type = func.coalesce(e.c.original, e.c.seq), func.coalesce(o.c.type, e.c.type)
    query = (
        select(first, original_type, e.c.type, e.c.subject, e.c.time, e.c.entity, e.c.day, e.c.year, e.c.body)
        .outerjoin(o, o.c.seq == e.c.original)
        .where(e.c.seq < limit, e.c.type != VOIDED, ~replaced)
        .order_by(e.c.seq)
        .execution_options(yield_per=2000)
    )
    if types is not None:
        query = query.where(original_type.in_(types))
    with closing(session.execute(query)) as rows:  # also where the reader has enough before the end
        for seq, type, own_type, subject, time, entity, day, year, body in rows:
            yield _new(Fact, (seq, type, subject, time, entity, day, year, _data(own_type, body)))


def facts_in_order(
    session: Session,
    types: Collection[str],
    *,
    first_day: str | None = None,
    last_day: str | None = None,
    size: int | None = None,
) -> Iterator[Fact]:
    """The facts of ``types`` in force in a log of ``size`` events (all by default) whose day lies between two
    days, both included, in order of their own ``seq``, the originals'. Streamed: only numbers are sorted, and
    what events say is read a little at a time."""
    o, a, v = events.alias("o"), events.alias("a"), events.alias("v")
    limit = read_head(session).size if size is None else size
    # Plus nothing, so that a database without statistics finds amendments by their original, not along all seqs.
    at = a.c.seq + 0
    amended = select(func.max(at)).where(a.c.original == o.c.seq, at < limit).scalar_subquery()
    query = (
        select(v.c.seq, o.c.seq, o.c.type)
        .select_from(o)
        .join(v, v.c.seq == func.coalesce(amended, o.c.seq))
        .where(o.c.seq < limit, o.c.type.in_(types), v.c.type != VOIDED)
        .order_by(o.c.seq)
        .execution_options(yield_per=_CHUNK)
    )
    with closing(session.execute(_within(query, v.c.day, first_day, last_day))) as found:
        for part in found.partitions():
            versions = select(events).where(events.c.seq.in_([each[0] for each in part]))
            rows = {row.seq: row for row in session.execute(versions)}
            yield from (fact_of(rows[version], seq, type) for version, seq, type in part)


def recorded(session: Session, first: int, last: int) -> list[Recorded]:
    """The events from ``first`` up to but without ``last``, as their receivers first saw them."""
    return _recorded_where(session, lambda seq: (seq >= first, seq < last))


def recorded_of(session: Session, seqs: Collection[int]) -> list[Recorded]:
    """The events of some hundred ``seq``, ascending, as their receivers first saw them."""
    return _recorded_where(session, lambda seq: (seq.in_(seqs),)) if seqs else []


def _recorded_where(session: Session, wanted: Callable[[Column[int]], tuple[Any, ...]]) -> list[Recorded]:
    e, o, b = events.alias("e"), events.alias("o"), events.alias("b")
    before = [
        b.c[name].label(f"before_{name}") for name in ("type", "subject", "time", "entity", "day", "year", "body")
    ]
    query = (
        select(e, o.c.type.label("original_type"), *before)
        .outerjoin(o, o.c.seq == e.c.original)
        .outerjoin(b, b.c.seq == e.c.replaces)
        .where(*wanted(e.c.seq))
        .order_by(e.c.seq)
    )
    return [_recorded(row) for row in session.execute(query)]


def _recorded(row: Row[Any]) -> Recorded:
    if row.original is None:
        return Recorded(row.seq, row.type, bytes(row.leaf), None, fact_of(row, row.seq, row.type))
    after = None if row.type == VOIDED else fact_of(row, row.original, row.original_type)
    return Recorded(row.seq, row.type, bytes(row.leaf), _before(row), after)


def _before(row: Row[Any]) -> Fact:
    data = _data(row.before_type, row.before_body)
    place = (row.before_subject, row.before_time, row.before_entity, row.before_day, row.before_year)
    return Fact(row.original, row.original_type, *place, data)

"""The one door into the log: events in, receipts out, all of a batch or none of it.

The lock on the head row comes first and orders all writers, so ``seq`` is gapless and in commit
order. Receivers of :data:`tracker.signals.events_recorded` bring everything derived up to date in
the same transaction. The caller commits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.clock import Clock, now, stamp
from tracker.db import execute_many, insertion, matching
from tracker.errors import ContentConflict, Invalid, UnexpectedChange
from tracker.ledger.corrections import Amendment, Amendments
from tracker.ledger.events import AMENDMENTS, VOIDED, Actor, Fact, Incoming, Receipt, Recorded
from tracker.ledger.heads import lock_head
from tracker.ledger.models import events as events_table
from tracker.ledger.models import head as head_table
from tracker.ledger.models import vault
from tracker.ledger.sealing import Salt, body_of, content_of, leaf_of, resealed, seal
from tracker.signals import events_recorded

_INSERT = insertion(events_table)


def random_salt() -> bytes:
    """32 bytes that nobody can guess."""
    return os.urandom(32)


@dataclass(frozen=True)
class Ledger:
    """What recording needs beside a session: the catalogue in force, a clock, and salts."""

    catalogue: Catalogue
    clock: Clock = now
    salt: Salt = random_salt


class _Row(NamedTuple):
    """A row of the table of events, in the order of its columns."""

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
    body: str
    content: bytes
    leaf: bytes


@dataclass(slots=True)
class _Batch:
    """What one call to :func:`record` is about to write."""

    size: int
    recorded_at: str
    actor: str
    rows: list[_Row]
    secrets: list[dict[str, Any]]
    recorded: list[Recorded]


def record(
    ledger: Ledger,
    session: Session,
    actor: Actor,
    events: Sequence[Incoming],
    *,
    expect: Mapping[str, int | None] | None = None,
) -> list[Receipt]:
    """Record a batch and return one receipt per event, in order.

    An event already on record with the same content is answered as ``duplicate`` and changes
    nothing, also within the batch and also when its schema has changed since. ``expect`` maps
    subjects to the last ``seq`` the caller saw (``None``: no event yet).

    :raise ContentConflict: the same (source, id) with other content.
    :raise Invalid: an event that is not a duplicate has mistakes; all of them are listed.
    :raise StaleReplacement: a correction or void of what is no longer in force.
    :raise Forbidden: a source amends another's event.
    :raise UnexpectedChange: a subject in ``expect`` has moved on.
    :raise CatalogueInactive: this process holds another catalogue than the one in force.
    """
    head = lock_head(session, ledger.catalogue)
    _check_expected(session, expect or {})
    known = _known(session, events)
    fresh = [event for event in events if (event.source, event.id) not in known]
    _refuse_mistakes(fresh)
    amendments = Amendments.load(session, [event for event in fresh if event.type in AMENDMENTS])
    at = max(stamp(ledger.clock()), head.recorded_at)
    batch = _Batch(head.size, at, str(actor), [], [], [])
    receipts = [_take(ledger, actor, batch, known, amendments, event) for event in events]
    if not batch.rows:
        return receipts
    _write(session, batch)
    late = _tell(ledger, session, batch)
    return [each._replace(late=late.get(each.seq)) for each in receipts] if late else receipts


def _tell(ledger: Ledger, session: Session, batch: _Batch) -> dict[int, int]:
    late: dict[int, int] = {}
    for _receiver, years in events_recorded.send(ledger, session=session, events=batch.recorded):
        late.update(years or {})
    return late


def _take(
    ledger: Ledger,
    actor: Actor,
    batch: _Batch,
    known: dict[tuple[str, str], _Known],
    amendments: Amendments,
    event: Incoming,
) -> Receipt:
    found = known.get((event.source, event.id))
    if found is not None:
        return found.answer(event)
    amendment = amendments.check(actor, event, batch.size) if event.type in AMENDMENTS else None
    row, data, secrets = _row(ledger, batch, event, amendment)
    batch.rows.append(row)
    batch.secrets.extend({"seq": row.seq, **secret} for secret in secrets)
    batch.recorded.append(_recorded(row, event, amendment, data))
    batch.size += 1
    salts = {secret["field"]: secret["salt"] for secret in secrets}
    known[event.source, event.id] = _Known(row.seq, row.body, row.content, row.leaf, salts)
    return Receipt(event.id, row.seq, row.leaf.hex(), "recorded")


def _row(
    ledger: Ledger, batch: _Batch, event: Incoming, amendment: Amendment | None
) -> tuple[_Row, dict[str, Any], list[dict[str, Any]]]:
    """The event's row, its open data, and what goes to the vault."""
    schema = ledger.catalogue.events.get(amendment.type if amendment else event.type)
    confidential = schema.confidential if schema and event.type != VOIDED else ()
    data, secrets = seal(event.type, event.data, confidential, ledger.salt) if confidential else (event.data, [])
    body = body_of(event, data)
    content = content_of(body)
    header = {
        "actor": batch.actor,
        "content": content.hex(),
        "day": event.day,
        "entity": event.entity,
        "id": event.id,
        "recorded_at": batch.recorded_at,
        "replaces": amendment.replaces if amendment else None,
        "seq": batch.size,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "type": event.type,
        "year": event.year,
    }
    row = _Row(
        batch.size,
        batch.recorded_at,
        batch.actor,
        event.source,
        event.id,
        event.type,
        event.subject,
        event.time,
        event.entity,
        event.day,
        event.year,
        amendment.original if amendment else None,
        amendment.replaces if amendment else None,
        body,
        content,
        leaf_of(header),
    )
    return row, data, secrets


def _recorded(row: _Row, event: Incoming, amendment: Amendment | None, data: dict[str, Any]) -> Recorded:
    seq, leaf = row.seq, row.leaf
    if amendment is None:
        after = Fact(seq, event.type, event.subject, event.time, event.entity, event.day, event.year, data)
        return Recorded(seq, event.type, leaf, None, after)
    if event.type == VOIDED:
        return Recorded(seq, event.type, leaf, amendment.before, None)
    place = (event.subject, event.time, event.entity, event.day, event.year)
    return Recorded(
        seq, event.type, leaf, amendment.before, Fact(amendment.original, amendment.type, *place, data["data"])
    )


def _write(session: Session, batch: _Batch) -> None:
    execute_many(session, _INSERT, batch.rows)
    if batch.secrets:
        session.execute(insert(vault), batch.secrets)
    session.execute(update(head_table).values(size=batch.size, recorded_at=batch.recorded_at))


def _refuse_mistakes(events: Sequence[Incoming]) -> None:
    mistakes = [mistake for event in events for mistake in event.mistakes]
    if mistakes:
        count = len(mistakes)
        raise Invalid(f"{count} mistake{'' if count == 1 else 's'}; nothing was stored.", mistakes)


def _check_expected(session: Session, expect: Mapping[str, int | None]) -> None:
    for subject, expected in expect.items():
        found = session.scalar(select(func.max(events_table.c.seq)).where(events_table.c.subject == subject))
        if found != expected:
            raise UnexpectedChange(subject, expected, found)


@dataclass(slots=True)
class _Known:
    """An event on record, or earlier in this batch, that a repeated one is compared with."""

    seq: int
    body: str
    content: bytes
    leaf: bytes
    salts: Mapping[str, bytes]

    def answer(self, event: Incoming) -> Receipt:
        if content_of(resealed(event, self.body, self.salts)) != self.content:
            raise ContentConflict(event.pointer, event.source, event.id, self.seq, self.content.hex())
        return Receipt(event.id, self.seq, self.leaf.hex(), "duplicate")


def _known(session: Session, events: Sequence[Incoming]) -> dict[tuple[str, str], _Known]:
    rows = matching(session, "event", ("source", "id"), [(each.source, each.id) for each in events])
    salts = _salts(session, rows)
    return {
        (row.source, row.id): _Known(row.seq, row.body, bytes(row.content), bytes(row.leaf), salts.get(row.seq, {}))
        for row in rows
    }


def _salts(session: Session, rows: Sequence[Row[Any]]) -> dict[int, dict[str, bytes]]:
    found: dict[int, dict[str, bytes]] = {}
    if rows:
        query = select(vault.c.seq, vault.c.field, vault.c.salt).where(vault.c.seq.in_([row.seq for row in rows]))
        for seq, field, salt in session.execute(query):
            found.setdefault(seq, {})[field] = bytes(salt)
    return found

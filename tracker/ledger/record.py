"""The one door into the log: events in, receipts out, all of a batch or none of it.

The lock on the head row comes first and orders all writers, so ``seq`` is gapless and in commit
order. Receivers of :data:`tracker.signals.events_recorded` bring everything derived up to date in
the same transaction. The caller commits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.access.datakeys import DataKeys
from tracker.catalogue import Catalogue
from tracker.clock import Clock, now
from tracker.db import insert_many, matching, run
from tracker.errors import Invalid, UnexpectedChange
from tracker.ledger.attachments import Attachments
from tracker.ledger.batches import Batch, Key, Known
from tracker.ledger.corrections import Amendments
from tracker.ledger.events import AMENDMENTS, ATTACHED, Actor, Delivery, Incoming, Receipt, Recorded
from tracker.ledger.heads import Head, lock_head
from tracker.ledger.models import events as events_table
from tracker.ledger.sealing import Salt
from tracker.ledger.times import day_of, precise
from tracker.ledger.tree import grow
from tracker.ledger.vault import put, salts
from tracker.signals import events_recorded

_SET_HEAD = "UPDATE ledger_head SET size = ?, recorded_at = ?, root = ?, frontier = ?"


def random_salt() -> bytes:
    """32 bytes that nobody can guess."""
    return os.urandom(32)


@dataclass(frozen=True)
class Ledger:
    """What recording needs beside a session: the catalogue in force, a clock, salts, and the keys of the vault,
    without which nothing confidential can be recorded."""

    catalogue: Catalogue
    clock: Clock = now
    salt: Salt = random_salt
    vault: DataKeys | None = None


def record(
    ledger: Ledger,
    session: Session,
    actor: Actor,
    events: Sequence[Incoming],
    *,
    expect: Mapping[str, int | None] | None = None,
    coarse: bool = False,
) -> list[Receipt]:
    """Record the events of one actor and return one receipt per event, in order.

    As :func:`record_all` does for many actors. ``expect`` maps subjects to the last ``seq`` the caller
    saw (``None``: no event yet). ``coarse`` puts only the day on record, as midnight UTC, so that the hour
    tells nothing of an anonymous reporter; the event's own ``time`` is the caller's affair.

    :raise UnexpectedChange: a subject in ``expect`` has moved on.
    """
    head = lock_head(session, ledger.catalogue)
    _check_expected(session, expect or {})
    return _record(ledger, session, head, [Delivery(actor, events)], coarse=coarse)[0]


def record_all(ledger: Ledger, session: Session, deliveries: Sequence[Delivery]) -> list[list[Receipt]]:
    """Record a batch of deliveries, all or none, and return their receipts in the same order.

    An event already on record with the same content is answered as ``duplicate`` and changes
    nothing, also within the batch and also when its schema has changed since.

    :raise ContentConflict: the same (source, id) with other content.
    :raise Invalid: an event that is not a duplicate has mistakes; all of them are listed.
    :raise StaleReplacement: a correction or void of what is no longer in force.
    :raise Forbidden: a source amends another's event.
    :raise CatalogueInactive: this process holds another catalogue than the one in force.
    """
    return _record(ledger, session, lock_head(session, ledger.catalogue), deliveries)


def _record(
    ledger: Ledger, session: Session, head: Head, deliveries: Sequence[Delivery], *, coarse: bool = False
) -> list[list[Receipt]]:
    events = [event for delivery in deliveries for event in delivery.events]
    known = _known(session, ledger, events)
    _refuse_mistakes([each for each in events if each.mistakes and (each.source, each.id) not in known])
    amending = [each for each in events if each.type in AMENDMENTS and (each.source, each.id) not in known]
    attaching = [each for each in events if each.type == ATTACHED and (each.source, each.id) not in known]
    at = max(precise(ledger.clock()), head.recorded_at)
    amendments = Amendments.load(session, amending) if amending else Amendments([], [])
    attachments = Attachments.load(session, attaching) if attaching else Attachments([])
    on_record = day_of(at) if coarse else at
    batch = Batch(ledger.catalogue, ledger.salt, known, amendments, attachments, size=head.size, recorded_at=on_record)
    receipts = [batch.take(delivery) for delivery in deliveries]
    if not batch.rows:
        return receipts
    _write(session, ledger, batch, head, head.recorded_at if coarse else at)
    late = _tell(ledger, session, batch.recorded)
    return [[each._replace(late=late.get(each.seq)) for each in own] for own in receipts] if late else receipts


def _tell(ledger: Ledger, session: Session, events: Sequence[Recorded]) -> dict[int, int]:
    late: dict[int, int] = {}
    for _receiver, years in events_recorded.send(ledger, session=session, events=events):
        late.update(years or {})
    return late


def _write(session: Session, ledger: Ledger, batch: Batch, head: Head, newest: str) -> None:
    insert_many(session, events_table, batch.rows)
    if batch.secrets:
        put(session, ledger.vault, batch.secrets)
    grown = grow(session, head.size, head.frontier, [event.leaf for event in batch.recorded])
    run(session, _SET_HEAD, (grown.size, newest, grown.root, grown.hashes))


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


def _known(session: Session, ledger: Ledger, events: Sequence[Incoming]) -> dict[Key, Known]:
    rows = matching(session, "event", ("source", "id"), [(each.source, each.id) for each in events])
    found = salts(session, ledger.vault, [row.seq for row in rows]) if rows else {}
    return {
        (row.source, row.id): Known(row.seq, row.body, bytes(row.content), bytes(row.leaf), found.get(row.seq, {}))
        for row in rows
    }

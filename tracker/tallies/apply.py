"""Keeping the tallies: the receiver that adds what is new and takes back what is withdrawn.

A batch is first added up in memory, then written in key order with as few statements as it takes.
How events are cut into batches does not change the outcome, so a replay gives the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, insert
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.db import execute_many, upsert
from tracker.errors import Invalid
from tracker.ledger.events import Recorded
from tracker.ledger.record import Ledger
from tracker.tallies.groups import Groups
from tracker.tallies.models import definition, member, newest, reading, tally

_ADD = "ON CONFLICT (metric, period, cell, part) DO UPDATE SET value = tally.value + excluded.value"
_ADD_MEMBERS = (
    "ON CONFLICT (metric, period, cell, member) DO UPDATE SET uses = tally_member.uses + excluded.uses "
    "RETURNING metric, period, cell, member, uses"
)
_DROP_MEMBER = "DELETE FROM tally_member WHERE metric = ? AND period = ? AND cell = ? AND member = ?"


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
    """Receiver of :data:`tracker.signals.events_recorded`."""
    apply(session, ledger.catalogue, events)


def apply(
    session: Session, catalogue: Catalogue, events: Iterable[Recorded], *, only: Collection[str] | None = None
) -> None:
    """Bring the tallies up to date with ``events``, for the definitions in ``only`` or for all.

    :raise Invalid: where a tally would grow past 64 bits.
    """
    groups = Groups(catalogue, None if only is None else frozenset(only))
    look_at = groups.look_at
    for _seq, _type, _leaf, before, after in events:
        if before is not None:
            look_at(before, -1)
        if after is not None:
            look_at(after, 1)
    try:
        _Work(groups).write(session)
    except (DataError, IntegrityError, OverflowError) as error:  # the last is SQLite's driver, for one batch alone
        raise Invalid("A tally would grow past 64 bits; check the quantities. Nothing was stored.") from error


def clear(session: Session) -> None:
    """Forget every tally, before a replay."""
    for table in (tally, member, reading, newest):
        session.execute(delete(table))


def remember_definitions(session: Session, keys: Iterable[str], size: int) -> None:
    """Note definitions as counted from a log of ``size`` events on."""
    rows = [{"metric": key, "size": size} for key in sorted(keys)]
    if rows:
        session.execute(insert(definition), rows)


class _Work:
    """The changes of one batch, added up."""

    def __init__(self, groups: Groups) -> None:
        self._series = groups.series
        self._amounts = groups.amounts()
        self._members = groups.uses()

    def write(self, session: Session) -> None:
        """Write everything, in key order. What members and series come to is added to the tallies last."""
        self._write_members(session)
        for place, amount in self._series.write(session).items():
            self._amounts[place] = self._amounts.get(place, 0) + amount
        rows = [(*place, value) for place, value in sorted(self._amounts.items()) if value]
        if rows:
            upsert(session, tally, _ADD, rows)

    def _write_members(self, session: Session) -> None:
        changes = {place: change for place, change in sorted(self._members.items()) if change}
        if not changes:
            return
        gone: list[tuple[str, ...]] = []
        rows = [(*place, change) for place, change in changes.items()]
        for row in upsert(session, member, _ADD_MEMBERS, rows):
            place = (row.metric, row.period, row.cell, row.member)
            self._come_or_gone((row.metric, row.period, row.cell, 0), row.uses - changes[place], row.uses)
            if row.uses == 0:
                gone.append(place)
        if gone:
            execute_many(session, _DROP_MEMBER, gone)

    def _come_or_gone(self, place: tuple[str, str, str, int], before: int, after: int) -> None:
        step = (after > 0) - (before > 0)
        if step:
            self._amounts[place] = self._amounts.get(place, 0) + step

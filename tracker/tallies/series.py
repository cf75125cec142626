"""Readings of which the newest counts, and what a change in them does to the sums.

Only the newest reading of each month is needed to know what a series contributes; all readings are
kept, so that the one before is found when the newest is corrected away or voided.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.db import execute_many, matching, upsert
from tracker.ledger.events import Fact
from tracker.tallies.measures import Reading, Tallier, contributions, talliers
from tracker.tallies.models import newest
from tracker.tallies.models import reading as reading_table

_DELETE = "DELETE FROM tally_reading WHERE metric = ? AND series = ? AND month = ? AND time = ? AND seq = ?"
_SET_NEWEST = (
    "ON CONFLICT (metric, series, month) "
    "DO UPDATE SET time = excluded.time, seq = excluded.seq, value = excluded.value, cells = excluded.cells"
)
_DROP_NEWEST = "DELETE FROM tally_newest WHERE metric = ? AND series = ? AND month = ?"

_Place = tuple[str, str]
_At = tuple[str, str, int]


class SeriesWork:
    """The readings that one batch adds and withdraws, by metric and series."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._added: dict[_Place, dict[_At, Reading]] = {}
        self._removed: dict[_Place, set[_At]] = {}

    def look_at(self, tallier: Tallier, fact: Fact, sign: int) -> None:
        """Note what a fact reads (+1), or that it no longer does (-1)."""
        for series, reading in tallier.readings(fact):
            place, at = (tallier.key, series), (fact.month, fact.time, fact.seq)
            added = self._added.setdefault(place, {})
            if sign > 0:
                added[at] = reading
            elif added.pop(at, None) is None:
                self._removed.setdefault(place, set()).add(at)

    def write(self, session: Session) -> dict[tuple[str, str, str, int], int]:
        """Write readings and newest readings; return what the tallies change by."""
        places = sorted(self._added.keys() | self._removed.keys())
        if not places:
            return {}
        before = _load(session, places)
        self._write_readings(session)
        changes: dict[tuple[str, str, str, int], int] = {}
        put: list[tuple[Any, ...]] = []
        drop: list[tuple[str, ...]] = []
        for place in places:
            old = before.get(place, {})
            new = self._moved(session, place, old)
            _compare(place, old, new, put, drop)
            self._add_difference(changes, place, old, new)
        if put:
            upsert(session, newest, _SET_NEWEST, put)
        if drop:
            execute_many(session, _DROP_NEWEST, drop)
        return changes

    def _write_readings(self, session: Session) -> None:
        gone = [(*place, *at) for place, ats in sorted(self._removed.items()) for at in sorted(ats)]
        come = [
            (*place, *at, each.value, _text(each))
            for place, readings in sorted(self._added.items())
            for at, each in sorted(readings.items())
        ]
        if gone:
            execute_many(session, _DELETE, gone)
        if come:
            upsert(session, reading_table, "", come)

    def _moved(self, session: Session, place: _Place, old: dict[str, Reading]) -> dict[str, Reading]:
        """The newest readings after the batch; a month that lost its newest is looked up again."""
        new = dict(old)
        for month, time, seq in self._removed.get(place, ()):
            if month in new and new[month].order == (time, seq):
                del new[month]
                found = _newest_in(session, place, month)
                if found is not None:
                    new[month] = found
        for (month, _time, _seq), each in self._added.get(place, {}).items():
            if month not in new or new[month].order <= each.order:
                new[month] = each
        return new

    def _add_difference(
        self,
        changes: dict[tuple[str, str, str, int], int],
        place: _Place,
        old: dict[str, Reading],
        new: dict[str, Reading],
    ) -> None:
        metric = talliers(self._catalogue).by_key[place[0]].metric
        for sign, months in ((-1, old), (1, new)):
            for (period, cell, part), amount in contributions(metric, months, self._catalogue).items():
                at = (place[0], period, cell, part)
                changes[at] = changes.get(at, 0) + sign * amount


def _load(session: Session, places: list[_Place]) -> dict[_Place, dict[str, Reading]]:
    found: dict[_Place, dict[str, Reading]] = {}
    for row in matching(session, "tally_newest", ("metric", "series"), places):
        found.setdefault((row.metric, row.series), {})[row.month] = _reading(row)
    return found


def _newest_in(session: Session, place: _Place, month: str) -> Reading | None:
    c = reading_table.c
    query = (
        select(c.time, c.seq, c.value, c.cells)
        .where(c.metric == place[0], c.series == place[1], c.month == month)
        .order_by(c.time.desc(), c.seq.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _reading(row)


def _reading(row: Any) -> Reading:
    return Reading(row.time, row.seq, row.value, tuple(json.loads(row.cells)))


def _compare(
    place: _Place,
    old: dict[str, Reading],
    new: dict[str, Reading],
    put: list[tuple[Any, ...]],
    drop: list[tuple[str, ...]],
) -> None:
    put.extend(
        (*place, month, each.time, each.seq, each.value, _text(each))
        for month, each in new.items()
        if old.get(month) != each
    )
    drop.extend((*place, month) for month in old.keys() - new.keys())


def _text(reading: Reading) -> str:
    return json.dumps(reading.cells, ensure_ascii=False)

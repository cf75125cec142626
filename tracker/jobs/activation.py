"""Putting a catalogue in force: what it measures anew is counted beside the running tallies first.

Each step is a transaction of its own, so recording goes on meanwhile; the last one takes the head
lock, counts what came in since, walks all subjects again if their lifecycles have changed, and
switches. An activation that is cut off is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tracker.cases import state as cases
from tracker.cases.derive import derive_all, rules_of
from tracker.catalogue import COMPUTED, Catalogue, from_documents
from tracker.catalogue.calendar import Calendar
from tracker.clock import stamp
from tracker.db import Database
from tracker.errors import Conflict
from tracker.ledger.events import Actor
from tracker.ledger.heads import Head, lock, put_in_force, read_head, stored_documents
from tracker.ledger.models import events
from tracker.ledger.queries import recorded
from tracker.ledger.record import Ledger
from tracker.tallies.apply import apply, remember_definitions
from tracker.tallies.models import definition, member, newest, reading, tally

CHUNK = 2000

Progress = Callable[[int, int], None]


def activate(database: Database, ledger: Ledger, actor: Actor, progress: Progress | None = None) -> bool:
    """Put the ledger's catalogue in force. Returns whether anything changed.

    :raise Conflict: it would move recorded events to other days or years.
    """
    with database.read() as session:
        head = read_head(session)
        _check_calendar(session, head, ledger.catalogue)
    if head.catalogue == ledger.catalogue.digest:
        return False
    wanted = keys_of(ledger.catalogue)
    while not _step(database, ledger, actor, wanted, progress):
        pass
    with database.write() as session:
        _forget_others(session, wanted)
    return True


def keys_of(catalogue: Catalogue) -> frozenset[str]:
    """The keys of all metrics that keep tallies."""
    return frozenset(each.key for each in catalogue.metrics.values() if each.measure not in COMPUTED)


def _step(database: Database, ledger: Ledger, actor: Actor, wanted: frozenset[str], progress: Progress | None) -> bool:
    """Count one more chunk for the definitions that lag furthest; switch when none lags by more."""
    with database.write() as session:
        head = lock(session)
        sizes = _sizes(session, head, wanted)
        first = min(sizes.values(), default=head.size)
        lagging = {key for key, size in sizes.items() if size == first}
        last = min([first + CHUNK, head.size, *(size for size in sizes.values() if size > first)])
        if first < head.size:
            apply(session, ledger.catalogue, recorded(session, first, last), only=lagging)
            session.execute(update(definition).where(definition.c.metric.in_(lagging)).values(size=last))
        done = last == head.size and all(key in lagging or size == head.size for key, size in sizes.items())
        if done:
            _check_calendar(session, head, ledger.catalogue)  # again: events came in meanwhile
            _switch(session, ledger, actor, head)
    if progress:
        progress(last, head.size)
    return done


def _sizes(session: Session, head: Head, wanted: Collection[str]) -> dict[str, int]:
    """Up to which size each wanted definition is counted; those in force are, up to the head."""
    known = {metric: size for metric, size in session.execute(select(definition.c.metric, definition.c.size))}
    running = _running(session, head)
    remember_definitions(session, [key for key in wanted if key not in known], 0)
    return {key: head.size if key in running else known.get(key, 0) for key in wanted}


def _running(session: Session, head: Head) -> frozenset[str]:
    documents = stored_documents(session, head.catalogue) if head.catalogue else None
    return keys_of(from_documents(documents)) if documents else frozenset()


def _switch(session: Session, ledger: Ledger, actor: Actor, head: Head) -> None:
    running = _running(session, head) | keys_of(ledger.catalogue)
    session.execute(update(definition).where(definition.c.metric.in_(running)).values(size=head.size))
    if _follows_otherwise(session, ledger.catalogue, head):
        cases.clear(session)
        derive_all(session, ledger.catalogue, size=head.size)
    put_in_force(session, ledger.catalogue, at=stamp(ledger.clock()), by=str(actor))


def _follows_otherwise(session: Session, catalogue: Catalogue, head: Head) -> bool:
    """Whether subjects are to be walked again: their lifecycles or deadlines are others than those in force."""
    documents = stored_documents(session, head.catalogue) if head.catalogue else None
    return head.size > 0 and (documents is None or rules_of(from_documents(documents)) != rules_of(catalogue))


def _forget_others(session: Session, wanted: Collection[str]) -> None:
    """Drop the tallies of definitions that the catalogue in force no longer has."""
    if not keys_match(session, wanted):
        return
    known = session.scalars(select(definition.c.metric)).all()
    stale = [key for key in known if key not in wanted]
    for table in (tally, member, reading, newest, definition):
        for key in stale:
            session.execute(delete(table).where(table.c.metric == key))


def keys_match(session: Session, wanted: Collection[str]) -> bool:
    """Whether the catalogue in force still is the one with these definitions."""
    return _running(session, lock(session)) == frozenset(wanted)


def _check_calendar(session: Session, head: Head, catalogue: Catalogue) -> None:
    documents = stored_documents(session, head.catalogue) if head.catalogue else None
    newest_day = session.scalar(select(events.c.day).order_by(events.c.day.desc()).limit(1))
    if documents is None or newest_day is None:
        return
    if _until(from_documents(documents).calendar, newest_day) != _until(catalogue.calendar, newest_day):
        raise Conflict(
            f"This configuration would move events up to {newest_day} to other days or years. Add a dated entry "
            "to time_zones or year_ends that starts later, and leave the earlier ones as they are."
        )


def _until(calendar: Calendar, day: str) -> tuple[object, object]:
    last = date.fromisoformat(day)
    zones = tuple(entry for entry in calendar.zones if entry.start <= last)
    return zones, tuple(entry for entry in calendar.year_ends if entry.start <= last)

"""Keeping the states: the receiver that moves subjects on as events come in, or walks them again from the start.

What comes in order is taken up where the subject stands, a batch in a few statements. Whatever else happens (a fact
between others, a correction, a void) the subjects concerned are walked from all their facts. Both give the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, delete
from sqlalchemy.orm import Session

from tracker.cases.derive import derive
from tracker.cases.lifecycle import Running, Walk, place_of
from tracker.cases.models import deadlines, misfits, states
from tracker.cases.rows import Changes, Key
from tracker.catalogue import Catalogue, Lifecycle
from tracker.db import matching
from tracker.ledger.events import Fact, Recorded
from tracker.ledger.record import Ledger

Fresh: TypeAlias = dict[Key, list[Fact]]


def on_events_recorded(ledger: Ledger, *, session: Session, events: Sequence[Recorded]) -> None:
    """Receiver of :data:`tracker.signals.events_recorded`."""
    fresh, again = _sorted_out(ledger.catalogue, events)
    if not fresh and not again:
        return
    changes = Changes()
    again |= _go_on(session, ledger.catalogue, fresh, changes)
    if again:
        derive(session, ledger.catalogue, again, size=events[-1].seq + 1, changes=changes)
    changes.write(session)


def clear(session: Session) -> None:
    """Forget all states, misfits and deadlines, before a replay."""
    for table in (states, misfits, deadlines):
        session.execute(delete(table))


def _sorted_out(catalogue: Catalogue, events: Sequence[Recorded]) -> tuple[Fresh, set[Key]]:
    """The new facts of each subject, and the subjects about which something is taken back."""
    known = catalogue.lifecycles_by_event
    fresh: Fresh = {}
    again: set[Key] = set()
    for _seq, _type, _leaf, before, after in events:
        if before is None and after is not None:
            if after.type in known and after.subject is not None:
                for lifecycle in known[after.type]:
                    fresh.setdefault((lifecycle.kind, after.subject), []).append(after)
            continue
        for fact in (before, after):
            if fact is not None and fact.type in known and fact.subject is not None:
                again.update((lifecycle.kind, fact.subject) for lifecycle in known[fact.type])
    return {key: facts for key, facts in fresh.items() if key not in again}, again


def _go_on(session: Session, catalogue: Catalogue, fresh: Fresh, changes: Changes) -> set[Key]:
    """Take up those that can be where they stand; returns the others."""
    keys = list(fresh)
    rows = {(row.kind, row.subject): row for row in matching(session, "subject_state", ("kind", "subject"), keys)}
    running = _running(session, catalogue, rows)
    again = set()
    for key, facts in fresh.items():
        lifecycle = catalogue.lifecycles_by_kind[key[0]]
        row, last_seq = rows.get(key), facts[-1].seq
        ordered = facts if len(facts) == 1 else sorted(facts, key=place_of)
        if row is not None and _comes_between(lifecycle, ordered, row.newest):
            again.add(key)
            continue
        made = _taken_up(lifecycle, catalogue, row, running.get(key, ()))
        for fact in ordered:
            made.take(fact)
        if made.doubtful:
            again.add(key)
        elif made.newest is not None:
            changes.add(key, made, last_seq, misfits=len(made.misfits) + (row.misfits if row else 0))
    return again


def _comes_between(lifecycle: Lifecycle, ordered: Sequence[Fact], newest: str) -> bool:
    """Whether a fact that the lifecycle knows lies before the newest one on record."""
    return ordered[0].time < newest and any(each.time < newest for each in ordered if each.type in lifecycle.events)


def _running(session: Session, catalogue: Catalogue, keys: Iterable[Key]) -> Mapping[Key, list[Running]]:
    """The deadlines that are open for those of the subjects that have any."""
    found: dict[Key, list[Running]] = {}
    timed = [key for key in keys if catalogue.lifecycles_by_kind[key[0]].deadlines]
    for row in matching(session, "deadline", ("kind", "subject"), timed):
        if row.met_seq is None:
            open = Running(row.name, row.opened_seq, row.opened, row.warns, row.due)
            found.setdefault((row.kind, row.subject), []).append(open)
    return found


def _taken_up(lifecycle: Lifecycle, catalogue: Catalogue, row: Row[Any] | None, running: Collection[Running]) -> Walk:
    made = Walk(lifecycle, catalogue.calendar, telling=False)
    if row is not None:
        made.state, made.opened, made.moved, made.moved_seq = row.state, row.opened, row.moved, row.moved_seq
        made.newest, made.known = row.newest, None
        made.deadlines, made.resumed = list(running), len(running)
    return made

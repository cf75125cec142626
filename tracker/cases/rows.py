"""Writing where subjects stand: the rows of many, in a few statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from tracker.cases.lifecycle import Walk
from tracker.cases.models import deadlines, misfits, states
from tracker.db import execute_many, insert_many, upsert

Key: TypeAlias = tuple[str, str]
"""Kind and subject."""

_SET_STATE = "ON CONFLICT (kind, subject) DO UPDATE SET " + ", ".join(
    f"{each} = excluded.{each}" for each in ("state", "opened", "moved", "moved_seq", "newest", "last_seq", "misfits")
)
_SET_MET = "ON CONFLICT (kind, subject, name, opened_seq) DO UPDATE SET met = excluded.met, met_seq = excluded.met_seq"


@dataclass
class Changes:
    """What a batch changes: subjects to be forgotten first, and rows to be written after."""

    forgotten: list[Key] = field(default_factory=list)
    states: list[tuple[Any, ...]] = field(default_factory=list)
    misfits: list[tuple[Any, ...]] = field(default_factory=list)
    deadlines: list[tuple[Any, ...]] = field(default_factory=list)
    met: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, key: Key, walk: Walk, last_seq: int, *, misfits: int) -> None:
        """Where a subject stands now, and what is new about it. ``misfits`` is how many it has in all."""
        at = (walk.state, walk.opened, walk.moved, walk.moved_seq, walk.newest, last_seq, misfits)
        self.states.append((*key, *at))
        for each in walk.misfits:
            self.misfits.append((each.seq, *key, each.type, each.state))
        self.met.extend((*key, *each) for each in walk.deadlines[: walk.resumed] if each.met_seq is not None)
        self.deadlines.extend((*key, *each) for each in walk.deadlines[walk.resumed :])

    def write(self, session: Session) -> None:
        """Write everything."""
        for table in (states, misfits, deadlines) if self.forgotten else ():
            execute_many(session, f"DELETE FROM {table.name} WHERE kind = ? AND subject = ?", self.forgotten)
        if self.states:
            upsert(session, states, _SET_STATE, self.states)
        if self.met:
            upsert(session, deadlines, _SET_MET, self.met)
        for table, rows in ((misfits, self.misfits), (deadlines, self.deadlines)):
            if rows:
                insert_many(session, table, rows)

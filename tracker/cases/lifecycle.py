"""Walking a subject through its lifecycle, fact by fact: pure, and the same however the facts arrived.

What does not fit changes nothing but is noted: a start of what has started, a move from a state that it does not
leave, anything before a start. A misfit neither opens nor meets a deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tracker.cases.dates import due_at, warns_at
from tracker.catalogue.calendar import Calendar
from tracker.catalogue.subjects import Deadline, Lifecycle
from tracker.clock import stamp
from tracker.ledger.events import Fact


class Step(NamedTuple):
    """What a fact did: the state after it, and whether it fitted."""

    seq: int
    type: str
    state: str | None
    fits: bool


class Misfit(NamedTuple):
    """A fact that does not fit, and the state it met."""

    seq: int
    type: str
    state: str | None


class Running(NamedTuple):
    """A deadline that has opened; ``met`` is when it was done. Times are spelt as in the ledger."""

    name: str
    opened_seq: int
    opened: str
    warns: str
    due: str
    met: str | None = None
    met_seq: int | None = None


@dataclass
class Walk:
    """Where a subject is on its way. Facts are taken in order of (time, seq).

    ``known`` are the choices that decide how long a deadline runs, as the facts so far have them; None where the
    walk was taken up half way. What then cannot be told makes it ``doubtful``: it must be walked from the start.
    """

    lifecycle: Lifecycle
    calendar: Calendar
    state: str | None = None
    opened: str | None = None
    moved: str | None = None
    moved_seq: int | None = None
    newest: str | None = None
    misfits: list[Misfit] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    deadlines: list[Running] = field(default_factory=list)
    known: dict[str, str] | None = field(default_factory=dict)
    doubtful: bool = False
    telling: bool = True
    """Whether its steps are wanted; who keeps the tables has no use for them."""
    resumed: int = 0
    """How many of the deadlines were running already where the walk was taken up."""

    def take(self, fact: Fact) -> None:
        """Go one fact further. One of a type that the lifecycle does not know changes nothing."""
        lifecycle, type, before = self.lifecycle, fact.type, self.state
        if type not in lifecycle.events:
            return
        self.newest = fact.time
        if type in lifecycle.moving and not self._moves(fact):
            self.misfits.append(Misfit(fact.seq, type, before))
            self.steps.append(Step(fact.seq, type, before, fits=False))
            return
        if lifecycle.deadlines:
            self._time(fact, before)
        if self.telling:
            self.steps.append(Step(fact.seq, type, self.state, fits=True))

    def _moves(self, fact: Fact) -> bool:
        after = target(self.lifecycle, self.state, fact.type)
        if after is None:
            return False
        self.opened = self.opened or fact.time
        self.state, self.moved, self.moved_seq = after, fact.time, fact.seq
        return True

    def _time(self, fact: Fact, before: str | None) -> None:
        """Meet what this fact meets, then open what it opens: a new certificate takes the place of the old one."""
        lifecycle, entered = self.lifecycle, self.state if self.state != before else None
        if lifecycle.deciding and self.known is not None:
            self.known.update((name, fact.data[name]) for name in lifecycle.deciding if name in fact.data)
        for each in lifecycle.met_with.get(fact.type, ()):
            self._meet(each, fact)
        if entered is not None:
            for each in lifecycle.due_in.get(before or "", ()):
                self._meet(each, fact)
            for each in lifecycle.due_in.get(entered, ()):
                self._open(each, fact)
        for each in lifecycle.opened_by.get(fact.type, ()):
            self._open(each, fact)

    def _meet(self, deadline: Deadline, fact: Fact) -> None:
        """All that run under its name; with ``per`` those of the fact's value, or all if it has none."""
        name = deadline.name if deadline.per is None else row_name(deadline, fact.data)
        for place, each in enumerate(self.deadlines):
            alike = each.name == name or (name == deadline.name and base_name(each.name, deadline) == name)
            if each.met_seq is None and alike:
                self.deadlines[place] = each._replace(met=fact.time, met_seq=fact.seq)

    def _open(self, deadline: Deadline, fact: Fact) -> None:
        if (choice := deadline.due.field) is not None and choice not in fact.data and self.known is None:
            self.doubtful = True
            return
        opened = datetime.fromisoformat(fact.time)
        data = {**self.known, **fact.data} if choice is not None and self.known else fact.data
        due = due_at(deadline, opened, data, self.calendar)
        if due is not None:
            warns = warns_at(deadline, opened, due, self.calendar)
            name = deadline.name if deadline.per is None else row_name(deadline, fact.data)
            self.deadlines.append(Running(name, fact.seq, fact.time, stamp(warns), stamp(due)))


def target(lifecycle: Lifecycle, state: str | None, type: str) -> str | None:
    """The state that an event of this type takes a subject to from ``state`` (None: not started); None where it
    does not fit."""
    if state is None:
        return lifecycle.start.get(type)
    move = lifecycle.moves.get(type)
    return move.target if move is not None and state in move.sources else None


def walk(lifecycle: Lifecycle, calendar: Calendar, facts: Iterable[Fact]) -> Walk:
    """Walk a subject from its first fact to its last, in whatever order they are given."""
    made = Walk(lifecycle, calendar)
    for fact in sorted(facts, key=place_of):
        made.take(fact)
    return made


def place_of(fact: Fact) -> tuple[str, int]:
    """Where a fact stands among those of its subject: by time, then by the seq of its original."""
    return fact.time, fact.seq


def row_name(deadline: Deadline, data: Mapping[str, Any]) -> str:
    """Under which name a deadline runs: with ``per`` its value is part of it."""
    value = data.get(deadline.per) if deadline.per else None
    return deadline.name if not isinstance(value, str | int) else f"{deadline.name}:{value}"


def base_name(name: str, deadline: Deadline) -> str:
    """The deadline's own name, if ``name`` is one that it runs under."""
    return deadline.name if deadline.per and name.startswith(f"{deadline.name}:") else name

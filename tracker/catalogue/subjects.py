"""What is followed over time: the states of a kind of subject, the events that move it, and its deadlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from typing import TypeVar

_Value = TypeVar("_Value")


def gathered(pairs: Iterable[tuple[str, _Value]]) -> Mapping[str, tuple[_Value, ...]]:
    """The values of each key, every one once, in the order in which they come."""
    found: dict[str, list[_Value]] = {}
    for key, value in pairs:
        if value not in found.setdefault(key, []):
            found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}


@dataclass(frozen=True)
class Span:
    """A length of time: hours exactly, and months by the calendar of the organisation."""

    hours: int = 0
    months: int = 0


@dataclass(frozen=True)
class Due:
    """When something is due: a span after it opens; one per value of the choice field ``field``; or at the end
    of the day that the date field ``date`` of the opening event names."""

    span: Span | None = None
    field: str | None = None
    by_value: Mapping[str, Span] = attribute(default_factory=dict)
    date: str | None = None


@dataclass(frozen=True)
class Deadline:
    """What must be done by when. It opens with one of the events ``start`` or, where ``state`` is set, when the
    subject enters that state; it is met by one of ``met_by``, or when the subject leaves the state.

    ``per`` names a field: several are open at once, one for each of its values. ``warn`` is how long before it is
    due people are told; where it is None, three days or a quarter of the time, whichever is shorter.
    """

    name: str
    label: Mapping[str, str]
    due: Due
    start: tuple[str, ...] = ()
    met_by: tuple[str, ...] = ()
    per: str | None = None
    warn: Span | None = None
    state: str | None = None


@dataclass(frozen=True)
class Move:
    """An event that takes a subject from one of ``sources`` to ``target``."""

    event: str
    sources: tuple[str, ...]
    target: str
    due: Due | None = None


@dataclass(frozen=True)
class Lifecycle:
    """The states of one kind of subject, the events that start and move it, and its deadlines by name: those that
    are declared, and one for each state (``state:reported``) from which a move is due."""

    subject: str
    domain: str
    states: Mapping[str, Mapping[str, str]]
    start: Mapping[str, str]
    moves: Mapping[str, Move]
    deadlines: Mapping[str, Deadline] = attribute(default_factory=dict)

    @cached_property
    def kind(self) -> str:
        """What its subjects are, in any domain: ``integrity.case``."""
        return f"{self.domain}.{self.subject}"

    @cached_property
    def events(self) -> frozenset[str]:
        """The types of all events that may change the state or a deadline of a subject."""
        timed = (event for each in self.deadlines.values() for event in (*each.start, *each.met_by))
        return frozenset((*self.start, *self.moves, *timed))

    @cached_property
    def moving(self) -> frozenset[str]:
        """The types of the events that start or move a subject."""
        return frozenset((*self.start, *self.moves))

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The choices that decide how long some deadline runs."""
        return frozenset(each.due.field for each in self.deadlines.values() if each.due.field is not None)

    @cached_property
    def terminal(self) -> frozenset[str]:
        """The states that no move leaves."""
        left = {source for move in self.moves.values() for source in move.sources if source != move.target}
        return frozenset(self.states) - left

    @cached_property
    def opened_by(self) -> Mapping[str, tuple[Deadline, ...]]:
        """For each event type the deadlines that it opens."""
        return gathered((event, each) for each in self.deadlines.values() for event in each.start)

    @cached_property
    def met_with(self) -> Mapping[str, tuple[Deadline, ...]]:
        """For each event type the deadlines that it meets."""
        return gathered((event, each) for each in self.deadlines.values() for event in each.met_by)

    @cached_property
    def due_in(self) -> Mapping[str, tuple[Deadline, ...]]:
        """For each state the deadlines that run while a subject is in it."""
        return gathered((each.state, each) for each in self.deadlines.values() if each.state is not None)

    def moves_from(self, state: str) -> tuple[Move, ...]:
        """The moves that a subject in ``state`` may make, in the order in which they are declared."""
        return tuple(move for move in self.moves.values() if state in move.sources)

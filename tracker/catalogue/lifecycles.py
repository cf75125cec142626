"""Building lifecycles: the states of a kind of subject, and the events that start and move it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tracker.catalogue.deadlines import declared, of_states
from tracker.catalogue.labels import label
from tracker.catalogue.reader import NAME, Section, unknown
from tracker.catalogue.scope import Scope, near, resolve
from tracker.catalogue.spans import due
from tracker.catalogue.subjects import Due, Lifecycle, Move

_ANY = re.compile(r".*", re.DOTALL)


def lifecycles(section: Section, domain: str, scope: Scope) -> list[Lifecycle]:
    """Read a domain's ``lifecycle``: a mapping, or a list of them."""
    several = section.get("lifecycle", dict, list, optional=True)
    if several is None:
        return []
    items = [section.section("lifecycle")] if isinstance(several, dict) else section.sections("lifecycle")
    found = [_lifecycle(each, domain, scope) for each in items]
    for at, each in enumerate(found):
        if each.subject and each.subject in [earlier.subject for earlier in found[:at]]:
            items[at].wrong("subject", f"{each.subject!r} has a lifecycle already")
    return found


def _lifecycle(section: Section, domain: str, scope: Scope) -> Lifecycle:
    states = section.section("states")
    labels = {state: label(states, state, scope.locales) for state in states.named()}
    start = _start(section.section("start"), domain, scope, labels)
    moves = section.section("moves", optional=True)
    built = Lifecycle(
        subject=section.shaped("subject", NAME, "lower_case"),
        domain=domain,
        states=labels,
        start=start,
        moves={move.event: move for move in _moves(moves, domain, scope, labels, tuple(start))},
    )
    timed = declared(section.section("deadlines", optional=True), domain, scope, [*built.start, *built.moves])
    section.close()
    if not section.muted:
        _check_reachable(section, built)
    return replace(built, deadlines={each.name: each for each in (*of_states(built, scope), *timed)})


def _start(section: Section, domain: str, scope: Scope, states: Iterable[str]) -> Mapping[str, str]:
    start: dict[str, str] = {}
    for key in section.named(_ANY):
        start[_event(section, key, domain, scope)] = section.choice(key, list(states), kind="state")
    if not section.data:
        section.wrong(None, "is empty; say which event starts a subject, and in which state")
    return start


def _moves(section: Section, domain: str, scope: Scope, states: Iterable[str], starts: Sequence[str]) -> Iterable[Move]:
    known_moves = [event for key in section.data if (event := resolve(key, domain, scope.events))]
    for key, each in section.entries(_ANY):
        event = _event(section, key, domain, scope)
        known = list(states)
        sources = each.names("from")
        for source in sources:
            if source not in known:
                each.wrong("from", unknown("state", source, known))
        target = each.choice("to", known, kind="state")
        made = Move(event, sources, target, _due(each, event, [*starts, *known_moves], scope))
        if made.due is not None and sources == (target,):
            each.wrong("due", "cannot be due, since it leaves its subject where it is; declare a deadline instead")
        each.close()
        yield made


def _event(section: Section, key: str, domain: str, scope: Scope) -> str:
    event = resolve(key, domain, scope.events)
    if event is None:
        section.wrong(key, unknown("event", key, near(domain, scope.events)))
    return event or key


def _due(section: Section, event: str, events: Sequence[str], scope: Scope) -> Due | None:
    """When a move is due. What decides must be known before it: a field of another event of the lifecycle."""
    if "due" not in section:
        return None
    found = due(section, events, scope)
    others = [each for each in events if each != event and each in scope.events]
    only_here = event in scope.events and found.field in scope.events[event].fields
    if only_here and not any(found.field in scope.events[each].fields for each in others):
        section.wrong(
            "due.by", f"{found.field!r} is known only once {event} has happened; name a field of an earlier event"
        )
    return found


def _check_reachable(section: Section, lifecycle: Lifecycle) -> None:
    reached = set(lifecycle.start.values())
    moves = lifecycle.moves.values()
    if not reached.union(*(move.sources for move in moves), (move.target for move in moves)) <= set(lifecycle.states):
        return  # A state is misspelt, and has been reported; what follows from it is not worth telling.
    while more := _next(lifecycle, reached) - reached:
        reached |= more
    for state in lifecycle.states:
        if state not in reached:
            section.wrong(f"states.{state}", "cannot be reached from a start by any move")


def _next(lifecycle: Lifecycle, reached: set[str]) -> set[str]:
    return {move.target for move in lifecycle.moves.values() if reached & set(move.sources)}

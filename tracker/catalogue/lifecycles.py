"""Building lifecycles: the states of a kind of subject, and the events that start and move it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tracker.catalogue.labels import label
from tracker.catalogue.model import Due, FieldType, Lifecycle, Move
from tracker.catalogue.reader import NAME, Section, unknown
from tracker.catalogue.scope import Scope, common_fields, near, resolve

_DURATION = re.compile(r"([1-9]\d{0,4})([dh])", re.ASCII)
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
    section.close()
    if not section.muted:
        _check_reachable(section, built)
    return built


def _start(section: Section, domain: str, scope: Scope, states: Iterable[str]) -> Mapping[str, str]:
    start: dict[str, str] = {}
    for key in section.named(_ANY):
        start[_event(section, key, domain, scope)] = section.choice(key, list(states), kind="state")
    if not section.data:
        section.wrong(None, "is empty; say which event starts a subject, and in which state")
    return start


def _moves(section: Section, domain: str, scope: Scope, states: Iterable[str], starts: Sequence[str]) -> Iterable[Move]:
    for key, each in section.entries(_ANY):
        event = _event(section, key, domain, scope)
        known = list(states)
        sources = each.names("from")
        for source in sources:
            if source not in known:
                each.wrong("from", unknown("state", source, known))
        target = each.choice("to", known, kind="state")
        due = _due(each, [event, *starts], scope)
        each.close()
        yield Move(event, sources, target, due)


def _event(section: Section, key: str, domain: str, scope: Scope) -> str:
    event = resolve(key, domain, scope.events)
    if event is None:
        section.wrong(key, unknown("event", key, near(domain, scope.events)))
    return event or key


def _due(section: Section, events: Sequence[str], scope: Scope) -> Due | None:
    if "due" not in section:
        return None
    found = section.get("due", str, dict)
    if isinstance(found, str):
        return Due(hours=_hours(section, "due"))
    due = section.at("due", found)
    field = due.shaped("by", NAME, "lower_case")
    hours = due.section("of")
    by_value = {value: _hours(hours, value) for value in hours.named(_ANY)}
    due.close()
    if field and all(event in scope.events for event in events):
        _check_due_field(due, field, events, scope, by_value)
    return Due(field=field, hours_by_value=by_value)


def _hours(section: Section, key: str) -> int:
    text = section.text(key)
    found = _DURATION.fullmatch(text)
    if found is None:
        if text:
            section.wrong(key, f"{text!r} is not a duration such as 7d or 12h")
        return 1
    return int(found[1]) * (24 if found[2] == "d" else 1)


def _check_due_field(
    section: Section, name: str, events: Sequence[str], scope: Scope, hours: Mapping[str, int]
) -> None:
    """The deadline's field must be an open choice of the event itself or of one that starts the subject."""
    if any((event, name) in scope.broken for event in events):
        return
    found = common_fields(scope, events, name)
    if not found:
        names = {each for event in events for each in scope.events[event].fields}
        section.wrong("by", unknown("field", name, names))
    elif found[0].type is not FieldType.CHOICE:
        section.wrong("by", f"{name!r} is of type {found[0].type.value!r}; a deadline needs a choice")
    elif found[0].confidential:
        section.wrong("by", f"{name!r} is confidential; a deadline would tell its value")
    else:
        _check_values(section, found[0].choices, hours)


def _check_values(section: Section, choices: Iterable[str], hours: Mapping[str, int]) -> None:
    allowed = list(choices)
    for value in hours:
        if value not in allowed:
            section.wrong(f"of.{value}", unknown("choice", value, allowed))
    if missing := [value for value in allowed if value not in hours]:
        section.wrong("of", f"has no deadline for {', '.join(missing)}")


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

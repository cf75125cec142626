"""Building the deadlines of a lifecycle: those that are declared, and those that follow from moves that are due."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.catalogue.labels import label
from tracker.catalogue.model import FieldType, Label
from tracker.catalogue.reader import NAME, Section, unknown
from tracker.catalogue.scope import Scope, common_fields, near, resolve
from tracker.catalogue.spans import due, refuse_confidential, span
from tracker.catalogue.subjects import Deadline, Due, Lifecycle, Move, gathered

STATE = "state"
"""How the names of deadlines begin that run while a subject is in a state; no declared one may be called so."""

_SCALAR = frozenset({FieldType.CHOICE, FieldType.ID, FieldType.TEXT, FieldType.INTEGER})


def declared(section: Section, domain: str, scope: Scope, moving: Sequence[str]) -> list[Deadline]:
    """Read a lifecycle's ``deadlines``. ``moving`` are its events that start and move a subject."""
    return [_deadline(name, each, domain, scope, moving) for name, each in section.entries(NAME)]


def _deadline(name: str, section: Section, domain: str, scope: Scope, moving: Sequence[str]) -> Deadline:
    if name == STATE:
        section.wrong(None, f"the name {STATE!r} is taken; choose another")
    start = _events(section, "from", domain, scope)
    met_by = _events(section, "met_by", domain, scope)
    made = Deadline(
        name=name,
        label=label(section, "label", scope.locales),
        start=start,
        met_by=met_by,
        due=due(section, [*start, *moving], scope, dated=start),
        per=_per(section, start, scope),
        warn=span(section, "warn") if "warn" in section else None,
    )
    section.close()
    return made


def _events(section: Section, key: str, domain: str, scope: Scope) -> tuple[str, ...]:
    found = []
    for name in section.names(key):
        event = resolve(name, domain, scope.events)
        if event is None:
            section.wrong(key, unknown("event", name, near(domain, scope.events)))
        found.append(event or name)
    return tuple(found)


def _per(section: Section, start: Sequence[str], scope: Scope) -> str | None:
    name = section.shaped("per", NAME, "lower_case", optional=True)
    if not name or any((event, name) in scope.broken for event in start):
        return name or None
    known = [event for event in start if event in scope.events]
    fields = common_fields(scope, known, name)
    for event in known:
        if name not in scope.events[event].fields:
            section.wrong("per", unknown(f"field of {event}", name, scope.events[event].fields))
    for field in fields:
        if field.type not in _SCALAR:
            section.wrong("per", f"{name!r} is of type {field.type.value!r}, which cannot tell deadlines apart")
        refuse_confidential(section, "per", field)
    return name


def of_states(lifecycle: Lifecycle, scope: Scope) -> list[Deadline]:
    """A deadline for each state and each time in which a move from it is due. Moves with the same ``due`` share one,
    named by the state; where they differ, each is named by its event as well."""
    found = []
    for state in lifecycle.states:
        moves = [move for move in lifecycle.moves_from(state) if move.due is not None and move.target != state]
        together = gathered((repr(move.due), move) for move in moves)
        for alike in together.values():
            name = f"{STATE}:{state}" if len(together) == 1 else f"{STATE}:{state}:{_short(lifecycle, alike[0])}"
            found.append(Deadline(name, _label(alike, scope), alike[0].due or Due(), state=state))
    return found


def _short(lifecycle: Lifecycle, move: Move) -> str:
    return move.event.removeprefix(f"{lifecycle.domain}.")


def _label(moves: Sequence[Move], scope: Scope) -> Label:
    """What is to happen: the labels of the moves."""
    labels = [scope.events[each.event].label for each in moves if each.event in scope.events]
    return {locale: " / ".join(each[locale] for each in labels) for locale in scope.locales}

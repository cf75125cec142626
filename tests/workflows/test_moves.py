"""Every lifecycle of the reference catalogue: each move that it allows is made, each that it does not is refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.house import House
from tests.workflows.acts import Acting, person
from tracker.access.keys import Keys
from tracker.cases.lifecycle import target
from tracker.catalogue import Catalogue, Field, FieldType, Lifecycle, load
from tracker.db import Database
from tracker.errors import IllegalMove
from tracker.settings import shipped

EVERYBODY = person("everyone", "recorder", "case_officer")


@lru_cache
def reference() -> Catalogue:
    """The configuration that is shipped."""
    return load(shipped("config"))


KINDS = sorted(reference().lifecycles_by_kind)


def value_of(field: Field) -> Any:
    """Some value that a field takes."""
    if field.type is FieldType.CHOICE:
        return next(iter(field.choices))
    if field.type is FieldType.MONEY:
        return {"amount": "1", "currency": field.currency}
    number = int(field.minimum or 0)
    values = {
        FieldType.INTEGER: number,
        FieldType.NUMBER: str(number),
        FieldType.DATE: "2021-03-31",
        FieldType.TIME: "2021-01-31T12:00:00Z",
        FieldType.LIST: ["a-1"],
        FieldType.FLAG: True,
        FieldType.LINK: "https://example.com/",
    }
    return values.get(field.type, "a-1")


def data_for(type: str) -> dict[str, Any]:
    """The least that an event of this type may say."""
    fields = reference().events[type].fields
    return {name: value_of(field) for name, field in fields.items() if field.required}


def paths(lifecycle: Lifecycle) -> dict[str, tuple[str, ...]]:
    """The events that lead to each state, as few as possible."""
    found: dict[str, tuple[str, ...]] = {}
    for event, state in lifecycle.start.items():
        found.setdefault(state, (event,))
    waiting = list(found)
    for state in waiting:
        for move in lifecycle.moves_from(state):
            if move.target not in found:
                found[move.target] = (*found[state], move.event)
                waiting.append(move.target)
    return found


def subjects_in(house: House, lifecycle: Lifecycle) -> Iterator[tuple[str, str]]:
    """A subject in each state, brought there by facts from outside."""
    for number, (state, events) in enumerate(paths(lifecycle).items()):
        subject = f"subject-{number}"
        for event in events:
            house.record(house.event(event, data_for(event), subject=subject))
        yield state, subject


def acting_on(database: Database, kind: str, home: Path) -> Acting:
    """A house over the reference catalogue whose people need no other rule than the lifecycle."""
    acting = Acting(House.build(database, reference()), kind, keys=Keys.of(home))
    acting.keys.make()
    return acting


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_lifecycle_does_not_allow_is_refused(database: Database, kind: str, tmp_path: Path) -> None:
    acting, lifecycle = acting_on(database, kind, tmp_path), reference().lifecycles_by_kind[kind]
    found = dict(subjects_in(acting.house, lifecycle))
    assert found.keys() == lifecycle.states.keys()
    before, refused = acting.events(), 0
    for (state, subject), event in itertools.product(found.items(), sorted(lifecycle.moving)):
        if target(lifecycle, state, event) is not None:
            continue
        with pytest.raises(IllegalMove) as told:
            acting.act(EVERYBODY, subject, event.removeprefix(f"{kind}."), data_for(event))
        assert told.value.state == state
        assert told.value.allowed == tuple(move.event for move in lifecycle.moves_from(state))
        refused += 1
    assert refused == len(found) * len(lifecycle.moving) - sum(len(move.sources) for move in lifecycle.moves.values())
    assert acting.events() == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_lifecycle_allows_is_done(database: Database, kind: str, tmp_path: Path) -> None:
    acting, lifecycle = acting_on(database, kind, tmp_path), reference().lifecycles_by_kind[kind]
    for move in lifecycle.moves.values():
        for source in move.sources:
            subject = f"{source}-{move.event.rpartition('.')[2]}"
            for event in paths(lifecycle)[source]:
                acting.house.record(acting.house.event(event, data_for(event), subject=subject))
            assert move.event.removeprefix(f"{kind}.") in acting.allowed(EVERYBODY, subject)
            acting.act(EVERYBODY, subject, move.event.removeprefix(f"{kind}."), data_for(move.event))
            standing = acting.standing(subject)
            assert standing is not None
            assert (standing.state, standing.misfits) == (move.target, 0)

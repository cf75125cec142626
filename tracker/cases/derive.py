"""Walking subjects again from everything on record about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.cases.lifecycle import walk
from tracker.cases.rows import Changes, Key
from tracker.catalogue import Catalogue, Deadline, Lifecycle
from tracker.db import run
from tracker.ledger.events import Fact
from tracker.ledger.subjects import versions_of_subjects

CHUNK = 500


def derive(session: Session, catalogue: Catalogue, keys: Collection[Key], *, size: int, changes: Changes) -> None:
    """Note where these subjects stand in a log of ``size`` events; what was known of them is to be forgotten."""
    changes.forgotten.extend(sorted(keys))
    _walk(catalogue, _about(session, catalogue, {subject for _kind, subject in keys}, size), set(keys), changes)


def derive_all(session: Session, catalogue: Catalogue, *, size: int) -> None:
    """Walk every subject of a log of ``size`` events, some at a time. The tables have been cleared."""
    for subjects in _subjects(session, size):
        changes, found = Changes(), _about(session, catalogue, subjects, size)
        _walk(catalogue, found, found.facts.keys(), changes)
        changes.write(session)


def rules_of(catalogue: Catalogue) -> object:
    """All that decides where subjects stand and what is due, without labels: two catalogues with equal rules walk
    every subject alike."""
    nameless = [
        (each.kind, tuple(each.states), sorted(each.start.items()), sorted(each.moves.items()), _timed(each))
        for each in sorted(catalogue.lifecycles, key=lambda each: each.kind)
    ]
    about = {type: sorted(each.kind for each in known) for type, known in catalogue.lifecycles_by_event.items()}
    return nameless, about, catalogue.calendar.zones


def _timed(lifecycle: Lifecycle) -> Sequence[Deadline]:
    return [replace(each, label={}) for _name, each in sorted(lifecycle.deadlines.items())]


class _About(NamedTuple):
    """The facts in force of each kind and subject, and the newest event about it."""

    facts: dict[Key, list[Fact]]
    newest: dict[Key, int]


def _walk(catalogue: Catalogue, about: _About, keys: AbstractSet[Key], changes: Changes) -> None:
    for key in sorted(about.facts.keys() & keys):
        found = walk(catalogue.lifecycles_by_kind[key[0]], catalogue.calendar, about.facts[key])
        if found.newest is not None:
            changes.add(key, found, about.newest[key], misfits=len(found.misfits))


def _about(session: Session, catalogue: Catalogue, subjects: Collection[str], size: int) -> _About:
    found = _About({}, {})
    for version in versions_of_subjects(session, subjects, size=size):
        for lifecycle in catalogue.lifecycles_by_event.get(version.fact.type, ()):
            key = (lifecycle.kind, version.fact.subject or "")
            found.newest[key] = max(found.newest.get(key, -1), version.last_seq)
            if version.replaced_by is None:
                found.facts.setdefault(key, []).append(version.fact)
    return found


def _subjects(session: Session, size: int) -> Iterator[list[str]]:
    after = ""
    query = "SELECT DISTINCT subject FROM event WHERE subject > ? AND seq < ? ORDER BY subject LIMIT ?"
    while found := [subject for (subject,) in run(session, query, (after, size, CHUNK))]:
        yield found
        after = found[-1]

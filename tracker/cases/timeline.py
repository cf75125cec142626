"""What happened to a subject: every event about it in order of time, with the state that it left the subject in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tracker.cases.lifecycle import Step, walk
from tracker.catalogue import Catalogue, Lifecycle
from tracker.ledger.events import CORRECTED, VOIDED, Fact
from tracker.ledger.heads import read_head
from tracker.ledger.queries import Entry
from tracker.ledger.subjects import entries_of_subject


@dataclass(frozen=True)
class Moment:
    """An event about a subject. ``seq`` and ``type`` are the original's; time, day, entity and data are those in
    force, or the last that were. In ``data`` a confidential field is ``{"commitment": hex}``.

    ``versions`` are the original and its amendments, in order. ``state`` is the subject's after it, None before
    anything has started it. One that was voided, or corrected to be about something else, is not ``in_force`` and
    changed nothing; neither did a ``misfit``.
    """

    seq: int
    type: str
    time: str
    day: str
    entity: str | None
    data: Mapping[str, Any]
    versions: tuple[Entry, ...]
    state: str | None
    misfit: bool
    in_force: bool


def timeline(
    session: Session, catalogue: Catalogue, subject: str, *, kind: str | None = None, size: int | None = None
) -> list[Moment]:
    """The moments of a subject in a log of ``size`` events, oldest first. ``kind`` says by which lifecycle to tell
    states; without it, by that which most of its events belong to."""
    limit = read_head(session).size if size is None else size
    events = entries_of_subject(session, subject, size=limit)
    lifecycle = _most_likely(catalogue, events) if kind is None else catalogue.lifecycles_by_kind[kind]
    facts = [_fact(versions) for versions in events if _in_force(versions, subject)]
    steps = {step.seq: step for step in walk(lifecycle, catalogue.calendar, facts).steps} if lifecycle else {}
    return _told(sorted(events, key=_place), subject, steps)


def _told(events: Sequence[list[Entry]], subject: str, steps: Mapping[int, Step]) -> list[Moment]:
    found: list[Moment] = []
    state: str | None = None
    for versions in events:
        first, last = versions[0], _last(versions)
        in_force = _in_force(versions, subject)
        step = steps.get(first.seq) if in_force else None
        state = step.state if step else state
        about = (first.seq, first.type, last.time, last.day, last.entity, _data(last))
        found.append(Moment(*about, tuple(versions), state, step is not None and not step.fits, in_force))
    return found


def _most_likely(catalogue: Catalogue, events: Sequence[list[Entry]]) -> Lifecycle | None:
    votes: dict[str, int] = {}
    for versions in events:
        for lifecycle in catalogue.lifecycles_by_event.get(versions[0].type, ()):
            votes[lifecycle.kind] = votes.get(lifecycle.kind, 0) + 1
    return catalogue.lifecycles_by_kind[max(sorted(votes), key=votes.__getitem__)] if votes else None


def _in_force(versions: Sequence[Entry], subject: str) -> bool:
    return versions[-1].type != VOIDED and versions[-1].subject == subject


def _last(versions: Sequence[Entry]) -> Entry:
    """The newest version that states something."""
    found: Entry = next(each for each in reversed(versions) if each.type != VOIDED)
    return found


def _data(version: Entry) -> Mapping[str, Any]:
    data: Mapping[str, Any] = version.data["data"] if version.type == CORRECTED else version.data
    return data


def _fact(versions: Sequence[Entry]) -> Fact:
    first, last = versions[0], versions[-1]
    return Fact(first.seq, first.type, last.subject, last.time, last.entity, last.day, last.year, _data(last))


def _place(versions: Sequence[Entry]) -> tuple[str, int]:
    return _last(versions).time, versions[0].seq

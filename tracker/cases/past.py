"""The way of a subject as of any day, or as of any size of the log."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.cases.lifecycle import Walk, walk
from tracker.catalogue import Catalogue
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.ledger.subjects import versions_of_subjects


class Past(NamedTuple):
    """How far a subject had come, and the seq of the newest event about it by then (-1: none)."""

    walk: Walk
    last_seq: int


def walk_as_of(
    session: Session, catalogue: Catalogue, kind: str, subject: str, *, day: str | None = None, size: int | None = None
) -> Past:
    """The walk of a subject by the facts up to the end of a local day, in a log of ``size`` events."""
    lifecycle = catalogue.lifecycles_by_kind[kind]
    limit = read_head(session).size if size is None else size
    facts: list[Fact] = []
    last_seq = -1
    for version in versions_of_subjects(session, [subject], size=limit):
        if lifecycle not in catalogue.lifecycles_by_event.get(version.fact.type, ()):
            continue
        if day is None or version.fact.day <= day:
            last_seq = max(last_seq, version.last_seq)
            if version.replaced_by is None:
                facts.append(version.fact)
    return Past(walk(lifecycle, catalogue.calendar, facts), last_seq)

"""Retention: whose confidential values are kept beyond the time that their class allows, and whether a hold keeps them.

Nothing is erased by itself. What is listed here is proposed for erasure by one person and approved by another. Events
are never deleted: their open fields stay for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.retention import STANDARD, Retention
from tracker.db import run
from tracker.ledger.heads import read_head
from tracker.ledger.subjects import versions_of_subjects
from tracker.workflows import holds

_CHUNK = 500

_HELD = (
    "SELECT k.owner, COALESCE(a.type, o.type, e.type) AS type, max(e.day) AS any_day, "
    "max(CASE WHEN r.seq IS NULL THEN e.day END) AS day "
    "FROM data_key AS k JOIN event_vault AS v ON v.data_key = k.id JOIN event AS e ON e.seq = v.seq "
    "LEFT JOIN event AS o ON o.seq = e.original LEFT JOIN event AS r ON r.replaces = e.seq "
    "LEFT JOIN evidence_file AS f ON f.seq = e.seq LEFT JOIN event AS a ON a.seq = f.event "
    "GROUP BY k.owner, COALESCE(a.type, o.type, e.type)"
)
"""For each owner and type of event with values in the vault, the newest day in force, and the newest of any version.
A file counts as what it was attached to."""


class Past(NamedTuple):
    """An owner of a data key whose values are past their retention. ``newest`` is the day of the newest event about
    it, ``since`` the first day on which it was kept too long; ``held`` whether a legal hold keeps it."""

    owner: str
    retention: str
    length: str
    newest: str
    since: str
    held: bool


class _Values(NamedTuple):
    """The values of an owner: the longest of their classes, and the newest day of their events."""

    retention: str
    day: str


def past(session: Session, catalogue: Catalogue, today: date) -> list[Past]:
    """Who is past retention on the organisation's day ``today``, the longest first.

    Counted is from the newest event in force about the subject in its domain, or from the day of an event without a
    subject. Where several classes apply to a subject, the longest decides.
    """
    classes = catalogue.organisation.retention
    if not classes:
        return []
    values = _values(session, catalogue, classes)
    due = {owner: each for owner, each in values.items() if _since(classes, each.retention, each.day) <= today}
    newest, held = _newest(session, due), holds.held(session)
    found = (_past(owner, each.retention, newest[owner], classes, owner in held) for owner, each in due.items())
    return sorted(
        (each for each in found if each.since <= today.isoformat()), key=lambda each: (each.since, each.owner)
    )


def _past(owner: str, retention: str, newest: str, classes: Mapping[str, Retention], held: bool) -> Past:
    since = _since(classes, retention, newest).isoformat()
    return Past(owner, retention, classes[retention].text, newest, since, held)


def _since(classes: Mapping[str, Retention], retention: str, day: str) -> date:
    return classes[retention].past_on(date.fromisoformat(day))


def _values(session: Session, catalogue: Catalogue, classes: Mapping[str, Retention]) -> dict[str, _Values]:
    found: dict[str, _Values] = {}
    for row in run(session, _HELD):
        event = catalogue.events.get(row.type)
        retention = (event.retention if event else None) or STANDARD
        day = row.day or row.any_day
        before = found.get(row.owner, _Values(retention, day))
        found[row.owner] = _Values(_longer(classes, before.retention, retention), max(before.day, day))
    return found


def _longer(classes: Mapping[str, Retention], first: str, second: str) -> str:
    """The class that keeps longer; by the calendar's longest stretch, so that 12 months are more than 365 days."""
    start = date(2000, 1, 1)
    return max(first, second, key=lambda name: classes[name].past_on(start))


def _newest(session: Session, due: Mapping[str, _Values]) -> dict[str, str]:
    """The newest day of each owner: of all that is in force about its subject, whether confidential or not."""
    newest = {owner: each.day for owner, each in due.items()}
    by_subject: dict[str, list[str]] = {}
    for owner in due:
        if (subject := _subject(owner)) is not None:
            by_subject.setdefault(subject, []).append(owner)
    for subjects in _chunks(sorted(by_subject)):
        for subject, type, day in _facts(session, subjects):
            for owner in by_subject.get(subject, ()):
                if type.partition(".")[0] in {owner.partition("/")[0], "tracker"}:
                    newest[owner] = max(newest[owner], day)
    return newest


def _facts(session: Session, subjects: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    size = read_head(session).size
    for version in versions_of_subjects(session, subjects, size=size):
        if version.replaced_by is None:
            yield version.fact.subject or "", version.fact.type, version.fact.day


def _subject(owner: str) -> str | None:
    """The subject of an owner; None for an event without one."""
    name = owner.partition("/")[2]
    if name.startswith("##"):
        return name[1:]
    return None if name.startswith("#") else name


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[first : first + _CHUNK] for first in range(0, len(names), _CHUNK))

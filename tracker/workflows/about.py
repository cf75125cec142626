"""What is in force about some subjects, in order: for what is derived subject by subject."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.ledger.subjects import versions_of_subjects


def facts_about(
    session: Session, subjects: Collection[str], types: Collection[str] | None = None
) -> dict[str, list[Fact]]:
    """The facts of ``types`` (all by default) in force about each subject, by time and then by the original's ``seq``.

    A subject without any has no entry. A fact that a correction moved to another subject is about that one.
    """
    found: dict[str, list[Fact]] = {}
    for version in versions_of_subjects(session, subjects, size=read_head(session).size):
        if version.replaced_by is None and (types is None or version.fact.type in types):
            found.setdefault(version.fact.subject or "", []).append(version.fact)
    return {subject: sorted(facts, key=lambda each: (each.time, each.seq)) for subject, facts in found.items()}

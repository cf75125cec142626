"""Sources as those see them who look after them: the state of their keys, and what became of what they sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tracker.access.sources import Listed, listed
from tracker.intake.counting import Count, by_sender, counts

_COUNTED = ("received", "recorded", "duplicate", "conflict", "rejected")


def documents(session: Session) -> list[dict[str, Any]]:
    """Every source there is or was, by name, without a secret: what it may do, its keys, its counters."""
    sums = by_sender(counts(session))
    return [_document(each, sums.get(each.source.name)) for each in listed(session)]


def _document(found: Listed, sums: Count | None) -> dict[str, Any]:
    return {
        **vars(found.source),
        "types": list(found.source.types),
        "created_at": found.created_at,
        "retired_at": found.retired_at,
        "keys": [key._asdict() for key in found.keys],
        "counts": {name: getattr(sums, name) if sums else 0 for name in _COUNTED},
    }

"""Restatement candidates as a document, for commands and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.snapshots.candidates import Candidate, Candidates, Effect, LateEvent


def candidates_document(found: Candidates) -> dict[str, Any]:
    """Candidates as JSON: decimal strings as figures state them, ``exact`` differences as fractions."""
    return {
        "year": found.year,
        "revision": found.revision,
        "digest": found.digest,
        "log_size": found.log_size,
        "size": found.size,
        "redefined": found.redefined,
        "matters": found.matters,
        "compared": found.compared,
        "figures": [_candidate(each) for each in found.figures],
        "late": found.late,
        "events": [_event(each) for each in found.events],
        "next": None if found.after is None else str(found.after),
    }


def _candidate(each: Candidate) -> dict[str, Any]:
    values = {"previously": each.previously, "now": each.now, "difference": each.difference, "percent": each.percent}
    judged = {"threshold": str(each.threshold), "matters": each.matters}
    return {"metric": each.metric, **_where(each.by, each.period), **values, **judged}


def _event(each: LateEvent) -> dict[str, Any]:
    amends = {} if each.original is None else {"original": each.original}
    fact = {"seq": each.seq, "type": each.type, **amends, "concerns": each.concerns, "day": each.day}
    return fact | {"effects": [_effect(effect) for effect in each.effects]}


def _effect(each: Effect) -> dict[str, Any]:
    values = {"previously": each.previously, "now": each.now, "difference": each.difference}
    exact = None if each.before is None or each.after is None else str(each.after - each.before)
    return {"metric": each.metric, **_where(each.by, each.period), **values, "exact": exact}


def _where(by: Mapping[str, Any], period: str | None) -> dict[str, Any]:
    return {"by": dict(by)} if by else {"period": period} if period else {}

"""Violations in the reference year: found, penalised, notified, and some appealed.

Illustrative: the report describes the procedure and prints no counts. Accounts and reviewers are artificial ids.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any

from tracker.sample.paths import later, until_year_end
from tracker.sample.shapes import event, moments, turns

VIOLATIONS = 640
ACCOUNTS = 260
DAY = 24

_SURFACES = ("video", "video", "video", "live", "live", "voice", "ad")
_CATEGORIES = ("vulgar", "fraud", "dangerous", "infringement", "false_advertising")
_POINTS = {"vulgar": 3, "fraud": 8, "dangerous": 5, "infringement": 4, "false_advertising": 4}
_FOUND = (
    ("machine", "screen"),
    ("machine", "screen"),
    ("machine", "screen"),
    ("reviewer", "video"),
    ("reviewer", "perception"),
    ("reviewer", "high_reach"),
    ("user", "recall"),
)


def events() -> Iterator[dict[str, Any]]:
    """Everything of the content domain, in no particular order."""
    yield from until_year_end(_violations())


def _violations() -> Iterator[dict[str, Any]]:
    standing: Counter[str] = Counter()
    facts = zip(
        moments(VIOLATIONS, seed="content", hours=(0, 24)),
        turns(_SURFACES, VIOLATIONS, seed="content-surfaces"),
        turns(_CATEGORIES, VIOLATIONS, seed="content-categories"),
        turns(_FOUND, VIOLATIONS, seed="content-found"),
        strict=True,
    )
    for number, (when, surface, category, (by, level)) in enumerate(facts, start=1):
        draw = random.Random(f"violation-{number}")
        account = f"account-{draw.randint(1, ACCOUNTS):05}"
        violation = f"violation-2020-{number:05}"
        found = {"surface": surface, "category": category, "detected_by": by, "review_level": level}
        yield _step(violation, "found", when, {**found, "account": account})
        standing[account] += _POINTS[category]
        penalty = _penalty(surface, standing[account]) | {"points": _POINTS[category]}
        yield from _dealt_with(violation, when, draw, penalty)


def _penalty(surface: str, points: int) -> dict[str, Any]:
    """The more points an account has, the harder."""
    live = surface in ("live", "voice")
    if points <= 5:
        return {"penalty": "warn"}
    if points <= 10:
        return {"penalty": "cut_stream" if live else "block"}
    if points <= 18:
        return {"penalty": "ban_days", "days": 7 if points > 14 else 3} if live else {"penalty": "block"}
    return {"penalty": "permanent_ban" if live else "account_ban"}


def _dealt_with(
    violation: str, when: datetime, draw: random.Random, penalty: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    first, second = (f"reviewer-{number:02}" for number in draw.sample(range(1, 41), 2))
    when = later(draw, when, 0.05, 12)
    yield _step(violation, "penalised", when, {**penalty, "reviewer": first})
    when = later(draw, when, 0.01, 2)
    yield _step(violation, "notified", when, {})
    if draw.random() < 0.16:
        when = yield from _appeal(violation, when, draw, second, penalty)
    yield _step(violation, "closed", later(draw, when, 15 * DAY, 16 * DAY), {})


def _appeal(
    violation: str, when: datetime, draw: random.Random, reviewer: str, penalty: dict[str, Any]
) -> Generator[dict[str, Any], None, datetime]:
    """Appealed, and decided by somebody else; one in four succeeds. Returns when it was decided."""
    when = later(draw, when, 1, 7 * DAY)
    yield _step(violation, "appealed", when, {})
    when = later(draw, when, 2, 5 * DAY)
    if draw.random() < 0.25:
        taken_back = {name: penalty[name] for name in ("points", "penalty")}
        yield _step(violation, "overturned", when, {"reviewer": reviewer, **taken_back})
    else:
        yield _step(violation, "upheld", when, {"reviewer": reviewer})
    return when


def _step(violation: str, fact: str, when: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return event(f"content.violation.{fact}", f"{violation}-{fact}", when, data, subject=violation)

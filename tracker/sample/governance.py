"""Oversight in the reference year; illustrative, the report prints no figures of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import LOCAL, event, moments, turns

Event = dict[str, Any]
_MEETINGS = {  # how often each body met, and how often ESG was on its agenda
    "board": (6, 2),
    "governance_committee": (4, 4),
    "audit_committee": (5, 1),
    "management_committee": (24, 6),
    "esg_working_group": (12, 12),
}
_AREAS = ("integrity", "content", "commerce", "suppliers", "people", "environment", "risk")
_CATEGORIES = ("climate", "compliance", "operations", "finance", "information", "reputation")
_LINES = ("first", "first", "second", "second", "third")
_LEVELS = {range(1, 5): "low", range(5, 12): "medium", range(12, 26): "high"}
_YEAR_END = datetime(2020, 12, 31, 20, 0, tzinfo=LOCAL)


def events() -> Iterator[Event]:
    """Meetings, policies and risks, in any order."""
    yield from _meetings()
    yield from _policies()
    yield from _risks()


def _meetings() -> Iterator[Event]:
    for body, (count, about) in _MEETINGS.items():
        for i, when in enumerate(moments(count, seed=f"meetings-{body}")):
            data = {"body": body, "esg_on_agenda": i * about % count < about, "attendees": 5 + i % 6}
            yield event("governance.meeting.held", f"meeting-{body}-{i + 1:02}", when, data)


def _policies() -> Iterator[Event]:
    """Forty stood at the end of 2019; 26 came and four went."""
    yield from _issued(range(1, 41), moments(40, seed="policies-2019", first="2018-01-08", last="2019-12-20"))
    yield from _issued(range(41, 67), moments(26, seed="policies"))
    for number, when in zip((2, 5, 11, 17), moments(4, seed="policies-retired"), strict=True):
        id = f"policy-{number:02}"
        data = {"area": _AREAS[number % 7], "reason": "replaced by a newer policy"}
        yield event("governance.policy.retired", f"{id}-retired", when, data, subject=id)


def _issued(numbers: range, dates: list[datetime]) -> Iterator[Event]:
    for number, when in zip(numbers, dates, strict=True):
        id = f"policy-{number:02}"
        yield event("governance.policy.issued", f"{id}-issued", when, {"area": _AREAS[number % 7]}, subject=id)


def _risks() -> Iterator[Event]:
    categories, lines = turns(_CATEGORIES, 48, seed="risks"), turns(_LINES, 48, seed="lines")
    for i, when in enumerate(moments(48, seed="risks")):
        yield from _risk(f"risk-{i + 1:02}", when, categories[i], lines[i])


def _risk(id: str, found: datetime, category: str, line: str) -> Iterator[Event]:
    """One risk from its finding as far as it came by the end of the year."""
    draw = random.Random(id)
    likelihood, impact = draw.randint(1, 5), draw.randint(1, 5)
    steps: list[tuple[str, int, dict[str, Any]]] = [
        ("identified", 0, {"category": category, "line_of_defence": line}),
        ("assessed", draw.randint(4, 28), {"category": category, "likelihood": likelihood, "impact": impact}),
        (
            "treated",
            draw.randint(35, 85),
            {"treatment": draw.choice(("avoid", "reduce", "reduce", "transfer", "accept"))},
        ),
        ("closed", draw.randint(95, 190), {"category": category}),
    ]
    steps[1][2]["level"] = next(level for scores, level in _LEVELS.items() if likelihood * impact in scores)
    for what, days, data in steps:
        when = found + timedelta(days=days)
        if when <= _YEAR_END:
            yield event(f"governance.risk.{what}", f"{id}-{what}", when, data, subject=id)

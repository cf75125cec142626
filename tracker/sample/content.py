"""Violations from finding to appeal in the reference year; illustrative, a small sample of a large flow."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import event, moments, turns

FOUND = 520
SURFACES = ("video", "video", "live", "voice", "ad")
CATEGORIES = ("vulgar", "fraud", "dangerous", "infringement", "false_advertising")
LEVELS = {"machine": ("screen",), "reviewer": ("video", "recall", "perception", "high_reach"), "user": ("recall",)}
LADDER = (("warn", 0, 2), ("ban_days", 3, 6), ("block", 0, 4), ("cut_stream", 0, 5), ("permanent_ban", 0, 24))
"""Penalty, days and points."""


def events() -> Iterator[dict[str, Any]]:
    """Every violation with its penalty and notice; some are appealed, some of those overturned."""
    surfaces = turns(SURFACES, FOUND, seed="surfaces")
    categories = turns(CATEGORIES, FOUND, seed="categories")
    detected = turns(("machine", "machine", "reviewer", "user"), FOUND, seed="detected")
    for i, when in enumerate(moments(FOUND, seed="violations", last="2020-12-15", hours=(0, 24))):
        name = f"violation-{i + 1:05}"
        levels = LEVELS[detected[i]]
        data = {
            "surface": surfaces[i],
            "category": categories[i],
            "detected_by": detected[i],
            "review_level": levels[i % len(levels)],
            "account": f"account-{i * 7919 % 9000:04}",
        }
        yield _step(name, "found", when, data)
        yield from _followed(name, when, i)


def _followed(name: str, found: datetime, i: int) -> Iterator[dict[str, Any]]:
    penalty, days, points = LADDER[i % len(LADDER)]
    first, second = f"reviewer-{i % 40 + 1:02}", f"reviewer-{(i + 17) % 40 + 1:02}"
    data = {"penalty": penalty, "days": days, "points": points, "reviewer": first}
    yield _step(name, "penalised", found + timedelta(minutes=25), data)
    yield _step(name, "notified", found + timedelta(minutes=26), {})
    if i % 6 == 1:
        decided = found + timedelta(days=3)
        yield _step(name, "appealed", found + timedelta(hours=30), {})
        if i % 24 == 13:
            yield _step(name, "overturned", decided, {"reviewer": second, "points": points})
        else:
            yield _step(name, "upheld", decided, {"reviewer": second})
    yield _step(name, "closed", found + timedelta(days=12), {})


def _step(name: str, fact: str, when: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return event(f"content.violation.{fact}", f"{name}-{fact}", when, data, subject=name)

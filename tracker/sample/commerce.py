"""Commerce in the reference year: merchants, inspections, a campaign, the academy and fee relief.

Illustrative: the report prints totals only, its own events are not public. Merchants are artificial ids;
the amounts of fee relief are not printed, so none are recorded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.paths import later, until_year_end
from tracker.sample.shapes import LOCAL, event, moments, month_ends, opening, split, turns

MERCHANTS = 180
DAY = 24

_CATEGORIES = (
    *("apparel", "shoes-and-bags", "beauty", "jewellery", "food", "fresh-produce", "home", "kitchen"),
    *("electronics", "appliances", "mother-and-child", "sports", "books", "vehicles"),
)
_REASONS = ("false_advertising", "service", "service", "counterfeit")


def events() -> Iterator[dict[str, Any]]:
    """Everything of the commerce domain, in no particular order."""
    yield from until_year_end(_merchants())
    yield from _listings()
    yield from _inspections(336)
    yield from _campaign()
    yield opening("commerce.academy_livestreams", 70)
    yield opening("commerce.academy_participants", 1_400_000)
    yield from _academy(130, 3_600_000)
    yield from _relief(160_000)


def _merchants() -> Iterator[dict[str, Any]]:
    for number, when in enumerate(moments(MERCHANTS, seed="merchants"), start=1):
        draw = random.Random(f"merchant-{number}")
        merchant = f"merchant-{number:05}"
        yield _step(merchant, "applied", when, {})
        when = later(draw, when, 4, 4 * DAY)
        if number % 9 == 0:
            yield _step(merchant, "refused", when, {"reason": "qualification"})
            continue
        yield _step(merchant, "admitted", when, {})
        if number % 7 == 0:
            yield from _penalised(merchant, when, draw)


def _penalised(merchant: str, when: datetime, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Restricted for a while; most may sell freely again, some are banned for good."""
    when = later(draw, when, 10 * DAY, 60 * DAY)
    reason = {"reason": draw.choice(_REASONS)}
    yield _step(merchant, "restricted", when, reason)
    when = later(draw, when, 7 * DAY, 30 * DAY)
    if draw.random() < 0.3:
        yield _step(merchant, "banned", when, reason)
    else:
        yield _step(merchant, "admitted", when, {}, 2)


def _step(merchant: str, fact: str, when: datetime, data: dict[str, Any], turn: int = 1) -> dict[str, Any]:
    return event(f"commerce.merchant.{fact}", f"{merchant}-{fact}-{turn}", when, data, subject=merchant)


def _listings() -> Iterator[dict[str, Any]]:
    for month, count in ((1, len(_CATEGORIES) - 2), (7, len(_CATEGORIES))):
        when = datetime(2020, month, 2, 10, tzinfo=LOCAL)
        yield event("commerce.category.listed", f"categories-2020-{month:02}", when, {"categories": count})


def _inspections(count: int) -> Iterator[dict[str, Any]]:
    categories = turns(_CATEGORIES, count, seed="inspection-categories")
    for number, (when, category) in enumerate(zip(moments(count, seed="inspections"), categories, strict=True), 1):
        data = {"category_l1": category, "passed": number % 28 != 0}
        yield event("commerce.inspection.completed", f"inspection-{number:05}", when, data)


def _campaign() -> Iterator[dict[str, Any]]:
    """A quarter of daily reports of the campaign against false advertising."""
    days = 92
    rooms = split(650_000, days, seed="campaign-rooms", spread=35)
    responses = split(8_000_000, days, seed="campaign-responses", spread=35)
    for number, (live, votes) in enumerate(zip(rooms, responses, strict=True)):
        when = datetime(2020, 10, 1, 23, 30, tzinfo=LOCAL) + timedelta(days=number)
        data = {"campaign": "false-advertising", "rooms": live, "responses": votes}
        yield event("commerce.campaign.day_reported", f"campaign-{when:%Y-%m-%d}", when, data)


def _academy(count: int, participants: int) -> Iterator[dict[str, Any]]:
    times = moments(count, seed="academy", hours=(19, 22))
    heads = split(participants, count, seed="academy")
    for number, (when, each) in enumerate(zip(times, heads, strict=True), start=1):
        yield event("commerce.academy.session_held", f"academy-{number:03}", when, {"participants": each})


def _relief(merchants: int) -> Iterator[dict[str, Any]]:
    times = month_ends()[1:]
    for when, each in zip(times, split(merchants, len(times), seed="relief"), strict=True):
        yield event("commerce.relief.granted", f"relief-{when:%Y-%m}", when, {"merchants": each})

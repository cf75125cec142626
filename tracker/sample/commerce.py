"""Merchants, inspections, the campaign of December, the academy and fee relief; illustrative."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import LOCAL, event, money, moments, opening, split

CATEGORIES = 26
ROOMS, RESPONSES = 650_000, 8_000_000
ACADEMY_BEFORE, ACADEMY = (38, 620_000), (162, 4_380_000)
"""Sessions and participants, before and in the year."""

RELIEVED = 160_000
REASONS = ("qualification", "false_advertising", "service", "counterfeit")


def events() -> Iterator[dict[str, Any]]:
    """What commerce governance recorded in 2020."""
    yield from _merchants()
    yield from _inspections()
    yield from _campaign()
    yield from _academy()
    yield from _relief()


def _merchants() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(220, seed="merchants", last="2020-11-15")):
        name = f"merchant-{i + 1:04}"
        yield _merchant(name, "applied", when, {})
        if i % 9 == 4:
            yield _merchant(name, "refused", when + timedelta(days=2), {"reason": "qualification"})
            continue
        yield _merchant(name, "admitted", when + timedelta(days=2), {})
        if i % 11 == 6:
            yield _merchant(name, "restricted", when + timedelta(days=24), {"reason": REASONS[1 + i % 3]})
        if i % 55 == 6:
            yield _merchant(name, "banned", when + timedelta(days=40), {"reason": "counterfeit"})


def _merchant(name: str, fact: str, when: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return event(f"commerce.merchant.{fact}", f"{name}-{fact}", when, data, subject=name)


def _inspections() -> Iterator[dict[str, Any]]:
    listed = datetime(2020, 1, 6, 10, tzinfo=LOCAL)
    yield event("commerce.category.listed", "categories-2020", listed, {"categories": CATEGORIES})
    for i, when in enumerate(moments(CATEGORIES * 12, seed="inspections")):
        data = {"category_l1": f"category-{i % CATEGORIES + 1:02}", "passed": i % 23 != 8}
        yield event("commerce.inspection.completed", f"inspection-{i + 1:04}", when, data)


def _campaign() -> Iterator[dict[str, Any]]:
    """Every day of December."""
    rooms, responses = split(ROOMS, 31, seed="rooms"), split(RESPONSES, 31, seed="responses")
    for day in range(31):
        when = datetime(2020, 12, day + 1, 23, 30, tzinfo=LOCAL)
        data = {"campaign": "false-advertising-2020", "rooms": rooms[day], "responses": responses[day]}
        yield event("commerce.campaign.day_reported", f"campaign-{when:%Y-%m-%d}", when, data)


def _academy() -> Iterator[dict[str, Any]]:
    yield opening("commerce.academy_livestreams", ACADEMY_BEFORE[0])
    yield opening("commerce.academy_participants", ACADEMY_BEFORE[1])
    sessions, participants = ACADEMY
    heads = split(participants, sessions, seed="academy")
    for i, when in enumerate(moments(sessions, seed="academy")):
        yield event("commerce.academy.session_held", f"academy-{i + 1:03}", when, {"participants": heads[i]})


def _relief() -> Iterator[dict[str, Any]]:
    """From 9 February on, by week."""
    weeks = moments(46, seed="relief", first="2020-02-09", last="2020-12-31")
    merchants = split(RELIEVED, len(weeks), seed="relief")
    for i, when in enumerate(weeks):
        data = {"merchants": merchants[i], "amount": money(int(merchants[i]) * 85)}
        yield event("commerce.relief.granted", f"relief-{i + 1:02}", when, data)

"""The supplier library in the reference year: registered, qualified, evaluated, improved, exited.

Illustrative: the report prints totals only; suppliers are artificial ids. Those of 2018 and 2019 are
recorded one by one, since the library's size follows from who came in and who left.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.paths import later
from tracker.sample.shapes import LOCAL, event, moments, turns

EARLIER, NEW, REFUSED = 1300, 548, 40
QUALIFIED = EARLIER + NEW
OVERSEAS = frozenset(range(90, QUALIFIED, 90))
EXITED = (*range(201, 244), 270, 360)
COMMITTED = 713
IMPORTANT = tuple(range(1, 134))
FAILING = {"2020-h1": (7, 24, 41, 58, 75), "2020-h2": (88, 103, 120)}
REMOVED = 7
DAY = 24

_CATEGORIES = ("marketing", "marketing", "engineering", "gifts", "catering", "furniture", "technology")
_STANDARDS = ("iso_9001", "iso_9001", "iso_14000", "iso_18000", "iso_22000")
_GRADES = (("excellent", 90), ("good", 80), ("pass", 60), ("fail", 0))
_SCORES = ("quality", "delivery", "service", "cost", "innovation", "cooperation")


def events() -> Iterator[dict[str, Any]]:
    """Everything of the suppliers domain, in no particular order."""
    yield from _library()
    yield from _refused()
    yield from _standing_commitments()
    yield from _exits()
    yield from _certificates()
    yield from _visits()
    yield from _round("2020-h1", IMPORTANT[:110], "2020-07-06", "2020-07-24")
    yield from _round("2020-h2", IMPORTANT[15:], "2020-12-07", "2020-12-23")


def _library() -> Iterator[dict[str, Any]]:
    """All who came in; the new ones sign the integrity commitment within a week."""
    times = moments(EARLIER, seed="suppliers-earlier", first="2018-01-03", last="2019-11-29")
    times += moments(NEW, seed="suppliers-new", last="2020-11-20")
    categories = turns(_CATEGORIES, QUALIFIED, seed="supplier-categories")
    for number, (when, category) in enumerate(zip(times, categories, strict=True), start=1):
        draw = random.Random(f"supplier-{number}")
        region = "overseas" if number in OVERSEAS else "china"
        place = {"region": region, "category": category, "poor_area": region == "china" and draw.random() < 0.04}
        yield _fact(number, "registered", when, place)
        when = later(draw, when, 3 * DAY, 25 * DAY)
        yield _fact(number, "qualified", when, place | ({"important": True} if number in IMPORTANT else {}))
        if number > EARLIER:
            yield _fact(number, "commitment_signed", later(draw, when, 1, 7 * DAY), {})


def _refused() -> Iterator[dict[str, Any]]:
    times = moments(REFUSED, seed="suppliers-refused", last="2020-11-20")
    for number, when in enumerate(times, start=QUALIFIED + 1):
        draw = random.Random(f"supplier-{number}")
        data = {"region": "china", "category": draw.choice(_CATEGORIES), "poor_area": False}
        yield _fact(number, "registered", when, data)
        reason = {"reason": "Illustrative: a required qualification was missing."}
        yield _fact(number, "rejected", later(draw, when, 3 * DAY, 25 * DAY), reason)


def _standing_commitments() -> Iterator[dict[str, Any]]:
    """Earlier suppliers that sign in the year, the important ones among them."""
    count = COMMITTED - NEW
    for number, when in enumerate(moments(count, seed="supplier-commitments", last="2020-09-30"), start=1):
        yield _fact(number, "commitment_signed", when, {})


def _exits() -> Iterator[dict[str, Any]]:
    reasons = turns(("contract_ended", "contract_ended", "compliance"), len(EXITED), seed="supplier-reasons")
    times = moments(len(EXITED), seed="supplier-exits")
    for number, when, reason in zip(EXITED, times, reasons, strict=True):
        yield _fact(number, "exited", when, {"reason": reason})


def _certificates() -> Iterator[dict[str, Any]]:
    standards = turns(_STANDARDS, len(IMPORTANT), seed="supplier-standards")
    times = moments(len(IMPORTANT), seed="supplier-certificates", last="2020-06-30")
    for number, when, standard in zip(IMPORTANT, times, standards, strict=True):
        until = later(random.Random(f"certificate-{number}"), when, 250 * DAY, 1000 * DAY)
        data = {"standard": standard, "valid_until": f"{until:%Y-%m-%d}"}
        yield _fact(number, "certificate_recorded", when, data)


def _visits() -> Iterator[dict[str, Any]]:
    visited = IMPORTANT[::2]
    for number, when in zip(visited, moments(len(visited), seed="supplier-visits", first="2020-05-06"), strict=True):
        if number != REMOVED:
            yield _fact(number, "site_visited", when, {"passed": number % 30 != 1})


def _round(name: str, suppliers: tuple[int, ...], first: str, last: str) -> Iterator[dict[str, Any]]:
    """A half-yearly round; who fails must improve by a deadline."""
    times = moments(len(suppliers), seed=name, first=first, last=last)
    for number, when in zip(suppliers, times, strict=True):
        draw = random.Random(f"{name}-{number}")
        failing = number in FAILING[name]
        tenths = {score: draw.randint(400, 580) if failing else draw.randint(700, 990) for score in _SCORES}
        data = {"round": name, "grade": _grade(sum(tenths.values()))}
        data |= {score: f"{each // 10}.{each % 10}" for score, each in tenths.items()}
        yield _fact(number, "evaluated", when, data, name)
        if failing:
            yield from _improvement(number, when, draw)


def _grade(tenths: int) -> str:
    """As the reference configuration grades the mean of the six scores, given their sum in tenths."""
    return next(grade for grade, start in _GRADES if tenths >= start * 10 * len(_SCORES))


def _improvement(number: int, when: datetime, draw: random.Random) -> Iterator[dict[str, Any]]:
    """The talk, and how it ended, unless the year ended before."""
    when = later(draw, when, DAY, 5 * DAY)
    yield _fact(number, "improvement_opened", when, {"due": f"{later(draw, when, 60 * DAY, 60 * DAY):%Y-%m-%d}"})
    when = later(draw, when, 30 * DAY, 58 * DAY)
    if when >= datetime(2021, 1, 1, tzinfo=LOCAL):
        return
    if number == REMOVED:
        yield _fact(number, "exited", when, {"reason": "performance"})
    else:
        yield _fact(number, "improvement_closed", when, {"achieved": True})


def _fact(number: int, fact: str, when: datetime, data: dict[str, Any], mark: str = "") -> dict[str, Any]:
    supplier = f"supplier-{number:05}"
    id = f"{supplier}-{fact}" + (f"-{mark}" if mark else "")
    return event(f"suppliers.supplier.{fact}", id, when, data, subject=supplier)

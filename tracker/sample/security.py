"""Data security and privacy in the reference year: incidents, assessments, drills, trainings, availability.

Illustrative: the report prints totals only, its own events are not public; it counts no incidents.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.paths import later, until_year_end
from tracker.sample.shapes import LOCAL, event, moments, month_ends, opening, split, turns

DAY = 24

_GRADES = ("general", "general", "general", "general", "general", "serious")
_CONTAINED = {"general": 60, "serious": 20}
_AVAILABILITY = (
    *("99.985", "99.991", "99.988", "99.992", "99.990", "99.987"),
    *("99.993", "99.989", "99.991", "99.990", "99.992", "99.990"),
)


def events() -> Iterator[dict[str, Any]]:
    """Everything of the security domain, in no particular order."""
    yield from until_year_end(_incidents())
    yield from _assessments(180)
    yield from _drills()
    yield opening("security.awareness_trainings", 110)
    yield opening("security.awareness_attendance", 5600)
    yield from _trainings(90, 4400)
    yield from _availability()
    yield from _policies()
    yield from _commitments(80)


def _incidents() -> Iterator[dict[str, Any]]:
    times = moments(len(_GRADES), seed="incidents", hours=(0, 24), last="2020-11-30")
    for number, (when, grade) in enumerate(zip(times, _GRADES, strict=True), start=1):
        incident = f"incident-2020-{number:02}"
        draw = random.Random(incident)
        opened = {"grade": grade, "narrative": f"Illustrative incident {number:02}."}
        yield event("security.incident.opened", f"{incident}-opened", when, opened, subject=incident)
        when = later(draw, when, 1, _CONTAINED[grade])
        yield event("security.incident.contained", f"{incident}-contained", when, {}, subject=incident)
        when = later(draw, when, 2 * DAY, 25 * DAY)
        yield event("security.incident.closed", f"{incident}-closed", when, {}, subject=incident)


def _assessments(count: int) -> Iterator[dict[str, Any]]:
    stages = turns(("requirement", "launch", "update"), count, seed="assessment-stages")
    for number, (when, stage) in enumerate(zip(moments(count, seed="assessments"), stages, strict=True), start=1):
        data = {"stage": stage, "passed": number % 15 != 0}
        yield event("security.assessment.completed", f"assessment-{number:04}", when, data)


def _drills() -> Iterator[dict[str, Any]]:
    """One a week, as the report describes."""
    scenarios = turns(("intrusion", "data_leak", "outage"), 52, seed="drills")
    for number, (when, scenario) in enumerate(zip(moments(52, seed="drills"), scenarios, strict=True), start=1):
        yield event("security.drill.held", f"drill-{number:03}", when, {"scenario": scenario})


def _trainings(count: int, attendees: int) -> Iterator[dict[str, Any]]:
    modes = turns(("offline", "online"), count, seed="awareness-modes")
    heads = split(attendees, count, seed="awareness")
    times = moments(count, seed="awareness")
    for number, (when, mode, each) in enumerate(zip(times, modes, heads, strict=True), start=1):
        yield event("security.training.held", f"awareness-{number:03}", when, {"mode": mode, "attendees": each})


def _availability() -> Iterator[dict[str, Any]]:
    for when, percent in zip(month_ends(hour=23), _AVAILABILITY, strict=True):
        yield event("security.availability.measured", f"availability-{when:%Y-%m}", when, {"percent": percent})


def _policies() -> Iterator[dict[str, Any]]:
    for month, day, count in ((6, 30, 66), (12, 31, 70)):
        when = datetime(2020, month, day, 18, tzinfo=LOCAL)
        yield event("security.policies.counted", f"policies-2020-{month:02}", when, {"policies": count})


def _commitments(count: int) -> Iterator[dict[str, Any]]:
    for number, when in enumerate(moments(count, seed="security-commitments"), start=1):
        partner = f"partner-{number:04}"
        yield event("security.commitment.signed", f"{partner}-signed", when, {}, subject=partner)

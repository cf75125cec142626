"""Incidents, assessments, drills, trainings and availability of the reference year; illustrative."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tracker.sample.shapes import event, month_ends, moments, opening, split, turns

TRAININGS_BEFORE, TRAININGS = (46, 2_300), (154, 7_700)
"""Sessions and employees reached, before and in the year."""

GRADES = ("general", "general", "general", "serious", "general", "severe")


def events() -> Iterator[dict[str, Any]]:
    """What the security committee's office recorded in 2020."""
    yield from _incidents()
    yield from _assessments()
    yield from _drills()
    yield from _trainings()
    yield from _readings()
    for i, when in enumerate(moments(40, seed="data-commitments")):
        yield event(
            "security.commitment.signed", f"data-commitment-{i + 1:02}", when, {}, subject=f"partner-{i + 1:03}"
        )


def _incidents() -> Iterator[dict[str, Any]]:
    for i, when in enumerate(moments(24, seed="incidents", last="2020-12-10")):
        name, grade = f"incident-{i + 1:02}", GRADES[i % len(GRADES)]
        data = {"grade": grade, "narrative": f"Illustrative incident number {i + 1}."}
        yield event("security.incident.opened", f"{name}-opened", when, data, subject=name)
        contained = when + timedelta(hours=20 if grade == "general" else 5)
        yield event("security.incident.contained", f"{name}-contained", contained, {}, subject=name)
        yield event("security.incident.closed", f"{name}-closed", contained + timedelta(days=8), {}, subject=name)


def _assessments() -> Iterator[dict[str, Any]]:
    stages = turns(("requirement", "launch", "update"), 310, seed="stages")
    for i, when in enumerate(moments(310, seed="assessments")):
        data = {"stage": stages[i], "passed": i % 19 != 3}
        yield event("security.assessment.completed", f"assessment-{i + 1:03}", when, data)


def _drills() -> Iterator[dict[str, Any]]:
    scenarios = turns(("intrusion", "data_leak", "outage"), 64, seed="scenarios")
    for i, when in enumerate(moments(64, seed="drills")):
        yield event("security.drill.held", f"drill-{i + 1:02}", when, {"scenario": scenarios[i]})


def _trainings() -> Iterator[dict[str, Any]]:
    yield opening("security.awareness_trainings", TRAININGS_BEFORE[0])
    yield opening("security.awareness_attendance", TRAININGS_BEFORE[1])
    sessions, reached = TRAININGS
    heads = split(reached, sessions, seed="awareness")
    for i, when in enumerate(moments(sessions, seed="awareness")):
        data = {"mode": "online" if i % 3 else "offline", "attendees": heads[i]}
        yield event("security.training.held", f"awareness-{i + 1:03}", when, data)


def _readings() -> Iterator[dict[str, Any]]:
    """Availability of the year to date each month, and the policies in force each quarter."""
    for n, when in enumerate(month_ends()):
        percent = "99.99" if n != 6 else "99.987"
        yield event("security.availability.measured", f"availability-{n + 1:02}", when, {"percent": percent})
        if n % 3 == 2:
            yield event("security.policies.counted", f"policies-{n + 1:02}", when, {"policies": 61 + 3 * (n // 3)})

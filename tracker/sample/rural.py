"""Rural support in the reference year; illustrative, the report's own events are not public."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from tracker.sample.places import PROVINCES
from tracker.sample.shapes import event, moments, money, month_ends, opening, split, turns

Event = dict[str, Any]
_ROLES = ("mayor", "county_head", "town_head", "village_head", "deputy")
_TOPICS = ("short_video", "livestream", "account", "commerce")
_HOMES = PROVINCES[5:20]
"""Provinces in which entrepreneurs were found."""


def events() -> Iterator[Event]:
    """Everything that happened in the villages, in any order."""
    yield from _accounts()
    yield from _courses()
    yield from _entrepreneurs()
    yield from _enterprises()
    yield from _impact()


def _accounts() -> Iterator[Event]:
    """320 stood at the end of 2019; 690 were opened and ten of those closed again."""
    for province, stood in zip(PROVINCES, split(320, len(PROVINCES), seed="accounts"), strict=True):
        yield opening("rural.official_accounts", stood, by={"province": province}, name=f"-{province}")
    drawn = turns([*product(PROVINCES, _ROLES)], 690, seed="accounts")
    for i, when in enumerate(moments(690, seed="accounts")):
        id, (province, role) = f"account-{i + 321:04}", drawn[i]
        yield event("rural.account.opened", f"{id}-opened", when, {"province": province, "role": role}, subject=id)
    for i, when in enumerate(moments(10, seed="accounts-closed", first="2020-08-01")):
        id, (province, role) = f"account-{7 * i + 321:04}", drawn[7 * i]
        yield event("rural.account.closed", f"{id}-closed", when, {"province": province, "role": role}, subject=id)


def _courses() -> Iterator[Event]:
    """Twenty stood at the end of 2019; 32 came and two went."""
    for topic in _TOPICS:
        yield opening("rural.free_courses", 5, by={"topic": topic}, name=f"-{topic}")
    topics = turns(_TOPICS, 32, seed="rural-courses")
    for i, when in enumerate(moments(32, seed="rural-courses")):
        id = f"rural-course-{i + 21}"
        yield event("rural.course.released", f"{id}-released", when, {"topic": topics[i]}, subject=id)
    for i, when in enumerate(moments(2, seed="rural-retired", first="2020-09-01")):
        id = f"rural-course-{i + 3}"
        yield event("rural.course.retired", f"{id}-retired", when, {"topic": _TOPICS[i]}, subject=id)


def _entrepreneurs() -> Iterator[Event]:
    """Thirty stood at the end of 2019; the year took in a third and a fourth cohort."""
    for cohort, stood in (("first", 18), ("second", 12)):
        yield opening("rural.entrepreneurs_supported", stood, by={"cohort": cohort}, name=f"-{cohort}")
    homes = turns(_HOMES, 70, seed="entrepreneurs")
    for i, when in enumerate(moments(70, seed="entrepreneurs", first="2020-05-06", last="2020-11-20")):
        id = f"entrepreneur-{i + 31:03}"
        data = {"cohort": "third" if i < 35 else "fourth", "province": homes[i]}
        yield event("rural.entrepreneur.enrolled", f"{id}-enrolled", when, data, subject=id)


def _enterprises() -> Iterator[Event]:
    for form, stood in (("company", 22), ("cooperative", 14)):
        yield opening("rural.enterprises_incubated", stood, by={"form": form}, name=f"-{form}")
    forms, homes = turns(("company", "cooperative"), 21, seed="forms"), turns(_HOMES, 21, seed="enterprises")
    for i, when in enumerate(moments(21, seed="enterprises", first="2020-02-20")):
        id = f"enterprise-{i + 37:02}"
        data = {"form": forms[i], "province": homes[i]}
        yield event("rural.enterprise.incubated", f"{id}-incubated", when, data, subject=id)


def _impact() -> Iterator[Event]:
    """Each quarter every province reports what was added; 700 jobs and 6,200 households stood before."""
    yield opening("rural.jobs_created", 700)
    yield opening("rural.households_income_raised", 6_200)
    rows = [*product((3, 6, 9, 12), _HOMES)]
    jobs, households = split(500, len(rows), seed="jobs"), split(3_800, len(rows), seed="households")
    values = split(50_000_000, len(rows), seed="output")
    for i, (month, province) in enumerate(rows):
        when, data = month_ends()[month - 1], {"province": province, "jobs": jobs[i], "households": households[i]}
        data |= {"output_value": money(values[i])}
        yield event("rural.impact.reported", f"impact-{province}-2020-{month:02}", when, data)
    for month, people in ((6, 8_600_000), (12, 10_000_000)):
        yield event(
            "rural.industry_reach.estimated", f"reach-2020-{month:02}", month_ends()[month - 1], {"people": people}
        )

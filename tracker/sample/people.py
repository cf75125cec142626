"""People in the reference year; illustrative, the report's own events are not public.

Headcount by gender and age beyond the printed totals is made up, as are months, topics and sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from tracker.sample.places import OFFICES
from tracker.sample.shapes import LOCAL, event, moments, month_ends, opening, split, turns

Event = dict[str, Any]

_HEADCOUNT = {  # at the end of each quarter: women and men under 30, from 30 to 50, over 50
    3: ((4610, 2470, 16), (6840, 3910, 34)),
    6: ((4960, 2660, 18), (7360, 4180, 38)),
    9: ((5310, 2860, 19), (7850, 4440, 41)),
    12: ((5570, 3009, 21), (8200, 4655, 44)),
}
_AGES = ("under_30", "30_to_50", "over_50")
_TOPICS = ("technology", "product", "operations", "management", "general")
_CLASSES = ("onboarding", "leadership", "professional", "general", "safety")
_UNIVERSITIES = tuple(f"university-{number:02}" for number in range(1, 13))
_EVE = datetime(2019, 12, 31, 18, 0, tzinfo=LOCAL)


def events() -> Iterator[Event]:
    """Everything that happened about people, in any order."""
    yield from _heads()
    yield from _trainings()
    yield from _courses()
    yield from _learning()
    yield from _lecturers()
    yield from _coverage()
    yield from _surveys()
    yield from _technology()
    yield from _universities()
    yield from _talent()


def _heads() -> Iterator[Event]:
    for month, rows in _HEADCOUNT.items():
        when = month_ends()[month - 1]
        for gender, cells in zip(("female", "male"), rows, strict=True):
            for age, heads in zip(_AGES, cells, strict=True):
                data = {"gender": gender, "age_band": age, "heads": heads}
                yield event("people.headcount.reported", f"headcount-2020-{month:02}-{gender}-{age}", when, data)


def _trainings() -> Iterator[Event]:
    for mode, count, total in (("offline", 600, 27_400), ("online", 96, 14_300)):
        heads = split(total, count, seed=f"people-{mode}")
        topics = turns(_CLASSES, count, seed=f"people-{mode}-topics")
        sites = turns((*OFFICES, "beijing-hq", "beijing-hq"), count, seed=f"people-{mode}-sites")
        for i, when in enumerate(moments(count, seed=f"people-{mode}")):
            data = {"mode": mode, "topic": topics[i], "attendees": heads[i]}
            data |= {"site": sites[i]} if mode == "offline" else {}
            yield event("people.training.held", f"training-{mode}-{i + 1:03}", when, data)


def _courses() -> Iterator[Event]:
    """385 stood at the end of 2019; 133 came and 5 went."""
    for topic in _TOPICS:
        yield opening("people.online_courses", 77, by={"topic": topic}, name=f"-{topic}")
    topics = turns(_TOPICS, 133, seed="people-courses")
    for i, when in enumerate(moments(133, seed="people-courses")):
        id = f"course-{i + 386}"
        yield event("people.course.released", f"{id}-released", when, {"topic": topics[i]}, subject=id)
    for i, when in enumerate(moments(5, seed="people-retired", first="2020-05-01")):
        id = f"course-{i + 11}"
        yield event("people.course.retired", f"{id}-retired", when, {"topic": _TOPICS[i]}, subject=id)


def _learning() -> Iterator[Event]:
    learners, hours = split(200_000, 60, seed="people-learners"), split(447_000, 60, seed="people-hours")
    for i in range(60):
        month, topic = i // 5, _TOPICS[i % 5]
        id = f"learning-2020-{month + 1:02}-{topic}"
        data = {"topic": topic, "learners": learners[i], "hours": hours[i]}
        yield event("people.online_learning.reported", id, month_ends()[month], data)
    before = zip(_TOPICS, split(23_000, 5, seed="learners-2019"), split(44_700, 5, seed="hours-2019"), strict=True)
    for topic, people, spent in before:
        data = {"topic": topic, "learners": people, "hours": spent}
        yield event("people.online_learning.reported", f"learning-2019-{topic}", _EVE, data)


def _lecturers() -> Iterator[Event]:
    ends = month_ends()
    yield event("people.lecturers.counted", "lecturers-2019-12", _EVE, {"lecturers": 280})
    for month, lecturers in ((3, 330), (6, 420), (9, 510), (12, 600)):
        yield event("people.lecturers.counted", f"lecturers-2020-{month:02}", ends[month - 1], {"lecturers": lecturers})
    for month, paths in ((6, 27), (12, 29)):
        yield event("people.career_paths.counted", f"paths-2020-{month:02}", ends[month - 1], {"paths": paths})


def _coverage() -> Iterator[Event]:
    for month in (3, 6, 9, 12):
        for kind in ("social_insurance", "learning"):
            when = month_ends()[month - 1]
            yield event("people.coverage.measured", f"{kind}-2020-{month:02}", when, {"kind": kind, "percent": "100"})


def _surveys() -> Iterator[Event]:
    """Twenty in pairs of equal size, one as far above the mean as the other is below."""
    sizes = split(5_500, 10, seed="people-surveys")
    for i, when in enumerate(moments(20, seed="people-surveys", first="2020-02-10")):
        away = Decimal(i // 2 + 3).scaleb(-2) * (1 if i % 2 else -1)
        data = {"responses": sizes[i // 2], "score": str(Decimal("9.52") + away)}
        yield event("people.survey.completed", f"survey-2020-{i + 1:02}", when, data)


def _technology() -> Iterator[Event]:
    for kind, count, total in (("class", 100, 41_000), ("exchange", 15, 80_000)):
        viewers = split(total, count, seed=f"people-{kind}")
        for i, when in enumerate(moments(count, seed=f"people-{kind}")):
            data = {"kind": kind, "viewers": viewers[i]}
            yield event("people.tech_session.held", f"tech-{kind}-{i + 1:03}", when, data)


def _universities() -> Iterator[Event]:
    """64 projects were put to use in 2018 and 2019, 36 more in 2020."""
    yield opening("people.university_projects_landed", 64)
    for type, name, count in (("started", "project", 50), ("landed", "landed", 36)):
        partners = turns(_UNIVERSITIES, count, seed=f"people-{type}")
        for i, when in enumerate(moments(count, seed=f"people-{type}")):
            id = f"university-{name}-{i + 1:02}"
            yield event(f"people.university_project.{type}", id, when, {"university": partners[i]})
    for i, when in enumerate(moments(9, seed="people-papers", first="2020-03-01")):
        yield event("people.paper.published", f"joint-lab-paper-{i + 1}", when, {"origin": "joint_lab"})


def _talent() -> Iterator[Event]:
    for i, (when, heads) in enumerate(zip(moments(8, seed="star"), split(43, 8, seed="star"), strict=True)):
        yield event("people.hires.reported", f"star-{i + 1}", when, {"programme": "star", "heads": heads})
    guests = split(320, 10, seed="mentors")
    for i, when in enumerate(moments(10, seed="mentors", first="2020-06-15")):
        yield event("people.mentor_activity.held", f"mentors-{i + 1:02}", when, {"participants": guests[i]})
    viewers = split(2_500_000, 3, seed="cloud", spread=30)
    for i, when in enumerate(moments(3, seed="cloud", first="2020-04-10", last="2020-04-25")):
        yield event("people.recruitment_livestream.held", f"cloud-{i + 1}", when, {"viewers": viewers[i]})

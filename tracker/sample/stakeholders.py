"""Stakeholders in the reference year. The 23 topics are the report's; who was heard when, and how
each topic was scored, is illustrative."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from tracker.sample.shapes import LOCAL, event, moments, split, turns

Event = dict[str, Any]

_TOPICS: Mapping[str, tuple[str, ...]] = {
    "social": (
        *("privacy", "product_safety", "content", "employee_rights", "anti_corruption", "user_experience"),
        *("intellectual_property", "lawful_employment", "training", "fair_competition", "commerce", "rural_revival"),
        *("supply_chain", "diversity", "charity", "health_safety"),
    ),
    "environmental": ("climate", "industry_practice", "resources", "waste"),
    "governance": ("compliance", "risk", "board_diversity"),
}
_ALL = tuple(topic for topics in _TOPICS.values() for topic in topics)
_GROUPS: Mapping[str, tuple[int, int, tuple[str, ...]]] = {  # engagements, participants, channels
    "users": (48, 61_000, ("survey", "online", "event")),
    "employees": (52, 18_400, ("meeting", "survey", "training", "online")),
    "investors": (20, 640, ("meeting", "visit")),
    "suppliers": (30, 2_100, ("meeting", "training", "visit")),
    "government": (36, 1_050, ("meeting", "visit", "event")),
    "media": (28, 1_400, ("meeting", "event")),
    "environment": (14, 520, ("meeting", "visit")),
    "society": (32, 9_800, ("event", "visit", "online")),
}
_CONCERNS: Mapping[str, tuple[str, ...]] = {
    "users": ("privacy", "product_safety", "content", "user_experience", "commerce"),
    "employees": ("employee_rights", "training", "diversity", "health_safety", "lawful_employment"),
    "investors": ("compliance", "risk", "board_diversity", "anti_corruption"),
    "suppliers": ("supply_chain", "fair_competition", "anti_corruption"),
    "government": ("compliance", "privacy", "rural_revival", "content"),
    "media": ("charity", "content", "rural_revival"),
    "environment": ("climate", "resources", "waste", "industry_practice"),
    "society": ("rural_revival", "charity", "diversity"),
}
_ROUND = "2020"
_YEAR_END = datetime(2020, 12, 31, 20, 0, tzinfo=LOCAL)


def events() -> Iterator[Event]:
    """What was heard, asked, answered and scored, in any order."""
    yield from _topics()
    for group in _GROUPS:
        yield from _engagements(group)
        yield from _expectations(group)
    yield from _scores()


def _topics() -> Iterator[Event]:
    when = datetime(2020, 9, 15, 14, 0, tzinfo=LOCAL)
    for scope, topics in _TOPICS.items():
        for topic in topics:
            data = {"scope": scope, "topic": topic, "round": _ROUND}
            yield event("stakeholders.topic.identified", f"topic-2020-{topic}", when, data, subject=topic)


def _engagements(group: str) -> Iterator[Event]:
    count, people, channels = _GROUPS[group]
    heads, drawn = split(people, count, seed=f"{group}-heads"), turns(channels, count, seed=f"{group}-channels")
    concerns = _CONCERNS[group]
    for i, when in enumerate(moments(count, seed=f"{group}-engagements")):
        topics = sorted({concerns[i % len(concerns)], concerns[(i + 1) % len(concerns)]})
        data = {"group": group, "channel": drawn[i], "participants": heads[i], "topics": topics}
        yield event("stakeholders.engagement.held", f"engagement-{group}-{i + 1:02}", when, data)


def _expectations(group: str) -> Iterator[Event]:
    """Ten of each group; most are answered within eight weeks, every tenth not yet."""
    concerns, draw = _CONCERNS[group], random.Random(f"{group}-expectations")
    for i, when in enumerate(moments(10, seed=f"{group}-expectations")):
        id, about = f"expectation-{group}-{i + 1:02}", {"group": group, "topic": concerns[i % len(concerns)]}
        yield event("stakeholders.expectation.raised", f"{id}-raised", when, about, subject=id)
        answered = when + timedelta(days=draw.randint(5, 55))
        if i != 6 and answered <= _YEAR_END:
            data = {**about, "response": "answered in the group's own channel"}
            yield event("stakeholders.expectation.answered", f"{id}-answered", answered, data, subject=id)


def _scores() -> Iterator[Event]:
    """Three people of each group and five of the management score every topic from one to five."""
    people = [("stakeholders", group, f"{group}-{number}") for group, number in product(_GROUPS, range(1, 4))]
    people += [("business", "employees", f"management-{number:02}") for number in range(1, 6)]
    days = moments(len(people), seed="survey", first="2020-07-06", last="2020-08-28")
    for (axis, group, person), when in zip(people, days, strict=True):
        draw = random.Random(person)
        for topic in _ALL:
            score = min(5, draw.choice((2, 3, 3, 4, 4)) + (topic in _CONCERNS[group]))
            data = {"round": _ROUND, "group": group, "axis": axis, "topic": topic, "score": score}
            subject = f"respondent-{person}"
            yield event("stakeholders.survey.answered", f"{subject}-{topic}", when, data, subject=subject)

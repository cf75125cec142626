"""Safety education in the reference year: posts and their views, livestreams, search prompts, ambassadors.

Illustrative: the report prints totals only, its own events are not public.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tracker.sample.shapes import LOCAL, event, moments, month_ends, opening, split, turns

POSTS = 200
EARLIER = 60
VIEWS = 220_000_000

_TOPICS = ("fraud", "minors", "driving", "wildlife", "smoking", "wellbeing")


def events() -> Iterator[dict[str, Any]]:
    """Everything of the education domain, in no particular order."""
    yield from _posts()
    yield opening("education.livestreams", 12)
    yield from _livestreams(28)
    yield from _prompts(30_000_000)
    yield from _ambassadors(12)


def _posts() -> Iterator[dict[str, Any]]:
    """Two hundred posts, those of 2019 included, since their views are read in the reference year too."""
    times = moments(EARLIER, seed="posts-2019", first="2019-03-01", last="2019-12-30")
    times += moments(POSTS - EARLIER, seed="posts-2020", last="2020-12-20")
    views = split(VIEWS, POSTS, seed="post-views")
    topics = turns(_TOPICS, POSTS, seed="post-topics")
    formats = turns(("video", "video", "article"), POSTS, seed="post-formats")
    for number, (when, topic, format, total) in enumerate(zip(times, topics, formats, views, strict=True), start=1):
        post = f"post-{number:04}"
        data = {"format": format, "topic": topic}
        yield event("education.post.published", f"{post}-published", when, data, subject=post)
        yield from _readings(post, when, int(total))


def _readings(post: str, published: datetime, total: int) -> Iterator[dict[str, Any]]:
    """Views to date at the half year, if there was one for this post, and on the year's last evening."""
    half, end = datetime(2020, 6, 30, 20, tzinfo=LOCAL), datetime(2020, 12, 31, 20, tzinfo=LOCAL)
    readings = [(end, total)]
    if published < half:
        readings.insert(0, (half, total * (half - published).days // (end - published).days))
    for turn, (when, views) in enumerate(readings, start=1):
        id = f"{post}-views-{turn}"
        yield event("education.post.views_reported", id, when, {"views": views}, subject=post)


def _livestreams(count: int) -> Iterator[dict[str, Any]]:
    topics = turns(_TOPICS, count, seed="education-livestream-topics")
    times = moments(count, seed="education-livestreams", hours=(19, 21))
    for number, (when, topic) in enumerate(zip(times, topics, strict=True), start=1):
        yield event("education.livestream.held", f"safety-livestream-{number:03}", when, {"topic": topic})


def _prompts(total: int) -> Iterator[dict[str, Any]]:
    cells = [(when, topic) for when in month_ends(hour=22) for topic in _TOPICS]
    shares = split(total, len(cells), seed="education-prompts")
    for (when, topic), exposures in zip(cells, shares, strict=True):
        data = {"topic": topic, "exposures": exposures}
        yield event("education.prompt.exposed", f"prompt-{when:%Y-%m}-{topic}", when, data)


def _ambassadors(count: int) -> Iterator[dict[str, Any]]:
    topics = turns(_TOPICS, count, seed="ambassadors")
    for number, (when, topic) in enumerate(zip(moments(count, seed="ambassadors"), topics, strict=True), start=1):
        name = f"ambassador-{number:03}"
        yield event("education.ambassador.invited", f"{name}-invited", when, {"topic": topic}, subject=name)

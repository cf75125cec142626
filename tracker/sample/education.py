"""Safety posts, their views, livestreams and search prompts of the reference year; illustrative."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracker.sample.shapes import LOCAL, event, moments, opening, split, turns

POSTS_BEFORE, POSTS, WITHDRAWN = 64, 140, 4
LIVE_BEFORE, LIVE = 9, 31
VIEWS = 220_000_000
EXPOSURES = 30_000_000
TOPICS = ("fraud", "minors", "driving", "wildlife", "smoking", "wellbeing")


def events() -> Iterator[dict[str, Any]]:
    """What the official account published, and how far it reached."""
    yield opening("education.posts", POSTS_BEFORE)
    yield opening("education.livestreams", LIVE_BEFORE)
    yield from _posts()
    yield from _livestreams()
    yield from _prompts()
    for i, when in enumerate(moments(12, seed="ambassadors")):
        yield event(
            "education.ambassador.invited",
            f"ambassador-{i + 1:02}",
            when,
            {"topic": TOPICS[i % 6]},
            subject=f"ambassador-{i + 1:02}",
        )


def _posts() -> Iterator[dict[str, Any]]:
    """New posts are read every quarter, those of earlier years once at the end."""
    remaining = POSTS_BEFORE + POSTS
    views = split(VIEWS, remaining, seed="views", spread=90)
    for i in range(POSTS_BEFORE):
        yield _views(f"post-earlier-{i + 1:03}", datetime(2020, 12, 31, 18, tzinfo=LOCAL), int(views[i]), "final")
    formats = turns(("video", "video", "article"), POSTS, seed="formats")
    topics = turns(TOPICS, POSTS, seed="topics")
    for i, when in enumerate(moments(POSTS, seed="posts", last="2020-12-18")):
        post = f"post-{i + 1:03}"
        yield event("education.post.published", post, when, {"format": formats[i], "topic": topics[i]}, subject=post)
        yield from _readings(post, when, int(views[POSTS_BEFORE + i]))
        if i % 30 == 17 and i // 30 < WITHDRAWN:
            yield event("education.post.withdrawn", f"{post}-withdrawn", when + timedelta(days=9), {}, subject=post)


def _readings(post: str, published: datetime, views: int) -> Iterator[dict[str, Any]]:
    """Growing totals at each later quarter's end; the last is the year's."""
    ends = [datetime(2020, month, day, 18, tzinfo=LOCAL) for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))]
    later = [end for end in ends if end > published]
    for n, end in enumerate(later):
        yield _views(post, end, views * (n + 1) // len(later), f"q{end.month // 3}")


def _views(post: str, when: datetime, views: int, name: str) -> dict[str, Any]:
    return event("education.post.views_reported", f"{post}-views-{name}", when, {"views": views}, subject=post)


def _livestreams() -> Iterator[dict[str, Any]]:
    viewers = split(1_860_000, LIVE, seed="live-viewers")
    for i, when in enumerate(moments(LIVE, seed="safety-live")):
        data = {"topic": TOPICS[i % 2], "viewers": viewers[i]}
        yield event("education.livestream.held", f"safety-live-{i + 1:02}", when, data)


def _prompts() -> Iterator[dict[str, Any]]:
    """Exposures by topic and week."""
    topics = ("wildlife", "smoking", "wellbeing", "fraud")
    shares = split(EXPOSURES, 52 * len(topics), seed="exposures")
    weeks = moments(52, seed="prompt-weeks")
    for n, exposures in enumerate(shares):
        week, topic = divmod(n, len(topics))
        data = {"topic": topics[topic], "exposures": exposures}
        yield event("education.prompt.exposed", f"prompt-{week + 1:02}-{topics[topic]}", weeks[week], data)

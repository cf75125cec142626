"""Posts: what they are about, how their views grew, and that figures count the newest reading of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tests.house import House
from tests.workflows.houses import house_of
from tracker.cases.queries import standing
from tracker.db import Database
from tracker.workflows.posts import KIND, Post, Reading, higher_before, posts

DRAFTED, PUBLISHED, READ = f"{KIND}.drafted", f"{KIND}.published", f"{KIND}.views_reported"
WITHDRAWN, DISCARDED = f"{KIND}.withdrawn", f"{KIND}.discarded"
ABOUT = {"format": "video", "topic": "fraud"}


@pytest.fixture
def school(database: Database) -> House:
    """A house with the education domain alone."""
    return house_of(database, "education")


def tell(house: House, type: str, day: str, data: Mapping[str, object] | None = None, post: str = "p1") -> int:
    return house.record(house.event(type, data, subject=post, time=f"{day}T12:00:00+08:00"))[0].seq


def figure(house: House, metric: str) -> int:
    value = house.value(f"education.{metric}", "2020")
    assert value is not None
    return int(value)


def every(house: House) -> list[Post]:
    with house.database.read() as session:
        return posts(session, house.catalogue)


def test_a_post_says_what_it_is_about_and_how_its_views_grew(school: House) -> None:
    tell(school, PUBLISHED, "2020-03-01", ABOUT | {"title": "Hang up first"})
    later = tell(school, READ, "2020-12-31", {"views": 900})
    first = tell(school, READ, "2020-06-30", {"views": 400})
    (found,) = every(school)
    assert (found.subject, found.title, found.format, found.topic) == ("p1", "Hang up first", "video", "fraud")
    assert (found.published, found.standing.state) == ("2020-03-01T04:00:00.000000Z", "published")
    assert found.readings == (
        Reading("2020-06-30T04:00:00.000000Z", first, 400),
        Reading("2020-12-31T04:00:00.000000Z", later, 900),
    )
    assert found.views == 900


def test_of_two_readings_the_newest_counts_in_the_figure(school: House) -> None:
    tell(school, PUBLISHED, "2020-03-01", ABOUT)
    tell(school, READ, "2020-06-30", {"views": 400})
    assert school.value("education.views", "2020") == 400
    tell(school, READ, "2020-12-31", {"views": 900})
    tell(school, READ, "2020-09-30", {"views": 700})
    assert [school.value("education.views", each) for each in ("2020", "2020-06", "2020-09")] == [900, 400, 700]


def test_a_draft_counts_only_once_it_is_published(school: House) -> None:
    tell(school, DRAFTED, "2020-03-01", {"title": "Hang up first"})
    assert [(each.title, each.published, each.views) for each in every(school)] == [("Hang up first", None, None)]
    assert (figure(school, "posts"), figure(school, "posts_published")) == (0, 0)
    tell(school, PUBLISHED, "2020-03-05", ABOUT)
    assert [(each.title, each.standing.state) for each in every(school)] == [("Hang up first", "published")]
    assert (figure(school, "posts"), figure(school, "posts_published")) == (1, 1)
    tell(school, WITHDRAWN, "2020-04-05")
    assert (figure(school, "posts"), figure(school, "posts_published")) == (0, 1)


def test_a_draft_that_is_given_up_takes_nothing_from_the_figures(school: House) -> None:
    tell(school, DRAFTED, "2020-03-01")
    tell(school, DISCARDED, "2020-03-02")
    assert (figure(school, "posts"), every(school)[0].standing.state) == (0, "withdrawn")
    assert school.differences() == []


def test_posts_come_newest_first_and_a_correction_shows(school: House) -> None:
    seq = tell(school, PUBLISHED, "2020-03-01", ABOUT)
    tell(school, PUBLISHED, "2020-05-01", ABOUT, post="p2")
    school.correct(seq, seq, {"format": "article", "topic": "minors"}, subject="p1", time="2020-06-01T12:00:00+08:00")
    assert [(each.subject, each.topic) for each in every(school)] == [("p1", "minors"), ("p2", "fraud")]


@pytest.mark.parametrize(
    ("views", "day", "higher"), [(399, 30, 400), (400, 30, None), (401, 30, None), (1, 1, None), (0, 15, 400)]
)
def test_a_reading_below_the_one_before_is_noticed(school: House, views: int, day: int, higher: int | None) -> None:
    tell(school, PUBLISHED, "2020-06-01", ABOUT)
    tell(school, READ, "2020-06-10", {"views": 400})
    found = higher_before(every(school)[0], views, datetime(2020, 6, day, 12, tzinfo=UTC))
    assert (found.views if found else None) == higher


def test_its_standing_follows(school: House) -> None:
    tell(school, PUBLISHED, "2020-06-01", ABOUT)
    with school.database.read() as session:
        found = standing(session, KIND, "p1")
    assert found is not None
    assert every(school)[0].standing == found

"""Safety education on pages: posts published, read, withdrawn, and the figures that follow."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.house import House
from tests.web.reading import Page
from tests.web.visitors import Site, Visitor, opened
from tests.workflows.houses import house_of
from tracker.db import Database
from tracker.settings import shipped

VIDEO = {"data_format": "video", "data_topic": "fraud"}


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A school that has published one post, with a reading of 400 views."""
    house = house_of(database, "education")
    tell(house, "published", "2020-06-01", {"format": "video", "topic": "fraud", "title": "Hang up first"})
    tell(house, "views_reported", "2020-06-30", {"views": 400})
    with opened(house, tmp_path, config=shipped("config")) as found:
        yield found


@pytest.fixture
def alice(site: Site) -> Visitor:
    """A recorder."""
    return site.signed_in("alice", "recorder")


def tell(house: House, fact: str, day: str, data: dict[str, object], post: str = "post-1") -> None:
    house.record(house.event(f"education.post.{fact}", data, subject=post, time=f"{day}T12:00:00+08:00"))


def page(visitor: Visitor, path: str, language: str = "en") -> Page:
    return Page(visitor.get(path, Accept_Language=language))


def act(visitor: Visitor, fact: str, post: str = "post-1", **data: str) -> TestResponse:
    return visitor.post(f"/education/{post}/{fact}", {"id": f"form-{fact}-{post}", **data}, Accept_Language="en")


def views(site: Site) -> int:
    value = site.house.value("education.views", "2020")
    assert value is not None
    return int(value)


def test_posts_are_listed_with_what_their_newest_reading_says(alice: Visitor, site: Site) -> None:
    tell(site.house, "published", "2020-07-01", {"format": "article", "topic": "minors"}, "post-2")
    found = page(alice, "/education")
    assert found.row("post-1") == ["Hang up first", "Video", "Fraud prevention", "Published", "1 Jun 2020", "400", "1"]
    assert found.row("post-2") == ["—", "Illustrated post", "Protection of minors", "Published", "1 Jul 2020", "—", "0"]
    assert "2 posts" in found.of("p")
    narrowed = page(alice, "/education?topic=minors")
    assert [row[0] for row in narrowed.rows[1:]] == ["post-2"]


def test_the_list_is_taken_away(alice: Visitor) -> None:
    answer = alice.get("/education?format=csv", Accept_Language="zh-HK")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert rows == [
        ["內容", "標題", "形式", "主題", "狀態", "發佈", "播放量", "讀數"],
        ["post-1", "Hang up first", "視頻", "防詐騙", "已發佈", "2020-06-01T04:00:00.000000Z", "400", "1"],
    ]


def test_of_two_readings_the_newest_counts_and_both_are_shown(alice: Visitor, site: Site) -> None:
    assert views(site) == 400
    assert act(alice, "views_reported", data_views="1,000", time="2020-12-31T20:00").status_code == 303
    assert views(site) == 1000
    found = page(alice, "/education/post-1")
    assert found.of("h1") == ["Hang up first"]
    assert [row[1:] for row in found.rows[1:]] == [["1,000", "+600"], ["400", "—"]]
    assert "counts" in found.rows[1][0]
    assert found.inline == []


def test_a_reading_below_the_one_before_is_questioned_and_then_recorded(alice: Visitor, site: Site) -> None:
    lower = {"data_views": "300", "time": "2020-12-31T20:00"}
    asked = act(alice, "views_reported", **lower)
    assert (asked.status_code, views(site)) == (422, 400)
    assert "On 30 Jun 2020 it already had 400 views, and views to date seldom fall. Is this number right?" in Page(
        asked
    ).of("p")
    assert act(alice, "views_reported", **lower, confirmed="1").status_code == 303
    assert views(site) == 300


def test_the_question_is_put_in_chinese(alice: Visitor) -> None:
    asked = alice.post(
        "/education/post-1/views_reported",
        {"id": "form-1", "data_views": "300", "time": "2020-12-31T20:00"},
        Accept_Language="zh-TW",
    )
    assert "2020年6月30日的累計播放量已達 400，累計數甚少下降。此數字是否正確？" in Page(asked).of("p")


def test_an_earlier_reading_may_be_lower_without_a_question(alice: Visitor, site: Site) -> None:
    assert act(alice, "views_reported", data_views="10", time="2020-06-02T20:00").status_code == 303
    assert views(site) == 400


def test_a_mistake_stands_beside_its_field_and_nothing_is_stored(alice: Visitor, site: Site) -> None:
    for views_typed in ("many", "-1", "", "1.5"):
        answer = act(alice, "views_reported", data_views=views_typed)
        assert (answer.status_code, views(site)) == (422, 400), views_typed
        assert "field-wrong" in answer.text


def test_a_form_sent_twice_is_recorded_once(alice: Visitor, site: Site) -> None:
    for _time in range(2):
        assert act(alice, "views_reported", data_views="900", time="2020-12-31T20:00").status_code == 303
    assert [row[1] for row in page(alice, "/education/post-1").rows[1:]] == ["900", "400"]


def test_a_post_is_drafted_published_and_withdrawn(alice: Visitor, site: Site) -> None:
    assert {"Publish a post", "Begin a draft"} <= set(page(alice, "/education").of("a"))
    made = alice.post("/education/new/draft", {"id": "form-d", "data_title": "Breathe", "time": "2020-08-01T10:00"})
    assert made.status_code == 303
    address = made.headers["Location"]
    post = address.rpartition("/")[2]
    assert post.startswith("post-")
    draft = page(alice, address)
    assert {"Post published", "Draft discarded"} <= set(draft.of("summary"))
    assert "Views reported" not in draft.of("summary")
    figure = site.house.value
    assert figure("education.posts", "2020") == 1
    assert act(alice, "published", post, **VIDEO, data_title="Breathe", time="2020-08-02T10:00").status_code == 303
    assert figure("education.posts", "2020") == 2
    assert act(alice, "withdrawn", post, time="2020-09-02T10:00").status_code == 303
    assert figure("education.posts", "2020") == 1
    assert page(alice, "/education").row(post)[3] == "Withdrawn"


def test_a_post_is_published_at_once(alice: Visitor) -> None:
    form = {"id": "form-p", "subject": "post-9", **VIDEO, "time": "2020-08-01T10:00"}
    made = alice.post("/education/new/publish", form)
    assert (made.status_code, made.headers["Location"]) == (303, "/education/post-9")
    taken = alice.post("/education/new/publish", {**form, "id": "form-q"}, Accept_Language="en")
    assert taken.status_code == 409
    assert alice.post("/education/new/publish", {"id": "form-r", "data_topic": "fraud"}).status_code == 422
    assert alice.get("/education/new/burn").status_code == 404


def test_what_does_not_fit_is_refused_with_what_does(alice: Visitor) -> None:
    assert act(alice, "withdrawn").status_code == 303
    again = act(alice, "views_reported", data_views="500")
    assert again.status_code == 409
    assert act(alice, "withdrawn", "post-404").status_code == 404
    assert act(alice, "burnt").status_code == 404


def test_who_only_reads_is_offered_nothing_to_do(site: Site) -> None:
    reader = site.signed_in("bob", "internal_auditor")
    assert page(reader, "/education/post-1").of("summary", "button").count("Put on record") == 0
    assert "Publish a post" not in page(reader, "/education").of("a")
    assert act(reader, "withdrawn").status_code == 403


def test_an_organisation_without_posts_has_no_such_pages(house: House, tmp_path: Path) -> None:
    with opened(house, tmp_path) as site:
        carol = site.signed_in("carol", "recorder")
        for path in ("/education", "/education/post-1", "/education/new/publish", "/charity", "/charity/new"):
            assert carol.get(path).status_code == 404, path
        for path in ("/education/post-1/withdrawn", "/education/new/publish", "/charity/new"):
            assert carol.post(path, {"id": "form-1"}).status_code == 404, path
        assert {"/education", "/charity"} & set(page(carol, "/").links) == set()

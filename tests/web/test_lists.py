"""Lists: searched, sorted, filtered, paged and taken away, with choices that are remembered for who is signed in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask, g, session

from tests.house import House, small_catalogue
from tests.web.visitors import Site, Visitor, opened
from tracker.catalogue import load
from tracker.db import Database
from tracker.settings import shipped
from tracker.web import languages
from tracker.web.lists import Column, Filter, Listing, Query, Rows, every, page_of

ROWS = re.compile(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>')


class Thing(NamedTuple):
    name: str
    size: int | None


THINGS = [Thing("pear", 3), Thing("Apple", None), Thing("plum", 20), Thing("fig", 100)]
COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "Name", lambda thing: thing.name, sortable=True),
    Column("size", "Size", lambda thing: thing.size, kind="number", sortable=True),
)
LISTING = Listing("things", COLUMNS, (Filter("kind", "Kind", (("a", "A"), ("b", "B"))),), sort="-size")


class _Service:
    catalogue = small_catalogue()


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "for tests"
    app.extensions["tracker"] = _Service()
    languages.register(app)
    app.add_url_rule("/things", "things", lambda: "")
    return app


def names(query: Query) -> list[str]:
    return [thing.name for thing in page_of(THINGS, query, COLUMNS).rows]


def test_rows_at_hand_are_sorted_as_people_expect() -> None:
    assert names(Query(sort="name")) == ["Apple", "fig", "pear", "plum"]
    assert names(Query(sort="size")) == ["Apple", "pear", "plum", "fig"]
    assert names(Query(sort="size", descending=True)) == ["fig", "plum", "pear", "Apple"]


def test_a_search_looks_into_every_column_whatever_the_case() -> None:
    assert names(Query(search="P")) == ["pear", "Apple", "plum"]
    assert names(Query(search="100")) == ["fig"]


def test_pages_follow_one_another_until_the_end() -> None:
    first = page_of(THINGS, Query(limit=3), COLUMNS)
    assert (len(first.rows), first.next, first.total) == (3, "3", 4)
    last = page_of(THINGS, Query(limit=3, cursor=first.next), COLUMNS)
    assert (len(last.rows), last.next) == (1, None)
    assert page_of(THINGS, Query(cursor="99999999"), COLUMNS).rows == []
    assert len(page_of(THINGS, Query(cursor="-1; DROP"), COLUMNS).rows) == 4


def test_everything_is_found_page_by_page() -> None:
    asked: list[str | None] = []

    def fetch(query: Query) -> Rows[int]:
        asked.append(query.cursor)
        start = int(query.cursor or 0)
        return Rows([start, start + 1], str(start + 2) if start < 4 else None)

    assert list(every(fetch, Query(cursor="2"))) == [0, 1, 2, 3, 4, 5]
    assert asked == [None, "2", "4"]


def test_only_what_can_be_asked_for_is_asked_for(app: Flask) -> None:
    with app.test_request_context("/things?q=%20pear%00%20&kind=z&sort=-weight&page=x&other=1"):
        assert LISTING.query() == Query("pear", "size", descending=True, cursor="x")
    with app.test_request_context("/things?kind=b&sort=name"):
        assert LISTING.query() == Query("", "name", filters={"kind": "b"})


def test_choices_are_remembered_for_who_is_signed_in_until_they_are_reset(app: Flask) -> None:
    with app.test_request_context("/things?kind=b&q=fig"):
        g.person = object()
        LISTING.query()
        kept = dict(session)
    with app.test_request_context("/things"):
        g.person = object()
        session.update(kept)
        assert LISTING.query() == Query("fig", "size", descending=True, filters={"kind": "b"})
        assert Listing("other", COLUMNS).query() == Query()
    with app.test_request_context("/things?reset=1"):
        g.person = object()
        session.update(kept)
        assert not LISTING.query().narrowed
        assert session["lists"] == {"things": {}}
    with app.test_request_context("/things?kind=b"):
        g.person = None
        LISTING.query()
        assert dict(session) == {}


def test_a_cookie_remembers_a_few_lists_and_no_more(app: Flask) -> None:
    with app.test_request_context(f"/things?q={'x' * 500}"):
        g.person = object()
        for number in range(20):
            Listing(f"list-{number}", COLUMNS).query()
        assert list(session["lists"]) == [f"list-{number}" for number in range(8, 20)]
        assert {len(each["q"]) for each in session["lists"].values()} == {200}


def test_a_list_taken_away_is_whole_and_holds_no_formula(app: Flask) -> None:
    hostile = [Thing("=cmd|' /C calc'!A0", 1), Thing("＋1", -2), Thing('a "b",\nc', None)]
    with app.test_request_context("/things?format=csv"):
        answer = LISTING.csv(lambda query: page_of(hostile, query, COLUMNS), Query(sort="size", limit=1))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="things.csv"'
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.get_data()[:3] == b"\xef\xbb\xbf"
    assert list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"), newline=""))) == [
        ["Name", "Size"],
        ['a "b",\nc', ""],
        ["'＋1", "-2"],
        ["'=cmd|' /C calc'!A0", "1"],
    ]


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(House.build(database, load(shipped("config"))), tmp_path, config=shipped("config")) as found:
        yield found


def suppliers(site: Site, *numbers: int) -> None:
    place = {"region": "china", "category": "gifts", "poor_area": False}
    events = [
        site.house.event(
            "suppliers.supplier.registered",
            place,
            subject=f"s-{number:03}",
            time=f"2020-01-{number % 28 + 1:02}T00:00:00Z",
        )
        for number in numbers
    ]
    site.house.record(*events)


def shown(visitor: Visitor, path: str) -> list[str]:
    return [words for _address, words in ROWS.findall(visitor.get(path).text)]


def test_a_list_of_subjects_is_walked_through_page_by_page(site: Site) -> None:
    suppliers(site, *range(120))
    visitor = site.signed_in("alice", "recorder")
    path, found = "/subjects/suppliers.supplier?sort=subject", list[str]()
    while path:
        text = visitor.get(path).text
        found += [words for _address, words in ROWS.findall(text)]
        following = re.search(r'href="([^"]+)" rel="next"', text)
        path = unescape(following[1]) if following else ""
    assert found == [f"s-{number:03}" for number in range(120)]


def test_a_list_of_subjects_is_searched_sorted_remembered_and_taken_away(site: Site) -> None:
    suppliers(site, 1, 2, 12)
    visitor = site.signed_in("alice", "recorder")
    assert shown(visitor, "/subjects/suppliers.supplier?q=2&sort=-subject") == ["s-012", "s-002"]
    assert shown(visitor, "/subjects/suppliers.supplier") == ["s-012", "s-002"]
    assert shown(visitor, "/subjects/suppliers.supplier?reset=1") == ["s-012", "s-002", "s-001"]
    answer = visitor.get("/subjects/suppliers.supplier?q=1&sort=subject&format=csv&lang=en")
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [line[:2] for line in lines] == [["Subject", "State"], ["s-001", "Registered"], ["s-012", "Registered"]]


def test_an_empty_list_says_what_to_do_and_a_narrow_one_how_to_widen_it(site: Site) -> None:
    visitor = site.signed_in("alice", "recorder")
    assert "There is none yet" in visitor.get("/subjects/suppliers.supplier?lang=en").text
    text = visitor.get("/subjects/suppliers.supplier?q=nothing").text
    assert "Nothing matches" in text
    assert 'href="/subjects/suppliers.supplier?reset=1"' in text

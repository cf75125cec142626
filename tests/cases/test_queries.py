"""Where subjects stand: lists with filters and pages, deadlines, timelines, and the state as of any day or size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases.works import CREW, JOB
from tests.house import House
from tracker.cases import deadlines, queries
from tracker.cases.deadlines import Deadline
from tracker.cases.queries import Misfitting, Standing

WORKER = {"worker": "w-1"}


def tell(house: House, subject: str, fact: str, time: str, data: dict[str, Any] | None = None) -> int:
    """Record a fact about a job; its seq."""
    kind = "" if fact.startswith("crew.") else "job."
    return house.record(house.event(f"works.{kind}{fact}", data or {}, subject=subject, time=time))[0].seq


@pytest.fixture
def jobs(house: House) -> House:
    """Five jobs in three states, one of which has a misfit, and a crew."""
    tell(house, "job-a", "opened", "2020-01-05T00:00:00Z", {"grade": "big"})
    tell(house, "job-b", "opened", "2020-01-04T00:00:00Z")
    tell(house, "job-c", "opened", "2020-01-03T00:00:00Z", {"grade": "small"})
    tell(house, "JOB_d", "opened", "2020-01-02T00:00:00Z")
    tell(house, "job%e", "opened", "2020-01-01T00:00:00Z")
    tell(house, "job-b", "taken", "2020-02-01T00:00:00Z", WORKER)
    tell(house, "job-c", "dropped", "2020-02-01T00:00:00Z")
    tell(house, "job-c", "taken", "2020-02-02T00:00:00Z", WORKER)
    tell(house, "crew-x", "crew.formed", "2020-01-01T00:00:00Z")
    tell(house, "job-z", "taken", "2020-01-01T00:00:00Z", WORKER)
    return house


def listed(house: House, **how: Any) -> list[str]:
    with house.database.read() as session:
        return [each.subject for each in queries.standings(session, JOB, **how)]


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_a_standing_says_it_all(jobs: House) -> None:
    with jobs.database.read() as session:
        found = queries.standing(session, JOB, "job-c")
        nothing = [queries.standing(session, JOB, each) for each in ("job-z", "job-y", "crew-x", "a\x00b", "")]
    opened, dropped, newest = (f"2020-{day}T00:00:00.000000Z" for day in ("01-03", "02-01", "02-02"))
    assert found == Standing(JOB, "job-c", "dropped", opened, dropped, 6, 7, 1, newest, None)
    assert nothing == [None] * 5


@pytest.mark.parametrize(
    ("how", "subjects"),
    [
        ({"sort": "opened"}, ["job%e", "JOB_d", "job-c", "job-b", "job-a"]),
        ({"sort": "-opened"}, ["job-a", "job-b", "job-c", "JOB_d", "job%e"]),
        ({"sort": "-moved"}, ["job-b", "job-c", "job-a", "JOB_d", "job%e"]),
        ({"sort": "due"}, ["job-a", "job-b", "job%e", "JOB_d", "job-c"]),
        ({"sort": "opened", "state": "open"}, ["job%e", "JOB_d", "job-a"]),
        ({"sort": "opened", "state": ["doing", "dropped"]}, ["job-c", "job-b"]),
        ({"sort": "opened", "state": "done"}, []),
        ({"sort": "opened", "search": "ob-"}, ["job-c", "job-b", "job-a"]),
        ({"sort": "opened", "search": "b_D"}, ["JOB_d"]),
        ({"sort": "opened", "search": "%"}, ["job%e"]),
        ({"sort": "opened", "search": "\\"}, []),
        ({"sort": "opened", "search": "a\x00"}, []),
        ({"sort": "opened", "overdue_at": at("2020-03-31")}, ["job-b", "job-a"]),
        ({"sort": "opened", "hidden": ["job-b", "job%e"]}, ["JOB_d", "job-c", "job-a"]),
        ({"sort": "opened", "subjects": ["job-b", "job-z"]}, ["job-b"]),
        ({"sort": "opened", "subjects": []}, []),
    ],
)
def test_lists_are_searched_filtered_and_sorted(jobs: House, how: dict[str, Any], subjects: list[str]) -> None:
    assert listed(jobs, **how) == subjects


@pytest.mark.parametrize("name", queries.SORTS)
@pytest.mark.parametrize("down", ["", "-"])
def test_pages_add_up_to_the_list(jobs: House, name: str, down: str) -> None:
    sort = down + name
    everything = listed(jobs, sort=sort)
    assert len(everything) == 5
    by_id: list[str] = []
    while page := listed(jobs, sort=sort, limit=2, after=by_id[-1] if by_id else None):
        by_id += page
    assert by_id == everything
    with jobs.database.read() as session:
        first = queries.standings(session, JOB, sort=sort, limit=3)
        rest = queries.standings(session, JOB, sort=sort, after=first[-1])
    assert [each.subject for each in (*first, *rest)] == everything


def test_states_are_counted(jobs: House) -> None:
    with jobs.database.read() as session:
        assert queries.counts(session, JOB) == {"open": 3, "doing": 1, "dropped": 1}
        assert queries.counts(session, JOB, hidden=["job-c"]) == {"open": 3, "doing": 1}
        assert queries.counts(session, CREW) == {"working": 1}


def test_misfits_wait_for_review(jobs: House) -> None:
    with jobs.database.read() as session:
        found = queries.misfitting(session)
        assert found == [
            Misfitting(7, JOB, "job-c", "works.job.taken", "dropped"),
            Misfitting(9, JOB, "job-z", "works.job.taken", None),
        ]
        assert queries.misfitting(session, after=7) == found[1:]
        assert queries.misfitting(session, limit=1) == found[:1]
        assert queries.misfitting(session, kinds=[CREW]) == []
        assert queries.misfits_of(session, JOB, "job-c") == found[:1]


def test_what_may_be_done_follows_from_the_state(jobs: House) -> None:
    with jobs.database.read() as session:
        standing = queries.standing(session, JOB, "job-b")
    assert standing is not None
    assert [each.type for each in queries.allowed(jobs.catalogue, standing)] == [
        f"works.job.{fact}" for fact in ("graded", "paused", "done", "dropped")
    ]
    assert [each.type for each in queries.notes(jobs.catalogue, JOB)] == [
        f"works.job.{fact}" for fact in ("answered", "licensed", "noted")
    ]


def test_deadlines_of_a_subject_tell_how_they_stand(jobs: House) -> None:
    def statuses(now: str) -> dict[str, str]:
        with jobs.database.read() as session:
            return {each.name: each.status for each in deadlines.of(session, JOB, "job-b", at(now))}

    assert statuses("2020-02-15") == {"state:doing": "open", "answer": "open"}
    assert statuses("2020-02-27") == {"state:doing": "soon", "answer": "open"}
    assert statuses("2020-03-01T00:00:00") == {"state:doing": "soon", "answer": "open"}
    assert statuses("2020-03-01T00:00:01") == {"state:doing": "overdue", "answer": "open"}
    tell(jobs, "job-b", "done", "2020-03-02T00:00:00Z")
    tell(jobs, "job-b", "answered", "2020-04-04T00:00:00Z")
    assert statuses("2020-02-15") == {"state:doing": "met_late", "answer": "met"}
    with jobs.database.read() as session:
        [first, second] = deadlines.of(session, JOB, "job-b", at("2020-12-31"))
    opened, due, met = (f"2020-{day}T00:00:00.000000Z" for day in ("02-01", "03-01", "03-02"))
    assert first == Deadline(JOB, "job-b", "state:doing", opened, due, met, "met_late", 5)
    assert deadlines.label(jobs.catalogue, first) == {"zh-Hant": "已完成", "en": "done"}
    assert deadlines.label(jobs.catalogue, second) == {"zh-Hant": "答覆", "en": "Answer"}


def test_what_waits_comes_with_the_most_urgent_first(jobs: House) -> None:
    def waiting(**how: Any) -> list[tuple[str, str, str]]:
        with jobs.database.read() as session:
            found = deadlines.waiting(session, at("2020-03-31"), **how)
        return [(each.subject, each.name, each.status) for each in found]

    everything = [
        ("job-a", "state:open", "overdue"),
        ("job-b", "state:doing", "overdue"),
        ("job%e", "answer", "soon"),
        ("JOB_d", "answer", "soon"),
        ("job-b", "answer", "soon"),
        ("job-a", "answer", "soon"),
    ]
    assert waiting() == everything
    assert waiting(limit=3) == everything[:3]
    assert waiting(before=at("2020-03-31")) == everything[:2]
    assert waiting(kinds=[CREW]) == []
    assert waiting(hidden=["job-a", "JOB_d"]) == [everything[1], everything[2], everything[4]]
    with jobs.database.read() as session:
        assert deadlines.overdue(session, at("2020-03-31")) == {JOB: 2}
        assert deadlines.overdue(session, at("2020-03-31"), kinds=[CREW]) == {}
        next_of = deadlines.of_many(session, [(JOB, "job-b"), (JOB, "job-c"), (JOB, "job%e")], at("2020-03-31"))
        assert deadlines.of_many(session, [], at("2020-03-31")) == {}
    assert {key[1]: each.name for key, each in next_of.items()} == {"job-b": "state:doing", "job%e": "answer"}


def test_the_label_of_one_deadline_among_several_tells_which(house: House) -> None:
    tell(house, "job-a", "licensed", "2020-01-01T00:00:00Z", {"permit": "fire", "until": "2020-12-31"})
    with house.database.read() as session:
        [found] = deadlines.of(session, JOB, "job-a", at("2020-12-01"))
    assert (found.name, found.status, found.due) == ("permit:fire", "open", "2020-12-31T16:00:00.000000Z")
    assert deadlines.label(house.catalogue, found) == {"zh-Hant": "更新許可: 消防", "en": "Renew the permit: Fire"}


def test_a_state_as_of_any_day_and_any_size(house: House) -> None:
    tell(house, "job-a", "opened", "2020-01-31T15:59:59Z", {"grade": "big"})
    tell(house, "job-a", "dropped", "2020-03-05T00:00:00Z")
    tell(house, "job-a", "taken", "2020-02-29T16:00:00Z", WORKER)  # the first of March in Shanghai
    house.void(1, 1)
    house.correct(2, 2, WORKER, subject="job-a", time="2020-02-01T00:00:00Z")

    def state(**when: Any) -> tuple[str, int, int] | None:
        with house.database.read() as session:
            found = queries.state_as_of(session, house.catalogue, JOB, "job-a", **when)
        return None if found is None else (found.state, found.moved_seq, found.last_seq)

    assert state() == ("doing", 2, 4)
    assert state(day="2020-01-30") is None
    assert state(day="2020-01-31") == ("open", 0, 0)
    assert state(day="2020-02-01") == ("doing", 2, 4)
    assert state(size=0) is None
    assert state(size=1) == ("open", 0, 0)
    assert state(size=2) == ("dropped", 1, 1)
    assert state(size=3) == ("dropped", 1, 2)
    assert state(size=3, day="2020-02-29") == ("open", 0, 0)
    assert state(size=3, day="2020-03-01") == ("doing", 2, 2)
    assert state(size=4) == ("doing", 2, 3)
    with house.database.read() as session:
        assert queries.standing(session, JOB, "job-a") == queries.state_as_of(session, house.catalogue, JOB, "job-a")


def test_a_timeline_tells_every_event_with_its_versions(house: House) -> None:
    tell(house, "job-a", "opened", "2020-01-02T00:00:00Z", {"narrative": "a secret"})
    tell(house, "job-a", "noted", "2020-01-01T00:00:00Z")
    tell(house, "job-a", "paused", "2020-01-03T00:00:00Z")
    tell(house, "job-a", "taken", "2020-01-04T00:00:00Z", WORKER)
    tell(house, "job-a", "dropped", "2020-01-05T00:00:00Z")
    tell(house, "job-b", "opened", "2020-01-05T00:00:00Z")
    house.void(4, 4)
    house.correct(3, 3, {"worker": "w-2"}, subject="job-a", time="2020-01-06T00:00:00Z")
    house.correct(2, 2, {}, subject="job-b", time="2020-01-03T00:00:00Z")

    def told(subject: str, **how: Any) -> list[tuple[Any, ...]]:
        with house.database.read() as session:
            found = queries.timeline(session, house.catalogue, subject, **how)
        return [
            (each.seq, each.type[10:], each.day, each.state, each.misfit, each.in_force, [v.seq for v in each.versions])
            for each in found
        ]

    assert told("job-a") == [
        (1, "noted", "2020-01-01", None, False, True, [1]),
        (0, "opened", "2020-01-02", "open", False, True, [0]),
        (2, "paused", "2020-01-03", "open", False, False, [2, 8]),
        (4, "dropped", "2020-01-05", "open", False, False, [4, 6]),
        (3, "taken", "2020-01-06", "doing", False, True, [3, 7]),
    ]
    assert told("job-b") == [
        (2, "paused", "2020-01-03", None, True, True, [2, 8]),
        (5, "opened", "2020-01-05", "open", False, True, [5]),
    ]
    assert told("job-a", kind=JOB, size=5)[-1] == (4, "dropped", "2020-01-05", "dropped", False, True, [4])
    assert told("job-a", kind=CREW)[-1] == (3, "taken", "2020-01-06", None, False, True, [3, 7])
    assert told("nobody") == []
    with house.database.read() as session:
        first, *_rest, last = queries.timeline(session, house.catalogue, "job-a")[1:]
    assert first.data["narrative"].keys() == {"commitment"}
    assert last.data == {"worker": "w-2"}

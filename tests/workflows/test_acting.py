"""People move subjects as far as lifecycles and rules allow, once for each time they mean it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from re import fullmatch
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.cases.works import JOB, rows, works_catalogue
from tests.house import House
from tests.workflows.acts import ANNA, BEN, OLGA, RITA, Acting
from tracker.access.people import Person
from tracker.cases.queries import Standing
from tracker.db import Database
from tracker.errors import (
    Conflict,
    ContentConflict,
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    Refused,
    UnexpectedChange,
)
from tracker.workflows.acting import Act, Context, Further, Rule

WORKER = {"worker": "w-1"}


@pytest.fixture
def works(database: Database) -> Acting:
    """A house where people work on jobs."""
    return Acting(House.build(database, works_catalogue()), JOB)


@pytest.fixture
def job(works: Acting) -> str:
    """A big job that is open."""
    done = works.start(ANNA, "job-1", "opened", {"grade": "big"})
    assert done.subject == "job-1"
    return "job-1"


def test_a_move_that_fits_is_recorded_under_the_person_and_the_pages(works: Acting, job: str) -> None:
    receipt = works.act(ANNA, job, "taken", WORKER)
    assert (receipt.seq, receipt.status) == (1, "recorded")
    assert works.events() == [
        ("person:p-annaaaaaaa", "job-1", "works.job.opened", "/tracker/people"),
        ("person:p-annaaaaaaa", "job-1", "works.job.taken", "/tracker/people"),
    ]
    now = "2021-02-01T04:00:00.000000Z"
    assert works.standing(job) == Standing(JOB, job, "doing", now, now, 1, 1, 0, now, "2021-03-01T04:00:00.000000Z")


def test_a_move_that_does_not_fit_is_refused_with_those_that_do(works: Acting, job: str) -> None:
    before = works.events()
    with pytest.raises(IllegalMove) as refused:
        works.act(ANNA, job, "paused")
    assert str(refused.value) == (
        "works.job.paused does not fit: works.job 'job-1' is open. "
        "Allowed are works.job.taken, works.job.graded, works.job.dropped."
    )
    assert refused.value.allowed == ("works.job.taken", "works.job.graded", "works.job.dropped")
    assert refused.value.status == 409
    assert works.events() == before


def test_where_nothing_can_move_it_any_more_that_is_said(works: Acting, job: str) -> None:
    works.act(ANNA, job, "dropped")
    with pytest.raises(IllegalMove, match=r"is dropped\. Nothing can move it any more\."):
        works.act(ANNA, job, "taken", WORKER)
    assert works.act(ANNA, job, "noted").status == "recorded"


def test_the_same_form_sent_twice_counts_once(works: Acting, job: str) -> None:
    first = works.act(ANNA, job, "taken", WORKER, id="form-x")
    works.house.clock.instant += timedelta(minutes=1)
    again = works.act(ANNA, job, "taken", WORKER, id="form-x")
    assert again == first._replace(status="duplicate")
    with pytest.raises(ContentConflict):
        works.act(ANNA, job, "taken", {"worker": "w-2"}, id="form-x")
    assert len(works.events()) == 2


def test_a_subject_opened_by_a_form_sent_twice_is_one(works: Acting) -> None:
    data = {"grade": "small", "narrative": "a secret"}
    first = works.start(BEN, None, "opened", data, id="form-y")
    assert first.subject == "job-2222"
    works.name = "job-3333"
    again = works.start(BEN, None, "opened", data, id="form-y")
    assert again == first._replace(receipt=first.receipt._replace(status="duplicate"))
    with pytest.raises(ContentConflict):
        works.start(BEN, None, "opened", data | {"narrative": "another"}, id="form-y")
    assert len(works.events()) == 1


def test_who_looked_before_somebody_else_acted_is_told(works: Acting, job: str) -> None:
    seen = works.standing(job)
    assert seen is not None
    works.act(BEN, job, "graded", {"grade": "small"}, expect=seen.last_seq)
    with pytest.raises(UnexpectedChange, match="'job-1' was expected at seq 0 but is at seq 1"):
        works.act(ANNA, job, "dropped", expect=seen.last_seq)
    assert works.act(ANNA, job, "dropped", expect=1).seq == 2


def test_of_two_who_race_one_wins_and_the_other_is_told(works: Acting, job: str) -> None:
    barrier, outcomes = Barrier(2), list[object]()

    def race(who: Person, fact: str) -> None:
        barrier.wait()
        try:
            outcomes.append(works.act(who, job, fact, expect=0).status)
        except Refused as error:
            outcomes.append(type(error))

    threads = [Thread(target=race, args=each) for each in ((ANNA, "dropped"), (BEN, "graded"))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(str, outcomes)) == [str(UnexpectedChange), "recorded"]
    assert len(works.events()) == 2


def test_a_subject_that_is_there_is_not_opened_again(works: Acting, job: str) -> None:
    with pytest.raises(Conflict, match=r"There is a .* 'job-1' already"):
        works.start(BEN, job, "opened", {})
    with pytest.raises(IllegalMove, match="is open"):
        works.act(BEN, job, "opened")
    with pytest.raises(IllegalMove, match=r"has not been opened\. Allowed are works\.job\.opened"):
        works.start(BEN, "job-2", "done", {})


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        (JOB, "job-7", "There is no 'job-7' here"),
        (JOB, "job-1\x00", "There is no 'job-1"),
        ("works.nothing", "job-1", "no kind of subject 'works.nothing'; known: "),
        ("w" * 9999, "job-1", "no kind of subject"),
    ],
)
def test_what_is_not_there_is_not_found(works: Acting, job: str, kind: str, subject: str, words: str) -> None:
    works.kind = kind
    with pytest.raises(NotFound, match=words) as refused:
        works.act(ANNA, subject, "dropped")
    assert len(str(refused.value)) < 500


def test_data_is_checked_as_that_of_any_event(works: Acting, job: str) -> None:
    with pytest.raises(Invalid) as refused:
        works.act(ANNA, job, "taken", {"wroker": "w-1"})
    assert [each.pointer for each in refused.value.mistakes] == ["/data/worker", "/data/wroker"]
    with pytest.raises(Invalid) as refused:
        works.act(ANNA, job, "taken", WORKER, id="a\x00b")
    assert [each.pointer for each in refused.value.mistakes] == ["/id"]
    with pytest.raises(Invalid) as refused:
        works.start(ANNA, "job 2", "opened", {})
    assert [each.pointer for each in refused.value.mistakes] == ["/subject"]


def test_what_has_happened_already_may_be_told_as_long_as_all_still_fits(works: Acting) -> None:
    def at(hour: int) -> datetime:
        return datetime(2021, 1, 31, hour, tzinfo=UTC)

    works.start(ANNA, "job-1", "opened", {}, time=at(1))
    works.act(ANNA, "job-1", "taken", WORKER, time=at(5))
    with pytest.raises(IllegalMove, match="is open"):
        works.act(ANNA, "job-1", "paused", time=at(3))
    works.act(ANNA, "job-1", "done", time=at(9))
    with pytest.raises(Invalid) as refused:
        works.act(ANNA, "job-1", "dropped", time=at(7))
    [mistake] = refused.value.mistakes
    assert (mistake.pointer, mistake.message) == (
        "/time",
        "is before seq 2 (works.job.done), which would not fit any more",
    )
    with pytest.raises(IllegalMove, match="has not been opened"):
        works.act(ANNA, "job-1", "taken", WORKER, time=at(0))
    with pytest.raises(Invalid, match="cannot have happened yet"):
        works.act(ANNA, "job-1", "reopened", time=datetime(2021, 2, 1, 4, 0, 1, tzinfo=UTC))
    works.act(ANNA, "job-1", "graded", {"grade": "big"}, time=at(6))
    standing = works.standing("job-1")
    assert standing is not None
    assert (standing.state, standing.misfits, standing.moved_seq, standing.last_seq) == ("done", 0, 2, 3)


def test_roles_decide_who_acts(works: Acting, job: str) -> None:
    for who in (RITA, OLGA):
        with pytest.raises(Forbidden, match="Your roles do not let you act on"):
            works.act(who, job, "dropped")
        with pytest.raises(Forbidden):
            works.start(who, None, "opened", {})
        assert works.allowed(who, job) == []
    with pytest.raises(Forbidden, match="record events"):
        works.log(RITA, "desk.case.reported", {"channel": "phone"})
    assert works.allowed(ANNA, job) == ["taken", "graded", "dropped", "answered", "licensed", "noted"]


def test_rules_refuse_complete_and_let_follow(works: Acting, job: str) -> None:
    def complete(_context: Context, _session: Session, person: Person, act: Act) -> Act:
        assert act.standing is not None
        assert act.standing.state == "open"
        return replace(act, data={**act.data, "worker": person.id})

    def follow(_context: Context, _session: Session, _person: Person, act: Act) -> Sequence[Further]:
        return [Further("works.job.paused", {}), Further("works.job.opened", {"grade": "small"}, f"{act.subject}-b")]

    def not_anna(_context: Context, _session: Session, person: Person, standing: Standing | None) -> bool:
        return person != ANNA

    works.rules["works.job.taken"] = Rule(may=not_anna, check=complete, follow=follow)
    assert works.allowed(BEN, job)[0] == "taken"
    assert "taken" not in works.allowed(ANNA, job)
    with pytest.raises(Forbidden, match=r"works\.job\.taken is not yours"):
        works.act(ANNA, job, "taken")
    first = works.act(BEN, job, "taken", id="form-z")
    assert [each[1:3] for each in works.events()[1:]] == [
        ("job-1", "works.job.taken"),
        ("job-1", "works.job.paused"),
        ("job-1-b", "works.job.opened"),
    ]
    assert works.act(BEN, job, "taken", id="form-z") == first._replace(status="duplicate")
    assert len(works.events()) == 4


def test_what_follows_is_recorded_with_the_act_or_not_at_all(works: Acting, job: str) -> None:
    works.rules["works.job.taken"] = Rule(follow=lambda *_: [Further("works.job.graded", {"grade": "huge"})])
    before = works.events(), rows(works.house)
    with pytest.raises(Invalid) as refused:
        works.act(BEN, job, "taken", WORKER)
    assert [each.pointer for each in refused.value.mistakes] == ["/further/0/data/grade"]
    assert (works.events(), rows(works.house)) == before


def test_a_rule_sees_only_data_that_is_sound_as_far_as_it_goes(works: Acting, job: str) -> None:
    def never(_context: Context, _session: Session, _person: Person, act: Act) -> Act:
        raise AssertionError(act)

    works.rules["works.job.graded"] = Rule(check=never)
    with pytest.raises(Invalid) as refused:
        works.act(BEN, job, "graded", {"grade": ["big"]})
    assert [each.pointer for each in refused.value.mistakes] == ["/data/grade"]


def test_any_event_is_logged_by_what_it_does(works: Acting) -> None:
    opened = works.log(ANNA, "works.job.opened", {})
    assert (opened.kind, opened.subject) == (JOB, "job-2222")
    named = works.log(ANNA, "works.job.opened", {}, subject="job-9")
    assert (named.kind, named.subject) == (JOB, "job-9")
    assert works.log(ANNA, "works.job.taken", WORKER, subject="job-9").receipt.status == "recorded"
    with pytest.raises(IllegalMove, match="is doing"):
        works.log(ANNA, "works.job.opened", {}, subject="job-9")
    with pytest.raises(NotFound):
        works.log(ANNA, "works.job.licensed", {}, subject="job-10")
    with pytest.raises(Invalid) as refused:
        works.log(ANNA, "works.job.noted")
    assert [each.pointer for each in refused.value.mistakes] == ["/subject"]
    plain = works.log(ANNA, "desk.case.reported", {"channel": "phone"}, id="once")
    again = works.log(ANNA, "desk.case.reported", {"channel": "phone"}, id="once")
    assert (plain.kind, plain.subject, plain.receipt.status) == (None, None, "recorded")
    assert again.receipt == plain.receipt._replace(status="duplicate")


@pytest.mark.parametrize("type", ["tracker.event.voided", "tracker.balance.opened", "works.job.sung", "", "a\x00"])
def test_what_is_not_for_people_to_record_is_not_found(works: Acting, type: str) -> None:
    with pytest.raises(NotFound):
        works.log(ANNA, type)


def test_a_new_subject_is_named_at_random(works: Acting) -> None:
    context: Any = Context(works.house.intake, works.context.keys, {})
    kinds = works.house.catalogue.lifecycles_by_kind
    names = {context.choose(kinds[JOB]) for _ in range(50)}
    assert len(names) == 50
    assert all(fullmatch("job-[a-z2-7]{8}", each) for each in names)
    assert context.choose(kinds["works.crew"]).startswith("crew-")

"""A walk through a lifecycle: what each fact does, what does not fit, and which deadlines run."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases.works import CREW, JOB, works_catalogue
from tests.house import second_catalogue
from tracker.cases.dates import due_at, end_of_day, warns_at
from tracker.cases.lifecycle import Misfit, Running, Walk, walk
from tracker.catalogue import Calendar, Deadline, Due, Span
from tracker.ledger.events import Fact

SHANGHAI = works_catalogue().calendar
AUCKLAND = second_catalogue().calendar


def fact(seq: int, type: str, time: str = "2020-05-04T04:00:00.000000Z", **data: Any) -> Fact:
    return Fact(seq, f"works.{type}", "it", time, None, time[:10], int(time[:4]), data)


def walked(*facts: Fact, kind: str = JOB) -> Walk:
    return walk(works_catalogue().lifecycles_by_kind[kind], SHANGHAI, facts)


def told(made: Walk) -> list[tuple[int, str | None, bool]]:
    return [(step.seq, step.state, step.fits) for step in made.steps]


def deadlines(made: Walk, name: str) -> list[tuple[int, str, str | None]]:
    """When each deadline of this name opened (its seq), is due, and was met, without the seconds."""
    return [
        (each.opened_seq, each.due[:16], each.met and each.met[:16]) for each in made.deadlines if each.name == name
    ]


def test_what_fits_moves_and_what_does_not_is_noted() -> None:
    made = walked(
        fact(0, "job.taken"),
        fact(1, "job.opened"),
        fact(2, "job.noted"),
        fact(3, "job.opened"),
        fact(4, "job.taken"),
        fact(5, "job.graded"),
        fact(6, "job.reopened"),
        fact(7, "job.done"),
    )
    assert told(made) == [
        (0, None, False),
        (1, "open", True),
        (3, "open", False),
        (4, "doing", True),
        (5, "doing", True),
        (6, "doing", False),
        (7, "done", True),
    ]
    assert made.misfits == [
        Misfit(0, "works.job.taken", None),
        Misfit(3, "works.job.opened", "open"),
        Misfit(6, "works.job.reopened", "doing"),
    ]
    assert (made.state, made.moved_seq) == ("done", 7)


def test_time_orders_facts_and_then_their_seq() -> None:
    early, late = "2020-05-04T03:59:59.999999Z", "2020-05-04T04:00:00.000000Z"
    facts = [fact(9, "job.opened", early), fact(3, "job.taken", late), fact(5, "job.paused", late)]
    for order in itertools.permutations(facts):
        made = walked(*order)
        assert told(made) == [(9, "open", True), (3, "doing", True), (5, "paused", True)]
        assert (made.opened, made.moved, made.newest) == (early, late, late)


def test_one_event_may_move_subjects_of_two_kinds() -> None:
    facts = (fact(0, "crew.formed"), fact(1, "job.done"))
    assert walked(*facts, kind=CREW).state == "resting"
    assert walked(*facts).misfits == [Misfit(1, "works.job.done", None)]


def test_a_state_that_is_entered_again_has_a_deadline_of_its_own() -> None:
    made = walked(
        fact(0, "job.opened", "2020-01-01T00:00:00.000000Z", grade="big"),
        fact(1, "job.taken", "2020-01-01T06:00:00.000000Z"),
        fact(2, "job.paused", "2020-01-02T00:00:00.000000Z"),
        fact(3, "job.taken", "2020-01-02T18:00:00.000000Z"),
        fact(4, "job.graded", "2020-01-03T00:00:00.000000Z", grade="small"),
        fact(5, "job.paused", "2020-01-04T00:00:00.000000Z"),
    )
    assert deadlines(made, "state:open") == [(0, "2020-01-01T12:00", "2020-01-01T06:00")]
    assert deadlines(made, "state:paused") == [
        (2, "2020-01-02T12:00", "2020-01-02T18:00"),
        (5, "2020-02-03T00:00", None),  # by then the job had been graded as small
    ]
    assert deadlines(made, "state:doing") == [
        (1, "2020-02-01T06:00", "2020-01-02T00:00"),
        (3, "2020-02-02T18:00", "2020-01-04T00:00"),
    ]


def test_without_the_choice_that_decides_there_is_no_deadline() -> None:
    assert deadlines(walked(fact(0, "job.opened")), "state:open") == []
    assert deadlines(walked(fact(0, "job.opened", grade="huge")), "state:open") == []
    assert deadlines(walked(fact(0, "job.opened", grade=["big"])), "state:open") == []


def test_a_misfit_neither_opens_nor_meets_a_deadline() -> None:
    made = walked(fact(0, "job.dropped"), fact(1, "job.opened"), fact(2, "job.opened"))
    assert deadlines(made, "answer") == [(1, "2020-08-04T04:00", None)]
    made = walked(fact(0, "job.opened"), fact(1, "job.dropped"), fact(2, "job.dropped", "2020-06-01T00:00:00.000000Z"))
    assert deadlines(made, "answer") == [(0, "2020-08-04T04:00", "2020-05-04T04:00")]


def test_one_deadline_for_each_value_of_a_field() -> None:
    june = "2020-06-01T00:00:00.000000Z"
    made = walked(
        fact(0, "job.licensed", permit="fire", until="2020-02-29"),
        fact(1, "job.licensed", permit="height", until="2020-12-31"),
        fact(2, "job.licensed", june, permit="fire", until="2021-02-28"),
        fact(3, "job.licensed", permit="fire"),
        fact(4, "job.licensed", until="2020-07-31"),
    )
    assert deadlines(made, "permit:fire") == [
        (0, "2020-02-29T16:00", "2020-05-04T04:00"),  # the end of the day in Shanghai; met by what has no date
        (2, "2021-02-28T16:00", None),
    ]
    assert deadlines(made, "permit:height") == [(1, "2020-12-31T16:00", "2020-05-04T04:00")]
    assert deadlines(made, "permit") == [(4, "2020-07-31T16:00", None)]


def test_what_has_no_value_meets_all_of_its_name() -> None:
    made = walked(
        fact(0, "job.opened"),
        fact(1, "job.licensed", permit="fire", until="2020-12-31"),
        fact(2, "job.licensed", permit="height", until="2020-12-31"),
        fact(3, "job.dropped"),
    )
    assert [each.met_seq for each in made.deadlines if each.name.startswith("permit")] == [3, 3]


def test_a_walk_that_is_taken_up_again_says_when_it_cannot_know() -> None:
    lifecycle = works_catalogue().lifecycles_by_kind[JOB]
    made = Walk(lifecycle, SHANGHAI, state="doing", newest="2020", known=None)
    made.take(fact(7, "job.paused"))
    assert made.doubtful
    sure = Walk(lifecycle, SHANGHAI, state="open", newest="2020", known=None)
    sure.take(fact(7, "job.taken"))
    assert not sure.doubtful


def a_deadline(due: Due, warn: Span | None = None) -> Deadline:
    return Deadline("it", {}, due, warn=warn)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "opened", "months", "due"),
    [
        (SHANGHAI, "2020-01-31T01:00", 1, "2020-02-29T01:00"),
        (SHANGHAI, "2019-11-30T01:00", 3, "2020-02-29T01:00"),
        (SHANGHAI, "2020-01-30T16:00", 1, "2020-02-28T16:00"),  # the 31st in Shanghai, whose month ends on the 29th
        (SHANGHAI, "2020-12-15T03:30", 13, "2022-01-15T03:30"),
        (AUCKLAND, "2020-03-15T00:00", 1, "2020-04-15T01:00"),  # the same hour of the day, an hour after summer time
        (AUCKLAND, "2020-08-26T14:30", 1, "2020-09-26T14:30"),  # 02:30, which that night skips
    ],
)
def test_months_are_those_of_the_calendar(calendar: Calendar, opened: str, months: int, due: str) -> None:
    found = due_at(a_deadline(Due(span=Span(months=months))), instant(opened), {}, calendar)
    assert found == instant(due)


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        ("2020-03-31", "2020-03-31T16:00"),
        ("2020-02-29", "2020-02-29T16:00"),
        ("2020-02-30", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_day_ends_where_the_organisation_is(day: str, ends: str | None) -> None:
    assert end_of_day(day, SHANGHAI) == (ends and instant(ends))


def test_what_lies_beyond_all_calendars_is_due_at_their_end() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert end_of_day("9999-12-31", SHANGHAI) == last
    for span in (Span(months=1200), Span(hours=99_999 * 24)):
        assert due_at(a_deadline(Due(span=span)), instant("9998-01-01T00:00"), {}, SHANGHAI) == last


@pytest.mark.parametrize(
    ("warn", "due", "warns"),
    [
        (None, "2020-05-30T00:00", "2020-05-27T00:00"),
        (None, "2020-05-08T00:00", "2020-05-07T00:00"),
        (None, "2020-05-01T00:00", "2020-05-04T00:00"),  # over before it began
        (Span(hours=24), "2020-05-14T00:00", "2020-05-13T00:00"),
        (Span(hours=24 * 60), "2020-05-14T00:00", "2020-05-04T00:00"),
        (Span(months=1), "2020-08-31T00:00", "2020-07-31T00:00"),
    ],
)
def test_a_deadline_is_soon_from_a_while_before(warn: Span | None, due: str, warns: str) -> None:
    opened = instant("2020-05-04T00:00")
    assert warns_at(a_deadline(Due(), warn), opened, instant(due), SHANGHAI) == instant(warns)


def test_what_is_kept_of_a_deadline() -> None:
    made = walked(fact(0, "job.opened", "2020-01-01T00:00:00.000000Z"))
    assert made.deadlines == [
        Running(
            "answer",
            0,
            "2020-01-01T00:00:00.000000Z",
            "2020-03-25T00:00:00.000000Z",
            "2020-04-01T00:00:00.000000Z",
        )
    ]

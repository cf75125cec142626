"""Violations at work: the ladder, notice, appeal, and a decision by somebody else that figures follow at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.house import House
from tests.workflows.desks import WorkDesk
from tests.workflows.houses import expiring, only
from tracker import sample
from tracker.access.people import Person
from tracker.cases.queries import misfitting
from tracker.catalogue import Catalogue
from tracker.catalogue.rules import Workflows
from tracker.db import Database
from tracker.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from tracker.ledger.vault import opened
from tracker.workflows import content
from tracker.workflows.accounts import KIND
from tracker.workflows.content import Proposed

FOUND = {"surface": "live", "category": "fraud", "detected_by": "reviewer", "review_level": "video", "account": "ann"}


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> WorkDesk:
    return WorkDesk.of(database, tmp_path, KIND)


@pytest.fixture
def first(desk: WorkDesk) -> Person:
    return desk.person("first")


@pytest.fixture
def second(desk: WorkDesk) -> Person:
    return desk.person("second")


def found(desk: WorkDesk, person: Person, **others: str) -> str:
    return desk.start(person, "found", FOUND | others)


def penalised(desk: WorkDesk, person: Person, **others: str) -> str:
    """A violation that is penalised and notified."""
    subject = found(desk, person, **others)
    desk.act(person, subject, "penalised")
    desk.act(person, subject, "notified")
    return subject


def appealed(desk: WorkDesk, person: Person, **others: str) -> str:
    subject = penalised(desk, person, **others)
    desk.act(person, subject, "appealed", {"statement": "It was a drill."})
    return subject


def figures(house: House, period: str) -> dict[str, int]:
    names = ("penalties", "penalties_overturned", "penalties_net", "points", "points_taken_back", "points_net")
    return {name: int(house.value(f"content.{name}", period) or 0) for name in names}


def test_the_ladder_decides_by_severity_and_the_points_so_far(desk: WorkDesk, first: Person) -> None:
    given = []
    for _time in range(4):
        subject = found(desk, first)
        desk.act(first, subject, "penalised", {"reason": "Asked for bank cards."})
        given.append(desk.entries(subject)[-1].data)
    shared = {"points": 8, "reviewer": first.id, "reason": "Asked for bank cards."}
    assert given == [
        shared | {"penalty": "cut_stream"},
        shared | {"penalty": "ban_days", "days": 7},
        shared | {"penalty": "permanent_ban"},
        shared | {"penalty": "permanent_ban"},
    ]


def test_nobody_departs_from_the_ladder(desk: WorkDesk, first: Person) -> None:
    subject = found(desk, first, category="vulgar")
    desk.act(first, subject, "penalised", {"penalty": "account_ban", "days": 3650, "points": 100, "reviewer": "p-else"})
    assert desk.entries(subject)[-1].data == {"penalty": "warn", "points": 3, "reviewer": first.id}


def test_what_the_ladder_would_give_is_told_before(desk: WorkDesk, first: Person) -> None:
    penalised(desk, first)
    subject = found(desk, first, surface="video", category="dangerous")
    at = desk.house.clock()
    with desk.house.database.read() as session:
        said = content.proposed(session, desk.house.catalogue, subject, at)
        assert said == Proposed("serious", 5, 8, "block", None)
        assert said.together == 13
        later = desk.later(days=366)
        assert content.proposed(session, desk.house.catalogue, subject, later) == said
        said = content.proposed(session, expiring(desk.house.catalogue, 365), subject, later)
        assert said == Proposed("serious", 5, 0, "warn", None)
        with pytest.raises(Conflict, match="nothing to penalise"):
            content.proposed(session, desk.house.catalogue, "violation-unknown", at)


def test_the_first_reviewer_does_not_decide_the_appeal(desk: WorkDesk, first: Person, second: Person) -> None:
    subject = appealed(desk, first)
    for fact in ("upheld", "overturned"):
        with pytest.raises(Forbidden, match="Ask a second reviewer"):
            desk.act(first, subject, fact)
        assert fact not in desk.offered(first, subject)
        assert fact in desk.offered(second, subject)
    assert desk.standing(subject).state == "appealed"
    desk.act(second, subject, "upheld")
    assert desk.entries(subject)[-1].data == {"reviewer": second.id}
    with pytest.raises(IllegalMove):
        desk.act(second, subject, "overturned")


def test_overturning_takes_back_penalty_and_points_in_the_period_of_the_decision(
    desk: WorkDesk, first: Person, second: Person
) -> None:
    subject = appealed(desk, first)
    assert figures(desk.house, "2021-02") == {
        "penalties": 1,
        "penalties_overturned": 0,
        "penalties_net": 1,
        "points": 8,
        "points_taken_back": 0,
        "points_net": 8,
    }
    desk.later(days=30)
    desk.act(second, subject, "overturned")
    assert desk.entries(subject)[-1].data == {"reviewer": second.id, "points": 8, "penalty": "cut_stream"}
    assert figures(desk.house, "2021-02")["penalties_net"] == 1
    assert figures(desk.house, "2021-03") == {
        "penalties": 0,
        "penalties_overturned": 1,
        "penalties_net": -1,
        "points": 0,
        "points_taken_back": 8,
        "points_net": -8,
    }
    assert figures(desk.house, "2021")["penalties_net"] == figures(desk.house, "2021")["points_net"] == 0
    cells = desk.house.values("content.penalties_overturned", "2021")
    assert cells == {"{}": 1, '{"penalty":"cut_stream"}': 1}
    assert desk.house.values("content.penalties_net", "2021") == {"{}": 0}
    assert desk.house.differences("2021", "2021-03") == []
    again = found(desk, first)
    with desk.house.database.read() as session:
        said = content.proposed(session, desk.house.catalogue, again, desk.house.clock())
    assert said is not None
    assert said.so_far == 0


def test_appeals_wait_for_everybody_but_the_first_reviewer(desk: WorkDesk, first: Person, second: Person) -> None:
    mine, theirs = appealed(desk, first), appealed(desk, second, account="bob")
    penalised(desk, first)
    with desk.house.database.read() as session:
        waiting = {
            person.login: content.appeals_waiting(session, desk.house.catalogue, person) for person in (first, second)
        }
    assert waiting == {"first": [theirs], "second": [mine]}


def test_an_owner_appeals_once(desk: WorkDesk, first: Person) -> None:
    subject = penalised(desk, first)
    at = desk.later(hours=1)
    for statement in ("It was a drill.", "Sent twice."):
        with desk.house.database.write() as session:
            content.appeal(desk.context, session, "ann", subject, statement, at=at)
    *_before, last = desk.entries(subject)
    assert (len(_before), last.type, last.source, last.actor) == (
        3,
        "content.violation.appealed",
        "/tracker/owner",
        "system:account-owner",
    )
    assert last.data.keys() == {"statement"}
    assert last.data["statement"].keys() == {"commitment"}
    with desk.house.database.read() as session:
        assert opened(session, desk.context.datakeys, [last.seq]) == {last.seq: {"/statement": "It was a drill."}}
    assert desk.house.value("content.appeals", "2021") == 1


def test_an_owner_appeals_what_is_theirs_and_not_decided(desk: WorkDesk, first: Person) -> None:
    subject, early = penalised(desk, first), found(desk, first)
    for account, about, refusal in (
        ("bob", subject, NotFound),
        ("ann", "violation-unknown", NotFound),
        ("ann", early, Conflict),
    ):
        with pytest.raises(refusal), desk.house.database.write() as session:
            content.appeal(desk.context, session, account, about, "", at=desk.house.clock())
    with pytest.raises(Invalid), desk.house.database.write() as session:
        content.appeal(desk.context, session, "ann", subject, "x" * 2001, at=desk.house.clock())
    desk.act(first, subject, "closed")
    with pytest.raises(Conflict), desk.house.database.write() as session:
        content.appeal(desk.context, session, "ann", subject, "", at=desk.house.clock())
    assert desk.house.value("content.appeals", "2021") == 0


def test_a_voided_appeal_may_be_made_again(desk: WorkDesk, first: Person) -> None:
    subject = penalised(desk, first)
    with desk.house.database.write() as session:
        content.appeal(desk.context, session, "ann", subject, "", at=desk.house.clock())
    seq = desk.entries(subject)[-1].seq
    desk.house.void(seq, seq, subject=subject)
    assert desk.standing(subject).state == "notified"
    with desk.house.database.write() as session:
        content.appeal(desk.context, session, "ann", subject, "", at=desk.later(hours=1))
    assert desk.standing(subject).state == "appealed"


def test_the_reference_year_fits_the_lifecycle_and_nets_exactly(database: Database) -> None:
    house = House.build(database, only("content"))
    house.record(*(each for each in sample.events() if each["type"].startswith(f"{KIND}.")))
    with house.database.read() as session:
        assert misfitting(session) == []
    net, gross, back = (
        house.value(f"content.{name}", "2020") for name in ("penalties_net", "penalties", "penalties_overturned")
    )
    assert None not in (net, gross, back)
    assert net == (gross or 0) - (back or 0)
    assert (back or 0) > 0
    assert house.differences("2020") == []


def test_without_a_ladder_people_say_the_penalty_themselves(desk: WorkDesk, first: Person) -> None:
    subject = found(desk, first)
    plain = without_workflow(desk.house.catalogue)
    with desk.house.database.read() as session:
        assert content.proposed(session, plain, subject, desk.house.clock()) is None


def without_workflow(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, workflows=Workflows())

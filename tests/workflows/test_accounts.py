"""What an account has to answer for follows exactly from what is on record, whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.house import Fresh, House
from tests.workflows.houses import house_of
from tracker.access.keys import Keys
from tracker.db import Database
from tracker.errors import NotFound
from tracker.ledger.replay import replay
from tracker.wiring import clear_projections
from tracker.workflows import accounts
from tracker.workflows.accounts import Account
from tracker.workflows.models import account_violations
from tracker.workflows.ownerlinks import account_of, owner_link

FOUND = {"surface": "video", "category": "vulgar", "detected_by": "machine", "review_level": "screen"}
DAY = timedelta(days=1)
AT = datetime(2021, 2, 1, 4, tzinfo=UTC)


@pytest.fixture
def desk(database: Database) -> House:
    """A house that governs content."""
    return house_of(database, "content")


def happen(house: House, fact: str, subject: str, day: str = "2020-05-04", **data: Any) -> int:
    """Record one fact about a violation."""
    given = {**FOUND, "account": "ann"} | data if fact == "found" else data
    event = house.event(f"content.violation.{fact}", given, subject=subject, time=f"{day}T12:00:00+08:00")
    return house.record(event)[0].seq


def penalise(house: House, subject: str, points: int, day: str = "2020-05-05", penalty: str = "warn") -> int:
    return happen(house, "penalised", subject, day, penalty=penalty, points=points, reviewer="p-first")


def points(house: House, account: str = "ann", **others: Any) -> int:
    with house.database.read() as session:
        return accounts.points(session, account, **others)


def test_points_are_those_of_penalties_that_stand(desk: House) -> None:
    for subject, count in (("v1", 3), ("v2", 5), ("v3", 8)):
        happen(desk, "found", subject, account="bob" if subject == "v3" else "ann")
        penalise(desk, subject, count)
    assert (points(desk), points(desk, "bob"), points(desk, "nobody")) == (8, 8, 0)
    assert points(desk, apart_from="v1") == 5
    happen(desk, "overturned", "v2", "2020-06-01", reviewer="p-second", points=5, penalty="warn")
    assert (points(desk), points(desk, "bob")) == (3, 8)
    with desk.database.read() as session:
        assert accounts.accounts(session) == [Account("bob", 1, 1, 8), Account("ann", 2, 1, 3)]
        assert accounts.accounts(session, search="a") == [Account("ann", 2, 1, 3)]
        assert accounts.accounts(session, limit=1, skip=1) == [Account("ann", 2, 1, 3)]
        assert accounts.accounts(session, search="_") == []
        assert [each.subject for each in accounts.violations(session, "ann")] == ["v2", "v1"]


def test_points_expire_where_the_rules_say_so(desk: House) -> None:
    for subject, day in (("v1", "2019-12-31"), ("v2", "2020-12-31")):
        happen(desk, "found", subject, day)
        penalise(desk, subject, 4, day)
    assert accounts.since(AT, None) is None
    assert [points(desk, since=accounts.since(AT, days)) for days in (None, 398, 397, 365, 30)] == [8, 8, 4, 4, 0]


def test_corrections_and_voids_are_followed(desk: House) -> None:
    found = happen(desk, "found", "v1")
    penalised = penalise(desk, "v1", 3)
    correction = desk.correct(
        penalised, penalised, {"penalty": "block", "points": 7, "reviewer": "p-first"}, subject="v1"
    )
    assert points(desk) == 7
    desk.correct(found, found, {**FOUND, "account": "bob"}, subject="v1")
    assert (points(desk), points(desk, "bob")) == (0, 7)
    desk.void(penalised, correction.seq, subject="v1")
    assert points(desk, "bob") == 0
    overturned = happen(desk, "overturned", "v1", reviewer="p-second", points=7)
    with desk.database.read() as session:
        assert accounts.find(session, "v1") == accounts.Violation("v1", "bob", found, None, None, 0, False)
    penalise(desk, "v1", 2, "2020-05-03")
    assert points(desk, "bob") == 0
    desk.void(overturned, overturned)
    assert points(desk, "bob") == 2


def test_a_correction_to_another_subject_moves_the_penalty(desk: House) -> None:
    happen(desk, "found", "v1")
    happen(desk, "found", "v2", account="bob")
    penalised = penalise(desk, "v1", 3)
    desk.correct(penalised, penalised, {"penalty": "warn", "points": 3, "reviewer": "p-first"}, subject="v2")
    assert (points(desk), points(desk, "bob")) == (0, 3)


def test_a_penalty_without_a_violation_is_nobodys(desk: House) -> None:
    penalise(desk, "v1", 3)
    with desk.database.read() as session:
        assert accounts.accounts(session) == []


def test_a_link_is_for_one_account_and_thirty_days(tmp_path: Path) -> None:
    keys = Keys.of(tmp_path)
    keys.make()
    token = owner_link(keys, "account-00007", AT)
    assert account_of(keys, token, AT + 30 * DAY) == "account-00007"
    for wrong, at in (
        (token, AT + 30 * DAY + timedelta(seconds=1)),
        (token[:9] + ("x" if token[9] != "x" else "y") + token[10:], AT),
        ("", AT),
        ("a.b.c", AT),
    ):
        with pytest.raises(NotFound, match="not valid, or no longer"):
            account_of(keys, wrong, at)
    with pytest.raises(NotFound):
        account_of(keys, token, AT + 8 * DAY, days=7)
    other = Keys.of(tmp_path / "other")
    other.make()
    with pytest.raises(NotFound):
        account_of(other, token, AT)


@dataclass
class Truth:
    """The plain facts of a drawn history: original to (type, subject, order, points, account)."""

    facts: dict[int, tuple[str, str, str, int, str]] = field(default_factory=dict)
    in_force: dict[int, int] = field(default_factory=dict)

    def points(self, account: str) -> int:
        """The points of penalties that are not overturned."""
        return sum(given for owner, given in (self._outcome(each) for each in self._subjects()) if owner == account)

    def total(self, type: str) -> tuple[int, int]:
        """How many facts of a type there are, and their points."""
        found = [given for each, _subject, _time, given, _account in self.facts.values() if each == type]
        return len(found), sum(found)

    def _subjects(self) -> set[str]:
        return {subject for _type, subject, *_rest in self.facts.values()}

    def _outcome(self, subject: str) -> tuple[str | None, int]:
        owner, standing = None, 0
        ordered = sorted((time, seq) for seq, (_t, about, time, *_r) in self.facts.items() if about == subject)
        for _time, seq in ordered:
            type, _subject, _at, given, account = self.facts[seq]
            if type == "found":
                owner = account
            elif type in ("penalised", "overturned"):
                standing = given if type == "penalised" else 0
        return owner, standing


SUBJECTS, ACCOUNTS = ("v1", "v2", "v3"), ("ann", "bob")
DAYS = ("2019-12-30", "2020-01-05", "2020-05-04", "2020-05-04", "2020-12-31", "2021-01-04")


@st.composite
def facts(draw: st.DrawFn, type: str | None = None) -> tuple[str, str, str, int, str]:
    """Type, subject, day, points and account of one fact."""
    kinds = st.sampled_from(["found", "found", "penalised", "penalised", "appealed", "upheld", "overturned"])
    chosen = type or draw(kinds)
    given = draw(st.integers(0, 9)) if chosen in ("penalised", "overturned") else 0
    return chosen, draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(DAYS)), given, draw(st.sampled_from(ACCOUNTS))


def data_of(type: str, given: int, account: str) -> dict[str, Any]:
    match type:
        case "found":
            return {**FOUND, "account": account}
        case "penalised":
            return {"penalty": "warn", "points": given, "reviewer": "p-first"}
        case "overturned":
            return {"reviewer": "p-second", "points": given, "penalty": "warn"}
        case "upheld":
            return {"reviewer": "p-second"}
        case _:
            return {}


def live_through(draw: Any, house: House, steps: int) -> Truth:
    """Draw facts, corrections and voids, and keep the plain truth beside the house."""
    truth = Truth()
    for _step in range(steps):
        choice = draw(st.sampled_from(["record", "record", "record", "correct", "void"]))
        if choice == "record" or not truth.in_force:
            _record(house, truth, draw(facts()))
            continue
        original = draw(st.sampled_from(sorted(truth.in_force)))
        if choice == "void":
            house.void(original, truth.in_force.pop(original))
            del truth.facts[original]
            continue
        type, subject, day, given, account = draw(facts(truth.facts[original][0]))
        time = f"{day}T12:00:00+08:00"
        receipt = house.correct(
            original, truth.in_force[original], data_of(type, given, account), subject=subject, time=time
        )
        truth.in_force[original] = receipt.seq
        truth.facts[original] = (type, subject, day, given, account)
    return truth


def _record(house: House, truth: Truth, fact: tuple[str, str, str, int, str]) -> None:
    type, subject, day, given, account = fact
    event = house.event(
        f"content.violation.{type}", data_of(type, given, account), subject=subject, time=f"{day}T12:00:00+08:00"
    )
    seq = house.record(event)[0].seq
    truth.facts[seq], truth.in_force[seq] = fact, seq


@pytest.fixture
def fresh(drawn: Callable[[Callable[[Database], House]], Fresh]) -> Fresh:
    """A house on a database of its own for every drawn history."""
    return drawn(lambda database: house_of(database, "content"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_points_and_net_figures_follow_any_history(fresh: Fresh, data: st.DataObject) -> None:
    with fresh() as house:
        truth = live_through(data.draw, house, data.draw(st.integers(1, 16)))
        assert {each: points(house, each) for each in ACCOUNTS} == {each: truth.points(each) for each in ACCOUNTS}
        penalties, given = truth.total("penalised")
        overturned, back = truth.total("overturned")
        figures = {"penalties": penalties, "penalties_overturned": overturned, "penalties_net": penalties - overturned}
        figures |= {"points": given, "points_taken_back": back, "points_net": given - back}
        years = ("2019", "2020", "2021")
        found = {name: sum(house.value(f"content.{name}", year) or 0 for year in years) for name in figures}
        assert found == figures
        assert house.value("content.points_in_force", "2021") == given - back
        assert house.differences(*years) == []
        before = _rows(house)
        with house.database.write() as session:
            clear_projections(session)
            replay(house.ledger, session)
        assert _rows(house) == before


def _rows(house: House) -> list[tuple[Any, ...]]:
    with house.database.read() as session:
        return sorted(tuple(row) for row in session.execute(select(account_violations)))

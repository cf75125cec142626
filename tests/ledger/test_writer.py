"""Group commit: work shares transactions, a culprit spoils nothing for others, and nothing is lost at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.house import ALICE, House
from tracker.errors import Invalid, NotReady, Overloaded, Refused
from tracker.ledger import writer as module
from tracker.ledger.events import Delivery, Receipt
from tracker.ledger.models import events as events_table
from tracker.ledger.writer import Writer


@dataclass(frozen=True)
class Work:
    """Events as one delivery; ``sort`` says what shall happen to it."""

    events: Sequence[Any]
    sort: str = "sound"

    @property
    def doubtful(self) -> bool:
        """As its sort says."""
        return self.sort == "doubtful"


@dataclass
class Desk:
    """A writer over a house, with a gate that holds its thread until a test opens it."""

    house: House
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    batches: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()
        self.writer: Writer[Work, list[Receipt]] = Writer(self.house.database, self.settle, self.refuse)

    def settle(self, session: Session, works: Sequence[Work]) -> Sequence[list[Receipt]]:
        """Record the works together; some sorts fail."""
        self.entered.set()
        assert self.gate.wait(20)
        self.batches.append(len(works))
        for work in works:
            if work.sort == "refused":
                raise Invalid("It is refused.")
            if work.sort == "bug":
                raise ZeroDivisionError
            if work.sort == "down":
                raise NotReady("The database is down.")
        return self.house.intake.accept_all(session, [Delivery(ALICE, work.events) for work in works])

    def refuse(self, session: Session, work: Work, error: Refused) -> None:
        """Note what was refused."""
        assert session.in_transaction()
        self.refused.append(error.detail)

    def work(self, sort: str = "sound", channel: str = "phone") -> Work:
        """One event as a piece of work."""
        return Work(self.house.intake.read([self.house.event("desk.case.reported", {"channel": channel})]), sort)

    def together(self, works: Sequence[Work]) -> list[Any]:
        """Hand in works so that all of them wait when the writer looks, and return what each came to."""
        self.gate.clear()
        self.entered.clear()
        first = self.writer.submit([self.work()])
        assert self.entered.wait(20)
        pending = [self.writer.submit([work]) for work in works]
        self.gate.set()
        first.wait()
        return [_outcome(each.wait) for each in pending]

    def stored(self) -> int:
        """How many events there are."""
        with self.house.database.read() as session:
            return session.scalar(select(func.count()).select_from(events_table)) or 0


def _outcome(wait: Callable[[], Sequence[Any]]) -> Any:
    try:
        [found] = wait()
    except Exception as error:  # noqa: BLE001  # the outcome is what a test looks at
        return error
    return found if isinstance(found, Exception) else [receipt.status for receipt in found]


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    """A writer that is closed at the end."""
    made = Desk(house)
    yield made
    made.gate.set()
    made.writer.close()


def test_what_waits_together_is_committed_together(desk: Desk) -> None:
    commits: list[int] = []
    event.listen(desk.house.database.engine, "commit", lambda _connection: commits.append(1))
    assert desk.together([desk.work() for _ in range(20)]) == [["recorded"]] * 20
    assert (desk.batches, len(commits), desk.stored()) == ([1, 20], 2, 21)


def test_one_that_is_refused_spoils_nothing_for_the_others(desk: Desk) -> None:
    works = [desk.work("refused" if number in {3, 11} else "sound") for number in range(16)]
    outcomes = desk.together(works)
    assert [isinstance(each, Invalid) for each in outcomes] == [number in {3, 11} for number in range(16)]
    assert (desk.refused, desk.stored()) == (["It is refused."] * 2, 15)


def test_a_fault_of_ours_reaches_the_one_it_befell_and_is_no_refusal(desk: Desk) -> None:
    outcomes = desk.together([desk.work(), desk.work("bug"), desk.work()])
    assert [type(each) for each in outcomes] == [list, ZeroDivisionError, list]
    assert (desk.refused, desk.stored()) == ([], 3)


def test_what_is_doubtful_is_tried_on_its_own(desk: Desk) -> None:
    outcomes = desk.together([desk.work(), desk.work("doubtful", "pigeon"), desk.work()])
    assert [isinstance(each, Invalid) for each in outcomes] == [False, True, False]
    assert desk.batches == [1, 2, 1]


def test_a_database_that_is_down_fails_everybody_and_the_writer_lives_on(desk: Desk) -> None:
    outcomes = desk.together([desk.work(), desk.work("down")])
    assert [type(each) for each in outcomes] == [NotReady, NotReady]
    assert desk.stored() == 1
    assert desk.together([desk.work()]) == [["recorded"]]


def test_a_commit_that_fails_is_told_and_leaves_nothing(desk: Desk) -> None:
    def fail(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    event.listen(desk.house.database.engine, "commit", fail, once=True)
    assert isinstance(_outcome(desk.writer.submit([desk.work()]).wait), NotReady)
    assert desk.stored() == 0
    assert _outcome(desk.writer.submit([desk.work()]).wait) == ["recorded"]


def test_a_closed_writer_has_finished_what_it_took_and_takes_nothing_more(desk: Desk) -> None:
    desk.gate.clear()
    pending = [desk.writer.submit([desk.work()]) for _ in range(10)]
    closing = threading.Thread(target=desk.writer.close)
    closing.start()
    desk.gate.set()
    closing.join()
    assert [_outcome(each.wait) for each in pending] == [["recorded"]] * 10
    with pytest.raises(Overloaded):
        desk.writer.submit([desk.work()])


def test_when_too_much_waits_the_next_is_asked_to_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    desk.gate.clear()
    pending = [desk.writer.submit([desk.work()]) for _ in range(3)]
    with pytest.raises(Overloaded):
        desk.writer.submit([desk.work()])
    desk.gate.set()
    assert [_outcome(each.wait) for each in pending] == [["recorded"]] * 3
    assert _outcome(desk.writer.submit([desk.work()]).wait) == ["recorded"]


def test_a_hundred_ids_raced_by_sixteen_threads_are_recorded_once_each(house: House) -> None:
    desks = [Desk(house), Desk(house)]  # as two processes on one database
    events = [house.event("desk.case.reported", {"channel": "phone"}) for _ in range(100)]

    def race(number: int) -> list[str]:
        writer = desks[number % 2].writer
        pending = [writer.submit([Work(house.intake.read([each]))]) for each in events]
        return [_outcome(each.wait)[0] for each in pending]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(race, range(16)))
    for desk in desks:
        desk.writer.close()
    assert [sorted(each) for each in zip(*found, strict=True)] == [["duplicate"] * 15 + ["recorded"]] * 100
    assert (desks[0].stored(), house.value("desk.cases", "2020")) == (100, Fraction(100))
    assert house.differences() == []

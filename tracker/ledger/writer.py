"""Group commit: requests that arrive together share one transaction, through one writer per process.

To wait for the disk is the dearest part of an acknowledgement. While one commit waits, others queue;
the next takes them all. What is refused spoils nothing for the others: the batch is halved until the
culprit stands alone. The writer is an edge of its own, and the only one that commits what machines send.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from tracker import metrics
from tracker.db import Database
from tracker.errors import NotReady, Overloaded, Refused
from tracker.ledger.heads import lock

MOST_TOGETHER = 1000
"""Pieces of work in one transaction."""

MOST_WAITING = 10_000
"""Pieces of work that may queue; with more the sender is asked to come again."""


_BREATH = 0.001
"""Seconds after a commit that several shared, in which they may send what comes next and share the next one, too:
what PostgreSQL calls commit_delay. With 32 senders it is worth 5 % on SQLite and 20 % on PostgreSQL."""


class Work(Protocol):
    """What can be handed to the writer."""

    @property
    def doubtful(self) -> bool:
        """Whether it will probably be refused, and is better tried on its own."""
        ...


W = TypeVar("W", bound=Work)
R = TypeVar("R")


@dataclass(slots=True)
class _Ticket(Generic[W, R]):
    """Work that one caller waits for. ``done`` is held until its outcomes stand."""

    works: Sequence[W]
    done: threading.Lock = field(default_factory=threading.Lock)
    outcomes: Sequence[R | Exception] = ()
    failure: Exception | None = None


class Pending(Generic[W, R]):
    """Work that was handed in and will be committed or refused."""

    def __init__(self, ticket: _Ticket[W, R]) -> None:
        self._ticket = ticket

    @property
    def works(self) -> Sequence[W]:
        """What was handed in."""
        return self._ticket.works

    def wait(self) -> Sequence[R | Exception]:
        """One outcome per piece of work, in order, once they are on disk. An exception stands for what was not done.

        :raise NotReady: the database could not do it; nothing of this was stored.
        """
        self._ticket.done.acquire()
        if self._ticket.failure is not None:
            raise self._ticket.failure
        return self._ticket.outcomes


class Writer(Generic[W, R]):
    """One writer. ``settle`` does the work of a batch, all or none, and returns an outcome for each piece;
    ``refuse`` writes down that a piece was refused."""

    def __init__(
        self,
        database: Database,
        settle: Callable[[Session, Sequence[W]], Sequence[R]],
        refuse: Callable[[Session, W, Refused], None],
    ) -> None:
        self._database = database
        self._settle = settle
        self._refuse = refuse
        self._queue: SimpleQueue[_Ticket[W, R] | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._closed = False

    def submit(self, works: Sequence[W]) -> Pending[W, R]:
        """Hand in work.

        :raise Overloaded: too much is waiting, or the service is ending.
        """
        ticket: _Ticket[W, R] = _Ticket(works)
        ticket.done.acquire()
        with self._starting:
            if self._closed or self._waiting >= MOST_WAITING:
                raise Overloaded
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
                self._thread.start()
            self._waiting += len(works)
            self._queue.put(ticket)
        return Pending(ticket)

    def close(self) -> None:
        """Take nothing more, finish what was handed in, and return."""
        with self._starting:
            self._closed = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (ticket := self._queue.get()) is not None:
            self._serve([ticket])

    def _serve(self, tickets: list[_Ticket[W, R]]) -> None:
        """Commit what one ticket asks for, and what joins it, and let those who wait know."""
        started = time.perf_counter()
        try:
            outcomes = iter(self._commit(tickets))
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it, whatever it is
            for ticket in tickets:
                ticket.failure = error
        else:
            for ticket in tickets:
                ticket.outcomes = [next(outcomes) for _ in ticket.works]
        number = sum(len(ticket.works) for ticket in tickets)
        metrics.committed(number, time.perf_counter() - started)
        with self._starting:
            self._waiting -= number
            metrics.waiting(self._waiting)
        for ticket in tickets:
            ticket.done.release()
        if len(tickets) > 1:
            time.sleep(_BREATH)

    def _commit(self, tickets: list[_Ticket[W, R]]) -> Sequence[R | Exception]:
        try:
            with self._database.write() as session:
                lock(session)  # another process may hold it; meanwhile more comes in that can go along
                works = self._joined(tickets)
                if not any(work.doubtful for work in works):
                    return self._settle(session, works)
                return self._carefully(session, works)
        except NotReady:
            raise
        except Exception:  # noqa: BLE001  # one of them spoiled it for all, whatever it is: again, more carefully
            works = _works(tickets)
        with self._database.write() as session:
            lock(session)  # before any other row: all writers take their locks in one order
            return self._carefully(session, works)

    def _joined(self, tickets: list[_Ticket[W, R]]) -> list[W]:
        """Let everything that waits join, up to a bound; the work of all."""
        works = _works(tickets)
        while len(works) < MOST_TOGETHER:
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                break
            if ticket is None:
                self._queue.put(None)  # the end, for :meth:`_run` to see
                break
            tickets.append(ticket)
            works += ticket.works
        return works

    def _carefully(self, session: Session, works: Sequence[W]) -> list[R | Exception]:
        """The sound ones together, the doubtful ones each on its own."""
        outcomes: dict[int, R | Exception] = {}
        sound = [place for place, work in enumerate(works) if not work.doubtful]
        for places in (sound, *([place] for place, work in enumerate(works) if work.doubtful)):
            found = self._halved(session, [works[place] for place in places])
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[place] for place in range(len(works))]

    def _halved(self, session: Session, works: Sequence[W]) -> list[R | Exception]:
        if not works:
            return []
        try:
            with session.begin_nested():
                return list(self._settle(session, works))
        except NotReady:
            raise
        except Exception as error:  # noqa: BLE001  # the others shall not suffer for it
            if len(works) == 1:
                return [self._spoiled(session, works[0], error)]
        middle = len(works) // 2
        return self._halved(session, works[:middle]) + self._halved(session, works[middle:])

    def _spoiled(self, session: Session, work: W, error: Exception) -> Exception:
        """What is told of work that could not be done. Only a refusal is its sender's affair, and written down."""
        if isinstance(error, Refused):
            self._refuse(session, work, error)
        return error


def _works(tickets: Sequence[_Ticket[W, R]]) -> list[W]:
    return [work for ticket in tickets for work in ticket.works]

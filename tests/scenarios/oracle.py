"""The oracle: it writes down, synced, what was acknowledged, and later holds the ledger to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Condition
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.house import small_catalogue
from tests.scenarios.servers import SECONDS, opened
from tracker.intake.counting import by_sender, counts
from tracker.jobs.recounting import differences, periods_of
from tracker.ledger.heads import read_head
from tracker.ledger.models import events


class Acknowledged(NamedTuple):
    """What a sender was told of an event."""

    id: str
    seq: int
    leaf: str


class Oracle:
    """What was acknowledged: one file per sender, and a count that can be waited for."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self._files: dict[str, int] = {}
        self._told = Condition()
        self._count = 0

    def acknowledge(self, sender: str, receipt: Mapping[str, Any]) -> None:
        """Write down a receipt; it is on disk when this returns."""
        line = f"{json.dumps(Acknowledged(receipt['id'], receipt['seq'], receipt['leaf']))}\n"
        with self._told:
            file = self._files.get(sender)
            if file is None:
                path = self._directory / sender
                file = self._files[sender] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, line.encode())
        os.fdatasync(file)
        with self._told:
            self._count += 1
            self._told.notify_all()

    @property
    def count(self) -> int:
        """How many acknowledgements there were."""
        with self._told:
            return self._count

    def wait_for(self, more: int) -> None:
        """Return when there have been as many ``more`` acknowledgements as there are now."""
        self.reach(self._count + more)

    def reach(self, goal: int) -> None:
        """Return when there have been ``goal`` acknowledgements in all."""
        with self._told:
            assert self._told.wait_for(lambda: self._count >= goal, SECONDS), f"{self._count} of {goal} acknowledged"

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def read(self) -> list[Acknowledged]:
        """Every acknowledgement, from the files."""
        lines = [line for path in sorted(self._directory.iterdir()) for line in path.read_text("ascii").splitlines()]
        return [Acknowledged(*json.loads(line)) for line in lines]


class Verdict(NamedTuple):
    """What is wrong; nothing, if the ledger keeps its promises."""

    missing: Sequence[Acknowledged]
    """Acknowledged, but not on record with that ``seq`` and leaf."""
    gaps: Sequence[int]
    """Places in the log that hold no event."""
    differences: Sequence[object]
    """Tallies that an independent recount does not confirm."""
    counters: str
    """Where counters and ledger disagree."""


SOUND = Verdict([], [], [], "")


def judge(url: str, acknowledged: Sequence[Acknowledged]) -> Verdict:
    """Compare what was acknowledged, what is stored, and what was counted."""
    catalogue = small_catalogue()
    with opened(url) as database, database.read() as session:
        query = select(events.c.id, events.c.seq, events.c.leaf).order_by(events.c.seq)
        stored = [Acknowledged(row.id, row.seq, row.leaf.hex()) for row in session.execute(query)]
        size = read_head(session).size
        return Verdict(
            sorted(set(acknowledged) - set(stored)),
            sorted({*range(max(size, len(stored)))} ^ {each.seq for each in stored}),
            differences(session, catalogue, periods_of(session, catalogue)),
            _counters(session, len(stored), len(acknowledged)),
        )


def _counters(session: Session, stored: int, acknowledged: int) -> str:
    sums = [each for each in by_sender(counts(session)).values()]
    recorded, duplicate = sum(each.recorded for each in sums), sum(each.duplicate for each in sums)
    if recorded != stored:
        return f"{stored} stored, {recorded} counted as recorded"
    if recorded + duplicate < acknowledged:
        return f"{acknowledged} acknowledged, {recorded} + {duplicate} counted"
    if any(each.received != sum(each[3:]) for each in sums):
        return f"received is not the sum: {sums}"
    return ""

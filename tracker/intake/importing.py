"""Events from a file: the edge for imports of any size, in bounded memory.

By default a file is one transaction: it is recorded whole, or not at all with every mistake listed.
With ``commit_every`` a broken line is reported and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.orm import Session

from tracker.db import Database
from tracker.errors import Invalid, Mistake, Refused
from tracker.intake.accept import Intake
from tracker.ledger.events import Actor, Incoming, Receipt

CHUNK = 5000
"""Lines that an import of a whole file records at a time: the more, the fewer times a tally is written."""

MOST_MISTAKES = 200

Numbered = tuple[int, object]
"""A line's number with its parsed value, or with the :class:`~tracker.errors.Refused` that reading it raised."""


@dataclass(slots=True)
class Report:
    """What became of a file's lines: recorded + duplicates + refused = lines."""

    lines: int = 0
    recorded: int = 0
    duplicates: int = 0
    refused: int = 0
    late: int = 0
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Count receipts."""
        for receipt in receipts:
            self.recorded += receipt.status == "recorded"
            self.duplicates += receipt.status == "duplicate"
            self.late += receipt.late is not None

    def refuse(self, mistakes: Iterable[Mistake]) -> None:
        """Count one refused line and keep its mistakes, up to a bound."""
        self.refused += 1
        self.mistakes.extend(islice(mistakes, max(0, MOST_MISTAKES - len(self.mistakes))))


def import_whole(
    intake: Intake, database: Database, actor: Actor, values: Iterable[Numbered], *, dry_run: bool = False
) -> Report:
    """Record every line in one transaction; a dry run does the same and then takes it all back.

    :raise Invalid: with the mistakes of every line (the first 200); nothing is stored.
    :raise Refused: what recording refuses, such as a conflict; nothing is stored.
    """
    report = Report()
    with database.write() as session:
        for chunk in chunks(values, CHUNK):
            events = _read(intake, chunk, report)
            if not report.mistakes:
                report.add(intake.accept(session, actor, events))
            elif len(report.mistakes) < MOST_MISTAKES:
                for mistake in intake.refusals(session, events):
                    report.refuse([mistake])
        if report.mistakes:
            raise Invalid(_summary(report), report.mistakes)
        if dry_run:
            session.rollback()
    return report


def import_in_chunks(
    intake: Intake,
    database: Database,
    actor: Actor,
    values: Iterable[Numbered],
    *,
    commit_every: int,
    progress: Callable[[Report], None] | None = None,
) -> Report:
    """Record ``commit_every`` lines at a time; lines that are refused are reported, the others stand."""
    report = Report()
    for chunk in chunks(values, commit_every):
        events = _read(intake, chunk, report)
        try:
            with database.write() as session:
                receipts = intake.accept(session, actor, events)
        except Refused:
            _one_by_one(intake, database, actor, events, report)
        else:
            report.add(receipts)
        if progress:
            progress(report)
    return report


def _one_by_one(intake: Intake, database: Database, actor: Actor, events: Iterable[Incoming], report: Report) -> None:
    with database.write() as session:
        for event in events:
            try:
                report.add(_alone(intake, session, actor, event))
            except Refused as error:
                report.refuse(error.mistakes or [Mistake(event.pointer, error.detail)])


def _alone(intake: Intake, session: Session, actor: Actor, event: Incoming) -> list[Receipt]:
    with session.begin_nested():
        return intake.accept(session, actor, [event])


def _read(intake: Intake, chunk: list[Numbered], report: Report) -> list[Incoming]:
    now = intake.ledger.clock()
    events = []
    for number, value in chunk:
        report.lines += 1
        try:
            if isinstance(value, Refused):
                raise value
            events.append(intake.read_one(value, f"line {number} ", now))
        except Refused as error:
            report.refuse(error.mistakes or [Mistake(f"line {number}", error.detail)])
    return events


def chunks(values: Iterable[Numbered], size: int) -> Iterator[list[Numbered]]:
    """Lists of up to ``size`` values."""
    source = iter(values)
    while chunk := list(islice(source, size)):
        yield chunk


def _summary(report: Report) -> str:
    shown = len(report.mistakes)
    more = " (the first ones are shown)" if shown >= MOST_MISTAKES else ""
    return f"{shown} mistake{'' if shown == 1 else 's'} in {report.lines} lines{more}; nothing was stored."

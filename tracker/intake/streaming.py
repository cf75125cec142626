"""NDJSON of any size: read line by line, committed in chunks, each line answered on its own.

While one chunk is being committed the next is read; never more than two are held. A line that is broken
does not stop the others. :meth:`Stream.whole` takes up to 10,000 lines all or nothing instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple, TypeAlias

from tracker.canonical import canonical_bytes
from tracker.errors import Malformed, Overloaded, Refused, TooLarge
from tracker.intake.content import Content
from tracker.intake.files import ndjson_lines
from tracker.intake.importing import chunks
from tracker.intake.reception import Parcel, Reception
from tracker.intake.senders import Sender
from tracker.ledger.events import Receipt
from tracker.ledger.writer import Pending

CHUNK = 1_000
MOST_ATOMIC = 10_000
LINE = "application/x-ndjson"

Numbered: TypeAlias = tuple[int, object]
_Handed: TypeAlias = Pending[Parcel, Sequence[Receipt] | None]


class Line(NamedTuple):
    """What became of one line: its receipt, or why it was refused."""

    number: int
    outcome: Receipt | Refused


@dataclass(frozen=True)
class Stream:
    """NDJSON from one sender; ``epoch`` is the state of access as of which it was let in."""

    reception: Reception
    sender: Sender
    epoch: int
    max_line: int

    def lines(self, body: IO[bytes], *, dry_run: bool = False) -> Iterator[Line]:
        """Record line by line. In a dry run a chunk of 1,000 lines knows nothing of those before it.

        :raise NotReady: not now. What was answered stands; the rest was not stored and may be sent again.
        """
        record = self._rehearsed if dry_run or self.sender.test else self._recorded
        return record(chunks(ndjson_lines(body, self.max_line), CHUNK))

    def whole(self, body: IO[bytes], *, dry_run: bool = False) -> Sequence[Receipt] | None:
        """Record all lines or none, and return their receipts; ``None`` as :meth:`Reception.hand_in`.

        :raise TooLarge: more than 10,000 lines.
        :raise Refused: with the mistakes of all lines.
        """
        numbered = list(islice(ndjson_lines(body, self.max_line), MOST_ATOMIC + 1))
        if len(numbered) > MOST_ATOMIC:
            raise TooLarge(f"All or nothing takes up to {MOST_ATOMIC} lines. Send fewer, or leave out atomic=1.")
        if not numbered:
            raise Malformed("There is no line to read. Send one event per line.")
        return self.reception.hand_in(self._together(numbered), dry_run=dry_run)

    def _recorded(self, parts: Iterable[list[Numbered]]) -> Iterator[Line]:
        before: tuple[list[Numbered], _Handed] | None = None
        for chunk in parts:
            parcel = self._together(chunk)
            if before is not None:  # settled and told first: lines may rest on those before them
                yield from self._outcomes(*before)
            before = chunk, self._hand_in(chunk, parcel)
        if before is not None:
            yield from self._outcomes(*before)

    def _hand_in(self, chunk: list[Numbered], parcel: Parcel) -> _Handed:
        """Hand in a chunk as one piece if nothing speaks against it, otherwise line by line."""
        if parcel.doubtful:
            return self._line_by_line(chunk)
        parcel.tentative = True
        return self.reception.writer.submit([parcel])

    def _line_by_line(self, chunk: list[Numbered]) -> _Handed:
        return self.reception.writer.submit([self._alone(value) for _, value in chunk])

    def _outcomes(self, chunk: list[Numbered], handed: _Handed) -> Iterator[Line]:
        outcomes = handed.wait()
        if handed.works[0].tentative and isinstance(outcomes[0], Exception):
            outcomes = self._line_by_line(chunk).wait()
        return _answered(chunk, outcomes)

    def _rehearsed(self, parts: Iterable[list[Numbered]]) -> Iterator[Line]:
        for chunk in parts:
            yield from _answered(chunk, self.reception.rehearse([self._alone(value) for _, value in chunk]))

    def _together(self, numbered: Sequence[Numbered]) -> Parcel:
        """All lines as one parcel; a line that cannot be read refuses them all."""
        return self._parcel([value for _, value in numbered], [f"line {number} " for number, _ in numbered])

    def _alone(self, value: object) -> Parcel:
        """One line as a delivery of its own."""
        return self._parcel([value], [""])

    def _parcel(self, values: Sequence[object], pointers: Sequence[str]) -> Parcel:
        parcel = Parcel(self.sender, "", _NOTHING, self.epoch, size=len(values))
        try:
            for value in values:
                if isinstance(value, Refused):
                    raise value
            self.reception.fill(parcel, values, pointers)
        except Refused as error:
            parcel.refusal = error
        if parcel.doubtful:  # only now is what was sent of use to anybody
            parcel.content = _content(values)
            parcel.id = parcel.content.name
        return parcel


_NOTHING = Content(LINE, (), b"")


def _content(values: Sequence[object]) -> Content:
    """The lines spelled out again; nothing where one could not be read, so that never a part is recorded later."""
    if any(isinstance(value, Refused) for value in values):
        return _NOTHING
    return Content(LINE, (), b"\n".join(map(canonical_bytes, values)))


def _answered(chunk: Sequence[Numbered], outcomes: Iterable[Sequence[Receipt] | Exception | None]) -> Iterator[Line]:
    numbers = iter([number for number, _ in chunk])
    for outcome in outcomes:
        if outcome is None:
            raise Overloaded  # access changed meanwhile: let the sender show its token again
        if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
            raise outcome
        for each in [outcome] if isinstance(outcome, Refused) else outcome:
            yield Line(next(numbers), each)

"""What verification finds: what is wrong, where, and from which event on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

MOST = 100
"""Findings that a report lists in full; those beyond are counted."""


class Finding(NamedTuple):
    """Something wrong. ``check`` names what was looked at, ``where`` the place in it; ``seq`` is that of the first
    event concerned, where one can be named."""

    check: str
    where: str
    what: str
    seq: int | None = None

    def __str__(self) -> str:
        return f"{self.check}, {self.where}: {self.what}"

    def as_document(self) -> dict[str, Any]:
        """As JSON."""
        return self._asdict()


class Findings:
    """Findings in the order in which they came, the first hundred of them in full."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        self.listed: list[Finding] = []
        self.count = 0
        self.first_seq: int | None = None
        self.extend(found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.listed)

    def __getitem__(self, place: int) -> Finding:
        return self.listed[place]

    def __bool__(self) -> bool:
        return self.count > 0

    def within(self, first: int, last: int) -> bool:
        """Whether an event from ``first`` up to but without ``last`` is named already."""
        return any(each.seq is not None and first <= each.seq < last for each in self.listed)

    def add(self, check: str, where: str, what: str, seq: int | None = None) -> None:
        """Put one more on the list."""
        self.extend([Finding(check, where, what, seq)])

    def extend(self, found: Iterable[Finding]) -> None:
        """Put more on the list."""
        for each in found:
            self.count += 1
            if len(self.listed) < MOST:
                self.listed.append(each)
            if each.seq is not None and (self.first_seq is None or each.seq < self.first_seq):
                self.first_seq = each.seq

    def merge(self, others: Findings) -> None:
        """Put those of another list behind these, counted as there."""
        self.extend(others)
        self.count += others.count - len(others.listed)
        if others.first_seq is not None:
            self.first_seq = min(others.first_seq, others.first_seq if self.first_seq is None else self.first_seq)

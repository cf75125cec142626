"""The leaves under a figure: of every event behind it, and of each of their amendments."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from tracker.ledger.events import Fact
from tracker.ledger.models import events

_CHUNK = 400

Leaf: TypeAlias = tuple[int, bytes]
"""The ``seq`` of an event, and its leaf hash."""


class Ground(NamedTuple):
    """An event behind a figure. ``leaves`` are those of the original and of its amendments, in order of ``seq``: the
    last one is the version in force."""

    fact: Fact
    leaves: Sequence[Leaf]

    @property
    def version(self) -> int:
        """The ``seq`` of the version in force."""
        return self.leaves[-1][0]

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the version in force."""
        return self.leaves[-1][1]


@dataclass(frozen=True)
class Digest:
    """What the events behind a figure come to: how many there are, how many leaves they and their amendments have,
    and SHA-256 (hex) over these leaves, in order of ``seq``."""

    count: int
    leaves: int
    digest: str


def grounds(session: Session, facts: Iterable[Fact], size: int) -> Iterator[Ground]:
    """The leaves of each fact, in a log of ``size`` events. Streamed: a few hundred facts are held at a time."""
    rest = iter(facts)
    while part := list(islice(rest, _CHUNK)):
        found: dict[int, list[Leaf]] = {fact.seq: [] for fact in part}
        for column in (events.c.seq, events.c.original):
            for row in _rows(session, column.in_(found), size):
                found[row.seq if row.original is None else row.original].append((row.seq, bytes(row.leaf)))
        yield from (Ground(fact, found[fact.seq]) for fact in part)


def digest_of(found: Iterable[Ground]) -> Digest:
    """The digest of the events behind a figure, given in order of their own ``seq``.

    It is SHA-256 over the leaf hashes, 32 bytes each, of every such event and all its amendments, in order of ``seq``
    and with nothing between them; without any it is that of nothing at all. Who holds the headers of the log can
    compute it anew: a header's leaf is SHA-256(0x00 ‖ header), and an amendment belongs to what it ``replaces``.
    """
    made, count, leaves = hashlib.sha256(), 0, 0
    waiting: list[Leaf] = []  # amendments come after their originals, but between other originals
    for ground in found:
        count += 1
        leaves += len(ground.leaves)
        for leaf in ground.leaves:
            heapq.heappush(waiting, leaf)
        while waiting[0][0] < ground.fact.seq:
            made.update(heapq.heappop(waiting)[1])
    for _seq, leaf_hash in sorted(waiting):
        made.update(leaf_hash)
    return Digest(count, leaves, made.hexdigest())


def _rows(session: Session, which: ColumnElement[bool], size: int) -> Iterable[Row[tuple[int, int | None, bytes]]]:
    c = events.c
    return session.execute(select(c.seq, c.original, c.leaf).where(which, c.seq < size).order_by(c.seq))

"""Random samples of the events behind a figure, which anybody draws again from the same seed.

An event's lot is SHA-256 over the UTF-8 bytes of ``seed:leaf``, the leaf hash in lower-case hex, of its version in
force. The lowest lots are drawn. So a sample depends on nothing but the seed and the events, on no generator of random
numbers; who chooses the seed after the events are on record leaves nobody a way to choose what is looked at.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable
from typing import NamedTuple

from tracker.errors import Invalid, Mistake
from tracker.exports.leaves import Ground
from tracker.intake.texts import is_prose

LONGEST_SEED = 200
MOST = 1_000


class Sample(NamedTuple):
    """The events that were drawn, in order of ``seq``, out of ``population``."""

    drawn: list[Ground]
    population: int


def draw(found: Iterable[Ground], seed: str, count: int) -> Sample:
    """Draw ``count`` of the events behind a figure, or all where there are fewer.

    :raise Invalid: the seed is empty or longer than 200 characters, or ``count`` is not from 1 to 1,000.
    """
    mistakes = [*_of_seed(seed), *_of_count(count)]
    if mistakes:
        raise Invalid("This sample cannot be drawn; say how many events, and from which seed.", mistakes)
    population = 0
    lowest: list[tuple[int, int, Ground]] = []  # a heap whose root is the highest lot that is still drawn
    for ground in found:
        population += 1
        ticket = (-lot(seed, ground.leaf), -ground.fact.seq, ground)
        if len(lowest) < count:
            heapq.heappush(lowest, ticket)
        elif ticket[:2] > lowest[0][:2]:
            heapq.heapreplace(lowest, ticket)
    return Sample(sorted((each[2] for each in lowest), key=lambda each: each.fact.seq), population)


def lot(seed: str, leaf: bytes) -> int:
    """Where chance puts an event: SHA-256(``seed:leaf``) as a number."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{leaf.hex()}".encode()).digest())


def _of_seed(seed: str) -> Iterable[Mistake]:
    if not seed.strip() or not is_prose(seed, LONGEST_SEED):
        yield Mistake("seed", f"must have 1 to {LONGEST_SEED} characters, not all of them blank")


def _of_count(count: int) -> Iterable[Mistake]:
    if not 1 <= count <= MOST:
        yield Mistake("count", f"must be a whole number from 1 to {MOST:,}")

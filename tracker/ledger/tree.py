"""The tree over the log as it is stored: full tiles, the edge of each level, and the frontier in the head's row.

Tiles are those of C2SP tlog-tiles: 256 hashes each, level ``n + 1`` over the roots of the tiles of level ``n``. A full
tile is written once. What is not full yet is at level 0 the leaves of the last events themselves, above that a row of
its own that changes once in 256 events; so a commit of one event writes the head's row alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import insert
from sqlalchemy.orm import Session

from tracker.db import execute_many, insertion, run
from tracker.errors import ProofInvalid
from tracker.ledger.merkle import HASH, Frontier, subtree_root
from tracker.ledger.models import edge, tiles

WIDTH = 256
"""Hashes of a tile."""

_HEIGHT = 8
_LEAVES = "SELECT leaf FROM event WHERE seq >= ? AND seq < ? ORDER BY seq"
_TILE = f"SELECT hashes FROM {tiles.name} WHERE level = ? AND tile = ?"
_EDGE = f"SELECT hashes FROM {edge.name} WHERE level = ?"
_SET_EDGE = f"UPDATE {edge.name} SET hashes = ? WHERE level = ?"


def grow(session: Session, size: int, frontier: bytes, leaves: Sequence[bytes]) -> Frontier:
    """The frontier of a log of ``size`` events once ``leaves`` are added; tiles that become full by that are stored.

    The caller holds the ledger's lock and has inserted the events.
    """
    grown = Frontier(size, frontier)
    for leaf in leaves:
        grown.append(leaf)
    first, last = size // WIDTH, grown.size // WIDTH
    if first < last:
        _fill(session, first, last, _pending(session, first * WIDTH, size, leaves))
    return grown


def _pending(session: Session, first: int, size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The leaves from ``first`` on: those on record before, then the new ones."""
    before = run(session, _LEAVES, (first, size)) if first < size else ()
    return list(chain((bytes(row[0]) for row in before), leaves))


def _fill(session: Session, first: int, last: int, hashes: Sequence[bytes]) -> None:
    """Store the tiles of a level from ``first`` up to but without ``last``, and what follows from them above."""
    level, rows = 0, []
    while first < last:
        full = [hashes[at * WIDTH : (at + 1) * WIDTH] for at in range(last - first)]
        rows += [(level, first + at, b"".join(each)) for at, each in enumerate(full)]
        level += 1
        before = _edge(session, level)
        count = first  # hashes that this level had
        hashes = [*_split(before or b""), *map(subtree_root, full)]
        first, last = count // WIDTH, (count + len(full)) // WIDTH
        _set_edge(session, level, b"".join(hashes[(last - first) * WIDTH :]), new=before is None)
    execute_many(session, insertion(tiles), rows)


def _edge(session: Session, level: int) -> bytes | None:
    row = run(session, _EDGE, (level,)).first()
    return None if row is None else bytes(row[0])


def _set_edge(session: Session, level: int, hashes: bytes, *, new: bool) -> None:
    if new:
        session.execute(insert(edge).values(level=level, hashes=hashes))
    else:
        run(session, _SET_EDGE, (hashes, level))


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]


class Nodes:
    """The hashes of the stored tree's complete subtrees, for :mod:`tracker.ledger.merkle`; callable as its ``Node``.

    What is read stays: a proof reads one tile per level, three at ten million events.
    """

    def __init__(self, session: Session, size: int) -> None:
        """``size`` is that of the log; proofs may be asked for any smaller one, too."""
        self._session = session
        self._size = size
        self._read: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, height: int, index: int) -> bytes:
        """The root over leaves ``index * 2**height`` up to but without ``(index + 1) * 2**height``.

        :raise ProofInvalid: the stored tree lacks it, which `tracker verify` explains.
        """
        level, within = divmod(height, _HEIGHT)
        tile, place = divmod(index << within, WIDTH)
        hashes = self._tile(level, tile)[place : place + (1 << within)]
        if len(hashes) != 1 << within:
            raise ProofInvalid(f"The stored tree lacks a part of tile {tile} at level {level}. Run `tracker verify`.")
        return subtree_root(hashes)

    def _tile(self, level: int, tile: int) -> list[bytes]:
        if (level, tile) not in self._read:
            self._read[level, tile] = self._stored(level, tile)
        return self._read[level, tile]

    def _stored(self, level: int, tile: int) -> list[bytes]:
        if (tile + 1) * WIDTH <= self._size >> (level * _HEIGHT):
            row = run(self._session, _TILE, (level, tile)).first()
            return [] if row is None else _split(bytes(row[0]))
        if level:
            return _split(_edge(self._session, level) or b"")
        first = tile * WIDTH
        return [bytes(row[0]) for row in run(self._session, _LEAVES, (first, min(first + WIDTH, self._size)))]

"""The Merkle tree computed anew from the headers, and the stored one against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.jobs.verifying.findings import Finding, Findings
from tracker.ledger.heads import Head
from tracker.ledger.merkle import HASH, node_hash, root_of, subtree_root
from tracker.ledger.models import tiles
from tracker.ledger.tree import WIDTH

_HEIGHT = 8
"""Of a tile: 256 hashes."""


class Tree:
    """The tree over a log, of which the roots of its full tiles are held; callable as a node source of
    :mod:`tracker.ledger.merkle`. 64 bytes a tile and as many again above it: 5 MB at ten million events."""

    def __init__(self, size: int, roots: Sequence[bytes], leaves: Callable[[int], list[bytes]]) -> None:
        """``roots`` are those of the full tiles; ``leaves`` computes those of a tile, once they are asked for."""
        self.size = size
        self._leaves = leaves
        self._tile: tuple[int, list[bytes]] = (-1, [])
        self._levels = [list(roots)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([node_hash(*pair) for pair in zip(below[::2], below[1::2], strict=False)])

    def __call__(self, height: int, index: int) -> bytes:
        """The root of a complete subtree."""
        if height >= _HEIGHT:
            return self._levels[height - _HEIGHT][index]
        tile, place = divmod(index << height, WIDTH)
        if self._tile[0] != tile:
            self._tile = (tile, self._leaves(tile))
        return subtree_root(self._tile[1][place : place + (1 << height)])

    def root(self, size: int) -> bytes:
        """The root of the log as it was at this size."""
        return root_of(self, size)

    def level(self, level: int, first: int, last: int) -> bytes:
        """The hashes of a level of tiles, from ``first`` up to but without ``last``."""
        return b"".join(self(level * _HEIGHT, at) for at in range(first, last))


def check_head(tree: Tree, head: Head, edges: Mapping[int, bytes], known: Findings) -> Iterator[Finding]:
    """What the head's row and the edges say otherwise than the tree. The frontier tells only in which subtree an event
    was changed; its first ``seq`` is named unless one within it is known already."""
    if head.root != tree.root(head.size):
        yield Finding("tree", "head", f"its root is not that of the {head.size} events on record.")
    yield from _check_frontier(tree, head, known)
    levels = {level for level in range(1, head.size.bit_length()) if head.size >> (level * _HEIGHT)}
    for level in sorted(levels | {*edges}):
        count = head.size >> (level * _HEIGHT) if level in levels else 0
        if edges.get(level, b"") != tree.level(level, count // WIDTH * WIDTH, count):
            yield Finding("tree", f"edge of level {level}", "its hashes are not those of the events on record.")


def _check_frontier(tree: Tree, head: Head, known: Findings) -> Iterator[Finding]:
    first = 0
    subtrees = [height for height in reversed(range(head.size.bit_length())) if head.size >> height & 1]
    stored = [head.frontier[at : at + HASH] for at in range(0, len(head.frontier), HASH)]
    if len(stored) != len(subtrees):
        yield Finding("tree", "frontier", f"it has {len(stored)} hashes instead of {len(subtrees)}.")
        return
    for height, found in zip(subtrees, stored, strict=True):
        last = first + (1 << height)
        if found != tree(height, first >> height):
            what = f"the events on record from seq {first} to {last - 1} are not those that it was grown over."
            yield Finding("tree", "frontier", what, None if known.within(first, last) else first)
        first = last


def check_tile(tile: int, leaves: Sequence[bytes], stored: bytes | None) -> Iterator[Finding]:
    """What a stored tile of leaves says otherwise than the headers."""
    first = tile * WIDTH
    if stored is None:
        yield Finding("tree", f"tile {tile} of level 0", "it is missing.", first)
        return
    if stored == b"".join(leaves):
        return
    differing = [at for at, leaf in enumerate(leaves) if stored[at * HASH : (at + 1) * HASH] != leaf]
    seq = first + differing[0] if differing else first
    yield Finding(
        "tree", f"tile {tile} of level 0", f"it has another leaf for seq {seq} than the event on record.", seq
    )


def check_upper_tiles(session: Session, tree: Tree) -> Iterator[Finding]:
    """What the stored tiles above the leaves say otherwise than the tree, and tiles of events that are not there."""
    expected = {
        (level, tile)
        for level in range(1, tree.size.bit_length())
        for tile in range((tree.size >> (level * _HEIGHT)) // WIDTH)
    }
    c = tiles.c
    query = select(tiles).where((c.level != 0) | (c.tile < 0) | (c.tile >= tree.size // WIDTH))
    for row in session.execute(query.order_by(c.level, c.tile).execution_options(yield_per=100)):
        place, where = (row.level, row.tile), f"tile {row.tile} of level {row.level}"
        if place not in expected:
            yield Finding("tree", where, f"it lies beyond the {tree.size} events on record.")
            continue
        expected.remove(place)
        if bytes(row.hashes) != tree.level(row.level, row.tile * WIDTH, (row.tile + 1) * WIDTH):
            yield Finding("tree", where, "its hashes are not those of the events on record.")
    for level, tile in sorted(expected):
        yield Finding("tree", f"tile {tile} of level {level}", "it is missing.")

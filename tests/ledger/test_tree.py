"""The stored tree: grown in the recording transaction, it is the tree over the leaves, whatever the batches."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, insert, select, update

from tests.house import ALICE, House
from tracker.db import Database
from tracker.errors import ProofInvalid
from tracker.ledger.events import Incoming
from tracker.ledger.heads import lock, read_head
from tracker.ledger.merkle import (
    Frontier,
    consistency,
    inclusion,
    root_of,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)
from tracker.ledger.models import edge, events, head, tiles
from tracker.ledger.record import record
from tracker.ledger.tree import WIDTH, Nodes, grow
from tracker.migrations import downgrade, upgrade

SIZES = (0, 1, 254, 1, 1, 600, 170, 3)
"""Batches that end within, at and beyond a tile."""


def made(first: int, count: int) -> list[Incoming]:
    return [
        Incoming(
            "/test", f"e{n}", "x.y.happened", None, "2020-05-04T04:00:00.000000Z", None, {}, "2020-05-04", 2020, ""
        )
        for n in range(first, first + count)
    ]


def grown(house: House) -> list[bytes]:
    """Events recorded in batches; every leaf, in order."""
    first = 0
    for count in SIZES:
        with house.database.write() as session:
            record(house.ledger, session, ALICE, made(first, count))
        first += count
    with house.database.read() as session:
        return [bytes(leaf) for leaf in session.scalars(select(events.c.leaf).order_by(events.c.seq))]


def roots_of(leaves: list[bytes]) -> list[bytes]:
    """The root at every size."""
    tree = Frontier()
    roots = [tree.root]
    for leaf in leaves:
        tree.append(leaf)
        roots.append(tree.root)
    return roots


def test_the_head_has_the_root_and_the_frontier_of_the_tree_over_all_leaves(house: House) -> None:
    leaves = grown(house)
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    with house.database.read() as session:
        found = read_head(session)
        stored = {(row.level, row.tile): bytes(row.hashes) for row in session.execute(select(tiles))}
        edges = {row.level: bytes(row.hashes) for row in session.execute(select(edge))}
    assert (found.size, found.root, found.frontier) == (1030, tree.root, tree.hashes)
    full = [leaves[at : at + WIDTH] for at in range(0, 1024, WIDTH)]
    assert stored == {(0, at): b"".join(each) for at, each in enumerate(full)}
    assert edges == {1: b"".join(map(subtree_root, full))}


def test_every_proof_from_the_stored_tree_leads_to_the_root_of_its_size(house: House) -> None:
    leaves = grown(house)
    roots = roots_of(leaves)
    with house.database.read() as session:
        nodes = Nodes(session, len(leaves))
        for size in (1, 2, 255, 256, 257, 512, 1023, 1024, 1029, 1030):
            assert root_of(nodes, size) == roots[size]
            for index in {0, size // 2, size - 1}:
                verify_inclusion(leaves[index], index, size, inclusion(nodes, index, size), roots[size])
            for first in {1, size // 2 or 1, size}:
                verify_consistency(first, size, consistency(nodes, first, size), roots[first], roots[size])


def test_a_full_tile_of_full_tiles_moves_to_the_level_above(database: Database) -> None:
    leaves = [n.to_bytes(32, "big") for n in range(WIDTH * WIDTH + 300)]
    size, frontier = 0, b""
    with database.write() as session:
        lock(session)
        for count in (70_000 - 5_000, 836):
            # The leaves of events that are not there: the tree itself asks for those of a begun tile alone.
            columns = {"recorded_at": "", "actor": "", "type": "", "time": "", "day": "", "year": 0, "body": ""}
            rows = [
                columns | {"seq": n, "source": "/t", "id": str(n), "content": b"", "leaf": leaves[n]}
                for n in range(size, size + count)
            ]
            session.execute(insert(events), rows)
            tree = grow(session, size, frontier, leaves[size : size + count])
            size, frontier = tree.size, tree.hashes
        counted = {
            level: count
            for level, count in session.execute(select(tiles.c.level, func.count()).group_by(tiles.c.level))
        }
        assert (size, counted) == (len(leaves), {0: 257, 1: 1})
        edges = {row.level: len(bytes(row.hashes)) // 32 for row in session.execute(select(edge))}
        assert edges == {1: 1, 2: 1}
        assert root_of(Nodes(session, size), size) == tree.root
        verify_inclusion(leaves[1], 1, size, inclusion(Nodes(session, size), 1, size), tree.root)


def test_a_tree_without_its_edge_says_so(house: House) -> None:
    grown(house)
    with house.database.write() as session:
        session.execute(delete(edge))
        with pytest.raises(ProofInvalid, match=r"lacks a part of tile 0 at level 1\. Run `tracker verify`"):
            inclusion(Nodes(session, 1030), 1, 1030)


def test_an_upgrade_plants_the_tree_over_what_is_on_record(house: House) -> None:
    grown(house)

    def everything() -> list[object]:
        with house.database.read() as session:
            return [session.execute(select(table).order_by(*table.primary_key)).all() for table in (head, tiles, edge)]

    before = everything()
    downgrade(house.database, "20261125_workflows")
    upgrade(house.database)
    assert everything() == before
    with house.database.write() as session:
        session.execute(update(head).values(recorded_at=head.c.recorded_at))

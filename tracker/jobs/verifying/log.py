"""The pass over the whole log: every event against its digests, every leaf against the tree. In bounded memory.

Large logs are read by several processes, a run of tiles each at a time. What is on record below the head's size never
changes, so that they need not see one state of the database.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.db import Database, run
from tracker.jobs.verifying.findings import Finding, Findings
from tracker.jobs.verifying.rows import check, read
from tracker.jobs.verifying.tree import Tree, check_head, check_tile, check_upper_tiles
from tracker.ledger.heads import Head, read_head
from tracker.ledger.merkle import subtree_root
from tracker.ledger.models import edge
from tracker.ledger.tree import WIDTH

Progress = Callable[[int, int], None]
"""Told (done, all)."""

_TASK = 32 * WIDTH
"""Events read in one statement: on PostgreSQL, which sends all of them, some megabytes."""
_WORTH_PROCESSES = 4 * _TASK
_MOST_PROCESSES = 4
_CACHE = "PRAGMA cache_size=-2048"
"""For a process that reads a file from end to end, what is read is not read again."""


def _untold(_done: int, _all: int) -> None:
    """For who does not want to know how far it is."""


class LogReport(NamedTuple):
    """What a pass over the log came to. ``root`` is that of the tree over the headers of ``size`` events, ``tree`` the
    tree itself, by which everything that names a root is checked."""

    size: int
    root: bytes
    tree: Tree
    findings: Findings


class _Part(NamedTuple):
    """What one task came to: the roots of its full tiles."""

    roots: list[bytes]
    findings: Findings


def verify_log(database: Database, progress: Progress = _untold) -> LogReport:
    """Check every digest of the log and its whole tree.

    :raise NotReady: the database does not answer, or its file is damaged.
    """
    with database.read() as session:
        head = read_head(session)
        edges = {row.level: bytes(row.hashes) for row in session.execute(select(edge))}
        findings = Findings(_beyond(session, head))
    roots: list[bytes] = []
    progress(0, head.size or 1)
    for part in _parts(database, head.size):
        roots += part.roots
        findings.merge(part.findings)
        progress(min(len(roots) * WIDTH, head.size), head.size)
    tree = Tree(head.size, roots, partial(_leaves_of, database, head.size))
    findings.extend(check_head(tree, head, edges, findings))
    with database.read() as session:
        findings.extend(check_upper_tiles(session, tree))
    progress(head.size or 1, head.size or 1)
    return LogReport(head.size, tree.root(head.size), tree, findings)


def _beyond(session: Session, head: Head) -> Iterator[Finding]:
    for (seq,) in run(session, "SELECT seq FROM event WHERE seq >= ? ORDER BY seq LIMIT 1", (head.size,)):
        yield Finding("log", f"seq {seq}", f"it lies beyond the {head.size} events that the head counts.", seq)


def _parts(database: Database, size: int) -> Iterable[_Part]:
    tasks = [(first, min(first + _TASK, size)) for first in range(0, size, _TASK)]
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    if size < _WORTH_PROCESSES or processes == 1:
        return (_verified(database, *task) for task in tasks)
    return _in_processes(database.url.render_as_string(hide_password=False), tasks, processes)


def _in_processes(url: str, tasks: list[tuple[int, int]], processes: int) -> Iterator[_Part]:
    # Forked, so that all they share with this process is in memory once.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), initializer=gc.freeze) as pool:
        yield from pool.map(_task, [url] * len(tasks), *zip(*tasks, strict=True))


def _task(url: str, first: int, last: int) -> _Part:
    return _verified(_own(url), first, last, sparing=True)


@lru_cache(maxsize=1)
def _own(url: str) -> Database:
    """The connections of a process that another has forked: those of the other cannot be shared."""
    return Database(url)


def _verified(database: Database, first: int, last: int, *, sparing: bool = False) -> _Part:
    """Check the events of a run of tiles; only the log's very last may be partial."""
    part = _Part([], Findings())
    with database.read() as session:
        if sparing and database.sqlite:
            run(session, _CACHE)
        stored = _stored(session, first // WIDTH, last // WIDTH)
        for begin, rows in zip(range(first, last, WIDTH), read(session, first, last), strict=True):
            leaves, found = check(rows, begin, min(begin + WIDTH, last))
            part.findings.extend(found)
            if len(leaves) == WIDTH:
                tile = begin // WIDTH
                part.findings.extend(check_tile(tile, leaves, stored.get(tile)))
                part.roots.append(subtree_root(leaves))
    return part


def _stored(session: Session, first: int, last: int) -> dict[int, bytes]:
    """The tiles of leaves that are on record."""
    query = "SELECT tile, hashes FROM merkle_tile WHERE level = 0 AND tile >= ? AND tile < ?"
    return {tile: bytes(hashes) for tile, hashes in run(session, query, (first, last))}


def _leaves_of(database: Database, size: int, tile: int) -> list[bytes]:
    """The leaves of one tile, from the headers."""
    first, last = tile * WIDTH, min((tile + 1) * WIDTH, size)
    with database.read() as session:
        [rows] = read(session, first, last)
        return check(rows, first, last).leaves

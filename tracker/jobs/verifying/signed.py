"""Checkpoints, those on record and those kept outside: signed by the log's key, and of this very log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.errors import PackInvalid
from tracker.jobs.verifying.findings import Finding
from tracker.jobs.verifying.tree import Tree
from tracker.ledger.checkpoints import opened
from tracker.ledger.models import checkpoints


class LogKey(NamedTuple):
    """The key that signs the log's checkpoints and frozen years, with the name that it signs them under."""

    name: str
    public: bytes


class Outside(NamedTuple):
    """A checkpoint that somebody kept apart from the database; ``name`` says where it was read from."""

    name: str
    note: str


def check_checkpoints(session: Session, tree: Tree, key: LogKey) -> Iterator[Finding]:
    """What is wrong with the checkpoints on record."""
    query = select(checkpoints).order_by(checkpoints.c.size).execution_options(yield_per=500)
    for row in session.execute(query):
        where = f"size {row.size}"
        what = _mismatch(row.note, tree, key) or _column(row, key)
        if what is not None:
            yield Finding("checkpoint", where, what)


def check_outside(outside: Iterable[Outside], tree: Tree, key: LogKey) -> Iterator[Finding]:
    """What is wrong with this log by the checkpoints kept outside, which whoever owns the database cannot change."""
    for each in outside:
        what = _mismatch(each.note, tree, key)
        if what is not None:
            yield Finding("checkpoint", each.name, what)


def _mismatch(note: str, tree: Tree, key: LogKey) -> str | None:
    try:
        said = opened(note, *key)
    except PackInvalid as error:
        return error.detail
    if said.size > tree.size:
        return (
            f"it is signed for {said.size} events, but there are only {tree.size}: the log was cut off or set back "
            f"to an earlier state."
        )
    if said.root != tree.root(said.size):
        return f"its root is not that of the first {said.size} events on record: one of them was changed since."
    return None


def _column(row: Row[tuple[int, bytes, str, str]], key: LogKey) -> str | None:
    said = opened(row.note, *key)
    same = (said.size, said.root) == (row.size, bytes(row.root))
    return None if same else "size or root on record are not those of its signed note."

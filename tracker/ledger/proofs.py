"""Proofs for strangers: that an event is in the log, and that a later log begins with an earlier one.

They are checked with nothing but the signed checkpoints of both sizes: see :mod:`tracker.ledger.merkle`.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.errors import Invalid, Mistake
from tracker.ledger.checkpoints import newest, of_size
from tracker.ledger.heads import read_head
from tracker.ledger.merkle import consistency, inclusion, root_of
from tracker.ledger.queries import entry
from tracker.ledger.sealing import header_of
from tracker.ledger.tree import Nodes


class Inclusion(NamedTuple):
    """That ``leaf`` is the leaf ``seq`` of the log of ``size`` events with this root. ``header`` is what the leaf
    stands for; ``checkpoint`` the note that signs this very size, where there is one."""

    seq: int
    leaf: str
    header: str
    size: int
    root: bytes
    proof: list[bytes]
    checkpoint: str | None


class Consistency(NamedTuple):
    """That the log of ``second`` events begins with the one of ``first`` events."""

    first: int
    second: int
    first_root: bytes
    second_root: bytes
    proof: list[bytes]


def prove_inclusion(session: Session, seq: int, size: int | None = None) -> Inclusion | None:
    """The proof of an event, in the log of ``size`` events; in that of the newest checkpoint, where it has the event,
    or else in the whole log unless given. ``None``: there is no such event.

    :raise Invalid: the log of this size lacks the event, or there is none of this size.
    :raise ProofInvalid: the stored tree lacks a part, which `tracker verify` explains.
    """
    found = entry(session, seq)
    if found is None:
        return None
    log = read_head(session).size
    chosen = _usual(session, seq + 1, log) if size is None else size
    if not seq < chosen <= log:
        raise Invalid(
            f"There is a proof of seq {seq} for every size from {seq + 1} to {log}, but not for {chosen}.",
            [Mistake("size", f"must be {seq + 1} to {log}")],
        )
    nodes, signed = Nodes(session, log), of_size(session, chosen)
    root, path = root_of(nodes, chosen), inclusion(nodes, seq, chosen)
    return Inclusion(seq, found.leaf, header_of(found), chosen, root, path, signed.note if signed else None)


def prove_consistency(session: Session, first: int, second: int | None = None) -> Consistency:
    """The proof from one size to another; to that of the newest checkpoint, where it is as large as the first, or else
    to the whole log unless given.

    :raise Invalid: there is no such size, or they are the wrong way round; or ``first`` is 0, which proves nothing.
    :raise ProofInvalid: the stored tree lacks a part, which `tracker verify` explains.
    """
    log = read_head(session).size
    chosen = _usual(session, first, log) if second is None else second
    if not 0 < first <= chosen <= log:
        raise Invalid(
            f"There is no proof from size {first} to size {chosen} of a log of {log} events.",
            [_mistake(first, log)],
        )
    nodes = Nodes(session, log)
    roots = root_of(nodes, first), root_of(nodes, chosen)
    return Consistency(first, chosen, *roots, consistency(nodes, first, chosen))


def _mistake(first: int, log: int) -> Mistake:
    if not log:
        return Mistake("first", "the log is empty yet")
    if 0 < first <= log:
        return Mistake("second", f"must be {first} to {log}")
    return Mistake("first", f"must be 1 to {log}, the log's size")


def _usual(session: Session, least: int, log: int) -> int:
    signed = newest(session)
    return signed.size if signed is not None and signed.size >= least else log

"""The vault: whether each confidential value is the one that its event is committed to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from tracker.access.datakeys import DataKeys
from tracker.db import run
from tracker.errors import NotReady
from tracker.jobs.verifying.findings import Finding
from tracker.ledger.sealing import commitment
from tracker.ledger.vault import opened, salts

_EVENTS = 100
_ROWS = (
    "SELECT v.seq, v.field, v.data_key, k.wrapped_under, e.body FROM event_vault v "
    "LEFT JOIN data_key k ON k.id = v.data_key LEFT JOIN event e ON e.seq = v.seq "
    "WHERE v.seq > ? AND v.seq <= (SELECT max(seq) FROM "
    "(SELECT DISTINCT seq FROM event_vault WHERE seq > ? ORDER BY seq LIMIT ?) AS next) ORDER BY v.seq, v.field"
)
_Values = Mapping[int, Mapping[str, Any]]


def check_vault(session: Session, datakeys: DataKeys) -> Iterator[Finding | str]:
    """What is wrong with the vault. A text instead of a finding is a notice: of what could not be looked at.

    What was erased is absent, or its key is, and nothing is amiss by that.
    """
    try:
        held = {each.id for each in datakeys.ring.listed()}
    except NotReady as error:
        yield f"Confidential values were not compared with their commitments: {error.detail}"
        return
    locked = 0
    for rows in _chunks(session):
        there = [row for row in rows if row.wrapped_under in held]
        locked += sum(row.wrapped_under not in held and row.wrapped_under is not None for row in rows)
        yield from _checked(session, datakeys, there)
        yield from (_plain(row) for row in rows if row.data_key is None)
    if locked:
        yield f"{locked} confidential values were not compared with their commitments: the key ring lacks their key."


def _chunks(session: Session) -> Iterator[Sequence[Row[Any]]]:
    """The rows of the vault, those of one event always together."""
    last = -1
    while rows := run(session, _ROWS, (last, last, _EVENTS)).all():
        last = rows[-1].seq
        yield rows


def _plain(row: Row[Any]) -> Finding:
    return Finding("vault", f"seq {row.seq}{row.field}", "it is not sealed; `tracker init` seals it.", row.seq)


def _checked(session: Session, datakeys: DataKeys, rows: Sequence[Row[Any]]) -> Iterator[Finding]:
    seqs = sorted({row.seq for row in rows})
    try:
        yield from _compared(rows, opened(session, datakeys, seqs), salts(session, datakeys, seqs))
    except (NotReady, ValueError):  # one of them at least: find out which
        if len(seqs) > 1:
            for seq in seqs:
                yield from _checked(session, datakeys, [row for row in rows if row.seq == seq])
            return
        where = f"seq {seqs[0]}"
        what = "a confidential value of it does not open: it was changed, or moved there from elsewhere."
        yield Finding("vault", where, what, seqs[0])


def _compared(rows: Sequence[Row[Any]], values: _Values, salts: _Values) -> Iterator[Finding]:
    for row in rows:
        value, salt = values.get(row.seq, {}).get(row.field), salts.get(row.seq, {}).get(row.field)
        if salt is None or _committed(row) != commitment(salt, value):
            where = f"seq {row.seq}{row.field}"
            yield Finding("vault", where, "it is not the value that its event is committed to.", row.seq)


def _committed(row: Row[Any]) -> Any:
    """What stands in the event in place of the value; ``field`` is a pointer of one or two names."""
    try:
        found = json.loads(row.body or "{}")["data"]
        for name in row.field.split("/")[1:]:
            found = found[name]
    except (ValueError, KeyError, TypeError):
        return None
    return found

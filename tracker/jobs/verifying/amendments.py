"""Corrections and voids: what each says that it amends, and the columns by which that is found again."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from tracker.db import one_of, run
from tracker.jobs.verifying.findings import Finding
from tracker.ledger.events import AMENDMENTS, VOIDED

_CHUNK = 500
_TYPES = ", ".join(f"'{each}'" for each in sorted(AMENDMENTS))
_SEQS = (
    f"SELECT seq FROM event WHERE type IN ({_TYPES}) UNION SELECT seq FROM event WHERE original IS NOT NULL "
    "UNION SELECT seq FROM event WHERE replaces IS NOT NULL ORDER BY seq"
)
_ROWS = (
    "SELECT e.seq, e.type, e.original, e.replaces, e.body, o.type AS first_type, o.source, o.id, "
    "r.seq AS replaced, r.type AS replaced_type, r.original AS replaced_original FROM event e "
    "LEFT JOIN event o ON o.seq = e.original LEFT JOIN event r ON r.seq = e.replaces WHERE {} ORDER BY e.seq"
)


def check_amendments(session: Session) -> Iterator[Finding]:
    """Whether ``original`` and ``replaces`` stand where they belong and name what the body does. The leaf covers
    ``replaces``, but nothing else covers ``original``."""
    seqs = array("q", (seq for (seq,) in run(session, _SEQS)))
    for at in range(0, len(seqs), _CHUNK):
        among, wanted = one_of(session, "e.seq", seqs[at : at + _CHUNK].tolist())
        for row in run(session, _ROWS.format(among), (wanted,)):
            what = _mistake(row)
            if what is not None:
                yield Finding("log", f"seq {row.seq}", what, row.seq)


def _mistake(row: Row[Any]) -> str | None:
    if row.type not in AMENDMENTS:
        return "it is no amendment, but its columns original or replaces say so."
    if row.original is None or row.replaces is None:
        return "it is an amendment without an original or without what it replaces."
    if row.first_type is None or row.first_type in AMENDMENTS or row.original >= row.seq:
        return f"its original, seq {row.original}, is no earlier event."
    said = _said(row.body)
    if said.get("original") not in ({"seq": row.original}, {"source": row.source, "id": row.id}):
        return f"its column original says seq {row.original}, its body does not."
    if said.get("replaces") != row.replaces:
        return f"its column replaces says seq {row.replaces}, its body says {said.get('replaces')}."
    if row.replaced is None or row.replaced >= row.seq or row.replaced_type == VOIDED:
        return f"it replaces seq {row.replaces}, which cannot have been in force."
    if row.original not in (row.replaced, row.replaced_original):
        return f"it replaces seq {row.replaces}, which is no version of seq {row.original}."
    return None


def _said(body: str) -> Mapping[str, Any]:
    try:
        data = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}

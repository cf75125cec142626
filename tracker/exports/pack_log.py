"""What of the log goes into a pack: the header of every event, and the body of each that a figure rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from tracker.exports.pack_archive import Content
from tracker.ledger.models import events
from tracker.ledger.sealing import header_of

Progress: TypeAlias = Callable[[int, int], None]
"""Told (done, all) now and then."""

_CHUNK = 1000
_IN_MEMORY = 1 << 20


class Log(NamedTuple):
    """The first events of the log: their headers, the bodies of those needed, and how many each source sent."""

    headers: Content
    bodies: Content
    by_source: Mapping[str, int]


def collect(
    stack: ExitStack, session: Session, size: int, types: Collection[str], progress: Progress | None = None
) -> Log:
    """Read the first ``size`` events once, a little at a time, into files that go with the stack.

    Needed is each event of ``types``, and each amendment of one, in order of ``seq``.
    """
    headers, bodies, by_source = on_disk(stack), on_disk(stack), Counter[str]()
    done = 0
    for rows in _rows(session, size):
        headers.write(_lines(header_of(row) for row in rows))
        bodies.write(_lines(row.body for row in rows if row.type_of_fact in types))
        by_source.update(row.source for row in rows)
        done += len(rows)
        if progress:
            progress(done, size)
    return Log(headers, bodies, by_source)


def on_disk(stack: ExitStack) -> Content:
    """Content that lies on disk once it is much."""
    return Content(file=stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY)))


def _rows(session: Session, size: int) -> Iterator[list[Row[Any]]]:
    e, o = events.alias("e"), events.alias("o")
    query = (
        select(e, func.coalesce(o.c.type, e.c.type).label("type_of_fact"))
        .outerjoin(o, o.c.seq == e.c.original)
        .where(e.c.seq < size)
        .order_by(e.c.seq)
        .execution_options(yield_per=_CHUNK)
    )
    with closing(session.execute(query)) as found:
        for part in found.partitions():
            yield list(part)


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()

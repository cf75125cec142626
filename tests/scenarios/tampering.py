"""Ways to tamper with a log as the owner of its database, past the guards and with the guards put back.

Each way changes a log in one way, drawn by chance, and says between which ``seq`` the first bad one is to be named;
``None`` where no event is concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, text, update

from tests.house import House
from tracker.access.models import data_keys
from tracker.db import Database
from tracker.ledger.events import AMENDMENTS
from tracker.ledger.merkle import leaf_hash
from tracker.ledger.models import catalogues, checkpoints, edge, events, head, tiles, vault
from tracker.ledger.sealing import content_of, header_of
from tracker.migrations import GUARDED
from tracker.snapshots.models import drafts, late_events, publications, snapshots
from tracker.tallies.models import newest, tally

TABLES = (
    events,
    vault,
    data_keys,
    head,
    tiles,
    edge,
    checkpoints,
    catalogues,
    drafts,
    snapshots,
    publications,
    late_events,
    tally,
    newest,
)
"""What is saved of a log, to be put back after each way."""

Seqs = tuple[int, int] | None
"""Between which the first bad ``seq`` is."""


@dataclass
class Log:
    """A log to tamper with, and everything in it."""

    house: House
    saved: Mapping[str, list[Row[Any]]] = field(default_factory=dict)

    def save(self) -> Log:
        """Remember every row."""
        with self.house.database.read() as session:
            self.saved = {table.name: list(session.execute(select(table)).all()) for table in TABLES}
        return self

    @property
    def size(self) -> int:
        """How many events there are."""
        return len(self.saved["event"])

    def restore(self) -> None:
        """Put back every row that was saved, and no other."""
        with past_guards(self.house.database) as owner:
            for table in TABLES:
                rows = [row._asdict() for row in self.saved[table.name]]
                if owner.execute(select(table)).all() != self.saved[table.name]:
                    owner.execute(table.delete())
                    if rows:
                        owner.execute(table.insert(), rows)

    def seqs(self, wanted: Callable[[Row[Any]], bool]) -> list[int]:
        """The events of a kind."""
        return [row.seq for row in self.saved["event"] if wanted(row)]

    def with_channel(self, draw: Random) -> int:
        """Any event whose channel can be changed."""
        return draw.choice(self.seqs(lambda row: row.type not in AMENDMENTS and '"channel"' in row.body))

    def amendment(self, draw: Random) -> int:
        """Any correction or void."""
        return draw.choice(self.seqs(lambda row: row.type in AMENDMENTS))

    def any(self, draw: Random) -> int:
        """Any event."""
        return draw.randrange(self.size)

    def subtree(self, seq: int) -> int:
        """The first seq of the complete subtree that an event lies in: closer than that, a small tree does not say."""
        first = 0
        for height in reversed(range(self.size.bit_length())):
            if self.size >> height & 1:
                if seq < first + (1 << height):
                    return first
                first += 1 << height
        return first


class Way(NamedTuple):
    """One way to tamper, under its name."""

    name: str
    tamper: Callable[[Connection, Log, Random], Seqs]


@contextmanager
def past_guards(database: Database) -> Iterator[Connection]:
    """A transaction of the owner with no guards in its way, at the end of which they are back as they were."""
    with database.engine.execution_options(writes=True).begin() as owner:
        if database.sqlite:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            triggers = owner.execute(text(query)).all()
            for name, _sql in triggers:
                owner.exec_driver_sql(f"DROP TRIGGER {name}")
            yield owner
            for _name, sql in triggers:
                owner.exec_driver_sql(sql)
            return
        for table in GUARDED:
            owner.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield owner
        for table in GUARDED:
            owner.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
            owner.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")


def set_event(owner: Connection, at: int, **values: Any) -> None:
    owner.execute(update(events).where(events.c.seq == at).values(values))


def stored(owner: Connection, seq: int) -> Row[Any]:
    return owner.execute(select(events).where(events.c.seq == seq)).one()


def other_body(row: Row[Any]) -> str:
    """The body of a case or reading that came another way."""
    one, other = '"channel":"phone"', '"channel":"mail"'
    return str(row.body.replace(one, other) if one in row.body else row.body.replace(other, one))


def rewrite(owner: Connection, seq: int) -> None:
    body = other_body(stored(owner, seq))
    set_event(owner, seq, body=body, content=content_of(body))


def sealed(owner: Connection, seq: int) -> None:
    """Compute the leaf of an event anew from its columns, as somebody would who has read the code."""
    set_event(owner, seq, leaf=leaf_hash(header_of(stored(owner, seq)).encode()))

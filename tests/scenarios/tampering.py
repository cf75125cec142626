"""Ways to tamper with a log as the owner of its database, past the guards and with the guards put back.

Each way changes a log in one way, drawn by chance, and says between which ``seq`` the first bad one is to be named;
``None`` where no event is concerned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, text, update

from tests.freezing import SIGNER
from tests.house import House
from tracker.access.models import data_keys
from tracker.access.notes import Signer
from tracker.canonical import canonical, digest
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


def a_value(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.with_channel(draw)
    set_event(owner, seq, body=other_body(stored(owner, seq)))
    return seq, seq


def a_value_and_its_content(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.with_channel(draw)
    rewrite(owner, seq)
    return seq, seq


def a_value_its_content_and_its_leaf(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.with_channel(draw)
    rewrite(owner, seq)
    sealed(owner, seq)
    return log.subtree(seq), seq


def two_events_swapped(owner: Connection, log: Log, draw: Random) -> Seqs:
    first, second = sorted(draw.sample(range(log.size), 2))
    for before, after in ((first, 10**6), (second, first), (10**6, second)):
        set_event(owner, before, seq=after)
    return first, first


def one_removed(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = draw.randrange(log.size - 1)
    owner.execute(events.delete().where(events.c.seq == seq))
    return seq, seq


def one_removed_and_the_gap_closed(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = draw.randrange(log.size - 1)
    owner.execute(events.delete().where(events.c.seq == seq))
    for each in range(seq + 1, log.size):
        set_event(owner, each, seq=each - 1)
    owner.execute(update(head).values(size=log.size - 1))
    return seq, seq


def one_inserted(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.any(draw)
    for each in reversed(range(seq, log.size)):
        set_event(owner, each, seq=each + 1)
    row = stored(owner, seq + 1)._asdict() | {"seq": seq, "id": "forged", "original": None, "replaces": None}
    row["body"] = row["body"].replace(f'"id":{canonical(stored(owner, seq + 1).id)}', '"id":"forged"')
    owner.execute(events.insert(), row | {"content": content_of(row["body"])})
    sealed(owner, seq)
    owner.execute(update(head).values(size=log.size + 1))
    return 0, seq + 1


def one_appended(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = stored(owner, log.with_channel(draw))._asdict() | {"seq": log.size, "id": "forged"}
    row["body"] = json.dumps(json.loads(row["body"]) | {"id": "forged"}, separators=(",", ":"), ensure_ascii=False)
    owner.execute(events.insert(), row | {"content": content_of(row["body"])})
    sealed(owner, log.size)
    return log.size, log.size


def when_it_was_recorded(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.any(draw)
    set_event(owner, seq, recorded_at="2020-12-31T04:00:00.000000Z")
    return seq, seq


def who_recorded_it(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.any(draw)
    set_event(owner, seq, actor="person:mallory")
    return seq, seq


def its_day_and_year(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.any(draw)
    set_event(owner, seq, day="2019-12-31", year=2019)
    return seq, seq


def what_a_correction_replaces(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.amendment(draw)
    set_event(owner, seq, replaces=log.size + 7)
    return seq, seq


def what_a_correction_corrects(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.amendment(draw)
    original = stored(owner, seq).original
    set_event(owner, seq, original=draw.choice([None, *(each for each in range(seq) if each != original)]))
    return seq, seq


def a_column_and_its_leaf(owner: Connection, log: Log, draw: Random) -> Seqs:
    seq = log.with_channel(draw)
    set_event(owner, seq, type="desk.member.left")
    sealed(owner, seq)
    return log.subtree(seq), seq


def a_leaf_in_a_tile(owner: Connection, log: Log, draw: Random) -> Seqs:
    tile, place = draw.randrange(log.size // 256), draw.randrange(256)
    found = owner.execute(select(tiles).where(tiles.c.level == 0, tiles.c.tile == tile)).one()
    hashes = bytearray(found.hashes)
    hashes[place * 32 + draw.randrange(32)] ^= 1 << draw.randrange(8)
    where = (tiles.c.level == 0, tiles.c.tile == tile)
    owner.execute(update(tiles).where(*where).values(hashes=bytes(hashes)))
    return tile * 256 + place, tile * 256 + place


def a_tile_removed(owner: Connection, log: Log, draw: Random) -> Seqs:
    tile = draw.randrange(log.size // 256)
    owner.execute(tiles.delete().where(tiles.c.level == 0, tiles.c.tile == tile))
    return tile * 256, tile * 256


def an_event_with_its_tile(owner: Connection, log: Log, draw: Random) -> Seqs:
    within = log.size // 256 * 256
    seq = draw.choice(log.seqs(lambda row: row.seq < within and row.type not in AMENDMENTS))
    rewrite(owner, seq)
    sealed(owner, seq)
    tile, place = divmod(seq, 256)
    found = owner.execute(select(tiles).where(tiles.c.level == 0, tiles.c.tile == tile)).one()
    hashes = found.hashes[: place * 32] + stored(owner, seq).leaf + found.hashes[place * 32 + 32 :]
    owner.execute(update(tiles).where(tiles.c.level == 0, tiles.c.tile == tile).values(hashes=hashes))
    return log.subtree(seq), seq


def the_edge(owner: Connection, log: Log, draw: Random) -> Seqs:
    owner.execute(update(edge).where(edge.c.level == 1).values(hashes=draw.randbytes(32 * (log.size // 256))))
    return None


def the_root_in_the_head(owner: Connection, log: Log, draw: Random) -> Seqs:
    owner.execute(update(head).values(root=draw.randbytes(32)))
    return None


def the_frontier(owner: Connection, log: Log, draw: Random) -> Seqs:
    place = draw.randrange(log.size.bit_count())
    found = bytearray(owner.execute(select(head.c.frontier)).scalar_one())
    found[place * 32] ^= 1
    owner.execute(update(head).values(frontier=bytes(found)))
    return 0, log.size - 1


def the_root_of_a_checkpoint(owner: Connection, log: Log, draw: Random) -> Seqs:
    size = draw.choice(owner.execute(select(checkpoints.c.size)).scalars().all())
    owner.execute(update(checkpoints).where(checkpoints.c.size == size).values(root=draw.randbytes(32)))
    return None


def the_note_of_a_checkpoint(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(checkpoints)).all())
    place = draw.randrange(len(row.note) - 1)
    note = row.note[:place] + ("A" if row.note[place] != "A" else "B") + row.note[place + 1 :]
    owner.execute(update(checkpoints).where(checkpoints.c.size == row.size).values(note=note))
    return None


def a_checkpoint_of_another_key(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(checkpoints)).all())
    note = Signer(draw.randbytes(32)).note(row.note.partition("\n\n")[0] + "\n", "small/ledger")
    owner.execute(update(checkpoints).where(checkpoints.c.size == row.size).values(note=note))
    return None


def restated(row: Row[Any], draw: Random) -> dict[str, Any]:
    """A document with one figure of it changed, and its digest computed anew."""
    body = json.loads(row.body)
    draw.choice(body["figures"])["value"] = "12345"
    return {"body": canonical(body), "digest": digest(canonical(body))}


def a_frozen_figure(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(restated(row, draw)))
    return None


def a_frozen_figure_with_its_seal(owner: Connection, log: Log, draw: Random) -> Seqs:
    """All of it consistent, and signed by the log's key: only a recount shows it."""
    row = draw.choice(owner.execute(select(snapshots)).all())
    changed = restated(row, draw)
    seal = canonical(json.loads(row.seal) | {"digest": changed["digest"].hex()})
    values = changed | {"seal": seal, "signature": SIGNER.sign(seal.encode())}
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(values))
    owner.execute(update(drafts).where(drafts.c.id == row.draft).values(changed))
    return None


def who_approved(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    seal = json.loads(row.seal)
    seal["approvals"][draw.randrange(2)]["by"] = "person:mallory"
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(seal=canonical(seal)))
    return None


def the_signature_of_a_year(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    signature = Signer(draw.randbytes(32)).sign(row.seal.encode())
    where = (snapshots.c.year == row.year, snapshots.c.revision == row.revision)
    owner.execute(update(snapshots).where(*where).values(signature=signature))
    return None


def a_year_removed(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(snapshots)).all())
    owner.execute(snapshots.delete().where(snapshots.c.year == row.year, snapshots.c.revision == row.revision))
    return None


def a_draft(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(drafts)).all())
    owner.execute(update(drafts).where(drafts.c.id == row.id).values(restated(row, draw)))
    return None


def a_tally(owner: Connection, log: Log, draw: Random) -> Seqs:
    c = tally.c
    row = draw.choice(owner.execute(select(tally).where(c.part == 0)).all())
    where = (c.metric == row.metric, c.period == row.period, c.cell == row.cell, c.part == row.part)
    owner.execute(update(tally).where(*where).values(value=row.value + draw.choice([-1, 1, 100])))
    return None


def a_confidential_value(owner: Connection, log: Log, draw: Random) -> Seqs:
    """The value or salt of one event in the place of another's."""
    one, other = draw.sample(owner.execute(select(vault).order_by(vault.c.seq)).all(), 2)
    column = draw.choice(["salt", "value"])
    for row, found in ((one, other), (other, one)):
        where = (vault.c.seq == row.seq, vault.c.field == row.field)
        owner.execute(update(vault).where(*where).values({column: getattr(found, column)}))
    first = min(one.seq, other.seq)
    return first, first


def a_configuration(owner: Connection, log: Log, draw: Random) -> Seqs:
    row = draw.choice(owner.execute(select(catalogues)).all())
    documents = row.documents.replace('"places":2', '"places":0', 1)
    owner.execute(update(catalogues).where(catalogues.c.digest == row.digest).values(documents=documents))
    return None


def a_late_mark(owner: Connection, log: Log, draw: Random) -> Seqs:
    newest_size = owner.execute(select(func.max(snapshots.c.log_size))).scalar_one()
    row = draw.choice(owner.execute(select(late_events).where(late_events.c.seq >= newest_size)).all())
    owner.execute(late_events.delete().where(late_events.c.year == row.year, late_events.c.seq == row.seq))
    return row.seq, row.seq


def name(tamper: Callable[..., object]) -> str:
    return tamper.__name__.replace("_", " ")


def _ways(*tamper: Callable[[Connection, Log, Random], Seqs]) -> list[Way]:
    return [Way(name(each), each) for each in tamper]


WAYS = _ways(
    a_value,
    a_value_and_its_content,
    a_value_its_content_and_its_leaf,
    two_events_swapped,
    one_removed,
    one_inserted,
    when_it_was_recorded,
    its_day_and_year,
    what_a_correction_replaces,
    the_root_in_the_head,
    the_note_of_a_checkpoint,
    a_frozen_figure,
    the_signature_of_a_year,
    a_tally,
    a_confidential_value,
)
FURTHER_WAYS = _ways(
    a_column_and_its_leaf,
    one_removed_and_the_gap_closed,
    one_appended,
    who_recorded_it,
    what_a_correction_corrects,
    the_frontier,
    the_root_of_a_checkpoint,
    a_checkpoint_of_another_key,
    a_frozen_figure_with_its_seal,
    who_approved,
    a_year_removed,
    a_draft,
    a_configuration,
    a_late_mark,
)
LARGE_WAYS = _ways(a_leaf_in_a_tile, a_tile_removed, an_event_with_its_tile, the_edge)
"""Those that take a log with full tiles."""

"""Ways to tamper with the log itself: its events, its tree, its head."""

from __future__ import annotations

import json
from random import Random

from sqlalchemy import Connection, select, update

from tests.scenarios.tampering import Log, Seqs, other_body, rewrite, sealed, set_event, stored
from tracker.canonical import canonical
from tracker.ledger.events import AMENDMENTS
from tracker.ledger.models import edge, events, head, tiles
from tracker.ledger.sealing import content_of


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

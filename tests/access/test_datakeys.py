"""Data keys: one per owner, wrapped under the key in use, opened for nobody without it, and rotated without loss."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.house import House
from tracker.access.datakeys import DataKeys, any_wrapped, counts, in_use, known
from tracker.access.keyring import KeyRing
from tracker.access.models import data_keys, wrapping_keys
from tracker.db import Database
from tracker.errors import NotReady

OWNERS = ("integrity/case-1", "integrity/case-2", "people/#7")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KeyRing(tmp_path / "vault", "TRACKER_VAULT_KEY_FILE").make()
    return tmp_path / "vault"


def keys_at(path: Path) -> DataKeys:
    """What another process would make of the same file."""
    return DataKeys(KeyRing(path, "TRACKER_VAULT_KEY_FILE"))


def made(database: Database, datakeys: DataKeys, *owners: str) -> dict[str, bytes]:
    with database.write() as session:
        return {owner: each.key for owner, each in datakeys.for_owners(session, owners).items()}


def opened(database: Database, datakeys: DataKeys) -> dict[str, bytes]:
    with database.read() as session:
        rows = session.execute(select(data_keys.c.id, data_keys.c.owner)).all()
        found = datakeys.open_by_id(session, [row.id for row in rows])
    return {row.owner: found[row.id] for row in rows}


def test_each_owner_has_a_key_of_its_own_and_keeps_it(database: Database, path: Path) -> None:
    first = made(database, keys_at(path), *OWNERS[:2])
    again = made(database, keys_at(path), *OWNERS, OWNERS[0])
    assert again == first | {OWNERS[2]: again[OWNERS[2]]}
    assert (len(set(again.values())), {len(key) for key in again.values()}) == (3, {32})
    assert opened(database, keys_at(path)) == again


def test_only_wrapped_keys_lie_in_the_database(database: Database, path: Path) -> None:
    keys = made(database, keys_at(path), *OWNERS)
    with database.read() as session:
        rows = session.execute(select(data_keys)).all()
        stored = repr([tuple(row) for row in rows]).encode() + b"".join(bytes(row.wrapped) for row in rows)
        assert (any_wrapped(session), in_use(session)) == (True, keys_at(path).ring.listed()[0].id)
    assert [key for key in keys.values() if key in stored or key.hex().encode() in stored] == []


def test_a_wrapped_key_that_was_moved_to_another_owner_does_not_open(database: Database, path: Path) -> None:
    made(database, keys_at(path), *OWNERS)
    with database.write() as session:
        first = session.scalar(select(data_keys.c.wrapped).where(data_keys.c.owner == OWNERS[0]))
        session.execute(update(data_keys).where(data_keys.c.owner == OWNERS[1]).values(wrapped=first))
    with pytest.raises(NotReady, match=f"data_key/{OWNERS[1]} does not open"), database.read() as session:
        keys_at(path).existing(session, OWNERS)


def test_a_destroyed_key_is_absent_and_the_others_stay(database: Database, path: Path) -> None:
    keys = made(database, keys_at(path), *OWNERS)
    with database.write() as session:
        id = keys_at(path).destroy(session, OWNERS[1])
        assert keys_at(path).destroy(session, "nobody/there") is None
    with database.read() as session:
        assert keys_at(path).open_by_id(session, [id or 0]) == {}
    assert opened(database, keys_at(path)) == {owner: key for owner, key in keys.items() if owner != OWNERS[1]}


def test_without_the_ring_nothing_is_made_and_nothing_opens(database: Database, path: Path) -> None:
    made(database, keys_at(path), OWNERS[0])
    path.rename(path.with_name("lost"))
    for owners in (OWNERS[:1], OWNERS[1:]):
        with pytest.raises(NotReady, match=r"The key file .* cannot be read"):
            made(database, keys_at(path), *owners)


def test_the_ring_of_another_database_is_refused_by_the_name_of_the_key(database: Database, path: Path) -> None:
    made(database, keys_at(path), OWNERS[0])
    [right] = keys_at(path).ring.listed()
    path.write_bytes(base64.b64encode(bytes(32)) + b"\n")
    with pytest.raises(NotReady, match=f"has no key {right.id}"):
        made(database, keys_at(path), OWNERS[1])
    assert counts_of(database) == {right.id: 1}


def counts_of(database: Database) -> dict[str, int]:
    with database.read() as session:
        return dict(counts(session))


def test_a_process_with_a_stale_ring_never_wraps_under_a_retired_key(database: Database, path: Path) -> None:
    stale = keys_at(path)
    made(database, stale, OWNERS[0])
    other = keys_at(path)
    with database.write() as session:
        other.use(session, other.ring.add().id)
    new, old = (each.id for each in other.ring.listed())
    made(database, stale, OWNERS[1])
    assert counts_of(database) == {old: 1, new: 1}
    assert set(opened(database, stale)) == set(OWNERS[:2])


def test_the_key_in_use_is_one_and_the_others_are_retired(house: House, path: Path) -> None:
    datakeys = DataKeys(KeyRing(path, "TRACKER_VAULT_KEY_FILE"), house.clock)
    made(house.database, datakeys, OWNERS[0])
    with house.database.write() as session:
        datakeys.use(session, datakeys.ring.add().id)
    new, old = (each.id for each in datakeys.ring.listed())
    with house.database.read() as session:
        assert known(session) == {old: "2021-02-01T04:00:00.000000Z", new: None}
        rows: Sequence[str] = session.scalars(select(wrapping_keys.c.made_at)).all()
    assert set(rows) == {"2021-02-01T04:00:00.000000Z"}


def test_no_key_is_in_what_is_printed(database: Database, path: Path) -> None:
    with database.write() as session:
        found = keys_at(path).for_owners(session, OWNERS)
    shown = f"{found!r} {keys_at(path)!r}"
    assert [owner for owner, each in found.items() if repr(each.key) in shown or each.key.hex() in shown] == []

"""Data keys: one per owner for all that is confidential about it, wrapped by a key outside the database.

An owner is a subject of a domain (``integrity/case-2020-07``), or an event without a subject (``people/#41``).
Which wrapping key is in use stands in the database: a process that has not heard of a new one finds its name
there, reads the key ring again, and never wraps under one that is retired.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from tracker.access.crypto import seal, unseal
from tracker.access.keyring import KeyRing
from tracker.access.models import data_keys, wrapping_keys
from tracker.access.private_files import new_key
from tracker.clock import Clock, now, stamp
from tracker.db import matching, one_of, run


class DataKey(NamedTuple):
    """A data key, opened."""

    id: int
    key: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.id})"  # what is printed by chance must not hold a key


@dataclass(frozen=True)
class DataKeys:
    """The data keys of one database, opened with the keys of a ring. Nothing opened is kept."""

    ring: KeyRing
    clock: Clock = now

    def for_owners(self, session: Session, owners: Collection[str]) -> dict[str, DataKey]:
        """The data key of each owner; those that are missing are made. The caller holds the ledger's lock.

        :raise NotReady: the key ring cannot be read, or lacks the key that the database asks for.
        """
        found = self.existing(session, owners)
        missing = [owner for owner in dict.fromkeys(owners) if owner not in found]
        return found | self._make(session, missing) if missing else found

    def existing(self, session: Session, owners: Collection[str]) -> dict[str, DataKey]:
        """The data key of each owner that has one.

        :raise NotReady: as :meth:`for_owners`.
        """
        rows = matching(session, "data_key", ("owner",), [(owner,) for owner in owners])
        return {row.owner: DataKey(row.id, self._opened(row)) for row in rows}

    def open_by_id(self, session: Session, ids: Iterable[int]) -> dict[int, bytes]:
        """The data keys with these ids; one that was destroyed is absent.

        :raise NotReady: as :meth:`for_owners`.
        """
        among, wanted = one_of(session, "id", sorted(set(ids)))
        rows = run(session, f"SELECT id, owner, wrapped, wrapped_under FROM data_key WHERE {among}", (wanted,))
        return {row.id: self._opened(row) for row in rows}

    def destroy(self, session: Session, owner: str) -> int | None:
        """Delete an owner's data key, and with it all that it sealed. Returns its id, if there was one."""
        found = session.scalar(select(data_keys.c.id).where(data_keys.c.owner == owner))
        session.execute(delete(data_keys).where(data_keys.c.owner == owner))
        return found

    def current(self, session: Session) -> str:
        """The name of the wrapping key in use; the ring's newest is taken into use where there is none.
        The caller holds the ledger's lock.

        :raise NotReady: the key ring cannot be read.
        """
        found = in_use(session)
        if found is None:
            found = self.ring.listed()[0].id
            self.use(session, found)
        return found

    def use(self, session: Session, id: str) -> None:
        """Take a wrapping key into use and retire every other: from now on nothing is wrapped under those."""
        at, c = stamp(self.clock()), wrapping_keys.c
        session.execute(update(wrapping_keys).where(c.id != id, c.retired_at.is_(None)).values(retired_at=at))
        session.execute(insert(wrapping_keys).values(id=id, made_at=at))

    def rewrap(self, session: Session, most: int) -> int:
        """Wrap up to ``most`` data keys under the key in use that still are under another; how many there were.
        The caller holds the ledger's lock.

        :raise NotReady: as :meth:`for_owners`.
        """
        current, c = self.current(session), data_keys.c
        query = select(data_keys).where(c.wrapped_under != current).order_by(c.id).limit(most)
        rows = session.execute(query).all()
        for row in rows:
            wrapped = seal(self.ring.key(current), self._opened(row), _place(row.owner))
            values = {"wrapped": wrapped, "wrapped_under": current}
            session.execute(update(data_keys).where(c.id == row.id).values(values))
        return len(rows)

    def _make(self, session: Session, owners: Sequence[str]) -> dict[str, DataKey]:
        current = self.current(session)
        wrapping = self.ring.key(current)
        keys = {owner: new_key() for owner in owners}
        rows = [
            {"owner": owner, "wrapped": seal(wrapping, key, _place(owner)), "wrapped_under": current}
            for owner, key in keys.items()
        ]
        session.execute(insert(data_keys), rows)
        made = matching(session, "data_key", ("owner",), [(owner,) for owner in owners])
        return {row.owner: DataKey(row.id, keys[row.owner]) for row in made}

    def _opened(self, row: Row[Any]) -> bytes:
        return unseal(self.ring.key(row.wrapped_under), bytes(row.wrapped), _place(row.owner))


def in_use(session: Session) -> str | None:
    """The name of the wrapping key in use, if one ever was."""
    return session.scalar(select(wrapping_keys.c.id).where(wrapping_keys.c.retired_at.is_(None)))


def known(session: Session) -> Mapping[str, str | None]:
    """Every wrapping key that ever was in use, by name, with when it was retired."""
    query = select(wrapping_keys.c.id, wrapping_keys.c.retired_at).order_by(wrapping_keys.c.made_at)
    return {id: retired_at for id, retired_at in session.execute(query)}


def counts(session: Session) -> Mapping[str, int]:
    """How many data keys are wrapped under each wrapping key."""
    query = select(data_keys.c.wrapped_under, func.count()).group_by(data_keys.c.wrapped_under)
    return {id: count for id, count in session.execute(query)}


def count_others(session: Session, id: str) -> int:
    """How many data keys are wrapped under another key than this one."""
    return session.scalar(select(func.count()).where(data_keys.c.wrapped_under != id)) or 0


def any_wrapped(session: Session) -> bool:
    """Whether there is a data key, so that losing the key ring would be a loss."""
    return session.execute(select(data_keys.c.id).limit(1)).first() is not None


def _place(owner: str) -> str:
    return f"data_key/{owner}"

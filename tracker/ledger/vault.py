"""The vault: confidential values and their salts, each sealed on its own under the data key of its owner."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from tracker.access.crypto import seal, unseal
from tracker.access.datakeys import DataKeys
from tracker.db import Database, one_of, run
from tracker.errors import NotReady
from tracker.ledger.heads import lock
from tracker.ledger.models import events, vault

CHUNK = 500


class Secret(NamedTuple):
    """A confidential value of an event on its way into the vault: canonical bytes, with their salt."""

    seq: int
    owner: str
    field: str
    salt: bytes
    value: bytes

    def __repr__(self) -> str:
        return f"Secret({self.seq}, {self.field!r})"  # what is printed by chance must not hold the value


def owner_of(type: str, subject: str | None, seq: int) -> str:
    """Whose data key seals what is confidential in an event: its subject's within the domain of its type, or its
    own where it has none. For an amendment type and ``seq`` are the original's."""
    domain = type.partition(".")[0]
    return f"{domain}/#{seq}" if subject is None else owner(domain, subject)


def owner(domain: str, subject: str) -> str:
    """How the data key of a domain's subject is known. A subject ``#41`` is none of ``seq`` 41 without a subject."""
    return f"{domain}/#{subject}" if subject.startswith("#") else f"{domain}/{subject}"


def put(session: Session, datakeys: DataKeys | None, secrets: Sequence[Secret]) -> None:
    """Seal values and salts and store them. The caller holds the ledger's lock.

    :raise NotReady: there is no vault, or its keys are out of reach.
    """
    keys = _given(datakeys).for_owners(session, {secret.owner for secret in secrets})
    rows = [
        {"seq": secret.seq, "field": secret.field, "data_key": keys[secret.owner].id}
        | _sealed(keys[secret.owner].key, secret)
        for secret in secrets
    ]
    session.execute(insert(vault), rows)


def opened(session: Session, datakeys: DataKeys | None, seqs: Collection[int]) -> dict[int, dict[str, Any]]:
    """The confidential values of events, by ``seq`` and JSON pointer into the event's data; what was erased is absent.

    Who reads for a person has put that on record and committed before: :mod:`tracker.workflows.reading`.

    :raise NotReady: a key is out of reach, or a value does not stand where it was put.
    """
    found: dict[int, dict[str, Any]] = {}
    for row, key in _with_keys(session, datakeys, "value", seqs):
        value = unseal(key, bytes(row.value), _place(row.seq, row.field, "value"))
        found.setdefault(row.seq, {})[row.field] = json.loads(value)
    return found


def salts(session: Session, datakeys: DataKeys | None, seqs: Collection[int]) -> dict[int, dict[str, bytes]]:
    """The salts of events' commitments, by ``seq`` and JSON pointer; what was erased is absent.

    :raise NotReady: as :func:`opened`.
    """
    found: dict[int, dict[str, bytes]] = {}
    for row, key in _with_keys(session, datakeys, "salt", seqs):
        found.setdefault(row.seq, {})[row.field] = unseal(key, bytes(row.salt), _place(row.seq, row.field, "salt"))
    return found


def seal_plain(database: Database, datakeys: DataKeys | None) -> int:
    """Seal what the vault still holds from before there were data keys, a chunk at a time; how much that was.

    :raise NotReady: the key ring is out of reach.
    """
    done = 0
    while True:
        with database.write() as session:
            lock(session)
            plain = _plain(session)
            if not plain:
                return done
            _seal_rows(session, _given(datakeys), plain)
        done += len(plain)


def _plain(session: Session) -> list[Secret]:
    o = events.alias("o")
    query = (
        select(vault.c.seq, vault.c.field, vault.c.salt, vault.c.value, events.c.subject)
        .add_columns(
            func.coalesce(o.c.type, events.c.type).label("type"), func.coalesce(o.c.seq, events.c.seq).label("first")
        )
        .join(events, events.c.seq == vault.c.seq)
        .outerjoin(o, o.c.seq == events.c.original)
        .where(vault.c.data_key.is_(None))
        .limit(CHUNK)
    )
    return [
        Secret(row.seq, owner_of(row.type, row.subject, row.first), row.field, bytes(row.salt), bytes(row.value))
        for row in session.execute(query)
    ]


def _seal_rows(session: Session, datakeys: DataKeys, secrets: Sequence[Secret]) -> None:
    keys = datakeys.for_owners(session, {secret.owner for secret in secrets})
    for secret in secrets:
        key = keys[secret.owner]
        where = (vault.c.seq == secret.seq, vault.c.field == secret.field)
        session.execute(update(vault).where(*where).values(data_key=key.id, **_sealed(key.key, secret)))


def _with_keys(
    session: Session, datakeys: DataKeys | None, column: str, seqs: Collection[int]
) -> Iterator[tuple[Row[Any], bytes]]:
    """The rows of these events, each with its data key, opened; without those whose key was destroyed."""
    among, wanted = one_of(session, "seq", list(seqs))
    query = f"SELECT seq, field, {column}, data_key FROM event_vault WHERE {among} ORDER BY seq, field"
    rows = run(session, query, (wanted,)).all() if seqs else []
    if not rows:
        return
    keys = _given(datakeys).open_by_id(session, [row.data_key for row in rows if row.data_key is not None])
    for row in rows:
        if row.data_key is None:
            raise NotReady("The vault holds values from before there were data keys. Run `tracker init`.")
        if row.data_key in keys:
            yield row, keys[row.data_key]


def _sealed(key: bytes, secret: Secret) -> dict[str, Any]:
    seq, _, field, salt, value = secret
    return {
        "salt": seal(key, salt, _place(seq, field, "salt")),
        "value": seal(key, value, _place(seq, field, "value")),
    }


def _place(seq: int, field: str, part: str) -> str:
    return f"event_vault/{seq}{field}/{part}"


def _given(datakeys: DataKeys | None) -> DataKeys:
    if datakeys is None:
        raise NotReady("What is confidential cannot be sealed or opened: this process was given no key ring.")
    return datakeys

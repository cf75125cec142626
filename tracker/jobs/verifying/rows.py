"""Events as they are stored: each body against its content, each header against its leaf, the columns against the body.

The quick way assumes that names and ids need no escapes in JSON and spells a header from the columns as they are. Only
if that does not give the stored leaf is the event looked at again, slowly and exactly, and told apart.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy.orm import Session

from tracker.canonical import canonical
from tracker.db import is_sqlite
from tracker.errors import NotReady
from tracker.jobs.verifying.findings import Finding
from tracker.ledger.merkle import leaf_hash
from tracker.ledger.tree import WIDTH

_COLUMNS = "recorded_at, actor, source, id, type, subject, time, entity, day, year, replaces"
_SQLITE = (
    f"SELECT {_COLUMNS}, CAST(body AS BLOB), CAST(content AS BLOB), CAST(leaf AS BLOB), seq FROM event "
    "WHERE seq >= ? AND seq < ? ORDER BY seq"
)
_POSTGRESQL = (
    f"SELECT {_COLUMNS}, convert_to(body, 'UTF8'), content, leaf, seq FROM event "
    "WHERE seq >= %s AND seq < %s ORDER BY seq"
)
_REPEATED = ("entity", "id", "source", "subject", "time", "type")
"""What a body says beside its data, in its order; columns repeat it."""

_sha256 = hashlib.sha256

Rows: TypeAlias = Sequence[tuple[Any, ...]]


class Checked(NamedTuple):
    """A run of events: the leaf that each one's header has, and what is wrong with them."""

    leaves: list[bytes]
    findings: list[Finding]


class _Event(NamedTuple):
    recorded_at: Any
    actor: Any
    source: Any
    id: Any
    type: Any
    subject: Any
    time: Any
    entity: Any
    day: Any
    year: Any
    replaces: Any
    body: bytes
    content: bytes
    leaf: bytes
    seq: int


def read(session: Session, first: int, last: int) -> Iterator[Rows]:
    """The events from ``first``, where a tile begins, up to but without ``last`` as the driver gives them, whatever
    they hold: a tile's at a time. So few are still at hand in the processor when they are hashed.

    :raise NotReady: the file is damaged.
    """
    driver: Any = session.connection().connection.driver_connection
    sqlite = is_sqlite(session)
    statement = _SQLITE if sqlite else _POSTGRESQL
    done = first
    with closing(driver.cursor() if sqlite else driver.cursor(binary=True)) as cursor:
        for rows in _straight(cursor, statement, first, last):
            yield rows
            done += len(rows)
        for begin in range(done, last, WIDTH):
            yield _tile(driver, cursor, statement, (begin, min(begin + WIDTH, last)))


def _straight(cursor: Any, statement: str, first: int, last: int) -> Iterator[Rows]:
    """One statement for all of them, up to the first tile that is not whole."""
    try:
        cursor.execute(statement, (first, last))
        while first < last:
            end = min(first + WIDTH, last)
            rows = cursor.fetchmany(end - first)
            if not _whole(rows, first, end):
                return
            yield rows
            first = end
    except sqlite3.DatabaseError:
        return


def _tile(driver: Any, cursor: Any, statement: str, seqs: tuple[int, int]) -> Rows:
    """The events of a tile as far as they can be read: SQLite keeps in a column what the owner of the file puts there,
    be it no text."""
    try:
        found: Rows = cursor.execute(statement, seqs).fetchall()
    except sqlite3.DatabaseError:
        before, driver.text_factory = driver.text_factory, _lenient
        try:
            found = driver.execute(statement, seqs).fetchall()
        except sqlite3.DatabaseError as error:
            raise NotReady(f"The database file cannot be read from seq {seqs[0]} on: {error}.") from error
        finally:
            driver.text_factory = before
    return found


def _whole(rows: Rows, first: int, last: int) -> bool:
    return len(rows) == last - first and rows[0][-1] == first and rows[-1][-1] == last - 1


def _lenient(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def check(rows: Rows, first: int, last: int) -> Checked:
    """Check events that should be those from ``first`` up to but without ``last``."""
    missing: list[Finding] = []
    if not _whole(rows, first, last):
        rows, missing = _completed(rows, first, last)
    leaves, odd = _quick(rows)
    findings = missing
    for place in odd:
        event = _Event(*rows[place])
        leaves[place] = leaf_hash(_header(event).encode())
        findings += _wrong(event, leaves[place])
    return Checked(leaves, sorted(findings, key=lambda each: each.seq or 0))


def _quick(rows: Rows) -> tuple[list[bytes], list[int]]:
    """The leaf of each event, and the places of those that are to be looked at again."""
    leaves: list[bytes] = []
    odd: list[int] = []
    for at, actor, source, id, type, subject, time, entity, day, year, replaces, body, content, leaf, seq in rows:
        named = f'"entity":"{entity}","id":"{id}",' if entity is not None else f'"entity":null,"id":"{id}",'
        about = "null" if subject is None else f'"{subject}"'
        placed = f'"source":"{source}","subject":{about},"time":"{time}","type":"{type}"'
        found = _sha256(
            f'\x00{{"actor":"{actor}","content":"{content.hex()}","day":"{day}",{named}"recorded_at":"{at}","replaces":'
            f'{"null" if replaces is None else replaces},"seq":{seq},{placed},"year":{year}}}'.encode()
        ).digest()
        if found != leaf or _sha256(body).digest() != content or not body.endswith(f"{named}{placed}}}".encode()):
            odd.append(len(leaves))
        leaves.append(found)
    return leaves, odd


def _completed(rows: Rows, first: int, last: int) -> tuple[Rows, list[Finding]]:
    """The events with an empty one in the place of each that is missing."""
    found = {row[-1]: row for row in rows}
    missing = [seq for seq in range(first, last) if seq not in found]
    empty = ("", "", "", "", "", None, "", None, "", 0, None, b"", b"", b"")
    every = [found.get(seq, (*empty, seq)) for seq in range(first, last)]
    return every, [Finding("log", f"seq {seq}", "there is no event; it was removed.", seq) for seq in missing]


def _header(event: _Event) -> str:
    """The canonical header, whatever the columns hold."""
    return canonical(
        {
            "actor": _plain(event.actor),
            "content": event.content.hex(),
            "day": _plain(event.day),
            "entity": _plain(event.entity),
            "id": _plain(event.id),
            "recorded_at": _plain(event.recorded_at),
            "replaces": _plain(event.replaces),
            "seq": event.seq,
            "source": _plain(event.source),
            "subject": _plain(event.subject),
            "time": _plain(event.time),
            "type": _plain(event.type),
            "year": _plain(event.year),
        }
    )


def _plain(value: Any) -> Any:
    """SQLite holds in any column what an owner of the file puts there."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return value if value is None or isinstance(value, int) else repr(value)


def _wrong(event: _Event, leaf: bytes) -> Iterator[Finding]:
    if not event.leaf and not event.body:
        return  # told as missing
    where = f"seq {event.seq}"
    if _sha256(event.body).digest() != event.content:
        yield Finding("log", where, "its body is not what its content (SHA-256) covers.", event.seq)
    if leaf != event.leaf:
        columns = "actor, day, recorded_at, replaces, content or what they repeat of the body"
        yield Finding("log", where, f"its columns are not what its leaf covers: {columns}.", event.seq)
    differing = _differing(event)
    if differing:
        yield Finding("log", where, f"its columns do not agree with its body: {', '.join(differing)}.", event.seq)


def _differing(event: _Event) -> list[str]:
    """What the body says otherwise than the columns."""
    columns = {name: _plain(getattr(event, name)) for name in _REPEATED}
    tail = "".join(f',"{name}":{canonical(value)}' for name, value in columns.items())
    if event.body.endswith(f"{tail}}}".encode()):
        return []
    try:
        said = json.loads(event.body)
    except (ValueError, RecursionError):
        return ["the body is no JSON"]
    if not isinstance(said, dict):
        return ["the body is no event"]
    return [name for name, value in columns.items() if said.get(name) != value] or ["the body is not canonical"]

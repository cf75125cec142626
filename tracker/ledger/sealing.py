"""Bodies and leaves: the bytes that are hashed, with salted commitments for confidential values.

``content`` is SHA-256 over the canonical JSON of source, id, type, subject, time, entity and
data, each confidential value in it replaced by ``{"commitment": hex}`` with
commitment = SHA-256(salt ‖ canonical value). ``leaf`` is SHA-256(0x00 ‖ canonical header), as
RFC 6962, 2.1 hashes a leaf of the Merkle tree.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from tracker.canonical import canonical, canonical_bytes
from tracker.ledger.events import CORRECTED, Incoming
from tracker.ledger.queries import Entry

Salt = Callable[[], bytes]

_sha256 = hashlib.sha256


def hashed(
    event: Incoming, data: Mapping[str, Any], *, actor: str, recorded_at: str, seq: int, replaces: int | None
) -> tuple[str, bytes, bytes]:
    """Body, content and leaf of an event about to be recorded, with ``data`` in place of its own.

    The header under the leaf has seq, recorded_at, actor, source, id, type, subject, time, entity, day, year,
    replaces and content (hex). What stands in it and in the body is spelled once for both: 4 µs instead of 7.
    """
    source, id, type, subject, time, entity, _, day, year, *_ = event
    named = f'"entity":{_name(entity)},"id":{canonical(id)}'
    placed = f'"source":{_name(source)},"subject":{_spelled(subject)},"time":"{time}","type":{_name(type)}'
    body = f'{{"data":{canonical(data)},{named},{placed}}}'
    content = _sha256(body.encode())
    header = _header(actor, content.hexdigest(), day, named, recorded_at, replaces, seq, placed, year)
    return body, content.digest(), _sha256(b"\x00" + header.encode()).digest()


def header_of(stored: Entry | Row[Any]) -> str:
    """The header under the leaf of an event on record, as it was hashed: leaf = SHA-256(0x00 ‖ its UTF-8 bytes).

    A row needs the columns that the header repeats, and content.
    """
    named = f'"entity":{_name(stored.entity)},"id":{canonical(stored.id)}'
    placed = (
        f'"source":{_name(stored.source)},"subject":{_spelled(stored.subject)},'
        f'"time":"{stored.time}","type":{_name(stored.type)}'
    )
    content = stored.content if isinstance(stored.content, str) else bytes(stored.content).hex()
    rest = (stored.recorded_at, stored.replaces, stored.seq, placed, stored.year)
    return _header(stored.actor, content, stored.day, named, *rest)


def _header(
    actor: str,
    content: str,
    day: str,
    named: str,
    recorded_at: str,
    replaces: int | None,
    seq: int,
    placed: str,
    year: int,
) -> str:
    return (
        f'{{"actor":{_name(actor)},"content":"{content}","day":"{day}",{named},"recorded_at":"{recorded_at}",'
        f'"replaces":{"null" if replaces is None else replaces},"seq":{seq},{placed},"year":{year}}}'
    )


def body_of(event: Incoming, data: Mapping[str, Any]) -> str:
    """The canonical JSON that ``content`` covers, with ``data`` in place of the event's own."""
    return canonical(
        {
            "data": data,
            "entity": event.entity,
            "id": event.id,
            "source": event.source,
            "subject": event.subject,
            "time": event.time,
            "type": event.type,
        }
    )


def content_of(body: str) -> bytes:
    """SHA-256 of a body."""
    return _sha256(body.encode()).digest()


def _spelled(text: str | None) -> str:
    return "null" if text is None else canonical(text)


_name = lru_cache(maxsize=1024)(_spelled)
"""For what a few values make up: types, sources, entities and actors."""


def commitment(salt: bytes, value: Any) -> dict[str, str]:
    """What stands in the open data for a confidential value."""
    return {"commitment": hashlib.sha256(salt + canonical_bytes(value)).hexdigest()}


def seal(
    type: str, data: Mapping[str, Any], confidential: Iterable[str], salt: Salt
) -> tuple[dict[str, Any], list[tuple[str, bytes, bytes]]]:
    """Take the confidential values out of an event's data.

    Returns the open data with commitments, and for each value its field (a JSON pointer), its salt and
    its canonical bytes. A correction's own data lies one level down, and so do its confidential fields.
    """
    prefix = "/data" if type == CORRECTED else ""
    inner = dict(data["data"]) if prefix else dict(data)
    secrets = []
    for name in confidential:
        if name in inner:
            chosen = salt()
            secrets.append((f"{prefix}/{name}", chosen, canonical_bytes(inner[name])))
            inner[name] = commitment(chosen, inner[name])
    return ({**data, "data": inner} if prefix else inner), secrets


def resealed(event: Incoming, stored_body: str, salts: Mapping[str, bytes]) -> str:
    """The body that a repeated event would have had under the salts of the stored one.

    Where a salt is gone, because the value was erased, the stored commitment is taken over, so
    that only the open fields are compared.
    """
    stored = json.loads(stored_body)["data"]
    data = {**event.data}
    if event.type == CORRECTED and isinstance(data.get("data"), dict):
        data["data"] = {**data["data"]}
    for pointer, committed in _commitments(stored):
        holder = data.get("data") if pointer.startswith("/data/") else data
        name = pointer.rpartition("/")[2]
        if isinstance(holder, dict) and name in holder:
            salt = salts.get(pointer)
            holder[name] = commitment(salt, holder[name]) if salt is not None else committed
    return body_of(event, data)


def _commitments(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    inner = data.get("data")
    places = (("", data), ("/data", inner if isinstance(inner, dict) else {}))
    for prefix, values in places:
        for name, value in values.items():
            if isinstance(value, dict) and value.keys() == {"commitment"}:
                yield f"{prefix}/{name}", value

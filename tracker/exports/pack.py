"""The assurance pack: all that a stranger needs to check every figure of a frozen year, in one file.

It is a ZIP of text. Equal ledgers give equal bytes; what is in it, and what it shows, its README says.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from importlib.resources import files
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from tracker.access.notes import verifier_key
from tracker.canonical import canonical, digest
from tracker.catalogue import Catalogue
from tracker.errors import Conflict
from tracker.exports import Writer, csv
from tracker.exports import json as json_format
from tracker.exports.pack_archive import Archive, Content
from tracker.exports.pack_log import Log, Progress, collect
from tracker.exports.pack_texts import datapackage, readme
from tracker.exports.seals import seal_of
from tracker.ledger import checkpoints
from tracker.ledger.checkpoints import Checkpoint
from tracker.snapshots.definitions import definitions, needed_types
from tracker.snapshots.reading import Snapshot, revisions

FORMAT = "governance-tracker/pack/1"
MANIFEST = "manifest.json"
VERIFIER = "verifier.py"


def write_pack(
    session: Session, catalogue: Catalogue, snapshot: Snapshot, stream: BinaryIO, progress: Progress | None = None
) -> None:
    """Write the pack of a frozen revision to a stream, which is left open; memory does not grow with the log.

    :param catalogue: the one that the snapshot names.
    :param progress: is told (done, all) events now and then.
    :raise Conflict: the revision was frozen before years were signed, or under other definitions of figures.
    """
    described = _definitions(catalogue, snapshot)
    with ExitStack() as stack:
        log = collect(stack, session, snapshot.log_size, needed_types(described), progress)
        members = _members(session, catalogue, snapshot, described, log)
        archive = Archive(stream)
        for name, content in members.items():
            archive.add(name, content)
        archive.close()


def _definitions(catalogue: Catalogue, snapshot: Snapshot) -> dict[str, Any]:
    """The definitions that the snapshot was signed with."""
    if snapshot.seal is None:
        raise Conflict(
            f"Revision {snapshot.revision} of {snapshot.year} was frozen before years were signed, so a pack of it "
            "could not be checked. Export it as csv or json; each later revision of the year is signed."
        )
    found = definitions(catalogue, snapshot.year)
    if digest(canonical(found)).hex() != snapshot.body["definitions"]:
        code = snapshot.body["code"]["governance-tracker"]
        raise Conflict(f"This version defines figures differently than {code}, which froze the year; export it there.")
    return found


def _members(
    session: Session, catalogue: Catalogue, snapshot: Snapshot, described: dict[str, Any], log: Log
) -> dict[str, Content]:
    """Every member in order, by name."""
    signed = _checkpoints(session, snapshot.log_size)
    origin = _origin(session, catalogue, signed)
    key = verifier_key(origin, bytes.fromhex(_sealed(snapshot)["key"]))
    data = {
        "snapshot.json": Content(snapshot.text.encode()),
        **_seal(snapshot, ""),
        **_earlier(session, snapshot),
        "figures.json": _exported(json_format.write, snapshot, catalogue),
        "figures.csv": _exported(csv.write, snapshot, catalogue),
        "definitions.json": _json(described),
        "headers.ndjson": log.headers,
        "events.ndjson": log.bodies,
        "checkpoints.ndjson": _lines({"size": each.size, "note": each.note} for each in signed),
        "key.txt": Content(f"{key}\n".encode()),
        "sources.json": _json({"sources": snapshot.body["sources"], "events": log.by_source}),
    }
    data["datapackage.json"] = _json(datapackage(snapshot, catalogue, data))
    data["verify.py"] = Content(files(__package__).joinpath(VERIFIER).read_bytes())
    first = {"README.txt": Content(readme(snapshot, catalogue).encode())}
    return {**first, MANIFEST: _manifest(snapshot, origin, key, first | data), **data}


def _checkpoints(session: Session, size: int) -> list[Checkpoint]:
    """The checkpoints up to the snapshot's size, which the last is of."""
    found = checkpoints.listed(session, until=size)
    if size and (not found or found[-1].size != size):
        raise Conflict(f"There is no checkpoint of size {size}: it was removed. Run `tracker verify`.")
    return found


def _origin(session: Session, catalogue: Catalogue, signed: list[Checkpoint]) -> str:
    return signed[-1].note.partition("\n")[0] if signed else checkpoints.origin(session, catalogue)


def _sealed(snapshot: Snapshot) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(snapshot.seal or "{}")
    return found


def _seal(snapshot: Snapshot, prefix: str) -> dict[str, Content]:
    if snapshot.seal is None or snapshot.signature is None:
        return {}
    signature = base64.b64encode(snapshot.signature) + b"\n"
    return {f"{prefix}seal.json": Content(snapshot.seal.encode()), f"{prefix}seal.sig": Content(signature)}


def _earlier(session: Session, snapshot: Snapshot) -> dict[str, Content]:
    """The revisions before, each with its seal if it was signed."""
    found: dict[str, Content] = {}
    for each in revisions(session, snapshot.year):
        if each.revision < snapshot.revision:
            prefix = f"revisions/{each.revision}."
            found |= {f"{prefix}snapshot.json": Content(each.text.encode()), **_seal(each, prefix)}
    return found


def _exported(write: Writer, snapshot: Snapshot, catalogue: Catalogue) -> Content:
    stream = BytesIO()
    write(snapshot.body, catalogue, stream, None, seal_of(snapshot))
    return Content(stream.getvalue())


def _manifest(snapshot: Snapshot, origin: str, key: str, members: Mapping[str, Content]) -> Content:
    return _json(
        {
            "format": FORMAT,
            "organisation": snapshot.body["organisation"],
            "year": snapshot.year,
            "revision": snapshot.revision,
            "log_size": snapshot.log_size,
            "root": snapshot.body["root"],
            "snapshot": snapshot.digest,
            "catalogue": snapshot.catalogue,
            "origin": origin,
            "key": key,
            "files": {name: {"bytes": each.size, "sha256": each.sha256} for name, each in members.items()},
        }
    )


def _json(document: Mapping[str, Any]) -> Content:
    return Content(canonical(document).encode())


def _lines(documents: Iterable[Mapping[str, Any]]) -> Content:
    return Content("".join(f"{canonical(each)}\n" for each in documents).encode())

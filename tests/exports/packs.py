"""Assurance packs for tests: made, taken apart, changed and put together again as a forger would, and checked."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.freezing import SIGNER
from tests.house import House
from tracker.access.notes import Signer, verifier_key
from tracker.canonical import canonical
from tracker.exports import verifier
from tracker.exports.frozen import export_to
from tracker.exports.pack_archive import Archive, Content
from tracker.ledger.checkpoints import Statement, text_of
from tracker.ledger.merkle import Frontier, leaf_hash
from tracker.snapshots.reading import get

Members = dict[str, bytes]
"""The files of a pack by name, in its order."""

SOUND = "Everything holds."
FORGER = Signer(bytes(range(64, 96)))


class Checked(NamedTuple):
    """What a check of a pack came to: its exit status and its lines."""

    status: int
    lines: list[str]

    @property
    def last(self) -> str:
        """The line that says whether it holds, or what is wrong."""
        return self.lines[-1]


def pack_of(house: House, year: int, revision: int | None = None) -> bytes:
    """The pack of a frozen year."""
    stream = io.BytesIO()
    with house.database.read() as session:
        export_to(stream, session, get(session, year, revision), "pack")
    return stream.getvalue()


def opened(pack: bytes) -> Members:
    """The files of a pack."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP of these files, as packs are."""
    stream = io.BytesIO()
    archive = Archive(stream)
    for name, content in members.items():
        archive.add(name, Content(content))
    archive.close()
    return stream.getvalue()


def listed(members: Members, **said: Any) -> Members:
    """The files with a manifest that lists them as they are; ``said`` is what else it says."""
    files = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != "manifest.json"
    }
    manifest = json.loads(members["manifest.json"]) | {"files": files} | said
    return members | {"manifest.json": canonical(manifest).encode()}


def forged(members: Members, **changed: bytes | None) -> bytes:
    """A pack with files changed (``headers_ndjson=…``; ``None`` leaves one out), and the manifest made to fit."""
    content = dict(members)
    for name, data in changed.items():
        file = next(each for each in members if each.replace(".", "_").replace("/", "_") == name)
        content.pop(file)
        if data is not None:
            content[file] = data
    return packed(listed(content))


def lines_of(content: bytes) -> list[bytes]:
    """The lines of a file."""
    return content.split(b"\n")[:-1]


def joined(lines: Sequence[bytes]) -> bytes:
    """A file of lines."""
    return b"".join(line + b"\n" for line in lines)


def reheaded(members: Members, lines: Sequence[bytes], seqs: Sequence[int]) -> Members:
    """The files with other bodies for the events of ``seqs``, and headers that name their content."""
    headers = lines_of(members["headers.ndjson"])
    for seq, line in zip(seqs, lines, strict=True):
        header = json.loads(headers[seq]) | {"content": hashlib.sha256(line).hexdigest()}
        headers[seq] = canonical(header).encode()
    return members | {"headers.ndjson": joined(headers), "events.ndjson": joined(lines)}


def resigned(members: Members, signer: Signer = SIGNER, **body: Any) -> Members:
    """The files as whoever has a key could make them: root, snapshot, seal and one checkpoint signed anew."""
    tree = Frontier()
    for line in lines_of(members["headers.ndjson"]):
        tree.append(leaf_hash(line))
    origin = json.loads(members["manifest.json"])["origin"]
    said = {"log_size": tree.size, "root": tree.root.hex()} | body
    snapshot = canonical(json.loads(members["snapshot.json"]) | said)
    digest = hashlib.sha256(snapshot.encode()).hexdigest()
    seal = {**json.loads(members["seal.json"]), "log_size": tree.size, "root": tree.root.hex(), "digest": digest}
    text = canonical(seal | {"key": signer.public.hex()})
    note = signer.note(text_of(Statement(origin, tree.size, tree.root)), origin)
    key = verifier_key(origin, signer.public)
    made = members | {
        "snapshot.json": snapshot.encode(),
        "seal.json": text.encode(),
        "seal.sig": base64.b64encode(signer.sign(text.encode())) + b"\n",
        "checkpoints.ndjson": canonical({"size": tree.size, "note": note}).encode() + b"\n",
        "key.txt": f"{key}\n".encode(),
    }
    return listed(made, key=key, snapshot=digest, log_size=tree.size, root=tree.root.hex())


def check(path: Path, *arguments: str) -> Checked:
    """What the verifier says of a pack that is on disk."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = verifier.main([*arguments, str(path)])
    return Checked(status, printed.getvalue().splitlines())


def check_bytes(pack: bytes, path: Path, *arguments: str) -> Checked:
    """What the verifier says of a pack, written to ``path`` for it."""
    path.write_bytes(pack)
    return check(path, *arguments)

#!/usr/bin/env python3
"""Check an assurance pack of a governance ledger: offline, trusting nobody, with this one file.

    python -I verify.py PACK.zip                        check everything
    python -I verify.py PACK.zip --key 'NAME+ID+KEY'    ... against the key that the organisation publishes elsewhere
    python -I verify.py PACK.zip --checkpoint FILE      ... against a checkpoint kept from earlier
    python -I verify.py PACK.zip --sample METRIC --seed 7 --count 25      draw a sample of the events behind a figure

It needs Python 3.9 or later and the package `cryptography` for Ed25519; SHA-256 and the rest are Python's own. It reads
PACK (the ZIP, or the folder it was unpacked to; without PACK, the folder it lies in), writes nothing, and imports
nothing of those who made the pack. Take it from where you trust it, and read it: who forges a pack could forge the copy
in it. The sections below come in the order in which things are checked.

What it proves, if it says that everything holds:

1.  The figures of the year (snapshot.json) are byte for byte what two different people signed and approved, in a seal
    that the log's key signed. Earlier revisions are signed too, and each is linked to by the next.
2.  headers.ndjson has the header of every event that the log had then: their Merkle tree (RFC 6962) has the root that
    the seal and every signed checkpoint (C2SP tlog-checkpoint) name. Nobody without the key has added, changed, moved
    or removed an event; and since a checkpoint that is kept outside, nobody with the key has either.
3.  events.ndjson has the content of every event on which a figure may rest, and of no other. Which these are follows
    from the headers, and each content has the SHA-256 that its header names.
4.  Every figure, every cell of its breakdown and every month, counted once more from these events by the signed
    definitions, with exact fractions and one rounding, is the one in snapshot.json; figures.json and figures.csv say
    the same numbers. What a restatement says has changed is what differs from the revision before.

What it cannot prove:

-   That events are true, or that everything that happened was recorded. Draw a sample and look at the evidence.
-   Whose key it is, unless you give the one that the organisation publishes elsewhere. Who has the key could have
    rewritten the whole log, cut off its end or gone back to an older copy, and signed that: only a checkpoint that
    somebody else kept shows it.
-   What is confidential: such a value is {"commitment": SHA-256(salt, value)}, and no figure reads it. That the day of
    an event is the one of its time in the organisation's time zone is checked to within a day. Words, what senders
    handed in, and the figures of the year before are signed, but not recomputed; that year has a pack of its own.

Exit status: 0 everything holds; 1 something is wrong, it says what and where; 2 used wrong. Memory: some 30 bytes for
each event of the log, and what breakdowns, distinct counts and series need. A million events take a minute or two.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import csv
import hashlib
import io
import json
import re
import struct
import sys
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, Dict, NamedTuple, Optional  # noqa: UP035  as Python 3.9 spells them

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # pragma: no cover
    print("verify.py needs the package cryptography, for Ed25519. Install it: python -m pip install cryptography")
    sys.exit(2)

# Nothing in a pack comes near these bounds. They keep a forged one from eating memory or time.
MOST_FILES = 1_000
LARGEST_DOCUMENT, MOST_VALUES = 64 << 20, 2_000_000
LARGEST_NOTE, LONGEST_LINE = 1 << 16, 4 << 20
DEEPEST_METRIC, MOST_PLACES = 12, 30
CHUNK = 1 << 16


class Wrong(Exception):
    """Something is not as it must be: ``where`` (a file, its line, a seq, a figure) and ``what``."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what[:1000]  # it may quote what a forger wrote


# --- Strict JSON ------------------------------------------------------------------------------------------------------
#
# Every document is canonical JSON (RFC 8785): keys in order, no space, one spelling for each value, and no numbers but
# integers, as quantities are decimal strings. What does not come out byte for byte as it went in when it is spelled
# again is refused, so that no two readers can read it differently: a key that is there twice, say.

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _integer(text: str) -> int:
    if len(text) > 17:  # 2**53 has 16 digits; thousands of digits would take long to read
        raise ValueError("an integer that is too large")
    return int(text)


def _no_fraction(text: str) -> Any:
    raise ValueError("a number that is not an integer")


_read = json.JSONDecoder(parse_int=_integer, parse_float=_no_fraction, parse_constant=_no_fraction).decode


def parsed(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object that ``data`` spells canonically."""
    try:
        text = data.decode()
        found = _read(text)
        same = canonical(found) == text
    except RecursionError:
        raise Wrong(where, "is nested too deeply.") from None
    except ValueError as error:
        raise Wrong(where, f"is no JSON as packs have it ({error}).") from None
    if not same or type(found) is not dict:
        raise Wrong(where, "is no object in canonical JSON (RFC 8785): it was written by something else, or changed.")
    return found


_MISSHAPEN = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    csv.Error,
)


@contextlib.contextmanager
def shape_of(where: str) -> Iterator[None]:
    """Within it a document is read as if it had the shape it should have; whatever goes wrong means that it has not."""
    try:
        yield
    except _MISSHAPEN as error:
        raise Wrong(where, f"does not have the shape that packs have ({type(error).__name__}: {error}).") from None


# --- The pack: a ZIP or a folder --------------------------------------------------------------------------------------
#
# A pack's ZIP is of the plainest kind: members are stored as they are, one right after the other, all with the same
# date and mode; then follows their directory. It is read from the front, and must end with the very directory that
# follows from its members. So there is no byte that one reader of ZIPs sees and another does not, nothing to inflate,
# and no link. (A ZIP of 4 GiB or more has other fields: unpack it, and check the folder.)

_NAME = re.compile(r"[A-Za-z0-9_-]+(/[0-9]+)?(\.[A-Za-z0-9]+)+", re.ASCII)
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_VERSION, _UNIX, _DATE, _MODE = 10, 3 << 8, 1 << 5 | 1, 0o100644 << 16


class Pack:
    """The files of a pack by name: ``sizes`` are their bytes, ``sums`` their CRC-32 where it is a ZIP."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.sums: dict[str, int] = {}

    def _chunks(self, name: str) -> Iterator[bytes]:
        raise NotImplementedError

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, a little at a time."""
        if name not in self.sizes:
            raise Wrong(name, "is missing from the pack.")
        return self._chunks(name)

    def whole(self, name: str, most: int = LARGEST_DOCUMENT) -> bytes:
        """All bytes of a file that is not large."""
        found = b"".join(self.chunks(name) if self.sizes.get(name, 0) <= most else [])
        if self.sizes[name] > most or sum(map(found.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise Wrong(name, "is too large to be what it should be.")
        return found

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, without their newlines."""
        rest = b""
        for chunk in self.chunks(name):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise Wrong(name, f"has a line of more than {LONGEST_LINE} bytes.")
        if rest:
            raise Wrong(name, "does not end with a newline: it was cut off.")


class Folder(Pack):
    """A pack that was unpacked. What else lies in the folder is not looked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        for file in sorted([*path.iterdir(), *path.glob("revisions/*")])[:MOST_FILES]:
            name = file.relative_to(path).as_posix()
            if _NAME.fullmatch(name) and file.is_symlink():
                raise Wrong(name, "is a link; a pack has plain files only.")
            if _NAME.fullmatch(name) and file.is_file():
                self.sizes[name] = file.stat().st_size

    def _chunks(self, name: str) -> Iterator[bytes]:
        with (self._path / name).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


class Zip(Pack):
    """A pack as it was exported."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file, self._end = file, file.seek(0, 2)
        self._places: dict[str, int] = {}
        directory, at = b"", 0
        while self._at(at, 4) == b"PK\x03\x04" and len(self.sizes) < MOST_FILES:
            entry, at = self._member(at)
            directory += entry
        count = len(self.sizes)
        directory += _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)
        if self._end - at != len(directory) or self._at(at, len(directory)) != directory:
            what = "was cut off or added to, or has a link or another name there. If it was packed anew, unpack it."
            raise Wrong("ZIP", f"should end, from byte {at} on, with the directory of its members, but {what}")

    def _at(self, place: int, count: int) -> bytes:
        if place + count > self._end:
            raise Wrong("ZIP", f"is cut off or no ZIP: of at least {place + count} bytes it has {self._end}.")
        self._file.seek(place)
        return self._file.read(count)

    def _member(self, at: int) -> tuple[bytes, int]:
        """Note the member that begins at ``at``; return its entry in the directory, and where the next begins."""
        local = self._at(at, _LOCAL.size)
        flags, method, *_, crc, packed, size, length, extra = _LOCAL.unpack(local)[2:]
        begin = at + _LOCAL.size + length
        raw = self._at(begin - length, length)
        name = raw.decode("ascii", "backslashreplace")
        if not _NAME.fullmatch(name) or name in self.sizes:
            raise Wrong("ZIP", f"has a member {name[:80]!r}: twice, or of a name that no file of a pack has.")
        if flags or method or packed != size:
            raise Wrong(name, "is compressed or encrypted; members of a pack are stored as they are.")
        if begin + size > self._end:
            raise Wrong(name, f"claims to have {size} bytes, more than is left of the ZIP: it was cut off, or it lies.")
        fields = (_VERSION, 0, 0, 0, _DATE, crc, size, size, length)
        if extra or local != _LOCAL.pack(b"PK\x03\x04", *fields, 0):
            raise Wrong(name, "has a date or other fields in the ZIP that members of a pack do not have.")
        self.sizes[name], self.sums[name], self._places[name] = size, crc, begin
        return _CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, *fields, 0, 0, 0, 0, _MODE, at) + raw, begin + size

    def _chunks(self, name: str) -> Iterator[bytes]:
        begin, end = self._places[name], self._places[name] + self.sizes[name]
        return (self._at(at, min(CHUNK, end - at)) for at in range(begin, end, CHUNK))


# --- Signatures: keys, signed notes, checkpoints ----------------------------------------------------------------------
#
# A key is one line, NAME+ID+KEY (C2SP signed-note): ID is the first four bytes of SHA-256(NAME, newline, 0x01, public
# key), KEY the base64 of 0x01 and the 32 bytes of an Ed25519 public key. NAME is the origin of the log.

_KEY_NAME = re.compile(r"[^\s+]+")
_CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*")


def unbase64(text: str) -> bytes:
    """The bytes that a text spells in base64 in the one usual way; none if it does not."""
    try:
        raw = base64.b64decode(text.encode(), validate=True)
    except (ValueError, binascii.Error):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


class Key:
    """A log's public key, and the name it signs under."""

    def __init__(self, line: str, where: str) -> None:
        """:param line: ends with a newline."""
        self.line = line[:-1]
        self.name, _, rest = self.line.partition("+")
        raw = unbase64(rest.partition("+")[2])
        self.id = hashlib.sha256(f"{self.name}\n".encode("utf-8", "replace") + raw).digest()[:4]
        self.public = raw[1:]
        fits = f"{rest[:9]}{line[-1:]}" == f"{self.id.hex()}+\n"
        if not (fits and _KEY_NAME.fullmatch(self.name) and len(raw) == 33 and raw[0] == 1):
            raise Wrong(where, "is no key, or a damaged one: NAME+ID+KEY, of which ID belongs to the other two.")

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Root(NamedTuple):
    """The root that the log has at a size according to something signed, which was read at ``where``."""

    size: int
    root: bytes
    where: str


def read_checkpoint(note: str, key: Key, where: str) -> Root:
    """What a signed checkpoint of the key's log says."""
    text, gap, signatures = note.rpartition("\n\n")
    said = _CHECKPOINT.fullmatch(f"{text}\n")
    if not gap or said is None:
        raise Wrong(where, "is no signed checkpoint: origin, size and root, an empty line, and a signature.")
    if said[1] != key.name:
        raise Wrong(where, f"is a checkpoint of another log, {said[1]!r} and not {key.name!r}.")
    lines = [line.rpartition(" ") for line in signatures.split("\n")]
    raws = [unbase64(encoded) for name, _, encoded in lines if name == f"\u2014 {key.name}"]
    own = [raw[4:] for raw in raws if raw[:4] == key.id]
    if not own or not all(key.signed(f"{text}\n".encode(), each) for each in own[:100]):
        raise Wrong(where, f"is not signed by the key {key.line}, or was changed since.")
    return Root(int(said[2]), unbase64(said[3]), where)


# --- The Merkle tree (RFC 6962, 2.1) ----------------------------------------------------------------------------------


def leaf_of(header: bytes) -> bytes:
    """The leaf that stands for an event."""
    return hashlib.sha256(b"\x00" + header).digest()


class Tree:
    """A tree that grows leaf by leaf; only the roots of its complete subtrees are held, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf: equal subtrees at the end join, as a carry does in counting."""
        size = self.size
        while size & 1:
            leaf = hashlib.sha256(b"\x01" + self._roots.pop() + leaf).digest()
            size >>= 1
        self._roots.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the tree as it is now."""
        *others, root = self._roots or [hashlib.sha256(b"").digest()]
        for left in reversed(others):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


# --- Files, snapshots and seals: what two people signed ---------------------------------------------------------------

MANIFEST, SNAPSHOT = "manifest.json", "snapshot.json"
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAMED = ("organisation", "year", "revision", "log_size", "root", "catalogue")


def check_files(pack: Pack) -> dict[str, Any]:
    """Every file is there, as large and with the SHA-256 that manifest.json says, and a ZIP has no other."""
    manifest = parsed(pack.whole(MANIFEST), MANIFEST)
    with shape_of(MANIFEST):
        said = {name: (each["bytes"], each["sha256"]) for name, each in manifest["files"].items()}
    for name in sorted((pack.sizes.keys() if isinstance(pack, Zip) else {MANIFEST}) - {MANIFEST} | said.keys()):
        if name not in said:
            raise Wrong(name, "is in the pack, but not listed in manifest.json.")
        sha256, crc = hashlib.sha256(), 0
        for chunk in pack.chunks(name):
            sha256.update(chunk)
            crc = binascii.crc32(chunk, crc)
        if (pack.sizes[name], sha256.hexdigest()) != said[name] or crc != pack.sums.get(name, crc):
            raise Wrong(name, "does not have the size and SHA-256 that manifest.json lists: it was changed.")
    return manifest


class Snapshot(NamedTuple):
    """A frozen revision of a year, its digest, and its signed seal (None if it is from before there were any)."""

    body: dict[str, Any]
    digest: str
    seal: dict[str, Any] | None


def read_snapshot(pack: Pack, prefix: str, key: Key) -> Snapshot:
    """A snapshot whose seal the key signed; nothing of it is read before that is sure.

    One that came before there were seals has none, and names no root; the snapshot after it names its digest.
    """
    where, data, seal = f"{prefix}snapshot.json", pack.whole(f"{prefix}snapshot.json"), None
    digest = hashlib.sha256(data).hexdigest()
    if not prefix or f"{prefix}seal.json" in pack.sizes:
        seal = _read_seal(pack, f"{prefix}seal", key)
        if seal["digest"] != digest:
            raise Wrong(where, f"has the digest {digest}, but it is {seal['digest']} that was signed.")
    body = parsed(data, where)
    with shape_of(where):
        sealed = seal or {"log_size": body["log_size"], "revision": body["revision"], "year": body["year"]}
        if any(body.get(name) != sealed.get(name) for name in ("year", "revision", "log_size", "root")):
            raise Wrong(f"{prefix}seal.json", "is missing, or of another year, revision, log_size or root.")
        if body["log_size"] < 0 or body["revision"] < 1 or not _HEX.fullmatch(sealed.get("root", "0" * 64)):
            raise ValueError("log_size, revision or root")
    return Snapshot(body, digest, seal)


def _read_seal(pack: Pack, stem: str, key: Key) -> dict[str, Any]:
    where, data = f"{stem}.json", pack.whole(f"{stem}.json", LARGEST_NOTE)
    signature = unbase64(pack.whole(f"{stem}.sig", LARGEST_NOTE).decode("latin-1").rstrip("\n"))
    if not key.signed(data, signature):
        raise Wrong(where, f"is not signed by the key {key.line}.")
    seal = parsed(data, where)
    with shape_of(where):
        acts = [(each["act"], each["by"]) for each in seal["approvals"]]
        if [act for act, _by in acts] != ["signed", "approved"] or acts[0][1] == acts[1][1]:
            raise Wrong(where, "does not name two different people, one who signed and another who approved.")
        if seal["key"] != key.public.hex():
            raise Wrong(where, "names another key than the one that signed it.")
    return seal


def check_manifest(manifest: dict[str, Any], snapshot: Snapshot, key: Key) -> None:
    """What the manifest says about the pack is what the snapshot says."""
    said = {name: snapshot.body.get(name) for name in _NAMED}
    said.update(format="governance-tracker/pack/1", origin=key.name, key=key.line, snapshot=snapshot.digest)
    for name in sorted(said.keys() | manifest.keys() - {"files"}):
        if name not in said or manifest.get(name) != said[name]:
            raise Wrong(MANIFEST, f"says of {name} {manifest.get(name)!r}, and not {said.get(name)!r}.")


def read_earlier(pack: Pack, snapshot: Snapshot, key: Key) -> list[Snapshot]:
    """The revisions before, the first one first, each linked to by its digest in the one that follows."""
    found = [snapshot]
    for revision in range(snapshot.body["revision"] - 1, 0, -1):
        after, where = found[0], f"revisions/{revision}.snapshot.json"
        earlier = read_snapshot(pack, f"revisions/{revision}.", key)
        if after.body.get("previous") != earlier.digest:
            raise Wrong(where, f"is not the one that revision {revision + 1} says it follows.")
        same = all(earlier.body.get(name) == after.body.get(name) for name in ("organisation", "year"))
        if not same or earlier.body["revision"] != revision or earlier.body["log_size"] > after.body["log_size"]:
            raise Wrong(where, f"cannot be revision {revision} of this year.")
        found.insert(0, earlier)
    if found[0].body.get("previous") is not None or found[0].body.get("restatement") is not None:
        raise Wrong(SNAPSHOT, "is of a first revision, but says that it follows another.")
    return found[:-1]


# --- The log: every header --------------------------------------------------------------------------------------------
#
# As the tree of all leaves has the signed root, the headers are those of the log, all of them and no others. They also
# tell which events figures may rest on, so that none of these can be left out of events.ndjson.

HEADERS, EVENTS = "headers.ndjson", "events.ndjson"
_TEXTS = ("actor", "content", "day", "id", "recorded_at", "source", "time", "type")
_MEMBERS = {*_TEXTS, "entity", "replaces", "seq", "subject", "year"}
_DAY, _CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_PLACED = re.compile(f"[0-9a-f]{{64}} {_DAY} {_DAY}{_CLOCK}", re.ASCII)


def read_header(line: bytes, where: str) -> dict[str, Any]:
    """The header in a line of headers.ndjson."""
    header = parsed(line, where)
    if header.keys() != _MEMBERS or any(type(header[name]) is not str for name in _TEXTS):
        raise Wrong(where, "does not have the members of a header.")
    if any(header[name] is not None and type(header[name]) is not str for name in ("entity", "subject")):
        raise Wrong(where, "has an entity or a subject that is no text.")
    if not _PLACED.fullmatch(f"{header['content']} {header['day']} {header['time']}"):
        raise Wrong(where, "has a content, day or time that is not spelled as one.")
    return header


class Log:
    """What is to be known of every event: its type, its original, and whether something replaced it."""

    def __init__(self, corrected: str, voided: str) -> None:
        self.tree = Tree()
        self.sources: Counter[str] = Counter()
        self._amendments, self._voided = (corrected, voided), voided
        self._types: dict[str, int] = {}
        self._names: list[str] = []
        self._type, self.original, self.replaced = array("L"), array("Q"), bytearray()

    def type_of(self, seq: int) -> str:
        """The type of an event; of an amendment that of its original."""
        return self._names[self._type[seq]]

    def add(self, line: bytes, where: str) -> None:
        """Read the next header."""
        header, seq = read_header(line, where), self.tree.size
        if header["seq"] != seq:
            raise Wrong(where, f"says seq {header['seq']!r} where {seq} should be: a header is missing, or moved.")
        self.original.append(self._original(header, seq, where))
        type = self.type_of(self.original[seq]) if self.original[seq] < seq else header["type"]
        if type not in self._types:
            self._types[type] = len(self._names)
            self._names.append(type)
        self._type.append(self._types[type])
        self.replaced.append(header["type"] == self._voided)  # a void is final, and states no fact itself
        self.sources[header["source"]] += 1
        self.tree.append(leaf_of(line))

    def _original(self, header: dict[str, Any], seq: int, where: str) -> int:
        """An event's original: itself, but for an amendment, which takes the place of what was in force until then."""
        replaces, amends = header["replaces"], header["type"] in self._amendments
        if replaces is None and not amends:
            return seq
        if not amends or type(replaces) is not int or not 0 <= replaces < seq or self.replaced[replaces]:
            raise Wrong(where, f"replaces {replaces!r}, which it cannot: it is no amendment, or that is not in force.")
        self.replaced[replaces] = True
        return self.original[replaces]


def read_log(pack: Pack, size: int, log: Log, signed: Sequence[Root]) -> None:
    """Read all headers, and compare the root with every one that was signed, at its own size."""
    waiting: dict[int, list[Root]] = defaultdict(list)
    for each in signed:
        waiting[each.size].append(each)
    _compare(log, waiting)
    for seq, line in enumerate(pack.lines(HEADERS)):
        if seq < size:
            log.add(line, f"{HEADERS}, line {seq + 1} (seq {seq})")
            _compare(log, waiting)
        else:
            raise Wrong(f"{HEADERS}, line {seq + 1}", f"goes beyond the {size} events of the snapshot.")
    if log.tree.size != size:
        raise Wrong(HEADERS, f"has {log.tree.size} headers, but the snapshot is of {size} events.")


def _compare(log: Log, waiting: dict[int, list[Root]]) -> None:
    for each in waiting.pop(log.tree.size, ()):
        if each.root != log.tree.root:
            which = f"of the first {each.size} events is {log.tree.root.hex()} and not {each.root.hex()}"
            raise Wrong(each.where, f"the root {which}: one of their headers was changed, or it is of another log.")


def read_checkpoints(pack: Pack, size: int, key: Key) -> list[Root]:
    """The signed checkpoints in the pack, in order of size; the last is of the very size of the snapshot."""
    found = [Root(0, b"", "")]
    for number, line in enumerate(pack.lines("checkpoints.ndjson"), 1):
        where = f"checkpoints.ndjson, line {number}"
        said = parsed(line, where)
        with shape_of(where):
            found.append(read_checkpoint(said["note"], key, where))
            if said != {"size": found[-1].size, "note": said["note"]} or not found[-2].size < found[-1].size <= size:
                raise Wrong(where, f"is of size {found[-1].size}, which is not what it says, or out of place here.")
    if found[-1].size != size:
        raise Wrong("checkpoints.ndjson", f"has no checkpoint of size {size}, which every pack has.")
    return found[1:]


def check_sources(pack: Pack, snapshot: Snapshot, log: Log) -> None:
    """What sources.json says was handed in is what the snapshot says, and its counts are those of the headers."""
    said = parsed(pack.whole("sources.json"), "sources.json")
    with shape_of("sources.json"):
        if said != {"sources": snapshot.body["sources"], "events": dict(log.sources)}:
            raise Wrong("sources.json", "does not say what the snapshot says was handed in, and the headers hold.")
        for each in said["sources"]:
            if each["received"] != each["recorded"] + each["duplicate"] + each["conflict"] + each["rejected"]:
                raise Wrong("sources.json", f"counts of {each['sender']!r} do not add up to what was received.")


# --- Definitions: what figures are made of ----------------------------------------------------------------------------

DEFINITIONS = "definitions.json"
ADDED, NEWEST = ("count", "sum", "mean", "balance"), ("latest", "latest_sum", "members")
COMPUTED = ("ratio", "total", "growth")
_NUMBER = re.compile(r"(-?)([0-9]{1,18})(?:\.([0-9]{1,18}))?", re.ASCII)
_VALUE = re.compile(r"-?[0-9]{1,1000}(\.[0-9]{1,30})?", re.ASCII)


class Metric:
    """How one figure is counted, as definitions.json says; README.txt explains it in words."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.id, self.measure, self.unit = str(said["id"]), str(said["measure"]), str(said["unit"])
        self.events, self.leave, self.per = list(said["events"]), list(said["leave"]), list(said["per"])
        self.field, self.weight = said["field"], said["weight"]
        self.where = [(name, list(allowed)) for name, allowed in said["where"].items()]
        self.by = [list(group) for group in said["by"]]
        self.minus = list(said["minus"])
        self.inputs = [*said["of"], *self.minus, *filter(None, (said["numerator"], said["denominator"]))]
        self.running = said["carry"] or self.measure in ("balance", "members")
        self.factor = Fraction(said["factor"] if _NUMBER.fullmatch(said["factor"]) else "none")
        self.places, self.rounding = said["places"], said["rounding"]
        known = self.measure in (*ADDED, *NEWEST, *COMPUTED, "distinct") and self.places in range(MOST_PLACES)
        if not known or self.rounding not in ("half_up", "half_even", "up", "down"):
            raise Wrong(DEFINITIONS, f"counts or rounds {self.id} in a way that this program does not know.")


class Period(NamedTuple):
    """A span of days, both included; ``before`` is the same one a year earlier, where some figure needs it."""

    first: str
    last: str
    before: str | None


class Definitions:
    """The definitions whose digest the signed snapshot names."""

    def __init__(self, pack: Pack, snapshot: Snapshot) -> None:
        data = pack.whole(DEFINITIONS)
        if hashlib.sha256(data).hexdigest() != snapshot.body.get("definitions"):
            raise Wrong(DEFINITIONS, "is not what was signed with the snapshot.")
        said = parsed(data, DEFINITIONS)
        with shape_of(DEFINITIONS):
            if (said["format"], said["year"]) != ("governance-tracker/definitions/1", snapshot.body["year"]):
                raise ValueError("format or year")
            self.year, self.months = str(said["year"]), list(said["months"])
            spans = [(each["id"], each["first_day"], each["last_day"], each["before"]) for each in said["periods"]]
            self.periods = {id: Period(*span) for id, *span in spans}
            self.corrected, self.voided = said["builtin"]["corrected"], said["builtin"]["voided"]
            self.opened = said["builtin"]["opened"]
            self.events = said["events"]
            self.metrics = {each["id"]: Metric(each) for each in said["metrics"]}
            read = {type for each in self.metrics.values() for type in (*each.events, *each.leave)}
            self.types = read | {self.opened}


# --- Counting ---------------------------------------------------------------------------------------------------------
#
# Amounts are whole numbers of 10**-18, the finest that an event may state; dividing makes exact fractions of them.

ONE = 10**18
WHOLE = "{}"
Values = Dict[str, Optional[Fraction]]  # noqa: UP006, UP045  cell (its dimensions as canonical JSON) to exact value


class Fact(NamedTuple):
    """What is in force of an event: its original's seq and type, what its newest version says, and that one's leaf."""

    seq: int
    type: str
    subject: str | None
    entity: str | None
    time: str
    day: str
    data: dict[str, Any]
    version: int
    leaf: bytes

    def field(self, name: str) -> Any:
        """A field of the data, or subject, entity or day."""
        return getattr(self, name) if name in ("subject", "entity", "day") else self.data.get(name)

    def amount(self, name: str) -> int | None:
        """A number or an amount of money."""
        value = self.data.get(name)
        value = value["amount"] if type(value) is dict else value
        if value is None or type(value) is int:
            return None if value is None else value * ONE
        found = _NUMBER.fullmatch(value)
        if found is None:
            raise ValueError(f"{name} is no number")
        return int(found[1] + found[2] + (found[3] or "").ljust(18, "0"))


class Count:
    """One metric that is counted from facts. Counts are kept for each slot of days: the days between two cuts. Periods
    begin and end at cuts, so that each is a run of slots."""

    def __init__(self, metric: Metric, opened: str, cuts: list[str]) -> None:
        self.metric, self._opened, self._cuts = metric, opened, cuts
        self._slots: dict[int, dict[str, Any]] = defaultdict(dict)

    def see(self, fact: Fact) -> None:
        """Count a fact of a type that the metric reads."""
        slot = bisect_right(self._cuts, fact.day)
        if slot < len(self._cuts):  # else it is after every period
            _merge(self._slots[slot], self.parts(fact))

    def parts(self, fact: Fact) -> list[tuple[str, Any]]:
        """What a fact counts as: in cells an amount and its weight, or the values it names; in a series a reading."""
        metric, opened = self.metric, fact.type == self._opened
        if opened and fact.data["metric"] != metric.id:
            return []
        if not opened and any(fact.field(name) not in allowed for name, allowed in metric.where):
            return []
        look = fact.data.get("by", {}).get if opened else fact.field
        cells = [WHOLE, *(canonical({name: look(name) for name in group}) for group in metric.by)]
        if metric.measure == "distinct":
            value = fact.field(metric.field)
            names = {str(each) for each in (value if type(value) is list else [value]) if value is not None}
            return [(cell, names) for cell in cells] if names else []
        if metric.measure in NEWEST:
            return self._readings(fact, cells)
        amount = fact.amount("quantity") if opened else ONE if metric.field is None else fact.amount(metric.field)
        weight = ONE if metric.weight is None else fact.amount(metric.weight)
        if amount is None or weight is None:
            return []
        moved = amount * weight if metric.measure == "mean" else -amount if fact.type in metric.leave else amount
        return [(cell, (moved, weight)) for cell in cells]

    def _readings(self, fact: Fact, cells: list[str]) -> list[tuple[str, Any]]:
        metric = self.metric
        if metric.measure == "members":
            return [(fact.subject or "", (fact.time, fact.seq, ONE, [] if fact.type in metric.leave else cells))]
        value = fact.amount(metric.field)
        if value is None:
            return []
        if metric.measure == "latest":  # each cell is a series
            return [(cell, (fact.time, fact.seq, value, [cell])) for cell in cells]
        series = canonical([fact.field(name) for name in metric.per]) if metric.per else fact.subject or ""
        return [(series, (fact.time, fact.seq, value, cells))]

    def answer(self, period: Period) -> Values:
        """The exact values of a period."""
        measure, parts = self.metric.measure, dict[str, Any]()
        first = 0 if self.metric.running else bisect_right(self._cuts, period.first)
        for slot in range(first, bisect_right(self._cuts, period.last) + 1):
            _merge(parts, self._slots.get(slot, {}).items())
        if measure == "distinct":
            return tidy({cell: Fraction(len(names)) for cell, names in parts.items()}, Fraction(0))
        if measure == "mean":
            return tidy(
                {cell: Fraction(total, weight * ONE) for cell, (total, weight) in parts.items() if weight}, None
            )
        if measure in ADDED:
            return tidy({cell: Fraction(total, ONE) for cell, (total, _weight) in parts.items()}, Fraction(0))
        sums: dict[str, int] = defaultdict(int)
        for _time, _seq, value, cells in parts.values():
            for cell in cells:
                sums[cell] += value
        values = {cell: Fraction(total, ONE) for cell, total in sums.items()}
        if measure == "latest":  # a cell whose newest reading is 0 is listed, too
            return {WHOLE: None, **values}
        return tidy(values, Fraction(0) if measure == "members" else None)


def _merge(into: dict[str, Any], parts: Iterable[tuple[str, Any]]) -> None:
    """Put together what counts: amounts are added, values named are united, of readings the newest is kept."""
    for key, part in parts:
        old = into.get(key)
        if type(part) is set:
            into.setdefault(key, set()).update(part)
        elif len(part) == 2:
            into[key] = part if old is None else (old[0] + part[0], old[1] + part[1])
        elif old is None or old < part:  # by time, then by the original's seq
            into[key] = part


def tidy(values: dict[str, Fraction], empty: Fraction | None) -> Values:
    """The whole always (``empty`` where nothing counted), a breakdown's cell only where it is not nothing."""
    return {WHOLE: values.get(WHOLE, empty), **{cell: each for cell, each in values.items() if each and cell != WHOLE}}


class Answers:
    """What each metric comes to in each period, computed ones from the others."""

    def __init__(self, definitions: Definitions, counts: dict[str, Count]) -> None:
        self._definitions, self._counts = definitions, counts
        self._known: dict[tuple[str, str], Values] = {}

    def of(self, id: str, period: str | None, depth: int = 0) -> Values:
        """The values of a metric in a period."""
        if period is None:
            return {WHOLE: None}
        if depth > DEEPEST_METRIC:
            raise Wrong(DEFINITIONS, f"the metric {id} is made of too many others, or of itself.")
        if (id, period) not in self._known:
            self._known[id, period] = self._find(self._definitions.metrics[id], period, depth + 1)
        return self._known[id, period]

    def _find(self, metric: Metric, period: str, depth: int) -> Values:
        span = self._definitions.periods[period]
        if metric.measure not in COMPUTED:
            return self._counts[metric.id].answer(span)
        parts = [self.of(each, period, depth) for each in metric.inputs]
        if metric.measure == "growth":
            parts.append(self.of(metric.inputs[0], span.before, depth))
        groups = [set(group) for group in metric.by]
        cells = {cell for part in parts for cell in part if cell != WHOLE and set(json.loads(cell)) in groups}
        values = {cell: _computed(metric, parts, cell) for cell in (WHOLE, *cells)}
        return tidy({cell: value for cell, value in values.items() if value is not None}, None)


def _computed(metric: Metric, parts: Sequence[Values], cell: str) -> Fraction | None:
    missing = Fraction(0) if metric.measure == "total" else None
    values = [part.get(cell, missing) for part in parts]
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        return None
    if metric.measure == "total":
        return sum(known, Fraction(0)) - 2 * sum(known[len(known) - len(metric.minus) :], Fraction(0))
    above, below = known
    return (above / below - (metric.measure == "growth")) * metric.factor if below else None


def rounded(metric: Metric, value: Fraction | None) -> str | None:
    """The one rounding: a decimal string with the metric's places."""
    if value is None:
        return None
    scaled = abs(value) * 10**metric.places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest - scaled.denominator  # above, at or below a half
    if metric.rounding == "half_even" and twice == 0:
        whole += whole % 2
    elif metric.rounding != "down" and (rest if metric.rounding == "up" else twice >= 0):
        whole += 1
    digits = str(whole).rjust(metric.places + 1, "0")
    cut = len(digits) - metric.places
    return ("-" if value < 0 and whole else "") + digits[:cut] + ("." + digits[cut:] if metric.places else "")


def figure_of(definitions: Definitions, answers: Answers, metric: Metric) -> dict[str, Any]:
    """A figure as snapshots state it: value, breakdown and months, rounded."""
    values = answers.of(metric.id, definitions.year)
    cells = [(json.loads(cell), value) for cell, value in values.items() if cell != WHOLE]
    cells.sort(key=lambda cell: _place(definitions, metric, cell[0]))
    months = [(month, answers.of(metric.id, month)[WHOLE]) for month in definitions.months]
    return {
        "metric": metric.id,
        "value": rounded(metric, values[WHOLE]),
        "breakdown": [{"by": by, "value": rounded(metric, value)} for by, value in cells],
        "months": [{"period": month, "value": rounded(metric, value)} for month, value in months],
    }


def _place(definitions: Definitions, metric: Metric, by: dict[str, Any]) -> tuple[Any, ...]:
    """Where a cell stands: by grouping, then by choices in their order, numbers, texts, and last what is missing."""
    index, ranks = [set(group) for group in metric.by].index(set(by)), []
    for name in metric.by[index]:
        value = by[name]
        choices = (definitions.events[type].get(name, {}).get("choices", []) for type in metric.events)
        listed = next(((each.index(value), False, 0, "") for each in choices if value in each), None)
        ranks.append(listed or (10_000, value is None, value if isinstance(value, int) else 0, str(value)))
    return (index, ranks, canonical(by))


# --- The events, and what follows from them ---------------------------------------------------------------------------

_BODY = {"data", "entity", "id", "source", "subject", "time", "type"}


def facts(pack: Pack, log: Log, definitions: Definitions) -> Iterator[Fact]:
    """The facts in force on which figures may rest. On the way it is checked that events.ndjson has the body of each,
    and of what they replaced, as its header has it, in order, and nothing else."""
    bodies = enumerate(pack.lines(EVENTS), 1)
    for seq, line in enumerate(pack.lines(HEADERS)):
        if log.type_of(seq) not in definitions.types:
            continue
        number, body = next(bodies, (0, b""))
        where = f"{EVENTS}, line {number} (seq {seq})"
        header = read_header(line, f"{HEADERS} (seq {seq})")
        if hashlib.sha256(body).hexdigest() != header["content"]:
            raise Wrong(
                where, f"is not the event that the header of seq {seq} names: it was changed, moved or left out."
            )
        said = parsed(body, where)
        if said.keys() != _BODY or any(said[name] != header[name] for name in _BODY - {"data"}):
            raise Wrong(where, f"says other things than the header of seq {seq}.")
        with shape_of(where):
            if abs((date.fromisoformat(header["day"]) - date.fromisoformat(header["time"][:10])).days) > 1:
                raise Wrong(f"{HEADERS} (seq {seq})", f"puts {header['time']} on the day {header['day']}.")
            data, original = said["data"], log.original[seq]
            replaced = [header["replaces"], original]
            if original != seq and [data["replaces"], data["original"].get("seq", original)] != replaced:
                raise Wrong(where, "amends another event than its header says.")
            if not log.replaced[seq]:
                inner = dict(data["data"] if header["type"] == definitions.corrected else data)
                own = [header[name] for name in ("subject", "entity", "time", "day")]
                yield Fact(original, log.type_of(seq), own[0], own[1], own[2], own[3], inner, seq, leaf_of(line))
    for number, _body in bodies:
        raise Wrong(f"{EVENTS}, line {number}", "is no event on which a figure may rest.")


def count_all(definitions: Definitions, found: Iterable[Fact], behind: Behind | None) -> Answers:
    """Count every metric."""
    spans = definitions.periods.values()
    cuts = sorted({each.first for each in spans} | {f"{each.last}~" for each in spans})  # ~ sorts after the last day
    counts = {id: Count(each, definitions.opened, cuts) for id, each in definitions.metrics.items()}
    by_type: dict[str, list[Count]] = defaultdict(list)
    for count in counts.values():
        opened = [definitions.opened] if count.metric.measure == "balance" else []
        for type in {*count.metric.events, *count.metric.leave, *opened}:
            by_type[type].append(count)
    for fact in found:
        with shape_of(f"{EVENTS} (seq {fact.version})"):
            for count in by_type[fact.type]:
                count.see(fact)
                if behind is not None:
                    behind.see(count, fact)
    return Answers(definitions, counts)


def flat(figure: dict[str, Any]) -> dict[tuple[int, str], str | None]:
    """Every value of a figure under its place: the year's, each cell's, each month's."""
    cells = {(1, canonical(each["by"])): each["value"] for each in figure["breakdown"]}
    months = {(2, each["period"]): each["value"] for each in figure["months"]}
    return {(0, "the year"): figure["value"], **cells, **months}


def _differs(one: dict[str, Any], other: dict[str, Any]) -> str:
    stated, found = flat(one), flat(other)
    for place in [*stated, *found]:
        if place not in stated or place not in found or stated[place] != found[place]:
            return f"states {stated.get(place)} for {place[1]}, but {found.get(place)} is right."
    return "has the right values, but in another order, or other things beside them."


def check_figures(definitions: Definitions, answers: Answers, stated: list[dict[str, Any]]) -> int:
    """Every figure of the snapshot is what the events give. Returns how many values there are in all."""
    if [each["metric"] for each in stated] != sorted(definitions.metrics):
        raise Wrong(SNAPSHOT, "does not have exactly the figures that are defined, in order.")
    values = 0
    for each in stated:
        found = figure_of(definitions, answers, definitions.metrics[each["metric"]])
        if canonical(each) != canonical(found):
            raise Wrong(f"{SNAPSHOT}, figure {each['metric']}", _differs(each, found))
        values += len(flat(found))
    return values


def check_exports(pack: Pack, body: dict[str, Any], definitions: Definitions) -> None:
    """figures.json and figures.csv state the values and units that the snapshot and the definitions do."""
    where, none, units = "figures.json", dict[str, Any](), {id: each.unit for id, each in definitions.metrics.items()}
    with shape_of(where):
        document = parsed(pack.whole(where)[:-1], where)
        if any(document[name] != body[name] for name in _NAMED if name != "root"):
            raise Wrong(where, "is of another snapshot.")
        for said, each in zip_longest(document["figures"], body["figures"], fillvalue=none):
            same = said["metric"] == each["metric"] and said["unit"] == units[said["metric"]]
            if not same or list(flat(said).items()) != list(flat(each).items()):
                raise Wrong(f"{where}, figure {each['metric']}", _differs(said, each))
    rows: list[tuple[str, ...]] = []
    for each in body["figures"]:
        id, year = each["metric"], str(body["year"])
        values = [(year, "", each["value"]), *((year, _named(cell["by"]), cell["value"]) for cell in each["breakdown"])]
        values += [(month["period"], "", month["value"]) for month in each["months"]]
        rows += [(id, period, by, value or "", units[id]) for period, by, value in values]
    with shape_of("figures.csv"):
        table = csv.DictReader(io.StringIO(pack.whole("figures.csv").decode(), newline=""), strict=True)
        for number, (line, row) in enumerate(zip_longest(table, rows), 2):
            if line is None or tuple(line[name] for name in ("metric", "period", "by", "value", "unit")) != row:
                raise Wrong(f"figures.csv, row {number}", f"does not state what the snapshot does: {row}.")


def _named(by: dict[str, Any]) -> str:
    return ";".join(f"{name}={_encoded(value)}" for name, value in sorted(by.items()))


def _encoded(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return re.sub("[%;=]", lambda sign: f"%{ord(sign[0]):02X}", text)


def check_restatement(earlier: dict[str, Any], body: dict[str, Any]) -> int:
    """What a restatement says has changed is what differs from the revision before. Returns how many values that is."""
    changes: list[dict[str, Any]] = []
    before, after = ({each["metric"]: flat(each) for each in one["figures"]} for one in (earlier, body))
    for metric in sorted(before.keys() | after.keys()):
        old, new = before.get(metric, {}), after.get(metric, {})
        for place in sorted(place for place in old.keys() | new.keys() if old.get(place) != new.get(place)):
            shown = {"by": json.loads(place[1])} if place[0] == 1 else {"period": place[1]} if place[0] else {}
            was, now = old.get(place), new.get(place)
            if not all(each is None or _VALUE.fullmatch(each) for each in (was, now)):
                raise ValueError("a value that is no number")
            difference = None if was is None or now is None else f"{Decimal(now) - Decimal(was):f}"
            changes.append({"metric": metric, **shown, "previously": was, "now": now, "difference": difference})
    said = body["restatement"]
    if said["changes"] != changes or not said["reason"]:
        raise Wrong(SNAPSHOT, "does not say, with a reason, what differs from the revision before.")
    if any(seq not in range(earlier["log_size"], body["log_size"]) for seq in said["events"]):
        raise Wrong(SNAPSHOT, "is said to be restated for events that did not come since the revision before.")
    return len(changes)


# --- A sample of the events behind a figure ---------------------------------------------------------------------------
#
# The lot of an event is SHA-256(UTF-8 of "seed:leaf in hex") of its version in force; the lowest lots are drawn. All
# draw the same from the same seed; who picks it after the log was signed leaves nobody a way to choose what is drawn.


class Behind:
    """The facts that a metric's figure of the year rests on: what is counted or added, or the newest of each series."""

    def __init__(self, definitions: Definitions, id: str) -> None:
        self._spans: dict[str, set[Period]] = defaultdict(set)
        self._newest: dict[tuple[str, Period, str], tuple[Any, Fact]] = {}
        self._counted: dict[int, Fact] = {}
        self._collect(definitions, id, definitions.year, 0)

    def _collect(self, definitions: Definitions, id: str, period: str | None, depth: int) -> None:
        if period is None or depth > DEEPEST_METRIC:
            return
        metric, span = definitions.metrics[id], definitions.periods[period]
        self._spans[id].add(span)
        for each in metric.inputs:
            for one in (period, span.before) if metric.measure == "growth" else (period,):
                self._collect(definitions, each, one, depth + 1)

    def see(self, count: Count, fact: Fact) -> None:
        """Note a fact, if it is one of them."""
        metric = count.metric
        for span in self._spans.get(metric.id, ()):
            if fact.day > span.last or (fact.day < span.first and not metric.running):
                continue
            for series, part in count.parts(fact):
                key = (metric.id, span, series)
                if metric.measure not in NEWEST:
                    self._counted[fact.seq] = fact
                elif key not in self._newest or self._newest[key][0] < part:
                    self._newest[key] = (part, fact)

    def draw(self, seed: str, count: int) -> tuple[list[Fact], int]:
        """The facts drawn, in order of seq, and out of how many."""
        newest = {fact.seq: fact for part, fact in self._newest.values() if WHOLE in part[3]}
        found = {**self._counted, **newest}.values()
        lots = sorted(found, key=lambda fact: hashlib.sha256(f"{seed}:{fact.leaf.hex()}".encode()).digest())
        return sorted(lots[:count], key=lambda fact: fact.seq), len(found)


def sampled(pack: Pack, behind: Behind, seed: str, count: int) -> dict[str, Any]:
    """The sample: the original's seq, source, id and type, and the time, seq and leaf of the version in force."""
    drawn, population = behind.draw(seed, count)
    wanted, headers = {fact.seq for fact in drawn}, {}
    for seq, line in enumerate(pack.lines(HEADERS)):
        if seq in wanted:
            headers[seq] = read_header(line, HEADERS)
    events = [
        {"seq": fact.seq, "source": headers[fact.seq]["source"], "id": headers[fact.seq]["id"], "type": fact.type}
        | {"time": fact.time, "version": fact.version, "leaf": fact.leaf.hex()}
        for fact in drawn
    ]
    return {"seed": seed, "population": population, "events": events}


# --- All of it, in order, and the command line ------------------------------------------------------------------------


def verify(pack: Pack, given: argparse.Namespace, tell: Callable[[str, str], None]) -> dict[str, Any]:
    """Check a pack. ``tell`` hears of each check that held; the first thing that is wrong is raised."""
    key, snapshot, earlier = check_signed(pack, given.key, tell)
    definitions = Definitions(pack, snapshot)
    tell("definitions", f"{len(definitions.metrics)} metrics, as they were signed")
    log = check_log(pack, key, [*earlier, snapshot], given.notes, definitions, tell)
    check_sources(pack, snapshot, log)
    tell("sources", f"{len(log.sources)} sources, with as many events as is stated")

    with shape_of(DEFINITIONS):
        if given.sample and given.sample not in definitions.metrics:
            raise Wrong("--sample", f"there is no figure {given.sample!r} in this pack.")
        behind = Behind(definitions, given.sample) if given.sample else None
        answers = count_all(definitions, facts(pack, log, definitions), behind)
    needed = sum(log.type_of(seq) in definitions.types for seq in range(snapshot.body["log_size"]))
    tell("events", f"{needed} on which a figure may rest; each is here, as its header says")
    with shape_of(SNAPSHOT):
        figures = check_stated(pack, [*earlier, snapshot], definitions, answers, tell)
    return {"figures": figures, "sample": sampled(pack, behind, given.seed, given.count) if behind else None}


def check_signed(
    pack: Pack, known: str | None, tell: Callable[[str, str], None]
) -> tuple[Key, Snapshot, list[Snapshot]]:
    """The key, the snapshot and the revisions before it, once it is sure that the key signed them."""
    manifest = check_files(pack)
    tell("files", f"{len(manifest['files'])} files, each as manifest.json lists it")
    key = Key(pack.whole("key.txt", LARGEST_NOTE).decode("utf-8", "replace"), "key.txt")
    if known is not None and Key(known.strip() + "\n", "--key").line != key.line:
        raise Wrong("key.txt", f"is another key than you gave: {key.line}.")
    tell("key", f"{key.line} ({'as you gave it' if known else 'compare it with the one published elsewhere'})")
    snapshot = read_snapshot(pack, "", key)
    body = snapshot.body
    check_manifest(manifest, snapshot, key)
    people = " and ".join(f"{each['act']} by {each['by']}" for each in (snapshot.seal or {})["approvals"])
    tell("seal", f"{body['organisation']} {body['year']}, revision {body['revision']}, {people}: {snapshot.digest}")
    earlier = read_earlier(pack, snapshot, key)
    tell("revisions", f"{len(earlier)} before this one")
    return key, snapshot, earlier


def check_log(
    pack: Pack,
    key: Key,
    revisions: list[Snapshot],
    notes: list[tuple[str, str]],
    definitions: Definitions,
    tell: Callable[[str, str], None],
) -> Log:
    """The log of the headers, once every signed root is that of its tree: of revisions and checkpoints, in the pack or
    given beside it."""
    size = revisions[-1].body["log_size"]
    outside = [read_checkpoint(note, key, name) for name, note in notes]
    inside = read_checkpoints(pack, size, key)
    frozen = [(each.body, f"revision {each.body['revision']}") for each in revisions if each.seal]
    roots = [Root(each["log_size"], bytes.fromhex(each["root"]), where) for each, where in frozen]
    log = Log(definitions.corrected, definitions.voided)
    read_log(pack, size, log, [*roots, *inside, *outside])
    tell("headers", f"all {size} events; their tree has the signed root {log.tree.root.hex()}")
    fitting = [each for each in outside if each.size <= size]
    tell("checkpoints", f"{len(inside)} in the pack and {len(fitting)} that you gave are of this log")
    for each in outside:
        if each not in fitting:
            tell("NOT CHECKED", f"{each.where} is of size {each.size}, but the pack of {size}: ask for a later pack")
    return log


def check_stated(
    pack: Pack,
    revisions: list[Snapshot],
    definitions: Definitions,
    answers: Answers,
    tell: Callable[[str, str], None],
) -> list[dict[str, Any]]:
    """The figures of the year, once the snapshot, the exports and a restatement state what the events give."""
    body = revisions[-1].body
    values = check_figures(definitions, answers, body["figures"])
    counted = f"{len(body['figures'])}, in all {values} values with breakdowns and months"
    tell("figures", f"{counted}: all follow from the events")
    check_exports(pack, body, definitions)
    tell("exports", "figures.json and figures.csv state the same")
    if len(revisions) > 1:
        changed = check_restatement(revisions[-2].body, body)
        tell("restatement", f"{changed} values differ from the revision before, as is stated")
    return [{"metric": each["metric"], "value": each["value"]} for each in body["figures"]]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify.py", description="Check an assurance pack: offline, trusting nobody.")
    parser.add_argument("pack", nargs="?", type=Path, help="the ZIP, or the folder it was unpacked to")
    parser.add_argument("--key", help="the log's key as its owner publishes it: NAME+ID+KEY")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="a checkpoint kept outside")
    parser.add_argument("--sample", metavar="METRIC", help="draw a sample of the events behind this figure")
    parser.add_argument("--seed", default="", help="what the sample is drawn from: the same from the same")
    parser.add_argument("--count", type=int, default=25, help="how many events to draw")
    parser.add_argument("--figures", action="store_true", help="list every figure that was confirmed")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    given = parser.parse_args(argv)
    if given.sample and not (given.seed.strip() and given.count > 0):
        parser.error("a sample needs a --seed, and a --count of 1 or more")
    given.pack = given.pack or Path(__file__).resolve().parent
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Check the pack that the arguments name, print what was found, and return the exit status."""
    given = _arguments(argv)
    found: dict[str, Any] = {"holds": True, "checks": [], "wrong": None}

    def tell(check: str, says: str) -> None:
        found["checks"].append({"check": check, "says": says})
        if not given.json:
            _print(f"{check:<13}{says}")

    try:
        with contextlib.ExitStack() as stack:
            given.notes = [(str(file), _note(file)) for file in given.checkpoint]
            folder = given.pack.is_dir()
            pack = Folder(given.pack) if folder else Zip(stack.enter_context(given.pack.open("rb")))
            stack.enter_context(shape_of("The pack"))
            found.update(verify(pack, given, tell))
    except OSError as error:
        _print(f"This cannot be read: {error}")
        return 2
    except Wrong as error:
        found.update(holds=False, wrong={"where": error.where, "what": error.what})
    _report(given, found)
    used_wrong = found["wrong"] is not None and found["wrong"]["where"].startswith("--")
    return 2 if used_wrong else 0 if found["holds"] else 1


def _note(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(LARGEST_NOTE).decode("utf-8", "replace")


def _report(given: argparse.Namespace, found: dict[str, Any]) -> None:
    if given.json:
        _print(json.dumps(found, indent=2))
        return
    if found["wrong"]:
        _print(f"WRONG        {found['wrong']['where']} {found['wrong']['what']}")
        return
    for each in found["figures"] if given.figures else ():
        _print(f"{each['metric']:<60}{each['value'] or '-':>24}")
    if found["sample"]:
        events, population = found["sample"]["events"], found["sample"]["population"]
        _print(f"{len(events)} of the {population} events behind {given.sample}, drawn from the seed {given.seed}:")
        for each in events:
            _print(" ".join(f"{name}={value}" for name, value in each.items()))
    _print("Everything holds." + ("" if given.key else " Whose key it is, a pack cannot show: see --key."))


def _print(text: str) -> None:
    """Print what comes from a pack so that it cannot steer a terminal, nor fail on one that lacks its letters."""
    plain = "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
    encoding = sys.stdout.encoding or "utf-8"
    print(plain.encode(encoding, "backslashreplace").decode(encoding), flush=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Check an assurance pack of a governance ledger: offline, trusting nobody, with this one file.

    python verify.py PACK.zip                        check everything
    python verify.py PACK.zip --key 'NAME+ID+KEY'    ... against the key the organisation publishes elsewhere
    python verify.py PACK.zip --checkpoint FILE      ... against a checkpoint you kept from earlier
    python verify.py PACK.zip --sample METRIC --seed 7 --count 25
                                                     draw a reproducible sample of a figure's events

It needs Python 3.9 or later and the package `cryptography` for Ed25519; SHA-256 and the rest are Python's own. It reads
PACK (a ZIP, or the folder it was unpacked to; without PACK, what it lies in) and nothing else, writes nothing, and
imports nothing of those who made the pack. Take it from where you trust it and read it: a forger of packs could forge
the copy inside one too. The sections below come in the order in which things are checked.

What it proves, if it says that everything holds:

1.  The figures of the year (snapshot.json) are byte for byte what two different people signed and approved, in a seal
    (seal.json) that the log's key signed; earlier revisions are linked by their digests and signed as well.
2.  The log had so many events, and headers.ndjson has the header of every one: their Merkle tree (RFC 6962) has the root
    that the seal, and every signed checkpoint (C2SP tlog-checkpoint), names. So no event was added to the log, changed,
    moved or taken out since: not by anybody who lacks the key, nor, for a checkpoint kept outside, by those who have it.
3.  events.ndjson has the content of every event that any figure may rest on, and of no other: which these are follows
    from the headers; each content is what its header's SHA-256 says.
4.  Every figure, every cell of its breakdown and every month, counted once more from those events by the definitions
    in definitions.json (to which the signatures extend), with exact fractions and one rounding, is the one in
    snapshot.json; figures.json and figures.csv say the same numbers. What a restatement says has changed did.

What it cannot prove:

-   That events are true, or that everything that happened was recorded. Draw a sample and look at the evidence.
-   Who holds the key, unless you give it with --key as the organisation publishes it elsewhere. Whoever holds the key
    could have rewritten the whole log, dropped its end or gone back to an older copy, and signed that. Only a checkpoint
    that somebody kept outside the organisation shows this: give it with --checkpoint.
-   What stands behind a commitment: confidential values are {"commitment": SHA-256(salt, value)} and no figure reads
    them. That an event's day, from which its period follows, is the day of its time in the organisation's time zone is
    checked to within a day. Words (labels, printed forms), what senders handed in (sources) and the comparative
    figures of the year before are covered by the signatures but not recomputed; that year has a pack of its own.

Exit status: 0 everything holds, 1 something is wrong (it says what and where), 2 used wrong. Memory: some bytes for
every event of the log, plus what the breakdowns need: the members of distinct counts and the newest reading of each
series. A million events take about two minutes.
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
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, NamedTuple, Optional  # noqa: UP035  as Python 3.9 spells them

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # pragma: no cover
    print("verify.py needs the package cryptography, for Ed25519. Install it: python -m pip install cryptography")
    sys.exit(2)

PACK_FORMAT = "governance-tracker/pack/1"
DEFINITIONS_FORMAT = "governance-tracker/definitions/1"

# Nothing in a pack comes near these bounds. They keep a forged one from eating memory or time.
MOST_FILES = 1_000
LONGEST_LINE = 4 << 20
LARGEST_DOCUMENT = 64 << 20
MOST_VALUES = 2_000_000
LARGEST_NOTE = 1 << 16
DEEPEST_METRIC = 12
MOST_PLACES = 30
_CHUNK = 1 << 16


class Wrong(Exception):
    """Something is not as it must be: ``where`` (a file, its line, a seq, a figure) and ``what``."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


# --- Strict JSON ------------------------------------------------------------------------------------------------------
#
# Every document in a pack is canonical JSON (RFC 8785): keys in order, no space, one spelling for each value, and no
# numbers but integers, as quantities are decimal strings. Whatever does not come out byte for byte as it went in when
# it is spelled again is refused, so that no two readers can read it differently (a key twice, say).

_spell = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Any) -> str:
    """The one spelling of a JSON value."""
    return _spell(value)


def _integer(text: str) -> int:
    if len(text) > 17:  # 2**53 has 16 digits; thousands of digits would take long to read
        raise ValueError("an integer that is too large")
    return int(text)


def _no_fraction(text: str) -> Any:
    raise ValueError("a number that is not an integer")


_read = json.JSONDecoder(parse_int=_integer, parse_float=_no_fraction, parse_constant=_no_fraction).decode


def parsed(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object that ``data`` spells canonically."""
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise Wrong(where, "has too many values to be what it should be.")
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


@contextlib.contextmanager
def shape_of(where: str) -> Iterator[None]:
    """Within it a document is read as if it had the shape it should have; whatever goes wrong means that it has not."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Wrong(where, f"does not have the shape that packs have ({type(error).__name__}: {error}).") from None


# --- The pack: a ZIP or a folder --------------------------------------------------------------------------------------
#
# A pack's ZIP is of the plainest kind: members are stored as they are, one right after the other, all with the same
# date and mode, then the directory. It is read from the front, and the directory must be, byte for byte, the one that
# follows: so there is no byte that one reader of ZIPs sees and another does not, and nothing to inflate.

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[0-9]+)?(\.[A-Za-z0-9]+)+", re.ASCII)
_LOCAL, _CENTRAL = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
_END, _END64, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_LONG, _UNIX, _DATE, _MODE = 0xFFFFFFFF, 3 << 8, 1 << 5 | 1, 0o100644 << 16


class Pack:
    """The files of a pack: ``sizes`` are their bytes by name, ``sums`` their CRC-32 where a ZIP has one."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.sums: dict[str, int] = {}

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, a little at a time."""
        raise NotImplementedError

    def whole(self, name: str, most: int = LARGEST_DOCUMENT) -> bytes:
        """All bytes of a file that is not large."""
        if self.sizes.get(name, most + 1) > most:
            raise Wrong(name, f"is missing from the pack, or larger than {most} bytes.")
        return b"".join(self.chunks(name))

    def document(self, name: str) -> dict[str, Any]:
        """The JSON object in a file; a newline may end it."""
        data = self.whole(name)
        return parsed(data[:-1] if data[-1:] == b"\n" else data, name)

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
            if file.is_file():
                self.sizes[name] = file.stat().st_size

    def chunks(self, name: str) -> Iterator[bytes]:
        if name not in self.sizes:
            raise Wrong(name, "is missing from the pack.")
        with (self._path / name).open("rb") as file:
            while chunk := file.read(_CHUNK):
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
        directory += _ending(len(self.sizes), at, len(directory))
        if self._end - at != len(directory) or self._at(at, len(directory)) != directory:
            raise Wrong(
                "ZIP",
                "does not end with the directory of its members that a pack's has: it was cut off or added to, names "
                "another file, is a link, or is no ZIP. If it was only packed anew, unpack it and check the folder.",
            )

    def _at(self, place: int, count: int) -> bytes:
        if place + count > self._end:
            raise Wrong("ZIP", f"is cut off, or is no ZIP: byte {place + count} should follow, but it has {self._end}.")
        self._file.seek(place)
        return self._file.read(count)

    def _member(self, at: int) -> tuple[bytes, int]:
        """Note the member that begins at ``at``; return its entry in the directory, and where the next begins."""
        _mark, needs, flags, method, time, day, crc, packed, size, length, extra = _LOCAL.unpack(
            self._at(at, _LOCAL.size)
        )
        raw, begin = self._at(at + _LOCAL.size, length), at + _LOCAL.size + length + extra
        name = raw.decode("ascii", "backslashreplace")
        if not _NAME.fullmatch(name) or name in self.sizes:
            raise Wrong("ZIP", f"has a member {name[:80]!r}, twice or of a name that no file of a pack has.")
        if flags or method or packed != size:
            raise Wrong(name, "is compressed or encrypted; members of a pack are stored as they are.")
        if extra:
            field, wide, size, again = (
                struct.unpack("<2H2Q", self._at(begin - extra, extra)) if extra == 20 else (0, 0, 0, 1)
            )
            if (field, wide, packed, again) != (1, 16, _LONG, size) or size < _LONG:
                raise Wrong(name, "has fields in the ZIP that no member of a pack has.")
        if begin + size > self._end:
            raise Wrong(name, f"claims to have {size} bytes, more than is left of the ZIP: it was cut off, or lies.")
        if (needs, time, day) != (45 if extra else 10, 0, _DATE):
            raise Wrong(name, "has another date or version in the ZIP than members of a pack have.")
        self.sizes[name], self.sums[name], self._places[name] = size, crc, begin
        shown, more = _placed(size, size, at)
        needs = 45 if more else 10
        fields = (_UNIX | needs, needs, 0, 0, 0, _DATE, crc, *shown[:2], length, len(more), 0, 0, 0, _MODE, shown[2])
        return _CENTRAL.pack(b"PK\x01\x02", *fields) + raw + more, begin + size

    def chunks(self, name: str) -> Iterator[bytes]:
        if name not in self.sizes:
            raise Wrong(name, "is missing from the pack.")
        begin, size = self._places[name], self.sizes[name]
        for at in range(begin, begin + size, _CHUNK):
            yield self._at(at, min(_CHUNK, begin + size - at))


def _placed(*numbers: int) -> tuple[list[int], bytes]:
    """Numbers as a directory has them, and the extra field (ZIP64) with those of 4 GiB and more."""
    large = [each for each in numbers if each >= _LONG]
    extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    return [min(each, _LONG) for each in numbers], extra


def _ending(count: int, begin: int, size: int) -> bytes:
    """What follows the entries of a directory."""
    before, shown = b"", (size, begin)
    if max(shown) >= _LONG:
        before = _END64.pack(b"PK\x06\x06", 44, _UNIX | 45, 45, 0, 0, count, count, size, begin)
        before += _LOCATOR.pack(b"PK\x06\x07", 0, begin + size, 1)
        shown = (_LONG, _LONG)
    return before + _END.pack(b"PK\x05\x06", 0, 0, count, count, *shown, 0)


# --- Signatures: keys, signed notes, checkpoints ----------------------------------------------------------------------
#
# A key is one line, NAME+ID+KEY (C2SP signed-note): ID is the first four bytes of SHA-256(NAME, newline, 0x01, public
# key), KEY the base64 of 0x01 and the 32 bytes of an Ed25519 public key. NAME is the log's origin.

_KEY_NAME = re.compile(r"[^\s+]+")
_CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*")


class Key(NamedTuple):
    """A log's public key, and the name it signs under."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a note names the key."""
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]

    @property
    def line(self) -> str:
        """The key as it is published."""
        return f"{self.name}+{self.id.hex()}+" + base64.b64encode(b"\x01" + self.public).decode()

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_key(line: str, where: str) -> Key:
    """The key that a line names."""
    name, _, rest = line.strip().partition("+")
    raw = unbase64(rest.partition("+")[2])
    if not _KEY_NAME.fullmatch(name) or len(raw) != 33 or raw[:1] != b"\x01":
        raise Wrong(where, "is no key: it should read NAME+ID+KEY.")
    key = Key(name, raw[1:])
    if key.line != line.strip():
        raise Wrong(where, "is a damaged key: its id does not belong to its name and key.")
    return key


def unbase64(text: str) -> bytes:
    """The bytes that a text spells in base64 in the one usual way; none if it does not."""
    try:
        raw = base64.b64decode(text.encode(), validate=True)
    except (ValueError, binascii.Error):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


class Checkpoint(NamedTuple):
    """A size of the log and its root then, as the log's key signed them; ``where`` it was read."""

    size: int
    root: bytes
    where: str


def read_checkpoint(note: str, key: Key, where: str) -> Checkpoint:
    """What a signed checkpoint of the key's log says."""
    body, gap, lines = note.rpartition("\n\n")
    text = body + "\n"
    said = _CHECKPOINT.fullmatch(text)
    if not gap or not lines.endswith("\n") or said is None:
        raise Wrong(
            where, "is no signed checkpoint: origin, size, root, an empty line and a signature belong together."
        )
    if said[1] != key.name:
        raise Wrong(where, f"is a checkpoint of another log, {said[1]!r} and not {key.name!r}.")
    raws = [unbase64(line.rpartition(" ")[2]) for line in lines.split("\n") if line.startswith(f"\u2014 {key.name} ")]
    own = [raw[4:] for raw in raws if raw[:4] == key.id]
    if not own or not all(key.signed(text.encode(), each) for each in own[:100]):
        raise Wrong(where, f"is not signed by the key {key.line}, or was changed since.")
    return Checkpoint(int(said[2]), unbase64(said[3]), where)


# --- The Merkle tree (RFC 6962, 2.1) ----------------------------------------------------------------------------------


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
        if not self._roots:
            return hashlib.sha256(b"").digest()
        *others, root = self._roots
        for left in reversed(others):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


def leaf_of(header: bytes) -> bytes:
    """The leaf that stands for an event: SHA-256(0x00, header)."""
    return hashlib.sha256(b"\x00" + header).digest()


# --- Files, snapshots and seals: what two people signed ---------------------------------------------------------------

_MANIFEST = "manifest.json"
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_files(pack: Pack) -> dict[str, Any]:
    """Every file is there, as large and with the SHA-256 that manifest.json says, and no other is. Returns it."""
    manifest = pack.document(_MANIFEST)
    if manifest.get("format") != PACK_FORMAT:
        raise Wrong(_MANIFEST, f"is not of the format {PACK_FORMAT}; this program checks no other.")
    with shape_of(_MANIFEST):
        said = {name: (each["bytes"], each["sha256"]) for name, each in manifest["files"].items()}
    for name in sorted(pack.sizes.keys() | said.keys()):
        if name == _MANIFEST or (name not in said and isinstance(pack, Folder)):
            continue
        if name not in said or name not in pack.sizes:
            raise Wrong(name, "is missing from the pack." if name in said else "is not listed in manifest.json.")
        sha256, crc = hashlib.sha256(), 0
        for chunk in pack.chunks(name):
            sha256.update(chunk)
            crc = binascii.crc32(chunk, crc)
        if (pack.sizes[name], sha256.hexdigest()) != said[name] or crc != pack.sums.get(name, crc):
            raise Wrong(name, "does not have the size and SHA-256 that manifest.json lists: it was changed.")
    return manifest


class Snapshot(NamedTuple):
    """A frozen revision of a year, its digest, and what its signed seal says (None if it never had one)."""

    body: dict[str, Any]
    digest: str
    seal: dict[str, Any] | None


def read_snapshot(pack: Pack, prefix: str, key: Key, *, sealed: bool) -> Snapshot:
    """A snapshot whose seal the key signed; nothing of it is read before that is sure."""
    where, data = f"{prefix}snapshot.json", pack.whole(f"{prefix}snapshot.json")
    digest, seal = hashlib.sha256(data).hexdigest(), None
    if sealed or f"{prefix}seal.json" in pack.sizes:
        seal = _read_seal(pack, prefix, key)
        if seal["digest"] != digest:
            raise Wrong(where, f"has the digest {digest}, but {prefix}seal.json is of {seal['digest']!r}.")
    body = parsed(data, where)
    for name in ("year", "revision", "log_size", "root") if seal else ():
        if body.get(name) != (seal or {}).get(name):
            raise Wrong(f"{prefix}seal.json", f"has another {name} than the snapshot that it seals.")
    with shape_of(where):
        if not (int(body["log_size"]) >= 0 and 1 <= body["revision"] <= MOST_FILES and _HEX.fullmatch(body["root"])):
            raise ValueError("log_size, revision or root")
    return Snapshot(body, digest, seal)


def _read_seal(pack: Pack, prefix: str, key: Key) -> dict[str, Any]:
    where, data = f"{prefix}seal.json", pack.whole(f"{prefix}seal.json", LARGEST_NOTE)
    signature = unbase64(pack.whole(f"{prefix}seal.sig", LARGEST_NOTE).decode("latin-1").rstrip("\n"))
    if not key.signed(data, signature):
        raise Wrong(where, f"is not signed by the key {key.line}.")
    seal = parsed(data, where)
    with shape_of(where):
        acts = [(each["act"], each["by"]) for each in seal["approvals"]]
        if [act for act, _by in acts] != ["signed", "approved"] or acts[0][1] == acts[1][1]:
            raise Wrong(where, "does not name two different people, one who signed and another who approved.")
        if seal["key"] != key.public.hex() or not _HEX.fullmatch(seal["digest"]):
            raise ValueError("key or digest")
    return seal


def check_manifest(manifest: dict[str, Any], snapshot: Snapshot, key: Key) -> None:
    """What the manifest says about the pack is what the snapshot says."""
    said = {name: snapshot.body.get(name) for name in _DESCRIBED}
    said.update(format=PACK_FORMAT, snapshot=snapshot.digest, origin=key.name, key=key.line)
    for name in sorted(said.keys() | manifest.keys() - {"files"}):
        if name not in said or manifest.get(name) != said[name]:
            raise Wrong(_MANIFEST, f"says of {name} {manifest.get(name)!r}, the snapshot {said.get(name)!r}.")


_DESCRIBED = ("organisation", "year", "revision", "log_size", "root", "catalogue")


def read_earlier(pack: Pack, snapshot: Snapshot, key: Key) -> list[Snapshot]:
    """The revisions before, the first one first, each linked to by its digest in the one that follows.

    Each is signed; but the oldest may be from before there were signatures, and then the links alone hold them.
    """
    found = [snapshot]
    for revision in range(snapshot.body["revision"] - 1, 0, -1):
        after, where = found[0], f"revisions/{revision}.snapshot.json"
        earlier = read_snapshot(pack, f"revisions/{revision}.", key, sealed=False)
        if after.body.get("previous") != earlier.digest:
            raise Wrong(where, f"is not the one that revision {revision + 1} says it follows.")
        same = all(earlier.body.get(name) == after.body.get(name) for name in ("organisation", "year"))
        if not same or earlier.body["revision"] != revision or earlier.body["log_size"] > after.body["log_size"]:
            raise Wrong(where, f"cannot be revision {revision} of this year.")
        if earlier.seal and not after.seal:
            raise Wrong(f"revisions/{revision + 1}.seal.json", "is missing from the pack.")
        found.insert(0, earlier)
    if found[0].body.get("previous") is not None or found[0].body.get("restatement") is not None:
        raise Wrong("snapshot.json", "is of a first revision, but says that it follows another.")
    return found[:-1]


# --- The log: every header -------------------------------------------------------------------------------------------
#
# As the tree of all leaves has the signed root, the headers are those of the log, all of them and no others. They also
# tell which events figures may rest on, so that none of these can be left out of events.ndjson.

_TEXTS = ("actor", "content", "day", "id", "recorded_at", "source", "time", "type")
_HEADER = {*_TEXTS, "entity", "replaces", "seq", "subject", "year"}
_PLACED = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII
)
_ORIGINAL = -1


class Log:
    """What is to be known of every event: its type, which one it amends, and whether something replaced it."""

    def __init__(self, corrected: str, voided: str) -> None:
        self.tree = Tree()
        self.sources: Counter[str] = Counter()
        self.voided = voided
        self._amendments = {corrected, voided}
        self._types: list[str] = []
        self._numbers: dict[str, int] = {}
        self._type = array("L")
        self._original = array("q")
        self._replaced = bytearray()

    def add(self, line: bytes, where: str) -> None:
        """Read the next header."""
        header, seq = read_header(line, where), self.tree.size
        if header["seq"] != seq:
            raise Wrong(where, f"says seq {header['seq']!r} where {seq} should be: a header is missing, or moved.")
        original = self._amended(header, seq, where)
        type = header["type"] if original == _ORIGINAL else self.type_of(original)
        if type not in self._numbers:
            self._numbers[type] = len(self._types)
            self._types.append(type)
        self._type.append(self._numbers[type])
        self._original.append(original)
        self._replaced.append(header["type"] == self.voided)  # a void is final, and stands for no fact
        self.sources[header["source"]] += 1
        self.tree.append(leaf_of(line))

    def _amended(self, header: dict[str, Any], seq: int, where: str) -> int:
        """The original that an amendment amends; from now on it replaces what was in force of it."""
        replaces = header["replaces"]
        if header["type"] not in self._amendments:
            if replaces is not None:
                raise Wrong(where, "replaces something, but is no amendment.")
            return _ORIGINAL
        if type(replaces) is not int or not 0 <= replaces < seq or self._replaced[replaces]:
            raise Wrong(where, f"replaces {replaces!r}, which is not in force there.")
        self._replaced[replaces] = True
        return self.original_of(replaces)

    def original_of(self, seq: int) -> int:
        """The ``seq`` of the original of an amendment; of any other event its own."""
        found = self._original[seq]
        return seq if found == _ORIGINAL else found

    def type_of(self, seq: int) -> str:
        """The type of an event; of an amendment that of its original."""
        return self._types[self._type[seq]]

    def in_force(self, seq: int) -> bool:
        """Whether an event states a fact that nothing replaced or voided."""
        return not self._replaced[seq]


def read_header(line: bytes, where: str) -> dict[str, Any]:
    """The header in a line of headers.ndjson."""
    header = parsed(line, where)
    if header.keys() != _HEADER or any(type(header[name]) is not str for name in _TEXTS):
        raise Wrong(where, "does not have the members of a header.")
    if any(header[name] is not None and type(header[name]) is not str for name in ("entity", "subject")):
        raise Wrong(where, "has an entity or a subject that is no text.")
    if not _HEX.fullmatch(header["content"]) or not _PLACED.fullmatch(f"{header['day']} {header['time']}"):
        raise Wrong(where, "has a content, day or time that is not spelled as one.")
    return header


def read_log(pack: Pack, size: int, log: Log, signed: Sequence[Checkpoint]) -> None:
    """Read all headers, and compare the root with every one that was signed, at its own size."""
    waiting: dict[int, list[Checkpoint]] = defaultdict(list)
    for each in signed:
        waiting[each.size].append(each)
    _compare(log, waiting)
    for seq, line in enumerate(pack.lines("headers.ndjson")):
        if seq == size:
            raise Wrong(f"headers.ndjson, line {seq + 1}", f"goes beyond the {size} events of the snapshot.")
        log.add(line, f"headers.ndjson, line {seq + 1} (seq {seq})")
        _compare(log, waiting)
    if log.tree.size != size:
        raise Wrong("headers.ndjson", f"has {log.tree.size} headers, but the snapshot is of {size} events.")


def _compare(log: Log, waiting: dict[int, list[Checkpoint]]) -> None:
    for each in waiting.pop(log.tree.size, ()):
        if each.root != log.tree.root:
            raise Wrong(
                each.where,
                f"says that the first {each.size} events have the root {each.root.hex()}; the headers in headers.ndjson "
                f"have {log.tree.root.hex()}. One of seq 0 to {each.size - 1} was changed, or this is of another log.",
            )


def read_checkpoints(pack: Pack, size: int, key: Key) -> list[Checkpoint]:
    """The signed checkpoints in the pack, in order of size; the last is of the very size of the snapshot."""
    found: list[Checkpoint] = []
    for number, line in enumerate(pack.lines("checkpoints.ndjson"), 1):
        where = f"checkpoints.ndjson, line {number}"
        said = parsed(line, where)
        with shape_of(where):
            checkpoint = read_checkpoint(said["note"], key, where)
            if said != {"size": checkpoint.size, "note": said["note"]}:
                raise Wrong(where, f"says size {said['size']}, but its signed note {checkpoint.size}.")
        if checkpoint.size > size or (found and checkpoint.size <= found[-1].size):
            raise Wrong(
                where, f"is of size {checkpoint.size}, out of order or beyond the {size} events of the snapshot."
            )
        found.append(checkpoint)
    if size and (not found or found[-1].size != size):
        raise Wrong("checkpoints.ndjson", f"has no checkpoint of size {size}, which every pack has.")
    return found


def check_sources(pack: Pack, snapshot: Snapshot, log: Log) -> int:
    """What sources.json says was handed in is what the snapshot says, and its counts are those of the headers."""
    said = pack.document("sources.json")
    with shape_of("sources.json"):
        if said["sources"] != snapshot.body["sources"] or said.keys() != {"sources", "events"}:
            raise Wrong("sources.json", "does not say what the snapshot says that senders handed in.")
        for each in said["sources"]:
            if each["received"] != each["recorded"] + each["duplicate"] + each["conflict"] + each["rejected"]:
                raise Wrong("sources.json", f"counts of the sender {each['sender']!r} do not add up to those received.")
        for source in sorted(said["events"].keys() | log.sources.keys()):
            stated, found = said["events"].get(source), log.sources.get(source)
            if stated != found:
                raise Wrong("sources.json", f"says {stated} events of {source!r}, but the headers have {found}.")
    return len(log.sources)


# --- Definitions: what figures are made of ---------------------------------------------------------------------------

DEFINITIONS = "definitions.json"
ADDED, NEWEST, COMPUTED = (
    {"count", "sum", "mean", "balance"},
    {"latest", "latest_sum", "members"},
    {"ratio", "total", "growth"},
)
_NUMBER = re.compile(r"(-?)([0-9]{1,18})(?:\.([0-9]{1,18}))?", re.ASCII)


class Metric:
    """How one figure is counted, as definitions.json says; README.txt explains it in words."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.id: str = said["id"]
        self.measure: str = said["measure"]
        self.unit: str = said["unit"]
        self.events: list[str] = list(said["events"])
        self.leave: list[str] = list(said["leave"])
        self.field: str | None = said["field"]
        self.weight: str | None = said["weight"]
        self.running: bool = said["carry"] or self.measure in ("balance", "members")
        self.per: list[str] = list(said["per"])
        self.where: list[tuple[str, list[Any]]] = [(name, list(allowed)) for name, allowed in said["where"].items()]
        self.by: list[list[str]] = [list(group) for group in said["by"]]
        self.minus: list[str] = list(said["minus"])
        self.inputs: list[str] = [*said["of"], *self.minus, *filter(None, (said["numerator"], said["denominator"]))]
        self.factor = Fraction(said["factor"] if _NUMBER.fullmatch(said["factor"]) else "no number")
        self.places: int = said["places"]
        self.rounding: str = said["rounding"]
        known = self.measure in ADDED | NEWEST | COMPUTED | {"distinct"}
        if not known or self.rounding not in _ROUNDINGS or self.places not in range(MOST_PLACES):
            raise Wrong(DEFINITIONS, f"counts or rounds {self.id} in a way that this program does not know.")


_ROUNDINGS = ("half_up", "half_even", "up", "down")


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
        if said.get("format") != DEFINITIONS_FORMAT or said.get("year") != snapshot.body["year"]:
            raise Wrong(DEFINITIONS, f"is not of the format {DEFINITIONS_FORMAT} and of the snapshot's year.")
        with shape_of(DEFINITIONS):
            self.year = str(said["year"])
            self.months: list[str] = said["months"]
            spans = {
                each["id"]: Period(each["first_day"], each["last_day"], each["before"]) for each in said["periods"]
            }
            self.periods: dict[str, Period] = spans
            self.corrected, self.voided, self.opened = (
                said["builtin"][each] for each in ("corrected", "voided", "opened")
            )
            self.events: dict[str, dict[str, Any]] = said["events"]
            self.metrics = {each.id: each for each in map(Metric, said["metrics"])}
            read = {type for each in self.metrics.values() for type in (*each.events, *each.leave)}
            self.types: set[str] = read | {self.opened}


# --- Counting --------------------------------------------------------------------------------------------------------
#
# Amounts are whole numbers of 10**-18, the finest that an event may state; dividing makes exact fractions of them.

ONE = 10**18
WHOLE = "{}"
Values = Dict[str, Optional[Fraction]]  # noqa: UP006, UP045 # cell (canonical JSON of its dimensions, {} for the whole) to exact value


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

    def field(self, name: str | None) -> Any:
        """A field of the data, or subject, entity or day."""
        if name in ("subject", "entity", "day"):
            return getattr(self, name)
        return self.data.get(name or "")

    def amount(self, name: str | None) -> int | None:
        """A number or an amount of money."""
        value = self.data.get(name or "")
        if type(value) is dict:
            value = value["amount"]
        if value is None:
            return None
        if type(value) is int:
            return value * ONE
        found = _NUMBER.fullmatch(value)
        if found is None:
            raise ValueError(f"{name} is no number")
        return int(found[1] + found[2] + (found[3] or "").ljust(18, "0"))


class Count:
    """One metric that is counted from facts. Counts are kept for each slot of days: the days between two cuts. Periods
    begin and end at cuts, so that each is a run of slots."""

    def __init__(self, metric: Metric, opened: str, cuts: list[str]) -> None:
        self.metric = metric
        self._opened = opened
        self._cuts = cuts
        self._slots: dict[int, dict[str, Any]] = defaultdict(dict)

    def see(self, fact: Fact) -> None:
        """Count a fact of a type that the metric reads."""
        slot = bisect_right(self._cuts, fact.day)
        if slot < len(self._cuts):  # else it is after every period
            _merge(self._slots[slot], self.parts(fact))

    def parts(self, fact: Fact) -> list[tuple[str, Any]]:
        """What a fact counts as: for a cell an amount and its weight, or the values it names; for a series, a reading."""
        metric = self.metric
        opened = fact.type == self._opened
        if not (
            fact.data["metric"] == metric.id if opened else all(fact.field(each) in ok for each, ok in metric.where)
        ):
            return []
        look = fact.data.get("by", {}).get if opened else fact.field
        cells = [WHOLE, *(canonical({name: look(name) for name in group}) for group in metric.by)]
        if metric.measure in NEWEST:
            return self._readings(fact, cells)
        if metric.measure == "distinct":
            value = fact.field(metric.field)
            names = {str(each) for each in (value if type(value) is list else [value]) if value is not None}
            return [(cell, set(names)) for cell in cells if names]
        amount = fact.amount("quantity") if opened else ONE if metric.field is None else fact.amount(metric.field)
        weight = ONE if metric.weight is None else fact.amount(metric.weight)
        if amount is None or weight is None:
            return []
        moved = amount * weight if metric.measure == "mean" else -amount if fact.type in metric.leave else amount
        return [(cell, (moved, weight)) for cell in cells]

    def _readings(self, fact: Fact, cells: list[str]) -> list[tuple[str, Any]]:
        metric, value = self.metric, ONE
        if metric.measure == "members":
            cells = [] if fact.type in metric.leave else cells
        else:
            found = fact.amount(metric.field)
            if found is None:
                return []
            value = found
        if metric.measure == "latest":
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
        for cell, value in ((cell, value) for _time, _seq, value, cells in parts.values() for cell in cells):
            sums[cell] += value
        values = {cell: Fraction(total, ONE) for cell, total in sums.items()}
        if measure == "latest":  # of which a cell with a reading of 0 is listed, too
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
        elif old is None or old < part:  # time, then seq of the original
            into[key] = part


def tidy(values: dict[str, Fraction], empty: Fraction | None) -> Values:
    """The whole always (``empty`` where nothing counted), a breakdown's cell only where it is not nothing."""
    return {WHOLE: values.get(WHOLE, empty), **{cell: each for cell, each in values.items() if each and cell != WHOLE}}


class Answers:
    """What each metric comes to in each period, computed ones from the others."""

    def __init__(self, definitions: Definitions, counts: dict[str, Count]) -> None:
        self._definitions = definitions
        self._counts = counts
        self._known: dict[tuple[str, str], Values] = {}

    def of(self, id: str, period: str | None, depth: int = 0) -> Values:
        """The values of a metric in a period."""
        if period is None:
            return {WHOLE: None}
        if depth > DEEPEST_METRIC:
            raise Wrong(DEFINITIONS, f"the metric {id} is made of too many others, or of itself.")
        if (id, period) not in self._known:
            self._known[id, period] = self._find(self._definitions.metrics[id], period, depth)
        return self._known[id, period]

    def _find(self, metric: Metric, period: str, depth: int) -> Values:
        span = self._definitions.periods[period]
        if metric.measure not in COMPUTED:
            return self._counts[metric.id].answer(span)
        parts = [self.of(each, period, depth + 1) for each in metric.inputs]
        if metric.measure == "growth":
            parts = [parts[0], self.of(metric.inputs[0], span.before, depth + 1)]
        groups = [set(group) for group in metric.by]
        cells = {cell for part in parts for cell in part if cell != WHOLE and set(json.loads(cell)) in groups}
        values = {cell: _computed(metric, parts, cell) for cell in {WHOLE, *cells}}
        return tidy({cell: value for cell, value in values.items() if value is not None}, None)


def _computed(metric: Metric, parts: Sequence[Values], cell: str) -> Fraction | None:
    missing = Fraction(0) if metric.measure == "total" else None
    values = [part.get(cell, missing) for part in parts]
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        return None
    if metric.measure == "total":
        added = len(known) - len(metric.minus)
        return sum(known[:added], Fraction(0)) - sum(known[added:], Fraction(0))
    above, below = known
    if not below:
        return None
    return (above / below - (1 if metric.measure == "growth" else 0)) * metric.factor


def rounded(metric: Metric, value: Fraction | None) -> str | None:
    """The one rounding: a decimal string with the metric's places."""
    if value is None:
        return None
    scaled = abs(value) * 10**metric.places
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    half = Fraction(rest, scaled.denominator) - Fraction(1, 2)
    if metric.rounding == "half_even" and half == 0:
        whole += whole % 2
    elif metric.rounding != "down" and (rest if metric.rounding == "up" else half >= 0):
        whole += 1
    digits = str(whole).rjust(metric.places + 1, "0")
    text = f"{digits[: -metric.places]}.{digits[-metric.places :]}" if metric.places else digits
    return f"-{text}" if value < 0 and whole else text


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
    groups = [set(group) for group in metric.by]
    index = groups.index(set(by))
    ranks: list[Any] = []
    for name in metric.by[index]:
        value = by[name]
        choices = (definitions.events[type].get(name, {}).get("choices", []) for type in metric.events)
        listed = next((each.index(value) for each in choices if value in each), None)
        number = value if isinstance(value, int) else 0
        ranks.append((10_000, value is None, number, str(value)) if listed is None else (listed, False, 0, ""))
    return (index, ranks, canonical(by))


# --- The events, and what follows from them ---------------------------------------------------------------------------

_BODY = {"data", "entity", "id", "source", "subject", "time", "type"}


def facts(pack: Pack, log: Log, definitions: Definitions) -> Iterator[Fact]:
    """The facts in force that figures may rest on, after checking that events.ndjson has every body needed for them and
    for those that they replaced, each as its header has it, in order, and nothing else."""
    bodies = enumerate(pack.lines("events.ndjson"), 1)
    for seq, line in enumerate(pack.lines("headers.ndjson")):
        if log.type_of(seq) not in definitions.types:
            continue
        number, body = next(bodies, (0, b""))
        where = f"events.ndjson, line {number} (seq {seq})"
        if not number:
            raise Wrong(f"events.ndjson (seq {seq})", "is missing: the file ends before it.")
        header = read_header(line, f"headers.ndjson (seq {seq})")
        if hashlib.sha256(body).hexdigest() != header["content"]:
            raise Wrong(
                where, f"is not the event whose content the header of seq {seq} names: changed, moved or left out."
            )
        said = parsed(body, where)
        if said.keys() != _BODY or any(said[name] != header[name] for name in _BODY - {"data"}):
            raise Wrong(where, f"says other things than the header of seq {seq}.")
        with shape_of(where):
            if abs((date.fromisoformat(header["day"]) - date.fromisoformat(header["time"][:10])).days) > 1:
                raise Wrong(f"headers.ndjson (seq {seq})", f"puts {header['time']} on the day {header['day']}.")
            data, original = said["data"], log.original_of(seq)
            if header["replaces"] is not None:
                if data["replaces"] != header["replaces"] or data["original"].get("seq", original) != original:
                    raise Wrong(where, "amends another event than its header says.")
            if log.in_force(seq):
                inner = data["data"] if header["type"] == definitions.corrected else data
                own = {name: header[name] for name in ("subject", "entity", "time", "day")}
                yield Fact(original, log.type_of(seq), data=dict(inner), version=seq, leaf=leaf_of(line), **own)
    for number, _line in bodies:
        raise Wrong(f"events.ndjson, line {number}", "is of no event that figures rest on.")


def count_all(definitions: Definitions, found: Iterable[Fact], behind: Behind | None) -> Answers:
    """Count every metric."""
    ends = ((each.first, f"{each.last}~") for each in definitions.periods.values())  # ~ sorts right after the last day
    cuts = sorted({cut for pair in ends for cut in pair})
    stored = [each for each in definitions.metrics.values() if each.measure not in COMPUTED]
    counts = {each.id: Count(each, definitions.opened, cuts) for each in stored}
    by_type: dict[str, list[Count]] = defaultdict(list)
    for count in counts.values():
        opened = [definitions.opened] if count.metric.measure == "balance" else []
        for type in {*count.metric.events, *count.metric.leave, *opened}:
            by_type[type].append(count)
    for fact in found:
        with shape_of(f"events.ndjson (seq {fact.version})"):
            for count in by_type[fact.type]:
                count.see(fact)
                if behind is not None:
                    behind.see(count, fact)
    return Answers(definitions, counts)


def flat(figure: dict[str, Any]) -> dict[tuple[int, str], str | None]:
    """Every value of a figure under its place: the year's, each cell's, each month's."""
    cells = {(1, canonical(each["by"])): each["value"] for each in figure["breakdown"]}
    months = {(2, each["period"]): each["value"] for each in figure["months"]}
    return {(0, ""): figure["value"], **cells, **months}


def check_figures(definitions: Definitions, answers: Answers, snapshot: Snapshot) -> tuple[int, int]:
    """Every figure of the snapshot is what the events give. Returns how many there are, and how many values in all."""
    stated, values = snapshot.body["figures"], 0
    if [each["metric"] for each in stated] != sorted(definitions.metrics):
        raise Wrong("snapshot.json", "does not have exactly the figures that are defined, in order.")
    for each in stated:
        found = figure_of(definitions, answers, definitions.metrics[each["metric"]])
        if each != found:
            raise Wrong(f"snapshot.json, figure {each['metric']}", _differs(flat(each), flat(found), "the events give"))
        values += len(flat(found))
    return len(stated), values


def _differs(stated: dict[Any, Any], found: dict[Any, Any], gives: str) -> str:
    for place in [*stated, *found]:
        if place not in stated or place not in found or stated[place] != found[place]:
            return f"states {stated.get(place)} {place[-1]}, but {gives} {found.get(place)}."
    return "is right in its values, but not in their order."


def check_exports(pack: Pack, snapshot: Snapshot, definitions: Definitions) -> None:
    """figures.json and figures.csv state the values and units that the snapshot and the definitions do."""
    body, document = snapshot.body, pack.document("figures.json")
    with shape_of("figures.json"):
        if any(document[name] != body[name] for name in ("organisation", "year", "revision", "log_size", "catalogue")):
            raise Wrong("figures.json", "is not of this snapshot.")
        said = [(each["metric"], each["unit"], list(flat(each).items())) for each in document["figures"]]
        real = [
            (each["metric"], definitions.metrics[each["metric"]].unit, list(flat(each).items()))
            for each in body["figures"]
        ]
        for one, other in zip_longest(said, real):
            if one != other:
                raise Wrong("figures.json", f"states {(one or other)[0]} otherwise than the snapshot.")
    rows: list[tuple[str, ...]] = []
    for each in body["figures"]:
        id, unit, year = each["metric"], definitions.metrics[each["metric"]].unit, str(body["year"])
        rows.append((id, year, "", each["value"] or "", unit))
        rows += [(id, year, _named(cell["by"]), cell["value"] or "", unit) for cell in each["breakdown"]]
        rows += [(id, month["period"], "", month["value"] or "", unit) for month in each["months"]]
    with shape_of("figures.csv"):
        table = csv.DictReader(io.StringIO(pack.whole("figures.csv").decode(), newline=""), strict=True)
        for number, (row, real_row) in enumerate(zip_longest(table, rows), 2):
            if row is None or tuple(row[name] for name in ("metric", "period", "by", "value", "unit")) != real_row:
                raise Wrong(f"figures.csv, row {number}", f"is not what the snapshot states: {real_row}.")


def _named(by: dict[str, Any]) -> str:
    return ";".join(f"{name}={_encoded(value)}" for name, value in sorted(by.items()))


def _encoded(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return re.sub("[%;=]", lambda sign: f"%{ord(sign[0]):02X}", text)


def check_restatement(earlier: Snapshot, snapshot: Snapshot) -> int:
    """What a restatement says has changed is the difference between the two revisions. Returns how many values."""
    said, changes = snapshot.body["restatement"], []
    before, after = ({each["metric"]: flat(each) for each in one.body["figures"]} for one in (earlier, snapshot))
    for metric in sorted(before.keys() | after.keys()):
        old, new = before.get(metric, {}), after.get(metric, {})
        for place in sorted(old.keys() | new.keys()):
            previously, now = old.get(place), new.get(place)
            if previously == now:
                continue
            shown = {"by": json.loads(place[1])} if place[0] == 1 else {"period": place[1]} if place[0] else {}
            difference = None if previously is None or now is None else f"{Decimal(now) - Decimal(previously):f}"
            changes.append({"metric": metric, **shown, "previously": previously, "now": now, "difference": difference})
    if said["changes"] != changes or not said["reason"]:
        raise Wrong("snapshot.json, restatement", "does not list what differs from the revision before, with a reason.")
    if any(seq not in range(earlier.body["log_size"], snapshot.body["log_size"]) for seq in said["events"]):
        raise Wrong("snapshot.json, restatement", "names events that did not come between the two revisions.")
    return len(changes)


# --- A sample of the events behind a figure ---------------------------------------------------------------------------
#
# Each event's lot is SHA-256(UTF-8 of "seed:leaf in hex") of its version in force; the lowest lots are drawn. So anybody
# draws the same sample from the same seed, and who picks the seed after the log was signed leaves no choice to others.


class Behind:
    """The facts that a metric's figure of the year rests on: what is counted or added, or the newest of each series."""

    def __init__(self, definitions: Definitions, id: str) -> None:
        self._spans: dict[str, list[Period]] = defaultdict(list)
        self._newest: dict[tuple[str, Period, str], tuple[Any, Fact]] = {}
        self._counted: dict[int, Fact] = {}
        self._collect(definitions, definitions.metrics[id], definitions.year, 0)

    def _collect(self, definitions: Definitions, metric: Metric, period: str | None, depth: int) -> None:
        if period is None or depth > DEEPEST_METRIC:
            return
        span = definitions.periods[period]
        if metric.measure not in COMPUTED and span not in self._spans[metric.id]:
            self._spans[metric.id].append(span)
        for each in metric.inputs:
            for one in (period, span.before if metric.measure == "growth" else None):
                self._collect(definitions, definitions.metrics[each], one, depth + 1)

    def see(self, count: Count, fact: Fact) -> None:
        """Note a fact, if it is one of them."""
        metric = count.metric
        for span in self._spans.get(metric.id, ()):
            if fact.day > span.last or (fact.day < span.first and not metric.running):
                continue
            for key, part in count.parts(fact):
                if metric.measure not in NEWEST:
                    self._counted[fact.seq] = fact
                elif (metric.measure != "latest" or key == WHOLE) and self._older(metric.id, span, key, part):
                    self._newest[metric.id, span, key] = (part, fact)

    def _older(self, id: str, span: Period, series: str, part: Any) -> bool:
        known = self._newest.get((id, span, series))
        return known is None or bool(known[0] < part)

    def draw(self, seed: str, count: int) -> tuple[list[Fact], int]:
        """The facts drawn, in order of seq, and out of how many."""
        found = {**self._counted, **{fact.seq: fact for part, fact in self._newest.values() if WHOLE in part[3]}}
        lots = sorted(found.values(), key=lambda fact: hashlib.sha256(f"{seed}:{fact.leaf.hex()}".encode()).digest())
        return sorted(lots[:count], key=lambda fact: fact.seq), len(found)


# --- All of it, in order ----------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """What the user wants: files of checkpoints kept outside with their notes, the key if known, and a sample."""

    key: str | None
    checkpoints: Sequence[tuple[str, str]]
    sample: tuple[str, str, int] | None


class Found(NamedTuple):
    """What a pack that holds has: its snapshot's figures with their units, and the sample."""

    figures: list[tuple[str, str | None, str]]
    sample: list[dict[str, Any]]
    population: int


def verify(pack: Pack, asked: Asked, tell: Callable[[str, str], None]) -> Found:
    """Check a pack; ``tell`` hears of each check that held. The first thing that is wrong is raised as :class:`Wrong`."""
    manifest = check_files(pack)
    tell("files", f"{len(pack.sizes)} files, each as manifest.json lists it")

    key = read_key(pack.whole("key.txt", LARGEST_NOTE).decode("utf-8", "replace"), "key.txt")
    if asked.key is not None and read_key(asked.key, "--key") != key:
        raise Wrong("key.txt", f"is not the key that you gave. The pack is signed by {key.line}.")
    tell(
        "key",
        key.line if asked.key else f"{key.line}: compare it with the one that the organisation publishes elsewhere",
    )

    snapshot = read_snapshot(pack, "", key, sealed=True)
    body, size = snapshot.body, snapshot.body["log_size"]
    check_manifest(manifest, snapshot, key)
    people = " and ".join(f"{each['act']} by {each['by']}" for each in (snapshot.seal or {})["approvals"])
    tell(
        "seal", f"revision {body['revision']} of {body['year']} of {body['organisation']}, {people}, {snapshot.digest}"
    )

    earlier = read_earlier(pack, snapshot, key)
    tell("revisions", f"{len(earlier)} before this one, each linked to by the next")
    definitions = Definitions(pack, snapshot)
    tell("definitions", f"{len(definitions.metrics)} metrics, as they were signed")

    outside = [read_checkpoint(note, key, name) for name, note in asked.checkpoints]
    inside = read_checkpoints(pack, size, key)
    roots = [
        Checkpoint(each.body["log_size"], bytes.fromhex(each.body["root"]), f"revision {each.body['revision']}")
        for each in (*earlier, snapshot)
    ]
    log = Log(definitions.corrected, definitions.voided)
    read_log(pack, size, log, [*roots, *inside, *outside])
    tell("headers", f"all {size} events; their tree has the signed root {log.tree.root.hex()}")
    tell(
        "checkpoints", f"{len(inside)} in the pack, {sum(each.size <= size for each in outside)} given, all of this log"
    )
    for each in outside:
        if each.size > size:
            tell("NOT CHECKED", f"{each.where} is of size {each.size}: this pack has {size} events and cannot show it")
    tell("sources", f"{check_sources(pack, snapshot, log)} sources, counted in the headers as stated")

    behind = None if asked.sample is None else Behind(definitions, asked.sample[0])
    with shape_of(DEFINITIONS):
        answers = count_all(definitions, facts(pack, log, definitions), behind)
    needed = sum(log.type_of(seq) in definitions.types for seq in range(size))
    tell("events", f"{needed} of them may matter to a figure; the content of each is here, as its header says")
    with shape_of("snapshot.json"):
        figures, values = check_figures(definitions, answers, snapshot)
        tell("figures", f"{figures} figures, {values} values with breakdowns and months: all follow from the events")
        check_exports(pack, snapshot, definitions)
        tell("exports", "figures.json and figures.csv state the same")
        if earlier:
            tell(
                "restatement",
                f"{check_restatement(earlier[-1], snapshot)} values changed since the revision before, as stated",
            )
    return _found(pack, snapshot, definitions, behind, asked)


def _found(pack: Pack, snapshot: Snapshot, definitions: Definitions, behind: Behind | None, asked: Asked) -> Found:
    figures = [
        (each["metric"], each["value"], definitions.metrics[each["metric"]].unit) for each in snapshot.body["figures"]
    ]
    if behind is None or asked.sample is None:
        return Found(figures, [], 0)
    drawn, population = behind.draw(*asked.sample[1:])
    headers = {fact.seq: b"" for fact in drawn}
    for seq, line in enumerate(pack.lines("headers.ndjson")):
        if seq in headers:
            headers[seq] = line
    named = [(fact, parsed(headers[fact.seq], "headers.ndjson")) for fact in drawn]
    rows = [
        {
            "seq": fact.seq,
            "version": fact.version,
            "leaf": fact.leaf.hex(),
            "time": fact.time,
            "type": fact.type,
            "id": header["id"],
            "source": header["source"],
        }
        for fact, header in named
    ]
    return Found(figures, rows, population)


# --- The command line -------------------------------------------------------------------------------------------------


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="verify.py", description="Check an assurance pack: offline, trusting nobody.")
    parser.add_argument("pack", nargs="?", type=Path, help="the ZIP, or the folder it was unpacked to")
    parser.add_argument("--key", help="the log's key as its owner publishes it: NAME+ID+KEY")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="a checkpoint kept outside")
    parser.add_argument("--sample", metavar="METRIC", help="draw a sample of the events behind this figure")
    parser.add_argument("--seed", default="", help="what the sample is drawn from, the same from the same")
    parser.add_argument("--count", type=int, default=25, help="how many events to draw")
    parser.add_argument("--figures", action="store_true", help="list every figure that was confirmed")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    given = parser.parse_args(argv)
    if given.pack is None:
        given.pack = Path(__file__).resolve().parent
    if given.sample and not (given.seed.strip() and given.count > 0):
        parser.error("a sample needs --seed and a --count above 0")
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Check the pack that the arguments name, print what was found, and return the exit status."""
    given = _arguments(argv)
    checks: list[dict[str, str]] = []
    wrong: Wrong | None = None
    found = Found([], [], 0)

    def tell(check: str, says: str) -> None:
        checks.append({"check": check, "says": says})
        if not given.json:
            _print(f"{check:<13}{says}")

    try:
        key = None if given.key is None else read_key(given.key, "--key").line
        notes = [(str(file), _note(file)) for file in given.checkpoint]
        sample = None if given.sample is None else (given.sample, given.seed, given.count)
        if given.pack.is_dir() and not (given.pack / _MANIFEST).is_file():
            raise OSError(f"{given.pack} has no {_MANIFEST}: name the pack")
        with contextlib.ExitStack() as stack:
            pack = Folder(given.pack) if given.pack.is_dir() else Zip(stack.enter_context(given.pack.open("rb")))
            found = verify(pack, Asked(key, notes, sample), tell)
    except OSError as error:
        _print(f"Cannot read: {error}", sys.stderr)
        return 2
    except Wrong as error:
        wrong = error
    _report(given, checks, found, wrong)
    return 1 if wrong else 0


def _note(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(LARGEST_NOTE).decode("utf-8", "replace")


def _report(given: argparse.Namespace, checks: list[dict[str, str]], found: Found, wrong: Wrong | None) -> None:
    if given.json:
        said = None if wrong is None else {"where": wrong.where, "what": wrong.what}
        figures = [{"metric": metric, "value": value, "unit": unit} for metric, value, unit in found.figures]
        document = {
            "holds": wrong is None,
            "checks": checks,
            "wrong": said,
            "figures": figures if given.figures else [],
        }
        _print(json.dumps({**document, "sample": found.sample, "population": found.population}, indent=2))
        return
    if wrong is not None:
        _print(f"{'WRONG':<13}{wrong.where} {wrong.what}")
        return
    for metric, value, unit in found.figures if given.figures else ():
        _print(f"{metric:<50}{value or '-':>24} {unit}")
    if given.sample:
        _print(
            f"{len(found.sample)} of the {found.population} events behind {given.sample}, drawn from {given.seed!r}:"
        )
    for row in found.sample:
        _print(" ".join(str(value) for value in row.values()))
    _print("Everything holds." + ("" if given.key else " Whose key it is, the pack itself cannot show: use --key."))


def _print(text: str, stream: Any = None) -> None:
    """Print a text from a pack such that it cannot steer a terminal, nor fail on one that lacks its letters."""
    stream = stream or sys.stdout
    plain = "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(plain.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())

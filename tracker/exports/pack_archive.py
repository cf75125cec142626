"""A ZIP file whose bytes depend on nothing but what is in it: stored, undated, written from front to back.

Members are not compressed, so that no library's version shows and nothing can be inflated into more than it is. Sizes
and checksums stand before the data, so that any stream will do, and any reader.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, BinaryIO, NamedTuple

_PIECE = 1 << 16

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR_64 = struct.Struct("<4sIQI")

_LARGEST = 0xFFFFFFFF
_MOST_MEMBERS = 0xFFFF
_STORED = 0
_VERSION, _VERSION_64 = 10, 45
_UNIX = 3 << 8
_DATE = 1 << 5 | 1
"""1980-01-01, the first day that a ZIP can name; its time is 00:00, a zero."""
_MODE = 0o100644 << 16


class Content:
    """Bytes on their way into an archive, counted and hashed as they come.

    :param file: where they are kept until then; in memory by default.
    """

    def __init__(self, data: bytes = b"", file: IO[bytes] | None = None) -> None:
        self._file = BytesIO() if file is None else file
        self._sha256 = hashlib.sha256()
        self.crc = 0
        self.size = 0
        self.write(data)

    def write(self, data: bytes) -> None:
        """Add to the end."""
        self._file.write(data)
        self._sha256.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """The digest of all so far, as hex."""
        return self._sha256.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """All of it, a little at a time."""
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece


class _Member(NamedTuple):
    name: bytes
    crc: int
    size: int
    offset: int


class Archive:
    """A ZIP being written to a stream, which is never asked where it stands. Close it to finish.

    :param largest: from which size or offset on the 64-bit forms are used, which are for nothing else.
    """

    def __init__(self, stream: BinaryIO, *, largest: int = _LARGEST) -> None:
        self._stream = stream
        self._largest = largest
        self._members: list[_Member] = []
        self._written = 0

    def add(self, name: str, content: Content) -> None:
        """Write one member."""
        member = _Member(name.encode("ascii"), content.crc, content.size, self._written)
        self._members.append(member)
        self._write(self._local(member))
        for piece in content.pieces():
            self._write(piece)

    def close(self) -> None:
        """Write the directory of members. The stream stays open."""
        begin = self._written
        for member in self._members:
            self._write(self._central(member))
        self._write(self._end(begin, self._written - begin))

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._written += len(data)

    def _local(self, member: _Member) -> bytes:
        sizes = [member.size, member.size]
        shown, extra = self._placed(sizes) if member.size >= self._largest else (sizes, b"")
        version = _VERSION_64 if extra else _VERSION
        fields = (version, 0, _STORED, 0, _DATE, member.crc, *shown, len(member.name), len(extra))
        return _LOCAL.pack(b"PK\x03\x04", *fields) + member.name + extra

    def _central(self, member: _Member) -> bytes:
        shown, extra = self._placed([member.size, member.size, member.offset])
        version = _VERSION_64 if extra else _VERSION
        fields = (_UNIX | version, version, 0, _STORED, 0, _DATE, member.crc, *shown[:2])
        lengths = (len(member.name), len(extra), 0, 0, 0)
        return _CENTRAL.pack(b"PK\x01\x02", *fields, *lengths, _MODE, shown[2]) + member.name + extra

    def _placed(self, numbers: list[int]) -> tuple[list[int], bytes]:
        """Numbers as they stand in a header, and the extra field that holds those too large for it."""
        large = [each for each in numbers if each >= self._largest]
        shown = [_LARGEST if each >= self._largest else each for each in numbers]
        return shown, struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""

    def _end(self, begin: int, size: int) -> bytes:
        count = len(self._members)
        before = b""
        if max(begin, size) >= self._largest or count >= _MOST_MEMBERS:
            fields = (44, _UNIX | _VERSION_64, _VERSION_64, 0, 0, count, count, size, begin)
            before = _END_64.pack(b"PK\x06\x06", *fields) + _LOCATOR_64.pack(b"PK\x06\x07", 0, begin + size, 1)
            count, size, begin = min(count, _MOST_MEMBERS), *(_LARGEST if before else each for each in (size, begin))
        return before + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, begin, 0)

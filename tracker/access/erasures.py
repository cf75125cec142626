"""The erasure ledger: a file outside the database and its backups that says what was erased, for whoever restores one.

A line per erasure, canonical JSON, each with the SHA-256 of the line before, so that a line that was changed or taken
out from among others shows. It holds no value and no reason, but the subject's identifier as the log has it: where
that is personal itself, so is this file. It is as private as a key file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tracker.canonical import canonical
from tracker.errors import NotReady

FIRST = "0" * 64
"""What the first line says of the line before."""


_TYPES = {"size": int, "proposal": int}


class Erasure(NamedTuple):
    """A line. ``owner`` is that of the data key (``integrity/case-2020-07``), ``size`` that of the log then, ``root``
    (hex) that of its Merkle tree; who proposed and decided are pseudonyms; ``before`` is the digest of the line before.
    """

    at: str
    owner: str
    size: int
    root: str
    proposal: int
    proposed_by: str
    decided_by: str
    before: str = FIRST

    @property
    def line(self) -> bytes:
        """The line as it stands in the file, without its end."""
        return canonical(self._asdict()).encode()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the line, by which the audit trail names it."""
        return hashlib.sha256(self.line).hexdigest()


@dataclass(frozen=True)
class ErasureLedger:
    """The file at ``path``; ``setting`` is the variable that names another. A missing file is an empty ledger."""

    path: Path
    setting: str = "TRACKER_ERASURES_FILE"

    def read(self) -> list[Erasure]:
        """Every erasure, the oldest first. A last line without an end is what a crash has left: its erasure was never
        committed, and the next one takes its place.

        :raise NotReady: the file cannot be read, others may read it, or a line is not the one that was written.
        """
        try:
            with self.path.open("rb") as file:
                self._check_private(file.fileno())
                return self._parsed(file.read())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable("read", error) from None

    def append(self, erasure: Erasure) -> Erasure:
        """Write one more line, on disk when this returns; ``before`` is filled in.

        :raise NotReady: as :meth:`read`, or it cannot be written.
        """
        try:
            with self._alone() as descriptor:
                known = self._parsed(_whole(descriptor))
                written = erasure._replace(before=known[-1].digest if known else FIRST)
                kept = sum(len(each.line) + 1 for each in known)
                os.ftruncate(descriptor, kept)
                _write(descriptor, kept, written.line + b"\n")
        except OSError as error:
            raise self._unusable("written", error) from None
        return written

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The file, opened and held by this process alone, its directory too where there is none yet."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._check_private(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)
        if new:
            _sync_directory(self.path.parent)

    def _check_private(self, descriptor: int) -> None:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise NotReady(f"Others may read the erasure ledger {self.path}. Run `chmod 600 {self.path}`.")

    def _parsed(self, content: bytes) -> list[Erasure]:
        found: list[Erasure] = []
        before = FIRST
        for number, line in enumerate(content.split(b"\n")[:-1], 1):
            each = _parsed(line)
            if each is None or each.before != before:
                raise NotReady(
                    f"Line {number} of the erasure ledger {self.path} is not as it was written, or one before it is "
                    f"gone. Restore the file from a copy, or name another in {self.setting}."
                )
            found.append(each)
            before = each.digest
        return found

    def _unusable(self, what: str, error: OSError) -> NotReady:
        return NotReady(
            f"The erasure ledger {self.path} cannot be {what}: {error.strerror}. Nothing is erased without it. Mend "
            f"that, or name another file in {self.setting}."
        )


def _parsed(line: bytes) -> Erasure | None:
    """The erasure that a line says, if it spells it in the one way there is."""
    try:
        found = Erasure(**json.loads(line))
        sound = all(type(value) is _TYPES.get(name, str) for name, value in found._asdict().items())
        return found if sound and found.line == line else None
    except (ValueError, TypeError, RecursionError):
        return None


def _whole(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()


def _write(descriptor: int, at: int, line: bytes) -> None:
    """One write, in place; what is not on disk whole when the machine stops has no end, and so was never committed."""
    if os.pwrite(descriptor, line, at) != len(line):
        raise OSError(28, "No space left on device")
    os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

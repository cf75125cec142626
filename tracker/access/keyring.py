"""The key ring: the keys outside the database that wrap data keys, the newest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tracker.access.private_files import LENGTH, decoded, encoded, new_key, read_private, write_new, write_over
from tracker.errors import NotReady


class WrappingKey(NamedTuple):
    """A key and the name that it goes by: the first 16 hex digits of its SHA-256."""

    id: str
    key: bytes

    @classmethod
    def of(cls, key: bytes) -> WrappingKey:
        """A key with its name."""
        return cls(hashlib.sha256(key).hexdigest()[:16], key)

    def __repr__(self) -> str:
        return f"WrappingKey({self.id!r})"  # what is printed by chance must not hold a key


class KeyRing:
    """A file with one key per line, 32 bytes in base64; ``setting`` is the variable that names another file.

    What was read is remembered. A key that is not among it may have come in since: the file is then read again.
    """

    def __init__(self, path: Path, setting: str) -> None:
        self.path = path
        self.setting = setting
        self._keys: tuple[WrappingKey, ...] = ()

    @classmethod
    def of_keys(cls, keys: Sequence[bytes]) -> KeyRing:
        """A ring that lives in memory alone, newest key first."""
        return _InMemory([WrappingKey.of(key) for key in keys])

    def make(self) -> None:
        """Write a ring with one new key where there is no file yet.

        :raise NotReady: the file cannot be written.
        """
        write_new(self.path, encoded(new_key()))

    def listed(self) -> Sequence[WrappingKey]:
        """Every key as the file has them now, newest first.

        :raise NotReady: there is no such file, others may read it, or it holds something else than keys.
        """
        keys = [decoded(line) for line in read_private(self.path, self.setting).splitlines() if line.strip()]
        found = [WrappingKey.of(key) for key in keys if key is not None]
        if not found or len(found) < len(keys):
            raise NotReady(
                f"The key file {self.path} does not hold one key of {LENGTH} bytes in base64 per line. "
                "Restore the right one."
            )
        self._keys = tuple(found)
        return found

    def key(self, id: str) -> bytes:
        """The key with this name.

        :raise NotReady: it is not in the file, or the file cannot be read.
        """
        for keys in self._remembered_then_read():
            for each in keys:
                if each.id == id:
                    return each.key
        raise NotReady(
            f"The key file {self.path} has no key {id}, which the database asks for. Restore the file that belongs "
            f"to this database, or name it in {self.setting}."
        )

    def _remembered_then_read(self) -> Iterator[Sequence[WrappingKey]]:
        yield self._keys
        yield self.listed()

    def add(self) -> WrappingKey:
        """Put a new key in front. The caller holds the lock of the database's writers.

        :raise NotReady: the file cannot be read or written.
        """
        added = WrappingKey.of(new_key())
        self._replace([added, *self.listed()])
        return added

    def keep(self, id: str) -> None:
        """Drop every other key than this one. The caller holds the lock of the database's writers.

        :raise NotReady: it is not in the file, or the file cannot be read or written.
        """
        self._replace([WrappingKey(id, self.key(id))])

    def _replace(self, keys: Sequence[WrappingKey]) -> None:
        write_over(self.path, b"".join(encoded(each.key) for each in keys))
        self._keys = tuple(keys)


class _InMemory(KeyRing):
    """A ring without a file."""

    def __init__(self, keys: Sequence[WrappingKey]) -> None:
        super().__init__(Path("(memory)"), "TRACKER_VAULT_KEY_FILE")
        self._keys = tuple(keys)

    def make(self) -> None:
        """Nothing: it is there."""

    def listed(self) -> Sequence[WrappingKey]:
        """The keys, newest first."""
        return self._keys

    def _replace(self, keys: Sequence[WrappingKey]) -> None:
        self._keys = tuple(keys)

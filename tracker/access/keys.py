"""Keys that live outside the database: one file each, readable by its owner alone."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkstemp

from tracker.errors import NotReady

LENGTH = 32


@dataclass(frozen=True)
class KeyFile:
    """A file with 32 random bytes in base64. ``setting`` is the variable that names another file."""

    path: Path
    setting: str

    @cached_property
    def key(self) -> bytes:
        """The key; the file is read once.

        :raise NotReady: there is no such file, others may read it, or it holds no key.
        """
        try:
            mode, text = self.path.stat().st_mode, self.path.read_bytes()
        except OSError as error:
            raise NotReady(
                f"The key file {self.path} cannot be read: {error.strerror}. Restore it, or name it in {self.setting}; "
                "a new ledger gets one from `tracker init`."
            ) from None
        if stat.S_IMODE(mode) & 0o077:
            raise NotReady(f"Others may read the key file {self.path}. Run `chmod 600 {self.path}`, then try again.")
        return self._decoded(text)

    def _decoded(self, text: bytes) -> bytes:
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != LENGTH:
            raise NotReady(f"The key file {self.path} does not hold {LENGTH} bytes in base64. Restore the right one.")
        return key

    def make(self) -> None:
        """Write a new random key where there is no file yet.

        :raise NotReady: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():
                self._write(base64.b64encode(os.urandom(LENGTH)) + b"\n")
        except OSError as error:
            raise NotReady(f"The key file {self.path} cannot be made: {error.strerror}.") from None

    def _write(self, text: bytes) -> None:
        """Whole or not at all: half a key in this place would have to be taken for a damaged one."""
        descriptor, name = mkstemp(prefix=f".{self.path.name}-", dir=self.path.parent)  # 0600
        written = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first: its key stands
                os.link(written, self.path)
        finally:
            written.unlink()


@dataclass(frozen=True)
class Keys:
    """The keys of one installation: one for sources' secrets, another for what lies in quarantine."""

    secrets: KeyFile
    quarantine: KeyFile

    @classmethod
    def of(cls, home: Path, secrets: Path | None = None, quarantine: Path | None = None) -> Keys:
        """The keys under ``home/keys``, or in the files named instead."""
        return cls(
            KeyFile(secrets or home / "keys" / "secrets", "TRACKER_SECRETS_KEY_FILE"),
            KeyFile(quarantine or home / "keys" / "quarantine", "TRACKER_QUARANTINE_KEY_FILE"),
        )

    def make(self) -> None:
        """Make those that are missing."""
        self.secrets.make()
        self.quarantine.make()

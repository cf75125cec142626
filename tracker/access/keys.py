"""Keys that live outside the database: files that only their owner reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracker.access.keyring import KeyRing
from tracker.access.notes import Signer
from tracker.access.private_files import LENGTH, decoded, encoded, new_key, read_private, write_new
from tracker.errors import NotReady


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
        key = decoded(read_private(self.path, self.setting))
        if key is None:
            raise NotReady(f"The key file {self.path} does not hold {LENGTH} bytes in base64. Restore the right one.")
        return key

    def make(self) -> None:
        """Write a new random key where there is no file yet.

        :raise NotReady: the file cannot be written.
        """
        write_new(self.path, encoded(new_key()))


@dataclass(frozen=True)
class Keys:
    """The keys of one installation: one for sources' secrets, one for what lies in quarantine, the ring that wraps
    the data keys of what is confidential, and the seed of the key that signs checkpoints and frozen years."""

    secrets: KeyFile
    quarantine: KeyFile
    vault: KeyRing
    log: KeyFile

    @classmethod
    def of(
        cls,
        home: Path,
        secrets: Path | None = None,
        quarantine: Path | None = None,
        vault: Path | None = None,
        log: Path | None = None,
    ) -> Keys:
        """The keys under ``home/keys``, or in the files named instead."""
        return cls(
            KeyFile(secrets or home / "keys" / "secrets", "TRACKER_SECRETS_KEY_FILE"),
            KeyFile(quarantine or home / "keys" / "quarantine", "TRACKER_QUARANTINE_KEY_FILE"),
            KeyRing(vault or home / "keys" / "vault", "TRACKER_VAULT_KEY_FILE"),
            KeyFile(log or home / "keys" / "log", "TRACKER_LOG_KEY_FILE"),
        )

    @property
    def signer(self) -> Signer:
        """What signs checkpoints and frozen years.

        :raise NotReady: its key file cannot be read.
        """
        return Signer(self.log.key)

    def make(self) -> None:
        """Make those that are missing."""
        self.secrets.make()
        self.quarantine.make()
        self.vault.make()
        self.log.make()

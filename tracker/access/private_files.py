"""Files with keys: read only where nobody else can, written whole or not at all."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from tracker.errors import NotReady

LENGTH = 32
"""Bytes of a key."""


def read_private(path: Path, setting: str) -> bytes:
    """What a key file holds; ``setting`` is the variable that names another file.

    :raise NotReady: there is no such file, or others may read it.
    """
    try:
        mode, text = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise NotReady(
            f"The key file {path} cannot be read: {error.strerror}. Restore it, or name it in {setting}; "
            "a new ledger gets one from `tracker init`."
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise NotReady(f"Others may read the key file {path}. Run `chmod 600 {path}`, then try again.")
    return text


def decoded(text: bytes) -> bytes | None:
    """The key that a line of base64 spells, or nothing."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return None
    return key if len(key) == LENGTH else None


def encoded(key: bytes) -> bytes:
    """A key as a line of base64."""
    return base64.b64encode(key) + b"\n"


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(LENGTH)


def write_new(path: Path, text: bytes) -> None:
    """Write a file where there is none yet, its directory too; one that is there stays.

    :raise NotReady: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write(path, text, _link)
    except OSError as error:
        raise NotReady(f"The key file {path} cannot be made: {error.strerror}.") from None


def write_over(path: Path, text: bytes) -> None:
    """Put ``text`` in place of what a file holds, on disk when this returns.

    :raise NotReady: it cannot be written.
    """
    try:
        _write(path, text, os.replace)
        _sync_directory(path.parent)
    except OSError as error:
        raise NotReady(f"The key file {path} cannot be changed: {error.strerror}.") from None


def _write(path: Path, text: bytes, place: Callable[[Path, Path], None]) -> None:
    """Whole or not at all: half a key in this place would have to be taken for a damaged one."""
    descriptor, name = mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        place(written, path)
    finally:
        written.unlink(missing_ok=True)


def _link(written: Path, path: Path) -> None:
    with suppress(FileExistsError):  # another process was first: its key stands
        path.hardlink_to(written)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

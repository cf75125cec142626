"""A rotation in a process of its own, which ends itself without a word at a chosen step.

    python -m tests.ledger.rotating URL RING STEP

STEP is ``added``, ``chunk-N``, ``keeping``, ``kept`` or ``never``.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from tracker.access.datakeys import DataKeys
from tracker.access.keyring import KeyRing, WrappingKey
from tracker.db import Database
from tracker.ledger.rotation import rotate


class Mortal(KeyRing):
    """A ring whose process is killed before or after it changes the file."""

    def __init__(self, path: Path, step: str) -> None:
        super().__init__(path, "TRACKER_VAULT_KEY_FILE")
        self._step = step

    def reached(self, step: str) -> None:
        if step == self._step:
            os.kill(os.getpid(), signal.SIGKILL)

    def add(self) -> WrappingKey:
        added = super().add()
        self.reached("added")
        return added

    def keep(self, id: str) -> None:
        self.reached("keeping")
        super().keep(id)
        self.reached("kept")


def main(url: str, path: str, step: str) -> None:
    ring = Mortal(Path(path), step)
    chunks = itertools.count(1)
    rotate(Database(url), DataKeys(ring), lambda _done, _total: ring.reached(f"chunk-{next(chunks)}"))


if __name__ == "__main__":
    main(*sys.argv[1:])

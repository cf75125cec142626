"""Keys in files, and sources that sign, for tests of access."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.house import House
from tracker.access import sources
from tracker.access.handover import Handover, new_key
from tracker.access.keys import Keys
from tracker.access.registry import Registry
from tracker.access.sources import Source
from tracker.access.tokens import add

BY = "person:alice"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """New keys under a home of their own."""
    made = Keys.of(tmp_path / "home")
    made.make()
    return made


@dataclass
class Office:
    """A database and its keys, and whoever looks after access."""

    house: House
    keys: Keys
    handed: list[Handover] = field(default_factory=list)

    def add(self, name: str = "moderation", uri: str = "/moderation", kind: str = "hmac", **others: object) -> Handover:
        """Register a source."""
        made = new_key(kind)
        new = Source(name, uri, ("content.*",), **others)  # type: ignore[arg-type]
        with self.house.database.write() as session:
            secret = self.keys.secrets.key
            sources.add(session, new, made.key, secret=secret, by=BY, at=self.house.clock())
        self.handed.append(made)
        return made

    def rotate(self, name: str = "moderation", hours: int = 24) -> Handover:
        """Give a source a new key."""
        made, overlap = new_key(), timedelta(hours=hours)
        with self.house.database.write() as session:
            secret = self.keys.secrets.key
            sources.rotate(session, name, made.key, secret=secret, overlap=overlap, by=BY, at=self.house.clock())
        self.handed.append(made)
        return made

    def retire(self, name: str = "moderation") -> None:
        """End a source."""
        with self.house.database.write() as session:
            sources.retire(session, name, by=BY, at=self.house.clock())

    def token(self, name: str = "ci", *scopes: str, source: str | None = None, days: int = 90) -> str:
        """Make a token."""
        chosen = frozenset(scopes or {"read"})
        with self.house.database.write() as session:
            return add(session, name, chosen, source=source, days=days, by=BY, at=self.house.clock())

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.house.clock.instant += timedelta(**span)

    def process(self) -> Registry:
        """What another process would remember, which has read nothing yet."""
        return Registry(self.house.database, Keys.of(self.keys.secrets.path.parent.parent))

    def live(self, registry: Registry, name: str = "moderation") -> list[bytes]:
        """The keys that a process lets a source sign with, newest first."""
        return [key.material for key in registry.current().keys_at(name, self.house.clock())]


@pytest.fixture
def office(house: House, keys: Keys) -> Office:
    """Nobody has access yet."""
    return Office(house, keys)

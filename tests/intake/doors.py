"""A house whose source ``desk`` signs, and a reception for each process that serves it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.house import House
from tracker.access import sources
from tracker.access.keys import Keys
from tracker.access.limits import Limiter
from tracker.access.registry import Registry
from tracker.access.signatures import HMAC, Signed, new_secret, sign
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.intake.content import Content
from tracker.intake.counting import Count, by_sender, counts
from tracker.intake.modes import BATCH, ONE
from tracker.intake.quarantine import Held, Quarantine, held
from tracker.intake.reception import Reception
from tracker.ledger.events import Receipt

BY = "person:alice"
DESK = Source("desk", "/desk", ("desk.*", "tracker.*"), backfill=True)


@dataclass(repr=False)
class Door:
    """One installation. ``secret`` is what its source signs with unless a test says otherwise."""

    house: House
    keys: Keys
    secret: bytes
    receptions: list[Reception] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def process(self, registry: Registry | None = None) -> Reception:
        """Another process on the same database, with a memory and a writer of its own."""
        known = registry or Registry(self.house.database, self.keys)
        quarantine = Quarantine(self.keys.quarantine, days=30)
        made = Reception(self.house.intake, self.house.database, known, quarantine, Limiter("1000000/second"))
        self.receptions.append(made)
        return made

    def event(self, channel: str = "phone", **others: Any) -> dict[str, Any]:
        """A case reported at the desk."""
        return self.house.event("desk.case.reported", {"channel": channel}, **({"source": "/desk"} | others))

    def send(
        self, to: Reception, value: object, *, secret: bytes | None = None, id: str | None = None, dry_run: bool = False
    ) -> Sequence[Receipt]:
        """Sign and hand in one event, or a list of events, or bytes."""
        content = content_of(value)
        name = f"msg-{next(self.numbers)}" if id is None else id
        stamp = int(self.house.clock().timestamp())
        signature = sign(secret or self.secret, HMAC, name, stamp, content.body)
        return to.webhook("desk", Signed(name, str(stamp), signature), content, dry_run=dry_run)

    def rotate(self, overlap: timedelta = timedelta(0)) -> bytes:
        """Give the source a new key, as an administrator does who works elsewhere; the new secret."""
        new = new_secret()
        with self.house.database.write() as session:
            key, at = self.keys.secrets.key, self.house.clock()
            sources.rotate(session, "desk", Material(HMAC, new), secret=key, overlap=overlap, by=BY, at=at)
        return new

    def count(self) -> Sequence[int]:
        """Received, recorded, duplicate, conflict, rejected."""
        with self.house.database.read() as session:
            return by_sender(counts(session)).get("desk", Count("desk", "", 0, 0, 0, 0, 0))[2:]

    def held(self) -> list[Held]:
        """What lies in quarantine."""
        with self.house.database.read() as session:
            return held(session)


@contextmanager
def opened(house: House, home: Path) -> Iterator[Door]:
    """A door whose writers are closed at the end."""
    keys, secret = Keys.of(home), new_secret()
    keys.make()
    with house.database.write() as session:
        key, at = keys.secrets.key, house.clock()
        sources.add(session, DESK, Material(HMAC, secret), secret=key, by=BY, at=at)
    door = Door(house, keys, secret)
    yield door
    for each in door.receptions:
        each.writer.close()


def content_of(value: object) -> Content:
    """What a request with ``value`` holds."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Content(BATCH if isinstance(value, list) else ONE, (), body)

"""What each sender handed in, and what became of it, adds up in the frozen year and in its pack."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import pytest

from tests.freezing import frozen
from tests.house import House, statuses
from tests.intake.doors import BY, Door, content_of, opened
from tracker.access import sources
from tracker.access.signatures import HMAC, Signed, new_secret, sign
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.errors import ContentConflict, Invalid, Malformed, Refused, Unauthorised
from tracker.exports.frozen import export_to
from tracker.intake.reception import Reception

OUTCOMES = ("recorded", "duplicate", "conflict", "rejected")
ROUNDS = 60


@pytest.fixture
def door(house: House, tmp_path: Path) -> Iterator[Door]:
    with opened(house, tmp_path) as found:
        yield found


@pytest.fixture
def random() -> Random:
    """Chance, with a seed that is printed, for a test that fails."""
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return Random(seed)


@dataclass
class Sender:
    """A source that sends all sorts of things, and keeps count of what it was told."""

    door: Door
    to: Reception
    name: str
    secret: bytes
    random: Random
    sent: list[list[dict[str, Any]]] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    refused: set[type[Refused]] = field(default_factory=set)

    def send_something(self) -> None:
        """A new delivery, one again, one with an event changed, one with a mistake, one that cannot be read, or one
        that is not signed as it should be."""
        new = [self.door.event(source=f"/{self.name}") for _ in range(self.random.randint(1, 4))]
        again = self.random.choice(self.sent) if self.sent else new
        match self.random.randrange(6) if self.sent else 0:
            case 0:
                self.sent.append(new)
                self.deliver(new, len(new))
            case 1:
                self.deliver(again, len(again))
            case 2:
                self.deliver([*new, {**again[0], "subject": "another"}], len(new) + 1)
            case 3:
                self.deliver([*new, {**new[0], "id": "odd", "data": {"channel": "pigeon"}}, 17], len(new) + 2)
            case 4:
                self.deliver(b"[{", 1)
            case _:
                self.deliver(new, 0, secret=new_secret())

    def deliver(self, value: object, size: int, *, secret: bytes | None = None) -> None:
        """Hand in a delivery of ``size`` events and count the answer; what is not signed is not received."""
        content, id = content_of(value), f"{self.name}-{next(self.door.numbers)}"
        stamp = int(self.door.house.clock().timestamp())
        signature = sign(secret or self.secret, HMAC, id, stamp, content.body)
        try:
            receipts = self.to.webhook(self.name, Signed(id, str(stamp), signature), content)
        except Refused as error:
            self.refused.add(type(error))
            conflicts = int(isinstance(error, ContentConflict))
            self.told.update({"conflict": conflicts, "rejected": max(size - conflicts, 0)})
        else:
            assert len(receipts) == size
            self.told.update(statuses(receipts))

    @property
    def row(self) -> dict[str, Any]:
        """What a frozen year should say of this sender."""
        return {"sender": self.name, "received": self.told.total(), **{each: self.told[each] for each in OUTCOMES}}


def another(door: Door, to: Reception, name: str, random: Random) -> Sender:
    secret, house = new_secret(), door.house
    source = Source(name, f"/{name}", ("desk.*",), backfill=True)
    with house.database.write() as session:
        key, at = door.keys.secrets.key, house.clock()
        sources.add(session, source, Material(HMAC, secret), secret=key, by=BY, at=at)
    return Sender(door, to, name, secret, random)


def test_what_was_received_was_recorded_or_a_duplicate_or_in_conflict_or_rejected(door: Door, random: Random) -> None:
    to = door.process()
    senders = [another(door, to, name, random) for name in ("mill-b", "milla", "millc")]
    senders.append(Sender(door, to, "desk", door.secret, random))
    for _round in range(ROUNDS):
        for each in senders:
            each.send_something()
    expected = [each.row for each in sorted(senders, key=lambda each: each.name)]
    snapshot = frozen(door.house.database, door.house.ledger, 2020)
    assert snapshot.body["sources"] == expected
    assert all(each["received"] == sum(each[outcome] for outcome in OUTCOMES) for each in expected)
    assert all(sum(each[outcome] for each in expected) for outcome in OUTCOMES)
    assert {error for each in senders for error in each.refused} == {ContentConflict, Invalid, Malformed, Unauthorised}

    stream = io.BytesIO()
    with door.house.database.read() as session:
        export_to(stream, session, snapshot, "pack")
    with zipfile.ZipFile(stream) as pack:
        counted = json.loads(pack.read("sources.json"))
        headers = [json.loads(line) for line in pack.read("headers.ndjson").splitlines()]
    by_source = {f"/{each.name}": each.told["recorded"] for each in senders}
    assert counted == {"sources": expected, "events": by_source}
    assert Counter(header["source"] for header in headers) == by_source

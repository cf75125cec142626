"""What people confide lies open nowhere: in no database file, write-ahead log, dump, log or export."""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.api.conftest import token
from tests.cli.conftest import PROJECT, TRACKER, environment
from tests.house import Clock, House
from tests.ledger.test_sealing import raw
from tests.scenarios.confiding import Order
from tracker import evidence
from tracker.access import sources
from tracker.access.datakeys import DataKeys
from tracker.access.keys import Keys
from tracker.access.signatures import HMAC, new_secret
from tracker.access.signing import Material
from tracker.access.sources import Source
from tracker.catalogue import load
from tracker.clock import now
from tracker.db import Database
from tracker.evidence.models import files
from tracker.intake.accept import Intake
from tracker.jobs.activation import activate
from tracker.ledger.events import Actor
from tracker.ledger.models import vault
from tracker.ledger.record import Ledger
from tracker.ledger.vault import opened
from tracker.settings import shipped

OPERATOR = Actor("person", "operator")
WORDS = 200


@dataclass
class Confided:
    """A service with its keys in files, what was confided to it, and what it said."""

    house: House
    home: Path
    words: list[str]
    answers: list[int]
    log: bytes

    @property
    def environ(self) -> dict[str, str]:
        """What a command of this service has as its settings."""
        return settings(self.house.database, self.home)


def settings(database: Database, home: Path) -> dict[str, str]:
    url = database.url.render_as_string(hide_password=False)
    return environment(TRACKER_DATABASE_URL=url, TRACKER_HOME=str(home), TRACKER_LOG_LEVEL="debug")


@pytest.fixture
def confided(database: Database, tmp_path: Path) -> Confided:
    """Two hundred words, handed in by another process: in narratives, identities, names of files and in files."""
    home = tmp_path / "home"
    keys = Keys.of(home)
    keys.make()
    ledger = Ledger(load(shipped("config")), vault=DataKeys(keys.vault))
    activate(database, ledger, OPERATOR)
    house = House(database, Intake.of(ledger), Clock(now()))
    secret = new_secret()
    with database.write() as session:
        source = Source("desk", "/desk", ("*",), backfill=True)
        at = house.clock()
        sources.add(session, source, Material(HMAC, secret), secret=keys.secrets.key, by="person:operator", at=at)
    words = [f"canary{secrets.token_hex(8)}" for _ in range(WORDS)]
    order = Order(token(house, "hotline", "record", "backfill", "read", "admin"), secret.hex(), words)
    start = [sys.executable, "-c", "from tests.scenarios.confiding import send; send()"]
    ended = subprocess.run(
        start,
        cwd=PROJECT,
        env=settings(database, home),
        input=json.dumps(order._asdict()).encode(),
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-3000:]
    return Confided(house, home, words, json.loads(ended.stdout), ended.stderr)


def spellings(word: str) -> list[bytes]:
    """A word as it could lie somewhere: plain, in hex, in UTF-16, reversed, and in base64 however it is aligned."""
    plain = word.encode()
    aligned = [base64.b64encode(b"x" * shift + plain)[4 : 4 + len(plain)] for shift in range(3)]
    return [plain, plain.hex().encode(), word.encode("utf-16-le"), plain[::-1], *aligned]


def hits(words: list[str], places: Mapping[str, bytes]) -> list[tuple[str, str]]:
    return [
        (place, word)
        for place, content in places.items()
        for word in words
        if any(each in content for each in spellings(word))
    ]


def on_disk(database: Database) -> dict[str, bytes]:
    """All that the database keeps: its files with the write-ahead log, or a dump, and every table row by row."""
    found = {f"table {name}": content for name, content in raw(database).items()}
    database.close()  # to read the file past SQLite ends the locks of whatever this process has open on it
    if database.sqlite:
        file = Path(database.url.database or "")
        return found | {each.name: each.read_bytes() for each in file.parent.glob(f"{file.name}*")}
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run(["pg_dump", url], capture_output=True, check=True, timeout=60).stdout
    assert b"event_vault" in dump
    return found | {"dump": dump}


def run(confided: Confided, *arguments: str) -> bytes:
    ended = subprocess.run(
        [TRACKER, *arguments], cwd=confided.home, env=confided.environ, capture_output=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout + ended.stderr


def freeze(confided: Confided) -> None:
    """Agree to the draft of 2020, as another process."""
    command = "import os; from tests.freezing import agree; agree(os.environ, 2020)"
    subprocess.run([sys.executable, "-c", command], cwd=PROJECT, env=confided.environ, check=True, timeout=120)


def test_two_hundred_confided_words_lie_open_nowhere(confided: Confided) -> None:
    assert confided.answers == [201] * 40 + [200] + [201] * 20 + [422] * 20 + [201] * 15
    assert readable(confided) == set(confided.words) - quarantined(confided) - traces(confided)

    assert hits(confided.words, on_disk(confided.house.database)) == []
    assert hits(confided.words, {"log": confided.log}) == []
    assert confided.log.count(b'"event":"request"') >= 81  # the page for reporters leaves no line at all

    run(confided, "freeze", "2020")
    freeze(confided)
    for form in ("json", "csv", "pack"):
        run(confided, "export", "2020", "--format", form, "--output", str(confided.home / f"year.{form}"))
    written = {
        str(path.relative_to(confided.home)): path.read_bytes() for path in confided.home.rglob("*") if path.is_file()
    }
    assert {"year.json", "year.csv", "year.pack", "keys/vault"} <= written.keys()
    told = {
        " ".join(words): run(confided, *words)
        for words in (("quarantine", "list"), ("keys", "show"), ("figures", "2020"))
    }
    assert hits(confided.words, written | told) == []
    assert hits(confided.words, on_disk(confided.house.database)) == []


def quarantined(confided: Confided) -> set[str]:
    """What was handed in with deliveries that were refused."""
    return set(confided.words[120:140])


def traces(confided: Confided) -> set[str]:
    """What only the files' metadata told: it was never taken in."""
    return set(confided.words[143::4])


def readable(confided: Confided) -> set[str]:
    """What those who have the keys can read."""
    database, ledger = confided.house.database, confided.house.ledger
    assert ledger.vault is not None
    with database.read() as session:
        found = json.dumps(opened(session, ledger.vault, list(session.scalars(select(vault.c.seq).distinct()))))
        held = session.scalars(select(files.c.seq)).all()
    texts = [evidence.open_file(database, ledger, "person:p-test", seq, purpose="test") for seq in held]
    inside = b"".join(each.content for each in texts).decode("latin-1")
    return set(re.findall(r"canary[0-9a-f]{16}", found + inside))


def test_without_the_key_ring_nothing_confided_can_be_read(confided: Confided) -> None:
    (confided.home / "keys" / "vault").unlink()
    refused = subprocess.run(
        [TRACKER, "init"], cwd=confided.home, env=confided.environ, capture_output=True, check=False, timeout=120
    )
    assert refused.returncode == 2
    assert b"holds what only this key opens" in refused.stderr
    assert not (confided.home / "keys" / "vault").exists()

"""Checking what is on record, as ratios to the least that one could do on the same log in the same run.

A log of ``--events`` is recorded first. Then each round measures, in turn and in a process of its own: every digest
and the Merkle root against SHA-256 over the same bytes read back, a recount of the year against plain GROUP BYs,
and the time of one inclusion proof, which reads no event but those of a begun tile.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from tests import postgres
from tests.benchmarks.deliveries import event
from tests.benchmarks.homes import CONFIG
from tests.benchmarks.ingest import ENGINES
from tests.benchmarks.verifying_once import PARTS, PROOFS
from tracker import wiring
from tracker.catalogue import load
from tracker.db import Database
from tracker.intake.accept import Intake
from tracker.jobs.activation import activate
from tracker.ledger.events import Actor
from tracker.ledger.record import Ledger
from tracker.migrations import upgrade

ACTOR = Actor("system", "benchmark")
BATCH = 1000

GOALS = (
    ("verify the log", "SHA-256 read back", "at least 0.6 of its rate, within 64 MiB"),
    ("recount", "plain GROUP BY", "at most 1.5 of its time"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print and optionally write JSON. Always status 0: a timing is no verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks verify", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="both")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="write the measurements as JSON")
    chosen = parser.parse_args(arguments)
    measured = {engine: _measure(engine, chosen.events, chosen.rounds) for engine in ENGINES[chosen.engine]}
    for engine, found in measured.items():
        _print(engine, chosen.events, found)
    if chosen.output:
        machine = {"python": platform.python_version(), "cpu": platform.machine()}
        document = {"machine": machine, "events": chosen.events, "measured": measured}
        chosen.output.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    return 0


def _measure(engine: str, events: int, rounds: int) -> dict[str, Any]:
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    with _database(engine) as url:
        _fill(url, events)
        for _ in range(rounds):
            for part in PARTS:
                command = [sys.executable, "-m", "tests.benchmarks.verifying_once", url, part]
                ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found[part].append(json.loads(ended.stdout))
    return dict(found)


@contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/tracker.db"
        return
    name = f"tracker_bench_{uuid4().hex[:12]}"
    url = postgres.create(name)
    try:
        yield url
    finally:
        postgres.drop(name)


def _fill(url: str, events: int) -> None:
    """Record the log, a thousand events to a commit."""
    database = Database(url)
    upgrade(database)
    ledger = Ledger(load(CONFIG))
    wiring.connect()
    activate(database, ledger, ACTOR)
    intake = Intake.of(ledger)
    for first in range(0, events, BATCH):
        made = [event(f"verify-{number}", number) for number in range(first, min(first + BATCH, events))]
        with database.write() as session:
            intake.accept(session, ACTOR, intake.read(made))
    database.close()


def _print(engine: str, events: int, found: dict[str, list[dict[str, float]]]) -> None:
    print(f"{engine}, {events:,} events, median of {len(found['recount'])} rounds")
    for mine, theirs, goal in GOALS:
        pairs = list(zip(found[mine], found[theirs], strict=True))
        faster = mine == "verify the log"
        ratio = median(b["seconds"] / a["seconds"] if faster else a["seconds"] / b["seconds"] for a, b in pairs)
        peak = max(each["peak_mib"] for each in found[mine])
        seconds = [median(each["seconds"] for each in found[part]) for part in (mine, theirs)]
        print(f"  {mine:<16} {seconds[0]:8.2f} s   {theirs:<18} {seconds[1]:8.2f} s   ratio {ratio:5.2f}   goal {goal}")
        print(f"  {'':<16} peak memory {peak:.0f} MiB")
    once = median(each["seconds"] for each in found["inclusion proofs"]) / PROOFS
    print(f"  one inclusion proof {once * 1000:.2f} ms   goal at most 20 ms")

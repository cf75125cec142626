"""Importing the reference year against a raw ``executemany`` of the same rows.

Both write the same event rows to a new SQLite file with the tracker's own settings, a thousand at a
time. The import does everything (strict parsing, validation, digests, all tallies); the other nothing
but insert. The two take turns, so that a drift of the machine falls on both.
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracker.db import PRAGMAS

GOAL = 0.15
COLUMNS = (
    *("seq", "recorded_at", "actor", "source", "id", "type", "subject", "time", "entity", "day", "year"),
    *("original", "replaces", "body", "content", "leaf"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure, print and optionally write JSON. Always status 0: a timing is no verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks import", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="write the measurements as JSON")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        measured = _measure(Path(folder), chosen.rounds)
    _print(measured)
    if chosen.output:
        chosen.output.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0


def _measure(folder: Path, rounds: int) -> dict[str, Any]:
    imports, raws, memory = [], [], []
    schema, rows = _stored(_child(folder / "first")["database"])
    for number in range(rounds):
        found = _child(folder / f"round-{number}")
        imports.append(len(rows) / found["seconds"])
        memory.append(found["peak_mib"])
        raws.append(len(rows) / _raw(folder / f"raw-{number}.db", schema, rows))
    return {
        "events": len(rows),
        "import_per_second": imports,
        "raw_per_second": raws,
        "ratio": statistics.median(mine / theirs for mine, theirs in zip(imports, raws, strict=True)),
        "peak_mib": max(memory),
        "goal": GOAL,
        "machine": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "cpu": platform.machine()},
    }


def _child(home: Path) -> dict[str, Any]:
    """Import the year in a process of its own, so that its peak memory is its own."""
    home.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.importing_once", str(home)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _raw(file: Path, schema: list[str], rows: list[tuple[Any, ...]]) -> float:
    """Seconds for inserting the rows into the same table with its indexes, but without its triggers."""
    connection = sqlite3.connect(file, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", *PRAGMAS, *schema):
        connection.execute(statement)
    insert = f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for first in range(0, len(rows), 1000):
        connection.executemany(insert, rows[first : first + 1000])
    connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def _stored(database: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """How the table was made, and its rows."""
    with sqlite3.connect(database) as connection:
        made = (
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'event' AND sql IS NOT NULL AND type IN ('table', 'index')"
        )
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq").fetchall()
        return [sql for (sql,) in connection.execute(made)], rows


def _print(measured: dict[str, Any]) -> None:
    mine, theirs = statistics.median(measured["import_per_second"]), statistics.median(measured["raw_per_second"])
    print(f"{measured['events']:,} events, SQLite, one transaction, median of {len(measured['raw_per_second'])} turns")
    print(f"  import              {mine:>12,.0f} events/s   peak memory {measured['peak_mib']:.0f} MiB")
    print(f"  raw executemany     {theirs:>12,.0f} rows/s")
    print(f"  ratio               {measured['ratio']:>12.3f}            goal {measured['goal']}")

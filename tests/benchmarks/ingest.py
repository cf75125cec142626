"""Taking events in, as ratios to what else could be done with them on the same machine in the same run.

Needs ``pip install -e '.[bench]'`` and, for PostgreSQL, the server of the tests. Everything the tracker does is on:
signatures, strict parsing, validation, digests, all tallies, and commits that wait for the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from tests import postgres
from tests.benchmarks import bulk, single
from tests.benchmarks.homes import Prepared

ENGINES = {"sqlite": ("sqlite",), "postgresql": ("postgresql",), "both": ("sqlite", "postgresql")}
PARTS = ("single", "peers", "bulk")

_PACKAGES = ("flask", "granian", "sqlalchemy", "django", "djangorestframework", "fastapi", "psycopg")
_MOST_MIB = {"single": 150, "bulk": 200}


class Ratio(NamedTuple):
    """One line of the result. ``found`` is the median over the rounds of mine by theirs; all rates are medians."""

    engine: str
    mine: str
    mine_per_second: float
    theirs: str
    theirs_per_second: float
    found: float
    goal: float


def main(arguments: Sequence[str]) -> int:
    """Measure, print and optionally write JSON. Always status 0: a timing is no verdict."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks ingest", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of load for each side in each round")
    parser.add_argument("--events", type=int, default=20_000, help="of each bulk round")
    parser.add_argument("--skip", choices=PARTS, action="append", default=[])
    parser.add_argument("--output", type=Path, help="write the measurements as JSON")
    chosen = parser.parse_args(arguments)
    measured = {engine: _measure(engine, chosen) for engine in ENGINES[chosen.engine]}
    ratios = [ratio for engine in measured for ratio in _ratios(engine, measured[engine])]
    machine = _machine(chosen.engine != "sqlite")
    _print(ratios, measured, machine)
    if chosen.output:
        found = {"machine": machine, "ratios": [ratio._asdict() for ratio in ratios], "measured": measured}
        chosen.output.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0


def _measure(engine: str, chosen: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        prepared = Prepared(engine, Path(folder))
        try:
            if "single" not in chosen.skip:
                peers = "peers" not in chosen.skip
                found["single"] = single.measure(prepared, chosen.rounds, chosen.seconds, peers=peers)
            if "bulk" not in chosen.skip:
                found["bulk"] = bulk.measure(prepared, chosen.rounds, chosen.events)
        finally:
            prepared.close()
    return found


def _ratios(engine: str, measured: dict[str, Any]) -> list[Ratio]:
    sqlite = engine == "sqlite"
    found = []
    if "single" in measured:
        rates = {name: side["per_second"] for name, side in measured["single"].items()}
        goals = {single.BARE: 0.50 if sqlite else 0.30, single.DRF: 3.0, single.FASTAPI: 3.0}
        found += [_ratio(engine, rates, single.OWN, name, goal) for name, goal in goals.items() if name in rates]
    if "bulk" in measured:
        rates = measured["bulk"]["per_second"]
        found += [
            _ratio(engine, rates, bulk.HTTP, bulk.RAW, 0.35),
            _ratio(engine, rates, bulk.FILE, bulk.RAW, 0.45 if sqlite else 0.40),
            _ratio(engine, rates, bulk.REPLAY, bulk.HTTP, 1.0),
        ]
    return found


def _ratio(engine: str, rates: dict[str, list[float]], mine: str, theirs: str, goal: float) -> Ratio:
    each = [own / other for own, other in zip(rates[mine], rates[theirs], strict=True)]
    return Ratio(engine, mine, median(rates[mine]), theirs, median(rates[theirs]), median(each), goal)


def _machine(with_postgresql: bool) -> dict[str, Any]:
    found = {
        "cpu": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{package: _version(package) for package in _PACKAGES},
    }
    if with_postgresql:
        with postgres.connect() as server:
            row = server.execute("SHOW server_version").fetchone()
            found["postgresql"] = str(row[0]) if row else "unknown"
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _print(ratios: Sequence[Ratio], measured: dict[str, Any], machine: dict[str, Any]) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"\n{'':11} {'this':18} {'per second':>11}   {'against':22} {'per second':>11} {'ratio':>7} {'goal':>6}")
    for each in ratios:
        print(
            f"{each.engine:11} {each.mine:18} {each.mine_per_second:>11,.0f}   {each.theirs:22} "
            f"{each.theirs_per_second:>11,.0f} {each.found:>7.2f} {each.goal:>6.2f}{_missed(each)}"
        )
    for engine, found in measured.items():
        _print_rest(engine, found)


def _missed(ratio: Ratio) -> str:
    return "" if ratio.found >= ratio.goal else "  missed"


def _print_rest(engine: str, found: dict[str, Any]) -> None:
    print()
    if "single" in found:
        own = found["single"][single.OWN]
        print(f"{engine:11} single POST: p50 {median(own['p50_ms']):.1f} ms, p99 {median(own['p99_ms']):.1f} ms")
        print(f"{engine:11} memory of a worker {own['peak_mib']:.0f} MiB, goal {_MOST_MIB['single']}")
    for name, peak in found.get("bulk", {}).get("peak_mib", {}).items():
        print(f"{engine:11} memory of {name} {peak:.0f} MiB, goal {_MOST_MIB['bulk']}")

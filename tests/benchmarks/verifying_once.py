"""One measurement on a log that is there, in a process of its own: seconds and peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from hashlib import sha256

from sqlalchemy import text

from tests.benchmarks.deliveries import TYPE
from tests.benchmarks.homes import CONFIG
from tracker.catalogue import load
from tracker.db import Database
from tracker.jobs.verifying.log import verify_log
from tracker.ledger.heads import read_head
from tracker.ledger.merkle import inclusion
from tracker.ledger.tree import Nodes
from tracker.tallies.recount import recount

YEAR = 2020
PROOFS = 50


def log(database: Database) -> None:
    """Every digest and the Merkle root, as `tracker verify` checks them."""
    found = verify_log(database)
    if found.findings:
        raise RuntimeError(f"A sound log was found wrong: {found.findings[0]}")


def hashing(database: Database) -> None:
    """SHA-256 over the stored bytes read back, and nothing else."""
    with database.engine.connect() as connection:
        rows = connection.execution_options(yield_per=1000).exec_driver_sql("SELECT body FROM event ORDER BY seq")
        for (body,) in rows:
            sha256(body.encode()).digest()


def counting(database: Database) -> None:
    """A year of every metric, counted from the events."""
    catalogue = load(CONFIG)
    with database.read() as session:
        recount(session, catalogue, [catalogue.calendar.year(YEAR)])


def grouping(database: Database) -> None:
    """The same figures as plain SQL has them, one statement for each metric."""
    with database.read() as session:
        for statement in _statements(sqlite=database.sqlite):
            session.execute(text(statement)).all()


def proving(database: Database) -> None:
    """Audit paths of events all over the log."""
    with database.read() as session:
        size = read_head(session).size
        for number in range(PROOFS):
            inclusion(Nodes(session, size), size * number // PROOFS, size)


def _statements(*, sqlite: bool) -> list[str]:
    def field(path: str) -> str:
        return (
            f"json_extract(body, '$.data.{path}')" if sqlite else f"body::json #>> '{{data,{path.replace('.', ',')}}}'"
        )

    def number(path: str) -> str:
        return f"sum(CAST({field(path)} AS NUMERIC))"

    true = "1" if sqlite else "'true'"
    of = f"FROM event WHERE type = '{TYPE}' AND year = {YEAR}"
    return [
        f"SELECT {field('mode')}, count(*) {of} GROUP BY 1",
        f"SELECT count(*) {of} AND {field('external')} = {true}",
        f"SELECT {field('level')}, {number('attendees')} {of} GROUP BY 1",
        f"SELECT {number('hours')} {of}",
        f"SELECT {field('mode')}, {number('cost.amount')} {of} GROUP BY 1",
    ]


PARTS: Mapping[str, Callable[[Database], None]] = {
    "verify the log": log,
    "SHA-256 read back": hashing,
    "recount": counting,
    "plain GROUP BY": grouping,
    "inclusion proofs": proving,
}


def main(url: str, part: str) -> None:
    """Time one part."""
    database = Database(url)
    started = time.perf_counter()
    PARTS[part](database)
    seconds = time.perf_counter() - started
    database.close()
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": seconds, "peak_mib": max(usage) / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Before an answer goes out the disk was waited for; where it would not be, nothing starts."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.postgres import connect, drop, migrated
from tests.scenarios.senders import endless, send
from tests.scenarios.servers import Client, Site, needed, opened, serving, start

ANSWERS = 200

_CALL = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")


def steps(trace: str) -> Iterator[str]:
    """What a trace of system calls tells, in order: ``written`` to the log, ``synced`` the log, ``answered`` 201.

    Writing counts from its beginning, syncing from its end with success, answering from its beginning.
    """
    under_way: dict[str, str] = {}
    for line in trace.splitlines():
        if found := _CALL.match(line):
            thread, name, file, rest = found.groups()
            if "HTTP/1.1 201" in rest:
                yield "answered"
            elif file.endswith("-wal") and "write" in name:
                yield "written"
            elif file.endswith("-wal") and "unfinished" in rest:
                under_way[thread] = name
            elif file.endswith("-wal") and rest.endswith("= 0"):
                yield "synced"
        elif (found := _RESUMED.match(line)) and under_way.pop(found["thread"], "") == found["name"]:
            assert found["rest"].endswith("= 0"), line
            yield "synced"


def test_on_sqlite_the_log_is_synced_before_every_single_answer(tmp_path: Path, sqlite_url: str) -> None:
    site, trace = Site.make(tmp_path, sqlite_url), tmp_path / "trace"
    calls = "trace=fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg"
    strace = needed("strace")
    if subprocess.run([strace, "-o", os.devnull, "true"], check=False, capture_output=True).returncode:
        pytest.skip("The kernel does not let processes be traced here.")
    tracing = [strace, "-f", "-y", "-s", "24", "-e", calls, "-o", str(trace)]
    events = endless("event", Random(1))
    with serving(site, wrapper=tracing) as server, Client(server.port) as client:
        for _ in range(ANSWERS):
            assert send(client, site, next(events)).status == 201
        server.tell_to_end()
        assert server.ended() == 0
    told = list(steps(trace.read_text("utf-8", "replace")))
    assert told.count("answered") == ANSWERS
    between = " ".join(told).split("answered")[:-1]
    assert all("written" in each for each in between)
    assert [each.split()[-1] for each in between] == ["synced"] * ANSWERS


def test_every_sqlite_connection_waits_for_the_disk(sqlite_url: str) -> None:
    wanted = {"synchronous": 2, "journal_mode": "wal", "recursive_triggers": 1}
    with opened(sqlite_url) as database, database.read() as one, database.read() as another, database.write() as third:
        for session in (one, another, third):
            assert {name: session.scalar(text(f"PRAGMA {name}")) for name in wanted} == wanted


@pytest.fixture
def careless(tmp_path: Path, postgresql_url: str) -> Iterator[Site]:
    """A site on a PostgreSQL database of its own, which a test may set as it likes."""
    name = f"tracker_careless_{uuid.uuid4().hex[:12]}"
    assert postgresql_url  # there is a server
    yield Site.make(tmp_path, migrated(name))
    drop(name)


@pytest.mark.parametrize("whose", ["DATABASE {name}", "ROLE CURRENT_USER IN DATABASE {name}"])
def test_a_database_that_acknowledges_before_it_syncs_is_refused_at_the_start(careless: Site, whose: str) -> None:
    name = make_url(careless.url).database
    with connect() as server:
        server.execute(f"ALTER {whose.format(name=name)} SET synchronous_commit TO off".encode())
    refused = start(careless)
    assert refused.ended() == 2, refused.log
    assert "PostgreSQL would acknowledge what is not on disk" in refused.log
    assert "Traceback" not in refused.log

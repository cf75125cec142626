"""NDJSON of any size, through a real server: every line answered, in memory that does not grow with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.oracle import SOUND, judge
from tests.scenarios.servers import URI, Answer, Client, Server, Site, serving

CHUNKED, TOLD = "chunked", "with its length told"
AT_ONCE = 200
GROWTH_KIB = 6 * 1024
MOST_KIB = 200 * 1024


def line(number: int) -> bytes:
    """One event; every line is as long as every other."""
    event = {
        "specversion": "1.0",
        "id": f"meter-{number:08}",
        "source": URI,
        "type": "desk.meter.read",
        "subject": f"meter-{number % 50:02}",
        "time": f"2025-{number % 12 + 1:02}-04T12:00:00+08:00",
        "data": {"channel": "mail", "quantity": f"{number % 1000:03}.25"},
    }
    return json.dumps(event).encode() + b"\n"


def body(numbers: range) -> Iterator[bytes]:
    """The lines, some at a time: they are never all in memory, nor is anything read before all is sent."""
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        yield b"".join(line(number) for number in range(start, min(start + AT_ONCE, numbers.stop)))


def post(server: Server, site: Site, numbers: range, how: str) -> Answer:
    """Send lines as one request."""
    headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/x-ndjson"}
    if how == TOLD:
        headers["Content-Length"] = str(len(line(0)) * len(numbers))
    with Client(server.port) as client:
        return client.post("/api/v1/events", body(numbers), headers)


def check(answer: Answer, numbers: range) -> None:
    """All lines were recorded, each was told its place, and the sum is right."""
    assert answer.status == 200
    *lines, last = answer.body.splitlines()
    assert [(each["line"], each["id"], each["status"]) for each in map(json.loads, lines)] == [
        (place, f"meter-{number:08}", "recorded") for place, number in enumerate(numbers, 1)
    ]
    assert json.loads(last)["summary"] == {"recorded": len(numbers), "duplicate": 0, "valid": 0, "refused": 0}


def test_memory_does_not_grow_with_the_length_of_an_import(tmp_path: Path, postgresql_url: str) -> None:
    # Not on SQLite: there the database's own page cache grows, up to its 32 MiB.
    site = Site.make(tmp_path, postgresql_url)
    short, chunked, told = range(8_000), range(8_000, 20_000), range(20_000, 32_000)
    with serving(site) as server:
        check(post(server, site, short, CHUNKED), short)
        before = server.peak_kib()
        check(post(server, site, chunked, CHUNKED), chunked)
        check(post(server, site, told, TOLD), told)
        after = server.peak_kib()
    print(f"VmHWM {before} KiB after {len(short)} lines, {after} KiB after {told.stop}")
    assert after - before < GROWTH_KIB
    assert after < MOST_KIB
    assert judge(site.url, []) == SOUND


@pytest.mark.full
@pytest.mark.parametrize("how", [CHUNKED, TOLD])
def test_two_hundred_thousand_lines_take_less_than_200_mib(tmp_path: Path, url: str, how: str) -> None:
    site, numbers = Site.make(tmp_path, url), range(200_000)
    with serving(site) as server:
        check(post(server, site, numbers, how), numbers)
        print(f"VmHWM {server.peak_kib()} KiB")
        assert server.peak_kib() < MOST_KIB
    assert judge(site.url, []) == SOUND

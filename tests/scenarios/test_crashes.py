"""What was acknowledged is there, once, whatever is killed and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random, SystemRandom
from threading import Event
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.postgres import connect
from tests.scenarios.faults import POINTS
from tests.scenarios.oracle import SOUND, Oracle, judge
from tests.scenarios.senders import Crowd, Sender, endless, event
from tests.scenarios.servers import Server, Site, kill, serving, start

SENDERS = 8
WORKERS = {"sqlite": 1, "postgresql": 2}


@pytest.fixture
def random() -> Random:
    """Chance, with a seed that is printed, for a test that fails."""
    seed = SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return Random(seed)


@pytest.fixture
def site(tmp_path: Path, url: str) -> Site:
    """An installation on either database."""
    return Site.make(tmp_path, url)


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[Oracle]:
    """Who remembers what was acknowledged."""
    made = Oracle(tmp_path / "acknowledged")
    yield made
    made.close()


class Ordeal:
    """One installation that is killed again and again, while the same senders send."""

    def __init__(self, site: Site, oracle: Oracle, random: Random) -> None:
        self.site = site
        self.oracle = oracle
        self.random = random
        self.workers = WORKERS[make_url(site.url).get_backend_name()]
        self.crowd = Crowd([self._sender(f"sender-{number}") for number in range(SENDERS)])
        self.server: Server | None = None

    def _sender(self, name: str) -> Sender:
        return Sender(name, self.site, self.oracle, endless(name, Random(self.random.random())))

    def rounds(self, count: int) -> None:
        """Kill ``count`` times: each fault point in turn, every other time a random moment."""
        try:
            with self.crowd:
                for number in range(count):
                    self._round(POINTS[number // 2 % len(POINTS)] if number % 2 else "")
        finally:
            if self.server is not None:
                self.server.kill()

    def _round(self, point: str) -> None:
        fault = f"{point}:{self.random.randrange(1, 12)}" if point else ""
        server = self._started(fault)
        self.crowd.start([server.port])
        if not fault:
            self._kill_something(server)
        self.crowd.join()
        if fault:
            assert server.ended() != 0, server.log

    def _started(self, fault: str) -> Server:
        """A server that runs; the one of the round before, if that survived and needs no fault point."""
        if self.server is not None and (fault or not self.server.running):
            self.server.kill()
            self.server = None
        self.server = self.server or start(self.site, workers=self.workers, fault=fault).wait()
        return self.server

    def _kill_something(self, server: Server) -> None:
        self.oracle.wait_for(self.random.randrange(1, 120))
        Event().wait(self.random.random() / 50)  # any moment, not just the one after an answer
        if self.workers > 1 and self.random.random() < 0.5:
            terminate_backends(self.site.url)
            self.oracle.wait_for(SENDERS)
            self.crowd.enough.set()
            return
        kill(self.random.choice(server.workers))
        server.kill()


def terminate_backends(url: str) -> None:
    """End every connection to a PostgreSQL database, as its administrator or a restart does."""
    with connect() as server:
        gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        server.execute(gone, (make_url(url).database,))


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.full)])
def test_what_was_acknowledged_is_on_record_whenever_the_server_is_killed(
    site: Site, oracle: Oracle, random: Random, rounds: int
) -> None:
    ordeal = Ordeal(site, oracle, random)
    ordeal.rounds(rounds)
    acknowledged = oracle.read()
    print(f"{len(acknowledged)} acknowledged; seen: {dict(ordeal.crowd.seen())}")
    assert len(acknowledged) == oracle.count > rounds
    assert judge(site.url, acknowledged) == SOUND


@pytest.mark.parametrize(("count", "kills"), [(2_000, 4), pytest.param(10_000, 20, marks=pytest.mark.full)])
def test_events_sent_many_times_to_servers_that_are_killed_are_on_record_once(
    tmp_path: Path, postgresql_url: str, oracle: Oracle, random: Random, count: int, kills: int
) -> None:
    site = Site.make(tmp_path, postgresql_url)
    distinct = [event(f"event-{number}", random) for number in range(count)]
    copies = [each for each in distinct for _ in range(random.randrange(1, 6))]
    random.shuffle(copies)
    crowd = Crowd([dealt(site, oracle, copies, number) for number in range(SENDERS)])
    servers = [start(site, workers=2) for _ in range(2)]
    try:
        ports = [server.wait().port for server in servers]
        with crowd:
            crowd.start(ports, to_the_end=True)
            for number in range(kills):
                oracle.reach((number + 1) * len(copies) // (kills + 2))
                chosen = number % 2  # the one that those whom the last kill hit have gone to
                kill(random.choice(servers[chosen].workers))
                servers[chosen].kill()
                servers[chosen] = start(site, workers=2, port=ports[chosen]).wait()
            crowd.join(timeout=600)
    finally:
        for server in servers:
            server.kill()
    acknowledged = oracle.read()
    print(f"{len(copies)} copies of {count}; seen: {dict(crowd.seen())}")
    assert len(acknowledged) == len(copies)
    assert len(set(acknowledged)) == len({each.id for each in acknowledged}) == count
    assert {each.seq for each in acknowledged} == set(range(count))
    assert judge(site.url, acknowledged) == SOUND


def dealt(site: Site, oracle: Oracle, copies: list[dict[str, Any]], number: int) -> Sender:
    """One of the senders, with its share."""
    return Sender(f"sender-{number}", site, oracle, iter(copies[number::SENDERS]))


def test_a_server_that_is_told_to_end_finishes_what_it_has_begun(site: Site, oracle: Oracle, random: Random) -> None:
    workers = WORKERS[make_url(site.url).get_backend_name()]
    senders = [Sender(f"s-{number}", site, oracle, endless(f"s-{number}", random)) for number in range(SENDERS)]
    with serving(site, workers=workers) as server, Crowd(senders) as crowd:
        crowd.start([server.port])
        oracle.wait_for(100)
        server.tell_to_end()
        assert server.process.wait(timeout=10) == 0, server.log
        crowd.join()
    assert set(crowd.seen()) <= {"201", "503", "broken"}
    assert judge(site.url, oracle.read()) == SOUND

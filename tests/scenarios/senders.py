"""Senders: systems that sign what happened and send it until it is acknowledged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from random import Random
from threading import Event
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.scenarios.oracle import Oracle
from tests.scenarios.servers import ONE, SECONDS, SOURCE, URI, Answer, Client, Site

DONE, ASK_AGAIN = (200, 201), 503


def endless(name: str, random: Random) -> Iterator[dict[str, Any]]:
    """Events that every measure of the small catalogue has something to count in."""
    number = 0
    while True:
        yield event(f"{name}-{number}", random)
        number += 1


def event(id: str, random: Random) -> dict[str, Any]:
    """A case, a reading of a meter, or somebody who joins."""
    channel = random.choice(["mail", "phone"])
    loss = {"amount": f"{random.randrange(10**6)}.25", "currency": "CNY"}
    kind, data = random.choice(
        [
            ("case.reported", {"channel": channel, "level": "low", "loss": loss}),
            ("meter.read", {"channel": channel, "quantity": f"{random.randrange(10**4)}.5", "weight": 3}),
            ("member.joined", {"channel": channel, "heads": random.randrange(9)}),
        ]
    )
    return {
        "specversion": "1.0",
        "id": id,
        "source": URI,
        "type": f"desk.{kind}",
        "subject": f"s-{random.randrange(40)}",
        "time": f"20{random.randrange(19, 26)}-{random.randrange(1, 13):02}-04T12:00:00+08:00",
        "data": data,
    }


def signed(site: Site, id: str, body: bytes) -> dict[str, str]:
    """The headers that sign a delivery, made by the reference library."""
    now = datetime.now(UTC)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(site.secret).sign(id, now, body.decode()),
    }


def send(client: Client, site: Site, value: dict[str, Any]) -> Answer:
    """Send one event, signed."""
    body = json.dumps(value).encode()
    return client.post(f"/api/v1/webhooks/{SOURCE}", body, signed(site, value["id"], body) | {"Content-Type": ONE})


@dataclass
class Sender:
    """Sends ``events`` one after another, each until it is acknowledged, and tells the oracle before it goes on.

    ``pending`` is the event that has no answer yet; ``seen`` counts statuses and broken connections.
    """

    name: str
    site: Site
    oracle: Oracle
    events: Iterator[dict[str, Any]]
    pending: dict[str, Any] | None = None
    seen: Counter[str] = field(default_factory=Counter)

    def send_to(self, port: int, enough: Event) -> bool:
        """Send until it is ``enough`` or the connection breaks (false) or there are no more events (true)."""
        with Client(port) as client:
            while not enough.is_set():
                self.pending = self.pending or next(self.events, None)
                if self.pending is None:
                    return True
                try:
                    answer = send(client, self.site, self.pending)
                except (OSError, HTTPException):
                    self.seen["broken"] += 1
                    return False
                self._hear(answer)
        return False

    def send_all(self, ports: Sequence[int], enough: Event) -> None:
        """Send all events, to whichever server answers."""
        turn = 0
        while not enough.is_set() and not self.send_to(ports[turn % len(ports)], enough):
            turn += 1
            enough.wait(0.01)  # a server that is being started again refuses connections at once

    def _hear(self, answer: Answer) -> None:
        self.seen[str(answer.status)] += 1
        if answer.status in DONE:
            [receipt] = answer.document["receipts"]
            assert self.pending is not None
            assert receipt["id"] == self.pending["id"], answer
            self.oracle.acknowledge(self.name, receipt)
            self.pending = None
        else:
            assert answer.status == ASK_AGAIN, answer
            assert "retry-after" in answer.headers, answer


@dataclass
class Crowd:
    """Senders at work at the same time; leaving the context says that it is enough, and waits for them."""

    senders: Sequence[Sender]
    enough: Event = field(default_factory=Event)
    _stack: ExitStack = field(default_factory=ExitStack)
    _working: list[Future[Any]] = field(default_factory=list)

    def start(self, ports: Sequence[int], *, to_the_end: bool = False) -> None:
        """Let them send to one of ``ports`` each, or to any of them until all is acknowledged."""
        self.enough.clear()
        pool = self._stack.enter_context(ThreadPoolExecutor(len(self.senders)))
        for number, sender in enumerate(self.senders):
            work = (
                pool.submit(sender.send_all, [*ports[number % len(ports) :], *ports], self.enough)
                if to_the_end
                else pool.submit(sender.send_to, ports[number % len(ports)], self.enough)
            )
            self._working.append(work)

    def join(self, timeout: int = SECONDS) -> None:
        """Wait until they have stopped by themselves, and raise what went wrong."""
        for work in self._working:
            work.result(timeout)
        self._working.clear()

    def seen(self) -> Counter[str]:
        """All that they have seen."""
        return sum((sender.seen for sender in self.senders), Counter())

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        self._stack.close()

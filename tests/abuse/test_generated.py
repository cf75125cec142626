"""Thousands of spoilt requests: never an error of ours, nothing stored but what is right, no memory kept."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.abuse.mutation import ONE, Mutant, mutant
from tests.abuse.scene import NOW, Scene
from tests.abuse.sending import PLAIN_ID, good_event, knock
from tracker.access.sources import Source
from tracker.clock import stamp
from tracker.errors import Refused
from tracker.intake import modes

SEED = 20_260_102
WARM = 300
"""After this many requests caches are full and memory is measured for the first time."""

MOST_GROWTH = 10 * 1_024 * 1_024
OLDEST = stamp(NOW - timedelta(days=7))
DESK = Source("desk", "/desk", ("desk.*", "form.*"))


def test_a_thousand_spoilt_requests_do_no_harm(scene: Scene) -> None:
    bombard(scene, 1_000)


@pytest.mark.full
def test_ten_thousand_spoilt_requests_do_no_harm(scene: Scene) -> None:
    bombard(scene, 10_000)


def bombard(scene: Scene, times: int) -> None:
    """Send spoilt requests through every door by turns and check each answer, the log, and memory."""
    random = Random(SEED)
    before, warm = scene.rows()["event"], 0
    outcomes: set[int] = set()
    for number, door in zip(range(times), doors(scene), strict=False):
        if number == WARM:
            warm = memory()
        ident = f"g{times}-{number}"
        request = mutant(random, ident)
        sound = is_sound(scene, request, door)
        answer = knock(scene, request, door, ident)
        told = f"request {number} of seed {SEED}: {request} answered {answer.text[:500]}"
        assert answer.status_code in {200, 201, 400, 403, 409, 413, 415, 422}, told
        assert sound or answer.status_code not in {200, 201}, told
        assert not sound or answer.status_code in {200, 201, 409} or may_amend(answer.status_code, request), told
        if answer.status_code in {200, 201}:
            before += [each["status"] for each in answer.get_json()["receipts"]].count("recorded")
        outcomes.add(answer.status_code)
        assert scene.rows()["event"] == before, told
        if number % 50 == 0:
            before += a_good_one(scene, ident)
    assert outcomes >= {201, 400, 409, 415, 422}
    assert memory() - warm < MOST_GROWTH


def doors(scene: Scene) -> Iterator[str]:
    """Signed with a known length, signed in chunks, and with a token, by turns."""
    while True:
        yield from ("signed", "chunked", "token")


def is_sound(scene: Scene, request: Mutant, door: str) -> bool:
    """Whether the reader, asked alone, finds nothing wrong."""
    try:
        values, pointers = modes.values(request.type, request.attributes.items(), request.body)
        events = scene.house.intake.read(values, pointers=pointers)
    except Refused:
        return False
    if any(event.mistakes for event in events):
        return False
    if door == "token":
        return True
    if request.attributes and not PLAIN_ID(request.attributes["ce-id"]):
        return False
    fresh = all(event.time >= OLDEST for event in events)
    return fresh and all(event.source == DESK.uri and DESK.may_send(event.type) for event in events)


def may_amend(status: int, request: Mutant) -> bool:
    """Whether a sound request may yet be refused: an amendment is judged by what it amends."""
    return status in {403, 422} and b"tracker.event." in request.body + repr(request.attributes).encode()


def a_good_one(scene: Scene, ident: str) -> int:
    """One good event through the short way; how many were recorded."""
    body = good_event(f"{ident}-good")
    answer = knock(scene, Mutant(ONE, {}, body), "signed", f"{ident}-good")
    assert answer.status_code == 201, answer.text
    return 1


def memory() -> int:
    """The bytes of this process that are in memory, once what can go has gone."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

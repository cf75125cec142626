"""Rotation of the wrapping key: killed anywhere, run again, while events come in, and nothing is lost."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select

from tests.house import House
from tracker.access.datakeys import DataKeys, counts, known
from tracker.access.keyring import KeyRing
from tracker.access.models import data_keys
from tracker.errors import NotReady
from tracker.intake.accept import Intake
from tracker.ledger.rotation import Rotated, rotate

CASE = "desk.case.reported"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KeyRing(tmp_path / "vault", "TRACKER_VAULT_KEY_FILE").make()
    return tmp_path / "vault"


@pytest.fixture
def sealed(house: House, path: Path) -> House:
    """A house whose key ring is a file."""
    return another(house, path)


def another(house: House, path: Path) -> House:
    """The same house as another process has it, with the ring as its file is now."""
    datakeys = DataKeys(KeyRing(path, "TRACKER_VAULT_KEY_FILE"), house.clock)
    return House(house.database, Intake.of(replace(house.ledger, vault=datakeys)), house.clock, house.numbers)


def report(house: House, *subjects: str) -> None:
    told = [house.event(CASE, {"channel": "phone", "narrative": f"about {each}"}, subject=each) for each in subjects]
    house.record(*told)


def told(house: House) -> list[str]:
    return sorted(value.decode() for _, value in house.secrets().values())


def datakeys_of(house: House) -> DataKeys:
    assert house.ledger.vault is not None
    return house.ledger.vault


def wrapping(house: House) -> dict[str, int]:
    with house.database.read() as session:
        return dict(counts(session))


def ids(path: Path) -> list[str]:
    return [each.id for each in KeyRing(path, "").listed()]


def test_every_data_key_is_wrapped_anew_and_the_old_key_is_gone(sealed: House, path: Path) -> None:
    report(sealed, *(f"s{number}" for number in range(250)))
    [old], before = ids(path), told(sealed)
    steps: list[tuple[int, int]] = []
    result = rotate(sealed.database, datakeys_of(sealed), lambda done, total: steps.append((done, total)))
    [new] = ids(path)
    assert result == Rotated(new, 250, 1, resumed=False)
    assert steps == [(100, 250), (200, 250), (250, 250), (250, 250)]
    assert (new != old, wrapping(sealed)) == (True, {new: 250})
    with sealed.database.read() as session:
        assert known(session) == {old: "2021-02-01T04:00:00.000000Z", new: None}
    assert told(another(sealed, path)) == before


def test_data_keys_and_what_they_seal_stay_the_same(sealed: House, path: Path) -> None:
    report(sealed, "s1", "s2")
    with sealed.database.read() as session:
        before = session.execute(select(data_keys)).all()
        keys = datakeys_of(sealed).open_by_id(session, [row.id for row in before])
    rotate(sealed.database, datakeys_of(sealed))
    with sealed.database.read() as session:
        after = session.execute(select(data_keys)).all()
        assert datakeys_of(another(sealed, path)).open_by_id(session, keys) == keys
    assert [row.wrapped for row in before if row.wrapped in [each.wrapped for each in after]] == []


def test_a_ring_that_wraps_nothing_yet_can_be_rotated(sealed: House, path: Path) -> None:
    [old] = ids(path)
    assert rotate(sealed.database, datakeys_of(sealed)).rewrapped == 0
    [new] = ids(path)
    report(sealed, "s1")
    assert (new != old, wrapping(sealed)) == (True, {new: 1})


def test_rotating_twice_makes_two_new_keys(sealed: House, path: Path) -> None:
    report(sealed, "s1")
    seen = [ids(path)]
    for _ in range(2):
        rotate(sealed.database, datakeys_of(sealed))
        seen.append(ids(path))
    assert len({id for each in seen for id in each}) == 3
    assert told(another(sealed, path)) == ['"about s1"']


def test_with_the_ring_of_another_database_nothing_is_changed(sealed: House, path: Path) -> None:
    report(sealed, "s1")
    right, (old,) = path.read_bytes(), ids(path)
    path.write_bytes(base64.b64encode(bytes(32)) + b"\n")
    wrong = path.read_bytes()
    with pytest.raises(NotReady, match=f"has no key {old}"):
        rotate(sealed.database, datakeys_of(another(sealed, path)))
    assert (path.read_bytes(), wrapping(sealed)) == (wrong, {old: 1})
    path.write_bytes(right)
    assert told(another(sealed, path)) == ['"about s1"']


KILLS = ("added", "chunk-1", "chunk-2", "keeping", "kept")


@pytest.mark.parametrize("cases", [300, pytest.param(1000, marks=pytest.mark.full)])
def test_a_rotation_killed_five_times_loses_nothing(cases: int, sealed: House, path: Path) -> None:
    subjects = [f"s{number}" for number in range(cases)]
    report(sealed, *subjects)
    first = ids(path)
    for step in KILLS:
        assert run(sealed, path, step) == -signal.SIGKILL
        late = f"during-{step}"
        report(sealed, late)  # by a process that has not heard of anything
        subjects.append(late)
        assert told(another(sealed, path)) == sorted(f'"about {each}"' for each in subjects)
    assert run(sealed, path, "never") == 0
    [last] = ids(path)
    assert (last in first, wrapping(sealed)) == (False, {last: len(subjects)})
    assert told(another(sealed, path)) == sorted(f'"about {each}"' for each in subjects)


def run(house: House, path: Path, step: str) -> int:
    url = house.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ledger.rotating", url, str(path), step]
    return subprocess.run(command, cwd=Path(__file__).parents[2], check=False, timeout=60).returncode


def test_events_come_in_while_keys_are_rotated(sealed: House, path: Path) -> None:
    report(sealed, *(f"s{number}" for number in range(300)))
    done, recorded = Event(), ["s0"]

    def go_on() -> None:
        while not done.is_set():
            report(sealed, f"t{len(recorded)}")
            recorded.append(f"t{len(recorded)}")

    sender = Thread(target=go_on)
    sender.start()
    try:
        for _ in range(100):
            rotate(sealed.database, datakeys_of(another(sealed, path)))
            if len(recorded) > 10:
                break
    finally:
        done.set()
        sender.join()
    [last] = ids(path)
    assert wrapping(sealed) == {last: 300 + len(recorded) - 1}
    assert len(recorded) > 10
    assert len(told(another(sealed, path))) == 300 + len(recorded) - 1

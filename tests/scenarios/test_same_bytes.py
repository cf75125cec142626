"""The same events give the same exports, byte for byte: on every engine, in every zone and locale, in any batches."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.freezing import frozen_in
from tests.house import House, small_catalogue
from tracker import wiring
from tracker.db import Database
from tracker.exports.frozen import EVERY_FORMAT, export_to
from tracker.migrations import upgrade
from tracker.snapshots.reading import get

ROOT = Path(__file__).parents[2]
CASE, READ, JOINED, LEFT = "desk.case.reported", "desk.meter.read", "desk.member.joined", "desk.member.left"


def history(house: House) -> list[dict[str, Any]]:
    """Two years of events of every kind, out of order, with names in two scripts and equal times."""
    opening = {"metric": "desk.stock", "quantity": 3, "by": {"channel": "mail"}}
    return [
        *(each for number in range(1, 15) for each in _month(house, number)),
        house.event("tracker.balance.opened", opening, time="2018-12-31T12:00:00Z"),
        house.event(LEFT, {"channel": "phone", "heads": 1}, subject="p-3", time="2020-12-31T15:59:59Z"),
    ]


def amendments(house: House) -> list[dict[str, Any]]:
    """A correction and a void, which can only follow what they amend."""
    amended = {"original": {"seq": 0}, "replaces": 0, "reason": "寫錯了"}
    corrected = amended | {"data": {"channel": "mail", "loss": {"amount": "7.77", "currency": "CNY"}}}
    voided = amended | {"original": {"seq": 5}, "replaces": 5}
    return [
        house.event("tracker.event.corrected", corrected, subject="案件-0"),
        house.event("tracker.event.voided", voided),
    ]


def _month(house: House, number: int) -> list[dict[str, Any]]:
    month = number * 5 % 24  # in no order
    time = f"{2019 + month // 12}-{month % 12 + 1:02}-28T23:30:00+00:00"
    channel = {"channel": ("phone", "mail")[number % 2]}
    level: dict[str, Any] = {"level": ("low", "high")[number % 2]} if number % 3 else {}
    loss = {"amount": f"{number}.3{number % 10}", "currency": "CNY"}
    case = channel | level | {"loss": loss, "places": [f"地點-{number % 4}", "z"], "narrative": "有人說了什麼"}
    reading = channel | level | {"quantity": f"{number * 7 - 50}.05", "weight": number % 5}
    return [
        house.event(CASE, case, subject=f"案件-{number}", time=time),
        house.event(READ, reading, subject=f"m-{number % 3}", time=time),
        house.event(READ, reading, subject=f"m-{number % 2}", time="2020-06-30T12:00:00Z"),
        house.event(JOINED, channel | {"heads": number}, subject=f"p-{number % 6}", time=time),
    ]


def exports(database: Database, batch: int) -> Mapping[str, bytes]:
    """Record the history in batches, freeze 2020 and export it in every format."""
    house = House.build(database, small_catalogue())
    for events in (history(house), amendments(house)):
        for first in range(0, len(events), batch):
            house.record(*events[first : first + batch])
    with database.write() as session:
        frozen_in(session, house.ledger, 2020)
    return {format: exported(database, format) for format in EVERY_FORMAT}


def exported(database: Database, format: str) -> bytes:
    stream = io.BytesIO()
    with database.read() as session:
        export_to(stream, session, get(session, 2020), format)
    return stream.getvalue()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The exports of one batch on SQLite, here."""
    return exports_of_a_new_file(tmp_path_factory.mktemp("reference"), 100)


def exports_of_a_new_file(folder: Path, batch: int) -> Mapping[str, bytes]:
    database = Database(f"sqlite:///{folder / 'tracker.db'}")
    upgrade(database)
    try:
        return exports(database, batch)
    finally:
        database.close()


def export_into(folder: Path) -> None:
    """What the other process does: the same, with its own zone and locale, into files."""
    wiring.connect()
    for format, content in exports_of_a_new_file(folder, 7).items():
        (folder / f"year.{format}").write_bytes(content)


def test_the_reference_says_something(reference: Mapping[str, bytes]) -> None:
    assert set(reference) == set(EVERY_FORMAT)
    assert reference["csv"].count(b"\r\n") > 20 * 13
    assert b"2020-12" in reference["json"]
    assert reference["pack"].count(b'"type":"desk.case.reported"') > 20


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_every_engine_and_batch_size_gives_the_same_bytes(
    database: Database, reference: Mapping[str, bytes], batch: int
) -> None:
    assert exports(database, batch) == reference


ELSEWHERE: list[dict[str, str]] = [
    {"TZ": "Pacific/Apia", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "2"},
]


@pytest.mark.parametrize("changes", ELSEWHERE, ids=["Apia and C", "St John's and German"])
def test_zone_and_locale_of_the_machine_do_not_show(
    tmp_path: Path, reference: Mapping[str, bytes], changes: Mapping[str, str]
) -> None:
    command = f"import pathlib, sys; from {__name__} import export_into; export_into(pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, **changes}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", command, str(tmp_path)], cwd=ROOT, env=environment, check=True, timeout=60
    )
    assert {format: (tmp_path / f"year.{format}").read_bytes() for format in EVERY_FORMAT} == reference

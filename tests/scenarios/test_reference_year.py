"""The reference year, the whole way: all 129 figures of the 2020 report come out of the ledger, on both engines."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.cli.conftest import Desk, Tracker, tracker
from tests.freezing import frozen
from tests.house import ALICE, DATA, WRAPPING_KEY
from tracker import sample
from tracker.access.datakeys import DataKeys
from tracker.access.keyring import KeyRing
from tracker.catalogue import load
from tracker.db import Database
from tracker.exports import FORMATS, write
from tracker.intake.accept import Intake
from tracker.intake.importing import import_whole
from tracker.jobs.activation import activate
from tracker.ledger.record import Ledger
from tracker.settings import shipped

__all__ = ["tracker"]  # the fixture that runs commands

EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "figures-2020.yaml").read_text("utf-8"))
BREAKDOWNS = {metric: figure["by"] for metric, figure in EXPECTED.items() if "by" in figure}


class Demo(NamedTuple):
    """What one run of `tracker demo` made and printed."""

    home: Path
    printed: str
    figures: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tracker: Tracker, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once."""
    path = tmp_path_factory.mktemp("demo")
    home, file = path / "home", path / "figures.json"
    printed = Desk(tracker, path, {}).done("demo", "--no-serve", "--home", home, "--json", file)
    found = json.loads(file.read_text("utf-8"))
    assert found["year"] == 2020
    return Demo(home, printed, {each["metric"]: each for each in found["figures"]})


@pytest.fixture
def desk(tracker: Tracker, demo: Demo, tmp_path: Path) -> Desk:
    """A copy of the demo's home, to run commands on."""
    shutil.copytree(demo.home, tmp_path / "home")
    return Desk(tracker, tmp_path, {"TRACKER_HOME": str(tmp_path / "home")})


def as_number(text: str) -> Decimal:
    """The number of a decimal string, which is never a float's."""
    assert isinstance(text, str)
    return Decimal(text)


def test_the_report_has_129_figures() -> None:
    assert len(EXPECTED) == 129
    assert len(BREAKDOWNS) == 4


def test_every_figure_is_the_reports(demo: Demo) -> None:
    found = {metric: (as_number(each["value"]), each["unit"]) for metric, each in demo.figures.items()}
    assert found == {metric: (Decimal(str(each["value"])), each["unit"]) for metric, each in EXPECTED.items()}


def test_every_breakdown_is_the_reports(demo: Demo) -> None:
    found: dict[str, dict[str, dict[str, Decimal]]] = {}
    for metric, dimensions in BREAKDOWNS.items():
        for cell in demo.figures[metric]["breakdown"]:
            for dimension, name in cell["by"].items():
                if dimension in dimensions and len(cell["by"]) == 1:
                    found.setdefault(metric, {}).setdefault(dimension, {})[name] = as_number(cell["value"])
    assert found == BREAKDOWNS


def test_the_printed_table_agrees_in_every_line(demo: Demo) -> None:
    lines = demo.printed.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("figure "))
    table = lines[start + 1 : lines.index("", start)]
    assert sorted(line.split()[0] for line in table) == sorted(EXPECTED)
    assert [as_number(line.split()[1].replace(",", "")) for line in table] == [
        as_number(demo.figures[line.split()[0]]["value"]) for line in table
    ]
    assert not any("differs" in line for line in table)
    assert lines[start + 1 + len(table) + 1] == "129 of 129 figures agree with the report."


def test_the_exports_hold_every_figure_with_its_qualifier_and_kpi(demo: Demo) -> None:
    document = json.loads((demo.home / "exports" / "2020.json").read_text("utf-8"))
    figures = {each["metric"]: each for each in document["figures"]}
    with (demo.home / "exports" / "2020.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["period"] == "2020" and not row["by"]]
    table = {row["metric"]: row for row in rows}
    assert len(rows) == len(table) == len(figures) >= 129
    for metric, expected in EXPECTED.items():
        value, qualifier = Decimal(str(expected["value"])), expected.get("qualifier", "exact")
        told = figures[metric]
        assert (as_number(told["value"]), told["unit"], told["qualifier"]) == (value, expected["unit"], qualifier)
        row = table[metric]
        assert (as_number(row["value"]), row["unit"], row["qualifier"]) == (value, expected["unit"], qualifier)
        if "kpi" in expected:
            kpis = expected["kpi"] if isinstance(expected["kpi"], list) else [expected["kpi"]]
            assert set(kpis) <= {kpi for each in told["kpis"].values() for kpi in each}, metric


def test_a_recount_of_the_year_finds_no_difference(desk: Desk) -> None:
    assert json.loads(desk.done("recount", "2020", "--json"))["differences"] == []


def test_a_changed_tally_is_found(desk: Desk) -> None:
    connection = sqlite3.connect(desk.path / "home" / "tracker.db")
    with connection:
        like = "integrity.trainings%"
        [(key,)] = connection.execute("SELECT DISTINCT metric FROM tally WHERE metric LIKE ?", [like]).fetchall()
        month = "SELECT min(period) FROM tally WHERE metric = :m AND cell = '{}'"
        changed = f"UPDATE tally SET value = value + 1 WHERE metric = :m AND cell = '{{}}' AND period = ({month})"
        assert connection.execute(changed, {"m": key}).rowcount == 1
    connection.close()
    ended = desk.run("recount", "2020")
    assert ended.status == 1
    assert "integrity.trainings 2020 {}: the tally says 422, the events say 421" in ended.out.splitlines()


def test_the_same_events_give_the_same_rows_on_postgresql(demo: Demo, postgresql_url: str) -> None:
    catalogue = load(shipped("config"))
    database = Database(postgresql_url)
    try:
        intake = Intake.of(Ledger(catalogue, vault=DataKeys(KeyRing.of_keys([WRAPPING_KEY]))))
        activate(database, intake.ledger, ALICE)
        found = import_whole(intake, database, ALICE, enumerate(sample.events(), start=1))
        assert (found.recorded, found.duplicates, found.refused) == (found.lines, 0, 0)
        body = frozen(database, intake.ledger, 2020).body
    finally:
        database.close()
    made = {format_: io.BytesIO() for format_ in FORMATS}
    for format_, stream in made.items():
        write(format_, body, catalogue, stream)
    exports = {format_: (demo.home / "exports" / f"2020.{format_}").read_bytes() for format_ in FORMATS}
    assert made["csv"].getvalue() == exports["csv"]
    # Who signed and the root of the log, with the times in it, are each ledger's own.
    figures = [json.loads(each)["figures"] for each in (made["json"].getvalue(), exports["json"])]
    assert figures[0] == figures[1]

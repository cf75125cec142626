"""An independent recount finds whatever the tallies got wrong, and where."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path
from types import ModuleType

from sqlalchemy import Table, delete, update
from sqlalchemy.sql.elements import ColumnElement

from tests.house import House
from tests.snapshots.years import changed
from tracker.db import Database
from tracker.jobs.recounting import Difference
from tracker.tallies import answers
from tracker.tallies import recount as module
from tracker.tallies.models import member, newest, tally
from tracker.tallies.recount import recount

CASE = "desk.case.reported"
READ = "desk.meter.read"


def key(house: House, metric: str) -> str:
    return house.catalogue.metrics[metric].key


def tamper(house: House, table: Table, value: int, *where: ColumnElement[bool]) -> None:
    """Change the values of rows behind the tallies' back."""
    with house.database.write() as session:
        session.execute(update(table).where(*where).values(value=value))


def report(house: House, time: str = "2020-05-04T12:00:00+08:00", **data: object) -> int:
    return house.record(house.event(CASE, {"channel": "phone", **data}, time=time))[0].seq


def read(house: House, time: str, quantity: int) -> int:
    data = {"channel": "phone", "quantity": quantity}
    return house.record(house.event(READ, data, time=time, subject="s"))[0].seq


def test_untouched_tallies_agree(house: House) -> None:
    report(house)
    read(house, "2020-05-04T12:00:00+08:00", 3)
    assert house.differences() == []
    assert house.differences("2020", "2020-Q1", "2020-05", "2020-05-04") == []


def test_a_changed_count_is_found_with_its_metric_periods_and_cell(house: House) -> None:
    report(house)
    report(house)
    tamper(house, tally, 3, tally.c.metric == key(house, "desk.phone_cases"))
    assert house.differences() == [
        Difference("desk.phone_cases", period, "{}", "3", "2") for period in ("2020", "2020-Q2", "2020-05")
    ]
    assert house.differences("2020-05") == [Difference("desk.phone_cases", "2020-05", "{}", "3", "2")]
    assert house.differences("2019", "2021", "2020-Q1") == []


def test_a_changed_cell_is_found_even_where_the_whole_is_right(house: House) -> None:
    report(house, places=["a", "b"])
    phone = '{"channel":"phone"}'
    tamper(house, tally, 1, tally.c.metric == key(house, "desk.places"), tally.c.cell == phone)
    assert house.differences("2020-Q2") == [Difference("desk.places", "2020-Q2", phone, "1", "2")]


def test_what_is_kept_by_quarter_may_be_wrong_in_the_quarter_alone(house: House) -> None:
    report(house, places=["a"])
    mine = (tally.c.metric == key(house, "desk.places"), tally.c.cell == "{}", tally.c.period == "2020-Q2")
    tamper(house, tally, 7, *mine)
    assert house.differences() == [Difference("desk.places", "2020-Q2", "{}", "7", "1")]


def test_a_missing_tally_is_found(house: House) -> None:
    report(house, loss={"amount": "12.50", "currency": "CNY"})
    with house.database.write() as session:
        session.execute(delete(tally).where(tally.c.metric == key(house, "desk.loss"), tally.c.cell != "{}"))
    phone = '{"channel":"phone"}'
    assert house.differences("2020-05") == [
        Difference("desk.loss", "2020-05", phone, "nothing", "25/2"),
        Difference("desk.loss_per_case", "2020-05", phone, "nothing", "25/2"),
    ]


def test_a_missing_newest_reading_is_found_wherever_it_was_the_newest(house: House) -> None:
    read(house, "2020-05-04T12:00:00+08:00", 3)
    read(house, "2020-08-04T12:00:00+08:00", 8)
    mine = (newest.c.metric == key(house, "desk.newest"), newest.c.series == "{}", newest.c.month == "2020-08")
    with house.database.write() as session:
        session.execute(delete(newest).where(*mine))
    assert house.differences() == [
        Difference("desk.newest", "2020", "{}", "3", "8"),
        Difference("desk.newest", "2020-Q3", "{}", "nothing", "8"),
        Difference("desk.newest", "2020-08", "{}", "nothing", "8"),
    ]


def test_a_missing_member_is_found_once_it_is_counted_twice(house: House) -> None:
    report(house, places=["a"])
    with house.database.write() as session:
        session.execute(delete(member).where(member.c.metric == key(house, "desk.places"), member.c.cell == "{}"))
    report(house, places=["a"])
    assert house.differences() == [
        Difference("desk.places", period, "{}", "2", "1") for period in ("2020", "2020-Q2", "2020-05")
    ]


def test_a_recount_knows_what_was_known_at_any_size_of_the_log(house: House) -> None:
    first = report(house)
    report(house, "2020-06-04T12:00:00+08:00")
    house.correct(first, first, {"channel": "mail"}, time="2019-05-04T12:00:00+08:00")
    house.void(first, 2)
    periods = [house.catalogue.calendar.parse(each) for each in ("2019", "2020", "2020-05", "2020-05-04")]
    known: list[list[Fraction | None]] = []
    with house.database.read() as session:
        for size in range(5):
            counted = recount(session, house.catalogue, periods, ["desk.cases"], size=size)
            known.append([counted["desk.cases", each.id]["{}"] for each in periods])
    assert known == [[0, 0, 0, 0], [0, 1, 1, 1], [0, 2, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]


def test_a_recount_of_growth_of_growth_looks_two_years_back(database: Database, tmp_path: Path) -> None:
    label = "label: {zh-Hant: 加速, en: Acceleration}"
    more = f"  acceleration: {{{label}, measure: growth, of: growth, unit: multiple, owner: desk}}\n"
    house = House.build(database, changed(tmp_path, more=more))
    for year, count in (("2018", 1), ("2019", 2), ("2020", 6)):
        for _ in range(count):
            report(house, f"{year}-06-04T12:00:00+08:00")
    assert house.value("desk.acceleration", "2020") == 1  # from 100 to 200 percent
    assert house.differences("2020") == []


def test_the_recount_shares_no_code_with_the_tallies() -> None:
    catalogue = ["tracker.catalogue", "tracker.catalogue.calendar"]
    ledger = ["tracker.ledger.events", "tracker.ledger.queries"]
    assert imported_by(module) == [*catalogue, *ledger, "tracker.tallies.answers"]
    assert imported_by(answers) == catalogue


def imported_by(code: ModuleType) -> list[str]:
    """The modules of ours that a module imports."""
    tree = ast.parse(Path(str(code.__file__)).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names]
    return sorted(each for each in imported if each.startswith("tracker"))

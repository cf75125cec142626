"""A frozen year holds every figure as it stood, never changes, and says what came after."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from tests.freezing import frozen, frozen_in
from tests.house import DATA, METER, House
from tracker.canonical import canonical
from tracker.catalogue import Catalogue, Measure, load
from tracker.db import Database
from tracker.errors import Conflict, NotFound, UnknownPeriod
from tracker.ledger.replay import replay
from tracker.snapshots.late import late
from tracker.snapshots.models import snapshots
from tracker.snapshots.reading import Snapshot, find, get
from tracker.wiring import clear_projections

CASE = "desk.case.reported"
READ = "desk.meter.read"
JOINED = "desk.member.joined"
LEFT = "desk.member.left"
OPENED = "tracker.balance.opened"

PHONE, MAIL = {"channel": "phone"}, {"channel": "mail"}
LOW, HIGH, UNSAID = {"level": "low"}, {"level": "high"}, {"level": None}


def happen(house: House, type: str, day: str, subject: str, **data: Any) -> int:
    """Record one event and return its seq."""
    given = PHONE | data if type != OPENED else data
    return house.record(house.event(type, given, time=f"{day}T12:00:00+08:00", subject=subject))[0].seq


def live_a_year(house: House) -> None:
    """Eight events: one of 2019 and seven of 2020."""
    happen(house, CASE, "2019-06-10", "c0")
    happen(house, CASE, "2020-02-10", "c1", level="high", loss=yuan("100.50"), places=["a", "b"])
    happen(house, CASE, "2020-11-10", "c2", channel="mail", loss=yuan("0.25"), places=["b"])
    happen(house, READ, "2020-02-20", "m1", level="low", quantity="5.00", weight=2)
    happen(house, READ, "2020-06-20", "m2", channel="mail", quantity="7.50", weight=1)
    happen(house, JOINED, "2020-03-10", "p1", heads=3)
    happen(house, LEFT, "2020-09-10", "p1", heads=1)
    happen(house, CASE, "2021-01-10", "c3")


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def freeze_2020(house: House, year: int = 2020) -> Snapshot:
    with house.database.write() as session:
        return frozen_in(session, house.ledger, year)


def stored(house: House, year: int = 2020) -> tuple[str, bytes]:
    """The body and digest of a frozen year, as they lie in the database."""
    with house.database.read() as session:
        row = session.execute(select(snapshots).where(snapshots.c.year == year)).one()
        return row.body, bytes(row.digest)


def marks(house: House, year: int = 2020) -> list[int]:
    with house.database.read() as session:
        return late(session, year)


def expected(
    metric: str, value: str | None, months: str, *breakdown: tuple[Mapping[str, Any], str | None]
) -> dict[str, Any]:
    """A figure of 2020 with its twelve months, ``-`` for an unknown one."""
    values = [None if each == "-" else each for each in months.split()]
    return {
        "metric": f"desk.{metric}",
        "value": value,
        "breakdown": [{"by": dict(by), "value": part} for by, part in breakdown],
        "months": [
            {"period": f"2020-{month:02}", "value": each} for month, each in zip(range(1, 13), values, strict=True)
        ],
    }


FIGURES = [
    expected("arrivals", "0", "0 0 1 1 1 1 1 1 0 0 0 0"),
    expected(
        *("cases", "2", "0 1 0 0 0 0 0 0 0 0 1 0"),
        *((MAIL, "1"), (PHONE, "1"), (HIGH, "1"), (UNSAID, "1"), (MAIL | UNSAID, "1"), (PHONE | HIGH, "1")),
    ),
    expected("days", "2", "0 1 0 0 0 0 0 0 0 0 1 0"),
    expected("everything", "2", "0 1 1 1 1 1 1 1 0 0 1 0", (MAIL, "1"), (PHONE, "1")),
    expected("growth", "100.0", "- - - - - -100.0 - - - - - -"),
    expected("growth_of_share", None, "- - - - - - - - - - - -"),
    expected(
        *("loss", "100.75", "0.00 100.50 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.25 0.00"),
        *((MAIL, "0.25"), (PHONE, "100.50")),
    ),
    expected("loss_per_case", "50.38", "- 100.50 - - - - - - - - 0.25 -", (MAIL, "0.25"), (PHONE, "100.50")),
    expected("members", "0", "0 0 1 1 1 1 1 1 0 0 0 0"),
    expected("newest", "7.50", "- 5.00 - - - 7.50 - - - - - -", (MAIL, "7.50"), (PHONE, "5.00")),
    expected(
        *("newest_carried", "7.50", "- 5.00 5.00 5.00 5.00 7.50 7.50 7.50 7.50 7.50 7.50 7.50"),
        *((LOW, "5.00"), (UNSAID, "7.50")),
    ),
    expected("phone_cases", "1", "0 1 0 0 0 0 0 0 0 0 0 0"),
    expected("places", "2", "0 2 0 0 0 0 0 0 0 0 1 0", (MAIL, "1"), (PHONE, "2")),
    expected("plain_score", "6.250", "- 5.000 - - - 7.500 - - - - - -", (MAIL, "7.500"), (PHONE, "5.000")),
    expected(
        *("read_carried", "12.50", "- 5.00 5.00 5.00 5.00 12.50 12.50 12.50 12.50 12.50 12.50 12.50"),
        *((MAIL, "7.50"), (PHONE, "5.00")),
    ),
    expected(
        *("read_cells", "12.50", "- 5.00 - - - 7.50 - - - - - -"),
        *((MAIL, "7.50"), (PHONE, "5.00"), (MAIL | UNSAID, "7.50"), (PHONE | LOW, "5.00")),
    ),
    expected(
        *("read_total", "12.50", "- 5.00 - - - 7.50 - - - - - -"),
        *((MAIL, "7.50"), (PHONE, "5.00"), (LOW, "5.00"), (UNSAID, "7.50")),
    ),
    expected("score", "5.833", "- 5.000 - - - 7.500 - - - - - -", (MAIL, "7.500"), (PHONE, "5.000")),
    expected("stock", "2", "0 0 3 3 3 3 3 3 2 2 2 2", (PHONE, "2")),
    expected("subjects", "4", "0 2 0 0 0 1 0 0 0 0 1 0"),
]
"""The figures of :func:`live_a_year`, by hand."""


def test_a_frozen_year_holds_every_figure_with_its_breakdown_and_months(house: House) -> None:
    live_a_year(house)
    snapshot = freeze_2020(house)
    assert snapshot.body == {
        "organisation": "small",
        "year": 2020,
        "revision": 1,
        "log_size": 8,
        "catalogue": house.catalogue.digest,
        "figures": FIGURES,
    }
    body, digest = stored(house)
    assert body == canonical(snapshot.body)
    assert digest == hashlib.sha256(body.encode()).digest()
    assert snapshot[:6] == (2020, 1, 8, house.catalogue.digest, "2021-02-01T04:00:00.000000Z", "person:alice")
    assert snapshot.digest == digest.hex()


def test_what_adds_up_adds_up_in_the_frozen_year(house: House) -> None:
    live_a_year(house)
    figures = {each["metric"]: each for each in freeze_2020(house).body["figures"]}
    for id in ("desk.cases", "desk.phone_cases", "desk.loss"):
        assert sum(Fraction(month["value"]) for month in figures[id]["months"]) == Fraction(figures[id]["value"])
    for id in ("desk.cases", "desk.loss", "desk.everything", "desk.stock", "desk.read_total", "desk.members"):
        for group in house.catalogue.metrics[id].by:
            parts = [each["value"] for each in figures[id]["breakdown"] if each["by"].keys() == set(group)]
            assert sum(map(Fraction, parts)) == Fraction(figures[id]["value"])


def test_a_year_without_events_can_be_frozen(house: House) -> None:
    figures = {each["metric"]: each for each in freeze_2020(house).body["figures"]}
    nulls = {id for id, each in figures.items() if each["value"] is None}
    readings = {Measure.LATEST, Measure.LATEST_SUM, Measure.MEAN, Measure.RATIO, Measure.GROWTH}
    assert nulls == {id for id, metric in house.catalogue.metrics.items() if metric.measure in readings}
    assert figures["desk.cases"] == expected("cases", "0", "0 0 0 0 0 0 0 0 0 0 0 0")


def test_freezing_again_changes_nothing_whatever_came_since(house: House) -> None:
    live_a_year(house)
    first = freeze_2020(house)
    happen(house, CASE, "2020-07-10", "c9")
    house.clock.instant = datetime(2021, 6, 1, tzinfo=UTC)
    assert freeze_2020(house) == first
    with house.database.read() as session:
        assert session.execute(select(snapshots.c.revision)).all() == [(1,)]
        assert get(session, 2020) == get(session, 2020, 1) == first
        assert find(session, 2020, 2) is None


def test_the_job_freezes_once(house: House) -> None:
    live_a_year(house)
    first = frozen(house.database, house.ledger, 2020)
    happen(house, CASE, "2020-07-10", "c9")
    assert frozen(house.database, house.ledger, 2020) == first
    assert first.frozen_by == "system:freeze_year"
    assert first.body["figures"] == FIGURES


def test_a_year_that_is_not_over_on_the_organisations_calendar_is_not_frozen(house: House) -> None:
    house.clock.instant = datetime(2020, 12, 31, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(Conflict, match="ends on 2020-12-31; it can be frozen from the day after"):
        freeze_2020(house)
    with pytest.raises(Conflict):
        freeze_2020(house, 2021)
    house.clock.instant = datetime(2020, 12, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    assert freeze_2020(house).year == 2020


def test_what_is_not_frozen_or_no_year_is_refused_in_words(house: House) -> None:
    with house.database.read() as session, pytest.raises(NotFound, match="no frozen year 2020"):
        get(session, 2020)
    freeze_2020(house)
    with house.database.read() as session, pytest.raises(NotFound, match="no frozen revision 2 of 2020"):
        get(session, 2020, 2)
    for year in (99990, 0, -1):
        with pytest.raises(UnknownPeriod):
            freeze_2020(house, year)


def test_a_frozen_row_can_be_neither_changed_nor_removed(house: House) -> None:
    freeze_2020(house)
    before = stored(house)
    for statement in (update(snapshots).values(body="{}"), delete(snapshots)):
        with pytest.raises(DatabaseError, match="append-only"), house.database.write() as session:
            session.execute(statement)
    assert stored(house) == before


def test_a_late_event_is_marked_and_leaves_the_year_byte_for_byte_as_it_was(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    before = stored(house)
    receipts = house.record(
        house.event(CASE, PHONE, time="2020-12-31T15:59:59Z"),
        house.event(CASE, PHONE, time="2020-12-31T16:00:00Z"),
        house.event(CASE, PHONE, time="2018-05-05T12:00:00Z"),
        actor=METER,
    )
    assert [receipt.late for receipt in receipts] == [2020, None, None]
    assert marks(house) == [8]
    assert stored(house) == before
    assert house.value("desk.cases", "2020") == 3


def test_an_event_sent_again_is_not_late_again(house: House) -> None:
    event = house.event(CASE, PHONE)
    house.record(event)
    freeze_2020(house)
    assert [(each.status, each.late) for each in house.record(event)] == [("duplicate", None)]
    assert marks(house) == []


def test_corrections_and_voids_that_reach_a_frozen_year_are_late(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    before = stored(house)
    into = house.correct(7, 7, PHONE, subject="c3", time="2020-05-05T12:00:00Z")
    out_of = house.correct(1, 1, PHONE, subject="c1", time="2021-01-05T12:00:00Z")
    void = house.void(2, 2)
    beside = house.correct(1, out_of.seq, PHONE, subject="c1", time="2021-01-06T12:00:00Z")
    assert [each.late for each in (into, out_of, void, beside)] == [2020, 2020, 2020, None]
    assert marks(house) == [8, 9, 10]
    assert stored(house) == before


@pytest.mark.parametrize(
    ("type", "data"),
    [
        (JOINED, {"heads": 2}),
        (LEFT, {"heads": 1}),
        (READ, {"quantity": 3, "weight": 1}),
    ],
)
def test_a_correction_of_2019_is_late_for_every_later_frozen_year_that_carries_it(
    house: House, type: str, data: dict[str, Any]
) -> None:
    seq = happen(house, type, "2019-06-10", "s", **data)
    for year in (2019, 2020):
        freeze_2020(house, year)
    receipt = house.correct(seq, seq, MAIL | data, subject="s", time="2019-06-10T12:00:00Z")
    assert receipt.late == 2019
    assert [marks(house, year) for year in (2018, 2019, 2020)] == [[], [receipt.seq], [receipt.seq]]


def test_an_opening_is_late_for_every_frozen_year(house: House) -> None:
    freeze_2020(house)
    seq = happen(house, OPENED, "2018-12-31", "s", metric="desk.stock", quantity=4, by=PHONE)
    assert marks(house) == [seq]
    house.void(seq, seq)
    assert marks(house) == [seq, seq + 1]


def test_an_event_of_2019_is_late_for_2020_where_growth_compares_the_two(house: House) -> None:
    freeze_2020(house)
    seq = happen(house, CASE, "2019-06-10", "c")
    happen(house, CASE, "2018-06-10", "c")
    assert marks(house) == [seq]


def changed(tmp_path: Path, *, without: str = "", more: str = "") -> Catalogue:
    """The small catalogue without the metrics of a measure, or with more metrics."""
    config = tmp_path / "changed"
    shutil.copytree(DATA / "small", config)
    file = config / "domains" / "desk.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not without or f"measure: {without}," not in line]
    file.write_text("".join(kept) + more, encoding="utf-8")
    return load(config)


def test_a_correction_that_moves_only_counts_of_2019_is_not_late_for_2020(database: Database, tmp_path: Path) -> None:
    house = House.build(database, changed(tmp_path, without="growth"))
    seq = happen(house, CASE, "2019-06-10", "c")
    freeze_2020(house)
    within = house.correct(seq, seq, MAIL, subject="c", time="2019-07-10T12:00:00Z")
    assert within.late is None
    assert marks(house) == []
    into = house.correct(seq, within.seq, MAIL, subject="c", time="2020-07-10T12:00:00Z")
    assert marks(house) == [into.seq]


def test_growth_of_growth_reaches_two_years_on(database: Database, tmp_path: Path) -> None:
    label = "label: {zh-Hant: 加速, en: Acceleration}"
    more = f"  acceleration: {{{label}, measure: growth, of: growth, unit: multiple, owner: desk}}\n"
    house = House.build(database, changed(tmp_path, more=more))
    freeze_2020(house)
    reaching = happen(house, CASE, "2018-06-10", "c")
    happen(house, CASE, "2017-06-10", "c")
    assert marks(house) == [reaching]


def test_a_replay_marks_the_same_events_again(house: House) -> None:
    live_a_year(house)
    freeze_2020(house)
    happen(house, CASE, "2020-06-10", "c9")
    happen(house, CASE, "2021-01-10", "c10")
    house.void(1, 1)
    before = (stored(house), marks(house))
    assert before[1] == [8, 10]
    with house.database.write() as session:
        clear_projections(session)
        replay(house.ledger, session)
    assert (stored(house), marks(house)) == before
    assert house.differences() == []

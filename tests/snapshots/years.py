"""A small year to freeze, what its figures are, and catalogues like the small one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.freezing import frozen
from tests.house import DATA, House
from tracker.catalogue import Catalogue, load
from tracker.snapshots.late import late
from tracker.snapshots.models import snapshots
from tracker.snapshots.reading import Snapshot

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


def freeze_2020(house: House, year: int = 2020) -> Snapshot:
    return frozen(house.database, house.ledger, year)


def changed(tmp_path: Path, *, without: str = "", more: str = "") -> Catalogue:
    """The small catalogue without the metrics of a measure, or with more metrics."""
    config = tmp_path / "changed"
    shutil.copytree(DATA / "small", config)
    file = config / "domains" / "desk.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not without or f"measure: {without}," not in line]
    file.write_text("".join(kept) + more, encoding="utf-8")
    return load(config)


def small_with(tmp_path: Path, *, restate_from: str | None = None, cases_restate_from: str | None = None) -> Catalogue:
    """The small catalogue with the organisation's threshold, or that of its cases."""
    config = tmp_path / "thresholds"
    shutil.copytree(DATA / "small", config)
    if restate_from:
        file = config / "organisation.yaml"
        file.write_text(f"{file.read_text(encoding='utf-8')}restate_from: {restate_from}\n", encoding="utf-8")
    if cases_restate_from:
        file = config / "domains" / "desk.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("  cases: {", f"  cases: {{restate_from: {cases_restate_from}, "), encoding="utf-8"
        )
    return load(config)

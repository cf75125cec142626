"""Retention: who is kept too long is told, counted from the newest event about them; nothing is erased by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.house import ALICE, House
from tests.workflows.houses import house_of
from tests.workflows.test_erasing import attach, erased, left
from tracker.catalogue import Catalogue
from tracker.db import Database
from tracker.workflows import holds
from tracker.workflows.retention import Past, past

REPORT = {"channel": "hotline", "reporter_group": "staff", "category": "fraud", "narrative": "He took it."}
TOLD = {"message": "Thank you."}
ACCIDENT = "people.accident.reported"


@pytest.fixture
def house(database: Database) -> House:
    """Cases are kept for 7 years, people's accidents for 10, appeals and complaints for 2."""
    made = house_of(database, "integrity", "people", "content", "service")
    made.clock.instant = datetime(2025, 2, 1, 4, tzinfo=UTC)
    return made


def on(day: str) -> str:
    return f"{day}T12:00:00+08:00"


def reported(house: House, subject: str, day: str) -> int:
    [receipt] = house.record(house.event("integrity.case.reported", REPORT, subject=subject, time=on(day)))
    return receipt.seq


def listed(house: House, today: str, catalogue: Catalogue | None = None) -> list[Past]:
    with house.database.read() as session:
        return past(session, catalogue or house.catalogue, date.fromisoformat(today))


def owners(house: House, today: str) -> list[str]:
    return [each.owner for each in listed(house, today)]


def test_a_subject_is_past_retention_from_the_same_day_of_the_last_year_on(house: House) -> None:
    reported(house, "case-1", "2020-05-04")
    assert listed(house, "2027-05-03") == []
    assert listed(house, "2027-05-04") == [
        Past("integrity/case-1", "standard", "7y", "2020-05-04", "2027-05-04", held=False)
    ]


def test_the_newest_event_about_the_subject_counts_whether_confidential_or_not(house: House) -> None:
    reported(house, "case-1", "2020-05-04")
    reported(house, "case-2", "2020-05-04")
    house.record(house.event("integrity.case.triaged", {"priority": "normal"}, subject="case-1", time=on("2021-03-01")))
    assert owners(house, "2027-05-04") == ["integrity/case-2"]
    assert owners(house, "2028-03-01") == ["integrity/case-2", "integrity/case-1"]


def test_what_was_voided_or_corrected_away_does_not_count(house: House) -> None:
    first, second = reported(house, "case-1", "2020-05-04"), reported(house, "case-1", "2021-03-01")
    third = reported(house, "case-2", "2022-05-04")
    house.void(second, second)
    house.correct(third, third, REPORT, subject="case-2", time=on("2020-05-05"))
    assert owners(house, "2027-05-05") == ["integrity/case-1", "integrity/case-2"]
    house.void(first, first)  # nothing is in force any more, and the newest of all that was decides
    assert owners(house, "2027-05-05") == ["integrity/case-2"]
    assert owners(house, "2028-03-01") == ["integrity/case-2", "integrity/case-1"]


def test_an_event_without_a_subject_counts_from_its_own_day(house: House) -> None:
    for day in ("2020-05-04", "2021-05-04"):
        house.record(house.event(ACCIDENT, accident(house), time=on(day)))
    assert owners(house, "2030-06-01") == ["people/#0"]
    assert owners(house, "2031-06-01") == ["people/#0", "people/#1"]


def test_each_domain_keeps_by_its_own_class_and_counts_its_own_events(house: House) -> None:
    reported(house, "x-1", "2020-05-04")
    house.record(house.event(ACCIDENT, accident(house), subject="x-1", time=on("2020-05-04")))
    assert owners(house, "2027-05-04") == ["integrity/x-1"]
    assert [tuple(each)[:3] for each in listed(house, "2030-05-04")] == [
        ("integrity/x-1", "standard", "7y"),
        ("people/x-1", "long", "10y"),
    ]


def accident(house: House) -> dict[str, Any]:
    fields = house.catalogue.events[ACCIDENT].fields
    data = {
        name: next(iter(each.choices)) if each.choices else 1
        for name, each in fields.items()
        if each.required and not each.confidential
    }
    return data | {"narrative": "She slipped."}


def test_where_several_classes_apply_the_longest_decides(house: House) -> None:
    catalogue = with_class(house.catalogue, "integrity.case.acknowledged", "long")
    reported(house, "case-1", "2020-05-04")
    house.record(house.event("integrity.case.acknowledged", TOLD, subject="case-1", time=on("2020-05-05")))
    assert listed(house, "2027-06-01", catalogue) == []
    assert [each.retention for each in listed(house, "2030-05-05", catalogue)] == ["long"]


def with_class(catalogue: Catalogue, type: str, retention: str) -> Catalogue:
    changed = replace(catalogue.events[type], retention=retention)
    return replace(catalogue, events={**catalogue.events, type: changed})


def test_a_file_counts_as_what_it_was_attached_to(house: House) -> None:
    house.clock.instant = house.clock.instant.replace(year=2020)
    seq = reported(house, "case-1", "2020-01-04")
    attach(house, seq)
    catalogue = with_class(house.catalogue, "integrity.case.reported", "short")
    assert [tuple(each) for each in listed(house, "2022-02-01", catalogue)] == [
        ("integrity/case-1", "short", "2y", "2020-02-01", "2022-02-01", False)
    ]


def test_a_legal_hold_is_told_and_what_was_erased_is_listed_no_more(house: House) -> None:
    reported(house, "case-1", "2020-05-04")
    reported(house, "case-2", "2020-05-05")
    with house.database.write() as session:
        holds.place(session, "integrity/case-2", "a claim", by=ALICE, at=house.clock())
    assert [(each.owner, each.held) for each in listed(house, "2027-06-01")] == [
        ("integrity/case-1", False),
        ("integrity/case-2", True),
    ]
    assert left(house) == {0, 1}  # looking erases nothing
    erased(house, "integrity/case-1")
    assert owners(house, "2027-06-01") == ["integrity/case-2"]


def test_a_subject_whose_name_begins_with_a_sign_is_no_number(house: House) -> None:
    reported(house, "#0", "2020-05-04")
    reported(house, "#0", "2021-05-04")
    assert owners(house, "2027-06-01") == []
    assert owners(house, "2028-06-01") == ["integrity/##0"]


def test_an_organisation_without_classes_keeps_for_good(house: House) -> None:
    reported(house, "case-1", "2020-05-04")
    ours = replace(house.catalogue.organisation, retention={})
    assert listed(house, "9999-12-31", replace(house.catalogue, organisation=ours)) == []

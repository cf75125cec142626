"""Putting another catalogue in force: what is new is counted beside what runs, and nothing recorded moves."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.house import ALICE, DATA, Clock, House, small_catalogue
from tests.ledger.test_recording import rows
from tracker.catalogue import Catalogue, load
from tracker.db import Database
from tracker.errors import CatalogueInactive, Conflict
from tracker.intake.accept import Intake
from tracker.jobs import activation
from tracker.jobs.activation import activate, keys_of
from tracker.ledger.heads import read_head, stored_documents
from tracker.ledger.models import catalogues
from tracker.ledger.models import events as events_table
from tracker.ledger.record import Ledger
from tracker.tallies.models import definition, member, newest, reading, tally

Configure = Callable[..., Catalogue]
YEARS = ("2019", "2020", "2021")
KEPT = (tally, member, reading, newest)

MAIL_CASES = ("where: {channel: phone}", "where: {channel: mail}")
CARRIED = ("carry: true, by: [level]", "carry: true, by: [channel]")
NO_DAYS = ("  days: {label", "  levels: {label")
LEVELS = ("measure: distinct, of: case.reported, field: day,", "measure: distinct, of: case.reported, field: level,")
CHANGES = (MAIL_CASES, CARRIED, NO_DAYS, LEVELS)
SHANGHAI, DECEMBER = "{from: 2000-01-01, zone: Asia/Shanghai}", "{from: 2000-01-01, ends: 12-31}"


class CutOffError(Exception):
    """The process dies."""


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Makes copies of the small configuration, with changes, and loads them."""
    numbers = itertools.count()

    def make(*changes: tuple[str, str]) -> Catalogue:
        folder = tmp_path / f"config-{next(numbers)}"
        shutil.copytree(DATA / "small", folder)
        left = set(changes)
        for file in folder.rglob("*.yaml"):
            text = file.read_text("utf-8")
            for old, new in changes:
                if old in text:
                    left.discard((old, new))
                    text = text.replace(old, new)
            file.write_text(text, "utf-8")
        assert left == set()
        return load(folder)

    return make


def moved(house: House, catalogue: Catalogue, progress: activation.Progress | None = None) -> House:
    """The house under another catalogue, which is put in force first."""
    ledger = replace(house.ledger, catalogue=catalogue)
    activate(house.database, ledger, ALICE, progress)
    return House(house.database, Intake.of(ledger), house.clock, house.numbers)


def live(house: House) -> None:
    """Ten events of every kind over three years, with corrections and a void."""
    phone, mail = {"channel": "phone", "level": "low"}, {"channel": "mail", "level": "high"}
    for year in ("2019", "2020"):
        time = f"{year}-05-04T12:00:00+08:00"
        house.record(
            house.event("desk.case.reported", phone | {"places": ["a", "b"]}, subject="s1", time=time),
            house.event("desk.case.reported", mail | {"narrative": "what happened"}, subject="s2", time=time),
            house.event("desk.meter.read", phone | {"quantity": "2.5", "weight": 2}, subject="s1", time=time),
            house.event("desk.member.joined", {"channel": "phone", "heads": 3}, subject="s1", time=time),
        )
    house.correct(0, 0, mail | {"places": ["b"]}, subject="s3", time="2020-12-31T23:00:00+08:00")
    house.void(5, 5)


def kept(house: House, keys: frozenset[str]) -> list[tuple[Any, ...]]:
    """The rows of some definitions."""
    with house.database.read() as session:
        found = [(table.name, *row) for table in KEPT for row in session.execute(select(table))]
    return sorted((row for row in found if row[1] in keys), key=repr)


def counted(house: House) -> set[str]:
    """The definitions that any table knows."""
    with house.database.read() as session:
        return {key for table in (*KEPT, definition) for key in session.scalars(select(table.c.metric))}


def in_force(house: House) -> str | None:
    with house.database.read() as session:
        return read_head(session).catalogue


def test_the_first_activation_stores_the_catalogue_and_its_definitions(database: Database) -> None:
    ledger = Ledger(small_catalogue(), Clock(datetime(2021, 2, 1, 4, tzinfo=UTC)))
    told: list[tuple[int, int]] = []
    assert activate(database, ledger, ALICE, lambda done, all: told.append((done, all))) is True
    assert told == [(0, 0)]
    digest, documents = ledger.catalogue.digest, ledger.catalogue.documents
    with database.read() as session:
        assert [tuple(row) for row in session.execute(select(catalogues))] == [
            (digest, documents, "2021-02-01T04:00:00.000000Z", "person:alice")
        ]
        assert read_head(session)[:3] == (0, "", digest)
        assert stored_documents(session, digest) == documents
        found = {metric: size for metric, size in session.execute(select(definition))}
    assert found == dict.fromkeys(keys_of(ledger.catalogue), 0)


def test_activating_what_is_in_force_changes_nothing(house: House) -> None:
    live(house)
    before = rows(house.database)
    assert activate(house.database, house.ledger, ALICE) is False
    assert rows(house.database) == before


def test_what_changed_is_counted_from_the_log_and_the_rest_stays_as_it_is(house: House, configure: Configure) -> None:
    live(house)
    catalogue = configure(*CHANGES)
    same = keys_of(catalogue) & keys_of(house.catalogue)
    assert len(keys_of(house.catalogue) - same) == 3
    before, log = kept(house, same), rows(house.database)["event"]
    assert [house.value("desk.phone_cases", year) for year in YEARS] == [0, 1, 0]
    later = moved(house, catalogue)
    assert [later.value("desk.phone_cases", year) for year in YEARS] == [1, 1, 0]
    assert later.value("desk.levels", "2020") == 2
    assert later.differences(*YEARS) == []
    assert kept(later, same) == before
    assert rows(later.database)["event"] == log
    assert counted(later) == keys_of(catalogue)
    later.record(later.event("desk.case.reported", {"channel": "mail"}))
    later.correct(4, 4, {"channel": "mail"})
    assert later.value("desk.phone_cases", "2020") == 3
    assert later.differences(*YEARS) == []


def test_a_new_label_counts_nothing_anew(house: House, configure: Configure) -> None:
    live(house)
    before = rows(house.database)
    later = moved(house, configure(("en: Cases by phone", "en: Reported by telephone")))
    after = rows(later.database)
    assert later.catalogue.digest != house.catalogue.digest
    assert {name for name in after if after[name] != before[name]} == {"catalogue", "ledger_head", "tally_definition"}
    assert kept(later, keys_of(later.catalogue)) == kept(later, keys_of(house.catalogue))


def test_a_process_with_the_catalogue_of_before_records_nothing_more(house: House, configure: Configure) -> None:
    live(house)
    later = moved(house, configure(MAIL_CASES))
    before = rows(house.database)
    with pytest.raises(CatalogueInactive) as refusal:
        house.record(house.event("desk.case.reported", {"channel": "phone"}))
    assert (refusal.value.mine, refusal.value.active) == (house.catalogue.digest, later.catalogue.digest)
    assert rows(house.database) == before


def test_recording_goes_on_while_the_new_is_counted(
    house: House, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "CHUNK", 3)
    live(house)
    told: list[tuple[int, int]] = []

    def carry_on(done: int, all: int) -> None:
        told.append((done, all))
        if done < all:
            assert in_force(house) == house.catalogue.digest
            house.record(house.event("desk.case.reported", {"channel": "mail"}))
            assert house.differences(*YEARS) == []

    later = moved(house, configure(*CHANGES), carry_on)
    assert told == [(3, 10), (6, 11), (9, 12), (12, 13), (14, 14)]
    assert later.value("desk.phone_cases", "2020") == 5
    assert later.differences(*YEARS) == []
    assert counted(later) == keys_of(later.catalogue)


def test_an_activation_that_is_cut_off_is_taken_up_where_it_was(
    house: House, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "CHUNK", 2)
    live(house)
    catalogue = configure(*CHANGES)

    def cut_off(done: int, _all: int) -> None:
        if done == 6:
            raise CutOffError

    with pytest.raises(CutOffError):
        moved(house, catalogue, cut_off)
    assert in_force(house) == house.catalogue.digest
    assert counted(house) == keys_of(house.catalogue) | keys_of(catalogue)
    assert house.differences(*YEARS) == []
    house.record(house.event("desk.case.reported", {"channel": "mail", "level": "low"}))
    house.correct(4, 4, {"channel": "mail"}, time="2019-01-01T00:00:00+08:00")  # counted already
    house.void(1, 1)
    assert house.differences(*YEARS) == []
    told: list[tuple[int, int]] = []
    later = moved(house, catalogue, lambda done, all: told.append((done, all)))
    assert told == [(8, 13), (10, 13), (12, 13), (13, 13)]
    assert later.differences(*YEARS) == []
    assert counted(later) == keys_of(catalogue)


def test_another_catalogue_may_follow_one_that_was_cut_off(
    house: House, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "CHUNK", 2)
    live(house)
    first, second = configure(MAIL_CASES, CARRIED), configure(MAIL_CASES, NO_DAYS, LEVELS)

    def cut_off(done: int, _all: int) -> None:
        if done == 4:
            raise CutOffError

    with pytest.raises(CutOffError):
        moved(house, first, cut_off)
    for catalogue in (second, first, house.catalogue):
        house = moved(house, catalogue)
        house.record(house.event("desk.case.reported", {"channel": "mail"}))
        assert counted(house) == keys_of(catalogue)
        assert house.differences(*YEARS) == []


def test_cut_off_after_the_switch_the_stale_tallies_go_with_the_next_activation(
    house: House, configure: Configure
) -> None:
    live(house)
    catalogue = configure(*CHANGES)

    def cut_off(done: int, all: int) -> None:
        if done == all:
            raise CutOffError

    with pytest.raises(CutOffError):
        moved(house, catalogue, cut_off)
    later = House(house.database, Intake.of(replace(house.ledger, catalogue=catalogue)), house.clock, house.numbers)
    later.record(later.event("desk.case.reported", {"channel": "phone", "level": "low"}))
    assert later.differences(*YEARS) == []
    assert counted(later) == keys_of(house.catalogue) | keys_of(catalogue)
    back = moved(later, house.catalogue)
    assert back.differences(*YEARS) == []
    assert counted(back) == keys_of(house.catalogue)


PAST = {
    "another zone": (SHANGHAI, "{from: 2000-01-01, zone: Europe/London}"),
    "a zone from a day in the past": (SHANGHAI, f"{SHANGHAI}, {{from: 2020-12-31, zone: Europe/London}}"),
    "another year end": (DECEMBER, "{from: 2000-01-01, ends: 06-30}"),
    "a year end from a day in the past": (DECEMBER, f"{DECEMBER}, {{from: 2020-07-01, ends: 06-30}}"),
}


def test_a_calendar_that_would_move_what_is_recorded_is_refused(house: House, configure: Configure) -> None:
    live(house)
    before = rows(house.database)
    for change in PAST.values():
        with pytest.raises(Conflict) as refusal:
            moved(house, configure(change, MAIL_CASES))
        assert refusal.value.status == 409
        assert refusal.value.detail == (
            "This configuration would move events up to 2020-12-31 to other days or years. Add a dated entry "
            "to time_zones or year_ends that starts later, and leave the earlier ones as they are."
        )
    assert rows(house.database) == before


def test_a_calendar_may_change_while_nothing_is_recorded(house: House, configure: Configure) -> None:
    later = moved(house, configure(PAST["another zone"], PAST["another year end"]))
    later.record(later.event("desk.case.reported", {"channel": "mail"}, time="2020-06-30T23:30:00Z"))
    assert placed(later) == [("2020-07-01", 2021)]


def placed(house: House) -> list[tuple[str, int]]:
    with house.database.read() as session:
        query = select(events_table.c.day, events_table.c.year).order_by(events_table.c.seq)
        return [(day, year) for day, year in session.execute(query)]


LATER = (
    (SHANGHAI, f"{SHANGHAI}, {{from: 2021-03-01, zone: Europe/London}}"),
    (DECEMBER, f"{DECEMBER}, {{from: 2021-03-01, ends: 03-31}}"),
)


def test_a_later_entry_of_the_calendar_is_accepted_and_moves_nothing(house: House, configure: Configure) -> None:
    live(house)
    before, places = kept(house, keys_of(house.catalogue)), placed(house)
    later = moved(house, configure(*LATER))
    assert kept(later, keys_of(later.catalogue)) == before
    later.clock.instant = datetime(2021, 5, 1, tzinfo=UTC)
    times = ("2021-01-31T17:00:00Z", "2021-03-31T22:30:00Z", "2021-03-31T23:30:00Z")
    later.record(*(later.event("desk.case.reported", {"channel": "mail"}, time=time) for time in times))
    assert placed(later) == [*places, ("2021-02-01", 2021), ("2021-03-31", 2021), ("2021-04-01", 2022)]
    assert later.differences(*YEARS, "2022") == []


def test_an_event_that_comes_in_meanwhile_may_forbid_the_switch(
    house: House, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "CHUNK", 5)
    live(house)
    house.clock.instant = datetime(2021, 5, 1, tzinfo=UTC)

    def come_in(done: int, _all: int) -> None:
        if done == 5:
            house.record(house.event("desk.case.reported", {"channel": "mail"}, time="2021-04-15T12:00:00+08:00"))

    with pytest.raises(Conflict, match="would move events up to 2021-04-15"):
        moved(house, configure(*LATER, MAIL_CASES), come_in)
    assert in_force(house) == house.catalogue.digest
    assert house.differences(*YEARS) == []

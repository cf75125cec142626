"""The log is signed by schedule: when it is due, what was missed, once however many ask, and loud when it fails."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.freezing import SIGNER
from tests.house import DATA, House, second_catalogue, small_catalogue
from tests.ledger.test_checkpoints import record, set_back
from tracker.catalogue import Catalogue, JobSchedule, load
from tracker.catalogue.calendar import Calendar, YearEnd, ZoneEntry
from tracker.cli import ticking
from tracker.errors import Conflict
from tracker.intake.accept import Intake
from tracker.jobs.checkpointing import JOB, sign_if_due, sign_now
from tracker.jobs.due import last_due
from tracker.ledger.checkpoints import listed
from tracker.service import Service
from tracker.settings import Settings, shipped

SHANGHAI = small_catalogue().calendar
AUCKLAND = second_catalogue().calendar
"""Years that end on 30 June, and a clock that is changed in April and September."""

BERLIN = Calendar((ZoneEntry(date(2000, 1, 1), ZoneInfo("Europe/Berlin")),), (YearEnd(date(2000, 1, 1), 12),))
EACH = ("day", "month", "quarter", "half_year", "year")


def job(each: str = "day", after_days: int = 0, at: str = "03:00") -> JobSchedule:
    return JobSchedule(JOB, each, after_days, at)


def due(calendar: Calendar, what: JobSchedule, at: str) -> str:
    """When it was due last, as the organisation's own clock shows it."""
    zone = calendar.zone_on(date.fromisoformat(at[:10]))
    found = last_due(calendar, what, datetime.fromisoformat(at).replace(tzinfo=zone))
    return found.astimezone(zone).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("calendar", "what", "at", "expected"),
    [
        (SHANGHAI, job(), "2021-02-01T12:00", "2021-02-01T03:00+08:00"),
        (SHANGHAI, job(), "2021-02-01T03:00", "2021-02-01T03:00+08:00"),
        (SHANGHAI, job(), "2021-02-01T02:59", "2021-01-31T03:00+08:00"),
        (SHANGHAI, job("day", 3), "2021-02-01T12:00", "2021-02-01T03:00+08:00"),
        (SHANGHAI, job("month"), "2021-02-01T03:00", "2021-02-01T03:00+08:00"),
        (SHANGHAI, job("month", 4), "2021-02-04T12:00", "2021-01-05T03:00+08:00"),
        (SHANGHAI, job("quarter"), "2021-03-31T12:00", "2021-01-01T03:00+08:00"),
        (SHANGHAI, job("half_year", 45), "2021-08-15T03:00", "2021-08-15T03:00+08:00"),
        (SHANGHAI, job("half_year", 45), "2021-08-15T02:00", "2021-02-15T03:00+08:00"),
        (SHANGHAI, job("year", 366), "2021-12-31T12:00", "2021-01-01T03:00+08:00"),
        (AUCKLAND, job("year"), "2021-06-30T12:00", "2020-07-01T03:00+12:00"),
        (AUCKLAND, job("year"), "2021-07-01T12:00", "2021-07-01T03:00+12:00"),
        (AUCKLAND, job("quarter"), "2021-12-31T12:00", "2021-10-01T03:00+13:00"),
        (BERLIN, job(at="02:30"), "2021-03-28T12:00", "2021-03-28T03:30+02:00"),  # the clock skips 02:30
        (BERLIN, job(at="02:30"), "2021-10-31T12:00", "2021-10-31T02:30+02:00"),
        (BERLIN, job(at="00:00"), "2021-03-28T00:00", "2021-03-28T00:00+01:00"),
    ],
)
def test_a_job_was_due_last(calendar: Calendar, what: JobSchedule, at: str, expected: str) -> None:
    assert due(calendar, what, at) == expected


def test_a_time_that_the_clock_shows_twice_is_due_once() -> None:
    twice = datetime(2021, 10, 31, 0, 30, tzinfo=UTC)  # 02:30 in summer time, an hour before 02:30 in winter time
    moments = {last_due(BERLIN, job(at="02:30"), twice + timedelta(minutes=each)) for each in range(0, 24 * 60, 10)}
    assert moments == {twice}


@given(
    st.sampled_from([SHANGHAI, AUCKLAND, BERLIN]),
    st.sampled_from(EACH),
    st.integers(0, 366),
    st.timedeltas(timedelta(0), timedelta(days=30_000)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_every_job_is_due_again_and_again_and_never_goes_back(
    calendar: Calendar, each: str, after: int, since: timedelta, later: timedelta
) -> None:
    what, at = job(each, after), datetime(2002, 1, 1, tzinfo=UTC) + since
    first, second = last_due(calendar, what, at), last_due(calendar, what, at + later)
    assert at - timedelta(days=367) <= first <= at
    assert first <= second
    assert last_due(calendar, what, first) == first
    assert last_due(calendar, what, first - timedelta(microseconds=1)) < first


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The small configuration, with a checkpoint a day at 03:00 in Shanghai."""
    folder = tmp_path_factory.mktemp("scheduled") / "config"
    shutil.copytree(DATA / "small", folder)
    (folder / "schedule.yaml").write_text('jobs:\n  checkpoint: {each: day, at: "03:00"}\n', "utf-8")
    return load(folder)


@pytest.fixture
def desk(house: House, scheduled: Catalogue) -> House:
    """A house whose clock shows 03:00 in Shanghai, and which signs by schedule."""
    made = House.build(house.database, scheduled)
    made.clock.instant = datetime(2021, 1, 31, 19, tzinfo=UTC)
    return made


def ask(house: House) -> int | None:
    """The size that was signed, if it was."""
    found = sign_if_due(house.database, house.ledger, SIGNER)
    return None if found is None else found.size


def signed(house: House) -> list[tuple[int, str]]:
    with house.database.read() as session:
        return [(each.size, each.signed_at) for each in listed(session)]


def test_the_shipped_schedule_signs_the_log_every_day() -> None:
    assert load(shipped("config")).schedule[JOB] == job()


def test_what_is_new_is_signed_once_a_day(desk: House) -> None:
    record(desk, 2)
    assert ask(desk) == 2
    record(desk)
    desk.clock.instant += timedelta(days=1, microseconds=-1)
    assert ask(desk) is None
    desk.clock.instant += timedelta(microseconds=1)
    assert (ask(desk), ask(desk)) == (3, None)
    assert signed(desk) == [(2, "2021-01-31T19:00:00.000000Z"), (3, "2021-02-01T19:00:00.000000Z")]


def test_where_nothing_is_new_nothing_is_signed(desk: House) -> None:
    assert ask(desk) is None
    record(desk)
    assert ask(desk) == 1
    desk.clock.instant += timedelta(days=30)
    assert ask(desk) is None
    record(desk)
    assert ask(desk) == 2


def test_a_day_that_was_missed_is_made_up_for_once(desk: House) -> None:
    record(desk)
    assert ask(desk) == 1
    record(desk)
    desk.clock.instant += timedelta(days=40, hours=7)
    assert (ask(desk), ask(desk)) == (2, None)
    record(desk)
    desk.clock.instant += timedelta(hours=16)
    assert ask(desk) is None
    desk.clock.instant += timedelta(hours=1)
    assert ask(desk) == 3


def test_what_somebody_signed_since_counts(desk: House) -> None:
    record(desk)
    sign_now(desk.database, desk.ledger, SIGNER)
    record(desk)
    assert ask(desk) is None


def test_a_clock_that_was_set_back_signs_nothing_twice(desk: House) -> None:
    record(desk)
    assert ask(desk) == 1
    record(desk)
    desk.clock.instant -= timedelta(days=3)
    assert ask(desk) is None


def test_without_a_schedule_nothing_is_signed(house: House) -> None:
    record(house)
    assert ask(house) is None


def test_a_log_that_was_tampered_with_is_not_signed(desk: House) -> None:
    record(desk, 3)
    assert ask(desk) == 3
    set_back(desk, 2)
    desk.clock.instant += timedelta(days=1)
    with pytest.raises(Conflict, match="does not continue the checkpoint of size 3"):
        ask(desk)
    assert [size for size, _ in signed(desk)] == [3]


def test_of_many_that_ask_at_once_one_signs(desk: House) -> None:
    record(desk, 3)
    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(ask(desk))) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found, key=str) == [3, None, None, None, None, None]
    assert len(signed(desk)) == 1


@pytest.fixture
def service(desk: House, tmp_path: Path) -> Service:
    """The same, opened as a serving process has it."""
    settings = Settings(home=tmp_path, database_url=str(desk.database.url), config=DATA / "small")
    made = Service(settings, desk.database, Intake.of(desk.ledger))
    made.keys.make()
    return made


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_a_serving_process_signs_by_itself_and_stops_when_it_is_told(desk: House, service: Service) -> None:
    clock = ticking.start(service, timedelta(milliseconds=20))
    try:
        record(desk, 2)
        until(lambda: bool(signed(desk)))
        record(desk)
        desk.clock.instant += timedelta(days=1)
        until(lambda: len(signed(desk)) == 2)
    finally:
        clock.shutdown()
    assert [size for size, _ in signed(desk)] == [2, 3]
    assert not [each for each in threading.enumerate() if "APScheduler" in each.name]


def test_a_failure_is_logged_and_tried_again(desk: House, service: Service) -> None:
    record(desk)
    key = service.keys.log.path
    hidden = key.rename(key.with_name("hidden"))
    without = replace(service)
    with capture_logs() as logs:
        ticking.tick(without)
        hidden.rename(key)
        ticking.tick(without)
        ticking.tick(without)
    told = [(each["event"], each["log_level"], each.get("error"), each.get("size")) for each in logs]
    assert told == [("job_failed", "error", "NotReady", None), ("checkpoint_signed", "info", None, 1)]

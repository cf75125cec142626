"""Verification: silent about what is as it was, exact about what is not, and never at a loss."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from tests.freezing import SIGNER, frozen
from tests.house import ALICE, House, small_catalogue
from tests.scenarios.tampering import past_guards
from tests.snapshots.years import live_a_year
from tracker.access.datakeys import DataKeys
from tracker.access.keyring import KeyRing
from tracker.access.models import data_keys
from tracker.db import Database
from tracker.jobs.verifying import LogKey, Report, verify, verify_log
from tracker.ledger.events import Incoming
from tracker.ledger.heads import read_head
from tracker.ledger.models import checkpoints, events, vault
from tracker.ledger.record import record
from tracker.snapshots.models import snapshots
from tracker.tallies.models import tally

KEY = LogKey("small/ledger", SIGNER.public)
CASE = "desk.case.reported"


@contextmanager
def untold(_label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda _done, _all: None


def report(house: House, datakeys: DataKeys | None = None) -> Report:
    used = datakeys or house.ledger.vault
    assert used is not None
    return verify(house.database, used, KEY, stage=untold)


def told(house: House) -> list[str]:
    """What is found, in words."""
    return [str(each) for each in report(house).findings]


def unseen(house: House) -> list[str]:
    """The notices, but for the one that this connection owns the tables."""
    return [each for each in report(house).notices if "role owns the tables" not in each]


@pytest.fixture
def lived(house: House) -> House:
    """A year with everything in it: amendments, confidential values, odd names, a restatement, a late event."""
    live_a_year(house)
    house.record(house.event(CASE, {"channel": "phone", "narrative": 'secret "q"'}, subject='東"b\\c'))
    house.correct(1, 1, {"channel": "mail", "narrative": "another"}, subject="c1")
    frozen(house.database, house.ledger, 2019)
    frozen(house.database, house.ledger, 2020)
    house.void(2, 2)
    frozen(house.database, house.ledger, 2020, reason="It never happened.")
    house.record(house.event(CASE, {"channel": "phone"}))
    return house


def test_nothing_is_found_in_a_log_that_is_as_it_was(lived: House) -> None:
    found = report(lived)
    with lived.database.read() as session:
        head = read_head(session)
    assert (list(found.findings), found.size, found.root) == ([], head.size, head.root.hex())
    assert unseen(lived) == []


def test_nothing_is_found_in_an_empty_log(house: House) -> None:
    assert report(house).as_document() | {"notices": []} == {
        "size": 0,
        "root": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "holds": True,
        "findings": [],
        "count": 0,
        "first_bad_seq": None,
        "notices": [],
    }


def made(count: int) -> list[Incoming]:
    time = "2020-05-04T04:00:00.000000Z"
    return [
        Incoming("/test", f"e{n}", "x.y.happened", None, time, None, {"n": n}, "2020-05-04", 2020, "")
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600])
def test_the_root_of_any_size_is_that_of_the_head(house: House, size: int) -> None:
    with house.database.write() as session:
        record(house.ledger, session, ALICE, made(size))
    found = verify_log(house.database)
    with house.database.read() as session:
        assert (found.root, list(found.findings)) == (read_head(session).root, [])


def test_a_large_log_is_read_by_several_processes_and_told_as_by_one(house: House) -> None:
    with house.database.write() as session:
        record(house.ledger, session, ALICE, made(33_000))
    with past_guards(house.database) as owner:
        owner.execute(update(events).where(events.c.seq == 20_000).values(actor="person:mallory"))
        owner.execute(delete(events).where(events.c.seq == 300))
    seen: list[tuple[int, int]] = []
    found = verify_log(house.database, lambda done, all: seen.append((done, all)))
    named = [(each.check, each.where, each.seq) for each in found.findings if each.seq is not None]
    assert named[:3] == [("log", "seq 300", 300), ("tree", "tile 1 of level 0", 300), ("log", "seq 20000", 20_000)]
    assert found.findings.first_seq == 300
    assert seen[0] == (0, 33_000)
    assert seen[-1] == (33_000, 33_000)
    assert seen == sorted(seen)


def test_a_log_that_is_wrong_throughout_is_told_in_a_hundred_lines(house: House) -> None:
    with house.database.write() as session:
        record(house.ledger, session, ALICE, made(300))
    with past_guards(house.database) as owner:
        owner.execute(update(events).values(recorded_at="2020-01-01T00:00:00.000000Z"))
    found = verify_log(house.database).findings
    assert len(list(found)) == 100
    assert found.count > 300
    assert (found[0].seq, found.first_seq) == (0, 0)


def change(house: House, *statements: object) -> None:
    with past_guards(house.database) as owner:
        for each in statements:
            owner.execute(each)  # type: ignore[call-overload]


def test_each_finding_says_what_is_wrong_and_where(lived: House) -> None:
    change(lived, update(events).where(events.c.seq == 3).values(actor="person:mallory"))
    assert told(lived)[0] == (
        "log, seq 3: its columns are not what its leaf covers: actor, day, recorded_at, replaces, content or what they "
        "repeat of the body."
    )
    assert report(lived).as_document()["first_bad_seq"] == 3


def test_a_year_of_which_the_newest_revision_was_removed_is_missed(lived: House) -> None:
    c = snapshots.c
    change(lived, delete(snapshots).where(c.year == 2020, c.revision == 2))
    assert "snapshot, 2020, revision 2: it was approved or published, but there is no such frozen revision: it was " + (
        "removed."
    ) in told(lived)


def test_approvals_by_one_person_are_none(lived: House) -> None:
    with lived.database.read() as session:
        row = session.execute(select(snapshots).where(snapshots.c.year == 2019)).one()
    seal = row.seal.replace("person:preparer", "person:approver")
    values = {"seal": seal, "signature": SIGNER.sign(seal.encode())}
    change(lived, update(snapshots).where(snapshots.c.year == 2019).values(values))
    assert told(lived) == ["snapshot, 2019, revision 1: it was not signed and approved by two different people."]


def test_a_year_without_a_seal_is_one_only_if_it_was_frozen_before_there_were_seals(lived: House) -> None:
    where = snapshots.c.year == 2019
    change(lived, update(snapshots).where(where).values(seal=None, signature=None, draft=None))
    assert "snapshot, 2019, revision 1: its seal is not signed by the log's key." in told(lived)


def test_what_was_erased_is_not_missed(lived: House) -> None:
    change(lived, delete(vault).where(vault.c.seq == 8), delete(data_keys).where(data_keys.c.owner == "desk/c1"))
    assert told(lived) == []


def test_confidential_values_whose_keys_are_out_of_reach_are_left_aside_with_a_notice(
    lived: House, tmp_path: Path
) -> None:
    for ring in (KeyRing.of_keys([bytes(32)]), KeyRing(tmp_path / "none", "TRACKER_VAULT_KEY_FILE")):
        found = report(lived, DataKeys(ring))
        assert not found.findings
        [notice] = [each for each in found.notices if "onfidential values" in each]
        assert "were not compared with their commitments" in notice


HOLLOW = {
    "sqlite": [
        ["DROP TRIGGER event_no_update"],
        [
            "DROP TRIGGER event_no_update",
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END",
        ],
        [
            "DROP TRIGGER event_no_update",
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event WHEN 0 "
            "BEGIN SELECT RAISE(ABORT, 'event is append-only'); END",
        ],
        [
            "DROP TRIGGER event_no_update",
            "CREATE TRIGGER event_no_update BEFORE UPDATE OF actor ON event "
            "BEGIN SELECT RAISE(ABORT, 'event is append-only'); END",
        ],
        [
            "DROP TRIGGER event_no_replace",
            "CREATE TRIGGER event_no_replace BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM head WHERE 0) "
            "BEGIN SELECT RAISE(ABORT, 'event is append-only: this row is on record'); END",
        ],
        ["CREATE TRIGGER helpful AFTER INSERT ON event BEGIN DELETE FROM tally; END"],
    ],
    "postgresql": [
        ["ALTER TABLE event DISABLE TRIGGER event_append_only"],
        ["ALTER TABLE event ENABLE TRIGGER event_append_only"],
        ["ALTER TABLE event ENABLE REPLICA TRIGGER event_append_only"],
        [
            "DROP TRIGGER event_append_only ON event",
            "CREATE TRIGGER event_append_only BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION "
            "tracker_append_only()",
            "ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only",
        ],
        [
            "CREATE OR REPLACE FUNCTION tracker_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RETURN NEW; BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END; END $$",
        ],
        ["CREATE RULE helpful AS ON INSERT TO audit_entry DO INSTEAD NOTHING"],
    ],
}


@pytest.mark.parametrize("number", range(6))
def test_a_guard_that_was_removed_or_hollowed_out_is_found(house: House, number: int) -> None:
    with house.database.engine.execution_options(writes=True).begin() as owner:
        for statement in HOLLOW[owner.dialect.name][number]:
            owner.exec_driver_sql(statement)
    found = list(report(house).findings)
    assert [each.check for each in found] == ["guard"]


ODD: dict[str, Callable[[Connection], object]] = {
    "a body that is no JSON": lambda owner: owner.execute(update(events).values(body="{")),
    "a body of lists": lambda owner: owner.execute(update(events).values(body="[[1]]")),
    "a body that is too deep": lambda owner: owner.execute(update(events).values(body="[" * 100_000)),
    "years that no calendar has": lambda owner: owner.execute(update(events).values(year=10**6)),
    "empty digests": lambda owner: owner.execute(update(events).values(content=b"", leaf=b"")),
    "a frozen year that is no document": lambda owner: owner.execute(update(snapshots).values(body="[]")),
    "a frozen year without figures": lambda owner: owner.execute(
        update(snapshots).values(body='{"year":2020,"revision":2,"log_size":"x","root":5}')
    ),
    "a seal that is no seal": lambda owner: owner.execute(update(snapshots).values(seal='{"approvals":[1,{}]}')),
    "a checkpoint of nothing": lambda owner: owner.execute(update(checkpoints).values(note="")),
    "a tally of no cell": lambda owner: owner.execute(
        insert(tally).values(
            metric=small_catalogue().metrics["desk.cases"].key, period="2020-01", cell="{", part=0, value=1
        )
    ),
    "a log without events": lambda owner: owner.execute(delete(events)),
}


@pytest.mark.parametrize("odd", ODD)
def test_nothing_that_is_on_record_leaves_it_at_a_loss(lived: House, odd: str) -> None:
    with past_guards(lived.database) as owner:
        ODD[odd](owner)
    found = report(lived)
    assert found.findings
    json.dumps(found.as_document())


def test_sqlite_may_hold_in_a_column_what_it_likes(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    house = House.build(database, small_catalogue())
    live_a_year(house)
    with past_guards(database) as owner:
        owner.exec_driver_sql("UPDATE event SET actor = CAST(x'ff00fe' AS TEXT) WHERE seq = 1")
        owner.exec_driver_sql("UPDATE event SET day = x'ff' WHERE seq = 2")
        owner.exec_driver_sql("UPDATE event SET year = 'soon' WHERE seq = 3")
        owner.exec_driver_sql("UPDATE event SET content = 'text' WHERE seq = 4")
        owner.exec_driver_sql("UPDATE event SET body = CAST(x'ff' AS TEXT) WHERE seq = 5")
    found = verify_log(database).findings
    assert {each.seq for each in found if each.check == "log"} == {1, 2, 3, 4, 5}
    database.close()


def test_a_copy_of_a_sound_file_is_sound(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    live_a_year(House.build(database, small_catalogue()))
    database.close()
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "copy.db")
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert not verify_log(copy).findings
    copy.close()

"""Files on record: sealed with their event, named and opened for those on record, found changed if they are."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, insert, select, text, update

from tests.house import ALICE, House
from tests.ledger.test_sealing import raw
from tracker import evidence
from tracker.access import audit
from tracker.access.crypto import seal
from tracker.errors import ContentConflict, Invalid, NotFound, NotReady
from tracker.evidence import Attached, Clean, cleaned
from tracker.evidence.models import files
from tracker.ledger.events import ATTACHED, Actor, Receipt
from tracker.ledger.models import events
from tracker.ledger.queries import entry

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}
WORDS = b"what the camera saw: unmistakable"
CHANNEL = Actor("system", "report-channel")
NOTES = cleaned(WORDS, "unmistakable notes.txt")


@pytest.fixture
def case(house: House) -> House:
    """A house with one case, seq 0."""
    house.record(house.event(CASE, PHONE, subject="s1", entity="north"))
    return house


def attach(house: House, event: int = 0, file: Clean = NOTES, id: str = "file-1", **others: Any) -> Receipt:
    with house.database.write() as session:
        return evidence.attach(house.intake, session, others.pop("actor", ALICE), event, file, id=id, **others)


def of(house: House, *seqs: int) -> list[Attached]:
    with house.database.read() as session:
        return evidence.of(session, seqs)


def opened(house: House, seq: int) -> Clean:
    return evidence.open_file(house.database, house.ledger, "person:p-bob", seq, purpose="reading the case")


def trail(house: House) -> list[tuple[str, str, str, str | None]]:
    with house.database.read() as session:
        return [(each.actor, each.action, each.target, each.detail) for each in audit.entries(session)]


def test_an_attached_file_is_an_event_of_the_same_subject(case: House) -> None:
    assert attach(case).seq == 1
    with case.database.read() as session:
        found = entry(session, 1)
    assert found is not None
    assert (found.type, found.subject, found.source, found.actor) == (ATTACHED, "s1", "/tracker/evidence", str(ALICE))
    assert found.time == "2021-02-01T04:00:00.000000Z"
    assert {name: value for name, value in found.data.items() if name in {"event", "media_type"}} == {
        "event": 0,
        "media_type": "text/plain",
    }
    assert {name: list(found.data[name]) for name in ("name", "sha256")} == {
        "name": ["commitment"],
        "sha256": ["commitment"],
    }
    assert case.secrets()[1, "/sha256"][1].decode() == f'"{hashlib.sha256(WORDS).hexdigest()}"'


def test_a_file_comes_back_as_it_was_and_its_opening_is_on_record(case: House) -> None:
    attach(case)
    assert trail(case) == []
    assert opened(case, 1) == NOTES
    assert trail(case) == [("person:p-bob", "evidence.opened", "desk/s1", "seq 1: reading the case")]


def test_neither_name_nor_content_nor_digest_lies_open(case: House) -> None:
    attach(case)
    sought = [WORDS, b"unmistakable", hashlib.sha256(WORDS).hexdigest().encode(), hashlib.sha256(WORDS).digest()]
    assert [table for table, found in raw(case.database).items() if any(each in found for each in sought)] == []


def test_files_are_listed_by_the_event_they_belong_to(case: House) -> None:
    case.record(case.event(CASE, PHONE))
    for number, event in enumerate((0, 1, 0)):
        attach(case, event, id=f"file-{number}")
    size, day = len(WORDS), "2021-02-01"
    listed = [Attached(2, 0, "text/plain", size, day, str(ALICE)), Attached(4, 0, "text/plain", size, day, str(ALICE))]
    assert of(case, 0) == listed
    assert [each.seq for each in of(case, 0, 1)] == [2, 3, 4]
    case.void(2, 2)
    assert of(case, 0) == listed[1:]
    assert of(case) == []


def test_a_file_sent_again_changes_nothing(case: House) -> None:
    first = attach(case)
    assert attach(case) == first._replace(status="duplicate")
    with pytest.raises(ContentConflict):
        attach(case, file=cleaned(b"another file", "unmistakable notes.txt"))
    assert len(of(case, 0)) == 1


def test_a_file_of_no_event_is_refused(case: House) -> None:
    with pytest.raises(Invalid, match="cannot be attached"):
        attach(case, event=7)
    with case.database.read() as session:
        assert session.scalar(select(func.count()).select_from(files)) == 0


def test_event_and_file_are_stored_both_or_none(case: House) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("no space left")

    sqlalchemy_event.listen(case.database.engine, "before_cursor_execute", _on(files.name, full))
    with pytest.raises(RuntimeError, match="no space left"):
        attach(case)
    with case.database.read() as session:
        assert session.scalar(select(func.count()).select_from(events)) == 1


def _on(table: str, then: Any) -> Any:
    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            then()

    return before


def test_an_anonymous_file_has_the_day_of_its_report_alone(case: House) -> None:
    case.clock.instant = datetime(2021, 2, 3, 14, 15, 16, tzinfo=UTC)
    attach(case, actor=CHANNEL, coarse=True)
    with case.database.read() as session:
        report, file = entry(session, 0), entry(session, 1)
    assert report is not None
    assert file is not None
    assert (file.time, file.recorded_at) == (report.time, "2021-02-03T00:00:00.000000Z")


def test_a_file_that_was_exchanged_is_not_given_out(case: House) -> None:
    attach(case)
    attach(case, id="file-2", file=cleaned(b"harmless", "b.txt"))
    with case.database.write() as session:
        other = session.scalar(select(files.c.sealed).where(files.c.seq == 2))
        session.execute(update(files).where(files.c.seq == 1).values(sealed=other))
    with pytest.raises(NotReady, match="evidence_file/1 does not open"):
        opened(case, 1)
    assert case.ledger.vault is not None
    with case.database.write() as session:
        id = session.scalars(select(files.c.data_key).where(files.c.seq == 1)).one()
        key = case.ledger.vault.open_by_id(session, [id])[id]  # as somebody could who has the keys
        session.execute(update(files).where(files.c.seq == 1).values(sealed=seal(key, b"forged", "evidence_file/1")))
    with pytest.raises(NotReady, match="is not the one whose digest is on record"):
        opened(case, 1)


def test_without_a_file_there_is_nothing_to_open_and_nothing_on_record(case: House) -> None:
    for seq in (0, 9):
        with pytest.raises(NotFound, match=f"No file is kept for seq {seq}"):
            opened(case, seq)
    assert trail(case) == []


def test_a_trail_that_cannot_be_written_keeps_the_file_closed(case: House) -> None:
    attach(case)
    with case.database.write() as session:
        session.execute(text("ALTER TABLE audit_entry RENAME TO audit_gone"))
    with pytest.raises(NotReady):
        opened(case, 1)


def test_a_row_without_its_event_is_no_file(case: House) -> None:
    attach(case)
    with case.database.write() as session:
        row = session.execute(select(files)).one()._asdict()
        session.execute(insert(files).values(row | {"seq": 0}))
    with pytest.raises(NotFound):
        opened(case, 0)

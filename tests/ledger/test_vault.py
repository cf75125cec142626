"""The vault: sealed by place and owner, opened by seq, and files that belong to their event."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Row, delete, select, text, update

from tests.house import ALICE, METER, House
from tests.ledger.test_recording import rows
from tracker.access.models import data_keys
from tracker.errors import ContentConflict, Forbidden, Invalid, NotReady
from tracker.intake.accept import Intake
from tracker.ledger.events import ATTACHED, CORRECTED
from tracker.ledger.models import vault
from tracker.ledger.vault import opened, salts, seal_plain

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}
TOLD = "the keys were gone"
FILE = {"media_type": "text/plain", "sha256": "0" * 64, "name": "a.txt"}


def secret(words: str = TOLD) -> dict[str, Any]:
    return PHONE | {"narrative": words}


def read(house: House, *seqs: int) -> dict[int, dict[str, Any]]:
    assert house.ledger.vault is not None
    with house.database.read() as session:
        return opened(session, house.ledger.vault, seqs)


def stored(house: House) -> list[Row[Any]]:
    with house.database.read() as session:
        return list(session.execute(select(vault).order_by(vault.c.seq, vault.c.field)))


def owners(house: House) -> dict[int, str]:
    """Whose key seals what, by seq."""
    with house.database.read() as session:
        query = select(vault.c.seq, data_keys.c.owner).join(data_keys, data_keys.c.id == vault.c.data_key)
        return {seq: owner for seq, owner in session.execute(query)}


def test_confidential_values_come_out_by_seq_and_pointer(house: House) -> None:
    house.record(house.event(CASE, secret(), subject="s1"), house.event(CASE, PHONE), house.event(CASE, secret("b")))
    house.correct(0, 0, secret("what really happened"), subject="s1")
    assert read(house, 0, 1, 2, 3, 4) == {
        0: {"/narrative": TOLD},
        2: {"/narrative": "b"},
        3: {"/data/narrative": "what really happened"},
    }
    assert read(house) == {}


def test_salts_and_values_are_sealed_each_on_its_own(house: House) -> None:
    house.record(house.event(CASE, secret(), subject="s1"))
    [row] = stored(house)
    sealed = bytes(row.salt), bytes(row.value)
    assert (len(sealed[0]), len(sealed[1])) == (12 + 32 + 16, 12 + len(f'"{TOLD}"') + 16)
    assert TOLD.encode() not in b"".join(sealed)
    with house.database.read() as session:
        assert salts(session, house.ledger.vault, [0]) == {0: {"/narrative": bytes(32)}}


def test_one_key_seals_all_about_a_subject_and_each_event_without_one_has_its_own(house: House) -> None:
    house.record(
        house.event(CASE, secret(), subject="s1"),
        house.event(CASE, secret()),
        house.event(CASE, secret(), subject="s2"),
        house.event(CASE, secret(), subject="s1"),
        house.event(CASE, secret(), subject="#1"),
    )
    house.correct(0, 0, secret(), subject="s3")
    house.correct(1, 1, secret())
    assert owners(house) == {
        0: "desk/s1",
        1: "desk/#1",
        2: "desk/s2",
        3: "desk/s1",
        4: "desk/##1",
        5: "desk/s3",
        6: "desk/#1",
    }


def test_events_without_confidential_values_leave_the_vault_alone(house: House) -> None:
    without = House(house.database, Intake.of(replace(house.ledger, vault=None)), house.clock, house.numbers)
    events = [house.event(CASE, PHONE, subject="s1") for _ in range(3)]
    first = without.record(*events)
    assert without.record(*events) == [each._replace(status="duplicate") for each in first]
    assert stored(house) == []


def test_without_a_vault_nothing_confidential_is_recorded_or_compared(house: House) -> None:
    without = House(house.database, Intake.of(replace(house.ledger, vault=None)), house.clock, house.numbers)
    event = house.event(CASE, secret())
    before = rows(house.database)
    with pytest.raises(NotReady, match="this process was given no key ring"):
        without.record(house.event(CASE, PHONE), event)
    assert rows(house.database) == before
    house.record(event)
    with pytest.raises(NotReady, match="this process was given no key ring"):
        without.record(event)


@pytest.mark.parametrize("part", ["salt", "value"])
def test_what_was_moved_to_another_row_does_not_open(part: str, house: House) -> None:
    house.record(*(house.event(CASE, secret(words), subject="s1") for words in ("one", "two")))
    first, _ = stored(house)
    with house.database.write() as session:
        session.execute(update(vault).where(vault.c.seq == 1).values({part: first._mapping[part]}))
    with pytest.raises(NotReady, match=f"event_vault/1/narrative/{part} does not open"):
        house.secrets()


def test_a_salt_in_the_place_of_its_value_does_not_open(house: House) -> None:
    house.record(house.event(CASE, secret()))
    with house.database.write() as session:
        session.execute(update(vault).values(value=vault.c.salt))
    with pytest.raises(NotReady, match="event_vault/0/narrative/value does not open"):
        read(house, 0)


def test_what_was_moved_to_another_field_does_not_open(house: House) -> None:
    house.record(house.event(CASE, secret()))
    with house.database.write() as session:
        session.execute(update(vault).values(field="/channel"))
    with pytest.raises(NotReady, match="event_vault/0/channel/value does not open"):
        read(house, 0)


def test_what_was_moved_under_another_subjects_key_does_not_open(house: House) -> None:
    house.record(house.event(CASE, secret(), subject="s1"), house.event(CASE, secret(), subject="s2"))
    first, second = (row.data_key for row in stored(house))
    with house.database.write() as session:
        session.execute(update(vault).where(vault.c.data_key == second).values(data_key=first))
    with pytest.raises(NotReady, match="event_vault/1/narrative/value does not open"):
        read(house, 1)


def test_every_changed_bit_of_a_sealed_value_shows(house: House) -> None:
    house.record(house.event(CASE, secret("x")))
    [row] = stored(house)
    sealed = bytes(row.value)
    for place, bit in itertools.product(range(0, len(sealed), 3), (0, 7)):
        changed = bytearray(sealed)
        changed[place] ^= 1 << bit
        with house.database.write() as session:
            session.execute(update(vault).values(value=bytes(changed)))
        with pytest.raises(NotReady, match="does not open"):
            read(house, 0)


def test_a_repeated_event_is_compared_under_its_sealed_salts(house: House) -> None:
    event = house.event(CASE, secret(), subject="s1")
    first = house.record(event)
    assert house.record(event) == [each._replace(status="duplicate") for each in first]
    with pytest.raises(ContentConflict):
        house.record(event | {"data": secret("other words")})


def test_once_its_key_is_destroyed_the_open_fields_of_a_repeated_event_are_compared(house: House) -> None:
    event = house.event(CASE, secret(), subject="s1")
    first = house.record(event)
    with house.database.write() as session:
        session.execute(delete(data_keys))
    assert read(house, 0) == {}
    assert house.record(event | {"data": secret("other")}) == [each._replace(status="duplicate") for each in first]
    with pytest.raises(ContentConflict):
        house.record(event | {"data": secret() | {"channel": "mail"}})


def unseal_all(house: House) -> dict[tuple[int, str], tuple[bytes, bytes]]:
    """Turn the vault into what it was before there were data keys."""
    found = house.secrets()
    with house.database.write() as session:
        for (seq, field), (salt, value) in found.items():
            where = (vault.c.seq == seq, vault.c.field == field)
            session.execute(update(vault).where(*where).values(salt=salt, value=value, data_key=None))
        session.execute(delete(data_keys))
    return found


def test_what_lay_open_from_before_there_were_keys_is_sealed(house: House) -> None:
    events = [house.event(CASE, secret(f"told {number}"), subject=f"s{number % 40}") for number in range(600)]
    house.record(*events, house.event(CASE, secret()))
    house.correct(3, 3, secret("corrected"), subject="elsewhere")
    kept = owners(house)
    before = unseal_all(house)
    with pytest.raises(NotReady, match="Run `tracker init`"):
        read(house, 0)
    assert seal_plain(house.database, house.ledger.vault) == 602
    assert house.secrets() == before
    assert owners(house) == kept
    assert [row.seq for row in stored(house) if b"told" in bytes(row.value)] == []
    assert seal_plain(house.database, house.ledger.vault) == 0
    assert {each.status for each in house.record(*events)} == {"duplicate"}


def attach(house: House, event: int, **others: Any) -> dict[str, Any]:
    return house.event(ATTACHED, FILE | {"event": event}, **others)


def test_a_files_name_and_digest_are_sealed_under_the_key_of_its_events_subject(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"), house.event(CASE, PHONE))
    house.correct(0, 0, PHONE, subject="s2")
    house.correct(1, 1, PHONE)
    house.record(
        attach(house, 0, subject="s1"), attach(house, 1), attach(house, 2, subject="s2"), attach(house, 3), actor=ALICE
    )
    assert owners(house) == {4: "desk/s1", 5: "desk/#1", 6: "desk/s2", 7: "desk/#1"}
    assert read(house, 4) == {4: {"/name": "a.txt", "/sha256": "0" * 64}}


def test_a_void_takes_back_a_file_and_nothing_corrects_one(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"))
    house.record(attach(house, 0, subject="s1"))
    with pytest.raises(Invalid) as refusal:
        house.record(house.event(CORRECTED, amendment(FILE | {"event": 0}), subject="s1"))
    assert [str(each) for each in refusal.value.mistakes] == [
        "/0/data/original: seq 1 attached a file; void it and attach another"
    ]
    assert house.void(1, 1).status == "recorded"


def amendment(data: dict[str, Any]) -> dict[str, Any]:
    return {"original": {"seq": 1}, "replaces": 1, "reason": "a slip", "data": data}


@pytest.mark.parametrize(
    ("event", "subject", "words"),
    [
        (9, "s1", "names no event on record; give the seq of the event that the file belongs to"),
        (0, None, "is of the subject 's1'; a file has the subject of its event"),
        (0, "s2", "is of the subject 's1'; a file has the subject of its event"),
        (1, "s1", "attaches a file itself; give the seq of the event that the file belongs to"),
    ],
)
def test_a_file_belongs_to_an_event_of_its_subject(event: int, subject: str | None, words: str, house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"))
    house.record(attach(house, 0, subject="s1"))
    before = rows(house.database)
    with pytest.raises(Invalid) as refusal:
        house.record(attach(house, event, subject=subject))
    assert [str(each) for each in refusal.value.mistakes] == [f"/0/data/event: {words}"]
    assert rows(house.database) == before


def test_a_source_attaches_no_files(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"), actor=METER)
    with pytest.raises(Forbidden, match="attached by people"):
        house.record(attach(house, 0, subject="s1"), actor=METER)


def test_files_move_no_figure(house: House) -> None:
    house.record(house.event(CASE, PHONE, subject="s1"))
    metrics = [each for each in house.catalogue.metrics]
    before = {each: house.values(each, "2020") for each in metrics}
    house.record(attach(house, 0, subject="s1"))
    assert {each: house.values(each, "2020") for each in metrics} == before
    assert house.differences() == []


def test_a_commitment_is_the_digest_of_salt_and_value_as_ever(house: House) -> None:
    house.record(house.event(CASE, secret()))
    salt, value = house.secrets()[0, "/narrative"]
    with house.database.read() as session:
        body = session.scalar(text("SELECT body FROM event"))
    assert hashlib.sha256(salt + value).hexdigest() in (body or "")

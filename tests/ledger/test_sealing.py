"""What lies in the log: columns that repeat the body, hashes anybody can recompute, nothing confidential."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Row, delete, inspect, select, text

from tests.freezing import frozen_in
from tests.house import House
from tests.ledger.test_recording import rows
from tracker.db import Database
from tracker.errors import ContentConflict
from tracker.intake.accept import Intake
from tracker.ledger.events import CORRECTED, VOIDED, Incoming
from tracker.ledger.models import events as events_table
from tracker.ledger.models import vault
from tracker.ledger.queries import Entry, entry_from
from tracker.ledger.record import random_salt
from tracker.ledger.sealing import hashed, header_of

CASE = "desk.case.reported"
SECRETS = ("鑰匙不見了 – the keys were gone", "the second account differs")
HEADER = ("actor", "day", "entity", "id", "recorded_at", "replaces", "seq", "source", "subject", "time", "type", "year")


def unmistakable_salts() -> Iterator[bytes]:
    return (hashlib.sha256(f"salt {number}".encode()).digest() for number in itertools.count())


@pytest.fixture
def sealed(house: House) -> House:
    """A house with a confidential case, a correction of it with another narrative, a void and a frozen year."""
    salts = unmistakable_salts()
    ledger = replace(house.ledger, salt=lambda: next(salts))
    made = House(house.database, Intake.of(ledger), house.clock)
    plain = {"channel": "phone", "loss": {"amount": "0.05", "currency": "CNY"}, "places": ["北", "south"]}
    secret = plain | {"narrative": SECRETS[0]}
    made.record(made.event(CASE, secret, subject="甲", entity="north", time="2019-12-31T18:30:00.25+01:00"))
    made.record(made.event(CASE, plain))
    made.correct(0, 0, plain | {"narrative": SECRETS[1]}, subject="乙", time="2020-01-02T00:00:00Z")
    made.void(1, 1)
    with made.database.write() as session:
        frozen_in(session, ledger, 2020)
    return made


def stored(house: House) -> list[Row[Any]]:
    with house.database.read() as session:
        return list(session.execute(select(events_table).order_by(events_table.c.seq)))


def spelled(value: object) -> bytes:
    """Canonical JSON, by hand."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def raw(database: Database) -> dict[str, bytes]:
    """All bytes of every table that the database itself knows, by table."""
    with database.read() as session:
        return {
            table: b"\n".join(
                bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                for row in session.execute(text(f"SELECT * FROM {table}"))
                for value in row
            )
            for table in inspect(database.engine).get_table_names()
        }


def test_confidential_values_and_salts_lie_open_nowhere_and_come_out_of_the_vault(sealed: House) -> None:
    assert "event" in {table for table, found in raw(sealed.database).items() if b"channel" in found}
    salts = list(itertools.islice(unmistakable_salts(), 2))
    sought = [form for secret in SECRETS for form in (secret.encode(), json.dumps(secret)[1:-1].encode())]
    sought += [form for salt in salts for form in (salt, salt.hex().encode())]
    found = {table for table, content in raw(sealed.database).items() if any(each in content for each in sought)}
    assert found == set()
    assert sealed.secrets() == {
        (0, "/narrative"): (salts[0], spelled(SECRETS[0])),
        (2, "/data/narrative"): (salts[1], spelled(SECRETS[1])),
    }


def test_the_body_carries_a_commitment_that_salt_and_value_give_again(sealed: House) -> None:
    data = [json.loads(row.body)["data"] for row in stored(sealed)]
    held = sealed.secrets()
    expected = {key: {"commitment": hashlib.sha256(salt + value).hexdigest()} for key, (salt, value) in held.items()}
    plain = {"channel": "phone", "loss": {"amount": "0.05", "currency": "CNY"}, "places": ["北", "south"]}
    slip = {"original": {"seq": 0}, "replaces": 0, "reason": "a slip"}
    assert data == [
        plain | {"narrative": expected[0, "/narrative"]},
        plain,
        slip | {"data": plain | {"narrative": expected[2, "/data/narrative"]}},
        {"original": {"seq": 1}, "replaces": 1, "reason": "never happened"},
    ]


def test_content_is_the_sha256_of_the_body_which_is_canonical(sealed: House) -> None:
    for row in stored(sealed):
        assert bytes(row.content) == hashlib.sha256(row.body.encode()).digest()
        assert row.body.encode() == spelled(json.loads(row.body))


def test_a_leaf_is_the_hash_of_the_header_that_the_columns_give(sealed: House) -> None:
    for row in stored(sealed):
        header = {name: row._mapping[name] for name in HEADER} | {"content": bytes(row.content).hex()}
        assert bytes(row.leaf) == hashlib.sha256(b"\x00" + spelled(header)).digest()


def test_the_header_of_what_is_on_record_is_the_one_that_was_hashed(sealed: House) -> None:
    found = stored(sealed)
    headers = [header_of(row) for row in found]
    assert headers == [header_of(entry_from(row)) for row in found]
    assert [hashlib.sha256(b"\0" + header.encode()).digest() for header in headers] == [row.leaf for row in found]
    content = hashlib.sha256(found[2].body.encode()).hexdigest()
    assert headers[2] == (
        f'{{"actor":"person:alice","content":"{content}","day":"2020-01-02","entity":null,"id":"{found[2].id}",'
        '"recorded_at":"2021-02-01T04:00:00.000000Z","replaces":0,"seq":2,"source":"/test","subject":"乙",'
        '"time":"2020-01-02T00:00:00.000000Z","type":"tracker.event.corrected","year":2020}'
    )


def test_the_columns_say_what_the_body_says(sealed: House) -> None:
    found = stored(sealed)
    for row in found:
        body = json.loads(row.body)
        data = body.pop("data")
        assert body == {name: row._mapping[name] for name in ("entity", "id", "source", "subject", "time", "type")}
        day = datetime.fromisoformat(row.time).astimezone(ZoneInfo("Asia/Shanghai")).date()
        assert (row.day, row.year) == (day.isoformat(), day.year)
        amends = row.type in (CORRECTED, VOIDED)
        assert (row.original, row.replaces) == ((data["original"]["seq"], data["replaces"]) if amends else (None, None))
        assert (row.actor, row.recorded_at) == ("person:alice", "2021-02-01T04:00:00.000000Z")
    assert [(row.seq, row.time, row.year) for row in found] == [
        (0, "2019-12-31T17:30:00.250000Z", 2020),
        (1, "2020-05-04T04:00:00.000000Z", 2020),
        (2, "2020-01-02T00:00:00.000000Z", 2020),
        (3, "2020-05-04T04:00:00.000000Z", 2020),
    ]


def test_after_an_erasure_the_open_fields_alone_are_compared(house: House) -> None:
    data = {"channel": "phone", "narrative": SECRETS[0]}
    event = house.event(CASE, data)
    body = {"original": {"seq": 0}, "replaces": 0, "reason": "a slip", "data": data}
    correction = house.event(CORRECTED, body)
    first = [*house.record(event), *house.record(correction)]
    with house.database.write() as session:
        session.execute(delete(vault))
    before = rows(house.database)
    again = [receipt._replace(status="duplicate") for receipt in first]
    other = data | {"narrative": SECRETS[1]}
    assert house.record(event, correction) == again
    assert house.record(event | {"data": other}, correction | {"data": body | {"data": other}}) == again
    for changed in (
        event | {"data": other | {"channel": "mail"}},
        event | {"data": {"channel": "phone"}},
        correction | {"data": body | {"data": other | {"channel": "mail"}}},
        correction | {"data": body | {"reason": "another"}},
    ):
        with pytest.raises(ContentConflict):
            house.record(changed)
    assert rows(house.database) == before


def test_erasing_one_event_leaves_the_others_compared_in_full(house: House) -> None:
    events = [house.event(CASE, {"channel": "phone", "narrative": SECRETS[0]}) for _ in range(2)]
    house.record(*events)
    with house.database.write() as session:
        session.execute(delete(vault).where(vault.c.seq == 0))
    changed = [event | {"data": {"channel": "phone", "narrative": SECRETS[1]}} for event in events]
    assert [receipt.status for receipt in house.record(changed[0])] == ["duplicate"]
    with pytest.raises(ContentConflict):
        house.record(changed[1])


def test_a_confidential_value_is_not_repeated_in_a_conflict(house: House) -> None:
    event = house.event(CASE, {"channel": "phone", "narrative": SECRETS[0]})
    house.record(event)
    with pytest.raises(ContentConflict) as refusal:
        house.record(event | {"data": {"channel": "phone", "narrative": SECRETS[1]}})
    said = f"{refusal.value.detail} {refusal.value.mistakes}"
    assert [secret for secret in SECRETS if secret in said] == []


def test_salts_are_32_bytes_and_never_the_same() -> None:
    salts = {random_salt() for _ in range(1000)}
    assert (len(salts), {len(salt) for salt in salts}) == (1000, {32})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DATA = st.dictionaries(TEXTS, st.integers(-(2**53), 2**53) | TEXTS | st.lists(TEXTS, max_size=3) | st.booleans())


@given(TEXTS, TEXTS, TEXTS | st.none(), TEXTS | st.none(), DATA, st.none() | st.integers(0, 2**60))
@example('/a"b\\\u2028', "\x7f\t快手", "é\n", None, {"b": "1", "a": {"z": [1], "": "x"}}, 7)
def test_what_is_spelled_once_for_both_hashes_is_the_canonical_json_of_each(
    source: str, id: str, subject: str | None, entity: str | None, data: dict[str, Any], replaces: int | None
) -> None:
    time = "2020-05-04T04:00:00.000000Z"
    event = Incoming(source, id, CASE, subject, time, entity, {"not": "this"}, "2020-05-04", 2020, "/0")
    body, content, leaf = hashed(event, data, actor="person:alice", recorded_at=time, seq=3, replaces=replaces)
    both = {"entity": entity, "id": id, "source": source, "subject": subject, "time": time, "type": CASE}
    stamped = {"actor": "person:alice", "content": content.hex(), "recorded_at": time, "replaces": replaces, "seq": 3}
    header = both | stamped | {"day": "2020-05-04", "year": 2020}
    assert body.encode() == spelled(both | {"data": data})
    assert content == hashlib.sha256(body.encode()).digest()
    assert leaf == hashlib.sha256(b"\x00" + spelled(header)).digest()
    on_record = (3, time, "person:alice", source, id, CASE, subject, time, entity, "2020-05-04", 2020, None, replaces)
    assert header_of(Entry(*on_record, {}, content.hex(), leaf.hex())).encode() == spelled(header)

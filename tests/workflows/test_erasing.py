"""Erasure: what is confidential about a subject is gone from the database, and nothing else has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.freezing import SIGNER
from tests.house import ALICE, House, small_catalogue
from tests.ledger.test_sealing import HEADER, raw, spelled
from tests.postgres import connect
from tests.workflows.casehouse import CaseHouse
from tracker import evidence
from tracker.access import audit
from tracker.access.erasures import Erasure
from tracker.access.models import data_keys
from tracker.db import PRAGMAS, Database
from tracker.errors import Conflict, Forbidden, Invalid, NotFound, NotReady
from tracker.evidence import cleaned
from tracker.evidence.models import files
from tracker.jobs.verifying import LogKey, verify
from tracker.ledger.heads import lock, read_head
from tracker.ledger.merkle import inclusion, verify_inclusion
from tracker.ledger.models import events, vault
from tracker.ledger.tree import Nodes
from tracker.workflows import approvals, receipts
from tracker.workflows.erasing import Erased, erase, propose_erasure
from tracker.workflows.models import named
from tracker.workflows.scrubbing import rewrite, scrub

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}


def told(words: str) -> dict[str, Any]:
    return PHONE | {"narrative": words}


def erased(house: House, owner: str) -> Erased:
    with house.database.write() as session:
        size = lock(session).size
        return erase(session, owner, by="person:p-bob", at=house.clock(), why="proposal:1", below=size)


def attach(house: House, event: int, words: bytes = b"a note", id: str = "file") -> int:
    with house.database.write() as session:
        file = cleaned(words, "note.txt")
        return evidence.attach(house.intake, session, ALICE, event, file, id=f"{id}-{event}").seq


def left(house: House) -> set[int]:
    """The seqs of events of which something confidential is still held."""
    return {seq for seq, _ in house.secrets()}


def test_a_subjects_values_salts_files_and_key_are_gone_and_its_events_stay(house: House) -> None:
    house.record(house.event(CASE, told("one"), subject="s1"), house.event(CASE, told("two"), subject="s2"))
    attach(house, 0)
    attach(house, 1)
    assert erased(house, "desk/s1") == Erased(values=3, files=1)
    with house.database.read() as session:
        assert session.scalars(select(data_keys.c.owner)).all() == ["desk/s2"]
        assert session.scalars(select(files.c.event)).all() == [1]
        assert session.scalars(select(events.c.seq).order_by(events.c.seq)).all() == [0, 1, 2, 3]
        [entry] = audit.entries(session)
    assert tuple(entry)[1:] == (
        "2021-02-01T04:00:00.000000Z",
        "person:p-bob",
        "confidential.erased",
        "desk/s1",
        "values: 3, files: 1, proposal:1",
    )
    assert left(house) == {1, 3}


def test_what_was_said_under_another_subject_goes_with_the_event(house: House) -> None:
    house.record(*(house.event(CASE, told(words), subject="s1") for words in ("mine", "not mine")))
    house.correct(0, 0, told("mine, really"), subject="s2")  # it was always about s2
    attach(house, 0, id="before")
    assert erased(house, "desk/s2") == Erased(values=4, files=1)
    assert left(house) == {1}


def test_what_now_concerns_another_subject_stays_when_the_first_one_is_erased(house: House) -> None:
    house.record(*(house.event(CASE, told(words), subject="s1") for words in ("about s2", "mine")))
    house.correct(0, 0, told("about s2, really"), subject="s2")
    erased(house, "desk/s1")
    assert left(house) == {2}


def test_a_voided_event_is_erased_with_its_subject(house: House) -> None:
    house.record(house.event(CASE, told("one"), subject="s1"))
    house.correct(0, 0, told("two"), subject="s1")
    house.void(0, 1)
    assert erased(house, "desk/s1").values == 2
    assert left(house) == set()


def test_an_event_without_a_subject_is_erased_by_its_seq(house: House) -> None:
    house.record(
        house.event(CASE, told("one")), house.event(CASE, told("two")), house.event(CASE, told("3"), subject="#1")
    )
    house.correct(1, 1, told("two, really"))
    assert erased(house, "desk/#1").values == 2
    assert left(house) == {0, 2}
    assert erased(house, "desk/##1").values == 1


def test_a_subject_of_the_same_name_in_another_domain_stays(house: House) -> None:
    house.record(house.event(CASE, told("one"), subject="s1"))
    assert erased(house, "elsewhere/s1") == Erased(0, 0)
    assert left(house) == {0}


def test_an_erased_event_that_is_sent_again_is_a_duplicate_and_holds_nothing(house: House) -> None:
    event = house.event(CASE, told("one"), subject="s1")
    first = house.record(event)
    erased(house, "desk/s1")
    assert house.record(event) == [each._replace(status="duplicate") for each in first]
    assert left(house) == set()


def test_what_is_told_of_an_erased_subject_later_has_a_new_key(house: House) -> None:
    house.record(house.event(CASE, told("one"), subject="s1"))
    erased(house, "desk/s1")
    house.record(house.event(CASE, told("two"), subject="s1"))
    assert left(house) == {1}


@dataclass
class Hidden:
    """What a subject's erasure has to destroy, as it lies in the database: pieces that are found there by chance
    once in 2**256."""

    subject: str
    pieces: Sequence[bytes]


def hidden(database: Database, domain: str, subjects: Sequence[str]) -> list[Hidden]:
    found = []
    with database.read() as session:
        for subject in subjects:
            key = session.execute(select(data_keys).where(data_keys.c.owner == f"{domain}/{subject}")).one()
            secrets = session.execute(select(vault).where(vault.c.data_key == key.id)).all()
            held = session.execute(select(files).where(files.c.data_key == key.id)).all()
            sealed = [each for row in secrets for each in (row.salt, row.value)]
            pieces = [bytes(each)[:32] for each in (key.wrapped, *sealed)]
            found.append(Hidden(subject, pieces + [bytes(row.sealed)[-32:] for row in held]))
    return found


def on_disk(database: Database) -> bytes:
    """What the database's own files hold: on PostgreSQL those of the table of keys, and all rows of the others."""
    if database.sqlite:
        file = Path(database.url.database or "")
        return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
    with database.engine.connect() as connection:
        connection.execute(text("COMMIT"))
        connection.execute(text("CHECKPOINT"))
        page = text("SELECT pg_read_binary_file(pg_relation_filepath('data_key'))")
        keys = bytes(connection.execute(page).scalar_one())
    return keys + b"".join(raw(database).values())


def hits(content: bytes, sought: Sequence[Hidden]) -> list[str]:
    return [each.subject for each in sought if any(piece in content for piece in each.pieces)]


def test_of_a_hundred_erased_cases_among_three_hundred_nothing_is_left(house: House) -> None:
    subjects = [f"case-{number:03}" for number in range(300)]
    house.record(*(house.event(CASE, told(f"narrative of {each}"), subject=each) for each in subjects))
    for number in range(0, 300, 10):
        attach(house, number, f"photographs of {subjects[number]}".encode() * 400)
    house.correct(0, 0, told("narrative of case-000, really"), subject="case-000")
    gone, kept = subjects[::3], [each for number, each in enumerate(subjects) if number % 3]
    doomed, others = hidden(house.database, "desk", gone), hidden(house.database, "desk", kept)
    before, figures = bodies(house), values(house)
    assert hits(on_disk(house.database), doomed) == gone  # it is there, and this search finds it

    for subject in gone:
        erased(house, f"desk/{subject}")
    scrub(house.database)

    content = on_disk(house.database)
    assert hits(content, doomed) == []
    assert hits(content, others) == kept
    assert bodies(house) == before
    assert_digests(house)
    assert_proofs(house)
    assert_verified(house)
    assert values(house) == figures
    assert house.differences() == []
    assert {value.decode() for _, value in house.secrets().values() if b"narrative" in value} == {
        f'"narrative of {each}"' for each in kept
    }


def bodies(house: House) -> list[tuple[object, ...]]:
    with house.database.read() as session:
        return [tuple(row) for row in session.execute(select(events).order_by(events.c.seq))]


def values(house: House) -> dict[str, object]:
    return {metric: house.values(metric, "2020") for metric in house.catalogue.metrics}


def assert_digests(house: House) -> None:
    """The digests of every event are those of its stored body and header: no proof has broken."""
    with house.database.read() as session:
        for row in session.execute(select(events)):
            assert bytes(row.content) == hashlib.sha256(row.body.encode()).digest()
            header = {name: row._mapping[name] for name in HEADER} | {"content": bytes(row.content).hex()}
            assert bytes(row.leaf) == hashlib.sha256(b"\x00" + spelled(header)).digest()
            assert json.loads(row.body)["type"] == row.type


def test_scrubbing_twice_and_rewriting_do_no_harm(house: House) -> None:
    house.record(*(house.event(CASE, told(f"{number}"), subject=f"s{number % 7}") for number in range(200)))
    before = held(house)
    for _ in range(2):
        scrub(house.database)
        rewrite(house.database)
    assert held(house) == before
    assert left(house) == set(range(200))


def held(house: House) -> list[list[tuple[object, ...]]]:
    with house.database.read() as session:
        queries = (select(data_keys).order_by(data_keys.c.id), select(vault).order_by(vault.c.seq))
        return [[tuple(row) for row in session.execute(query)] for query in queries]


def test_rows_that_somebody_could_still_see_are_waited_for(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.workflows.scrubbing._PAUSE", 0.001)
    house = House.build(Database(postgresql_url), small_catalogue())
    house.record(house.event(CASE, told("one"), subject="s1"))
    doomed = hidden(house.database, "desk", ["s1"])
    with house.database.read() as session:
        session.execute(select(events)).all()
        erased(house, "desk/s1")
        with pytest.raises(NotReady, match="Others are reading"):
            scrub(house.database)
    scrub(house.database)
    assert hits(on_disk(house.database), doomed) == []
    house.database.close()


def test_a_transaction_in_another_database_of_the_server_keeps_nothing(postgresql_url: str) -> None:
    house = House.build(Database(postgresql_url), small_catalogue())
    house.record(house.event(CASE, told("one"), subject="s1"))
    doomed = hidden(house.database, "desk", ["s1"])
    with connect() as server, server.transaction():
        server.execute("SELECT pg_current_xact_id()")
        erased(house, "desk/s1")
        scrub(house.database)
        assert hits(on_disk(house.database), doomed) == []
    house.database.close()


def test_while_others_read_what_is_scrubbed_stays_in_the_log_and_that_is_told(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.db.PRAGMAS", (*PRAGMAS, "PRAGMA busy_timeout=50"))
    house = House.build(Database(sqlite_url), small_catalogue())
    house.record(house.event(CASE, told("one"), subject="s1"))
    with house.database.read() as session:
        session.execute(select(events)).all()
        erased(house, "desk/s1")
        with pytest.raises(NotReady, match="Others are reading"):
            scrub(house.database)
    scrub(house.database)
    assert Path(f"{house.database.url.database}-wal").stat().st_size == 0
    house.database.close()


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path / "home")


def propose(cases: CaseHouse, subject: str, reason: str = "the reporter asked for it", by: str = "alice") -> Any:
    with cases.house.database.write() as session:
        at = cases.house.clock()
        return propose_erasure(session, "integrity", subject, reason, by=cases.who(by), at=at)


def approve(cases: CaseHouse, proposal: Any, by: str = "bob") -> Any:
    with cases.house.database.write() as session:
        at = cases.house.clock()
        return approvals.approve(cases.context, session, proposal.id, proposal.digest, by=cases.who(by), at=at)


def test_an_erasure_takes_two_people_and_a_reason(cases: CaseHouse) -> None:
    subject, other = cases.case(narrative="one"), cases.case(narrative="two")
    with pytest.raises(Invalid):
        propose(cases, subject, " ")
    with pytest.raises(NotFound):
        propose(cases, "case-of-nobody")
    proposal = propose(cases, subject)
    assert (proposal.kind, proposal.target) == ("erasure", f"integrity/{subject}")
    with pytest.raises(Conflict):
        propose(cases, subject, by="charlie")
    with pytest.raises(Forbidden):
        approve(cases, proposal, by="alice")
    assert left(cases.house) == {0, 1}
    approve(cases, proposal)
    assert left(cases.house) == {1}
    assert house_differences(cases) == []
    with cases.house.database.read() as session:
        found = audit.entries(session, action="confidential.erased")
    assert [(each.actor, each.target, each.detail) for each in found] == [
        (
            cases.who("bob").actor,
            f"integrity/{subject}",
            f"values: 1, files: 0, proposal:{proposal.id}, ledger:{cases.erasures.read()[0].digest}",
        )
    ]
    assert other in {each.removeprefix("integrity/") for each in owners(cases)}


def owners(cases: CaseHouse) -> list[str]:
    with cases.house.database.read() as session:
        return list(session.scalars(select(data_keys.c.owner)))


def house_differences(cases: CaseHouse) -> list[object]:
    return list(cases.house.differences())


def test_an_erasure_that_was_done_already_cannot_be_approved(cases: CaseHouse) -> None:
    subject = cases.case()
    proposal = propose(cases, subject)
    erased(cases.house, f"integrity/{subject}")
    with pytest.raises(Conflict, match="Refuse the proposal"):
        approve(cases, proposal)


def test_an_erasure_is_written_down_outside_the_database_before_it_is_committed(cases: CaseHouse) -> None:
    subject = cases.case()
    proposal = propose(cases, subject)
    approve(cases, proposal)
    with cases.house.database.read() as session:
        head = read_head(session)
    assert cases.erasures.read() == [
        Erasure(
            "2021-02-01T04:00:00.000000Z",
            f"integrity/{subject}",
            head.size,
            head.root.hex(),
            proposal.id,
            cases.who("alice").id,
            cases.who("bob").id,
        )
    ]


def test_without_a_place_to_write_it_down_nothing_is_erased(cases: CaseHouse, tmp_path: Path) -> None:
    proposal = propose(cases, cases.case())
    cases.erasures.path.parent.write_text("a file where the directory should be")
    with pytest.raises(NotReady, match="Nothing is erased without it"):
        approve(cases, proposal)
    assert left(cases.house) == {0}
    cases.erasures.path.parent.unlink()
    approve(cases, proposal)
    assert left(cases.house) == set()


def test_with_a_case_go_its_receipt_its_access_and_the_marks_of_who_is_named(cases: CaseHouse) -> None:
    receipt, other = cases.report(), cases.worked(("person_named", {"person": "dora"}))
    with cases.house.database.read() as session:
        subject = receipts.subject_of(session, receipt)
    assert subject is not None
    cases.grant(subject)
    cases.act("alice", subject, "person_named", person="dora")
    assert (cases.holders(subject), cases.sees("dora", subject)) == (["alice"], False)
    approve(cases, propose(cases, subject))
    assert (cases.holders(subject), cases.sees("dora", subject)) == ([], True)
    assert (cases.holders(other), cases.sees("dora", other)) == (["alice"], False)
    with cases.house.database.read() as session:
        assert receipts.subject_of(session, receipt) is None
        assert session.scalars(select(named.c.subject).distinct()).all() == [other]
        [ended] = audit.entries(session, action="case.access_ended")
    assert (ended.actor, ended.target, ended.detail) == (
        cases.who("bob").actor,
        f"integrity.case/{subject}",
        cases.who("alice").id,
    )


def assert_proofs(house: House) -> None:
    """Every event is proved to be in the tree of the head, erased or not."""
    with house.database.read() as session:
        head, nodes = read_head(session), Nodes(session, read_head(session).size)
        for row in session.execute(select(events.c.seq, events.c.leaf)):
            path = inclusion(nodes, row.seq, head.size)
            verify_inclusion(bytes(row.leaf), row.seq, head.size, path, head.root)


def assert_verified(house: House) -> None:
    """What ``tracker verify`` does finds nothing wrong."""
    assert house.ledger.vault is not None
    key = LogKey(f"{house.catalogue.organisation.id}/ledger", SIGNER.public)
    found = verify(house.database, house.ledger.vault, key, stage=lambda _words: nullcontext(lambda _done, _all: None))
    assert list(found.findings) == []
    assert found.size == len(bodies(house))

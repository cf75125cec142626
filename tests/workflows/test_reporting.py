"""Reports without a name: taken in once, dated by the day, followed up by whoever holds the receipt."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.workflows.casehouse import REPORT, CaseHouse
from tracker.access.accounts import audit
from tracker.db import Database
from tracker.errors import ContentConflict, Invalid, NotFound
from tracker.evidence import cleaned
from tracker.ledger.models import events
from tracker.ledger.queries import entries
from tracker.workflows import models, receipts, reporting
from tracker.workflows.reporting import Message

DAY = "2021-02-01"


@pytest.fixture
def cases(database: Database, tmp_path: Path) -> CaseHouse:
    return CaseHouse.build(database, tmp_path)


def write(cases: CaseHouse, receipt: str, text: str, *files: Any, token: str | None = None) -> None:
    with cases.house.database.write() as session:
        subject = reporting.look_up(session, receipt)
        reporting.write_again(cases.context, session, subject, token or receipts.new_token(), text, files)


def standing(cases: CaseHouse, receipt: str) -> reporting.Standing:
    with cases.house.database.read() as session:
        subject = reporting.look_up(session, receipt)
    return reporting.standing(cases.context, cases.house.database, subject)


def test_a_receipt_is_read_however_it_is_typed() -> None:
    receipt = receipts.receipt_for(receipts.new_token())
    assert [len(group) for group in receipt.split("-")] == [4] * 7
    wide = "".join(chr(ord(each) + 0xFEE0) for each in receipt)
    for typed in (
        receipt,
        receipt.lower(),
        receipt.replace("-", " "),
        f"  {receipt}\n",
        wide,
        receipt.replace("-", "—"),
    ):
        assert receipts.plain(typed) == receipt.replace("-", "")
        assert receipts.well_formed(typed)
    assert receipts.plain("oOiIlLuU") == "001111VV"


def test_every_single_slip_and_nearly_every_swap_shows() -> None:
    receipt = receipts.plain(receipts.receipt_for("a" * 43))
    slips = (
        receipt[:at] + other + receipt[at + 1 :]
        for at, other in itertools.product(range(len(receipt)), receipts.ALPHABET)
        if receipt[at] != other
    )
    assert not any(map(receipts.well_formed, slips))
    swaps = [
        receipt[:at] + receipt[at + 1] + receipt[at] + receipt[at + 2 :]
        for at in range(len(receipt) - 1)
        if receipt[at] != receipt[at + 1]
    ]
    assert sum(map(receipts.well_formed, swaps)) <= 1
    assert not receipts.well_formed(receipt[:-1])


def test_receipts_use_all_their_bits() -> None:
    made = [receipts.plain(receipts.receipt_for(receipts.new_token())) for _ in range(2_000)]
    assert len(set(made)) == len(made)
    for place in range(receipts.LENGTH):
        assert {each[place] for each in made} == set(receipts.ALPHABET)


def test_a_receipt_tells_neither_case_nor_event(cases: CaseHouse) -> None:
    token = receipts.new_token()
    receipt = cases.report(token=token)
    with cases.house.database.read() as session:
        stored = session.execute(select(models.receipts)).one()
        event = session.execute(select(events)).one()
    assert len(stored.digest) == 32
    assert event.id == receipts.event_id_for(token)
    whole = f"{event} {stored}".upper()
    assert token.upper() not in whole
    assert all(group not in whole for group in receipt.split("-")[:6])


def test_a_report_is_dated_by_the_day(cases: CaseHouse) -> None:
    cases.house.clock.instant = datetime(2021, 2, 1, 4, 17, 33, tzinfo=UTC)
    receipt = cases.report(cleaned(b"a list of invoices", "invoices.txt"))
    write(cases, receipt, "There is more.", cleaned(b"more", "more.txt"))
    with cases.house.database.read() as session:
        found = [(each.type, each.time, each.recorded_at, each.day, each.actor) for each in entries(session)]
    # midnight of the organisation's day, and the same day by UTC
    at = ("2021-01-31T16:00:00.000000Z", "2021-02-01T00:00:00.000000Z", DAY, "system:report-channel")
    attached = "tracker.evidence.attached"
    types = ("integrity.case.reported", attached, "integrity.case.message_received", attached)
    assert found == [(type, *at) for type in types]


@pytest.mark.parametrize("hour", [0, 7, 15, 16, 23])
def test_no_two_dates_of_a_report_tell_the_hour(cases: CaseHouse, hour: int) -> None:
    cases.house.clock.instant = datetime(2021, 2, 1, hour, 30, tzinfo=UTC)
    cases.report()
    with cases.house.database.read() as session:
        (found,) = entries(session)
    assert (found.day, found.recorded_at[:10]) == (DAY, DAY)


def test_the_same_form_twice_is_one_report_and_one_receipt(cases: CaseHouse) -> None:
    token, file = receipts.new_token(), cleaned(b"a list", "list.txt")
    assert cases.report(file, token=token) == cases.report(file, token=token)
    with cases.house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(events)) == 2
        assert session.scalar(select(func.count()).select_from(models.receipts)) == 1


def test_the_same_form_with_other_words_is_refused(cases: CaseHouse) -> None:
    token = receipts.new_token()
    cases.report(token=token)
    with pytest.raises(ContentConflict):
        cases.report(token=token, narrative="It was all quite different.")


def test_a_report_with_mistakes_leaves_nothing(cases: CaseHouse) -> None:
    with pytest.raises(Invalid):
        cases.report(category="gossip")
    with cases.house.database.read() as session:
        counts = [session.scalar(select(func.count()).select_from(each)) for each in (events, models.receipts)]
    assert counts == [0, 0]


def test_the_reporter_reads_answers_and_nothing_of_their_own(cases: CaseHouse) -> None:
    token = receipts.new_token()
    receipt, subject = cases.report(token=token), receipts.subject_for(token)
    assert standing(cases, receipt) == reporting.Standing("reported", DAY, [])
    cases.grant(subject)
    cases.act("alice", subject, "acknowledged", message="Thank you, we have read it.")
    cases.act("alice", subject, "triaged", priority="high")
    asked = cases.act("alice", subject, "message_sent", message="Which crane?")
    cases.folk.wait(days=1)
    write(cases, receipt, "The green one.")
    cases.act("alice", subject, "feedback_given", message="It was true.")
    cases.house.correct(
        asked.seq,
        asked.seq,
        {"message": "Which crane of the two?"},
        subject=subject,
        time="2021-02-01T04:00:00Z",
    )
    assert standing(cases, receipt) == reporting.Standing(
        "triaged",
        DAY,
        [
            Message(DAY, "integrity.case.acknowledged", "Thank you, we have read it."),
            Message(DAY, "integrity.case.message_sent", "Which crane of the two?"),
            Message("2021-02-02", "integrity.case.message_received", None),
            Message("2021-02-02", "integrity.case.feedback_given", "It was true."),
        ],
    )


def test_a_visit_is_on_record_by_the_day_and_before_anything_is_decrypted(cases: CaseHouse) -> None:
    token = receipts.new_token()
    receipt = cases.report(token=token)
    cases.house.clock.instant = datetime(2021, 2, 3, 9, 41, 7, tzinfo=UTC)
    standing(cases, receipt)
    with cases.house.database.read() as session:
        found = session.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    target = f"integrity.case/{receipts.subject_for(token)}"
    at = "2021-02-02T16:00:00.000000Z"  # midnight in Shanghai
    assert found[1:5] == (at, "system:report-channel", "confidential.read", target)


def test_ten_thousand_guesses_find_nothing(cases: CaseHouse) -> None:
    receipt = cases.report()
    with cases.house.database.read() as session:
        for number in range(10_000):
            assert receipts.subject_of(session, receipts.receipt_for(f"guess {number}")) is None
        for near in (receipt[:-1], receipt + "0", receipt[1:], "", "0" * 28, receipt.replace(receipt[0], "?")):
            with pytest.raises(NotFound):
                reporting.look_up(session, near)
        assert receipts.subject_of(session, receipt) is not None


@pytest.mark.full
def test_a_hundred_thousand_guesses_find_nothing(cases: CaseHouse) -> None:
    cases.report()
    with cases.house.database.read() as session:
        for number in range(100_000):
            assert receipts.subject_of(session, receipts.receipt_for(f"guess {number}")) is None


def test_an_officer_reads_what_was_told_and_the_reporter_stays_unknown(cases: CaseHouse) -> None:
    token = receipts.new_token()
    receipt = cases.report(token=token, identity="Call 555 01")
    write(cases, receipt, "There is more.")
    cases.grant(receipts.subject_for(token))
    assert cases.read("alice", 0, 1) == {
        0: {"/narrative": REPORT["narrative"], "/identity": "Call 555 01"},
        1: {"/message": "There is more."},
    }

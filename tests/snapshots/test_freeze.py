"""A frozen year holds every figure as it stood, sealed and signed by two people, and never changes."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from tests.freezing import APPROVER, PREPARER, SIGNER, SYSTEM
from tests.house import ALICE, House
from tests.snapshots.years import CASE, FIGURES, expected, freeze_2020, happen, live_a_year, marks, stored
from tracker.access.notes import Signer
from tracker.canonical import canonical
from tracker.catalogue import Measure
from tracker.clock import stamp
from tracker.errors import Conflict, NotFound, UnknownPeriod
from tracker.ledger import checkpoints
from tracker.ledger.events import Actor
from tracker.snapshots.drafts import Draft, draft, draft_restatement
from tracker.snapshots.freeze import Approval, freeze, publish, signature_holds
from tracker.snapshots.models import drafts, publications, snapshots
from tracker.snapshots.reading import Snapshot, find, frozen_years, get, revisions

STRANGER = Signer(bytes(32))


def drafted(house: House, reason: str | None = None) -> Draft:
    with house.database.write() as session:
        if reason is None:
            return draft(house.ledger, SIGNER, session, SYSTEM, 2020)
        return draft_restatement(house.ledger, SIGNER, session, SYSTEM, 2020, reason=reason)


def freeze_it(house: House, found: Draft, *, signed: str = PREPARER, approved: str = APPROVER) -> Snapshot:
    at = stamp(house.clock.instant)
    two = {"signed": Approval("signed", signed, at), "approved": Approval("approved", approved, at)}
    with house.database.write() as session:
        return freeze(house.ledger, SIGNER, session, found, **two)


def sizes(house: House) -> list[int]:
    """The sizes of the log of which a checkpoint was signed."""
    with house.database.read() as session:
        return [each.size for each in checkpoints.listed(session)]


def test_a_frozen_year_is_the_draft_to_the_letter(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    snapshot = freeze_it(house, found)
    text, digest = stored(house)
    assert (text, digest.hex()) == (found.text, found.digest)
    assert digest == hashlib.sha256(text.encode()).digest()
    assert (snapshot.body, snapshot.text) == (found.body, text == canonical(found.body) and text)
    at = "2021-02-01T04:00:00.000000Z"
    assert snapshot[:6] == (2020, 1, 8, house.catalogue.digest, at, APPROVER)
    assert (snapshot.digest, snapshot.draft, snapshot.published_at) == (found.digest, found.id, None)
    assert snapshot.body["figures"] == FIGURES


def test_the_seal_says_what_was_agreed_to_and_by_whom_and_is_signed(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    snapshot = freeze_it(house, found)
    assert snapshot.seal is not None
    at = "2021-02-01T04:00:00.000000Z"
    approvals = [{"act": "signed", "at": at, "by": PREPARER}, {"act": "approved", "at": at, "by": APPROVER}]
    assert json.loads(snapshot.seal) == {
        "approvals": approvals,
        "digest": found.digest,
        "draft": found.id,
        "key": SIGNER.public.hex(),
        "log_size": 8,
        "revision": 1,
        "root": found.body["root"],
        "year": 2020,
    }
    assert snapshot.seal == canonical(json.loads(snapshot.seal))
    assert snapshot.approvals == approvals
    assert signature_holds(snapshot, SIGNER.public)


def test_a_signature_holds_for_exactly_what_was_signed(house: House) -> None:
    live_a_year(house)
    snapshot = freeze_it(house, drafted(house))
    assert snapshot.seal is not None
    assert snapshot.signature is not None
    other = hashlib.sha256(b"{}").hexdigest()
    changed = [
        snapshot._replace(text=snapshot.text.replace("100.75", "100.76")),
        snapshot._replace(text="{}", digest=other),
        snapshot._replace(seal=snapshot.seal.replace(PREPARER, "person:someone")),
        snapshot._replace(seal=None),
        snapshot._replace(signature=bytes(64)),
        snapshot._replace(signature=None),
        snapshot._replace(revision=2),
        snapshot._replace(year=2019),
        snapshot._replace(log_size=7),
    ]
    assert [signature_holds(each, SIGNER.public) for each in changed] == [False] * len(changed)
    assert not signature_holds(snapshot, STRANGER.public)


def test_one_person_alone_freezes_nothing(house: House) -> None:
    live_a_year(house)
    with pytest.raises(Conflict, match="takes two people"):
        freeze_it(house, drafted(house), approved=PREPARER)
    with house.database.read() as session:
        assert find(session, 2020) is None


def test_an_older_draft_is_not_frozen(house: House) -> None:
    live_a_year(house)
    older = drafted(house)
    happen(house, CASE, "2020-07-10", "c9")
    newer = drafted(house)
    with pytest.raises(Conflict, match="newer draft of 2020"):
        freeze_it(house, older)
    assert freeze_it(house, newer).draft == newer.id


def test_a_draft_that_was_tampered_with_is_not_frozen(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    row = dict(zip((each.name for each in drafts.columns), (found.id + 1, *found[1:7]), strict=False))
    forged = found.text.replace("100.75", "100.76")
    with house.database.write() as session:
        session.execute(insert(drafts).values(row | {"body": forged, "digest": bytes.fromhex(found.digest)}))
    with pytest.raises(Conflict, match="tampered with"):
        freeze_it(house, found._replace(id=found.id + 1, text=forged))


def test_what_is_handed_in_as_a_draft_must_be_the_one_on_record(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    forged = found.text.replace("100.75", "100.76")
    told = found._replace(text=forged, digest=hashlib.sha256(forged.encode()).hexdigest())
    with pytest.raises(Conflict, match="tampered with"):
        freeze_it(house, told)


def test_a_draft_is_frozen_once(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    freeze_it(house, found)
    with pytest.raises(Conflict, match="frozen as revision 1 already"):
        freeze_it(house, found)


def test_of_two_approvals_at_once_one_freezes_and_the_other_is_told(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    told: list[str] = []
    ready = threading.Barrier(2)

    def approve(person: str) -> None:
        ready.wait()
        try:
            told.append(freeze_it(house, found, approved=person).frozen_by)
        except (Conflict, IntegrityError) as error:
            told.append(type(error).__name__)

    threads = [threading.Thread(target=approve, args=(f"person:{each}",)) for each in ("bob", "carol")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert min(told) == "Conflict"
    with house.database.read() as session:
        assert [each.frozen_by for each in revisions(session, 2020)] == sorted(told)[1:]


def test_what_came_between_draft_and_freezing_is_late(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    between = [happen(house, CASE, day, "c9") for day in ("2020-07-10", "2021-01-10", "2020-07-11")]
    assert marks(house) == []
    freeze_it(house, found)
    after = happen(house, CASE, "2020-07-12", "c10")
    assert marks(house) == [between[0], between[2], after]


def test_a_checkpoint_is_signed_when_drafting_and_when_freezing(house: House) -> None:
    live_a_year(house)
    found = drafted(house)
    assert sizes(house) == [8]
    happen(house, CASE, "2020-07-10", "c9")
    freeze_it(house, found)
    assert sizes(house) == [8, 9]


def test_revisions_are_a_chain_by_the_digest_of_the_one_before(house: House) -> None:
    live_a_year(house)
    freeze_it(house, drafted(house))
    for number in (2, 3):
        happen(house, CASE, f"2020-07-1{number}", "c9")
        freeze_it(house, drafted(house, "A case was recorded late."))
    with house.database.read() as session:
        first, second, third = revisions(session, 2020)
        assert get(session, 2020) == third
        assert get(session, 2020, 1) == first
    assert [each.body["previous"] for each in (first, second, third)] == [None, first.digest, second.digest]
    assert [each.log_size for each in (first, second, third)] == [8, 9, 10]


def test_a_frozen_year_is_seen_by_everybody_once_it_is_published_and_so_it_stays(house: House) -> None:
    live_a_year(house)
    snapshot = freeze_it(house, drafted(house))
    with house.database.read() as session:
        assert find(session, 2020, public=True) is None
        assert (frozen_years(session), frozen_years(session, public=True)) == ([2020], [])
        with pytest.raises(NotFound, match="no frozen year 2020"):
            get(session, 2020, public=True)
    with house.database.write() as session:
        published = publish(session, snapshot, ALICE, house.clock.instant)
    with house.database.write() as session:
        again = publish(session, snapshot, Actor("person", "bob"), datetime(2021, 6, 1, tzinfo=UTC))
    assert published.published_at == "2021-02-01T04:00:00.000000Z"
    assert again == published == snapshot._replace(published_at=published.published_at)
    happen(house, CASE, "2020-07-10", "c9")
    second = freeze_it(house, drafted(house, "A case was recorded late."))
    with house.database.read() as session:
        assert find(session, 2020, public=True) == published
        assert find(session, 2020) == second
        assert frozen_years(session, public=True) == [2020]


@pytest.mark.parametrize("table", [snapshots, drafts, publications], ids=lambda each: each.name)
def test_a_row_of_a_frozen_year_can_be_neither_changed_nor_removed(house: House, table: Table) -> None:
    freeze_2020(house)
    with house.database.read() as session:
        before = session.execute(select(table)).all()
    for statement in (update(table).values(year=2019), delete(table)):
        with pytest.raises(DatabaseError, match="append-only"), house.database.write() as session:
            session.execute(statement)
    with house.database.read() as session:
        assert session.execute(select(table)).all() == before


def test_what_adds_up_adds_up_in_the_frozen_year(house: House) -> None:
    live_a_year(house)
    figures = {each["metric"]: each for each in freeze_2020(house).body["figures"]}
    for id in ("desk.cases", "desk.phone_cases", "desk.loss"):
        assert sum(Fraction(month["value"]) for month in figures[id]["months"]) == Fraction(figures[id]["value"])
    for id in ("desk.cases", "desk.loss", "desk.everything", "desk.stock", "desk.read_total", "desk.members"):
        for group in house.catalogue.metrics[id].by:
            parts = [each["value"] for each in figures[id]["breakdown"] if each["by"].keys() == set(group)]
            assert sum(map(Fraction, parts)) == Fraction(figures[id]["value"])


def test_a_year_without_events_can_be_frozen(house: House) -> None:
    figures = {each["metric"]: each for each in freeze_2020(house).body["figures"]}
    nulls = {id for id, each in figures.items() if each["value"] is None}
    readings = {Measure.LATEST, Measure.LATEST_SUM, Measure.MEAN, Measure.RATIO, Measure.GROWTH}
    assert nulls == {id for id, metric in house.catalogue.metrics.items() if metric.measure in readings}
    assert figures["desk.cases"] == expected("cases", "0", "0 0 0 0 0 0 0 0 0 0 0 0")


def test_what_is_not_frozen_or_no_year_is_refused_in_words(house: House) -> None:
    with house.database.read() as session, pytest.raises(NotFound, match="no frozen year 2020"):
        get(session, 2020)
    freeze_2020(house)
    with house.database.read() as session, pytest.raises(NotFound, match="no frozen revision 2 of 2020"):
        get(session, 2020, 2)
    for year in (99990, 0, -1):
        with pytest.raises(UnknownPeriod):
            freeze_2020(house, year)

"""P5: tampering shows. Whoever owns the database can get past its guards, but not past `tracker verify`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from tests.freezing import SIGNER, frozen
from tests.house import DATA, Fresh, House
from tests.scenarios.tampering import Log, Way, past_guards, rewrite, sealed
from tests.scenarios.ways import FURTHER_WAYS, LARGE_WAYS, WAYS
from tracker.access.notes import Signer
from tracker.catalogue import Catalogue, load
from tracker.db import Database
from tracker.jobs.verifying import LogKey, Outside, Report, verify
from tracker.ledger.checkpoints import sign
from tracker.ledger.models import checkpoints, edge, events, head, tiles
from tracker.ledger.replay import replay
from tracker.ledger.tree import grow
from tracker.snapshots.models import drafts, publications, snapshots
from tracker.wiring import clear_projections

KEY = LogKey("small/ledger", SIGNER.public)
CASE, READ = "desk.case.reported", "desk.meter.read"
METRICS = ("cases", "loss")

Drawn = Callable[[Callable[[Database], House]], Fresh]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The small configuration with two of its metrics: verification is to be quick."""
    config = tmp_path_factory.mktemp("tampering") / "config"
    shutil.copytree(DATA / "small", config)
    file = config / "domains" / "desk.yaml"
    above, _, metrics = file.read_text("utf-8").partition("metrics:\n")
    kept = [line for line in metrics.splitlines() if line.strip().partition(":")[0] in METRICS]
    file.write_text(above + "metrics:\n" + "\n".join(kept) + "\n", "utf-8")
    return load(config)


def report(house: House, *outside: str) -> Report:
    """What `tracker verify` finds."""
    assert house.ledger.vault is not None
    notes = [Outside(f"kept {place}", note) for place, note in enumerate(outside)]
    return verify(house.database, house.ledger.vault, KEY, outside=notes, stage=untold)


@contextmanager
def untold(_label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda _done, _all: None


def lived(house: House, draw: Random, bulk: int = 0) -> Log:
    """A log of 8 to 40 events by chance, and of ``bulk`` more: cases, readings, corrections and voids, confidential
    values, a year frozen in between, late events, sometimes a restatement."""
    house.record(told(house, "what one saw"), told(house, "what another saw"), a_case(house, draw))
    if bulk:
        house.record(*(a_reading(house, draw) for _ in range(bulk)))
    for _ in range(draw.randrange(10)):
        happen(house, draw)
    house.correct(0, 0, {"channel": "mail", "narrative": "what one remembered"})
    frozen(house.database, house.ledger, 2020)
    for _ in range(draw.randrange(8)):
        happen(house, draw)
    if draw.random() < 0.5:
        house.record(a_case(house, draw))
        frozen(house.database, house.ledger, 2020, reason="A case came late.")
    house.void(1, 1)
    house.record(a_case(house, draw), a_reading(house, draw))
    return Log(house).save()


def told(house: House, narrative: str) -> dict[str, Any]:
    return house.event(CASE, {"channel": "phone", "narrative": narrative})


def a_case(house: House, draw: Random) -> dict[str, Any]:
    loss = {"amount": f"{draw.randrange(10**6)}.25", "currency": "CNY"}
    return house.event(CASE, {"channel": draw.choice(["phone", "mail"]), "loss": loss}, time=some_time(draw))


def a_reading(house: House, draw: Random) -> dict[str, Any]:
    data = {"channel": draw.choice(["phone", "mail"]), "quantity": f"{draw.randrange(1000)}.50"}
    return house.event(READ, data, time=some_time(draw), subject=draw.choice(["m1", "m2", 'm"3"']))


def some_time(draw: Random) -> str:
    return f"2020-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}T12:00:00+08:00"


def happen(house: House, draw: Random) -> None:
    """One more event, or a case and its correction."""
    if draw.random() < 0.7:
        house.record(draw.choice([a_case, a_reading])(house, draw))
        return
    seq = house.record(a_case(house, draw))[0].seq
    house.correct(seq, seq, {"channel": draw.choice(["phone", "mail"])}, time=some_time(draw))


def check_every(log: Log, ways: Sequence[Way], draw: Random) -> None:
    """Tamper in each way in turn: the clean log is silent, each way is found, and its first bad seq is named."""
    assert report(log.house).as_document()["findings"] == []
    for way in ways:
        with past_guards(log.house.database) as owner:
            seqs = way.tamper(owner, log, draw)
        found = report(log.house).findings
        assert found, way.name
        if seqs is not None:
            assert found.first_seq is not None, (way.name, list(found))
            assert seqs[0] <= found.first_seq <= seqs[1], (way.name, seqs, list(found))
        log.restore()
    assert report(log.house).as_document()["findings"] == []


def house_of(catalogue: Catalogue) -> Callable[[Database], House]:
    return lambda database: House.build(database, catalogue)


@pytest.mark.parametrize("seed", range(20))
def test_every_way_to_tamper_is_found_in_any_log(drawn: Drawn, catalogue: Catalogue, seed: int) -> None:
    draw = Random(seed)
    with drawn(house_of(catalogue))() as house:
        check_every(lived(house, draw), WAYS, draw)


@pytest.mark.parametrize("seed", range(4))
def test_further_ways_to_tamper_are_found_in_any_log(drawn: Drawn, catalogue: Catalogue, seed: int) -> None:
    draw = Random(seed)
    with drawn(house_of(catalogue))() as house:
        check_every(lived(house, draw), FURTHER_WAYS, draw)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_changed_in_full_tiles_is_found_in_any_log(drawn: Drawn, catalogue: Catalogue, seed: int) -> None:
    draw = Random(seed)
    with drawn(house_of(catalogue))() as house:
        check_every(lived(house, draw, bulk=draw.randrange(256, 800)), LARGE_WAYS * 5, draw)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20, 200))
def test_every_way_to_tamper_is_found_in_many_more_logs(drawn: Drawn, catalogue: Catalogue, seed: int) -> None:
    draw = Random(seed)
    with drawn(house_of(catalogue))() as house:
        check_every(lived(house, draw, bulk=draw.randrange(256, 800)), [*WAYS, *FURTHER_WAYS, *LARGE_WAYS], draw)


def kept(house: House) -> str:
    """A checkpoint of the log as it is, in somebody's safe."""
    with house.database.write() as session:
        return sign(session, house.catalogue, SIGNER, house.clock()).note


def holds(house: House, *outside: str) -> bool:
    return not report(house, *outside).findings


def only(house: House, outside: str) -> str:
    """The one thing that is found with a checkpoint kept outside, and not without."""
    assert holds(house)
    [found] = report(house, outside).findings
    return str(found)


@pytest.fixture
def lasting(database: Database, catalogue: Catalogue) -> House:
    """A log of five cases, signed once."""
    house = House.build(database, catalogue)
    house.record(*(a_case(house, Random(seed)) for seed in range(5)))
    kept(house)
    return house


def test_a_log_cut_off_at_its_end_shows_by_a_checkpoint_kept_outside_alone(lasting: House) -> None:
    before = kept(lasting)
    lasting.record(a_case(lasting, Random(5)), a_case(lasting, Random(6)))
    outside = kept(lasting)
    cut_off(lasting, 5)
    found = only(lasting, outside)
    assert found == (
        "checkpoint, kept 0: it is signed for 7 events, but there are only 5: the log was cut off or set back to an "
        "earlier state."
    )
    assert holds(lasting, before)  # it is older than what was cut off


def test_a_log_set_back_to_an_older_copy_shows_by_a_checkpoint_kept_outside_alone(lasting: House) -> None:
    older = Log(lasting).save()
    lasting.record(a_case(lasting, Random(5)))
    frozen(lasting.database, lasting.ledger, 2020)
    outside = kept(lasting)
    older.restore()
    assert "signed for 6 events, but there are only 5" in only(lasting, outside)


def test_a_log_rewritten_without_the_key_shows_by_its_own_checkpoints_unless_they_are_removed(lasting: House) -> None:
    outside = kept(lasting)
    rewrite_all(lasting, 2)
    found = report(lasting).findings
    assert [str(each) for each in found] == [
        "checkpoint, size 5: its root is not that of the first 5 events on record: one of them was changed since."
    ]
    with past_guards(lasting.database) as owner:
        owner.execute(checkpoints.delete())
    assert "its root is not that of the first 5 events on record" in only(lasting, outside)


def test_a_log_rewritten_and_signed_with_its_key_shows_by_a_checkpoint_kept_outside_alone(lasting: House) -> None:
    frozen(lasting.database, lasting.ledger, 2020)
    outside = kept(lasting)
    with past_guards(lasting.database) as owner:
        for table in (checkpoints, snapshots, publications, drafts):
            owner.execute(table.delete())
    rewrite_all(lasting, 0)
    kept(lasting)
    frozen(lasting.database, lasting.ledger, 2020)
    assert "its root is not that of the first 5 events on record" in only(lasting, outside)


def test_a_frozen_year_cannot_be_rewritten_without_the_key(lasting: House) -> None:
    frozen(lasting.database, lasting.ledger, 2020)
    with past_guards(lasting.database) as owner:
        owner.execute(checkpoints.delete())
    rewrite_all(lasting, 0)
    assert {each.check for each in report(lasting).findings} == {"draft", "snapshot"}


def test_a_checkpoint_of_another_key_or_another_log_proves_nothing_and_says_so(lasting: House) -> None:
    text = kept(lasting).partition("\n\n")[0] + "\n"
    foreign = Signer(bytes(32)).note(text, "small/ledger")
    other = SIGNER.note(text.replace("small", "large"), "large/ledger")
    for note in (foreign, other):
        assert "is not signed by the key small/ledger+" in only(lasting, note)
    assert "This is no signed note" in only(lasting, "scribble")


def cut_off(house: House, size: int) -> None:
    """Remove the end of a log with all that tells of it, as thoroughly as the owner of a database can."""
    with past_guards(house.database) as owner:
        owner.execute(events.delete().where(events.c.seq >= size))
        owner.execute(checkpoints.delete().where(checkpoints.c.size > size))
        regrown(owner)
    replayed(house)


def rewrite_all(house: House, seq: int) -> None:
    """Change an event and compute everything anew that follows from it, but for signatures."""
    with past_guards(house.database) as owner:
        rewrite(owner, seq)
        sealed(owner, seq)
        regrown(owner)
    replayed(house)


def regrown(owner: Connection) -> None:
    """Grow the tree anew over the leaves that are there."""
    leaves = owner.execute(select(events.c.leaf).order_by(events.c.seq)).scalars().all()
    for table in (tiles, edge):
        owner.execute(table.delete())
    with Session(owner) as session:
        tree = grow(session, 0, b"", leaves)
        session.execute(update(head).values(size=tree.size, root=tree.root, frontier=tree.hashes))
        session.flush()


def replayed(house: House) -> None:
    with house.database.write() as session:
        clear_projections(session)
        replay(house.ledger, session)

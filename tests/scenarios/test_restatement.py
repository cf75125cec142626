"""P8: a frozen year never changes, whatever comes; what came is listed, and another revision says what it changed."""

from __future__ import annotations

import io
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from tests.house import House
from tests.workflows.offices import Bureau, new_keys
from tracker.canonical import canonical, digest
from tracker.exports.frozen import EVERY_FORMAT, export_to
from tracker.ledger.events import CORRECTED, OPENED, VOIDED
from tracker.snapshots.candidates import Candidates, candidates
from tracker.snapshots.figures import as_document, figure, printable, rounded
from tracker.snapshots.freeze import signature_holds
from tracker.snapshots.late import late
from tracker.snapshots.models import snapshots
from tracker.snapshots.reading import Snapshot, get
from tracker.tallies.recount import recount
from tracker.workflows.freezing import draft_year, restate, sign

LATE = 500
REASON = "Five hundred events came in after the report was printed."
CASE, READ, JOINED, LEFT = "desk.case.reported", "desk.meter.read", "desk.member.joined", "desk.member.left"
CARRIED = (READ, JOINED, LEFT, OPENED)
"""Types of which some figure of 2020 carries what happened in any year before."""


class Stated(NamedTuple):
    """What an event says now: under which version, of which type and year."""

    version: int
    type: str
    year: int


def reaches(type: str, year: int) -> bool:
    """Whether such a fact may move a figure of 2020, by the definitions of the small catalogue: growth compares cases
    with those of 2019."""
    return year == 2020 or (year < 2020 and type in CARRIED) or (year == 2019 and type == CASE)


@dataclass
class Life:
    """Draws what happens, always the same; knows what is in force, and which events are late for 2020."""

    house: House
    drawn: random.Random = field(default_factory=lambda: random.Random(8))
    facts: dict[int, Stated] = field(default_factory=dict)
    size: int = 0
    late: list[int] = field(default_factory=list)

    def go_on(self, count: int) -> None:
        """Record events in one batch: new ones, and amendments of earlier ones, each at most once."""
        open = list(self.facts)
        self.drawn.shuffle(open)
        self.house.record(*[self._one(open) for _ in range(count)])

    def _one(self, open: list[int]) -> dict[str, Any]:
        how = self.drawn.choice(["new", "new", CORRECTED, VOIDED]) if open else "new"
        if how == "new":
            return self._new()
        original = open.pop()
        before = self.facts.pop(original)
        body: dict[str, Any] = {"original": {"seq": original}, "replaces": before.version, "reason": "a slip"}
        time, after = None, None
        if how == CORRECTED:
            time, year = self._time(before.type)
            body["data"] = self._data(before.type)
            after = Stated(self.size, before.type, year)
        self._note(original, before, after)
        return self.house.event(how, body, **({"time": time, "subject": self._subject()} if time else {}))

    def _new(self) -> dict[str, Any]:
        type = self.drawn.choice([CASE, CASE, READ, JOINED, LEFT, OPENED])
        time, year = self._time(type)
        seq = self.size
        self._note(seq, None, Stated(seq, type, year))
        return self.house.event(type, self._data(type), time=time, subject=self._subject())

    def _note(self, original: int, before: Stated | None, after: Stated | None) -> None:
        if any(each is not None and reaches(each.type, each.year) for each in (before, after)):
            self.late.append(self.size)
        if after is not None:
            self.facts[original] = after
        self.size += 1

    def _time(self, type: str) -> tuple[str, int]:
        year = 2018 if type == OPENED else self.drawn.choice([2018, 2019, 2020, 2020, 2020, 2021])
        month = 1 if year == 2021 else self.drawn.randint(1, 12)
        return f"{year}-{month:02}-{self.drawn.randint(1, 28):02}T12:00:00+08:00", year

    def _subject(self) -> str:
        return f"s{self.drawn.randint(1, 40)}"

    def _data(self, type: str) -> dict[str, Any]:
        channel = {"channel": self.drawn.choice(["phone", "mail"])}
        amount = f"{self.drawn.randint(0, 99999) / 100:.2f}"
        if type == CASE:
            return channel | {"level": "high", "loss": {"amount": amount, "currency": "CNY"}, "places": ["a", "b"]}
        if type == READ:
            return channel | {"level": "low", "quantity": amount, "weight": self.drawn.randint(0, 9)}
        if type == OPENED:
            return {"metric": "desk.stock", "quantity": self.drawn.randint(1, 9), "by": channel}
        return channel | {"heads": self.drawn.randint(1, 9)}


@pytest.fixture
def bureau(house: House, tmp_path: Path) -> Bureau:
    """Carol prepares, Bob approves."""
    return Bureau(house, new_keys(tmp_path))


def froze(bureau: Bureau, reason: str | None = None) -> Snapshot:
    """2020, drafted and signed by Carol, approved by Bob; restated with a reason."""
    with bureau.house.database.write() as session:
        if reason is None:
            found = draft_year(bureau.context, session, 2020, by=bureau.carol)
        else:
            found = restate(bureau.context, session, 2020, reason=reason, by=bureau.carol)
    bureau.approve(bureau.make(sign, found.id, found.digest, by=bureau.carol))
    snapshot: Snapshot = bureau.read(get, 2020, found.revision)
    return snapshot


def everything(bureau: Bureau, revision: int) -> tuple[Any, ...]:
    """A frozen revision to the last byte: its row, and its export in every format."""
    with bureau.house.database.read() as session:
        where = (snapshots.c.year == 2020, snapshots.c.revision == revision)
        row = session.execute(select(snapshots).where(*where)).one()
        files = []
        for format in EVERY_FORMAT:
            stream = io.BytesIO()
            export_to(stream, session, get(session, 2020, revision), format)
            files.append(stream.getvalue())
    return (*row, *files)


def recounted(bureau: Bureau, size: int) -> list[dict[str, Any]]:
    """Every figure of 2020, straight from the first events of the log."""
    catalogue = bureau.house.catalogue
    year = catalogue.calendar.year(2020)
    months = [catalogue.calendar.month(each) for each in year.months]
    with bureau.house.database.read() as session:
        found = recount(session, catalogue, [year, *months], size=size)
    figures = []
    for id in sorted(catalogue.metrics):
        metric = catalogue.metrics[id]
        document = as_document(figure(catalogue, metric, "2020", found[id, "2020"]))
        values = [(month.id, printable(rounded(metric, found[id, month.id]["{}"]))) for month in months]
        figures.append(document | {"months": [{"period": month, "value": value} for month, value in values]})
    return figures


def values(figures: list[dict[str, Any]]) -> Iterator[tuple[str, str | None]]:
    """Every value of a document, by its place."""
    for each in figures:
        id = each["metric"]
        yield canonical([id]), each["value"]
        yield from ((canonical([id, cell["by"]]), cell["value"]) for cell in each["breakdown"])
        yield from ((canonical([id, month["period"]]), month["value"]) for month in each["months"])


def differing(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, tuple[str | None, str | None]]:
    """Every value that differs, before and now."""
    old, new = dict(values(before)), dict(values(after))
    pairs = {place: (old.get(place), new.get(place)) for place in old.keys() | new.keys()}
    return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}


def place(change: dict[str, Any]) -> str:
    return canonical([change["metric"], *(change[name] for name in ("by", "period") if name in change)])


def moved(found: Candidates) -> dict[str, Decimal]:
    """What all listed events did together, by place."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in (effect for event in found.events for effect in event.effects):
        where = [each.metric, *([dict(each.by)] if each.by else []), *([each.period] if each.period else [])]
        sums[canonical(where)] += Decimal(each.now or 0) - Decimal(each.previously or 0)
    return {place: value for place, value in sums.items() if value}


def test_five_hundred_late_events_leave_a_frozen_year_as_it_was_and_a_second_revision_says_what_they_changed(
    bureau: Bureau,
) -> None:
    life = Life(bureau.house)
    for _ in range(8):
        life.go_on(25)
    first = froze(bureau)
    before = everything(bureau, 1)
    assert first.log_size == life.size == 200

    life.late.clear()
    while len(life.late) < LATE:
        life.go_on(min(50, LATE - len(life.late)))

    # Revision 1 is the same to the last byte, and each event that may move the year is listed, no other.
    assert everything(bureau, 1) == before
    assert bureau.read(late, 2020) == life.late
    found = bureau.read(candidates, bureau.house.catalogue, 2020, limit=LATE)
    assert (found.late, [each.seq for each in found.events]) == (LATE, life.late)

    # Revision 2 is what an independent recount of the log says, signed by two people.
    second = froze(bureau, REASON)
    assert second.log_size == life.size
    assert second.body["figures"] == recounted(bureau, life.size)
    assert first.body["figures"] == recounted(bureau, first.log_size)
    assert [(each["act"], each["by"]) for each in second.approvals] == [
        ("signed", bureau.carol.actor),
        ("approved", bureau.bob.actor),
    ]
    assert signature_holds(second, bureau.keys.signer.public)

    # It carries the digest of revision 1, the reason, each late event, and every difference.
    assert second.body["previous"] == first.digest == digest(first.text).hex()
    restatement = second.body["restatement"]
    assert (restatement["reason"], restatement["events"]) == (REASON, life.late)
    changed = differing(first.body["figures"], second.body["figures"])
    assert {place(each): (each["previously"], each["now"]) for each in restatement["changes"]} == changed
    total = {place: Decimal(now or 0) - Decimal(old or 0) for place, (old, now) in changed.items()}
    assert moved(found) == {place: value for place, value in total.items() if value}

    # And so do its exports; revision 1 is still what it was.
    exported = json.loads(everything(bureau, 2)[-len(EVERY_FORMAT) + list(EVERY_FORMAT).index("json")])
    assert exported["restatement"]["previous"] == first.digest
    assert exported["restatement"]["changes"] == restatement["changes"]
    assert [each["by"] for each in exported["seal"]["approvals"]] == [bureau.carol.actor, bureau.bob.actor]
    assert everything(bureau, 1) == before
    assert bureau.read(candidates, bureau.house.catalogue, 2020).late == 0

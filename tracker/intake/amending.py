"""Many corrections and voids at once: the edge that turns rows of changes into amendments, all or none.

A row says what changes; an amendment states the whole. What a row does not name is taken over from the
version in force, confidential values from the vault. An amendment's id follows from what its row says and
its source is the original's, so that the same row is recorded once however often it is handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.canonical import canonical_bytes
from tracker.db import Database, matching
from tracker.errors import Invalid, Mistake
from tracker.intake.accept import Intake
from tracker.intake.changes import VOID, Change
from tracker.intake.importing import MOST_MISTAKES
from tracker.intake.replacements import PLACE, replacement
from tracker.ledger.events import AMENDMENTS, CORRECTED, VOIDED, Actor, Incoming, Receipt
from tracker.ledger.heads import lock_head
from tracker.ledger.models import events
from tracker.ledger.vault import opened

CHUNK = 500


@dataclass(slots=True)
class Amended:
    """What became of a file's rows; ``done`` were on record already, ``late`` concern a frozen year."""

    rows: int = 0
    corrected: int = 0
    voided: int = 0
    done: int = 0
    late: int = 0
    mistakes: list[Mistake] = field(default_factory=list)

    def refuse(self, mistakes: Iterable[Mistake]) -> None:
        """Keep mistakes, up to a bound."""
        self.mistakes.extend(islice(mistakes, max(0, MOST_MISTAKES - len(self.mistakes))))

    def add(self, made: Sequence[Incoming], receipts: Sequence[Receipt]) -> None:
        """Count what was recorded."""
        self.corrected += sum(event.type == CORRECTED for event in made)
        self.voided += sum(event.type == VOIDED for event in made)
        self.late += sum(receipt.late is not None for receipt in receipts)


class _Named(NamedTuple):
    """A row with its original, the version in force, and the id that its amendment has."""

    change: Change
    original: Row[Any]
    version: Row[Any]
    id: str


def amend(
    intake: Intake, database: Database, actor: Actor, changes: Iterable[Change | Invalid], *, dry_run: bool = False
) -> Amended:
    """Record every change in one transaction; a dry run does the same and then takes it all back.

    :raise Invalid: with the mistakes of every row (200 at most) by line; nothing is stored.
    :raise Refused: what recording refuses; nothing is stored.
    """
    amended, seen, source = Amended(), dict[int, int](), iter(changes)
    with database.write() as session:
        lock_head(session, intake.ledger.catalogue)  # first, so that what is in force stays so until the end
        while chunk := list(islice(source, CHUNK)):
            _amend_chunk(intake, session, actor, chunk, amended, seen)
        if amended.mistakes:
            raise Invalid(_summary(amended), sorted(amended.mistakes, key=_line_of))
        if dry_run:
            session.rollback()
    return amended


def _amend_chunk(
    intake: Intake,
    session: Session,
    actor: Actor,
    chunk: Sequence[Change | Invalid],
    amended: Amended,
    seen: dict[int, int],
) -> None:
    amended.rows += len(chunk)
    for refused in chunk:
        if isinstance(refused, Invalid):
            amended.refuse(refused.mistakes)
    named = _named(session, [each for each in chunk if isinstance(each, Change)], amended, seen)
    fresh = _fresh(session, named)
    amended.done += len(named) - len(fresh)
    made = _events(intake, session, fresh, amended)
    amended.refuse(intake.refusals(session, made))
    if not amended.mistakes:
        amended.add(made, intake.accept(session, actor, made))


def _named(session: Session, changes: Sequence[Change], amended: Amended, seen: dict[int, int]) -> list[_Named]:
    """The changes whose originals are on record, each named once; the others are refused."""
    originals = _originals(session, changes)
    versions = _in_force(session, [each.seq for each in originals.values()])
    found: list[_Named] = []
    for change in changes:
        original = originals.get(change.named)
        words = _unnameable(original, seen)
        if original is None or words:
            amended.refuse([Mistake(f"line {change.line}", words)])
            continue
        seen[original.seq] = change.line
        found.append(_Named(change, original, versions.get(original.seq, original), _id_of(change, original.seq)))
    return found


def _originals(session: Session, changes: Sequence[Change]) -> dict[int | tuple[str, str], Row[Any]]:
    seqs = [each.named for each in changes if isinstance(each.named, int)]
    pairs = [each.named for each in changes if isinstance(each.named, tuple)]
    found: dict[int | tuple[str, str], Row[Any]] = {}
    for row in session.execute(select(events).where(events.c.seq.in_(seqs))):
        found[row.seq] = row
    for row in matching(session, "event", ("source", "id"), pairs):
        found[row.source, row.id] = row
    return found


def _in_force(session: Session, originals: Sequence[int]) -> dict[int, Row[Any]]:
    query = select(events).where(events.c.original.in_(originals)).order_by(events.c.seq)
    return {row.original: row for row in session.execute(query)}


def _unnameable(original: Row[Any] | None, seen: Mapping[int, int]) -> str:
    if original is None:
        return "names no event on record"
    if original.type in AMENDMENTS:
        return f"seq {original.seq} is itself a {original.type}; name the original, seq {original.original}"
    if original.seq in seen:
        return f"names the same event as line {seen[original.seq]}; keep one row for each event"
    return ""


def _id_of(change: Change, seq: int) -> str:
    said = [seq, change.action, change.reason, change.replaces, dict(change.cells)]
    return f"amendment-{hashlib.sha256(canonical_bytes(said)).hexdigest()}"


def _fresh(session: Session, named: Sequence[_Named]) -> list[_Named]:
    """Those that are not on record."""
    pairs = [(each.original.source, each.id) for each in named]
    done = {(row.original, row.id) for row in matching(session, "event", ("source", "id"), pairs)}
    return [each for each in named if (each.original.seq, each.id) not in done]


def _events(intake: Intake, session: Session, named: Sequence[_Named], amended: Amended) -> list[Incoming]:
    secrets = _secrets(intake, session, [each.version.seq for each in named])
    now = intake.ledger.clock()
    found: list[Incoming] = []
    for each in named:
        try:
            found.append(_event(intake, each, secrets.get(each.version.seq, {}), now))
        except Invalid as error:
            amended.refuse(error.mistakes)
    return found


def _secrets(intake: Intake, session: Session, seqs: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Confidential values by ``seq`` and field, to be sealed again."""
    found = opened(session, intake.ledger.vault, seqs)
    return {seq: {field.rpartition("/")[2]: value for field, value in own.items()} for seq, own in found.items()}


def _event(intake: Intake, named: _Named, secrets: Mapping[str, Any], now: datetime) -> Incoming:
    change, original, version = named.change, named.original, named.version
    words = _stale(change, version)
    if words:
        raise Invalid("The row cannot be applied.", [Mistake(f"line {change.line}", words)])
    event: dict[str, Any] = {"specversion": "1.0", "source": original.source, "id": named.id}
    body = {"original": {"seq": original.seq}, "replaces": version.seq, "reason": change.reason}
    if change.action == VOID:
        event |= {"type": VOIDED, "data": body} | {name: getattr(version, name) for name in PLACE}
    else:
        whole = replacement(intake.ledger.catalogue, original.type, version, secrets, change)
        event |= whole | {"type": CORRECTED, "data": body | {"data": whole["data"]}}
    return intake.read_one(event, f"line {change.line} ", now)


def _stale(change: Change, version: Row[Any]) -> str:
    if version.type == VOIDED:
        return f"seq {version.original} was voided by seq {version.seq}, and a void is final; record a new event"
    if change.replaces not in (None, version.seq):
        return f"replaces seq {change.replaces}, but seq {version.seq} is in force; look at what it says now"
    return ""


def _line_of(mistake: Mistake) -> int:
    return int(mistake.pointer.split()[1])


def _summary(amended: Amended) -> str:
    shown = len(amended.mistakes)
    more = " (more are not shown)" if shown >= MOST_MISTAKES else ""
    return (
        f"{shown} mistake{'' if shown == 1 else 's'} in {amended.rows} row{'' if amended.rows == 1 else 's'}{more}; "
        "nothing was stored."
    )

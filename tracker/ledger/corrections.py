"""Corrections and voids: which original they name, what is in force, and who may replace it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tracker.db import matching
from tracker.errors import Forbidden, Invalid, Mistake, StaleReplacement
from tracker.ledger.events import AMENDMENTS, ATTACHED, VOIDED, Actor, Fact, Incoming
from tracker.ledger.models import events
from tracker.ledger.queries import fact_of


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a correction or void replaces: the original's seq and type, the version in force, and
    the fact as it stood (``None`` once voided)."""

    original: int
    type: str
    replaces: int
    before: Fact


class Amendments:
    """The originals that a batch amends, with the version of each that is in force."""

    def __init__(self, originals: Iterable[Row[Any]], versions: Sequence[Row[Any]]) -> None:
        self._by_seq = {row.seq: row for row in originals}
        self._by_id = {(row.source, row.id): row for row in self._by_seq.values()}
        self._in_force: dict[int, Row[Any]] = dict(self._by_seq)
        for row in versions:
            self._in_force[row.original] = row
        self._amended_now: dict[int, int] = {}

    @classmethod
    def load(cls, session: Session, amendments: Sequence[Incoming]) -> Amendments:
        """Read what the amendments of one batch refer to, in three statements at most."""
        originals = load_originals(session, amendments)
        seqs = [row.seq for row in originals]
        query = select(events).where(events.c.original.in_(seqs)).order_by(events.c.seq)
        return cls(originals, session.execute(query).all() if seqs else [])

    def check(self, actor: Actor, event: Incoming, seq: int) -> Amendment:
        """The amendment that ``event``, about to become ``seq``, makes.

        :raise Invalid: it names no original, or another amendment.
        :raise Forbidden: a source amends what is not its own.
        :raise StaleReplacement: ``replaces`` is not in force, or the original is void.
        """
        original = self._original(event)
        if original is None:
            raise Invalid("The original is not on record; nothing was stored.", [missing(event)])
        _check_nameable(event, original)
        _check_owner(actor, event, original)
        in_force = self._in_force[original.seq]
        current = self._amended_now.get(original.seq, in_force.seq)
        _check_current(event, original, in_force, current)
        self._amended_now[original.seq] = seq
        return Amendment(original.seq, original.type, in_force.seq, fact_of(in_force, original.seq, original.type))

    def _original(self, event: Incoming) -> Row[Any] | None:
        named = event.data["original"]
        return self._by_seq.get(named["seq"]) if "seq" in named else self._by_id.get((named["source"], named["id"]))


def load_originals(session: Session, amendments: Sequence[Incoming]) -> list[Row[Any]]:
    """The rows that well-formed amendments name as their originals; what is not on record is left out."""
    named = [event.data["original"] for event in amendments]
    seqs = [each["seq"] for each in named if "seq" in each]
    pairs = [(each["source"], each["id"]) for each in named if "seq" not in each]
    by_seq = session.execute(select(events).where(events.c.seq.in_(seqs))).all() if seqs else []
    return [*by_seq, *matching(session, "event", ("source", "id"), pairs)]


def missing(event: Incoming) -> Mistake:
    """The mistake of an amendment whose original is not on record."""
    return Mistake(f"{event.pointer}/data/original", "names no event on record; give its seq, or its source and id")


def _check_nameable(event: Incoming, original: Row[Any]) -> None:
    if original.type in AMENDMENTS:
        detail = f"seq {original.seq} is itself a {original.type}; name the original, seq {original.original}"
        raise Invalid("An amendment names its original; nothing was stored.", [_at(event, "original", detail)])
    if original.type == ATTACHED and event.type != VOIDED:
        detail = f"seq {original.seq} attached a file; void it and attach another"
        raise Invalid("A file cannot be corrected; nothing was stored.", [_at(event, "original", detail)])


def _check_owner(actor: Actor, event: Incoming, original: Row[Any]) -> None:
    if actor.kind == "source" and original.source != event.source:
        raise Forbidden(
            f"Source {event.source!r} may amend only its own events; seq {original.seq} is from {original.source!r}."
        )


def _check_current(event: Incoming, original: Row[Any], in_force: Row[Any], current: int) -> None:
    if in_force.type == VOIDED:
        raise StaleReplacement(
            f"Seq {original.seq} was voided by seq {in_force.seq}, and a void is final. Record a new event instead.",
            [_at(event, "original", f"voided by seq {in_force.seq}")],
        )
    if current != in_force.seq:
        raise StaleReplacement(
            f"Seq {original.seq} is amended twice in this batch. Send the second once the first is on record.",
            [_at(event, "original", "is amended twice in this batch")],
        )
    if event.data["replaces"] != current:
        raise StaleReplacement(
            f"Seq {current} is in force for seq {original.seq}, not seq {event.data['replaces']}. "
            "Look at what it says now, then send the amendment again.",
            [_at(event, "replaces", f"seq {current} is in force")],
        )


def _at(event: Incoming, name: str, message: str) -> Mistake:
    return Mistake(f"{event.pointer}/data/{name}", message)

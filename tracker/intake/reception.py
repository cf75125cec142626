"""The front door: what a sender hands in is read, admitted, recorded with what others hand in, and counted.

Whatever becomes of a delivery, its sender is told, its events are counted, and what was refused though
authentic is kept in quarantine: all in the transaction that settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tracker.access.changes import epoch
from tracker.access.limits import Limiter
from tracker.access.registry import Known, Registry
from tracker.access.signatures import Key, Signed, verify
from tracker.access.signing import used
from tracker.db import Database
from tracker.errors import Invalid, Malformed, Mistake, Overloaded, Refused, Unauthorised
from tracker.intake import modes
from tracker.intake.accept import Intake
from tracker.intake.content import Content
from tracker.intake.counting import Counting
from tracker.intake.quarantine import Quarantine
from tracker.intake.senders import Sender, signing
from tracker.ledger.events import Delivery, Incoming, Receipt
from tracker.ledger.writer import Writer

_MOST_LOOKS = 3
_SECONDS_BETWEEN_USES = 60


@dataclass(slots=True)
class Parcel:
    """A delivery on its way in. ``id`` is the webhook's, or a digest; ``epoch`` says as of which state of access
    it was let in; ``size`` counts its events, readable or not; ``refusal`` is what already speaks against it."""

    sender: Sender
    id: str
    content: Content
    epoch: int
    events: Sequence[Incoming] = ()
    size: int = 1
    refusal: Refused | None = None
    key: int | None = None
    tentative: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether it will be refused unless it turns out to be a duplicate."""
        return self.refusal is not None or any(event.mistakes for event in self.events)


class Reception:
    """One for each process that serves."""

    def __init__(
        self, intake: Intake, database: Database, registry: Registry, quarantine: Quarantine, limiter: Limiter
    ) -> None:
        self.intake = intake
        self.registry = registry
        self.limiter = limiter
        self._database = database
        self._quarantine = quarantine
        self._used: dict[int, datetime] = {}
        self.writer: Writer[Parcel, Sequence[Receipt] | None] = Writer(database, self._settle, self._refuse)

    def webhook(self, name: str, signed: Signed, content: Content, *, dry_run: bool = False) -> Sequence[Receipt]:
        """Take in what the source ``name`` signed.

        :raise Unauthorised: one answer for every fault of name, headers, signature and time.
        :raise Refused: as :meth:`hand_in` does.
        """
        for _look in range(_MOST_LOOKS):
            known, delivery, key = self._verified(name, signed, content.body)
            sender = signing(known.sources[name])
            self.limiter.check(sender.name)
            parcel = self.parcel(sender, delivery, content, known.epoch, key.id)
            if (receipts := self.hand_in(parcel, dry_run=dry_run)) is not None:
                return receipts
            self.registry.current()
        raise Overloaded  # access changed under each look: let the sender come again

    def _verified(self, name: str, signed: Signed, body: bytes) -> tuple[Known, str, Key]:
        """What was known when the signature was found good: memory serves a yes, the truth a no."""
        now = self.intake.ledger.clock()
        known = self.registry.remembered
        try:
            return known, *verify(signed, body, known.keys_at(name, now), now)
        except Unauthorised:
            current = self.registry.current()
            if current is known:
                raise
        return current, *verify(signed, body, current.keys_at(name, now), now)

    def parcel(self, sender: Sender, id: str, content: Content, epoch: int, key: int | None = None) -> Parcel:
        """Read what was sent; what speaks against it goes with it, to be counted and kept."""
        parcel = Parcel(sender, id, content, epoch, key=key)
        try:
            values, pointers = modes.values(content.type, content.attributes, content.body)
            parcel.size = len(values)
            if key is not None and content.attributes:
                _check_covered(values, id)
            self.fill(parcel, values, pointers)
        except Refused as error:
            parcel.refusal = error
        return parcel

    def fill(self, parcel: Parcel, values: Sequence[object], pointers: Sequence[str]) -> None:
        """Read events into a parcel and check them, and whether its sender may hand them in.

        :raise Invalid: attributes with mistakes.
        :raise Forbidden: what is not this sender's to send.
        """
        parcel.events = self.intake.read(values, pointers=pointers)
        parcel.events = parcel.sender.admitted(parcel.events, self.intake.ledger.clock())

    def hand_in(self, parcel: Parcel, *, dry_run: bool = False) -> Sequence[Receipt] | None:
        """Record one parcel and return a receipt per event, or ``None`` where access has changed since it was
        let in. A dry run, and a test source, get the answer without the record.

        :raise Refused: what speaks against it; it is counted and, if it is unreadable or invalid, kept.
        :raise NotReady: not now; nothing was stored.
        """
        outcome: Sequence[Receipt] | Exception | None
        (outcome,) = self.rehearse([parcel]) if dry_run or parcel.sender.test else self.writer.submit([parcel]).wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def rehearse(self, parcels: Sequence[Parcel]) -> list[Sequence[Receipt] | Refused]:
        """What would become of parcels, in order, each as if those before it had been recorded. Nothing is."""
        with self._database.write() as session:
            outcomes = [self._rehearsed(session, parcel) for parcel in parcels]
            session.rollback()
        return outcomes

    def _rehearsed(self, session: Session, parcel: Parcel) -> Sequence[Receipt] | Refused:
        if parcel.refusal is not None:
            return parcel.refusal
        try:
            with session.begin_nested():
                receipts = self.intake.accept(session, parcel.sender.actor, parcel.events)
        except Refused as error:
            return error
        return [each._replace(status="valid") if each.status == "recorded" else each for each in receipts]

    def _settle(self, session: Session, parcels: Sequence[Parcel]) -> Sequence[Sequence[Receipt] | None]:
        """Record parcels all or none; those that were let in under an older state of access are left out."""
        now = epoch(session)
        current = [parcel for parcel in parcels if parcel.epoch == now]
        for parcel in current:
            if parcel.refusal is not None:
                raise parcel.refusal
        receipts = self.intake.accept_all(session, [Delivery(each.sender.actor, each.events) for each in current])
        counting = Counting(self.intake.ledger.catalogue)
        for parcel, own in zip(current, receipts, strict=True):
            counting.taken(parcel.sender.name, parcel.events, own)
        counting.write(session)
        self._note_use(session, current)
        if len(current) == len(parcels):
            return receipts
        found = iter(receipts)
        return [next(found) if parcel.epoch == now else None for parcel in parcels]

    def _refuse(self, session: Session, parcel: Parcel, error: Refused) -> None:
        if parcel.tentative:
            return
        counting = Counting(self.intake.ledger.catalogue)
        counting.refused(parcel.sender.name, parcel.events, parcel.size, error)
        counting.write(session)
        if isinstance(error, Invalid | Malformed):
            at = self.intake.ledger.clock()
            self._quarantine.keep(session, parcel.sender.name, parcel.id, parcel.content, error, at)

    def _note_use(self, session: Session, parcels: Sequence[Parcel]) -> None:
        """Note which keys were used, once a minute at most: it shows whether an old one is still needed."""
        now = self.intake.ledger.clock()
        due = {parcel.key for parcel in parcels if parcel.key is not None and _is_due(self._used.get(parcel.key), now)}
        if due:
            used(session, due, now)
            self._used.update(dict.fromkeys(due, now))


def _check_covered(values: Sequence[object], id: str) -> None:
    """In binary mode the attributes stand in headers, which no signature covers. That the event's id is the
    delivery's, which is signed, keeps a delivery from becoming a second event: what was altered conflicts.

    :raise Invalid: if it is not.
    """
    if any(not isinstance(value, dict) or value.get("id") != id for value in values):
        raise Invalid(
            "In binary mode ce-id must be the webhook-id, which is signed. Or send application/cloudevents+json.",
            [Mistake("/id", "is not the webhook-id")],
        )


def _is_due(last: datetime | None, now: datetime) -> bool:
    return last is None or abs((now - last).total_seconds()) >= _SECONDS_BETWEEN_USES

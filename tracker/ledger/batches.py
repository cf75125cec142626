"""What one transaction records: events become rows, receipts, and what their receivers are told.

The good path costs 10 µs per event, half of it for hashing what must be hashed: tuples are made without their
named constructors, and what is the same for many events is looked up once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tracker.catalogue import Catalogue
from tracker.errors import ContentConflict
from tracker.ledger.attachments import Attachments
from tracker.ledger.corrections import Amendment, Amendments
from tracker.ledger.events import AMENDMENTS, ATTACHED, VOIDED, Actor, Delivery, Fact, Incoming, Receipt, Recorded
from tracker.ledger.sealing import Salt, body_of, content_of, hashed, resealed, seal
from tracker.ledger.vault import Secret, owner_of

Key: TypeAlias = tuple[str, str]
"""Source and id, by which an event is known."""

_new = tuple.__new__


@dataclass(slots=True)
class Known:
    """An event on record, or earlier in this batch, that a repeated one is compared with."""

    seq: int
    body: str
    content: bytes
    leaf: bytes
    salts: Mapping[str, bytes]

    def answer(self, event: Incoming) -> Receipt:
        """The receipt once more.

        :raise ContentConflict: the same source and id with other content.
        """
        # Nearly always nothing is confidential and nothing has changed, and the stored body need not be taken apart.
        same = not self.salts and content_of(body_of(event, event.data)) == self.content
        if not same and content_of(resealed(event, self.body, self.salts)) != self.content:
            raise ContentConflict(event.pointer, event.source, event.id, self.seq, self.content.hex())
        return Receipt(event.id, self.seq, self.leaf.hex(), "duplicate")


class Batch:
    """Deliveries on their way into a log of ``size`` events.

    ``rows`` has the columns of the table of events, in their order; ``secrets`` are what the vault is to hold.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        salt: Salt,
        known: Mapping[Key, Known],
        amendments: Amendments,
        attachments: Attachments,
        *,
        size: int,
        recorded_at: str,
    ) -> None:
        self.size = size
        self.recorded_at = recorded_at
        self.rows: list[tuple[Any, ...]] = []
        self.secrets: list[Secret] = []
        self.recorded: list[Recorded] = []
        self._catalogue = catalogue
        self._salt = salt
        self._known = known
        self._amendments = amendments
        self._attachments = attachments
        self._fresh: dict[Key, int] = {}
        self._confidential: dict[str, tuple[str, ...]] = {}

    def take(self, delivery: Delivery) -> list[Receipt]:
        """The receipts of a delivery's events, each of which is to be written unless it repeats another.

        :raise Refused: as :func:`tracker.ledger.record.record_all`.
        """
        actor, events = delivery
        name = str(actor)
        return [self._take(actor, name, event) for event in events]

    def _take(self, actor: Actor, name: str, event: Incoming) -> Receipt:
        key = (event.source, event.id)
        if key in self._known:
            return self._known[key].answer(event)
        if key in self._fresh:
            return self._earlier(self._fresh[key]).answer(event)
        self._fresh[key] = len(self.rows)
        return self._add(actor, name, event)

    def _add(self, actor: Actor, name: str, event: Incoming) -> Receipt:
        seq, at = self.size, self.recorded_at
        source, id, type, subject, time, entity, data, day, year, *_ = event
        amendment = self._amendments.check(actor, event, seq) if type in AMENDMENTS else None
        original, replaces = (amendment.original, amendment.replaces) if amendment else (None, None)
        if names := self._confidential_in(event, amendment):
            data, secrets = seal(event.type, event.data, names, self._salt)
            owner = self._owner(actor, event, seq, amendment) if secrets else ""
            self.secrets += [Secret(seq, owner, *secret) for secret in secrets]
        body, content, leaf = hashed(event, data, actor=name, recorded_at=at, seq=seq, replaces=replaces)
        self.rows.append(
            (seq, at, name, source, id, type, subject, time, entity, day, year, original, replaces, body, content, leaf)
        )
        if amendment is None:
            after = _new(Fact, (seq, type, subject, time, entity, day, year, data))
            self.recorded.append(_new(Recorded, (seq, type, leaf, None, after)))
        else:
            self.recorded.append(_amended(event, amendment, seq, leaf, data))
        self.size = seq + 1
        return _new(Receipt, (id, seq, leaf.hex(), "recorded", None))

    def _confidential_in(self, event: Incoming, amendment: Amendment | None) -> tuple[str, ...]:
        type = amendment.type if amendment else event.type
        found = self._confidential.get(type)
        if found is None:
            schema = self._catalogue.events.get(type)
            found = self._confidential[type] = schema.confidential if schema else ()
        return () if event.type == VOIDED else found

    def _owner(self, actor: Actor, event: Incoming, seq: int, amendment: Amendment | None) -> str:
        if event.type == ATTACHED:
            return self._attachments.check(actor, event)
        if amendment is None:
            return owner_of(event.type, event.subject, seq)
        return owner_of(amendment.type, event.subject, amendment.original)

    def _earlier(self, place: int) -> Known:
        """An event of this very batch."""
        seq, *_, body, content, leaf = self.rows[place]
        salts = {secret.field: secret.salt for secret in self.secrets if secret.seq == seq}
        return Known(seq, body, content, leaf, salts)


def _amended(event: Incoming, amendment: Amendment, seq: int, leaf: bytes, data: Mapping[str, Any]) -> Recorded:
    if event.type == VOIDED:
        return Recorded(seq, event.type, leaf, amendment.before, None)
    place = (event.subject, event.time, event.entity, event.day, event.year)
    after = Fact(amendment.original, amendment.type, *place, data["data"])
    return Recorded(seq, event.type, leaf, amendment.before, after)

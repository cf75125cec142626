"""The path that every way in shares: a parsed value becomes a checked event on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tracker.errors import Invalid, Mistake
from tracker.intake.envelope import read_event
from tracker.intake.validation import Validator, check
from tracker.ledger.corrections import load_originals, missing
from tracker.ledger.events import AMENDMENTS, CORRECTED, Actor, Delivery, Incoming, Receipt
from tracker.ledger.record import Ledger, record_all


@dataclass(frozen=True)
class Intake:
    """A ledger and the validator compiled from its catalogue; kept for the life of a process."""

    ledger: Ledger
    validator: Validator

    @classmethod
    def of(cls, ledger: Ledger) -> Intake:
        """Compile the validators of the ledger's catalogue."""
        return cls(ledger, Validator(ledger.catalogue))

    def read(self, values: Sequence[object], *, pointers: Sequence[str] | None = None) -> list[Incoming]:
        """Read the CloudEvents attributes of parsed values and check their data.

        Mistakes in the data are kept with the event: a repeated event is a duplicate whatever
        the catalogue says of it today. Pointers are ``/0``, ``/1``, … unless given.

        :raise Invalid: envelopes with mistakes, all of them listed.
        """
        now = self.ledger.clock()
        chosen = pointers if pointers is not None else [f"/{i}" for i in range(len(values))]
        mistakes: list[Mistake] = []
        events: list[Incoming] = []
        for value, pointer in zip(values, chosen, strict=True):
            try:
                events.append(self.read_one(value, pointer, now))
            except Invalid as error:
                mistakes.extend(error.mistakes)
        if mistakes:
            raise Invalid(_sentence(mistakes), mistakes)
        return events

    def read_one(self, value: object, pointer: str, now: datetime) -> Incoming:
        """Read and check one event.

        :raise Invalid: if its envelope has mistakes.
        """
        try:
            event = read_event(value, calendar=self.ledger.catalogue.calendar, now=now, pointer=pointer)
        except Invalid as error:
            raise Invalid(error.detail, [*error.mistakes, *self._data_mistakes(value, pointer)]) from None
        return check(self.validator, event)

    def _data_mistakes(self, value: object, pointer: str) -> tuple[Mistake, ...]:
        """What is wrong with the data of an event whose envelope is wrong already: all is told at once."""
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            return ()
        data = value.get("data", {})
        known = value["type"] in self.validator.catalogue.events
        return self.validator.mistakes(value["type"], data, pointer=pointer) if known and isinstance(data, dict) else ()

    def accept(self, session: Session, actor: Actor, events: Sequence[Incoming]) -> list[Receipt]:
        """Record events, all or none; the replacements in corrections are checked against the schema
        of the event they replace.

        :raise Refused: as :func:`tracker.ledger.record.record_all` does.
        """
        return self.accept_all(session, [Delivery(actor, events)])[0]

    def accept_all(self, session: Session, deliveries: Sequence[Delivery]) -> list[list[Receipt]]:
        """Record many deliveries, all or none, as :meth:`accept` does one."""
        if any(event.type in AMENDMENTS for delivery in deliveries for event in delivery.events):
            checked = iter(self._checked_amendments(session, [event for each in deliveries for event in each.events]))
            deliveries = [each._replace(events=[next(checked) for _ in each.events]) for each in deliveries]
        return record_all(self.ledger, session, deliveries)

    def refusals(self, session: Session, events: Sequence[Incoming]) -> tuple[Mistake, ...]:
        """The mistakes that recording would find, without recording: what a dry run reports."""
        return tuple(mistake for event in self._checked_amendments(session, events) for mistake in event.mistakes)

    def _checked_amendments(self, session: Session, events: Sequence[Incoming]) -> list[Incoming]:
        sound = [event for event in events if event.type in AMENDMENTS and not event.mistakes]
        originals = load_originals(session, sound)
        types: dict[object, str] = {}
        for row in originals:
            types[row.seq] = types[row.source, row.id] = row.type
        known = {id(event) for event in sound}
        return [self._checked(event, types) if id(event) in known else event for event in events]

    def _checked(self, event: Incoming, types: dict[object, str]) -> Incoming:
        named = event.data["original"]
        original = types.get(named["seq"] if "seq" in named else (named["source"], named["id"]))
        if original is None:
            return event._replace(mistakes=(missing(event),))
        if event.type != CORRECTED or original in AMENDMENTS:
            return event
        stand_in = event._replace(type=original, data=event.data["data"])
        return event._replace(mistakes=check(self.validator, stand_in, within="/data").mistakes)


def _sentence(mistakes: Sequence[Mistake]) -> str:
    count = len(mistakes)
    return f"{count} mistake{'' if count == 1 else 's'}; nothing was stored."

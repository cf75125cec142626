"""Deliveries in quarantine, tried again: the catalogue has changed, or somebody vouches for an old event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from sqlalchemy.orm import Session

from tracker.access.sources import live_sources
from tracker.errors import Conflict, Malformed
from tracker.intake import modes
from tracker.intake.accept import Intake
from tracker.intake.content import Content
from tracker.intake.files import ndjson_lines
from tracker.intake.quarantine import Opened, Quarantine
from tracker.intake.senders import Sender, signing
from tracker.intake.streaming import LINE
from tracker.ledger.events import Actor, Receipt


def retry(session: Session, intake: Intake, quarantine: Quarantine, id: int, *, by: Actor) -> list[Receipt]:
    """Record a delivery that was refused, however old its events are: ``by`` vouches for that.

    A source's delivery is still held to its URI and types.

    :raise NotFound, Conflict: as :meth:`Quarantine.opened`; also when its content was too large to be kept.
    :raise Refused: it is still not right; it stays in quarantine.
    """
    opened = quarantine.opened(session, id)
    if opened.content is None:
        raise Conflict(f"Delivery {id} was too large to be kept; ask {opened.held.sender} to send it again.")
    now = intake.ledger.clock()
    values, pointers = values_of(opened.content)
    if not values:
        raise Malformed("Nothing of this delivery could be read when it came. Discard it; it has to be sent again.")
    sender = _sender(session, opened, by)
    events = sender.admitted(intake.read(values, pointers=pointers), now)
    receipts = intake.accept(session, sender.actor, events)
    quarantine.recorded(session, id, by=str(by), at=now)
    return receipts


def _sender(session: Session, opened: Opened, by: Actor) -> Sender:
    name = opened.held.sender
    if name.startswith("token:"):
        return Sender(name, by, None, backfill=True, amend=True)
    for source in live_sources(session):
        if source.name == name:
            return replace(signing(source), backfill=True)
    raise Conflict(f"Source {name} is retired; nothing more can be recorded as it. Discard the delivery.")


def values_of(content: Content) -> tuple[Sequence[object], Sequence[str]]:
    """The events of a delivery, not checked yet, and where each stands in it.

    :raise Malformed: they cannot be told apart.
    """
    if content.type != LINE:
        return modes.values(content.type, content.attributes, content.body)
    numbered = list(ndjson_lines(BytesIO(content.body)))
    return [value for _, value in numbered], [f"line {number} " for number, _ in numbered]

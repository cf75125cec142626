"""Who hands in events, and what of them this sender may hand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from tracker.access.sources import LATE_DAYS, Source
from tracker.access.tokens import Token
from tracker.clock import stamp
from tracker.errors import Forbidden, Mistake
from tracker.ledger.events import AMENDMENTS, ATTACHED, Actor, Incoming


@dataclass(frozen=True)
class Sender:
    """A source, or whoever holds an unbound token. ``name`` is what it is counted under."""

    name: str
    actor: Actor
    source: Source | None
    backfill: bool
    amend: bool

    @property
    def test(self) -> bool:
        """Whether its events are checked and answered, and never recorded."""
        return self.source is not None and self.source.test

    def admitted(self, events: Sequence[Incoming], now: datetime) -> Sequence[Incoming]:
        """The events with a mistake on each that is too old for this sender.

        :raise Forbidden: another source's URI, or a type that is not this sender's to send.
        """
        for event in events:
            self._check(event)
        if self.backfill:
            return events
        days = self.source.late_days if self.source else LATE_DAYS
        oldest = stamp(now - timedelta(days=days))
        return (
            events if all(event.time >= oldest for event in events) else [_aged(each, oldest, days) for each in events]
        )

    def _check(self, event: Incoming) -> None:
        if event.type == ATTACHED:
            raise Forbidden("Files are attached by people, on the page of the event they belong to.")
        if event.type in AMENDMENTS and not self.amend:
            raise Forbidden(f"{self.name} may not correct or void; its token lacks the scope amend.")
        if self.source is None:
            return
        if event.source != self.source.uri:
            raise Forbidden(f"Source {self.name} may write as {self.source.uri} alone, not as {event.source}.")
        if not self.source.may_send(event.type):
            raise Forbidden(
                f"Source {self.name} may not send {event.type}; it is bound to {', '.join(self.source.types)}."
            )


@lru_cache(maxsize=1024)
def signing(source: Source) -> Sender:
    """A source that signs what it sends. It may amend what is its own."""
    return Sender(source.name, Actor("source", source.name), source, source.backfill, amend=True)


def bearing(token: Token, source: Source | None) -> Sender:
    """Whoever shows a token: as the source that it is bound to, or as a person."""
    backfill = "backfill" in token.scopes or (source is not None and source.backfill)
    amend = "amend" in token.scopes
    if source is not None:
        return Sender(source.name, Actor("source", source.name), source, backfill, amend)
    return Sender(f"token:{token.name}", Actor("person", f"token-{token.name}"), None, backfill, amend)


def _aged(event: Incoming, oldest: str, days: int) -> Incoming:
    if event.time >= oldest:
        return event
    words = f"lies more than {days} days back; handing in what is older takes the right to backfill"
    return event._replace(mistakes=(*event.mistakes, Mistake(f"{event.pointer}/time", words)))

"""What a process remembers of sources and tokens, for as long as the epoch stands.

Reading keys for every request would cost as much as recording it. So a *yes* that rests on memory is
looked at again inside the recording transaction (the epoch is compared), and a *no* only after memory was
brought up to date: a retired key is refused at once, a new one works at once, in every process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tracker.access.changes import epoch
from tracker.access.keys import Keys
from tracker.access.signatures import Key
from tracker.access.signing import keys_of
from tracker.access.sources import Source, live_sources
from tracker.access.tokens import Token, digest_of, live_tokens, used
from tracker.clock import stamp
from tracker.db import Database
from tracker.errors import NotReady

_BETWEEN_USES = timedelta(minutes=1)


@dataclass(frozen=True)
class Known:
    """All live sources and tokens as of one epoch."""

    epoch: int
    sources: Mapping[str, Source]
    keys: Mapping[str, Sequence[tuple[Key, str | None]]]
    tokens: Mapping[bytes, Token]

    def keys_at(self, source: str, now: datetime) -> list[Key]:
        """The keys that a source may sign with; none for one that is not there."""
        return [key for key, end in self.keys.get(source, ()) if end is None or end > stamp(now)]

    def token(self, text: str, now: datetime) -> Token | None:
        """The token behind a text, unless it has ended or its source has."""
        found = self.tokens.get(digest_of(text))
        if found is None or found.expires_at <= stamp(now):
            return None
        return found if found.source is None or found.source in self.sources else None


class Registry:
    """One for each process; safe to use from many threads."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._known: Known | None = None
        self._used: dict[str, datetime] = {}

    @property
    def remembered(self) -> Known:
        """What is known, without a look at the database."""
        return self._known or self.current()

    def current(self) -> Known:
        """What is true now.

        :raise NotReady: the key of the sources' secrets is missing or another.
        """
        with self._database.read() as session:
            now = epoch(session)
            known = self._known  # once: another thread may put what it saw earlier in this place
            if known is None or known.epoch != now:
                self._known = known = self._read(session, now)
            return known

    def note_use(self, token: Token, now: datetime) -> None:
        """Write down that a token was used, once a minute at most: it shows which are still needed."""
        last = self._used.get(token.name)
        if last is not None and abs(now - last) < _BETWEEN_USES:
            return
        self._used[token.name] = now
        with suppress(NotReady), self._database.write() as session:  # who only reads needs no database that writes
            used(session, token.name, now)

    def _read(self, session: Session, now: int) -> Known:
        sources = {source.name: source for source in live_sources(session)}
        keys = {name: keys_of(session, name, self._keys.secrets.key) for name in sources}
        return Known(now, sources, keys, live_tokens(session))

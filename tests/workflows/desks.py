"""A desk at which people work: a house of some domains, keys of its own, and people with roles."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.house import House
from tests.workflows.houses import house_of
from tracker.access import people
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases.queries import Standing, standing
from tracker.db import Database
from tracker.ledger.events import Receipt
from tracker.ledger.queries import Entry, entries
from tracker.workflows import acting
from tracker.workflows.acts import Context
from tracker.workflows.rules import rules_of


@dataclass
class WorkDesk:
    """``act`` and ``start`` are what people do, each in a transaction of its own; time passes by ``later``."""

    house: House
    context: Context
    kind: str
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def of(cls, database: Database, path: Path, kind: str) -> WorkDesk:
        """A desk for one kind of subject, such as ``content.violation``."""
        house = house_of(database, kind.partition(".")[0])
        keys = Keys.of(path)
        keys.make()
        return cls(house, Context(house.intake, keys, rules_of(house.catalogue)), kind)

    def person(self, login: str, roles: Iterable[str] = ("recorder",)) -> Person:
        """Somebody new."""
        with self.house.database.write() as session:
            return people.add(session, login, login.title(), roles, by="system:test", at=self.house.clock())[0]

    def start(self, person: Person, fact: str, data: Mapping[str, Any], subject: str | None = None) -> str:
        """Open a subject; its id."""
        with self.house.database.write() as session:
            done = acting.start(
                self.context, session, person, self.kind, subject, f"{self.kind}.{fact}", data, id=self._id()
            )
        assert done.subject is not None
        return done.subject

    def act(
        self, person: Person, subject: str, fact: str, data: Mapping[str, Any] | None = None, **others: Any
    ) -> Receipt:
        """Do something to a subject."""
        given = {"id": self._id()} | others
        with self.house.database.write() as session:
            return acting.act(
                self.context, session, person, self.kind, subject, f"{self.kind}.{fact}", data or {}, **given
            )

    def offered(self, person: Person, subject: str) -> list[str]:
        """What a person may do to a subject, without the kind."""
        with self.house.database.read() as session:
            found = standing(session, self.kind, subject)
            assert found is not None
            allowed = acting.allowed(self.context, session, person, found)
        return [each.type.removeprefix(f"{self.kind}.") for each in allowed]

    def standing(self, subject: str) -> Standing:
        """Where a subject stands."""
        with self.house.database.read() as session:
            found = standing(session, self.kind, subject)
        assert found is not None
        return found

    def entries(self, subject: str) -> list[Entry]:
        """Everything on record about a subject, in order."""
        with self.house.database.read() as session:
            return entries(session, subject=subject)

    def later(self, **span: int) -> datetime:
        """Move the clock on."""
        self.house.clock.instant += timedelta(**span)
        return self.house.clock.instant

    def _id(self) -> str:
        return f"act-{next(self.numbers)}"

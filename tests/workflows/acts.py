"""People, and short ways to say what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.house import House
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases import queries
from tracker.cases.queries import Standing
from tracker.ledger.events import Receipt
from tracker.ledger.queries import entries
from tracker.workflows import acting
from tracker.workflows.acting import Context, Done, Rule


def person(login: str, *roles: str) -> Person:
    """Somebody with these roles."""
    return Person(f"p-{login:a<10}", login, login.title(), frozenset(roles), None, None, None, 0, second_factor=True)


ANNA, BEN = person("anna", "recorder"), person("ben", "recorder")
OLGA = person("olga", "case_officer")
RITA = person("rita", "assurer")


@dataclass
class Acting:
    """A house in which people act on subjects of one kind, under rules that tests choose."""

    house: House
    kind: str
    rules: dict[str, Rule] = field(default_factory=dict)
    name: str = "job-2222"
    keys: Keys = field(default_factory=lambda: Keys.of(Path("/nowhere")))
    numbers: count[int] = field(default_factory=count)

    @property
    def context(self) -> Context:
        """What they act with; a new subject gets the name that the test decides."""
        return Context(self.house.intake, self.keys, self.rules, choose=lambda _lifecycle: self.name)

    def act(self, who: Person, subject: str, fact: str, data: Mapping[str, Any] | None = None, **more: Any) -> Receipt:
        """Do something to a subject, in a transaction of its own."""
        id = more.pop("id", f"form-{next(self.numbers)}")
        with self.house.database.write() as session:
            type = f"{self.kind}.{fact}"
            return acting.act(self.context, session, who, self.kind, subject, type, data or {}, id=id, **more)

    def start(self, who: Person, subject: str | None, fact: str, data: Mapping[str, Any], **more: Any) -> Done:
        """Open a subject, in a transaction of its own."""
        id = more.pop("id", f"form-{next(self.numbers)}")
        with self.house.database.write() as session:
            type = f"{self.kind}.{fact}"
            return acting.start(self.context, session, who, self.kind, subject, type, data, id=id, **more)

    def log(self, who: Person, type: str, data: Mapping[str, Any] | None = None, **more: Any) -> Done:
        """Record any event, in a transaction of its own."""
        id = more.pop("id", f"form-{next(self.numbers)}")
        with self.house.database.write() as session:
            return acting.log(self.context, session, who, type, data or {}, id=id, **more)

    def standing(self, subject: str) -> Standing | None:
        """Where a subject stands."""
        with self.house.database.read() as session:
            return queries.standing(session, self.kind, subject)

    def allowed(self, who: Person, subject: str) -> list[str]:
        """What somebody may do to a subject, without what all events of the kind have in common."""
        with self.house.database.read() as session:
            standing = queries.standing(session, self.kind, subject)
            assert standing is not None
            found = acting.allowed(self.context, session, who, standing)
        return [each.type.removeprefix(f"{self.kind}.") for each in found]

    def events(self) -> list[tuple[str, str | None, str, str]]:
        """Actor, subject, type and source of every event on record."""
        with self.house.database.read() as session:
            return [(each.actor, each.subject, each.type, each.source) for each in entries(session)]

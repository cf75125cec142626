"""An office with an administrator and an approver, who propose and decide through the public functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tests.access.folk import Folk
from tests.house import House
from tracker.access import audit, proposals
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.workflows import approvals, handovers
from tracker.workflows.acts import Context
from tracker.workflows.rules import RULES


def new_keys(home: Path) -> Keys:
    """Keys in files of their own."""
    made = Keys.of(home)
    made.make()
    return made


@dataclass
class Bureau:
    """A house with its keys, and who works in it: Alice administers, Bob and Dora approve, Carol records."""

    house: House
    keys: Keys
    folk: Folk = field(init=False)
    alice: Person = field(init=False)
    bob: Person = field(init=False)
    carol: Person = field(init=False)
    dora: Person = field(init=False)

    def __post_init__(self) -> None:
        self.folk = Folk(self.house)
        self.alice, self.bob = self.folk.add("alice", "administrator"), self.folk.add("bob", "approver")
        self.carol, self.dora = self.folk.add("carol", "recorder"), self.folk.add("dora", "approver", "case_officer")

    @property
    def context(self) -> Context:
        """What workflows need."""
        return Context(self.house.intake, self.keys, RULES)

    def make(self, how: Callable[..., Proposal], *given: Any, by: Person | None = None, **others: Any) -> Proposal:
        """Propose by one of the functions that do, as Alice unless said otherwise."""
        with self.house.database.write() as session:
            return how(session, *given, by=by or self.alice, at=self.house.clock(), **others)

    def approve(self, found: Proposal, by: Person | None = None, digest: str | None = None) -> Proposal:
        """Approve what was read, as Bob unless said otherwise."""
        with self.house.database.write() as session:
            at, who = self.house.clock(), by or self.bob
            return approvals.approve(self.context, session, found.id, digest or found.digest, by=who, at=at)

    def refuse(self, found: Proposal, by: Person | None = None, reason: str = "not needed") -> Proposal:
        """Refuse what was read, as Bob unless said otherwise."""
        with self.house.database.write() as session:
            at, who = self.house.clock(), by or self.bob
            return approvals.refuse(self.context, session, found.id, found.digest, reason=reason, by=who, at=at)

    def pick_up(self, found: Proposal, by: Person | None = None) -> dict[str, str]:
        """Pick up what an approval has made, as Alice unless said otherwise."""
        with self.house.database.write() as session:
            who, at = by or self.alice, self.house.clock()
            return dict(handovers.pick_up(session, self.keys, found, by=who, at=at))

    def stored(self, found: Proposal) -> Proposal:
        """A proposal as it stands now."""
        now: Proposal = self.read(proposals.get, found.id)
        return now

    def read(self, how: Callable[..., Any], *given: Any, **others: Any) -> Any:
        """What a function of a session says."""
        with self.house.database.read() as session:
            return how(session, *given, **others)

    def trail(self, last: int) -> list[tuple[str, str, str, str | None]]:
        """The newest entries of the audit trail, oldest first."""
        found = self.read(audit.entries, limit=last)
        return [(each.actor, each.action, each.target, each.detail) for each in reversed(found)]

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.house.clock.instant += timedelta(**span)


def everything(session: Session, tables: Any) -> str:
    """All rows of all tables as one text, to look for what must not stand anywhere."""
    return "\n".join(str(tuple(row)) for table in tables for row in session.execute(table.select()))

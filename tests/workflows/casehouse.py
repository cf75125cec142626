"""A house with integrity cases, and those who work on them or must not."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.access.folk import Folk
from tests.house import House
from tests.workflows.houses import house_of
from tracker.access import audit
from tracker.access.erasures import ErasureLedger
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases import queries
from tracker.db import Database
from tracker.evidence import Clean
from tracker.ledger.events import Receipt
from tracker.ledger.queries import entries
from tracker.workflows import acting, approvals, grants, receipts, reporting
from tracker.workflows.acts import Context
from tracker.workflows.reading import read_confidential
from tracker.workflows.rules import rules_of
from tracker.workflows.sight import CASE, Sight, sight

REPORT = {"category": "fraud", "reporter_group": "staff", "narrative": "The invoices of the harbour crane are forged."}


@dataclass
class CaseHouse:
    """Alice and Charlie are case officers, Bob and Dora approve, Erin audits, Frank administers, Grace records and
    Henry assures."""

    house: House
    keys: Keys
    folk: Folk = field(init=False)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def build(cls, database: Database, home: Path) -> CaseHouse:
        """Over the integrity domain of the reference configuration."""
        keys = Keys.of(home)
        keys.make()
        return cls(house_of(database, "integrity"), keys)

    def __post_init__(self) -> None:
        self.folk = Folk(self.house)
        for login, role in (
            ("alice", "case_officer"),
            ("charlie", "case_officer"),
            ("bob", "approver"),
            ("dora", "approver"),
            ("erin", "internal_auditor"),
            ("frank", "administrator"),
            ("grace", "recorder"),
        ):
            self.folk.add(login, role)
        self.folk.add("henry", "assurer", ends_on="2030-01-01")

    @property
    def context(self) -> Context:
        """What workflows need."""
        return Context(self.house.intake, self.keys, rules_of(self.house.catalogue), erasures=self.erasures)

    @property
    def erasures(self) -> ErasureLedger:
        """Where erasures are written down, beside the keys."""
        return ErasureLedger(self.keys.secrets.path.parents[1] / "erasures" / "ledger")

    def who(self, login: str) -> Person:
        """Somebody as they stand."""
        return self.folk.now(login)

    def report(self, *files: Clean, token: str | None = None, **data: str) -> str:
        """A report over the channel; its receipt."""
        with self.house.database.write() as session:
            return reporting.hand_in(self.context, session, token or receipts.new_token(), REPORT | data, files)

    def case(self, **data: str) -> str:
        """The subject of a new report."""
        token = receipts.new_token()
        self.report(token=token, **data)
        return receipts.subject_for(token)

    def grant(self, subject: str, login: str = "alice", *, by: str = "bob", asked_by: str | None = None) -> None:
        """Access for an officer, proposed and approved."""
        at, officer = self.house.clock(), self.who(login)
        with self.house.database.write() as session:
            asking = self.who(asked_by) if asked_by else officer
            made = grants.propose_access(session, self.keys, subject, officer.id, by=asking, at=at)
        with self.house.database.write() as session:
            approvals.approve(self.context, session, made.id, made.digest, by=self.who(by), at=at)

    def act(self, login: str, subject: str, fact: str, *, expect: int | None = None, **data: Any) -> Receipt:
        """What somebody does to a case."""
        with self.house.database.write() as session:
            id, type = f"act-{next(self.numbers)}", f"{CASE}.{fact}"
            return acting.act(self.context, session, self.who(login), CASE, subject, type, data, id=id, expect=expect)

    def worked(self, *facts: tuple[str, Mapping[str, Any]], login: str = "alice") -> str:
        """A case with access for an officer, who has done these things."""
        subject = self.case()
        self.grant(subject, login)
        for fact, data in facts:
            self.act(login, subject, fact, **data)
        return subject

    def state(self, subject: str) -> str:
        """Where a case stands."""
        with self.house.database.read() as session:
            found = queries.standing(session, CASE, subject)
        assert found is not None
        return found.state

    def sees(self, login: str, subject: str) -> bool:
        """Whether somebody may know of a case."""
        return self.sight(login).subject(CASE, subject)

    def sight(self, login: str) -> Sight:
        """What somebody may see. Its session is over: no more than cases can be asked of it."""
        with self.house.database.read() as session:
            return sight(session, self.keys, self.who(login), self.house.clock())

    def holders(self, subject: str) -> list[str]:
        """The logins of those with access."""
        with self.house.database.read() as session:
            held = grants.holders(session, subject)
        return [login for login in ("alice", "charlie", "bob", "dora") if self.who(login).id in held]

    def types(self, subject: str) -> list[str]:
        """The types of all events of a case, in order."""
        with self.house.database.read() as session:
            found = entries(session, subject=subject)
        return [each.type.removeprefix(f"{CASE}.") for each in found]

    def read(self, login: str, *seqs: int) -> dict[int, dict[str, Any]]:
        """What an officer reads, on record."""
        return read_confidential(self.house.database, self.context, self.who(login), seqs, purpose="test")

    def trail(self, last: int) -> list[tuple[str, str, str]]:
        """The newest entries of the audit trail, oldest first: actor, action, target."""
        with self.house.database.read() as session:
            return [(each.actor, each.action, each.target) for each in reversed(audit.entries(session, limit=last))]

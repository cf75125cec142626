"""What people do, before it is an event; and the rules for it that a lifecycle alone cannot say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from tracker.access.datakeys import DataKeys
from tracker.access.erasures import ErasureLedger
from tracker.access.keys import Keys
from tracker.access.people import Person
from tracker.cases.queries import Standing
from tracker.catalogue import Catalogue, Lifecycle
from tracker.errors import NotReady
from tracker.intake.accept import Intake
from tracker.workflows.subjects import new_subject

WEB_SOURCE = "/tracker/people"
"""The CloudEvents source of everything that people do here."""

CASE = "integrity.case"
"""The kind of subject that takes ``cases.work`` and not ``subjects.act``."""

FINDING = "assurance.finding"
"""The kind of subject on which assurers act, too."""


@dataclass(frozen=True)
class Act:
    """What somebody does to a subject. ``standing`` is where the subject stands before; None for one that is opened,
    and for an event that is about none. A rule may replace ``data``: what is there is sound when the rule sees it, but
    required fields may be missing until the rule has completed it."""

    kind: str | None
    subject: str | None
    event_type: str
    data: Mapping[str, Any]
    time: datetime
    id: str
    entity: str | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class Further:
    """An event that follows from an act: of the same time and entity, and of the same subject unless it names one."""

    event_type: str
    data: Mapping[str, Any]
    subject: str | None = None


@dataclass(frozen=True)
class Context:
    """What workflows need beside a session. ``rules`` are by event type; ``choose`` names new subjects; ``erasures`` is
    the file that says what was erased, without which nothing is."""

    intake: Intake
    keys: Keys
    rules: Mapping[str, Rule]
    choose: Callable[[Lifecycle], str] = new_subject
    erasures: ErasureLedger | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that this process holds."""
        return self.intake.ledger.catalogue

    @property
    def datakeys(self) -> DataKeys:
        """The keys of the vault.

        :raise NotReady: this process has none.
        """
        if self.intake.ledger.vault is None:
            raise NotReady("This process has no keys for what is confidential. Name them in TRACKER_VAULT_KEY_FILE.")
        return self.intake.ledger.vault


May: TypeAlias = Callable[[Context, Session, Person, Standing | None], bool]
"""Whether a person may do this to a subject at all; what may not be done is not offered, and refused (403). It may
raise :class:`~tracker.errors.Forbidden` itself, to say why."""

Check: TypeAlias = Callable[[Context, Session, Person, Act], Act]
"""Returns the act, completed, or raises a :class:`~tracker.errors.Refused`."""

Follow: TypeAlias = Callable[[Context, Session, Person, Act], Sequence[Further]]
"""What follows from an act that has passed its check; it is recorded with it."""


@dataclass(frozen=True)
class Rule:
    """What a lifecycle alone cannot say about acts of one event type. ``fills`` are the fields that the check fills
    in, whatever is given: a form need not ask for them."""

    may: May | None = None
    check: Check | None = None
    follow: Follow | None = None
    fills: frozenset[str] = frozenset()

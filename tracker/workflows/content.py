"""Violations: the ladder decides the penalty, and whoever gave it does not decide about the appeal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.cases.queries import Standing, standing, standings
from tracker.catalogue import Catalogue
from tracker.clock import stamp
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.ledger.events import Actor, Fact
from tracker.ledger.heads import lock_head
from tracker.workflows import accounts
from tracker.workflows.about import facts_about
from tracker.workflows.accounts import FOUND, KIND, OVERTURNED, PENALISED
from tracker.workflows.acts import Act, Context, Rule

NOTIFIED, APPEALED, UPHELD, CLOSED = (f"{KIND}.{fact}" for fact in ("notified", "appealed", "upheld", "closed"))
OWNER_SOURCE = "/tracker/owner"
OWNER = Actor("system", "account-owner")
_MOST = 1000


@dataclass(frozen=True)
class Proposed:
    """What the ladder gives for a violation: ``points`` for its severity (an id), and the step that these reach
    together with the points the account has ``so_far``."""

    severity: str
    points: int
    so_far: int
    penalty: str
    days: int | None

    @property
    def together(self) -> int:
        """The account's points with this penalty."""
        return self.so_far + self.points


def proposed(session: Session, catalogue: Catalogue, subject: str, at: datetime) -> Proposed | None:
    """The penalty for a violation at ``at``; ``None`` where the catalogue has no ladder.

    :raise Conflict: the violation is not on record, or says too little.
    """
    rules, found = catalogue.workflows.content, accounts.find(session, subject)
    if rules is None:
        return None
    facts = facts_about(session, [subject], {FOUND}).get(subject, [])
    if found is None or not facts:
        raise Conflict(f"{subject} is not on record as found, so there is nothing to penalise. Record that first.")
    severity = rules.severity(facts[-1].data["category"])
    since = accounts.since(at, rules.points_days)
    so_far = accounts.points(session, found.account, since=since, apart_from=subject)
    step = rules.ladder(facts[-1].data["surface"]).step(so_far + severity.points)
    return Proposed(severity.id, severity.points, so_far, step.penalty, step.days)


def first_reviewer(session: Session, subject: str) -> str | None:
    """Who gave a violation's newest penalty."""
    return _reviewers(session, [subject]).get(subject)


def appeals_waiting(session: Session, catalogue: Catalogue, person: Person) -> list[str]:
    """The appeals that this person may decide, the oldest first: those against somebody else's penalty."""
    found = standings(session, KIND, state=sources_of(catalogue, OVERTURNED), sort="moved", limit=_MOST)
    reviewers = _reviewers(session, [each.subject for each in found])
    return [each.subject for each in found if reviewers.get(each.subject) != person.id]


def undecided(catalogue: Catalogue, state: str) -> bool:
    """Whether a violation in this state waits for the decision about an appeal."""
    return state in sources_of(catalogue, OVERTURNED)


def sources_of(catalogue: Catalogue, event_type: str) -> tuple[str, ...]:
    """The states from which an event moves a violation; none where the catalogue does not know it."""
    lifecycle = catalogue.lifecycles_by_kind.get(KIND)
    move = lifecycle.moves.get(event_type) if lifecycle else None
    return move.sources if move else ()


def _reviewers(session: Session, subjects: list[str]) -> dict[str, str | None]:
    facts = facts_about(session, subjects, {PENALISED})
    return {subject: each[-1].data.get("reviewer") for subject, each in facts.items()}


def _penalise(context: Context, session: Session, person: Person, act: Act) -> Act:
    """The ladder fills in penalty, days and points; who acts is the first reviewer."""
    chosen = proposed(session, context.catalogue, act.subject or "", act.time)
    data = {**act.data, "reviewer": person.id}
    if chosen is not None:
        data = {name: value for name, value in data.items() if name != "days"}
        data |= {"penalty": chosen.penalty, "points": chosen.points}
        data |= {} if chosen.days is None else {"days": chosen.days}
    return replace(act, data=data)


def _is_second(context: Context, session: Session, person: Person, standing: Standing | None) -> bool:
    """Who decides about an appeal is not who gave the penalty."""
    if standing is not None and first_reviewer(session, standing.subject) == person.id:
        raise Forbidden("You gave this penalty yourself. Ask a second reviewer to decide about the appeal.")
    return True


def _decide(context: Context, session: Session, person: Person, act: Act) -> Act:
    """Who acts is the second reviewer. Overturning takes back what was given."""
    data: dict[str, Any] = {**act.data, "reviewer": person.id}
    given = accounts.find(session, act.subject or "")
    if act.event_type == OVERTURNED and given is not None and given.penalty is not None:
        data |= {"points": given.points, "penalty": given.penalty}
    return replace(act, data=data)


RULES: Mapping[str, Rule] = {
    PENALISED: Rule(check=_penalise, fills=frozenset({"penalty", "days", "points", "reviewer"})),
    UPHELD: Rule(_is_second, _decide, fills=frozenset({"reviewer"})),
    OVERTURNED: Rule(_is_second, _decide, fills=frozenset({"reviewer", "points", "penalty"})),
}
"""The rules of acts on violations."""


def appeal(context: Context, session: Session, account: str, subject: str, statement: str, *, at: datetime) -> None:
    """Record the appeal of an account's owner. Appealing twice is appealing once.

    :raise NotFound: the account has no such violation.
    :raise Conflict: it cannot be appealed now: it is not notified yet, or decided, or closed.
    :raise Invalid: the statement is too long.
    """
    lock_head(session, context.catalogue)
    found = accounts.find(session, subject)
    if found is None or found.account != account:
        raise NotFound("This account has no such violation.")
    facts = facts_about(session, [subject]).get(subject, [])
    if appealed(facts):
        return
    now = standing(session, KIND, subject)
    if now is None or not may_appeal(context.catalogue, now.state):
        raise Conflict("This violation cannot be appealed now. Look at where it stands.")
    event = {"specversion": "1.0", "source": OWNER_SOURCE, "id": f"appeal-{subject}-{now.last_seq}"}
    event |= {"type": APPEALED, "subject": subject, "time": stamp(at)}
    data = {"statement": statement} if statement else {}
    context.intake.accept(session, OWNER, context.intake.read([{**event, "data": data}]))


def appealed(facts: list[Fact]) -> bool:
    """Whether a violation was appealed, given what is on record about it."""
    return any(fact.type == APPEALED for fact in facts)


def may_appeal(catalogue: Catalogue, state: str) -> bool:
    """Whether a violation in this state can be appealed."""
    return state in sources_of(catalogue, APPEALED)

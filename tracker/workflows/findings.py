"""Findings of assurers: raised, closed and withdrawn by who assures, answered by the organisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.cases.queries import Standing, standings
from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.errors import Conflict, Forbidden, Invalid, Mistake, UnknownPeriod
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.workflows.about import facts_about
from tracker.workflows.acts import FINDING, Act, Context, Rule

RAISED, ANSWERED, CLOSED, WITHDRAWN = (f"{FINDING}.{fact}" for fact in ("raised", "answered", "closed", "withdrawn"))
ASSURERS = frozenset({RAISED, CLOSED, WITHDRAWN})
"""What assurers alone record; the rest is for the organisation."""

_MOST = 10_000


@dataclass(frozen=True)
class Finding:
    """A finding as it stands. ``metric`` and ``period`` are what it is about, ``event`` the ``seq`` of the event in
    question, ``seed`` that of the sample in which it was found; what was written is confidential."""

    standing: Standing
    metric: str
    period: str
    severity: str
    event: int | None
    seed: str | None
    outcome: str | None

    @property
    def subject(self) -> str:
        """The finding's id."""
        return self.standing.subject


def findings(session: Session) -> list[Finding]:
    """Every finding, the one that moved last first."""
    known = standings(session, FINDING, sort="-moved", limit=_MOST)
    facts = facts_about(session, [each.subject for each in known], {RAISED, CLOSED})
    return [finding(each, facts.get(each.subject, [])) for each in known]


def finding(standing: Standing, facts: list[Fact]) -> Finding:
    """One finding, from its standing and the facts in force about it."""
    said: dict[str, Any] = {}
    for fact in facts:
        if fact.type in (RAISED, CLOSED):
            said |= fact.data
    return Finding(
        standing=standing,
        metric=said.get("metric", ""),
        period=said.get("period", ""),
        severity=said.get("severity", ""),
        event=said.get("event"),
        seed=said.get("seed"),
        outcome=said.get("outcome"),
    )


def may_record(person: Person, event_type: str) -> bool:
    """Whether a person records such an event of a finding: an assurer his part, whoever moves subjects the other."""
    return person.may("findings.raise" if event_type in ASSURERS else "subjects.act")


def _is_theirs(event_type: str) -> Rule:
    def may(context: Context, session: Session, person: Person, standing: Standing | None) -> bool:
        if may_record(person, event_type):
            return True
        whose = "assurers" if event_type in ASSURERS else "the organisation"
        raise Forbidden(f"{event_type} is for {whose} to record. Leave it to them.")

    return Rule(may=may)


def _check_figure(context: Context, session: Session, person: Person, act: Act) -> Act:
    """A finding is about a figure that there is, and an event that is on record."""
    catalogue, data = context.catalogue, act.data
    mistakes = []
    if data.get("metric") is not None and data["metric"] not in catalogue.metrics:
        mistakes.append(Mistake("/data/metric", "is none of the catalogue's metrics"))
    if data.get("period") is not None and period_of(catalogue, data["period"]) is None:
        mistakes.append(Mistake("/data/period", "is no year, quarter, month or day such as 2020, 2020-Q1 or 2020-03"))
    if data.get("event") is not None and data["event"] >= read_head(session).size:
        mistakes.append(Mistake("/data/event", "is the number of no event on record"))
    if mistakes:
        raise Invalid("The finding is about something that there is not; nothing was stored.", mistakes)
    return act


def period_of(catalogue: Catalogue, text: str) -> Period | None:
    """The period that a finding names, if there is such a one."""
    try:
        return catalogue.calendar.parse(text)
    except UnknownPeriod:
        return None


def _with_severity(context: Context, session: Session, person: Person, act: Act) -> Act:
    """What ends a finding repeats its severity, so that open ones are counted by it."""
    facts = facts_about(session, [act.subject or ""], {RAISED}).get(act.subject or "", [])
    if not facts:
        raise Conflict(f"{act.subject} is not on record as raised, so there is nothing to end.")
    return replace(act, data={**act.data, "severity": facts[-1].data["severity"]})


RULES: Mapping[str, Rule] = {
    RAISED: replace(_is_theirs(RAISED), check=_check_figure),
    ANSWERED: _is_theirs(ANSWERED),
    CLOSED: replace(_is_theirs(CLOSED), check=_with_severity, fills=frozenset({"severity"})),
    WITHDRAWN: replace(_is_theirs(WITHDRAWN), check=_with_severity, fills=frozenset({"severity"})),
}
"""The rules of acts on findings."""

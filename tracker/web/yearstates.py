"""Where a year stands on its way to everybody: not drafted, drafted, signed, frozen, published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.access import proposals
from tracker.access.proposals import OPEN, REFUSED, Proposal
from tracker.errors import UnknownPeriod
from tracker.ledger.heads import read_head
from tracker.snapshots import drafts
from tracker.snapshots.drafts import Draft
from tracker.snapshots.models import drafts as draft_table
from tracker.snapshots.reading import Snapshot, find, frozen_years
from tracker.web import periods
from tracker.web.languages import _, lazy
from tracker.web.rendering import calendar_day, service
from tracker.workflows.freezing import KIND

STATES: dict[str, tuple[Any, str]] = {
    "running": (lazy("Still running"), "quiet"),
    "open": (lazy("Not drafted"), "quiet"),
    "drafted": (lazy("Drafted"), "warn"),
    "signed": (lazy("Signed, waits for approval"), "accent"),
    "frozen": (lazy("Frozen, not published"), "accent"),
    "published": (lazy("Made public"), "good"),
}
"""Words and tone of each state."""


class Step(NamedTuple):
    """One step on the way: whether it is done, when and by whom; ``next`` is the one to be done now."""

    words: str
    done: bool
    next: bool
    at: str | None
    by: str | None


class YearState(NamedTuple):
    """A year: its newest frozen revision, the draft of the one after it, and who signed that if anybody did.

    ``refused`` is the last proposal to freeze this draft that an approver refused; ``since`` counts the events
    recorded since the draft.
    """

    year: int
    last_day: date
    over: bool
    frozen: Snapshot | None
    draft: Draft | None
    proposal: Proposal | None
    refused: Proposal | None
    since: int

    @property
    def revision(self) -> int:
        """The revision that is being prepared, or stands last."""
        return self.draft.revision if self.draft else self.frozen.revision if self.frozen else 1

    @property
    def key(self) -> str:
        """Which of :data:`STATES` it is in."""
        if self.draft is not None:
            return "signed" if self.proposal else "drafted"
        if self.frozen is not None:
            return "published" if self.frozen.published_at else "frozen"
        return "open" if self.over else "running"

    @property
    def words(self) -> str:
        """The state in words."""
        return str(STATES[self.key][0])

    @property
    def tone(self) -> str:
        """The colour of its mark."""
        return STATES[self.key][1]

    def steps(self) -> list[Step]:
        """The four steps of the revision, in order."""
        found = list(self._steps())
        waiting = next((at for at, (_words, when, _by) in enumerate(found) if when is None), len(found))
        return [Step(words, when is not None, at == waiting, when, by) for at, (words, when, by) in enumerate(found)]

    def _steps(self) -> Iterator[tuple[str, str | None, str | None]]:
        draft, proposal = self.draft, self.proposal
        done = self.frozen if draft is None else None
        signed, approved = _approval(done, "signed"), _approval(done, "approved")
        if draft is not None:
            yield _("Drafted"), draft.drafted_at, draft.drafted_by
        else:
            yield _("Drafted"), signed[0] or (done.frozen_at if done else None), None
        if proposal is not None:
            yield _("Signed"), proposal.proposed_at, f"person:{proposal.proposed_by}"
        else:
            yield _("Signed"), *signed
        yield _("Approved and frozen"), *approved
        yield _("Made public"), done.published_at if done else None, None


def state_of(session: Session, year: int) -> YearState:
    """Where a year stands.

    :raise UnknownPeriod: the organisation has no such year.
    """
    period = service().catalogue.calendar.year(year)
    frozen, draft = find(session, year), drafts.newest(session, year)
    if draft is not None and frozen is not None and draft.revision <= frozen.revision:
        draft = None
    about = _about(session, year, draft) if draft else []
    return YearState(
        year=year,
        last_day=period.last_day,
        over=period.last_day < calendar_day(service().ledger.clock()),
        frozen=frozen,
        draft=draft,
        proposal=next((each for each in about if each.state == OPEN), None),
        refused=next((each for each in about if each.state == REFUSED), None),
        since=read_head(session).size - draft.log_size if draft else 0,
    )


def states(session: Session) -> list[YearState]:
    """Every year that is over, drafted or frozen, the newest first."""
    drafted = session.scalars(select(draft_table.c.year).distinct())
    known = {*frozen_years(session), *drafted, *periods.years()}
    found = []
    for year in sorted(known, reverse=True):
        try:
            state = state_of(session, year)
        except UnknownPeriod:  # the calendar was changed since: there is nothing to prepare
            continue
        if state.key != "running":
            found.append(state)
    return found


def _about(session: Session, year: int, draft: Draft) -> list[Proposal]:
    """The proposals to freeze a draft: those that wait, then those settled, newest first."""
    found = [*proposals.pending(session, [KIND]), *proposals.settled(session)]
    return [each for each in found if each.kind == KIND and each.content["draft"] == draft.id]


def _approval(snapshot: Snapshot | None, act: str) -> tuple[str | None, str | None]:
    """When somebody did this to a frozen revision, and who; years frozen before there were signatures name one."""
    if snapshot is None:
        return None, None
    found = next((each for each in snapshot.approvals if each["act"] == act), None)
    return (found["at"], found["by"]) if found else (snapshot.frozen_at, snapshot.frozen_by)

"""What waits for one person: their tasks, what is due soon or overdue, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from tracker.cases import deadlines
from tracker.cases.deadlines import Deadline
from tracker.cases.queries import Standing, misfitting, standings
from tracker.intake import quarantine
from tracker.snapshots.candidates import late_count
from tracker.snapshots.reading import frozen_years, get
from tracker.tallies.review import unmatched_leaves
from tracker.web import proposing
from tracker.web.addresses import subject_address
from tracker.web.languages import _, ngettext
from tracker.web.naming import names_of
from tracker.web.navigation import opens
from tracker.web.rendering import label, service
from tracker.workflows import acting, approvals
from tracker.workflows.sight import CASE, Sight

AHEAD = timedelta(days=14)
"""How far ahead deadlines are told."""

MOST = 8
"""Lines of each list; the rest is a number."""

MOST_DUES = 200
"""Deadlines that are looked at; when there are as many, there may be more."""

VIOLATION = "content.violation"
APPEALED = "appealed"


class Task(NamedTuple):
    """Something that waits for this person: what it is, which, since when (as the ledger spells times), and where."""

    what: str
    name: str
    since: str
    address: str | None


class Due(NamedTuple):
    """A deadline as it is shown: what is to be done, of which subject, and where."""

    deadline: Deadline
    what: str
    kind: str
    address: str | None


class Review(NamedTuple):
    """Something to look at: how many, in words, and where."""

    words: str
    address: str | None


def tasks(session: Session, view: Sight) -> list[Task]:
    """What waits for this person, the oldest first."""
    found = [*_proposals(session, view), *_granted(session, view), *_appeals(session, view)]
    return sorted(found, key=lambda task: task.since)


def dues(session: Session, view: Sight) -> list[Due]:
    """What is overdue or due within :data:`AHEAD` of what this person may see, the most urgent first."""
    now, catalogue = service().ledger.clock(), service().catalogue
    kinds = [kind for kind in catalogue.lifecycles_by_kind if view.kind(kind)]
    found = deadlines.waiting(session, now, kinds=kinds, before=now + AHEAD, limit=MOST_DUES, hidden=view.hidden)
    return [
        Due(
            each,
            label(deadlines.label(catalogue, each)),
            kind_words(each.kind),
            _address(each.kind, each.subject),
        )
        for each in found
        if view.subject(each.kind, each.subject)
    ]


def reviews(session: Session, view: Sight) -> list[Review]:
    """What somebody should look at, of what this person may see."""
    return [*_misfits(session, view), *_unmatched(session, view), *_late(session, view), *_quarantined(session, view)]


def kind_words(kind: str) -> str:
    """What people call a kind of subject: the domain and its subject."""
    domain = service().catalogue.domains[service().catalogue.lifecycles_by_kind[kind].domain]
    return label(domain.label)


def _address(kind: str, subject: str) -> str | None:
    return subject_address(kind, subject) if opens("web.subjects_show") or kind == CASE else None


def _proposals(session: Session, view: Sight) -> Iterator[Task]:
    names = names_of(session)
    for each in approvals.listed(view, session):
        if approvals.decidable(view, each):
            address = url_for("web.approvals_show", id=each.id) if opens("web.approvals_show") else None
            yield Task(_("Decide a proposal"), proposing.title(each, names), each.proposed_at, address)


def _granted(session: Session, view: Sight) -> Iterator[Task]:
    lifecycle = service().catalogue.lifecycles_by_kind.get(CASE)
    if lifecycle is None or not view.granted:
        return
    for each in standings(session, CASE, subjects=view.granted, hidden=view.hidden, limit=len(view.granted)):
        if each.state not in lifecycle.terminal and view.contents(CASE, each.subject):
            yield _task(_("Work a case"), each)


def _appeals(session: Session, view: Sight) -> Iterator[Task]:
    lifecycle = service().catalogue.lifecycles_by_kind.get(VIOLATION)
    if lifecycle is None or APPEALED not in lifecycle.states:
        return
    for each in standings(session, VIOLATION, state=APPEALED, sort="moved", limit=MOST * 5):
        moves = acting.allowed(service().context, session, view.person, each)
        if any(lifecycle.moves[event.type].target != APPEALED for event in moves if event.type in lifecycle.moves):
            yield _task(_("Decide an appeal"), each)


def _task(what: str, standing: Standing) -> Task:
    return Task(what, standing.subject, standing.moved, _address(standing.kind, standing.subject))


def _misfits(session: Session, view: Sight) -> Iterator[Review]:
    kinds = [kind for kind in service().catalogue.lifecycles_by_kind if view.kind(kind)]
    found = [each for each in misfitting(session, kinds=kinds, limit=1000) if view.subject(each.kind, each.subject)]
    for kind in dict.fromkeys(each.kind for each in found):
        mine = [each for each in found if each.kind == kind]
        words = ngettext(
            "%(num)s event does not fit its subject", "%(num)s events do not fit their subjects", len(mine)
        )
        yield Review(f"{kind_words(kind)}: {words}", _address(kind, mine[0].subject))


def _unmatched(session: Session, view: Sight) -> Iterator[Review]:
    if not view.person.may("events.read"):
        return
    found = unmatched_leaves(session, service().catalogue)
    for metric in dict.fromkeys(each.metric for each in found):
        count = sum(each.metric == metric for each in found)
        words = ngettext("%(num)s left without having come", "%(num)s left without having come", count)
        named = label(service().catalogue.metrics[metric].label)
        yield Review(f"{named}: {words}", url_for("web.figures_show", metric=metric))


def _late(session: Session, view: Sight) -> Iterator[Review]:
    if not view.person.may("figures.read"):
        return
    for year in reversed(frozen_years(session)):
        if count := late_count(session, get(session, year)):
            words = ngettext(
                "%(num)s event came after %(year)s was frozen",
                "%(num)s events came after %(year)s was frozen",
                count,
                year=year,
            )
            yield Review(words, url_for("web.candidates_show", year=year))


def _quarantined(session: Session, view: Sight) -> Iterator[Review]:
    count = sum(quarantine.waiting(session).values()) if view.person.may("sources.manage") else 0
    if count:
        words = ngettext(
            "%(num)s refused delivery is in quarantine", "%(num)s refused deliveries are in quarantine", count
        )
        yield Review(words, url_for("web.quarantine_index") if opens("web.quarantine_index") else None)

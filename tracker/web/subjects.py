"""Any subject of any lifecycle: overview, lists by state, a page each, and acting. A new domain needs no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, flash, redirect, render_template, request
from sqlalchemy.orm import Session

from tracker.cases import deadlines, queries
from tracker.catalogue import Domain, Lifecycle
from tracker.errors import NotFound
from tracker.web import subjectlists, subjectpages
from tracker.web.acting import carry_out, status_of
from tracker.web.addresses import subject_address
from tracker.web.facts import type_words
from tracker.web.gate import current_person
from tracker.web.languages import _
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import acting
from tracker.workflows.acting import Done
from tracker.workflows.reading import read_confidential
from tracker.workflows.sight import CASE, Sight, missing


class Kind(NamedTuple):
    """A kind of subject in the overview: how many are in which state, and how many deadlines are overdue."""

    lifecycle: Lifecycle
    domain: Domain
    counts: Mapping[str, int]
    overdue: int

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def index() -> str:
    """Every kind of subject, with how many are in each state."""
    with service().database.read() as session:
        return render_template("subjects/index.html", kinds=_kinds(session))


def listed(kind: str) -> Response | str:
    """The subjects of a kind: by state, searched, sorted, or those that are overdue alone.

    :raise NotFound: there is no such kind, or it is not for this person.
    """
    lifecycle = acting.lifecycle_of(service().catalogue, kind)
    with service().database.read() as session:
        seen = subjectpages.seen_in(session)
        if not seen.kind(kind):
            raise missing(kind)
        return subjectlists.answer(session, seen, lifecycle)


def show(kind: str, subject: str) -> Any:
    """One subject: where it stands, what is due, what happened, and what this person may do.

    :raise NotFound: there is none, or it is not for this person.
    """
    with service().database.read() as session:
        if not subjectpages.seen_in(session).kind(kind):
            raise missing(subject)
    own = subject_address(kind, subject, generic=False)
    return redirect(own, 303) if own else subjectpages.page(kind, subject)


def act_submit(kind: str, subject: str, event_type: str) -> Any:
    """Do something to a subject.

    :raise NotFound: there is no such subject or event type.
    """
    context, person = service().context, current_person()
    if event_type not in context.catalogue.events:
        raise NotFound(f"There is no event type {event_type[:200]!r}.")
    with service().database.read() as session:
        subjectpages.standing_in(session, kind, subject)
    form = subjectpages.form_of(context.catalogue.events[event_type])(request.form)

    def work(session: Session) -> Done:
        given: dict[str, Any] = {"time": form.instant, "expect": form.expected, "entity": form.entity_given}
        data = form.payload()
        receipt = acting.act(context, session, person, kind, subject, event_type, data, id=form.id_given, **given)
        return Done(receipt, kind, subject)

    if carry_out(form, work) is None:
        return subjectpages.page(kind, subject, refused=form), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(event_type)), "success")
    return redirect(subject_address(kind, subject), 303)


def read_submit(kind: str, subject: str) -> str:
    """The page of a subject with what is confidential in it. That it was read is put on record first.

    :raise NotFound: there is no such subject, or what is confidential in it is not for this person.
    """
    with service().database.read() as session:
        subjectpages.standing_in(session, kind, subject)
        if not subjectpages.seen_in(session).contents(kind, subject):
            raise missing(subject)
        seqs = subjectpages.confidential_in(session, kind, subject)
    at = (service().database, service().context, current_person())
    return subjectpages.page(kind, subject, opened=read_confidential(*at, seqs, purpose="subject page"))


def _kinds(session: Session) -> list[Kind]:
    catalogue, seen = service().catalogue, subjectpages.seen_in(session)
    shown = [each for each in catalogue.lifecycles if seen.kind(each.kind)]
    late = _overdue(session, seen, [each.kind for each in shown])
    found = {each.kind: queries.counts(session, each.kind, hidden=seen.hidden) for each in shown}
    return [Kind(each, catalogue.domains[each.domain], found[each.kind], late.get(each.kind, 0)) for each in shown]


def _overdue(session: Session, seen: Sight, kinds: list[str]) -> Mapping[str, int]:
    """How many deadlines are overdue, by kind; those of cases that the person must not see are not counted."""
    now = service().ledger.clock()
    found = deadlines.overdue(session, now, kinds=kinds)
    if CASE in found and seen.hidden:
        rest = deadlines.waiting(session, now, kinds=[CASE], before=now, hidden=seen.hidden, limit=found[CASE])
        found[CASE] = len(rest)
    return found


PAGES = (
    Page("GET", "/subjects", index, "subjects.read"),
    Page("GET", "/subjects/<kind>", listed, "subjects.read"),
    Page("GET", "/subjects/<kind>/<path:subject>", show, "subjects.read"),
    Page("POST", "/subjects/<kind>/<path:subject>/confidential", read_submit, "subjects.act"),
    Page("POST", "/subjects/<kind>/<path:subject>/<event_type>", act_submit, "subjects.act"),
)

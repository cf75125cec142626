"""Log an event: every type that a person may record, by domain, and a form of each."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.cases import queries
from tracker.catalogue import Domain, EventType, Lifecycle
from tracker.errors import Forbidden, NotFound
from tracker.ledger.models import events
from tracker.web.acting import carry_out, status_of
from tracker.web.addresses import subject_address
from tracker.web.facts import type_words
from tracker.web.forms import EventForm, blank, event_form
from tracker.web.gate import current_person
from tracker.web.languages import _, locale
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import acting, findings
from tracker.workflows.acting import Done
from tracker.workflows.acts import CASE, FINDING, Rule

SUGGESTED = 50
"""Subjects that a form suggests: those that moved last."""


class Offer(NamedTuple):
    """The event types of a domain that a person may log."""

    domain: Domain
    types: list[EventType]


def index() -> str:
    """The event types that this person may log."""
    return render_template("record/index.html", offers=_offers(current_person()))


def show(event_type: str) -> str:
    """The form of an event type.

    :raise NotFound: there is no such type.
    :raise Forbidden: it is not for this person to log.
    """
    declared = _declared(event_type)
    with service().database.read() as session:
        made = _form(session, declared)
    form = blank(made, subject=request.args.get("subject", "")[:200])
    return _page(declared, form)


def show_submit(event_type: str) -> Any:
    """Log an event. Sent twice it is recorded once, and answered the same way.

    :raise NotFound: there is no such type.
    :raise Forbidden: it is not for this person to log.
    """
    declared, context, person = _declared(event_type), service().context, current_person()
    with service().database.read() as session:
        form = _form(session, declared)(request.form)

    def work(session: Session) -> Done:
        given: dict[str, Any] = {"time": form.instant, "subject": form.subject_given, "entity": form.entity_given}
        return acting.log(context, session, person, event_type, form.payload(), id=form.id_given, **given)

    done = carry_out(form, work)
    if done is None:
        return _page(declared, form), status_of(form)
    flash(_receipt(done, event_type), "success")
    return redirect(_after(done, event_type), 303)


def _receipt(done: Done, event_type: str) -> str:
    words = _("“%(event)s” is on record as number %(seq)s, leaf %(leaf)s.")
    if done.receipt.status == "duplicate":
        words = _("“%(event)s” was on record already, as number %(seq)s, leaf %(leaf)s.")
    return words % {"event": type_words(event_type), "seq": done.receipt.seq, "leaf": done.receipt.leaf[:12]}


def _after(done: Done, event_type: str) -> str:
    """Where to go on: to the subject, else the event, else the next one to log."""
    if done.kind is not None and done.subject is not None:
        return subject_address(done.kind, done.subject)
    if current_person().may("events.read"):
        return url_for("web.events_show", seq=done.receipt.seq)
    return url_for("web.record_show", event_type=event_type)


def _page(declared: EventType, form: EventForm) -> str:
    domain = service().catalogue.domains[declared.domain]
    return render_template("record/show.html", declared=declared, domain=domain, form=form)


def _form(session: Session, declared: EventType) -> type[EventForm]:
    """The form of a type: it asks for a subject unless the event opens an integrity case, which gets its own name."""
    lifecycle = acting.lifecycle_of_event(service().catalogue, declared.type)
    rule = service().context.rules.get(declared.type, Rule())
    return event_form(
        service().catalogue,
        declared,
        locale(),
        subject=None if lifecycle is not None and lifecycle.kind == CASE else _("Subject"),
        subject_required=lifecycle is not None and declared.type not in lifecycle.start,
        known=_known(session, declared, lifecycle),
        without=rule.fills,
    )


def _known(session: Session, declared: EventType, lifecycle: Lifecycle | None) -> list[str]:
    """Subjects that such an event may well be about: of its kind, those that it may move; else those it was about."""
    if lifecycle is None:
        c = events.c
        query = select(c.subject).where(c.type == declared.type, c.subject.is_not(None)).order_by(c.seq.desc())
        return list(dict.fromkeys(each for each in session.scalars(query.limit(SUGGESTED)) if each))
    move = lifecycle.moves.get(declared.type)
    if declared.type in lifecycle.start and move is None:
        return []  # a new subject: any name that there is already would be wrong
    found = queries.standings(session, lifecycle.kind, state=move.sources if move else None, limit=SUGGESTED)
    return [each.subject for each in found]


def _offers(person: Person) -> list[Offer]:
    found: dict[str, list[EventType]] = {}
    for declared in service().catalogue.events.values():
        if _may(person, declared):
            found.setdefault(declared.domain, []).append(declared)
    return [Offer(domain, found[id]) for id, domain in service().catalogue.domains.items() if id in found]


def _declared(event_type: str) -> EventType:
    declared = service().catalogue.events.get(event_type)
    if declared is None or event_type.startswith("tracker."):
        raise NotFound(f"There is no event type {event_type[:200]!r} to be logged.")
    if not _may(current_person(), declared):
        raise Forbidden("Your roles do not let you log this event. Ask an administrator for one that does.")
    return declared


def _may(person: Person, declared: EventType) -> bool:
    if declared.type.startswith("tracker."):
        return False
    lifecycle = acting.lifecycle_of_event(service().catalogue, declared.type)
    if lifecycle is not None and lifecycle.kind == FINDING:
        return findings.may_record(person, declared.type)
    return person.may("events.record") if lifecycle is None else acting.may_act(person, lifecycle.kind)


PAGES = (
    Page("GET", "/record", index, "events.record"),
    Page("GET", "/record/<event_type>", show, "events.record"),
    Page("POST", "/record/<event_type>", show_submit, "events.record"),
)

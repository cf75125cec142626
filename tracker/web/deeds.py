"""The forms of what may be done to one subject, and doing it: shared by the pages that a domain has of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from tracker.cases.queries import Standing, standing
from tracker.catalogue import EventType
from tracker.errors import NotFound
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head
from tracker.ledger.subjects import facts_of_subject
from tracker.web.acting import carry_out
from tracker.web.forms import EventForm, blank, event_form
from tracker.web.gate import current_person
from tracker.web.languages import locale
from tracker.web.rendering import service
from tracker.workflows import acting
from tracker.workflows.acting import Done
from tracker.workflows.sight import missing


def check_kind(kind: str) -> None:
    """:raise NotFound: this organisation does not follow that kind of subject."""
    acting.lifecycle_of(service().catalogue, kind)


def followed(session: Session, kind: str, subject: str) -> tuple[Standing, list[Fact]]:
    """Where a subject stands, and the facts in force about it.

    :raise NotFound: there is no such kind or subject.
    """
    check_kind(kind)
    found = standing(session, kind, subject)
    if found is None:
        raise missing(subject)
    return found, facts_of_subject(session, subject, size=read_head(session).size)


def forms(
    session: Session, found: Standing, kept: Mapping[str, Mapping[str, Any]], refused: EventForm | None = None
) -> list[EventForm]:
    """A form for each thing that this person may do to a subject; ``kept`` is, by event type, what to begin with.
    ``refused`` stands in the place of its own."""
    made = []
    for event_type in acting.allowed(service().context, session, current_person(), found):
        if refused is not None and refused.declared.type == event_type.type:
            made.append(refused)
        else:
            begun = kept.get(event_type.type, {})
            made.append(blank(_form(event_type), expect=found.last_seq, kept=begun))
    return made


def opening(event_type: str, *, subject: str, given: Any = None) -> EventForm:
    """The form of an event that opens a subject, empty or as ``given``; ``subject`` is what its name is called."""
    form = event_form(service().catalogue, _event_type(event_type), locale(), subject=subject)
    return form(given) if given is not None else blank(form)


def sent(event_type: str) -> EventForm:
    """The form of an event as it was sent.

    :raise NotFound: there is no such event type.
    """
    return _form(_event_type(event_type))(request.form)


def act(form: EventForm, kind: str, subject: str) -> Done | None:
    """Do what a form says to a subject; ``None`` where that is refused, and the form says why."""

    def work(session: Session) -> Done:
        given: dict[str, Any] = {
            "id": form.id_given,
            "time": form.instant,
            "expect": form.expected,
            "entity": form.entity_given,
        }
        context, type = service().context, form.declared.type
        receipt = acting.act(context, session, current_person(), kind, subject, type, form.payload(), **given)
        return Done(receipt, kind, subject)

    return carry_out(form, work)


def start(form: EventForm, kind: str) -> Done | None:
    """Open a subject as a form says, under the name given there or a new one; ``None`` where that is refused."""

    def work(session: Session) -> Done:
        subject, given = str(form["subject"].data or "").strip() or None, form.payload()
        context, type = service().context, form.declared.type
        others: dict[str, Any] = {"id": form.id_given, "time": form.instant, "entity": form.entity_given}
        return acting.start(context, session, current_person(), kind, subject, type, given, **others)

    return carry_out(form, work)


def _event_type(type: str) -> EventType:
    found = service().catalogue.events.get(type)
    if found is None:
        raise NotFound(f"There is no event type {type[:200]!r}.")
    return found


def _form(event_type: EventType) -> type[EventForm]:
    return event_form(service().catalogue, event_type, locale())

"""Carrying out what a form says: the act and its files in one transaction, and a kind answer where it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy.orm import Session

from tracker import evidence
from tracker.errors import (
    Conflict,
    ContentConflict,
    Forbidden,
    IllegalMove,
    Invalid,
    Refused,
    StaleReplacement,
    UnexpectedChange,
)
from tracker.evidence import Clean
from tracker.ledger.events import Actor, Receipt
from tracker.web import uploads
from tracker.web.forms import EventForm, show_mistakes
from tracker.web.gate import current_person
from tracker.web.languages import _
from tracker.web.rendering import label, service
from tracker.workflows.acting import Done

Work: TypeAlias = Callable[[Session], Done]


def carry_out(form: EventForm, work: Work) -> Done | None:
    """Do what a form says, with the files that came with it. ``None`` where it is refused: then the form says why, and
    nothing is stored. Sent again, it is done once."""
    files = _files(form)
    if not form.validate() or files is None:
        return None
    try:
        with service().database.write() as session:
            done = work(session)
            _attach(session, form, done.receipt, files)
        return done
    except Invalid as error:
        show_mistakes(form, error)
    except (Conflict, Forbidden) as error:
        form.others.append(kindly(error))
        form.conflict = error
    return None


def status_of(form: EventForm) -> int:
    """How a refused form is answered."""
    return form.conflict.status if form.conflict else 422


def kindly(error: Refused) -> str:
    """A refusal in the language of the page."""
    if isinstance(error, IllegalMove):
        return _illegal(error)
    if isinstance(error, UnexpectedChange):
        return _("Somebody else has acted on this meanwhile. Nothing of yours was stored: look again, then decide.")
    if isinstance(error, StaleReplacement):
        return _("Somebody else has corrected or voided this meanwhile. Nothing of yours was stored: look again.")
    if isinstance(error, ContentConflict):
        return _("This form was sent before with other content, which stands. Open the form anew for another event.")
    return error.detail


def _illegal(error: IllegalMove) -> str:
    catalogue = service().catalogue
    lifecycle = catalogue.lifecycles_by_kind[error.kind]
    event = label(catalogue.events[error.event].label)
    if error.state is None:
        return _("“%(event)s” does not fit: nothing has opened this subject yet.", event=event)
    state = label(lifecycle.states[error.state])
    possible = [label(catalogue.events[each].label) for each in error.allowed]
    if not possible:
        return _(
            "“%(event)s” does not fit: this is “%(state)s”, where nothing more can happen.", event=event, state=state
        )
    return _(
        "“%(event)s” does not fit: this is “%(state)s”. What fits: %(possible)s.",
        event=event,
        state=state,
        possible=_(", ").join(possible),
    )


def _files(form: EventForm) -> list[Clean] | None:
    try:
        return uploads.clean_files(uploads.files())
    except ValueError as error:
        form.others.append(str(error))
        return None


def _attach(session: Session, form: EventForm, receipt: Receipt, files: list[Clean]) -> None:
    actor = Actor("person", current_person().id)
    for number, file in enumerate(files):
        evidence.attach(service().intake, session, actor, receipt.seq, file, id=f"{form.id_given}-file-{number}")

"""What is on record: the list of events, and a page of each with its versions, its receipt, and its correction."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from tracker.catalogue import EventType
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.ledger.events import AMENDMENTS, VOIDED
from tracker.ledger.queries import Entry, versions
from tracker.web import amending, eventlists
from tracker.web.acting import carry_out, kindly, status_of
from tracker.web.addresses import subject_address
from tracker.web.facts import said, type_words
from tracker.web.forms import new_id
from tracker.web.gate import current_person
from tracker.web.languages import _
from tracker.web.naming import actor_words, names_of
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.web.subjectpages import seen_in

_HIGHEST = 2**63 - 1


def index() -> Response | str:
    """Events, newest first: by type, source, subject and day."""
    with service().database.read() as session:
        return eventlists.answer(session, seen_in(session))


def show(seq: int) -> str:
    """An event with all its versions; an amendment is shown with its original.

    :raise NotFound: there is none, or it is not for this person.
    """
    with service().database.read() as session:
        known, names = _known(session, seq), names_of(session)
        amendable = _amendable(session, known)
    first, last = known[0], known[-1]
    lifecycles = service().catalogue.lifecycles_by_event.get(first.type, ())
    stating = next(each for each in reversed(known) if each.type != VOIDED)
    address = subject_address(lifecycles[0].kind, stating.subject) if lifecycles and stating.subject else ""
    return render_template(
        "events/show.html",
        first=first,
        last=last,
        stating=stating,
        versions=[(each, said(first.type, _stated(each)), actor_words(each.actor, names)) for each in known],
        words=type_words(first.type),
        domain=service().catalogue.domains.get(first.type.partition(".")[0]),
        said=said(first.type, amending.stated(stating)),
        address=address,
        amendable=amendable,
        correctable=_correctable(first.type),
        id=new_id(),
    )


def correct(seq: int) -> Any:
    """The form to correct an event, filled with what is in force.

    :raise NotFound: there is none, or it is not for this person.
    :raise Conflict: it was voided, or is of a kind that is not corrected by a form.
    """
    known, declared = _to_correct(seq)
    return _form_page(known, amending.filled(amending.form_of(declared), known[-1]))


def correct_submit(seq: int) -> Any:
    """Correct an event.

    :raise NotFound: there is none, or it is not for this person.
    :raise Conflict: it was voided, or is of a kind that is not corrected by a form.
    """
    known, declared = _to_correct(seq, again=True)
    person = current_person()
    kept = amending.open_data(next((each for each in known if str(each.seq) == request.form.get("expect")), known[0]))
    form = amending.form_of(declared)(request.form, kept=kept)
    done = carry_out(form, lambda session: amending.correct(session, person, known, form))
    if done is None:
        return _form_page(known, form), status_of(form)
    flash(_("The correction is on record as number %(seq)s.", seq=done.receipt.seq), "success")
    return redirect(url_for("web.events_show", seq=known[0].seq), 303)


def void_submit(seq: int) -> Any:
    """Void an event, for good.

    :raise NotFound: there is none, or it is not for this person.
    """
    with service().database.read() as session:
        known = _known(session, seq)
        _check_amends(session, known)
    reason, expect, person = request.form.get("reason", "").strip(), request.form.get("expect", ""), current_person()
    given = {"reason": reason.replace("\r\n", "\n"), "id": request.form.get("id") or new_id()}
    there = redirect(url_for("web.events_show", seq=known[0].seq), 303)
    if not 1 <= len(reason) <= amending.MOST_REASON:
        flash(_("Nothing was voided: say why, in at most %(most)s characters.", most=amending.MOST_REASON), "error")
        return there
    try:
        with service().database.write() as session:
            amending.void(session, person, known, expect=int(expect) if expect.isdecimal() else None, **given)
    except Conflict as error:
        flash(kindly(error), "error")
        return there
    flash(_("The event is voided, and counts no more."), "success")
    return there


def _known(session: Session, seq: int) -> list[Entry]:
    found = versions(session, seq) if seq <= _HIGHEST else []
    if not found or not all(map(seen_in(session).entry, found)):
        raise NotFound(f"There is no event {seq} here.")
    return found


def _to_correct(seq: int, *, again: bool = False) -> tuple[list[Entry], EventType]:
    """The versions of an event and its type. One that was voided meanwhile is refused only where a form would open."""
    with service().database.read() as session:
        known = _known(session, seq)
        _check_amends(session, known)
    if not _correctable(known[0].type):
        raise Conflict("Events of this kind are not corrected by a form. Void it, and record what is right.")
    if known[-1].type == VOIDED and not again:
        raise Conflict(f"Event {known[0].seq} was voided, and a void is final. Record a new event.")
    return known, service().catalogue.events[known[0].type]


def _check_amends(session: Session, known: list[Entry]) -> None:
    if not seen_in(session).amends(known[0].type, known[0].subject):
        raise Forbidden("Events of a case are corrected and voided by officers with access to it alone.")


def _amendable(session: Session, known: list[Entry]) -> bool:
    may = seen_in(session).amends(known[0].type, known[0].subject)
    return may and known[-1].type != VOIDED and known[0].type not in AMENDMENTS


def _correctable(type: str) -> bool:
    return type in service().catalogue.events and not type.startswith("tracker.")


def _stated(version: Entry) -> Any:
    return {} if version.type == VOIDED else amending.stated(version)


def _form_page(known: list[Entry], form: amending.Correction) -> str:
    return render_template("events/correct.html", first=known[0], words=type_words(known[0].type), form=form)


PAGES = (
    Page("GET", "/events", index, "events.read"),
    Page("GET", "/events/<int:seq>", show, "events.read"),
    Page("GET", "/events/<int:seq>/correct", correct, "events.amend"),
    Page("POST", "/events/<int:seq>/correct", correct_submit, "events.amend"),
    Page("POST", "/events/<int:seq>/void", void_submit, "events.amend"),
)

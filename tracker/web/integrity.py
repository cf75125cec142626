"""Integrity cases: the list, each case, what may be done to it, and who may open it.

What was told is sealed. An officer with access opens it with a button that says so: the reading is on record first.
Whoever is named in a case gets the answer of one that does not exist, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from tracker import evidence
from tracker.cases import queries
from tracker.catalogue import EventType
from tracker.errors import Forbidden, IllegalMove, Invalid, NotFound, UnexpectedChange
from tracker.evidence import Clean
from tracker.ledger.events import Actor, Receipt
from tracker.web import caselist, uploads
from tracker.web.casework import all_seqs, casefile, form_for, seqs_in_force
from tracker.web.forms import EventForm, blank, event_form, show_mistakes
from tracker.web.gate import current_person
from tracker.web.languages import _, locale
from tracker.web.naming import names_of
from tracker.web.pages import Page
from tracker.web.rendering import label, service
from tracker.workflows import acting, grants
from tracker.workflows.integrity import REPORTED
from tracker.workflows.reading import open_file, read_confidential
from tracker.workflows.sight import CASE, Sight, missing, sight

_PURPOSE = "case page"


def index() -> Response | str:
    """The cases that this person may know of."""
    with _seeing() as (session, seen):
        names = names_of(session)
        counts = queries.counts(session, CASE, hidden=seen.hidden)
        states = service().catalogue.lifecycles_by_kind[CASE].states
        return caselist.listing().answer(
            "integrity/index.html",
            lambda query: caselist.fetch(session, seen, names, query),
            counts=[(state, caselist.state_words(state), counts.get(state, 0)) for state in states],
        )


def show(subject: str) -> str:
    """One case, with what was told sealed."""
    return _page(subject)


def read_submit(subject: str) -> str:
    """The case with what was told, once that this person reads it is on record.

    :raise Forbidden: they have no access to this case.
    """
    here = service()
    with _seeing() as (session, seen):
        _check_contents(session, seen, subject)
        seqs = seqs_in_force(session, subject)
    secrets = read_confidential(here.database, here.context, current_person(), seqs, purpose=_PURPOSE)
    return _page(subject, secrets=secrets)


def act_submit(subject: str, fact: str) -> Any:
    """Act on a case: a form of its page."""
    event_type = _event_type(fact)
    with _seeing() as (session, seen):
        seen.check(CASE, subject)
        officers = {id: id for id in grants.holders(session, subject)}
    form = form_for(event_type, officers)(request.form)
    files = _files(form)
    if not form.validate() or form.others:
        return _page(subject, filled=form), 422
    try:
        receipt = _act(subject, event_type, form, files)
    except Invalid as error:
        show_mistakes(form, error)
        return _page(subject, filled=form), 422
    except (UnexpectedChange, IllegalMove) as error:
        return _overtaken(subject, form, error), 409
    if receipt.status == "recorded":
        flash(_("Recorded: %(what)s.", what=label(event_type.label)), "success")
    return _onwards(subject)


def new() -> str:
    """The form for a report that reached an officer by another way."""
    return _new(blank(_report_form()))


def new_submit() -> Any:
    """Record such a report."""
    form = _report_form()(request.form)
    if not form.validate():
        return _new(form), 422
    try:
        done = _start(form)
    except Invalid as error:
        show_mistakes(form, error)
        return _new(form), 422
    flash(_("The report is recorded. Ask for access to work on it; an approver decides."), "success")
    return redirect(_address(done.subject or ""), 303)


def access_submit(subject: str) -> Answer:
    """Propose that an officer may open a case."""
    here, officer = service(), request.form.get("officer", "")
    with here.database.write() as session:
        grants.propose_access(session, here.keys, subject, officer, by=current_person(), at=here.ledger.clock())
    flash(_("Proposed. An approver decides."), "success")
    return redirect(_address(subject), 303)


def revoke_submit(subject: str) -> Answer:
    """End an officer's access."""
    here, officer = service(), request.form.get("officer", "")
    with here.database.write() as session:
        grants.revoke(session, here.keys, subject, officer, by=current_person(), at=here.ledger.clock())
    flash(_("Access has ended."), "success")
    return redirect(_address(subject), 303)


def file_submit(subject: str, seq: int) -> Response:
    """A file of a case, once that this person opens it is on record.

    :raise NotFound: it is no file of this case.
    """
    here = service()
    with _seeing() as (session, seen):
        _check_contents(session, seen, subject)
        own = {each.seq for each in evidence.of(session, all_seqs(session, subject))}
    if seq not in own:
        raise NotFound(f"No file of this case is kept for seq {seq}.")
    clean = open_file(here.database, here.context, current_person(), seq, purpose=_PURPOSE)
    answer = Response(clean.content, content_type="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=clean.name)
    return answer


def _page(subject: str, *, told: Sequence[str] = (), **more: Any) -> str:
    with _seeing() as (session, seen):
        found = casefile(session, seen, subject, **more)
    return render_template(
        "integrity/show.html",
        case=found,
        told=told,
        state=caselist.state_words(found.standing.state),
        tone=caselist.TONES.get(found.standing.state, "accent"),
        words=caselist.told,
        most_files=uploads.MOST_FILES,
    )


def _overtaken(subject: str, form: EventForm, error: UnexpectedChange | IllegalMove) -> str:
    """The page as it is now, with what happened meanwhile, and the form as it was filled in."""
    seen_at = form.expected
    with _seeing() as (session, seen):
        found = casefile(session, seen, subject)
    since = [each for each in found.steps if seen_at is not None and each.moment.versions[-1].seq > seen_at]
    told = [_("%(what)s, by %(who)s", what=each.label, who=each.who) for each in since]
    if isinstance(error, IllegalMove) and not told:
        told = [_("The case is %(state)s: this cannot be done now.", state=caselist.state_words(found.standing.state))]
    form["expect"].data = str(found.standing.last_seq)
    return _page(subject, told=told, filled=form)


def _act(subject: str, event_type: EventType, form: EventForm, files: Sequence[Clean]) -> Receipt:
    here, person = service(), current_person()
    id = form.id_given
    with here.database.write() as session:
        receipt = acting.act(
            here.context,
            session,
            person,
            CASE,
            subject,
            event_type.type,
            form.payload(),
            id=id,
            time=form.instant,
            expect=form.expected,
        )
        for number, file in enumerate(files, start=1):
            actor = Actor("person", person.id)
            evidence.attach(here.intake, session, actor, receipt.seq, file, id=f"{id}-file-{number}")
    return receipt


def _start(form: EventForm) -> acting.Done:
    here = service()
    with here.database.write() as session:
        return acting.start(
            here.context,
            session,
            current_person(),
            CASE,
            None,
            REPORTED,
            form.payload(),
            id=form.id_given,
            time=form.instant,
        )


def _files(form: EventForm) -> list[Clean]:
    try:
        return uploads.clean_files(uploads.files())
    except ValueError as error:
        form.others.append(str(error))
        return []


def _onwards(subject: str) -> Answer:
    """Back to the case, or to the list for who has just named themselves."""
    with _seeing() as (_session, seen):
        visible = seen.subject(CASE, subject)
    return redirect(_address(subject) if visible else url_for("web.integrity_index"), 303)


def _new(form: EventForm) -> str:
    return render_template("integrity/new.html", form=form)


def _report_form() -> type[EventForm]:
    return event_form(service().catalogue, service().catalogue.events[REPORTED], locale(), entity=False)


def _event_type(fact: str) -> EventType:
    found = service().catalogue.events.get(f"{CASE}.{fact}")
    if found is None:
        raise NotFound(f"A case knows no {fact[:60]!r}.")
    return found


def _check_contents(session: Session, seen: Sight, subject: str) -> None:
    seen.check(CASE, subject)
    if queries.standing(session, CASE, subject) is None:
        raise missing(subject)
    if not seen.contents(CASE, subject):
        raise Forbidden("Only officers with access to this case open what was told. Ask for access on its page.")


@contextmanager
def _seeing() -> Iterator[tuple[Session, Sight]]:
    here = service()
    with here.database.read() as session:
        yield session, sight(session, here.keys, current_person(), here.ledger.clock())


def _address(subject: str) -> str:
    return url_for("web.integrity_show", subject=subject)


PAGES = (
    Page("GET", "/integrity", index, "cases.read", CASE),
    Page("GET", "/integrity/new", new, "cases.work", CASE),
    Page("POST", "/integrity/new", new_submit, "cases.work", CASE),
    Page("GET", "/integrity/<subject>", show, "cases.read", CASE),
    Page("POST", "/integrity/<subject>/read", read_submit, "cases.work", CASE),
    Page("POST", "/integrity/<subject>/acts/<fact>", act_submit, "cases.work", CASE),
    Page("POST", "/integrity/<subject>/access", access_submit, "cases.work", CASE),
    Page("POST", "/integrity/<subject>/access/end", revoke_submit, "cases.read", CASE),
    Page("POST", "/integrity/<subject>/files/<int:seq>", file_submit, "cases.work", CASE),
)

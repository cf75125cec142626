"""Registering and evaluating suppliers: the forms of their events, with people and rounds to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from wtforms import SelectField

from tracker.access import people
from tracker.cases import queries
from tracker.cases.queries import Standing
from tracker.catalogue import Label
from tracker.errors import NotFound
from tracker.web.acting import carry_out, status_of
from tracker.web.controls import Required, control_id, none_chosen, options
from tracker.web.facts import type_words
from tracker.web.forms import PREFIX, EventForm, blank, event_form
from tracker.web.gate import current_person
from tracker.web.languages import _, locale
from tracker.web.pages import Page
from tracker.web.rendering import calendar_day, label, service
from tracker.workflows import acting, suppliers
from tracker.workflows.acting import Done
from tracker.workflows.profiles import EVALUATED, KIND, REGISTERED
from tracker.workflows.sight import missing

RECOMMENDED_BY, ROUND = "recommended_by", "round"


def register() -> str:
    """A form for a new supplier."""
    with service().database.read() as session:
        made = _registration(session)
    return _page(blank(made))


def register_submit() -> Any:
    """Register a supplier; sent twice it is registered once."""
    context, person = service().context, current_person()
    with service().database.read() as session:
        form = _registration(session)(request.form)

    def work(session: Session) -> Done:
        given: dict[str, Any] = {"id": form.id_given, "time": form.instant, "entity": form.entity_given}
        subject = form.subject_given
        return acting.start(context, session, person, KIND, subject, REGISTERED, form.payload(), **given)

    done = carry_out(form, work)
    if done is None:
        return _page(form), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(REGISTERED)), "success")
    return redirect(url_for("web.suppliers_show", subject=done.subject), 303)


def evaluate(subject: str) -> str:
    """A form for the scores of a round.

    :raise NotFound: there is no such supplier, or no such event.
    """
    with service().database.read() as session:
        standing, form, offered = _standing(session, subject), _evaluation(session), _rounds(session)
    asked = {f"{PREFIX}{ROUND}": request.args.get(ROUND, "")[:40] or offered[0]}
    return _page(blank(form, expect=standing.last_seq, **asked), subject)


def evaluate_submit(subject: str) -> Any:
    """Evaluate a supplier; the grade, and what follows from it, is recorded with the scores.

    :raise NotFound: there is no such supplier, or no such event.
    """
    context, person = service().context, current_person()
    with service().database.read() as session:
        _standing(session, subject)
        form = _evaluation(session)(request.form)

    def work(session: Session) -> Done:
        given: dict[str, Any] = {"id": form.id_given, "time": form.instant, "expect": form.expected}
        receipt = acting.act(context, session, person, KIND, subject, EVALUATED, form.payload(), **given)
        return Done(receipt, KIND, subject)

    if carry_out(form, work) is None:
        return _page(form, subject), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(EVALUATED)), "success")
    return redirect(url_for("web.suppliers_show", subject=subject), 303)


def _standing(session: Session, subject: str) -> Standing:
    found = queries.standing(session, KIND, subject)
    if found is None:
        raise missing(subject)
    return found


def _registration(session: Session) -> type[EventForm]:
    """The form of a registration; who recommends is chosen by name."""
    declared = _declared(REGISTERED)
    form = event_form(service().catalogue, declared, locale(), subject=_("Subject"))
    if RECOMMENDED_BY in declared.fields:
        now = service().ledger.clock()
        names = {each.id: {locale(): each.name} for each in people.listed(session) if each.active(now)}
        _choose(form, RECOMMENDED_BY, names)
    return form


def _evaluation(session: Session) -> type[EventForm]:
    """The form of an evaluation, without the grade, which follows from the scores."""
    declared = _declared(EVALUATED)
    form = event_form(service().catalogue, declared, locale(), without={"grade"}, entity=False)
    _choose(form, ROUND, {each: {locale(): each} for each in _rounds(session)})
    return form


def _choose(form: type[EventForm], name: str, known: Mapping[str, Label]) -> None:
    """Let a field of the data be chosen from what is known; it keeps its place, its id and what it says of itself."""
    place, field = f"{PREFIX}{name}", form.asked[name]
    empty = none_chosen(_("Choose") if field.required else _("Not said"))
    chosen: Any = SelectField(
        label(field.label),
        id=control_id(form.declared, name),
        choices=[empty, *options(known, locale())],
        validate_choice=False,
        validators=[Required()] if field.required else [],
    )
    chosen.creation_counter = getattr(form, place).creation_counter  # by which fields are ordered
    setattr(form, place, chosen)


def _rounds(session: Session) -> list[str]:
    """The rounds that have begun, of this year, the last, and those with evaluations; the newest first."""
    catalogue, today = service().catalogue, calendar_day(service().ledger.clock())
    year = catalogue.calendar.year_of(today)
    years = sorted({year - 1, year, *suppliers.years_evaluated(session)})
    found = [each for past in years for each in suppliers.rounds(catalogue, past)]
    return [each.id for each in reversed(found) if each.first_day <= today]


def _declared(event_type: str) -> Any:
    found = service().catalogue.events.get(event_type)
    if found is None:
        raise NotFound("This organisation does not follow suppliers.")
    return found


def _page(form: EventForm, subject: str | None = None) -> str:
    return render_template("suppliers/form.html", form=form, subject=subject)


PAGES = (
    Page("GET", "/suppliers/register", register, "subjects.act"),
    Page("POST", "/suppliers/register", register_submit, "subjects.act"),
    Page("GET", "/suppliers/evaluate/<path:subject>", evaluate, "subjects.act"),
    Page("POST", "/suppliers/evaluate/<path:subject>", evaluate_submit, "subjects.act"),
)

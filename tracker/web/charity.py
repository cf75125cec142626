"""Charity broadcasts: programmes beside each other, one programme, and its sessions from schedule to settlement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from tracker.catalogue.calendar import Period
from tracker.errors import NotFound, UnknownPeriod
from tracker.web import deeds, periods, printing
from tracker.web import programme_figures as shown
from tracker.web.acting import status_of
from tracker.web.facts import type_words
from tracker.web.forms import EventForm
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.pages import Page
from tracker.web.programme_figures import Programme
from tracker.web.rendering import label, number, service
from tracker.workflows import programmes
from tracker.workflows.programmes import CANCELLED, HELD, KIND, PROGRAMME, SCHEDULED, SETTLED, Broadcast

_TONES = {"held": "accent", "settled": "good", "cancelled": "bad"}


def index() -> Response | str:
    """Every programme with its figures of a year.

    :raise NotFound: this organisation has none.
    """
    deeds.check_kind(KIND)
    with service().database.read() as reading:
        year = _year(request.args.get("year"), periods.busy_year(reading))
        found, totals = shown.overview(reading, year), shown.totals(reading, year)
    if request.args.get("format") == "csv":
        return _overview().csv(lambda _query: Rows(found), Query())
    return render_template(
        "charity/index.html",
        found=found,
        metrics=shown.metrics(),
        year=year,
        years=periods.years(),
        totals=[(each, printing.printed(each.metric, each.value)) for each in totals],
        pictures=[(label(each.label), shown.compared(found, each)) for each in shown.metrics()[:2]],
        heading=shown.heading,
    )


def programme(programme: str) -> Response | str:
    """One programme: its figures of a year, its sales by month, its sessions and the places it reached.

    :raise NotFound: there is no such programme.
    """
    deeds.check_kind(KIND)
    catalogue = service().catalogue
    words = programmes.programmes(catalogue).get(programme)
    if words is None:
        raise NotFound(f"There is no programme {programme[:100]!r}.")
    listing = _sessions(programme)
    with service().database.read() as reading:
        year = _year(listing.query().filter("year"), periods.busy_year(reading))
        every = programmes.broadcasts(reading, catalogue, programme)
        found = shown.of_programme(reading, year, programme)

    def fetch(query: Query) -> Rows[Broadcast]:
        return page_of((each for each in every if _wanted(each, query)), query, listing.columns)

    return listing.answer(
        "charity/programme.html",
        fetch,
        programme=programme,
        words=label(words),
        year=year,
        figures=[(each, printing.printed(each.metric, each.value)) for each in found],
        course=shown.sales_course(found),
        heading=shown.heading,
        counties=programmes.counties(every, year),
        provinces=[(_province(id), count) for id, count in programmes.provinces(every, year)],
    )


def session(subject: str) -> str:
    """One session: when it is or was, what came of it, and what may be done.

    :raise NotFound: there is no such session.
    """
    return _page(subject)


def act_submit(subject: str, fact: str) -> Any:
    """Hold, settle or cancel a session.

    :raise NotFound: there is no such session or act.
    """
    form = deeds.sent(f"{KIND}.{fact}")
    with service().database.read() as reading:
        deeds.followed(reading, KIND, subject)
    if deeds.act(form, KIND, subject) is None:
        return _page(subject, refused=form), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(form.declared.type)), "success")
    return redirect(url_for("web.charity_session", subject=subject), 303)


def new() -> str:
    """The form that schedules a session; ``?programme=`` is chosen to begin with."""
    deeds.check_kind(KIND)
    form = deeds.opening(SCHEDULED, subject=_("Livestream session"))
    form[f"data_{PROGRAMME}"].data = request.args.get("programme", "")
    return render_template("charity/new.html", form=form)


def new_submit() -> Any:
    """Schedule a session."""
    deeds.check_kind(KIND)
    form = deeds.opening(SCHEDULED, subject=_("Livestream session"), given=request.form)
    done = deeds.start(form, KIND)
    if done is None:
        return render_template("charity/new.html", form=form), status_of(form)
    flash(_("The session is scheduled."), "success")
    return redirect(url_for("web.charity_session", subject=done.subject), 303)


def _page(subject: str, *, refused: EventForm | None = None) -> str:
    with service().database.read() as reading:
        standing, facts = deeds.followed(reading, KIND, subject)
        found = programmes.broadcast(standing, facts)
        place: Mapping[str, Any] = {PROGRAMME: found.programme} if found.programme else {}
        kept = {HELD: {**place, **({"province": found.province} if found.province else {})}}
        forms = deeds.forms(reading, standing, {**kept, SETTLED: place, CANCELLED: place}, refused)
    choices = programmes.programmes(service().catalogue)
    return render_template(
        "charity/session.html",
        session=found,
        state=_state(found),
        tone=_TONES.get(standing.state, "quiet"),
        programme_words=label(choices.get(found.programme)) or found.programme,
        province_words=_province(found.province),
        sales=_money(found),
        forms=forms,
        refused=refused,
    )


def _year(asked: str | None, busy: int) -> Period:
    """The year asked for, else the busy one.

    :raise UnknownPeriod: the organisation has no such year.
    """
    found = periods.kept(asked) if asked else service().catalogue.calendar.year(busy)
    if found.kind != "year":
        raise UnknownPeriod(found.id)
    return found


def _overview() -> Listing[Programme]:
    figures = [_figure(each.id, label(each.label)) for each in shown.metrics()]
    return Listing("charity", (Column("programme", lazy("Programme"), lambda each: each.words), *figures))


def _figure(metric: str, words: str) -> Column[Programme]:
    return Column(metric.partition(".")[2], words, lambda each: each.values.get(metric) or 0)


def _sessions(programme: str) -> Listing[Broadcast]:
    states = service().catalogue.lifecycles_by_kind[KIND].states
    return Listing(
        f"charity/{programme}",
        (
            Column("subject", lazy("Livestream session"), lambda each: each.subject, sortable=True, href=_address),
            Column("when", lazy("Time"), lambda each: each.when, kind="instant", sortable=True),
            Column(
                "state", lazy("State"), _state, kind="state", tone=lambda each: _TONES.get(each.standing.state, "quiet")
            ),
            Column("province", lazy("Province"), lambda each: _province(each.province), sortable=True),
            Column("viewers", lazy("Viewers"), lambda each: each.viewers, kind="number", sortable=True),
            Column("orders", lazy("Orders"), lambda each: each.orders, kind="number", sortable=True),
            Column("sales", lazy("Sales"), lambda each: each.sales, kind="number", sortable=True, show=_sales),
        ),
        filters=(Filter("state", lazy("State"), [(id, label(each)) for id, each in states.items()]), _years()),
        sort="-when",
        empty=(lazy("No session yet"), lazy("Schedule the first one, or let the livestream system send it.")),
    )


def _years() -> Filter:
    return Filter("year", lazy("Year"), [(str(each), str(each)) for each in periods.years()])


def _wanted(each: Broadcast, query: Query) -> bool:
    calendar = service().catalogue.calendar
    year = str(calendar.year_of(calendar.day_of(datetime.fromisoformat(each.when))))
    return query.filter("state") in (None, each.standing.state) and query.filter("year") in (None, year)


def _address(each: Broadcast) -> str:
    return url_for("web.charity_session", subject=each.subject)


def _sales(each: Broadcast) -> str:
    return number(each.sales)


def _money(each: Broadcast) -> str:
    """What a session sold, to the last decimal on record."""
    currency = service().catalogue.events[HELD].fields["sales"].currency or ""
    return "" if each.sales is None else f"{currency} {number(each.sales)}"


def _state(each: Broadcast) -> str:
    states = service().catalogue.lifecycles_by_kind[KIND].states
    return label(states.get(each.standing.state)) or each.standing.state


def _province(id: str | None) -> str:
    field = service().catalogue.events[SCHEDULED].fields.get("province")
    return label(field.choices.get(id or "")) or id or "" if field else id or ""


PAGES = (
    Page("GET", "/charity", index, "subjects.read"),
    Page("GET", "/charity/new", new, "subjects.act"),
    Page("POST", "/charity/new", new_submit, "subjects.act"),
    Page("GET", "/charity/<programme>", programme, "subjects.read"),
    Page("GET", "/charity/sessions/<subject>", session, "subjects.read"),
    Page("POST", "/charity/sessions/<subject>/<fact>", act_submit, "subjects.act"),
)

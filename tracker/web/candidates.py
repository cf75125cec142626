"""What may have to be restated: figures of a frozen year that are others now, and the late events that moved them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer
from wtforms import TextAreaField

from tracker.catalogue import Catalogue, Metric
from tracker.errors import Conflict, Invalid
from tracker.snapshots.candidates import Candidate, Candidates, Effect, LateEvent, candidates
from tracker.snapshots.drafts import LONGEST_REASON
from tracker.web import changed, yearstates
from tracker.web.adminforms import AdminForm
from tracker.web.changed import Line
from tracker.web.facts import type_words
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.pages import Page
from tracker.web.rendering import number, service
from tracker.workflows import freezing

EVENTS = 20
"""Late events on a page."""


class Restated(NamedTuple):
    """A changed value: its line, the change in percent, from which change on it matters, and whether it does."""

    line: Line
    percent: str
    threshold: str
    matters: bool


class Late(NamedTuple):
    """A late event and what it did to the figures of the year; ``others`` counts the months and parts it moved."""

    event: LateEvent
    words: str
    lines: list[Line]
    others: int


class RestateForm(AdminForm):
    """Why a year is to be stated anew."""

    reason = TextAreaField(
        lazy("Reason"),
        render_kw={"maxlength": LONGEST_REASON, "rows": 3, "required": True},
        description=lazy("Readers of the report see it beside what changed: say nothing confidential here."),
    )


def show(year: int) -> str:
    """What has changed of a frozen year; with ``?events=``, what each late event did to it.

    :raise NotFound: the year is not frozen.
    """
    return _page(year, RestateForm())


def restate_submit(year: int) -> Answer | tuple[str, int]:
    """Draft the next revision, with a reason; from there it takes the way of every draft."""
    form, here = RestateForm(request.form), service()
    try:
        with here.database.write() as session:
            freezing.restate(here.context, session, year, reason=form.text("reason"), by=current_person())
    except Invalid as error:
        form.reason.errors = [_("Say why, in at most 1,000 characters: readers of the report will see it.")]
        return _page(year, form), error.status
    except Conflict as error:
        form.others.append(_("No figure of this year has changed, so there is nothing to restate."))
        return _page(year, form), error.status
    flash(_("Drafted. Read what changes, then sign it."), "success")
    return redirect(url_for("web.preparation_show", year=year), 303)


def _page(year: int, form: RestateForm) -> str:
    here, asked = service(), request.args.get("events", "")
    after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else -1
    with here.database.read() as session:
        found = candidates(session, here.catalogue, year, after=after, limit=EVENTS if asked else 0)
        state = yearstates.state_of(session, year)
    figures = [_restated(here.catalogue, year, each) for each in found.figures]
    return render_template(
        "years/candidates.html",
        year=year,
        found=found,
        form=form,
        state=state,
        figures=[each for each in figures if not each.line.where],
        parts=[each for each in figures if each.line.where],
        events=list(_late(here.catalogue, found)),
        asked=bool(asked),
    )


def _restated(catalogue: Catalogue, year: int, each: Candidate) -> Restated:
    [line] = changed.lines(catalogue, year, [each])
    metric = catalogue.metrics.get(each.metric)
    percent = "" if each.percent is None else f"{number(each.percent.removeprefix('-'))}%"
    return Restated(line, percent, _threshold(catalogue, metric, each), each.matters)


def _threshold(catalogue: Catalogue, metric: Metric | None, each: Candidate) -> str:
    threshold = each.threshold
    if not threshold.amount:
        return _("any change")
    if threshold.share:
        return f"{number(threshold.amount)}%"
    return changed.printed(catalogue, metric, f"{threshold.amount:f}")


def _late(catalogue: Catalogue, found: Candidates) -> Iterator[Late]:
    for each in found.events:
        whole: list[Any] = [effect for effect in each.effects if _whole(effect)]
        lines = list(changed.lines(catalogue, found.year, whole))
        yield Late(each, type_words(each.type), lines, len(each.effects) - len(whole))


def _whole(effect: Effect) -> bool:
    return not effect.by and effect.period is None


PAGES = (
    Page("GET", "/years/<int(max=9999):year>/candidates", show, "figures.read"),
    Page("POST", "/years/<int(max=9999):year>/candidates", restate_submit, "years.prepare"),
)

"""Findings of assurers: their list, raising one from a figure, and a page on which it is answered and ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from tracker.cases import deadlines, queries
from tracker.cases.timeline import Moment, timeline
from tracker.catalogue import EventType
from tracker.errors import NotFound
from tracker.web import deeds, periods, subjectpages
from tracker.web.acting import carry_out, status_of
from tracker.web.facts import Said, said, type_words
from tracker.web.forms import PREFIX, EventForm, blank, event_form
from tracker.web.gate import current_person
from tracker.web.languages import _, locale
from tracker.web.naming import actor_words, names_of
from tracker.web.pages import Page
from tracker.web.rendering import label, service
from tracker.workflows import acting, findings
from tracker.workflows.acting import Done
from tracker.workflows.acts import FINDING
from tracker.workflows.findings import RAISED, Finding, finding
from tracker.workflows.reading import read_confidential
from tracker.workflows.sight import missing

_TONES: Mapping[str, str] = {"raised": "warn", "answered": "accent", "closed": "good"}
_WEIGHTS: Mapping[str, str] = {"significant": "warn", "material": "bad"}
_ASKED = ("metric", "period", "event", "seed")
"""What the address of a form may fill in beforehand: what the finding is about."""

Opened = Mapping[int, Mapping[str, Any]]


class Shown(NamedTuple):
    """A finding in words. ``about`` leads to the passport of its figure, where there is such a figure."""

    finding: Finding
    figure: str
    about: str | None
    severity: str
    state: str
    tone: str
    weight: str
    outcome: str


class Told(NamedTuple):
    """What was said of a finding, by whom."""

    moment: Moment
    words: str
    actor: str
    said: list[Said]


def index() -> str:
    """Every finding: those that are still open first, the one that moved last before the others."""
    with service().database.read() as session:
        found = [_shown(each) for each in findings.findings(session)]
    ended = service().catalogue.lifecycles_by_kind[FINDING].terminal
    return render_template(
        "findings/index.html",
        open=[each for each in found if each.finding.standing.state not in ended],
        ended=[each for each in found if each.finding.standing.state in ended],
    )


def create() -> str:
    """The form of a new finding; the address may say what it is about."""
    form = _raising()
    begun: dict[str, Any] = {f"{PREFIX}{name}": request.args[name][:200] for name in _ASKED if name in request.args}
    return _form_page(blank(form, **begun))


def create_submit() -> Any:
    """Raise a finding; sent twice it is raised once."""
    form = _raising()(request.form)
    context, person = service().context, current_person()

    def work(session: Session) -> Done:
        given = form.payload()
        return acting.start(context, session, person, FINDING, None, RAISED, given, id=form.id_given)

    done = carry_out(form, work)
    if done is None:
        return _form_page(form), status_of(form)
    flash(_("The finding is on record; the organisation is asked for its answer."), "success")
    return redirect(url_for("web.findings_show", subject=done.subject), 303)


def show(subject: str) -> str:
    """One finding: what it is about, what was said, and what this person may do.

    :raise NotFound: there is none.
    """
    return _page(subject)


def read_submit(subject: str) -> str:
    """The page of a finding with what was written. That it was read is put on record first.

    :raise NotFound: there is none, or it is not for this person to read.
    """
    with service().database.read() as session:
        deeds.followed(session, FINDING, subject)
        if not subjectpages.seen_in(session).contents(FINDING, subject):
            raise missing(subject)
        seqs = subjectpages.confidential_in(session, FINDING, subject)
    at = (service().database, service().context, current_person())
    return _page(subject, opened=read_confidential(*at, seqs, purpose="finding"))


def act_submit(subject: str, fact: str) -> Any:
    """Answer, close or withdraw a finding.

    :raise NotFound: there is no such finding, or nothing of this name is done to one.
    :raise Forbidden: it is not this person's to do.
    """
    declared = service().catalogue.events.get(f"{FINDING}.{fact}")
    if declared is None or declared.type == RAISED:
        raise NotFound(f"There is no {fact[:40]!r} of a finding.")
    with service().database.read() as session:
        deeds.followed(session, FINDING, subject)
    acting.check_permission(current_person(), FINDING)
    form = subjectpages.form_of(declared)(request.form)
    if deeds.act(form, FINDING, subject) is None:
        return _page(subject, refused=form), status_of(form)
    flash(_("“%(event)s” is on record.", event=type_words(declared.type)), "success")
    return redirect(url_for("web.findings_show", subject=subject), 303)


def _raising() -> type[EventForm]:
    deeds.check_kind(FINDING)
    return event_form(service().catalogue, service().catalogue.events[RAISED], locale(), entity=False, time=False)


def _form_page(form: EventForm) -> str:
    vars(form[f"{PREFIX}metric"]).update(suggestions=list(service().catalogue.metrics))
    metric = service().catalogue.metrics.get(str(form[f"{PREFIX}metric"].data or ""))
    return render_template("findings/new.html", form=form, metric=metric)


def _page(subject: str, *, refused: EventForm | None = None, opened: Opened | None = None) -> str:
    catalogue, now = service().catalogue, service().ledger.clock()
    with service().database.read() as session:
        standing, facts = deeds.followed(session, FINDING, subject)
        moments = timeline(session, catalogue, subject, kind=FINDING)
        told = list(_told(moments, names_of(session), opened or {}))
        due = deadlines.of(session, FINDING, subject, now)
        forms = _forms(session, standing, refused)
        contents = subjectpages.seen_in(session).contents(FINDING, subject)
    return render_template(
        "findings/show.html",
        shown=_shown(finding(standing, facts)),
        told=told,
        deadlines=[(each, deadlines.label(catalogue, each)) for each in due],
        forms=forms,
        contents=contents,
        sealed=any(each.closed for moment in told for each in moment.said),
    )


def _forms(session: Session, standing: queries.Standing, refused: EventForm | None) -> list[EventForm]:
    """A form for each thing that this person may do; a refused one in its place, as it was filled in."""

    def made(declared: EventType) -> EventForm:
        if refused is not None and refused.declared == declared:
            return refused
        return blank(subjectpages.form_of(declared), expect=standing.last_seq)

    return [made(each) for each in acting.allowed(service().context, session, current_person(), standing)]


def _told(moments: Sequence[Moment], names: Mapping[str, str], opened: Opened) -> Iterator[Told]:
    for moment in moments:
        values = subjectpages.opened_of(moment, opened)
        actor = actor_words(moment.versions[0].actor, names)
        yield Told(moment, type_words(moment.type), actor, said(moment.type, moment.data, values))


def _shown(found: Finding) -> Shown:
    catalogue = service().catalogue
    lifecycle, fields = catalogue.lifecycles_by_kind[FINDING], catalogue.events[RAISED].fields
    metric, period = catalogue.metrics.get(found.metric), findings.period_of(catalogue, found.period)
    ended = catalogue.events[findings.CLOSED].fields["outcome"].choices
    about = url_for("web.passport_show", metric=metric.id, period=period.id) if metric and period else None
    return Shown(
        finding=found,
        figure=_("%(name)s, %(period)s", name=label(metric.label) if metric else found.metric,
                 period=periods.words(period) if period else found.period),
        about=about,
        severity=label(fields["severity"].choices.get(found.severity)) or found.severity,
        state=label(lifecycle.states.get(found.standing.state)),
        tone=_TONES.get(found.standing.state, "quiet"),
        weight=_WEIGHTS.get(found.severity, "quiet"),
        outcome=label(ended.get(found.outcome or "")),
    )  # fmt: skip


PAGES = (
    Page("GET", "/findings", index, "subjects.read", FINDING),
    Page("GET", "/findings/new", create, "findings.raise", FINDING),
    Page("POST", "/findings/new", create_submit, "findings.raise", FINDING),
    Page("GET", "/findings/<subject>", show, "subjects.read", FINDING),
    Page("POST", "/findings/<subject>/read", read_submit, "subjects.read", FINDING),
    Page("POST", "/findings/<subject>/<fact>", act_submit, "subjects.read", FINDING),
)

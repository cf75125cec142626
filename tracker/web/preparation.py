"""Preparing a year: it is drafted, signed by who prepared it, approved by somebody else, and published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from tracker.catalogue import Catalogue, Domain
from tracker.disclosure.audiences import catalogue_of
from tracker.errors import NotFound
from tracker.snapshots.comparing import Change
from tracker.snapshots.drafts import Draft
from tracker.web import changed, yearstates
from tracker.web.gate import current_person
from tracker.web.languages import _
from tracker.web.naming import actor_words, names_of
from tracker.web.pages import Page
from tracker.web.rendering import can, label, service
from tracker.workflows import approvals, freezing
from tracker.workflows.sight import sight


class Compared(NamedTuple):
    """A figure of a draft beside what it is compared with."""

    metric: str
    words: str
    now: str
    before: str
    difference: str


def show(year: int) -> str:
    """Where a year stands, and its draft with every figure.

    :raise UnknownPeriod: the organisation has no such year.
    """
    here = service()
    with here.database.read() as session:
        state = yearstates.state_of(session, year)
        names = names_of(session)
        draft = state.draft
        catalogue = catalogue_of(session, here.catalogue, draft.catalogue) if draft else here.catalogue
        decided = _readable(session, state)
    return render_template(
        "years/preparation.html",
        state=state,
        who=lambda actor: who(actor, names),
        decided=decided,
        domains=list(_domains(catalogue, draft)) if draft else [],
        lines=list(_changes(catalogue, draft)) if draft else [],
        compared=(draft.body.get("comparatives") or {}).get("year") if draft else None,
        reason=_reason(draft),
    )


def draft_submit(year: int) -> Answer:
    """Draft a year that is not frozen yet, as it stands now.

    :raise Conflict: it is not over yet, or is frozen.
    """
    here = service()
    with here.database.write() as session:
        made = freezing.draft_year(here.context, session, year, by=current_person())
    flash(_("Drafted. Read the figures, then sign them."), "success")
    return _back(made.year)


def sign_submit(year: int) -> Answer:
    """Sign the draft that was read, so that it waits for somebody else's approval.

    :raise Conflict: there is a newer draft, or it waits already.
    """
    here, given = service(), request.form
    id = given.get("draft", "")
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0
    with here.database.write() as session:
        freezing.sign(session, number, given.get("digest", ""), by=current_person(), at=here.ledger.clock())
    flash(_("Signed. It is frozen as soon as an approver agrees to exactly this draft."), "success")
    return _back(year)


def publish_submit(year: int) -> Answer:
    """Let everybody see the revision that was read.

    :raise NotFound: there is no such revision.
    """
    here, revision = service(), request.form.get("revision", "")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise NotFound("There is no such revision. Reload the page and look at the newest one.")
    with here.database.write() as session:
        freezing.publish_year(session, year, int(revision), by=current_person(), at=here.ledger.clock())
    flash(_("Published. Everybody can see it now."), "success")
    return redirect(url_for("web.years_show", year=year), 303)


def who(actor: str | None, names: Mapping[str, str]) -> str:
    """Who did something: by name for those who prepare and decide, else by pseudonym."""
    if actor is None:
        return ""
    known = names if can("years.prepare") or can("proposals.decide") else {}
    return actor_words(actor, known)


def _readable(session: Session, state: yearstates.YearState) -> bool:
    """Whether who asks may open the proposal that waits."""
    here = service()
    if state.proposal is None:
        return False
    return approvals.readable(sight(session, here.keys, current_person(), here.ledger.clock()), state.proposal)


def _domains(catalogue: Catalogue, draft: Draft) -> Iterator[tuple[Domain, list[Compared]]]:
    """Every figure of a draft, domain by domain, beside the year before."""
    before = (draft.body.get("comparatives") or {}).get("figures", {})
    now = {each["metric"]: each["value"] for each in draft.body["figures"]}
    for id, domain in catalogue.domains.items():
        found = [
            Compared(
                metric.id,
                label(metric.label),
                changed.printed(catalogue, metric, now[metric.id]),
                changed.printed(catalogue, metric, before[metric.id]) if metric.id in before else "",
                changed.difference(catalogue, metric, before.get(metric.id), now[metric.id]),
            )
            for metric in catalogue.metrics.values()
            if metric.domain == id and metric.id in now
        ]
        if found:
            yield domain, found


def _changes(catalogue: Catalogue, draft: Draft) -> Iterator[changed.Line]:
    """What a draft states otherwise than the revision before it."""
    restatement: Mapping[str, Any] = draft.body["restatement"] or {"changes": []}
    found = (
        Change(each["metric"], each.get("by", {}), each.get("period"), each["previously"], each["now"])
        for each in restatement["changes"]
    )
    return changed.lines(catalogue, draft.year, found)


def _reason(draft: Draft | None) -> str:
    restatement = draft.body["restatement"] if draft else None
    return str(restatement["reason"]) if restatement else ""


def _back(year: int) -> Answer:
    return redirect(url_for("web.preparation_show", year=year), 303)


PAGES = (
    Page("GET", "/years/<int(max=9999):year>/preparation", show, "figures.read"),
    Page("POST", "/years/<int(max=9999):year>/preparation/draft", draft_submit, "years.prepare"),
    Page("POST", "/years/<int(max=9999):year>/preparation/sign", sign_submit, "years.prepare"),
    Page("POST", "/years/<int(max=9999):year>/preparation/publish", publish_submit, "years.publish"),
)

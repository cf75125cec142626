"""Approvals: what waits for a second person, and what was decided. The page of each shows exactly what is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from tracker.access import proposals
from tracker.access.proposals import Proposal
from tracker.errors import Invalid, NotReady
from tracker.web import proposing
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.naming import name, names_of
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import approvals, erasing, handovers
from tracker.workflows.scrubbing import scrub
from tracker.workflows.sight import Sight, sight

MINE = "mine"


class Line(NamedTuple):
    """A proposal as lists show it."""

    proposal: Proposal
    title: str
    proposed_by: str
    decided_by: str | None


LISTING: Listing[Line] = Listing(
    "approvals",
    (
        Column("title", lazy("Proposal"), lambda line: line.title, href=lambda line: _address(line.proposal.id)),
        Column("kind", lazy("Kind"), lambda line: str(proposing.KINDS.get(line.proposal.kind, line.proposal.kind))),
        Column("by", lazy("Proposed by"), lambda line: line.proposed_by, sortable=True),
        Column("at", lazy("Proposed"), lambda line: line.proposal.proposed_at, kind="instant", sortable=True),
        Column(
            "state",
            lazy("State"),
            lambda line: str(proposing.STATES[line.proposal.state][0]),
            kind="state",
            tone=lambda line: proposing.STATES[line.proposal.state][1],
        ),
        Column("decided_by", lazy("Decided by"), lambda line: line.decided_by),
        Column("decided", lazy("Decided"), lambda line: line.proposal.decided_at, kind="instant", sortable=True),
    ),
    filters=(
        Filter(
            "show",
            lazy("Show"),
            (*((state, words) for state, (words, _tone) in proposing.STATES.items()), (MINE, lazy("Mine"))),
        ),
        Filter("kind", lazy("Kind"), tuple(proposing.KINDS.items())),
    ),
    sort="-at",
    empty=(
        lazy("Nothing was proposed yet"),
        lazy("Roles, keys, access to cases and erasures are decided here by a second person."),
    ),
)


def index() -> Response | str:
    """What waits for who asks, and every proposal that they may know of."""
    with _seeing() as (session, seen):
        found, names = approvals.listed(seen, session), names_of(session)
    lines = [_line(each, names) for each in found]
    waiting = [line for line in lines if approvals.decidable(seen, line.proposal)]

    def fetch(query: Query) -> Rows[Line]:
        return page_of((line for line in lines if _wanted(line.proposal, query, seen)), query, LISTING.columns)

    return LISTING.answer("approvals/index.html", fetch, waiting=sorted(waiting, key=lambda line: line.proposal.id))


def show(id: int) -> str:
    """One proposal: exactly what an approval would agree to.

    :raise NotFound: there is none, or it is not for who asks to know of.
    """
    return _page(id)


def approve_submit(id: int) -> Answer:
    """Agree, and let it take effect.

    :raise Conflict: it was decided or changed meanwhile, or cannot be done any more.
    """
    here, digest = service(), request.form.get("digest", "")
    with here.database.write() as session:
        decided = approvals.approve(here.context, session, id, digest, by=current_person(), at=here.ledger.clock())
    flash(_("Approved. It is in effect."), "success")
    if decided.kind == erasing.KIND:
        _scrub()
    return redirect(_address(id), 303)


def refuse_submit(id: int) -> Answer | tuple[str, int]:
    """Decide against it, with a reason.

    :raise Conflict: it was decided or changed meanwhile.
    """
    here, given = service(), request.form
    try:
        with here.database.write() as session:
            approvals.refuse(
                here.context,
                session,
                id,
                given.get("digest", ""),
                reason=given.get("reason", ""),
                by=current_person(),
                at=here.ledger.clock(),
            )
    except Invalid:
        return _page(
            id, wrong=_("Say why, in at most 1,000 characters: for who proposed it."), given=given.get("reason", "")
        ), 422
    flash(_("Refused. Nothing was changed."), "success")
    return redirect(_address(id), 303)


def withdraw_submit(id: int) -> Answer:
    """Take back one's own proposal.

    :raise Conflict: it was decided meanwhile.
    """
    here = service()
    with here.database.write() as session:
        approvals.opened(_sight(session), session, id)
        proposals.withdraw(session, id, by=current_person(), at=here.ledger.clock())
    flash(_("Withdrawn. Nothing was changed."), "success")
    return redirect(_address(id), 303)


def pick_up_submit(id: int) -> str:
    """Show what an approval has made, this once, to who proposed it.

    :raise NotFound: it was picked up before, or its time is over.
    """
    here, person = service(), current_person()
    with here.database.write() as session:
        found = approvals.opened(_sight(session), session, id)
        texts = handovers.pick_up(session, here.keys, found, by=person, at=here.ledger.clock())
        names = names_of(session)
    invitation = texts.get("invitation")
    address = _link(invitation) if invitation else None
    return render_template(
        "approvals/picked_up.html", proposal=found, title=proposing.title(found, names), texts=texts, address=address
    )


def _page(id: int, **more: Any) -> str:
    with _seeing() as (session, seen):
        found, names = approvals.opened(seen, session, id), names_of(session)
        waits = handovers.waits(session, found, at=_now()) if found.proposed_by == seen.person.id else None
    return render_template(
        "approvals/show.html",
        line=_line(found, names),
        parts=proposing.parts(found, names),
        kind=proposing.KINDS.get(found.kind, found.kind),
        state=proposing.STATES[found.state],
        decidable=approvals.decidable(seen, found),
        mine=found.proposed_by == seen.person.id,
        final=found.kind == erasing.KIND,
        waits=waits,
        **more,
    )


def _link(invitation: str) -> str:
    """The address that an invitation opens."""
    outside = (service().settings.url or request.url_root).rstrip("/")
    return outside + url_for("web.auth_welcome", invitation=invitation)


def _line(proposal: Proposal, names: Any) -> Line:
    decided_by = name(names, proposal.decided_by) if proposal.decided_by else None
    return Line(proposal, proposing.title(proposal, names), name(names, proposal.proposed_by), decided_by)


def _wanted(proposal: Proposal, query: Query, seen: Sight) -> bool:
    show, kind = query.filter("show"), query.filter("kind")
    if kind is not None and proposal.kind != kind:
        return False
    return show is None or (proposal.proposed_by == seen.person.id if show == MINE else proposal.state == show)


def _scrub() -> None:
    try:
        scrub(service().database)
    except NotReady:  # it is erased: only remnants in the database's files are left to be overwritten
        flash(_("Remnants may still lie in the database's files. Run `tracker init` to clear them."), "warning")


@contextmanager
def _seeing() -> Iterator[tuple[Session, Sight]]:
    with service().database.read() as session:
        yield session, _sight(session)


def _sight(session: Session) -> Sight:
    return sight(session, service().keys, current_person(), _now())


def _now() -> datetime:
    return service().ledger.clock()


def _address(id: int) -> str:
    return url_for("web.approvals_show", id=id)


PAGES = (
    Page("GET", "/approvals", index, "account"),
    Page("GET", "/approvals/<int:id>", show, "account"),
    Page("POST", "/approvals/<int:id>/approve", approve_submit, "proposals.decide"),
    Page("POST", "/approvals/<int:id>/refuse", refuse_submit, "proposals.decide"),
    Page("POST", "/approvals/<int:id>/withdraw", withdraw_submit, "account"),
    Page("POST", "/approvals/<int:id>/pick-up", pick_up_submit, "account"),
)

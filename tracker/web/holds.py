"""Legal holds: what must be kept, whoever asks for its erasure. One person places a hold, two release it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import SelectField, StringField, TextAreaField

from tracker.access import proposals
from tracker.errors import Invalid, NotFound
from tracker.ledger.events import Actor
from tracker.web import owners, proposing
from tracker.web.adminforms import AdminForm, options
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.naming import actor_words, names_of
from tracker.web.pages import Page
from tracker.web.rendering import can, label, service
from tracker.workflows import holds
from tracker.workflows.holds import Hold
from tracker.workflows.sight import Sight, missing, sight

STANDS, RELEASED = "stands", "released"

STATES: Mapping[str, tuple[Any, str]] = {
    STANDS: (lazy("Stands"), "warn"),
    RELEASED: (lazy("Released"), "quiet"),
}


class Line(NamedTuple):
    """A hold as pages show it."""

    hold: Hold
    about: str
    address: str | None
    placed_by: str
    released_by: str | None
    state: str


class HoldForm(AdminForm):
    """What is to be kept, and why."""

    domain = SelectField(lazy("Domain"), validate_choice=False)
    subject = StringField(
        lazy("Subject"),
        render_kw={"maxlength": 200, "autocomplete": "off"},
        description=lazy("As its page shows it; # and its number for an event without a subject, such as #41."),
    )
    reason = TextAreaField(
        lazy("Reason"),
        render_kw={"maxlength": holds.LONGEST_REASON, "rows": 3},
        description=lazy("It stays on record: say nothing confidential here."),
    )


LISTING: Listing[Line] = Listing(
    "holds",
    (
        Column(
            "about", lazy("About"), lambda line: line.about, sortable=True, href=lambda line: _address(line.hold.id)
        ),
        Column("placed", lazy("Placed"), lambda line: line.hold.placed_at, kind="instant", sortable=True),
        Column("by", lazy("Placed by"), lambda line: line.placed_by, sortable=True),
        Column("released", lazy("Released"), lambda line: line.hold.released_at, kind="instant", sortable=True),
        Column(
            "state",
            lazy("State"),
            lambda line: str(STATES[line.state][0]),
            kind="state",
            tone=lambda line: STATES[line.state][1],
        ),
    ),
    filters=(Filter("state", lazy("State"), tuple((state, words) for state, (words, _tone) in STATES.items())),),
    sort="-placed",
    empty=(lazy("No legal hold"), lazy("What a court or an authority may ask for is kept from erasure by a hold.")),
)


def index() -> Response | str:
    """Every hold there is or was, on what who asks may know of."""
    with service().database.read() as session:
        seen = _sight(session)
        found = [each for each in holds.listed(session) if seen.target(each.owner)]
        lines = _lines(session, found)

    def fetch(query: Query) -> Rows[Line]:
        state = query.filter("state")
        return page_of((line for line in lines if state in (None, line.state)), query, LISTING.columns)

    return LISTING.answer("holds/index.html", fetch)


def show(id: int) -> str:
    """One hold. Why it was placed is for those who manage holds, and for auditors.

    :raise NotFound: there is none, or it is not for who asks to know of.
    """
    return _page(id)


def create() -> str:
    """The form for a hold."""
    return _form(HoldForm(domain=request.args.get("domain", ""), subject=request.args.get("subject", "")))


def create_submit() -> Answer | tuple[str, int]:
    """Place a hold; it stands at once."""
    form, here, person = HoldForm(request.form), service(), current_person()
    owner, at = f"{form.text('domain')}/{form.text('subject')}", here.ledger.clock()
    try:
        with here.database.write() as session:
            if form.text("domain") not in here.catalogue.domains or not _sight(session).target(owner):
                raise missing(form.text("subject"))
            made = holds.place(session, owner, form.text("reason"), by=Actor("person", person.id), at=at)
    except Invalid as error:
        form.refuse(error)
        return _form(form), error.status
    except NotFound as error:
        form.others.append(_("Nothing is on record about this subject. Write it as its page shows it."))
        return _form(form), error.status
    flash(_("The legal hold stands. Nothing confidential about its subject can be erased."), "success")
    return redirect(_address(made.id), 303)


def release_submit(id: int) -> Answer | tuple[str, int]:
    """Propose that a hold end; it stands until an approver agrees.

    :raise NotFound: there is none, or it is not for who asks to know of.
    :raise Conflict: it is released, or its release is proposed already.
    """
    here, reason = service(), request.form.get("reason", "")
    try:
        with here.database.write() as session:
            _visible(session, id)
            made = holds.propose_release(session, id, reason, by=current_person(), at=here.ledger.clock())
    except Invalid as error:
        return _page(id, wrong=_("Say why, in at most 1,000 characters."), given=reason), error.status
    flash(_("Proposed. It takes effect once an approver agrees."), "success")
    return redirect(url_for("web.approvals_show", id=made.id), 303)


def _page(id: int, **more: Any) -> str:
    with service().database.read() as session:
        [line] = _lines(session, [_visible(session, id)])
        names = names_of(session)
        target = f"{line.hold.owner}/{line.hold.id}"
        open = [each for each in proposals.pending(session, [holds.KIND]) if each.target == target]
    waiting = [(each.id, proposing.title(each, names)) for each in open]
    told = can("holds.manage") or can("audit.read")
    return render_template(
        "holds/show.html", line=line, state=STATES[line.state], stands=STANDS, told=told, waiting=waiting, **more
    )


def _visible(session: Session, id: int) -> Hold:
    found = holds.get(session, id)
    if not _sight(session).target(found.owner):
        raise NotFound(f"There is no legal hold {id}. Look it up in the list.")
    return found


def _lines(session: Session, found: list[Hold]) -> list[Line]:
    names, kinds = names_of(session), owners.kinds_of(session, {each.owner for each in found})
    return [_line(each, names, kinds.get(each.owner)) for each in found]


def _line(hold: Hold, names: Mapping[str, str], kind: str | None) -> Line:
    about, address = owners.words(hold.owner), owners.address(hold.owner, kind)
    released_by = actor_words(f"person:{hold.released_by}", names) if hold.released_by else None
    placed_by = actor_words(f"person:{hold.placed_by}", names)
    return Line(hold, about, address, placed_by, released_by, RELEASED if hold.released_at else STANDS)


def _form(form: HoldForm) -> str:
    form.domain.choices = options({id: label(each.label) for id, each in service().catalogue.domains.items()})
    return render_template("holds/create.html", form=form)


def _sight(session: Session) -> Sight:
    here = service()
    return sight(session, here.keys, current_person(), here.ledger.clock())


def _address(id: int) -> str:
    return url_for("web.holds_show", id=id)


PAGES = (
    Page("GET", "/holds", index, "subjects.read"),
    Page("GET", "/holds/<int:id>", show, "subjects.read"),
    Page("POST", "/holds/<int:id>/release", release_submit, "holds.manage"),
    Page("GET", "/new-hold", create, "holds.manage"),
    Page("POST", "/new-hold", create_submit, "holds.manage"),
)

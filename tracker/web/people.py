"""People: who may sign in, with which roles, until when. What gives somebody access is proposed here and approved by
somebody else; what takes it away happens at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer
from wtforms import StringField

from tracker.access import audit, people, proposals
from tracker.access.people import Person
from tracker.access.proposals import Proposal
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.web import proposing
from tracker.web.adminforms import AdminForm, CheckboxesField, options
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.naming import ROLE_HELP, ROLE_NAMES, names_of, role_words
from tracker.web.pages import Page
from tracker.web.rendering import calendar_day, service
from tracker.workflows import roles as changes

ACTIVE, INVITED, ENDED, DISABLED = "active", "invited", "ended", "disabled"

STATES: Mapping[str, tuple[Any, str]] = {
    ACTIVE: (lazy("Active"), "good"),
    INVITED: (lazy("Never signed in"), "quiet"),
    ENDED: (lazy("Ended"), "quiet"),
    DISABLED: (lazy("Disabled"), "bad"),
}


class Line(NamedTuple):
    """Somebody as lists show them; ``seen`` is when they last signed in."""

    person: Person
    seen: str | None
    state: str


class RolesForm(AdminForm):
    """Which roles somebody shall have, and until when."""

    roles = CheckboxesField(lazy("Roles"), choices=options(ROLE_NAMES))
    ends_on = StringField(
        lazy("Last day"),
        render_kw={"type": "date"},
        description=lazy("For assurers, and for anybody whose access ends on a known day."),
    )


class PersonForm(RolesForm):
    """Somebody new."""

    login = StringField(
        lazy("Login"),
        render_kw={"maxlength": 63, "autocomplete": "off", "autocapitalize": "none"},
        description=lazy("Small letters and digits; what they type to sign in. It stays theirs for good."),
    )
    name = StringField(
        lazy("Name"), render_kw={"maxlength": 100}, description=lazy("As colleagues know them. Events never carry it.")
    )


LISTING: Listing[Line] = Listing(
    "people",
    (
        Column(
            "name",
            lazy("Name"),
            lambda line: line.person.name,
            sortable=True,
            href=lambda line: _address(line.person.id),
        ),
        Column("login", lazy("Login"), lambda line: line.person.login, kind="code", sortable=True),
        Column("roles", lazy("Roles"), lambda line: role_words(line.person.roles)),
        Column(
            "second_factor",
            lazy("Second factor"),
            lambda line: _("set up") if line.person.second_factor else _("not yet"),
        ),
        Column("seen", lazy("Last signed in"), lambda line: line.seen, kind="instant", sortable=True),
        Column("ends_on", lazy("Last day"), lambda line: line.person.ends_on, kind="day", sortable=True),
        Column(
            "state",
            lazy("State"),
            lambda line: str(STATES[line.state][0]),
            kind="state",
            tone=lambda line: STATES[line.state][1],
        ),
    ),
    filters=(
        Filter("role", lazy("Role"), tuple(ROLE_NAMES.items())),
        Filter("state", lazy("State"), tuple((state, words) for state, (words, _tone) in STATES.items())),
    ),
    sort="name",
    empty=(
        lazy("Nobody is here yet"),
        lazy("The first two administrators come from the command line: `tracker user add`."),
    ),
)


def index() -> Response | str:
    """Everybody there is or was."""
    with service().database.read() as session:
        lines = _lines(session)
        names = names_of(session)
        waiting = [
            (each.id, proposing.title(each, names))
            for each in proposals.pending(session, [changes.KIND, changes.ADD, changes.RESET])
        ]

    def fetch(query: Query) -> Rows[Line]:
        return page_of((line for line in lines if _wanted(line, query)), query, LISTING.columns)

    return LISTING.answer("people/index.html", fetch, waiting=waiting)


def show(id: str) -> str:
    """One person.

    :raise NotFound: there is no such person.
    """
    return _page(id)


def create() -> str:
    """The form for somebody new."""
    return _form("people/create.html", PersonForm())


def create_submit() -> Answer | tuple[str, int]:
    """Propose somebody new with their roles; the account is made when that is approved."""
    form, here = PersonForm(request.form), service()
    try:
        with here.database.write() as session:
            made = changes.propose_person(
                session,
                form.text("login"),
                form.text("name"),
                form.roles.data or (),
                ends_on=form.text("ends_on") or None,
                by=current_person(),
                at=here.ledger.clock(),
            )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _form("people/create.html", form), error.status
    return _proposed(made)


def roles_submit(id: str) -> Answer | tuple[str, int]:
    """Propose other roles for somebody, or another last day."""
    form, here = RolesForm(request.form), service()
    try:
        with here.database.write() as session:
            made = changes.propose_roles(
                session,
                _person(session, id),
                form.roles.data or (),
                ends_on=form.text("ends_on") or None,
                by=current_person(),
                at=here.ledger.clock(),
            )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _page(id, form), error.status
    return _proposed(made)


def reset_submit(id: str) -> Answer:
    """Propose a new invitation for somebody who lost their password or second factor."""
    here = service()
    with here.database.write() as session:
        made = changes.propose_reset(session, _person(session, id), by=current_person(), at=here.ledger.clock())
    return _proposed(made)


def disable_submit(id: str) -> Answer:
    """Let somebody in no more, from their next request on.

    :raise Forbidden: it is oneself.
    """
    here, by = service(), current_person()
    if by.id == id:
        raise Forbidden("Nobody disables themselves. Ask another administrator.")
    with here.database.write() as session:
        people.disable(session, _person(session, id).login, by=by.actor, at=here.ledger.clock())
    flash(_("Disabled: refused from the next request on."), "success")
    return redirect(_address(id), 303)


def enable_submit(id: str) -> Answer:
    """Let somebody in again, with the password, second factor and roles they had."""
    here, by = service(), current_person()
    with here.database.write() as session:
        people.enable(session, _person(session, id).login, by=by.actor, at=here.ledger.clock())
    flash(_("Enabled again, with the password and second factor of before."), "success")
    return redirect(_address(id), 303)


def _page(id: str, form: RolesForm | None = None) -> str:
    with service().database.read() as session:
        found = _person(session, id)
        line = next(each for each in _lines(session) if each.person.id == id)
        names = names_of(session)
        waiting = [
            (each.id, proposing.title(each, names)) for each in proposals.pending(session) if each.target == found.actor
        ]
    return render_template(
        "people/show.html",
        line=line,
        state=STATES[line.state],
        roles=role_words(found.roles),
        form=form or RolesForm(roles=sorted(found.roles), ends_on=found.ends_on or ""),
        role_help=ROLE_HELP,
        role_names=ROLE_NAMES,
        own=found.id == current_person().id,
        waiting=waiting,
    )


def _form(template: str, form: AdminForm) -> str:
    return render_template(template, form=form, role_help=ROLE_HELP, role_names=ROLE_NAMES)


def _proposed(made: Proposal) -> Answer:
    flash(_("Proposed. It takes effect once an approver agrees."), "success")
    return redirect(url_for("web.approvals_show", id=made.id), 303)


def _lines(session: Session) -> list[Line]:
    seen = audit.newest(session, "person.signed_in")
    found = people.listed(session)
    return [Line(each, seen.get(each.actor), _state(each, seen.get(each.actor))) for each in found]


def _state(person: Person, seen: str | None) -> str:
    if person.disabled_at is not None:
        return DISABLED
    if person.ends_on is not None and person.ends_on < calendar_day(service().ledger.clock()).isoformat():
        return ENDED
    return ACTIVE if seen else INVITED


def _wanted(line: Line, query: Query) -> bool:
    role, state = query.filter("role"), query.filter("state")
    return (role is None or role in line.person.roles) and (state is None or line.state == state)


def _person(session: Session, id: str) -> Person:
    found = people.find(session, id)
    if found is None:
        raise NotFound(f"There is no person {id[:20]!r} here. Look them up in the list.")
    return found


def _address(id: str) -> str:
    return url_for("web.people_show", id=id)


PAGES = (
    Page("GET", "/people", index, "people.manage"),
    Page("GET", "/people/new", create, "people.manage"),
    Page("POST", "/people/new", create_submit, "people.manage"),
    Page("GET", "/people/<id>", show, "people.manage"),
    Page("POST", "/people/<id>/roles", roles_submit, "people.manage"),
    Page("POST", "/people/<id>/reset", reset_submit, "people.manage"),
    Page("POST", "/people/<id>/disable", disable_submit, "people.manage"),
    Page("POST", "/people/<id>/enable", enable_submit, "people.manage"),
)

"""Bearer tokens: who may call the API, with which scopes, until when. They end at once, and begin with an approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer
from wtforms import SelectField, StringField

from tracker.access import proposals, tokens
from tracker.access.sources import live_sources
from tracker.access.tokens import Listed
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid
from tracker.web import proposing
from tracker.web.adminforms import AdminForm, CheckboxesField, options
from tracker.web.gate import current_person
from tracker.web.languages import _, lazy
from tracker.web.lists import Column, Filter, Listing, Query, Rows, page_of
from tracker.web.naming import names_of
from tracker.web.pages import Page
from tracker.web.rendering import service
from tracker.workflows import keychanges

SCOPES: Mapping[str, Any] = {
    "read": lazy("read events, figures and the catalogue"),
    "record": lazy("hand in events"),
    "backfill": lazy("hand in events of any age"),
    "amend": lazy("correct and void events"),
    "admin": lazy("look after sources and the quarantine"),
}

LIVE, ENDED, REVOKED = "live", "ended", "revoked"

STATES: Mapping[str, tuple[Any, str]] = {
    LIVE: (lazy("Live"), "good"),
    ENDED: (lazy("Ended"), "quiet"),
    REVOKED: (lazy("Revoked"), "bad"),
}


class TokenForm(AdminForm):
    """A new token."""

    name = StringField(
        lazy("Name of the token"),
        render_kw={"maxlength": 63, "autocomplete": "off"},
        description=lazy("Small letters, digits and hyphens; says whose it is, such as dashboard or ci."),
    )
    scope = CheckboxesField(lazy("May"), choices=options({id: words for id, words in SCOPES.items() if id != "admin"}))
    source = SelectField(
        lazy("As source"),
        validate_choice=False,
        description=lazy("Bound to a source it writes as that source and no other; otherwise for a person."),
    )
    days = StringField(
        lazy("Good for (days)"),
        default="90",
        render_kw={"inputmode": "numeric"},
        description=lazy("1 to 366, from its approval on."),
    )


LISTING: Listing[Listed] = Listing(
    "tokens",
    (
        Column("name", lazy("Token"), lambda each: each.token.name, sortable=True),
        Column("scopes", lazy("May"), lambda each: ", ".join(sorted(each.token.scopes))),
        Column("source", lazy("As source"), lambda each: each.token.source, sortable=True),
        Column("made", lazy("Made"), lambda each: each.created_at, kind="instant", sortable=True),
        Column("ends", lazy("Ends"), lambda each: each.token.expires_at, kind="instant", sortable=True),
        Column("used", lazy("Last used"), lambda each: each.used_at, kind="instant", sortable=True),
        Column(
            "state",
            lazy("State"),
            lambda each: str(STATES[state_of(each)][0]),
            kind="state",
            tone=lambda each: STATES[state_of(each)][1],
        ),
    ),
    filters=(Filter("state", lazy("State"), tuple((state, words) for state, (words, _tone) in STATES.items())),),
    sort="name",
    empty=(lazy("No token yet"), lazy("A token admits a machine or a colleague to the API.")),
)


def index() -> Response | str:
    """Every token there is or was; never its text."""
    with service().database.read() as session:
        found, names = tokens.listed(session), names_of(session)
        waiting = [(each.id, proposing.title(each, names)) for each in proposals.pending(session, [keychanges.TOKEN])]

    def fetch(query: Query) -> Rows[Listed]:
        state = query.filter("state")
        return page_of((each for each in found if state in (None, state_of(each))), query, LISTING.columns)

    return LISTING.answer("tokens/index.html", fetch, waiting=waiting, live=lambda each: state_of(each) == LIVE)


def create() -> str:
    """The form for a new token."""
    return _form(TokenForm())


def create_submit() -> Answer | tuple[str, int]:
    """Propose a new token; it is made, and shown once, when that is approved."""
    form, here = TokenForm(request.form), service()
    try:
        with here.database.write() as session:
            made = keychanges.propose_token(
                session,
                form.text("name"),
                frozenset(form.scope.data or ()),
                source=form.text("source") or None,
                days=form.whole("days"),
                by=current_person(),
                at=here.ledger.clock(),
            )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _form(form), error.status
    flash(_("Proposed. It takes effect once an approver agrees."), "success")
    return redirect(url_for("web.approvals_show", id=made.id), 303)


def revoke_submit(name: str) -> Answer:
    """End a token now.

    :raise NotFound: there is no such token, or it is revoked already.
    """
    here = service()
    with here.database.write() as session:
        tokens.revoke(session, name, by=current_person().actor, at=here.ledger.clock())
    flash(_("Revoked: it opens nothing any more."), "success")
    return redirect(url_for("web.tokens_index"), 303)


def state_of(found: Listed) -> str:
    """Whether a token opens anything now."""
    if found.revoked_at is not None:
        return REVOKED
    return ENDED if found.token.expires_at <= stamp(service().ledger.clock()) else LIVE


def _form(form: TokenForm) -> str:
    with service().database.read() as session:
        found = sorted(each.name for each in live_sources(session))
    form.source.choices = options({"": _("none: for a person"), **{name: name for name in found}})
    return render_template("tokens/create.html", form=form)


PAGES = (
    Page("GET", "/tokens", index, "sources.manage"),
    Page("GET", "/new-token", create, "sources.manage"),
    Page("POST", "/new-token", create_submit, "sources.manage"),
    Page("POST", "/tokens/<name>/revoke", revoke_submit, "sources.manage"),
)

"""Signing in and out: password, second factor, invitation."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, render_template, request, session, url_for
from wtforms import Form

from tracker.access import secondfactor
from tracker.access.people import Person
from tracker.errors import Invalid, NotFound, TooSoon, Unauthorised
from tracker.web import gate
from tracker.web.accountforms import Code, Enrol, SignIn, Welcome
from tracker.web.answers import page, see
from tracker.web.entrance import Entered, Entrance
from tracker.web.gate import SID, half_signed_in, local
from tracker.web.languages import _, lazy
from tracker.web.pages import PUBLIC, Page
from tracker.web.rendering import label, service

PASSWORDS = {
    "must have 12 to 200 characters": lazy("A password has 12 to 200 characters."),
    "must not be your own name": lazy("A password must not be your own name."),
    "is one of those that are tried first": lazy("This is one of the passwords that are tried first."),
    "is not your password": lazy("This is not your password."),
}
"""What is wrong with a password, in people's words."""


def sign_in() -> Any:
    """The form for login and password."""
    gate.check_key()
    after = local(request.args.get("next"))
    if half_signed_in():
        return see(url_for("web.auth_code", next=after))
    return see(after) if g.person else _asked(SignIn(data={"next": after}))


def sign_in_submit() -> Any:
    """The first step; the second follows where one is owed."""
    form = SignIn(request.form)
    if not form.validate():
        return _asked(form, status=422)
    try:
        entered = entrance().password(form.login.data or "", form.password.data or "")
    except Unauthorised:
        return _asked(form, _("Login and password do not fit each other."), status=422)
    except TooSoon as error:
        return _asked(form, too_soon(error), status=429, wait=error.seconds)
    return _enter(entered, form.next.data)


def code() -> Any:
    """The form for the second factor, or for enrolling one."""
    live, after = half_signed_in(), local(request.args.get("next"))
    if live is None:
        return see(after if g.person else url_for("web.auth_sign_in"))
    if live.person.second_factor:
        return _coded(Code(data={"next": after}))
    return enrolling(live.person, Enrol(data={"next": after}))


def code_submit() -> Any:
    """The second step."""
    live = half_signed_in()
    if live is None:
        flash(_("That took too long. Please sign in once more."), "error")
        return see(url_for("web.auth_sign_in"))
    if not live.person.second_factor:
        return enrol_submit(live.person)
    form = Code(request.form)
    if not form.validate():
        return _coded(form, status=422)
    try:
        entered = entrance().code(live, form.code.data or "")
    except Invalid:
        words = _("This code does not fit. Each is good once, and for half a minute: wait for the next one.")
        return _coded(form, words, status=422)
    except TooSoon as error:
        return _coded(form, too_soon(error), status=429, wait=error.seconds)
    return _enter(entered, form.next.data)


def welcome(invitation: str = "") -> Any:
    """The form for choosing a password, as invited."""
    g.logged_path = "/welcome/…"
    gate.check_key()
    who = entrance().invited(invitation) if invitation else None
    return _welcomed(Welcome(data={"invitation": invitation}), who)


def welcome_typed() -> Any:
    """The same, where the invitation is to be typed."""
    return welcome()


def welcome_submit() -> Any:
    """Have the password that was chosen."""
    form, who = Welcome(request.form), None
    try:
        who = entrance().invited(form.invitation.data or "")
        if not form.validate() or not form.same():
            return _welcomed(form, who, status=422)
        entered = entrance().welcome(form.invitation.data or "", form.password.data or "")
    except NotFound:
        return _welcomed(form, words=_("This invitation was used, replaced, or is over. Ask for another."), status=404)
    except Invalid as error:
        told(form, error)
        return _welcomed(form, who, status=422)
    return _enter(entered, None)


def sign_out_submit() -> Any:
    """End this session."""
    if g.live:
        entrance().leave(g.live.person, everywhere=False)
    gate.dismiss()
    flash(_("You are signed out."), "success")
    return see(url_for("web.auth_sign_in"))


def entrance() -> Entrance:
    """The entrance for this request's browser."""
    return Entrance(service(), session.get(SID))


def enrolling(person: Person, form: Enrol, words: str = "", status: int = 200) -> Response:
    """The page that shows a new secret, or the same one again after a slip."""
    key = service().keys.secrets.key
    secret = secondfactor.offered(key, person, form.offer.data or "") or secondfactor.new_secret()
    form.offer.data = secondfactor.offer(key, person, secret)
    address = secondfactor.address(secret, person, label(service().catalogue.organisation.name))
    parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    picture = secondfactor.picture(address)
    return _page("auth/enrol.html", status, form=form, words=words, picture=picture, secret=" ".join(parts))


def enrol_submit(person: Person) -> Any:
    """Enrol the second factor whose secret was shown."""
    form = Enrol(request.form)
    if not form.validate():
        return enrolling(person, form, status=422)
    try:
        entered = entrance().enrol(person, form.offer.data or "", form.code.data or "")
    except Invalid:
        return enrolling(person, form, _("This code does not fit. Wait for the next one and try again."), 422)
    flash(_("From now on you sign in with your password and a code."), "success")
    return _enter(entered, form.next.data)


def too_soon(error: TooSoon) -> str:
    """When to try again, in people's words."""
    return _("Too many attempts failed. This one was not looked at; try again in %(count)s s.", count=error.seconds)


def told(form: Form, error: Invalid) -> None:
    """Put what is wrong beside the field that it is about."""
    for mistake in error.mistakes:
        field = form[mistake.pointer]
        field.errors = [*field.errors, PASSWORDS.get(mistake.message, mistake.message)]


def _enter(entered: Entered, after: str | None) -> Response:
    flashes = session.get("_flashes")
    gate.admit(entered.sid)
    if flashes:
        session["_flashes"] = flashes
    return see(local(after) if entered.complete else url_for("web.auth_code", next=local(after)))


def _asked(form: SignIn, words: str = "", status: int = 200, wait: int | None = None) -> Response:
    provider = service().settings.oidc_issuer is not None
    return _page("auth/sign_in.html", status, wait, form=form, words=words, provider=provider)


def _coded(form: Code, words: str = "", status: int = 200, wait: int | None = None) -> Response:
    return _page("auth/code.html", status, wait, form=form, words=words)


def _welcomed(form: Welcome, who: Person | None = None, words: str = "", status: int = 200) -> Response:
    return _page("auth/welcome.html", status, form=form, who=who, words=words)


def _page(template: str, status: int, wait: int | None = None, **context: Any) -> Response:
    return page(render_template(template, **context), status, wait)


PAGES = (
    Page("GET", "/login", sign_in, PUBLIC),
    Page("POST", "/login", sign_in_submit, PUBLIC),
    Page("GET", "/login/code", code, PUBLIC),
    Page("POST", "/login/code", code_submit, PUBLIC),
    Page("POST", "/logout", sign_out_submit, PUBLIC),
    Page("GET", "/welcome", welcome_typed, PUBLIC),
    Page("GET", "/welcome/<invitation>", welcome, PUBLIC),
    Page("POST", "/welcome", welcome_submit, PUBLIC),
)

"""One's own account: name and roles, language, password, second factor, and where one is signed in."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, render_template, request, url_for

from tracker.access import passwords, people, sessions
from tracker.access.people import Person
from tracker.errors import Invalid, TooSoon
from tracker.web import gate
from tracker.web.accountforms import ChangePassword, Confirm, Enrol, Language
from tracker.web.answers import page, see
from tracker.web.auth import enrol_submit, enrolling, entrance, told, too_soon
from tracker.web.gate import current_person
from tracker.web.languages import COOKIE, _, locale, locales, name_of
from tracker.web.naming import ROLE_HELP, ROLE_NAMES
from tracker.web.pages import Page
from tracker.web.rendering import service

ACCOUNT = "account"


def show() -> Response:
    """Everything about who is signed in that they may see and change."""
    return _shown(ChangePassword(), current_person())


def password_submit() -> Response:
    """Have another password. Other sessions end; this one goes on."""
    form, person = ChangePassword(request.form), current_person()
    if not form.validate() or not form.same():
        return _shown(form, person, status=422)
    try:
        entered = entrance().change_password(person, form.present.data or "", form.password.data or "")
    except Invalid as error:
        told(form, error)
        return _shown(form, person, status=422)
    except TooSoon as error:
        return _shown(form, person, too_soon(error), 429, error.seconds)
    gate.admit(entered.sid)
    flash(_("Your password is changed. Wherever else you were signed in, you no longer are."), "success")
    return see(url_for("web.account_show"))


def second_factor() -> Response:
    """Ask for the password before another second factor is set up."""
    return _confirming(Confirm(), current_person())


def second_factor_submit() -> Any:
    """Show a new secret to who gave their password; have it as second factor once its code is entered."""
    person = current_person()
    if entrance().offered(person, request.form.get("offer", "")):  # made for who gave the password a moment ago
        return enrol_submit(person)
    form = Confirm(request.form)
    if not form.validate():
        return _confirming(form, person, status=422)
    try:
        entrance().confirm(person, form.present.data or "")
    except Invalid as error:
        told(form, error)
        return _confirming(form, person, status=422)
    except TooSoon as error:
        return _confirming(form, person, too_soon(error), 429, error.seconds)
    return enrolling(person, Enrol(data={"next": url_for("web.account_show")}))


def language_submit() -> Response:
    """Read pages in another language from now on, on every device."""
    form = Language(request.form)
    form.locale.choices = [(each, name_of(each)) for each in locales()]
    if form.validate():
        with service().database.write() as writing:
            people.set_locale(writing, current_person(), form.locale.data)
        flash(_("Your language is set."), "success")
    answer = see(url_for("web.account_show"))
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def sign_out_submit() -> Response:
    """End every session of one's own, on every device."""
    entrance().leave(current_person(), everywhere=True)
    gate.dismiss()
    flash(_("You are signed out everywhere."), "success")
    return see(url_for("web.auth_sign_in"))


def _shown(
    form: ChangePassword, person: Person, words: str = "", status: int = 200, wait: int | None = None
) -> Response:
    with service().database.read() as reading:
        places = sessions.count(reading, person, service().ledger.clock())
        has_password = passwords.stored_of(reading, person.id) is not None
    language = Language(data={"locale": person.locale or locale()})
    language.locale.choices = [(each, name_of(each)) for each in locales()]
    mine = [(words, ROLE_HELP[role]) for role, words in ROLE_NAMES.items() if role in person.roles]
    shown = render_template(
        "account/show.html",
        form=form,
        words=words,
        language=language,
        roles=mine,
        places=places,
        has_password=has_password,
    )
    return page(shown, status, wait)


def _confirming(form: Confirm, person: Person, words: str = "", status: int = 200, wait: int | None = None) -> Response:
    shown = render_template("account/second_factor.html", form=form, words=words, replaces=person.second_factor)
    return page(shown, status, wait)


PAGES = (
    Page("GET", "/account", show, ACCOUNT),
    Page("POST", "/account/password", password_submit, ACCOUNT),
    Page("GET", "/account/second-factor", second_factor, ACCOUNT),
    Page("POST", "/account/second-factor", second_factor_submit, ACCOUNT),
    Page("POST", "/account/language", language_submit, ACCOUNT),
    Page("POST", "/account/sign-out", sign_out_submit, ACCOUNT),
)

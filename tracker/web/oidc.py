"""Signing in by a provider of identities. Who it vouches for must be linked to somebody here beforehand."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import structlog
from flask import Response, flash, request, session, url_for

from tracker.errors import Forbidden, NotFound
from tracker.web import gate
from tracker.web.answers import see
from tracker.web.auth import entrance
from tracker.web.gate import local
from tracker.web.languages import _
from tracker.web.pages import PUBLIC, Page
from tracker.web.provider import Provider, ProviderFailed, Visit
from tracker.web.rendering import service

log = structlog.get_logger(__name__)

GOOD_FOR = timedelta(minutes=10)
"""How long a visit to the provider may take."""

_VISIT, _NEXT = "visit", "visit_next"


def start() -> Response:
    """Send the browser to the provider.

    :raise NotFound: the settings name none.
    """
    gate.check_key()
    visit = Visit.begin(service().ledger.clock())
    try:
        address = _provider().address(visit, _back())
    except ProviderFailed as error:
        return _failed(error)
    session[_VISIT], session[_NEXT] = visit.as_dict(), local(request.args.get("next"))
    return see(address)


def back() -> Response:
    """Sign in whom the provider vouches for.

    :raise NotFound: the settings name none.
    """
    provider, kept, after = _provider(), session.pop(_VISIT, None), session.pop(_NEXT, None)
    now = service().ledger.clock()
    try:
        visit = _visit(kept, now)
        if request.args.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
            raise ProviderFailed("Another issuer answered.")
        if not (code := request.args.get("code", "")):
            raise ProviderFailed("The provider refused.")
        subject = provider.subject(visit, code, _back(), now)
        entered = entrance().identity(provider.issuer, subject)
    except ProviderFailed as error:
        return _failed(error)
    except Forbidden:
        flash(_("Nobody here is linked to this account. Ask an administrator to link it to yours."), "error")
        return see(url_for("web.auth_sign_in"))
    gate.admit(entered.sid)
    return see(local(after))


def _visit(kept: object, now: datetime) -> Visit:
    """The visit that this browser was sent on, and that this answer belongs to."""
    if not isinstance(kept, dict):
        raise ProviderFailed("This browser was not sent there.")
    visit = Visit(**kept)
    if not hmac.compare_digest(visit.state.encode(), request.args.get("state", "").encode("utf-8", "replace")):
        raise ProviderFailed("The answer belongs to another visit.")
    if now - datetime.fromisoformat(visit.at) > GOOD_FOR:
        raise ProviderFailed("The visit took too long.")
    return visit


def _provider() -> Provider:
    found = Provider.of(service().settings)
    if found is None:
        raise NotFound("There is no provider of identities in the settings.")
    return found


def _back() -> str:
    own = service().settings.url or request.url_root.rstrip("/")
    return own + url_for("web.oidc_back")


def _failed(error: ProviderFailed) -> Response:
    log.warning("sign-on failed", detail=error.detail)
    flash(_("Your organisation's sign-on did not confirm who you are. Try again, or tell an administrator."), "error")
    return see(url_for("web.auth_sign_in"))


PAGES = (Page("GET", "/login/provider", start, PUBLIC), Page("GET", "/login/provider/back", back, PUBLIC))

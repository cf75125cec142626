"""The gate before every page: who comes, whether they may, and whether it was they who sent this."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, flash, g, request, session, url_for

from tracker.access import sessions
from tracker.access.people import Person
from tracker.access.sessions import Live
from tracker.errors import Forbidden, NotFound, NotReady, Unauthorised
from tracker.service import Service
from tracker.web import cookies, forgery
from tracker.web.answers import see
from tracker.web.languages import _
from tracker.web.pages import PERMISSIONS_OF_PAGES, PUBLIC, TRACELESS, Page, View

HSTS = "max-age=31536000"
SID = "sid"

_WITHOUT_PEOPLE = frozenset(
    {
        "web.static",
        "web.assets_show",
        "web.docs_asset",
        "web.health_healthz",
        "web.health_readyz",
        "web.metrics_metrics",
    }
)
"""Files and figures for machines: the same for everybody, and there although the database is not."""

_FOR_MACHINES = frozenset({"api", "about"})
"""Blueprints that know no sessions: what they answer never depends on a cookie."""

_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,500}", re.ASCII)


def register(app: Flask, service: Service) -> None:
    """Put the gate into an application whose pages are registered."""
    traceless = tuple(_traceless_beginnings(app))
    cookies.configure(app, service.keys.secrets, traceless)
    forgery.register(app)

    @app.before_request
    def arrive() -> None:
        g.person = g.live = None
        g.traceless = cookies.within(request.path, traceless)
        if _for_people() and session.get(SID):
            _recognise(service, session[SID])

    app.after_request(_depart)


def _for_people() -> bool:
    return request.blueprint not in _FOR_MACHINES and request.endpoint not in _WITHOUT_PEOPLE


def guarded(page: Page) -> View:
    """The page's view behind the gate."""

    @wraps(page.view)
    def view(**values: Any) -> Any:
        posted = request.method not in {"GET", "HEAD", "OPTIONS"}
        if posted:
            forgery.check_origin()
        if page.permission == TRACELESS:
            _check_followed(page)
            return page.view(**values)
        if page.permission != PUBLIC and g.person is None:
            return _to_sign_in()
        if posted:
            forgery.check_token()
        if page.permission != PUBLIC and not g.person.may(page.permission):
            raise Forbidden(f"This takes the permission {page.permission}, which none of your roles has.")
        _check_followed(page)
        return page.view(**values)

    return view


def _check_followed(page: Page) -> None:
    if page.kind is not None and page.kind not in _service().catalogue.lifecycles_by_kind:
        raise NotFound(f"This organisation follows no {page.kind}: its catalogue declares none.")


def current_person() -> Person:
    """Who is signed in.

    :raise Unauthorised: nobody is.
    """
    person: Person | None = g.get("person")
    if person is None:
        raise Unauthorised("You are not signed in, or no longer.")
    return person


def half_signed_in() -> Live | None:
    """The session of somebody who has given a password, and still owes the second factor."""
    live: Live | None = g.get("live")
    return live if live is not None and not live.complete else None


def admit(sid: str) -> None:
    """Let the browser carry this session from now on; whatever another one left in the cookie is gone."""
    session.clear()
    session[SID] = sid


def dismiss() -> None:
    """Take the session from the browser."""
    session.clear()


def local(address: str | None) -> str:
    """Where to go on to: a path of this host, whatever else was asked for."""
    return address if address and _LOCAL.fullmatch(address) else "/"


def check_key() -> None:
    """Look whether sessions can be signed.

    :raise NotReady: the secrets' key file is missing.
    """
    assert _service().keys.secrets.key


def _service() -> Service:
    found: Service = current_app.extensions["tracker"]
    return found


def _recognise(service: Service, sid: str) -> None:
    now = service.ledger.clock()
    with service.database.read() as reading:
        live = sessions.look(reading, sid, now)
    if live is None:
        session.pop(SID)
        return
    g.live, g.person = live, live.person if live.complete else None
    if live.complete and live.stale(now):
        with suppress(NotReady), service.database.write() as writing:  # who only reads needs no database that writes
            sessions.seen(writing, sid, now)


def _to_sign_in() -> Response:
    check_key()
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    if half_signed_in():
        return see(url_for("web.auth_code", next=local(here)))
    if request.method != "GET":
        flash(_("You are not signed in, or no longer. Nothing was stored: sign in and try again."), "error")
    return see(url_for("web.auth_sign_in", next=local(here)) if local(here) != "/" else url_for("web.auth_sign_in"))


def _depart(response: Response) -> Response:
    if g.get("traceless"):
        response.headers.pop("Set-Cookie", None)
    if request.is_secure or (_service().settings.url or "").startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    return response


def _traceless_beginnings(app: Flask) -> Iterator[str]:
    """Where nothing of a visit is kept, not even of an address that does not exist there."""
    permissions, rules = app.extensions[PERMISSIONS_OF_PAGES], list(app.url_map.iter_rules())
    beginnings = [(rule.rule.partition("<")[0].rstrip("/"), permissions.get(rule.endpoint)) for rule in rules]
    found = {beginning for beginning, permission in beginnings if permission == TRACELESS}
    assert all(taken == TRACELESS for beginning, taken in beginnings if cookies.within(beginning, found)), found
    yield from sorted(found)

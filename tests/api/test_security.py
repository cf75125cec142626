"""Scopes: each route opens to one scope alone, and every refusal says which one that is."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from tests.api.conftest import Api, problem, token
from tracker.access.tokens import SCOPES
from tracker.api.routes import ROUTES, Route
from tracker.api.security import SIGNATURE

WITH_TOKEN = [route for route in ROUTES if route.scope != SIGNATURE]
WRITING = [route for route in ROUTES if route.method == "POST"]
UNAUTHORISED = {
    "type": "urn:governance-tracker:problem:unauthorised",
    "title": "Credentials are missing or wrong",
    "status": 401,
    "detail": "Send `Authorization: Bearer …` with a live token; `tracker token add` makes one.",
}


def ask(api: Api, route: Route, authorization: str | None, query: str = "") -> TestResponse:
    """Ask for what is not there, so that nothing changes whatever is let through."""
    url = "/api/v1" + re.sub(r"<(?:\w+:)?\w+>", "7", route.rule) + query
    return api.client.open(url, method=route.method, headers={"Authorization": authorization} if authorization else {})


@pytest.fixture
def bearers(api: Api) -> dict[str, str]:
    """A token for each scope, which has no other."""
    return {scope: f"Bearer {token(api.house, f'only-{scope}', scope)}" for scope in SCOPES}


def test_each_route_opens_to_its_scope_and_to_no_other(api: Api, bearers: dict[str, str]) -> None:
    for route in WITH_TOKEN:
        for scope, bearer in bearers.items():
            answer = ask(api, route, bearer)
            if scope == route.scope:
                assert answer.status_code not in {401, 403, 500}, route.rule
                continue
            refused = problem(answer)
            assert (refused["status"], refused["detail"]) == (
                403,
                f"This takes a token with the scope {route.scope}; this one has {scope}.",
            )


def test_all_other_scopes_together_do_not_open_a_route(api: Api) -> None:
    for scope in {route.scope for route in WITH_TOKEN}:
        others = sorted(SCOPES.keys() - {scope})
        bearer = f"Bearer {token(api.house, f'all-but-{scope}', *others)}"
        for route in WITH_TOKEN:
            assert (ask(api, route, bearer).status_code == 403) == (route.scope == scope)


def test_without_a_live_token_every_route_answers_the_same(api: Api) -> None:
    ended = token(api.house, "ended", *SCOPES, days=1)
    later = token(api.house, "later", *SCOPES, days=90)
    api.house.clock.instant = api.house.clock.instant.replace(day=3)
    shown = [None, "", "Bearer", "Bearer ", f"Basic {later}", later, f"Bearer {later}x", f"Bearer {ended}", "Bearer é"]
    for route in WITH_TOKEN:
        for authorization in shown:
            answer = ask(api, route, authorization)
            assert problem(answer) == UNAUTHORISED
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert ask(api, route, f"bEARER {later}").status_code != 401


def test_who_may_not_call_learns_nothing_of_what_is_there(api: Api, bearers: dict[str, str]) -> None:
    """Neither the query nor the body is looked at before the token."""
    for route in WITH_TOKEN:
        other = next(bearer for scope, bearer in bearers.items() if scope != route.scope)
        assert problem(ask(api, route, None, "?colour=red")) == UNAUTHORISED
        assert ask(api, route, other, "?colour=red").status_code == 403


def test_a_signed_route_takes_no_token_in_place_of_a_signature(api: Api) -> None:
    [signed] = [route for route in ROUTES if route.scope == SIGNATURE]
    assert problem(ask(api, signed, f"Bearer {api.token}"))["status"] == 401


def test_what_only_describes_asks_for_nothing(api: Api) -> None:
    for path in ("/openapi.json", "/docs"):
        assert api.client.get(path).status_code == 200


@pytest.mark.parametrize("scope", ["", "everything", "Read", "read "])
def test_a_route_cannot_be_made_for_a_scope_that_nobody_can_have(scope: str) -> None:
    with pytest.raises(ValueError, match=rf"^/new asks for {scope}, a scope that nobody can have$"):
        Route("GET", "/new", lambda: None, scope, "events", "New", {200: "Done"})


def test_a_route_cannot_be_made_without_a_scope() -> None:
    with pytest.raises(TypeError, match="scope"):
        Route(  # type: ignore[call-arg]
            method="GET", rule="/new", view=lambda: None, tag="events", summary="New", answers={200: "Done"}
        )


def test_a_dry_run_asked_of_what_has_none_changes_nothing(api: Api) -> None:
    api.post(api.house.event("desk.case.reported", {"channel": "phone"}))
    before = api.counts()
    headers = {"Authorization": f"Bearer {api.token}"}
    body = {"reason": "a slip", "replaces": 0, "data": {"channel": "mail"}}
    without = [route for route in WRITING if "dry_run" not in route.query().fields]
    for route in without:
        url = "/api/v1" + re.sub(r"<(?:\w+:)?\w+>", "0", route.rule)
        refused = problem(api.client.post(f"{url}?dry_run=1", json=body, headers=headers))
        assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, ["dry_run"])
    assert len(without) == len(WRITING) - 2
    assert api.counts() == before

"""P11: every route, by every method, for everybody who may come, gives what its declared permission says.

The matrix is made from the application's URL map, and the tables of routes are held against it: a route without a
declared permission or scope fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.web.visitors import HOST, Visitor
from tests.web.worlds import CASE_1, NARRATIVE, World, built
from tracker.access.roles import ROLES
from tracker.access.tokens import SCOPES
from tracker.api.routes import ROUTES
from tracker.api.security import SIGNATURE
from tracker.db import Database
from tracker.ledger.heads import read_head
from tracker.web.pages import PUBLIC, TRACELESS
from tracker.web.routes import PAGES
from tracker.workflows import grants

ALL_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
OPEN = frozenset({PUBLIC, TRACELESS})
NO_ROLE = "none of your roles has"

PERMISSION_OF = {f"web.{page.endpoint}": page.permission for page in PAGES} | {
    "web.static": PUBLIC,
    "about.show": PUBLIC,
}
SCOPE_OF = {f"api.{route.endpoint}": route.scope for route in ROUTES}

ELSEWHERE: Mapping[str, frozenset[int]] = {
    "web.approvals_show": frozenset({200, 404}),  # for who proposed it, may decide it, or reads the trail
    "web.suppliers_rounds_index": frozenset({303}),  # the present round has the page
    "web.auth_code": frozenset({303}),  # there is no half of a session to complete
    "web.auth_sign_in": frozenset({200, 303}),  # who is signed in goes on
    "web.oidc_start": frozenset({404}),  # no provider is set
    "web.oidc_back": frozenset({404}),
    "web.years_show": frozenset({404}),  # the year is not frozen
    "web.years_figure": frozenset({404}),
    "web.candidates_show": frozenset({404}),
    "web.revisions_index": frozenset({404}),
}
"""What else than 200 a GET gives to those whom its permission lets in, and why."""

TAKEN = frozenset({200, 201, 303, 400, 404, 409, 413, 415, 422})
"""What a POST of an empty form or body gives to those whom the permission lets in."""

NOT_THEIRS: Mapping[str, str] = {
    "web.approvals_withdraw_submit": "only who made a proposal withdraws it",
    "web.approvals_pick_up_submit": "only who made it picks up what it made",
    "web.integrity_read_submit": "an officer reads the cases that they are granted",
    "web.integrity_act_submit": "an officer works the cases that they are granted",
    "web.integrity_file_submit": "an officer opens the files of cases that they are granted",
    "web.integrity_access_submit": "officers are proposed by those who may",
    "web.integrity_revoke_submit": "access is ended by its holder or an approver",
    "web.files_open_submit": "files are read by those who may read what is confidential",
    "web.findings_act_submit": "a finding is for assurers and for those who move subjects along",
    "web.auth_sign_in_submit": "an empty name signs nobody in",
}
"""Where a permission is not enough: what the thing itself says may refuse with 403 or 401, too."""

SIGNING_OUT = ("web.account_sign_out_submit", "web.auth_sign_out_submit")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    """A world on each engine."""
    with built(database, tmp_path / "home") as found:
        yield found


def rules(world: World, *blueprints: str) -> list[Rule]:
    found = [each for each in world.site.app.url_map.iter_rules() if each.endpoint.partition(".")[0] in blueprints]
    return sorted(found, key=lambda rule: rule.endpoint in SIGNING_OUT)  # which end the session: last of all


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & ALL_METHODS)


def ask(visitor: Visitor, method: str, path: str) -> TestResponse:
    answer = visitor.get(path) if method == "GET" else visitor.post(path)
    assert answer.text is not None  # read whole, so that files can be closed
    answer.close()
    return answer


def outcome(answer: TestResponse) -> str:
    """What became of a request: led to sign in, refused for want of a permission, or let in."""
    if (answer.status_code == 303 and answer.headers["Location"].startswith("/login?next=")) or _signed_out(answer):
        return "sign in"
    return "forbidden" if answer.status_code == 403 and NO_ROLE in answer.text else "in"


def _signed_out(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.headers["Location"] == "/login"


def fits(rule: Rule, method: str, answer: TestResponse) -> bool:
    """Whether the answer to somebody who is let in is one that the route gives."""
    if method == "GET":
        return answer.status_code in ELSEWHERE.get(rule.endpoint, frozenset({200}))
    return answer.status_code in TAKEN or (answer.status_code in {401, 403} and rule.endpoint in NOT_THEIRS)


def walk(world: World, visitor: Visitor, permissions: frozenset[str] | None) -> list[tuple[str, str, str, int]]:
    """Ask every page for somebody; what did not come out as its permission says. ``None``: nobody is signed in."""
    wrong = []
    for rule in rules(world, "web", "about"):
        path, permission = world.address(rule), PERMISSION_OF[rule.endpoint]
        for method in methods(rule):
            answer = ask(visitor, method, path)
            found = outcome(answer)
            if permission in OPEN:
                good = found != "forbidden" and (rule.endpoint in SIGNING_OUT or fits(rule, method, answer))
            elif permissions is None:
                good = found == "sign in"
            elif permission in permissions:
                good = (found == "in" and fits(rule, method, answer)) or rule.endpoint in SIGNING_OUT
            else:
                good = (found, answer.status_code) == ("forbidden", 403)
            if not good:
                wrong.append((method, rule.rule, found, answer.status_code))
    return wrong


def test_the_url_map_is_exactly_what_the_tables_declare(world: World) -> None:
    """Also what fails when a route comes without a permission or a scope."""
    for blueprint, prefix, table in (("web", "", PAGES), ("api", "/api/v1", ROUTES)):
        declared = {(f"{blueprint}.{each.endpoint}", each.method, prefix + each.rule) for each in table}
        there = {(rule.endpoint, method, rule.rule) for rule in rules(world, blueprint) for method in methods(rule)}
        assert there - {("web.static", "GET", "/static/<path:filename>")} == declared
    others = {rule.endpoint for rule in world.site.app.url_map.iter_rules()} - PERMISSION_OF.keys() - SCOPE_OF.keys()
    assert others == set()


def test_whoever_is_not_signed_in_opens_the_public_pages_alone(world: World) -> None:
    assert walk(world, world.site.visitor(), None) == []


def test_a_token_and_a_signature_open_no_page(world: World) -> None:
    bearer = world.bearer(*SCOPES)
    for rule in rules(world, "web"):
        if PERMISSION_OF[rule.endpoint] in OPEN:
            continue
        for method in methods(rule):
            path = world.address(rule)
            answers = [
                world.site.app.test_client().open(path, method=method, headers=bearer, base_url=HOST),
                world.deliver(path, world.event(), method),
            ]
            assert [outcome(each) for each in answers] == ["sign in", "sign in"], path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_its_permissions_say_and_nothing_else(world: World, role: str) -> None:
    assert walk(world, world.site.signed_in("alice", role), ROLES[role]) == []


def test_an_assurer_sends_nothing_but_findings(world: World) -> None:
    """Read-only otherwise: every other form is refused, or answered as if nothing were there, and records nothing."""
    visitor = world.site.signed_in("alice", "assurer")
    own = {page.endpoint for page in PAGES if page.permission == "account" or page.permission in OPEN}
    before, answers = size_of(world), dict[str, int]()
    for rule in rules(world, "web"):
        name = rule.endpoint.removeprefix("web.")
        if "POST" in methods(rule) and name not in own and not name.startswith("findings_"):
            answers[rule.rule] = ask(visitor, "POST", world.address(rule)).status_code
    assert {rule: status for rule, status in answers.items() if status != 403} == {
        "/new-erasure": 404,
        "/files/<int:seq>": 404,
    }
    assert size_of(world) == before


def size_of(world: World) -> int:
    with world.site.house.database.read() as session:
        return read_head(session).size


def test_an_assurers_account_ends_by_itself(world: World) -> None:
    world.site.person("alice", "assurer")
    world.site.house.clock.instant = datetime(2021, 12, 31, 23, 59, tzinfo=UTC)  # the last minute of the last day
    visitor = world.site.signed_in("alice")
    assert ask(visitor, "GET", "/findings").status_code == 200
    world.site.house.clock.instant = datetime(2022, 1, 1, 0, 1, tzinfo=UTC)
    ended = {"/welcome/<invitation>", "/my/<token>"}  # by then links have ended, too
    assert [each for each in walk(world, visitor, None) if each[1] not in ended] == []
    refused = world.site.visitor()
    assert refused.sign_in("alice").status_code == 422
    assert ask(refused, "GET", "/findings").status_code == 303


def test_who_has_no_role_opens_nothing_but_the_public_pages(world: World) -> None:
    assert walk(world, world.nobody(), frozenset()) == []


def test_all_roles_together_open_everything(world: World) -> None:
    """But for what assurers alone do: they have no other role."""
    chosen = [role for role in ROLES if role != "assurer"]
    visitor = world.site.signed_in("alice", *chosen)
    everything = frozenset().union(*(ROLES[role] for role in chosen))
    assert walk(world, visitor, everything) == []


def test_no_route_takes_another_method_than_its_own(world: World) -> None:
    visitor, bearer = (
        world.site.signed_in("alice", *(each for each in ROLES if each != "assurer")),
        world.bearer(*SCOPES),
    )
    adapter = world.site.app.url_map.bind("tracker.example.org", url_scheme="https")
    for rule in rules(world, "web", "api", "about"):
        path = world.address(rule)
        for method in sorted(ALL_METHODS - set(adapter.allowed_methods(path))):
            for client, headers in ((visitor.client, {}), (world.site.app.test_client(), bearer)):
                answer = client.open(path, method=method, headers=headers, base_url=HOST)
                assert answer.status_code == 405, (method, path)


def call(client: FlaskClient, world: World, rule: Rule, headers: Mapping[str, str]) -> int:
    [method] = methods(rule)
    return client.open(world.address(rule), method=method, headers=headers, base_url=HOST).status_code


def test_each_scope_opens_its_calls_and_no_other(world: World) -> None:
    for scope in SCOPES:
        bearer = world.bearer(scope)
        for rule in rules(world, "api"):
            status, declared = call(world.site.app.test_client(), world, rule, bearer), SCOPE_OF[rule.endpoint]
            if declared == SIGNATURE:
                assert status == 401, rule.rule
            elif declared != scope:
                assert status == 403, (scope, rule.rule)
            else:
                expected = {200, 404, 422} if methods(rule) == ["GET"] else TAKEN
                assert status in expected, (scope, rule.rule, status)


def test_without_a_token_no_call_is_answered_whoever_is_signed_in(world: World) -> None:
    people = [
        world.site.visitor(),
        world.nobody(),
        *(world.site.signed_in(f"a-{n}", role) for n, role in enumerate(ROLES)),
    ]
    for rule in rules(world, "api"):
        for visitor in people:
            for headers in ({}, {"Authorization": "Bearer gtk_x"}):
                assert call(visitor.client, world, rule, headers) == 401, rule.rule


def test_a_signature_opens_its_own_webhook_and_no_other_call(world: World) -> None:
    for rule in rules(world, "api"):
        [method] = methods(rule)
        status = world.deliver(world.address(rule), world.event(), method).status_code
        assert status == (201 if SCOPE_OF[rule.endpoint] == SIGNATURE else 401), rule.rule
    assert world.deliver("/api/v1/webhooks/erp", world.event()).status_code == 401


_TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
"""Signed with the second in which the page was made."""

NARRATIVES = (
    ("GET", f"/integrity/{CASE_1}"),
    ("POST", f"/integrity/{CASE_1}/read"),
    ("GET", f"/subjects/integrity.case/{CASE_1}"),
    ("POST", f"/subjects/integrity.case/{CASE_1}/confidential"),
    ("GET", "/events/0"),
    ("POST", "/files/0"),
    ("GET", "/events"),
    ("GET", "/integrity"),
    ("GET", "/subjects/integrity.case"),
)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_without_a_grant_reads_a_narrative(world: World, role: str) -> None:
    visitor = world.site.signed_in("alice", role)
    for method, path in NARRATIVES:
        answer = ask(visitor, method, path)
        assert NARRATIVE not in answer.text, path
        if method == "POST":
            assert answer.status_code in {403, 404}, path
    hidden = "cases.read" not in ROLES[role]
    assert (ask(visitor, "GET", f"/integrity/{CASE_1}").status_code in {403, 404}) == hidden
    assert (CASE_1 in ask(visitor, "GET", "/events").text) == (not hidden and "events.read" in ROLES[role])
    assert (ask(visitor, "GET", "/events/0").status_code == 200) == (not hidden and "events.read" in ROLES[role])


def test_an_officer_with_a_grant_reads_the_narrative(world: World) -> None:
    visitor, bob = world.site.signed_in("alice", "case_officer"), world.site.person("bob", "approver")
    here, alice = world.site.service, world.site.folk.now("alice")
    with here.database.write() as session:
        at = here.ledger.clock()
        proposed = grants.propose_access(session, here.keys, CASE_1, alice.id, by=alice, at=at)
    found = ask(world.site.signed_in("bob"), "GET", f"/approvals/{proposed.id}")
    assert CASE_1 in found.text
    answer = world.site.signed_in("bob").post(f"/approvals/{proposed.id}/approve", {"digest": proposed.digest})
    assert (answer.status_code, bob.may("cases.work")) == (303, False)
    assert NARRATIVE in ask(visitor, "POST", f"/integrity/{CASE_1}/read").text


@pytest.mark.parametrize("role", sorted(role for role in ROLES if "cases.read" in ROLES[role]))
def test_who_is_named_in_a_case_finds_no_trace_of_it(world: World, role: str) -> None:
    other, named = world.site.signed_in("bob", role), world.site.signed_in("alice", role)
    paths = [path for method, path in NARRATIVES if method == "GET"] + ["/", "/approvals", "/audit"]
    assert CASE_1 in ask(named, "GET", "/integrity").text
    world.name_in_case("Alice")
    for path in paths:
        answer, nothing = ask(named, "GET", path), ask(named, "GET", path.replace(CASE_1, "case-9"))
        shown, wanted = (_TOKEN.sub("", each.text.replace(CASE_1, "case-9")) for each in (answer, nothing))
        assert shown == wanted if CASE_1 in path else CASE_1 not in answer.text, path
        assert answer.status_code == nothing.status_code, path
    assert ask(named, "GET", f"/integrity/{CASE_1}").status_code == 404
    assert CASE_1 in ask(other, "GET", "/integrity").text
    for method, path in NARRATIVES:
        if method == "POST" and CASE_1 in path:
            assert ask(named, method, path).status_code in {403, 404}, path

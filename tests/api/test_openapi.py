"""``GET /openapi.json``: a complete description, and answers that are as it describes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from tests.api.conftest import Api, problem, token
from tests.api.hooks import Hook
from tests.freezing import SIGNER, frozen
from tests.house import second_catalogue, small_catalogue
from tracker.api.components import ANSWERS
from tracker.api.description import described
from tracker.api.problems import PROBLEM
from tracker.api.routes import ROUTES, Route
from tracker.api.security import SIGNATURE
from tracker.catalogue import Catalogue, load
from tracker.intake.streaming import LINE
from tracker.ledger.checkpoints import sign
from tracker.ledger.events import ATTACHED
from tracker.settings import shipped

Call: TypeAlias = Callable[[Api], TestResponse]
Json: TypeAlias = dict[str, Any]

CASE = "desk.case.reported"
PHONE = {"channel": "phone"}
SMALL = described(small_catalogue())
CATALOGUES: dict[str, Callable[[], Catalogue]] = {
    "small": small_catalogue,
    "second": second_catalogue,
    "shipped": lambda: load(shipped("config")),
}


@pytest.fixture(params=CATALOGUES)
def document(request: pytest.FixtureRequest) -> Json:
    """The description over each of three organisations."""
    name: str = request.param
    return described(CATALOGUES[name]())


def operations(document: Json) -> list[Json]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def operation_of(route: Route) -> Json:
    [found] = [each for each in operations(SMALL) if each["operationId"] == route.endpoint]
    return found


def everything_in(value: Any) -> Iterator[Json]:
    """Every object of a document, at any depth."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything_in(each)


def test_the_document_is_valid_openapi(document: Json) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document: Json) -> None:
    found = operations(document)
    assert len({each["operationId"] for each in found}) == len(found) == len(ROUTES)
    for each in found:
        assert each["summary"].strip()
        assert len(each["description"]) > len("One event.")
        for described_part in (*each["responses"].values(), *everything_in(each["parameters"])):
            assert described_part.get("description", "given").strip()
    assert all(each["description"] for route in found for each in route["parameters"] if each["in"] == "query")


def test_every_reference_leads_to_a_schema_and_every_schema_is_used(document: Json) -> None:
    referred = {
        each["$ref"].rpartition("/")[2] for each in everything_in(document) if isinstance(each.get("$ref"), str)
    }
    assert referred == document["components"]["schemas"].keys()


def test_an_event_is_one_of_the_catalogues_types_told_apart_by_type() -> None:
    schemas = SMALL["components"]["schemas"]
    event = schemas["Event"]
    assert event["discriminator"]["mapping"] == {
        name: f"#/components/schemas/{name}" for name in small_catalogue().events if name != ATTACHED
    }
    assert event["oneOf"] == [{"$ref": target} for target in event["discriminator"]["mapping"].values()]


def test_every_route_is_described_and_every_description_is_a_route(api: Api) -> None:
    rules = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in api.client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    paths = described(api.house.catalogue)["paths"]
    assert rules == {(method.upper(), path) for path, operations in paths.items() for method in operations}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint)
def test_an_operation_tells_its_parameters_its_key_and_its_refusals(route: Route) -> None:
    operation = operation_of(route)
    told = {(each["in"], each["name"]) for each in operation["parameters"]}
    named = {("path", name) for name in re.findall(r"<(?:\w+:)?(\w+)>", route.rule)}
    signed = {("header", "webhook-id"), ("header", "webhook-timestamp")} if route.scope == SIGNATURE else set()
    assert told == named | signed | {("query", name) for name in route.query().fields}
    assert operation["security"] == ([{"signature": []}] if route.scope == SIGNATURE else [{"token": []}])
    assert operation.get("x-scope") == (None if route.scope == SIGNATURE else route.scope)
    assert {int(status) for status in operation["responses"]} == {*route.answers, *route.refusals, 401, 403, 429, 503}
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            assert answer["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        else:
            assert PROBLEM not in answer["content"]
    assert ("requestBody" in operation) == bool(route.body)


def test_the_description_is_for_anybody_and_may_be_kept(api: Api) -> None:
    answer = api.client.get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json() == SMALL
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = api.client.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert api.client.get("/openapi.json", headers={"If-None-Match": '"another"'}).data == answer.data


def call(api: Api, method: str, path: str, body: object = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {api.token}"}
    return api.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)


def get(path: str) -> Call:
    return lambda api: call(api, "GET", path)


def post(path: str, body: object = None) -> Call:
    return lambda api: call(api, "POST", path, body)


def hand_in(api: Api) -> TestResponse:
    return api.post(api.house.event(CASE, PHONE))


def sign_and_send(api: Api) -> TestResponse:
    hook = Hook.add(api)
    return hook.post(hook.event())


def amended(how: str, **more: object) -> Call:
    return post(f"/events/0/{how}", {"reason": "a slip", "replaces": 0} | more)


def refused(method: str, how: str = "", body: object = None) -> Call:
    """A call about the first delivery in quarantine."""

    def ask(api: Api) -> TestResponse:
        first, *_ = call(api, "GET", "/quarantine").get_json()["quarantine"]
        return call(api, method, f"/quarantine/{first['id']}{how}", body)

    return ask


HAPPY: dict[str, Call] = {
    "webhooks_receive": sign_and_send,
    "events_create": hand_in,
    "reading_index": get("/events?limit=1"),
    "reading_show": get("/events/0"),
    "reading_history": get("/events/1/versions"),
    "log_proof": get("/events/1/proof?size=3"),
    "log_checkpoints": get("/checkpoints?limit=1"),
    "log_consistency": get("/checkpoints/consistency?first=2&second=5"),
    "amendments_correct": amended("corrections", data=PHONE),
    "amendments_void": amended("void"),
    "cases_index": get("/cases?kind=desk.member&limit=1"),
    "cases_show": get("/cases/desk.member/m-1"),
    "acts_create": post("/cases/desk.member/m-1/desk.member.left", {"data": PHONE}),
    "figures_index": get("/figures?period=2020"),
    "figures_show": get("/figures/desk.cases/2020"),
    "figures_behind": get("/figures/desk.cases/2020/events?limit=1"),
    "passports_show": get("/figures/desk.loss_per_case/2020/passport"),
    "passports_sample": get("/figures/desk.cases/2020/sample?seed=dice&count=1"),
    "catalogue_show": get("/catalogue"),
    "snapshots_index": get("/snapshots"),
    "snapshots_show_year": get("/snapshots/2020"),
    "snapshots_draft": post("/snapshots/2018"),
    "snapshots_candidate": get("/snapshots/2020/candidates?limit=1"),
    "snapshots_restate": post("/snapshots/2020/restatement", {"reason": "a late case"}),
    "snapshots_show": get("/snapshots/2020/1"),
    "snapshots_changed": get("/snapshots/2020/1/changes?since=1"),
    "snapshots_export": get("/snapshots/2020/1/export/json?audience=internal"),
    "sources_index": get("/sources"),
    "sources_create": post("/sources", {"name": "lamp", "uri": "/lamp", "types": ["*"]}),
    "sources_rotate": post("/sources/meter/rotate", {"key": "ed25519"}),
    "sources_retire": post("/sources/meter/retire"),
    "quarantine_index": get("/quarantine?limit=1"),
    "quarantine_show": refused("GET"),
    "quarantine_retry": refused("POST", "/retry"),
    "quarantine_discard": refused("POST", "/discard", {"reason": "a test"}),
}
"""A call of each route that succeeds once :func:`furnished` has been asked for."""


@pytest.fixture
def furnished(api: Api) -> Api:
    """A case and a void of another, a frozen year and a late case, a source, and two deliveries refused for
    their age."""
    confidential = PHONE | {"level": "high", "narrative": "a secret"}
    api.house.record(
        api.house.event(CASE, confidential, subject="case-0", entity="north"), api.house.event(CASE, PHONE)
    )
    api.house.void(1, 1)
    for subject in ("m-1", "m-2"):
        api.house.record(api.house.event("desk.member.joined", PHONE, subject=subject))
    with api.house.database.write() as session:
        sign(session, api.house.catalogue, SIGNER, api.house.clock())
    frozen(api.house.database, api.house.ledger, 2020)
    api.house.record(api.house.event(CASE, PHONE))
    api.source("meter", "/meter", "desk.*")
    clerk = {"Authorization": f"Bearer {token(api.house, 'clerk', 'record')}"}
    for _ in range(2):
        event = api.house.event(CASE, PHONE)
        answer = api.client.post(
            "/api/v1/events", json=event, content_type="application/cloudevents+json", headers=clerk
        )
        assert answer.status_code == 422
    return api


def closed(schema: Any) -> Any:
    """The same schema, where an object has no members but those it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    return inner | {"additionalProperties": False} if "properties" in schema else inner


SCHEMAS = {name: closed(SMALL["components"]["schemas"][name]) for name in ANSWERS}


def check(answer: Any, schema: Json) -> None:
    Draft202012Validator(schema | {"components": {"schemas": SCHEMAS}}).validate(answer)


def test_there_is_a_call_of_every_route() -> None:
    assert HAPPY.keys() == {route.endpoint for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint)
def test_what_is_answered_is_what_is_described(furnished: Api, route: Route) -> None:
    answer = HAPPY[route.endpoint](furnished)
    assert answer.status_code == max(route.answers), answer.text
    content = operation_of(route)["responses"][str(answer.status_code)]["content"]
    check(answer.get_json(), content[answer.content_type]["schema"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.endpoint)
def test_what_is_refused_is_refused_as_described(furnished: Api, route: Route) -> None:
    path = "/api/v1" + re.sub(r"<(?:\w+:)?\w+>", "7", route.rule)
    headers = {"Authorization": f"Bearer {furnished.token}"}
    odd = furnished.client.open(f"{path}?colour=red", method=route.method, data=b"{", headers=headers)
    unknown = furnished.client.open(path, method=route.method)
    for answer in (odd, unknown):
        check(problem(answer), {"$ref": "#/components/schemas/Problem"})
        assert str(answer.status_code) in operation_of(route)["responses"]
    assert (odd.status_code, unknown.status_code) == (422, 401)


def test_the_lines_of_a_stream_are_as_described(furnished: Api) -> None:
    good, bad = furnished.house.event(CASE, PHONE), furnished.house.event(CASE, {"channel": "post"})
    body = "".join(json.dumps(each) + "\n" for each in (good, bad, good)).encode()
    answer = furnished.post(body, LINE)
    assert (answer.status_code, answer.mimetype) == (200, LINE)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.get("status") for line in lines] == ["recorded", "refused", "duplicate", None]
    for line in lines:
        check(line, {"$ref": "#/components/schemas/Line"})

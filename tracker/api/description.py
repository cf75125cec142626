"""``GET /openapi.json``: the API described (OpenAPI 3.1), from the table of routes and the catalogue."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import msgspec
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, current_app
from marshmallow import Schema

from tracker.api.components import ANSWERS, ref
from tracker.api.eventschemas import Json, event_schemas
from tracker.api.parameters import Query
from tracker.api.problems import PROBLEM
from tracker.api.reading import lasting
from tracker.api.routes import ROUTES, Route
from tracker.api.security import SIGNATURE
from tracker.api.state import service
from tracker.catalogue import Catalogue
from tracker.intake.streaming import LINE

JSON = "application/json"
_KEPT = "tracker.description"

_WHY = {
    400: "It cannot be read.",
    401: "Credentials are missing or wrong.",
    403: "Not yours to do.",
    404: "There is no such thing.",
    409: "It contradicts what is on record.",
    413: "It is too large.",
    415: "This content type is not read here.",
    422: "It has mistakes; every one is listed.",
    429: "Too many requests; Retry-After says when to come again.",
    503: "Not now; Retry-After says when to come again. Nothing was stored.",
}
_ALWAYS = (401, 403, 429, 503)
_PARAMETER = re.compile(r"<(?:(int|path):)?(\w+)>")
_ABOUT = (
    "Events in, figures out. Send CloudEvents, signed (Standard Webhooks) or with a bearer token. An answer of 2xx "
    "means that they are on disk; sending again does no harm."
)


def show() -> Response:
    """The description, made when it is first asked for. Its tag is that of its bytes: a new version has a new one."""
    kept = current_app.extensions
    if _KEPT not in kept:
        kept[_KEPT] = msgspec.json.encode(described(service().catalogue))
    body: bytes = kept[_KEPT]
    return lasting(Response(body, content_type=JSON), sha256(body).hexdigest())


def described(catalogue: Catalogue) -> Json:
    """The document, as OpenAPI 3.1.0 defines it."""
    spec = APISpec(
        title="Governance tracker",
        version="1",
        openapi_version="3.1.0",
        info={"description": _ABOUT},
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda schema: _name(schema))],
    )
    _add_schemas(spec, catalogue)
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for route in ROUTES:
        spec.path(_path(route), operations={route.method.lower(): _operation(route)})
    document: Json = spec.to_dict()
    return document


def _add_schemas(spec: APISpec, catalogue: Catalogue) -> None:
    events = event_schemas(catalogue)
    for name, schema in (events | ANSWERS).items():
        spec.components.schema(name, schema)
    mapping = {name: f"#/components/schemas/{name}" for name in events}
    one = {"oneOf": [ref(name) for name in events], "discriminator": {"propertyName": "type", "mapping": mapping}}
    batch = {"type": "array", "items": ref("Event"), "minItems": 1}
    spec.components.schema("Event", one)
    spec.components.schema("Batch", batch)
    spec.components.schema("Delivery", {"anyOf": [ref("Event"), ref("Batch"), {"type": "object"}]})
    spec.components.schema("Lines", {"type": "string", "description": "one event per line"})


def _name(schema: Any) -> str:
    made = schema if isinstance(schema, type) else type(schema)
    return str(made.__name__)


def _path(route: Route) -> str:
    return "/api/v1" + _PARAMETER.sub(r"{\2}", route.rule)


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.endpoint,
        "summary": route.summary,
        "description": " ".join((route.view.__doc__ or "").split()),
        "tags": [route.tag],
        "security": [{"signature": []}] if route.scope == SIGNATURE else [{"token": []}],
        "parameters": [*_in_path(route), *_signed(route), *_in_query(route)],
        "responses": {str(status): _answer(route, name) for status, name in sorted(route.answers.items())}
        | {str(status): _refusal(status) for status in sorted({*route.refusals, *_ALWAYS})},
    }
    if route.scope != SIGNATURE:
        operation["x-scope"] = route.scope
    if route.body:
        content = {media: {"schema": _schema(schema)} for media, schema in route.body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _in_path(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _SEQ if kind == "int" else {"type": "string"}}
        for kind, name in _PARAMETER.findall(route.rule)
    ]


def _in_query(route: Route) -> list[Json]:
    return [] if route.query is Query else [{"in": "query", "schema": route.query}]


def _signed(route: Route) -> list[Json]:
    return [dict(each) for each in _HEADERS] if route.scope == SIGNATURE else []


def _schema(schema: str | type[Schema]) -> Any:
    return ref(schema) if isinstance(schema, str) else schema


def _answer(route: Route, name: str) -> Json:
    content: Json = {JSON: {"schema": ref(name)}}
    if LINE in route.body and name == "Receipts":
        content[LINE] = {"schema": ref("Line")}
    if name == "Export":
        content |= {media: {"schema": {"type": "string", "format": "binary"}} for media in _FILES}
    return {"description": _ANSWERED.get(name, name), "content": content}


def _refusal(status: int) -> Json:
    return {"description": _WHY[status], "content": {PROBLEM: {"schema": ref("Problem")}}}


_SEQ: Json = {"type": "integer", "minimum": 0}
_FILES = ("text/csv", "application/zip")
_ANSWERED = {"Receipts": "A receipt per event, in the order they were sent."}
_HEADERS: tuple[Json, ...] = tuple(
    {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
    for name, words in (
        ("webhook-id", "the delivery's id, the same whenever it is sent again"),
        ("webhook-timestamp", "seconds since 1970, within five minutes of now"),
    )
)
_SCHEMES: dict[str, Json] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made by `tracker token add`; `x-scope` names its scope.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; or `v1a,`: Ed25519",
    },
}

"""Requests made up from the API's own description: no answer that it does not foretell, and none that is our fault."""

from __future__ import annotations

from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.abuse.mutation import ONE, Mutant
from tests.abuse.scene import Scene
from tests.abuse.sending import good_event, knock

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KNOWN = {"seq": 0, "metric": "desk.cases", "period": "2026", "id": 1, "name": "other"}
CALM = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""So many for each operation and engine, the same ones every time."""


def test_every_answer_to_made_up_requests_is_as_described(scene: Scene) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", scene.app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    for body in (good_event("described"), b"{}"):  # one for the log, one for the quarantine
        knock(scene, Mutant(ONE, {}, body), "signed", "described")
    assert len(operations) == sum(len(methods) for methods in schema.raw_schema["paths"].values())
    before = scene.rows()["event"]
    statuses = {operation.label: ask(operation, scene.tokens["all"]) for operation in operations}
    assert {label.split()[0] for label in statuses} == {"GET", "POST"}
    assert all(sum(found.values()) >= 5 for found in statuses.values()), statuses
    assert {status // 100 for found in statuses.values() for status in found} == {2, 4}, statuses
    assert statuses["POST /api/v1/webhooks/{source}"].keys() <= {400, 401, 413, 415, 422}
    recorded = scene.rows()["event"] - before
    assert (recorded > 0) == (201 in statuses["POST /api/v1/events"]), statuses


def make_known(case: Any) -> None:
    """Let a request name what there is, which nobody would guess."""
    for part in (case.path_parameters, case.query):
        for name in KNOWN.keys() & (part or {}).keys():
            part[name] = KNOWN[name]


def ask(operation: Any, token: str) -> Counter[int]:
    """Make up requests for one operation, check the answers, and count their statuses."""
    statuses: Counter[int] = Counter()

    @CALM
    @given(case=operation.as_strategy())
    def examine(case: Any) -> None:
        if sum(statuses.values()) % 2:
            make_known(case)
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}, checks=CHECKS
        )
        statuses[answer.status_code] += 1

    examine()
    return statuses

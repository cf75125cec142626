"""Query parameters are read strictly: what is not known or not right is told, all of it at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Api, problem
from tracker.api.routes import ROUTES

BEHIND = "/figures/desk.cases/2020/events"
FROM_0 = "must be a whole number from 0"
LIMIT = "must be a whole number from 1 to 1000"
TEXT = "must have 1 to 2,000 characters, none of them a control character"
OBJECT = 'must be a JSON object of dimension to value, such as {"region": "china"}'
OFFSET = "write the time of day and an offset too, such as 2020-03-05T10:00:00+08:00"
EVENTS = "is not known; allowed are cursor, limit, period, recorded_since, source, subject, type"

ODD: list[tuple[str, str, list[tuple[str, str]]]] = [
    *(
        ("/events", f"limit={text}", [("limit", LIMIT)])
        for text in ("", "0", "1001", "-1", "%2B1", "01", "1.0", "1e2", "0x1", "１", "all", "%00", "9" * 5_000)
    ),
    *(
        ("/events", f"cursor={text}", [("cursor", FROM_0)])
        for text in ("", "-1", "00", "1.0", "１", "9" * 19, "next", "%00")
    ),
    *((path, "limit=1001", [("limit", LIMIT)]) for path in (BEHIND, "/quarantine")),
    *((path, "as_of=-1", [("as_of", FROM_0)]) for path in ("/figures", "/figures/desk.cases/2020", BEHIND)),
    *(("/events", f"{name}=", [(name, TEXT)]) for name in ("period", "source", "subject", "type")),
    *(("/events", f"{name}=a%00b", [(name, TEXT)]) for name in ("period", "source", "subject", "type")),
    *(("/events", f"{name}={'x' * 2_001}", [(name, TEXT)]) for name in ("source", "type")),
    ("/events", "type=a&type=%00&type=c&type=", [("type", TEXT)]),
    ("/figures", "period=2020&metric=", [("metric", TEXT)]),
    ("/events", "recorded_since=2020-01-01", [("recorded_since", OFFSET)]),
    (
        "/events",
        "recorded_since=9999-12-31T23:59:59-23:59",
        [("recorded_since", "this lies beyond the years that can be recorded")],
    ),
    *((BEHIND, f"cell={text}", [("cell", OBJECT)]) for text in ("[]", '["a"]', '{"a":1}', '{"a":1.5}', '{"a":{}}')),
    ("/quarantine", "all=yes", [("all", "must be 0 or 1")]),
    ("/events", "limit=1&limit=2", [("limit", "may be given once")]),
    ("/events", "limit=1&limit=0", [("limit", "may be given once")]),
    (BEHIND, "cell={}&cell={}", [("cell", "may be given once")]),
    ("/events", "limit=1&Limit=1&type[]=a", [("Limit", EVENTS), ("type[]", EVENTS)]),
    (
        "/events",
        "colour=red&source=a&source=b&limit=x&cursor=y",
        [("colour", EVENTS), ("source", "may be given once"), ("cursor", FROM_0), ("limit", LIMIT)],
    ),
    *(
        (path, "pretty=1", [("pretty", "is not known; allowed are none")])
        for path in ("/events/0", "/events/0/versions", "/catalogue", "/sources")
    ),
]


def test_every_odd_parameter_is_named(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    for path, query, mistakes in ODD:
        refused = problem(api.client.get(f"/api/v1{path}?{query}", headers=headers))
        assert [(each["pointer"], each["message"]) for each in refused["mistakes"]] == mistakes, query
        count = f"{len(mistakes)} mistake{'' if len(mistakes) == 1 else 's'}"
        assert (refused["status"], refused["detail"]) == (422, f"The query has {count}.")


def test_a_cell_that_is_no_json_says_where_it_ends(api: Api) -> None:
    for text in ("{", '{"a": NaN}', '{"a": "b", "a": "c"}', "red", '{"a": "b"} {}'):
        refused = problem(api.get(BEHIND, {"cell": text}))
        [mistake] = refused["mistakes"]
        assert (refused["status"], mistake["pointer"]) == (422, "cell")
        assert "ine 1" in mistake["message"]


def test_every_reading_route_refuses_what_it_does_not_know(api: Api) -> None:
    reading = [route for route in ROUTES if route.method == "GET"]
    for route in reading:
        path = route.rule.replace("<int:seq>", "0").replace("<int:id>", "1")
        path = path.replace("<int:year>", "2020").replace("<int:revision>", "1").replace("<format>", "csv")
        path = path.replace("<metric>", "desk.cases").replace("<period>", "2020")
        refused = problem(api.get(path, {"colour": "red"}))
        allowed = ", ".join(sorted(route.query().fields)) or "none"
        told = {"pointer": "colour", "message": f"is not known; allowed are {allowed}"}
        assert (refused["status"], refused["mistakes"]) == (422, [told]), path
    assert len(reading) >= 15


def test_bounds_are_allowed(api: Api) -> None:
    nothing: dict[str, Any] = {"events": [], "next": None}
    for query in (
        *("limit=1", "limit=1000", "cursor=0", f"cursor={'9' * 18}", f"source={'x' * 2_000}", "type=a&type=b"),
        *("subject=%E5%BF%AB", "source=%FF", "recorded_since=0001-01-01T00:00:00Z", "period=9998"),
    ):
        headers = {"Authorization": f"Bearer {api.token}"}
        assert api.client.get(f"/api/v1/events?{query}", headers=headers).get_json() == nothing, query


NAMES = st.sampled_from(["cursor", "limit", "type", "source", "subject", "period", "recorded_since", "cell", "by"])
TEXTS = st.text(max_size=12) | st.sampled_from(["0", "7", "2020", "2020-02", "2020-02-30T00:00:00Z", "{}", "\x00"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.tuples(NAMES, TEXTS), max_size=4), path=st.sampled_from(["/events", BEHIND, "/figures"]))
def test_no_query_is_our_fault(api: Api, query: list[tuple[str, str]], path: str) -> None:
    answer: Any = api.client.get(
        f"/api/v1{path}?{urlencode(query, errors='surrogatepass')}", headers={"Authorization": f"Bearer {api.token}"}
    )
    assert answer.status_code in {200, 404, 422}
    if answer.status_code == 422:
        named = {each["pointer"] for each in problem(answer)["mistakes"]}
        assert named <= {name for name, _ in query} | {"period", "by"}

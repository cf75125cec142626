"""The schemas of event types: examples that are really valid, and the same yes and no as intake's.

Where JSON Schema cannot say what intake refuses, the difference stands here, value by value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.api.conftest import ONE, Api, problem
from tests.house import House, second_catalogue, small_catalogue
from tracker.api.eventschemas import event_schemas, example_of
from tracker.catalogue import Catalogue, FieldType, load
from tracker.clock import now
from tracker.db import Database
from tracker.errors import Invalid, Malformed
from tracker.intake.accept import Intake
from tracker.intake.parsing import parse_json
from tracker.ledger.events import ATTACHED, OPENED, VOIDED
from tracker.ledger.record import Ledger
from tracker.settings import shipped

CATALOGUES: dict[str, Callable[[], Catalogue]] = {
    "small": small_catalogue,
    "second": second_catalogue,
    "shipped": lru_cache(lambda: load(shipped("config"))),
}
UNKNOWN = "colour"
HOLE = '"what is tried stands here"'

VALUES = (
    *("null", "true", "false", "0", "1", "1.0", "-1", "0.125", "1e2", "1e30", "9007199254740993", "9" * 20),
    *('""', '"a"', '"a b"', r'"a\u0000"', r'"a\n"', r'"\u202e"', '"１"', '"phone"', '"desk"', '"desk.stock"'),
    *('"0"', '"1.50"', '"-1"', '"0.1250"', '"0.1234567891"', '"1e2"', '"007"', '".5"', '"1."', '"+1"'),
    *('"999999999999999999"', '"-999999999999999999"', '"9999999999999999999"'),
    *('"2020"', '"2020-Q2"', '"2020-03"', '"2020-03-05"', '"2020-02-30"', '"2020-03-05T10:00:00"'),
    *('"2020-03-05T10:00:00Z"', '"2020-03-05T24:00:00Z"', '"1999-01-01T00:00:00Z"', '"2999-01-01T00:00:00Z"'),
    *('"https://a.example/"', '"https://a b"', '"ftp://a"', '"/a/b"', '"%zz"'),
    *('"application/json"', '"application/json; charset=utf-8"', '"APPLICATION/JSON"', '"text/plain"'),
    *("[]", '["a"]', '["a","a"]', '["a b"]', '[""]', "[1]", r'["a\n"]'),
    *("{}", '{"a": 1}', '{"seq": 0}', '{"seq": -1}', '{"seq": 0, "id": "b"}', '{"source": "/a", "id": "b"}'),
    *('{"source": "a b", "id": "b"}', '{"channel": "phone"}'),
    *('{"amount": "1", "currency": "CNY"}', '{"amount": 1, "currency": "CNY"}', '{"amount": "1"}'),
    *('{"amount": 1.5, "currency": "CNY"}', '{"amount": "1.234", "currency": "CNY"}'),
    *('{"amount": "1", "currency": "EUR"}', '{"amount": "1", "currency": "CNY", "tax": "1"}'),
    *(json.dumps("x" * length) for length in (200, 201, 2_001, 10_001)),
    json.dumps([str(number) for number in range(1_001)]),
)

CHARACTERS = {r'"a\u0000"', r'"a\n"', r'"\u202e"'}
NOT_AT_ALL = {'"2020-03-05T24:00:00Z"'}
NOT_NOW = {'"1999-01-01T00:00:00Z"', '"2999-01-01T00:00:00Z"'}
LEFT_TO_INTAKE = {
    "id": CHARACTERS,
    "subject": CHARACTERS,
    "source": {*NOT_AT_ALL, *NOT_NOW, r'"a\n"', '"2020-03-05T10:00:00"', '"2020-03-05T10:00:00Z"', '"%zz"'},
    "time": {*NOT_AT_ALL, *NOT_NOW},
    "data of type date": {'"2020-02-30"'},
    "data of type id": CHARACTERS,
    "data of type link": {'"https://a b"'},
    "data of type list": {r'["a\n"]'},
    "data of type number": {
        *('"0"', '"-1"', '"2020"', '"999999999999999999"', '"-999999999999999999"'),  # outside the field's limits
        *("0.125", '"0.1250"'),  # too many decimals, or less than the least
    },
    "data of type text": {r'"a\u0000"'},
    "data of type time": NOT_AT_ALL,
    "tracker.balance.opened quantity": {
        *("0.125", "1e30", "9" * 20, '"0.1250"', '"0.1234567891"', '"1.50"', '"9999999999999999999"'),
    },
    "tracker.balance.opened by": {text for text in VALUES if text.startswith("{")},
    "tracker.balance.opened metric": {'"desk.stock"'},  # one that is broken down, so that `by` is missed
    "tracker.event.corrected reason": {r'"a\u0000"'},
    "tracker.event.voided reason": {r'"a\u0000"'},
    "tracker.period.nothing_to_report period": {'"2020-02-30"'},
}
"""What the schemas let through and intake refuses."""

TAKEN_ANYWAY = {"datacontenttype": {'"application/json; charset=utf-8"', '"APPLICATION/JSON"'}}
"""What the schemas refuse and intake takes."""

EXACT = {"specversion", "type", "entity", "data of type choice", "data of type flag", "data of type integer"}
"""Where both say the same of any value."""


class Place(NamedTuple):
    """Where in an example something is tried: one of its attributes, or ``under`` its data."""

    kind: str
    type: str
    name: str
    under: bool

    def filled(self, example: dict[str, Any], text: str) -> str:
        """The example as JSON with ``text`` in this place."""
        made = deepcopy(example)
        (made["data"] if self.under else made)[self.name] = json.loads(HOLE)
        return json.dumps(made).replace(HOLE, text)


def places(catalogue: Catalogue) -> Iterator[Place]:
    """Every attribute with and without a subject, every kind of field, and every part of the reserved types."""
    seen: set[object] = set()
    for type, schema in event_schemas(catalogue).items():
        if ("subject" in schema["required"]) not in seen:
            seen.add("subject" in schema["required"])
            yield from (Place(name, type, name, False) for name in (*schema["properties"], UNKNOWN))
            yield Place("unknown field", type, UNKNOWN, True)
        fields = catalogue.events[type].fields
        if type.startswith("tracker."):
            yield from (
                Place(f"{type} {name}", type, name, True) for name in schema["properties"]["data"]["properties"]
            )
            continue
        for name, field in fields.items():
            alike = (field.type, field.items, field.scale, field.minimum, field.maximum, field.max_length)
            if alike not in seen:
                seen.add(alike)
                yield Place(f"data of type {field.type}", type, name, True)


@pytest.fixture(params=CATALOGUES)
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """Each of three organisations."""
    name: str = request.param
    return CATALOGUES[name]()


def takes(intake: Intake, text: str) -> bool:
    """Whether intake finds no mistake in an event."""
    try:
        [event] = intake.read([parse_json(text.encode())])
    except (Invalid, Malformed):
        return False
    return not event.mistakes


def test_every_event_type_has_a_schema_whose_example_is_valid(catalogue: Catalogue) -> None:
    schemas = event_schemas(catalogue)
    assert schemas.keys() == catalogue.events.keys() - {ATTACHED}  # which people alone record
    intake = Intake.of(Ledger(catalogue, now))
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(example_of(schema))
        [read] = intake.read([example_of(schema)])
        assert read.mistakes == (), name


@pytest.mark.parametrize("by", [("channel",), ("channel", "level"), ("entity",), ("subject", "channel")])
def test_an_opening_of_a_balance_with_dimensions_is_shown_with_a_cell(by: tuple[str, ...]) -> None:
    small = small_catalogue()
    stock = replace(small.metrics["desk.stock"], by=(by,), events=("desk.case.reported",))
    catalogue = replace(small, metrics={stock.id: stock})
    schema = event_schemas(catalogue)[OPENED]
    example = example_of(schema)
    assert example["data"]["by"].keys() == set(by)
    Draft202012Validator(schema).validate(example)
    assert takes(Intake.of(Ledger(catalogue, now)), json.dumps(example))


def test_the_examples_can_be_recorded(database: Database, catalogue: Catalogue) -> None:
    examples = {name: example_of(schema) for name, schema in event_schemas(catalogue).items()}
    voided = examples.pop(VOIDED)  # of the same event as the correction, so that it cannot follow that one
    house = House.build(database, catalogue)
    for seq, (name, example) in enumerate(examples.items()):
        [receipt] = house.record(example)
        assert (receipt.status, receipt.seq) == ("recorded", seq), name
    replaces = list(examples).index("tracker.event.corrected")
    [receipt] = house.record(voided | {"data": voided["data"] | {"replaces": replaces}})
    assert receipt.status == "recorded"


def test_the_examples_pass_a_dry_run(api: Api) -> None:
    examples = [example_of(schema) for schema in event_schemas(api.house.catalogue).values()]
    assert api.post(examples[0]).status_code == 201  # the one that a correction and a void are shown of
    headers = {"Authorization": f"Bearer {api.token}"}
    before = api.counts()
    for example in examples[1:]:
        answer = api.client.post("/api/v1/events?dry_run=1", json=example, content_type=ONE, headers=headers)
        expected = {"receipts": [{"id": example["id"], "status": "valid"}]}
        assert (answer.status_code, answer.get_json()) == (200, expected), answer.text
    assert api.counts() == before


def test_a_schema_and_intake_say_the_same_but_for_what_is_listed() -> None:
    left: dict[str, set[str]] = {}
    anyway: dict[str, set[str]] = {}
    for make in CATALOGUES.values():
        catalogue = make()
        intake, schemas = Intake.of(Ledger(catalogue, now)), event_schemas(catalogue)
        for place in places(catalogue):
            validator = Draft202012Validator(schemas[place.type])
            for value in VALUES:
                text = place.filled(example_of(schemas[place.type]), value)
                described, taken = validator.is_valid(json.loads(text)), takes(intake, text)
                if described != taken:
                    (left if described else anyway).setdefault(place.kind, set()).add(value)
    assert anyway == TAKEN_ANYWAY
    assert left == LEFT_TO_INTAKE


def test_a_schema_and_intake_ask_for_the_same_parts(catalogue: Catalogue) -> None:
    intake = Intake.of(Ledger(catalogue, now))
    for name, schema in event_schemas(catalogue).items():
        example, validator = example_of(schema), Draft202012Validator(schema)
        for part in example:
            without = {key: value for key, value in example.items() if key != part}
            assert validator.is_valid(without) == takes(intake, json.dumps(without)), (name, part)
        for part in example["data"]:
            data = {key: value for key, value in example["data"].items() if key != part}
            without = example | {"data": data}
            if part != "data":  # the replacement of a correction is judged by what it replaces
                assert validator.is_valid(without) == takes(intake, json.dumps(without)), (name, part)


def test_every_type_of_field_is_compared() -> None:
    kinds = {place.kind for make in CATALOGUES.values() for place in places(make())}
    assert kinds >= {f"data of type {type}" for type in FieldType} | EXACT | LEFT_TO_INTAKE.keys()


TRIED = {
    name: (Intake.of(Ledger(make(), now)), event_schemas(make()), list(places(make())))
    for name, make in CATALOGUES.items()
    if name != "shipped"
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e6, 1e6) | st.text(max_size=8)
    | st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,3})?", fullmatch=True)
    | st.sampled_from([json.loads(value) for value in VALUES]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["amount", "currency", "seq", "id", "source", "channel"]), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(sorted(TRIED)), st.data())
def test_a_schema_refuses_nothing_that_intake_takes(name: str, data: st.DataObject) -> None:
    intake, schemas, found = TRIED[name]
    place = data.draw(st.sampled_from(found))
    value = json.dumps(data.draw(ANYTHING), ensure_ascii=False)
    text = place.filled(example_of(schemas[place.type]), value)
    described = Draft202012Validator(schemas[place.type]).is_valid(json.loads(text))
    taken = takes(intake, text)
    assert described or not taken or value in TAKEN_ANYWAY.get(place.kind, ())
    assert taken or not described or place.kind not in EXACT


def test_a_mistake_in_an_example_is_told_to_who_tries_it(api: Api) -> None:
    example = example_of(event_schemas(api.house.catalogue)["desk.case.reported"])
    refused = problem(api.post(example | {"data": {"channel": "post"}}))
    assert (refused["status"], [each["pointer"] for each in refused["mistakes"]]) == (422, ["/data/channel"])

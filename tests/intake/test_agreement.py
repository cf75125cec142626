"""The compiled checks and the marshmallow schemas say yes to the same data, and to no other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.catalogue.model import Field, FieldType
from tracker.intake.compiled import check_for, compiled
from tracker.intake.exact import ExactNumber
from tracker.intake.schemas import mistakes_of, schema_for

from .small import FIELDS, an_event_type
from .test_fields import ACCEPTED, PARTS, REFUSED

EVENT = an_event_type("fairs.fair.held", FIELDS)
ACCEPTS, SCHEMA = compiled(EVENT), schema_for(EVENT)

TEXTS = st.one_of(
    st.text(max_size=25),
    st.sampled_from(["", "a", "a b", "a\x00", "a\n", "a\r", "\ud800", "a\u202e", "x" * 200, "x" * 201]),
    st.sampled_from(["china", "envy", "CNY"]),
    st.sampled_from(["2020-02-29", "2021-02-29", "2020-02-29T00:00:00Z", "2020-02-29T24:00:00Z"]),
    st.sampled_from(["0001-01-01T00:00:00+01:00", "2020-02-29T00:00:00"]),
    st.sampled_from(["https://a/b", "https://a/b c", "http://", "https://快手.cn", "ftp://a"]),
    st.sampled_from(["https://a/%zz", "https://a/%20"]),
)  # fmt: skip
DECIMALS = st.one_of(
    st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,4})?", fullmatch=True),
    st.from_regex(r"[-+]?[0-9]{0,20}\.?[0-9]{0,20}(e[0-9])?", fullmatch=True),
    st.sampled_from(["-1.5", "-1.51", "1000.25", "1000.26", "1000.250", "-0", "00", "1_0", "１", "9" * 18]),
    st.sampled_from(["9" * 19, "1\n", " 1"]),
)  # fmt: skip
NUMBERS = st.integers(-3, 1_003) | st.integers(-(2**53), 2**53) | DECIMALS | DECIMALS.map(ExactNumber)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.floats()
MONEY = st.fixed_dictionaries(
    {}, optional={"amount": SCALARS, "currency": st.just("CNY") | SCALARS, "tax": SCALARS}
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS | MONEY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
TABLE: list[tuple[str, Any]] = [
    *ACCEPTED,
    *((name, value) for name, value, _ in REFUSED),
    *((name, value) for name, value, _, _ in PARTS),
]
KNOWN = {field.name: [value for name, value in TABLE if name == field.name] for field in FIELDS}
DATA = st.fixed_dictionaries(
    {"region": st.sampled_from(KNOWN["region"]) | st.just("china")},
    optional={name: st.sampled_from(values) | ANYTHING for name, values in KNOWN.items() if name != "region"},
)
MUTATED = st.one_of(
    DATA,
    st.builds(lambda data, name, value: {**data, name: value}, DATA, st.sampled_from([*KNOWN, "seq"]), ANYTHING),
    st.builds(lambda data: {name: data[name] for name in data if name != "region"}, DATA),
    st.dictionaries(st.sampled_from([*KNOWN, "x"]), ANYTHING, max_size=4),
)


def agree(data: dict[str, Any]) -> bool:
    return ACCEPTS(data) is (not mistakes_of(SCHEMA, data, "/data"))


@settings(max_examples=1_000, deadline=None)
@given(MUTATED)
def test_both_agree_on_whole_events(data: dict[str, Any]) -> None:
    assert agree(data)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_both_agree_on_every_field(field: Field, data: st.DataObject) -> None:
    value: Any = data.draw(st.sampled_from(KNOWN[field.name]) | ANYTHING)
    assert agree({"region": "china", field.name: value})


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from([FieldType.INTEGER, FieldType.NUMBER]),
    st.integers(0, 6),
    st.none() | st.decimals(-100, 100, places=3),
    st.none() | st.decimals(-100, 100, places=3),
    NUMBERS,
)  # fmt: skip
def test_both_agree_on_limits(type: FieldType, scale: int, least: Any, most: Any, value: Any) -> None:
    scale = 0 if type is FieldType.INTEGER else scale
    event = an_event_type("a.b", [Field("n", type, {}, minimum=least, maximum=most, scale=scale)])
    assert compiled(event)({"n": value}) is (not mistakes_of(schema_for(event), {"n": value}, ""))


def test_every_type_of_field_is_compared() -> None:
    assert {field.type for field in FIELDS} == set(FieldType)
    assert all(check_for(field) for field in FIELDS)


def test_the_table_is_not_all_of_one_kind() -> None:
    accepted = [pair for pair in TABLE if ACCEPTS({"region": "china", pair[0]: pair[1]})]
    assert accepted == ACCEPTED

"""Canonical JSON: one spelling per value, the one that RFC 8785 gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.canonical import canonical, canonical_bytes
from tracker.intake.exact import ExactNumber

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_spelling_is_that_of_sorted_json_without_spaces(value: Any) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_bytes(value) == canonical(value).encode()
    assert json.loads(canonical(value)) == value


def test_strings_are_escaped_as_the_rfcs_own_example() -> None:
    # RFC 8785, section 3.2.2: the member "string" of the sample object.
    assert canonical('€$\x0f\nA\'B"\\\\"/') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


def test_an_exact_number_is_spelled_as_a_string() -> None:
    assert canonical({"quantity": ExactNumber("12.5")}) == '{"quantity":"12.5"}'


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="complex has no canonical JSON"):
        canonical({"a": 1j})

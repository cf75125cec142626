"""However a configuration is damaged, the answer is a list of mistakes and never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.catalogue import from_documents, load
from tracker.errors import CatalogueInvalid, Mistake

DOCUMENTS = json.loads(load(Path(__file__).parents[1] / "data" / "second").documents)

Where = tuple[str | int, ...]


def places(value: Any, path: Where = ()) -> list[Where]:
    """The paths of everything in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in below for found in places(each, (*path, key)))]


PLACES = [path for path in places(DOCUMENTS) if path]

SCALARS = st.sampled_from([None, True, 0, -1, 7, 10**18, "", "x", "gala", "crew", "2020-01-01", {"$decimal": "1.5"}])
DAMAGE = st.one_of(
    SCALARS,
    st.just([]),
    st.just({}),
    st.lists(SCALARS, max_size=2),
    st.dictionaries(st.sampled_from(["en", "of", "by", "measure"]), SCALARS, max_size=2),
    st.lists(st.lists(SCALARS, max_size=2), max_size=2),
)


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(PLACES), damage=DAMAGE)
def test_one_damaged_value_is_a_catalogue_or_a_list_of_mistakes(path: Where, damage: Any) -> None:
    documents = copy.deepcopy(DOCUMENTS)
    parent = documents
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = damage
    assert all(each.pointer and each.message for each in mistakes_in(json.dumps(documents)))


def mistakes_in(documents: str) -> Sequence[Mistake]:
    try:
        from_documents(documents)
    except CatalogueInvalid as refused:
        return refused.mistakes
    return ()

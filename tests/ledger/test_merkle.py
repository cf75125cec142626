"""Proofs of RFC 6962: the public cases agree, every honest proof holds, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.house import DATA
from tracker.errors import ProofInvalid
from tracker.ledger.merkle import (
    EMPTY,
    Frontier,
    Node,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    root_of,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)

MOST = 70
HUGE = 2**64 - 1


def passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except ProofInvalid:
        return False
    return True


class Inclusion(NamedTuple):
    """What an inclusion proof is checked with."""

    leaf: bytes
    place: int
    size: int
    proof: list[bytes]
    root: bytes

    def holds(self) -> bool:
        return passes(lambda: verify_inclusion(*self))


class Consistency(NamedTuple):
    """What a consistency proof is checked with."""

    first: int
    second: int
    proof: list[bytes]
    root1: bytes
    root2: bytes

    def holds(self) -> bool:
        return passes(lambda: verify_consistency(*self))


def cases(kind: str) -> dict[str, Any]:
    """Public cases by their path."""
    found: dict[str, Any] = json.loads((DATA / "vectors" / f"{kind}.json").read_text("utf-8"))
    return found


def hashes(given: Sequence[str] | None) -> list[bytes]:
    return [b64decode(each) for each in given or ()]


@cache
def leaf(number: int) -> bytes:
    return leaf_hash(f"leaf {number}".encode())


@cache
def node(height: int, index: int) -> bytes:
    """The tree over ``leaf(0)``, ``leaf(1)``, …"""
    return subtree_root([leaf(number) for number in range(index << height, index + 1 << height)])


@cache
def root(size: int) -> bytes:
    """By the definition of RFC 6962, 2.1, without the code under test."""
    return _tree_hash([f"leaf {number}".encode() for number in range(size)])


def _tree_hash(entries: Sequence[bytes]) -> bytes:
    if len(entries) < 2:
        return hashlib.sha256(b"\0" + entries[0] if entries else b"").digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\1" + _tree_hash(entries[:split]) + _tree_hash(entries[split:])).digest()


@pytest.mark.parametrize(("kind", "count", "wrong"), [("inclusion", 80, 75), ("consistency", 63, 59)])
def test_the_public_cases_are_all_there(kind: str, count: int, wrong: int) -> None:
    found = cases(kind).values()
    assert (len(found), sum(each["wantErr"] for each in found)) == (count, wrong)


def test_the_public_cases_of_inclusion_agree() -> None:
    for path, case in cases("inclusion").items():
        place = (b64decode(case["leafHash"]), case["leafIdx"], case["treeSize"])
        claim = Inclusion(*place, hashes(case["proof"]), b64decode(case["root"]))
        assert claim.holds() is not case["wantErr"], path


def test_the_public_cases_of_consistency_agree() -> None:
    for path, case in cases("consistency").items():
        roots = (b64decode(case["root1"]), b64decode(case["root2"]))
        claim = Consistency(case["size1"], case["size2"], hashes(case["proof"]), *roots)
        assert claim.holds() is not case["wantErr"], path


def test_roots_are_those_that_the_rfc_defines() -> None:
    tree = Frontier()
    for size in range(MOST + 1):
        assert root_of(node, size) == tree.root == Frontier(size, tree.hashes).root == root(size)
        tree.append(leaf(size))
    assert root(0) == EMPTY


def test_every_proof_of_every_small_tree_holds() -> None:
    for size in range(1, MOST):
        for index in range(size):
            verify_inclusion(leaf(index), index, size, inclusion(node, index, size), root(size))
            verify_consistency(index + 1, size, consistency(node, index + 1, size), root(index + 1), root(size))


def included(index: int, size: int) -> Inclusion:
    return Inclusion(leaf(index), index, size, inclusion(node, index, size), root(size))


def consistent(first: int, second: int) -> Consistency:
    return Consistency(first, second, consistency(node, first, second), root(first), root(second))


PAIRS = st.integers(1, MOST).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size)))
CLAIMS = PAIRS.map(lambda pair: included(*pair)) | PAIRS.map(lambda pair: consistent(pair[0] + 1, pair[1]))


def but(claim: Inclusion | Consistency, name: str, value: bytes) -> Inclusion | Consistency:
    changed: dict[str, Any] = {name: value}
    return claim._replace(**changed)


def flipped(value: bytes, bit: int) -> bytes:
    return bytes(each ^ (1 << bit % 8 if at == bit // 8 else 0) for at, each in enumerate(value))


@given(CLAIMS, st.data())
def test_a_single_changed_bit_anywhere_is_refused(claim: Inclusion | Consistency, data: st.DataObject) -> None:
    assert claim.holds()
    bit = data.draw(st.integers(0, 255))
    name = data.draw(st.sampled_from([each for each in claim._fields if isinstance(getattr(claim, each), bytes)]))
    assert not but(claim, name, flipped(getattr(claim, name), bit)).holds()
    for at, sibling in enumerate(claim.proof):
        changed = [*claim.proof[:at], flipped(sibling, bit), *claim.proof[at + 1 :]]
        assert not claim._replace(proof=changed).holds()


@given(CLAIMS, st.data())
def test_a_hash_too_many_too_few_or_out_of_place_is_refused(
    claim: Inclusion | Consistency, data: st.DataObject
) -> None:
    proof = claim.proof
    for at in range(len(proof)):
        assert not claim._replace(proof=[*proof[:at], *proof[at + 1 :]]).holds()
        assert not claim._replace(proof=[*proof[:at], proof[at][:-1], *proof[at + 1 :]]).holds()
        assert not claim._replace(proof=[*proof[:at], proof[at] + b"\0", *proof[at + 1 :]]).holds()
        assert not claim._replace(proof=[*proof[:at], b"", *proof[at + 1 :]]).holds()
    for one, other in pairwise(range(len(proof))):
        swapped = [*proof[:one], proof[other], proof[one], *proof[other + 1 :]]
        assert not claim._replace(proof=swapped).holds()
    extra = data.draw(st.sampled_from([*proof, leaf(0), root(claim[1]), bytes(32), b""]))
    for at in range(len(proof) + 1):
        assert not claim._replace(proof=[*proof[:at], extra, *proof[at:]]).holds()


@given(CLAIMS)
def test_hashes_of_another_length_are_refused(claim: Inclusion | Consistency) -> None:
    for name in claim._fields:
        value = getattr(claim, name)
        for wrong in (b"", value[:-1], value + b"\0", value * 2) if isinstance(value, bytes) else ():
            assert not but(claim, name, wrong).holds()


@given(PAIRS, st.integers(0, MOST) | st.sampled_from([-1, HUGE]))
def test_a_proof_of_another_leaf_is_refused(pair: tuple[int, int], other: int) -> None:
    claim = included(*pair)
    assert claim._replace(place=other).holds() is (other == claim.place)
    assert claim._replace(leaf=leaf(other)).holds() is (other == claim.place)


@given(PAIRS, st.integers(0, MOST))
def test_a_proof_for_another_size_is_refused(pair: tuple[int, int], other: int) -> None:
    claim, found = included(*pair), consistent(pair[0] + 1, pair[1])
    assert claim._replace(size=other, root=root(other)).holds() is (other == claim.size)
    if other != found.second:
        assert not found._replace(second=other, root2=root(other)).holds()
    if other != found.first:
        assert not found._replace(first=other, root1=root(other)).holds()


def test_which_size_a_root_has_is_for_a_checkpoint_to_say() -> None:
    claim = included(0, 3)
    assert claim.holds()
    assert claim._replace(size=4).holds()  # the way from leaf 0 to this root would be the same
    assert not claim._replace(size=4, root=root(4)).holds()


@given(PAIRS)
def test_sizes_and_indexes_that_cannot_be_are_refused(pair: tuple[int, int]) -> None:
    claim, found = included(*pair), consistent(pair[0] + 1, pair[1])
    for size in (0, -1, claim.place, HUGE, 2**63):
        assert not claim._replace(size=size).holds()
    for first in (0, -1, found.second + 1, HUGE):
        assert not found._replace(first=first).holds()
        assert not Consistency(first, HUGE - 1, found.proof, found.root1, found.root2).holds()
    for second in (0, -1, found.first - 1, HUGE):
        assert not found._replace(second=second).holds()


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 1), (0, 8), (-1, 3), (4, 3), (HUGE, 8)])
def test_from_size_nothing_or_to_a_smaller_one_there_is_no_proof(first: int, second: int) -> None:
    with pytest.raises(ProofInvalid, match=f"from size {first} to size {second}: the first must be 1 to the second"):
        consistency(node, first, second)
    for proof in ([], [EMPTY], [root(8)]):
        assert not Consistency(first, second, proof, EMPTY, EMPTY).holds()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (HUGE, 3)])
def test_of_a_leaf_that_a_tree_lacks_there_is_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid, match=f"A tree of {size} leaves has no leaf {index}"):
        inclusion(node, index, size)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    assert consistency(node, 7, 7) == []
    assert Consistency(7, 7, [], root(7), root(7)).holds()
    assert not Consistency(7, 7, [], root(7), root(8)).holds()
    assert not Consistency(7, 7, [root(7)], root(7), root(7)).holds()


@cache
def same(height: int) -> bytes:
    """The root over a power of two of one leaf."""
    return node_hash(same(height - 1), same(height - 1)) if height else leaf(0)


def alike(height: int, _index: int) -> bytes:
    return same(height)


@given(st.integers(1, HUGE).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
@settings(max_examples=50)
def test_trees_of_any_size_have_short_proofs_that_hold(pair: tuple[int, int]) -> None:
    index, size = pair
    uniform: Node = alike
    path = inclusion(uniform, index, size)
    verify_inclusion(leaf(0), index, size, path, root_of(uniform, size))
    assert len(path) <= 64
    found = consistency(uniform, index + 1, size)
    verify_consistency(index + 1, size, found, root_of(uniform, index + 1), root_of(uniform, size))
    assert len(found) <= 65

"""Merkle trees of RFC 6962, 2.1: roots, inclusion and consistency proofs, and their verification. Pure.

A tree over ``n`` leaves is split after the largest power of two below ``n``. A node is SHA-256(0x01 ‖ left ‖ right), a
leaf SHA-256(0x00 ‖ what it stands for). Whatever holds the tree gives the hashes of its complete subtrees:
``node(height, index)`` is the root over the leaves from ``index * 2**height`` up to but without
``(index + 1) * 2**height``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tracker.errors import ProofInvalid

Node: TypeAlias = Callable[[int, int], bytes]
"""The hash of a complete subtree, by its height and its index among those of that height."""

HASH = 32
"""Bytes of a hash."""

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

_sha256 = hashlib.sha256


def leaf_hash(header: bytes) -> bytes:
    """The leaf that stands for a header."""
    return _sha256(b"\x00" + header).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree, of which only the roots of its complete subtrees are held: at most one per bit of its size."""

    def __init__(self, size: int = 0, hashes: bytes = b"") -> None:
        """``hashes`` are those roots one after the other, the largest subtree first, as :attr:`hashes` gives them."""
        self.size = size
        self._roots = [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]

    @property
    def hashes(self) -> bytes:
        """The roots of the complete subtrees, the largest first."""
        return b"".join(self._roots)

    @property
    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _folded(self._roots)

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf."""
        roots, size = self._roots, self.size
        while size & 1:
            leaf = _sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes of equal height."""
    while len(hashes) > 1:
        hashes = [
            _sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


def root_of(node: Node, size: int) -> bytes:
    """The root of a tree of ``size`` leaves."""
    return _range(node, 0, size) if size else EMPTY


def inclusion(node: Node, index: int, size: int) -> list[bytes]:
    """The audit path of leaf ``index`` in a tree of ``size`` leaves (RFC 6962, 2.1.1), from the leaf upwards.

    :raise ProofInvalid: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"A tree of {size} leaves has no leaf {index}.")
    path, first, last = [], 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_range(node, middle, last))
            last = middle
        else:
            path.append(_range(node, first, middle))
            first = middle
    return path[::-1]


def consistency(node: Node, first: int, second: int) -> list[bytes]:
    """The proof that a tree of ``second`` leaves begins with the one of ``first`` leaves (RFC 6962, 2.1.2).

    :raise ProofInvalid: ``first`` is 0, which proves nothing, or above ``second``.
    """
    if not 0 < first <= second:
        raise ProofInvalid(f"There is no proof from size {first} to size {second}: the first must be 1 to the second.")
    path, begin, end, whole = [], 0, second, True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(_range(node, middle, end))
            end = middle
        else:
            path.append(_range(node, begin, middle))
            begin, whole = middle, False
    return path[::-1] if whole else [_range(node, begin, end), *path[::-1]]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf`` is leaf ``index`` of the tree of ``size`` leaves with this root (RFC 9162, 2.1.3.2).

    Size and root are to come together, from a checkpoint: where a leaf's way up is the same in trees of two sizes, a
    proof does not tell which of them the root has.

    :raise ProofInvalid: it does not follow from the proof.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"A tree of {size} leaves has no leaf {index}.")
    _check_lengths(leaf, root, *proof)
    found = leaf
    for sibling, left in _upwards(index, size - 1, proof, f"of leaf {index} in a tree of {size} leaves"):
        found = node_hash(sibling, found) if left else node_hash(found, sibling)
    if found != root:
        raise ProofInvalid(f"The proof of leaf {index} does not lead to the root of the tree of {size} leaves.")


def verify_consistency(first: int, second: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the tree of ``second`` leaves begins with the one of ``first`` leaves (RFC 9162, 2.1.4.2).

    :raise ProofInvalid: it does not follow from the proof, or ``first`` is 0, which proves nothing.
    """
    if not 0 < first <= second:
        raise ProofInvalid(f"Nothing is proved from size {first} to size {second}: the first must be 1 to the second.")
    _check_lengths(root1, root2, *proof)
    if first == second:
        if proof or root1 != root2:
            raise ProofInvalid(f"Two trees of {first} leaves have one root and need no proof.")
        return
    if not proof:
        raise ProofInvalid(f"The proof from size {first} to size {second} is empty.")
    path = [root1, *proof] if first & (first - 1) == 0 else proof
    _climb(first, second, path, root1, root2)


def _climb(first: int, second: int, path: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling, left in _upwards(at, last, path[1:], f"from size {first} to size {second}"):
        old = node_hash(sibling, old) if left else old
        new = node_hash(sibling, new) if left else node_hash(new, sibling)
    if old != root1:
        raise ProofInvalid(f"The proof does not lead to the root of the tree of {first} leaves.")
    if new != root2:
        raise ProofInvalid(f"The proof does not lead to the root of the tree of {second} leaves.")


def _upwards(at: int, last: int, proof: Sequence[bytes], which: str) -> Iterator[tuple[bytes, bool]]:
    """Each sibling on the way from a node up to the root, and whether it stands to the left. ``last`` is the index of
    the last node of the same height.

    :raise ProofInvalid: the proof is longer or shorter than the way.
    """
    for sibling in proof:
        if not last:
            raise ProofInvalid(f"The proof {which} is too long.")
        left = bool(at & 1) or at == last
        yield sibling, left
        while left and not at & 1 and at:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    if last:
        raise ProofInvalid(f"The proof {which} is too short.")


def _check_lengths(*hashes: bytes) -> None:
    if any(len(each) != HASH for each in hashes):
        raise ProofInvalid(f"A hash of a proof has {HASH} bytes.")


def _range(node: Node, first: int, last: int) -> bytes:
    """The root over a range of leaves that begins where a subtree does: its complete subtrees, folded."""
    roots = []
    while first < last:
        height = (last - first).bit_length() - 1
        roots.append(node(height, first >> height))
        first += 1 << height
    return _folded(roots)


def _folded(roots: Sequence[bytes]) -> bytes:
    if not roots:
        return EMPTY
    *others, found = roots
    for left in reversed(others):
        found = node_hash(left, found)
    return found


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)

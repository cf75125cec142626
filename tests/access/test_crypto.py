"""What is sealed opens with the same key, in the same place, unchanged; and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.access.crypto import seal, unseal
from tracker.errors import NotReady

KEY = bytes(range(32))


@given(plain=st.binary(max_size=300), place=st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_was_sealed_opens(plain: bytes, place: str) -> None:
    sealed = seal(KEY, plain, place)
    assert unseal(KEY, sealed, place) == plain
    assert len(sealed) == 12 + len(plain) + 16
    assert seal(KEY, plain, place) != sealed


@given(plain=st.binary(max_size=60), at=st.integers(0), flip=st.integers(1, 255))
def test_no_byte_may_change(plain: bytes, at: int, flip: int) -> None:
    sealed = bytearray(seal(KEY, plain, "here"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(NotReady):
        unseal(KEY, bytes(sealed), "here")


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27])
def test_a_cut_end_does_not_open(length: int) -> None:
    with pytest.raises(NotReady):
        unseal(KEY, seal(KEY, b"", "here")[:length], "here")


@pytest.mark.parametrize(("key", "place"), [(bytes(32), "here"), (KEY, "there"), (KEY, "")])
def test_another_key_or_place_does_not_open_it(key: bytes, place: str) -> None:
    with pytest.raises(NotReady) as refused:
        unseal(key, seal(KEY, b"precious", "here"), place)
    assert refused.value.detail == (
        f"{place} does not open with the key in use. Put back the key file that belongs to this database."
    )

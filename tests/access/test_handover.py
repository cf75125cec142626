"""New keys: what is stored of them, and what is handed over."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracker.access.handover import new_key
from tracker.access.signatures import public_text, read_private, read_public, read_secret
from tracker.errors import Invalid

# RFC 8032, 5.1: every point whose order divides eight, in its one canonical spelling for each sign of x.
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def test_a_shared_secret_is_stored_and_handed_over() -> None:
    made = new_key()
    assert list(made.texts) == ["secret"]
    assert made.key == ("hmac", read_secret(made.texts["secret"]))
    assert new_key().key != made.key


def test_of_a_new_pair_only_the_public_key_is_stored() -> None:
    made = new_key("ed25519")
    assert list(made.texts) == ["private_key", "public_key"]
    private = Ed25519PrivateKey.from_private_bytes(read_private(made.texts["private_key"]))
    assert made.key == ("ed25519", private.public_key().public_bytes_raw())
    assert read_public(made.texts["public_key"]) == made.key.content


@pytest.mark.parametrize("kind", [None, "ed25519"])
def test_a_source_may_bring_its_own_public_key(kind: str | None) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    made = new_key(kind, public_text(public))
    assert made.key == ("ed25519", public)
    assert made.texts == {"public_key": public_text(public)}


@pytest.mark.parametrize("point", SMALL)
def test_a_public_key_that_anybody_could_sign_for_is_refused(point: str) -> None:
    with pytest.raises(Invalid, match="Anybody could sign"):
        new_key("ed25519", public_text(bytes.fromhex(point)))


def test_a_second_spelling_of_a_point_is_refused() -> None:
    with pytest.raises(Invalid, match="Anybody could sign"):
        new_key("ed25519", public_text((2**255 - 18).to_bytes(32, "little")))


@pytest.mark.parametrize("text", ["", "whpk_", "whpk_AAAA", "whsk_" + "A" * 43 + "=", "whpk_" + "A" * 42 + "B="])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        new_key("ed25519", text)
    assert [each.as_dict() for each in refused.value.mistakes] == [
        {
            "pointer": "public_key",
            "message": "A webhook public key is whpk_ followed by the Base64 of 32 bytes. Copy it whole.",
        }
    ]


def test_a_shared_secret_has_no_public_key() -> None:
    with pytest.raises(Invalid, match=r"Only ed25519 has public keys\."):
        new_key("hmac", public_text(bytes(range(32))))


@pytest.mark.parametrize("kind", ["hmac", "ed25519"])
def test_what_is_printed_of_a_new_key_holds_no_secret(kind: str) -> None:
    made = new_key(kind)
    for shown in (repr(made), f"{made}", repr(made.key)):
        assert repr(made.key.content) not in shown
        assert all(text not in shown for text in made.texts.values())

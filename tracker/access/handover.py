"""New keys, and what of them is handed over to whoever signs: shown once, then nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tracker.access.signatures import (
    ED25519,
    HMAC,
    new_secret,
    private_text,
    public_of,
    public_text,
    read_public,
    secret_text,
)
from tracker.access.signing import Material
from tracker.errors import Invalid, Malformed, Mistake

KINDS = (HMAC, ED25519)


class Handover(NamedTuple):
    """A key to be stored, and the texts that its source needs, by name: ``secret``, ``private_key``, ``public_key``."""

    key: Material
    texts: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Handover({self.key!r})"  # what is printed by chance must not hold a secret


def new_key(kind: str | None = None, public: str | None = None) -> Handover:
    """A key to sign with: a shared secret (``hmac``, unless another is asked for), a new ``ed25519`` pair, or the
    ``public`` key (``whpk_…``) of a pair that the source made itself. A private key is never stored here.

    :raise Invalid: a public key that is none, or one that goes with a shared secret.
    """
    if public is not None:
        return _given(kind or ED25519, public)
    secret = new_secret()
    if (kind or HMAC) == HMAC:
        return Handover(Material(HMAC, secret), {"secret": secret_text(secret)})
    key = public_of(secret)
    texts = {"private_key": private_text(secret), "public_key": public_text(key)}
    return Handover(Material(ED25519, key), texts)


def _given(kind: str, text: str) -> Handover:
    if kind != ED25519:
        raise Invalid("Only ed25519 has public keys.", [Mistake("public_key", "goes with ed25519 alone")])
    try:
        key = read_public(text)
    except Malformed as error:
        raise Invalid("The public key cannot be read.", [Mistake("public_key", error.detail)]) from None
    if _is_weak(key):
        raise Invalid("Anybody could sign for this public key.", [Mistake("public_key", "is no key of a pair")])
    return Handover(Material(ED25519, key), {"public_key": public_text(key)})


# RFC 8032, 5.1: the y coordinates of the eight points of small order. Signatures for such a "key" need no secret.
_P = 2**255 - 19
_Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


def _is_weak(key: bytes) -> bool:
    y = int.from_bytes(key, "little") & (2**255 - 1)  # the highest bit is the sign of x
    return y % _P in _SMALL or y >= _P

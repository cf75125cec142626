"""Signatures of webhooks as Standard Webhooks 1.0.0 defines them, verified strictly.

What is signed is ``id.timestamp.body``, the body as it was sent. ``v1`` is HMAC-SHA256 with a shared
secret, ``v1a`` is Ed25519. No other header is signed: what stands beside the body can be changed on
the way without breaking a signature.
"""

from __future__ import annotations

import hmac
import re
import secrets
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.errors import Malformed, Unauthorised

HMAC = "hmac"
ED25519 = "ed25519"
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 16
LONGEST_HEADER = 4096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REFUSAL = (
    "Send webhook-id, a webhook-timestamp within five minutes of now, and a webhook-signature over the body "
    "exactly as sent, made with a live key of this source."
)

# Visible ASCII without the full stop, which separates what is signed, and the comma, with which a
# server joins headers that were sent twice.
_ID = re.compile(r"[!-+\-/-~]{1,200}").fullmatch
# Eleven digits reach the year 5138, which a datetime can hold.
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}").fullmatch
# Base64 of 32 and of 64 bytes. The last character before the padding carries bits that must be nought,
# so that each signature has one spelling. A version that is not known here has no comma in it either.
_ENTRY = re.compile(
    r"v1,[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
    r"|v1a,[A-Za-z0-9+/]{85}[AQgw]=="
    r"|(?!v1a?,)v[0-9]+[a-z]?,[A-Za-z0-9+/=_\-]+"
).fullmatch


class Key(NamedTuple):
    """A key that a source may sign with.

    ``kind`` is ``"hmac"``, with the shared secret as ``material``, or ``"ed25519"``, with the 32 bytes
    of the public key.
    """

    id: int
    kind: str
    material: bytes

    def __repr__(self) -> str:
        return f"Key({self.id}, {self.kind!r})"  # what is printed by chance must not hold a secret


class Signed(NamedTuple):
    """The headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` as they came, ``None`` where
    one is missing."""

    id: str | None
    timestamp: str | None
    signature: str | None


def verify(signed: Signed, body: bytes, keys: Sequence[Key], now: datetime) -> tuple[str, Key]:
    """The delivery's id, and the first of ``keys`` that made one of its signatures.

    :param body: the bytes as they came.
    :param keys: the live keys of the source; none of them accepts nothing.
    :param now: the present, aware.
    :raise Unauthorised: with the same sentence whatever is wrong, and nothing else for any text of the headers.
    """
    id, timestamp, signature = signed
    if id is None or timestamp is None or signature is None:
        raise Unauthorised(_REFUSAL)
    entries = _entries(signature)
    if not (entries and _ID(id) and _TIMESTAMP(timestamp) and _is_near(int(timestamp), now)):
        raise Unauthorised(_REFUSAL)
    content = f"{id}.{timestamp}.".encode() + body
    # Every key and every signature is tried, so that the time taken does not tell which one fits.
    fitting = [key for key in keys if _fits(key, content, entries)]
    if not fitting:
        raise Unauthorised(_REFUSAL)
    return id, fitting[0]


def _entries(signature: str) -> list[str]:
    """The signatures of the header; none of them if any is malformed."""
    if len(signature) > LONGEST_HEADER:
        return []
    entries = signature.split(" ")
    if len(entries) > MOST_SIGNATURES or None in map(_ENTRY, entries):
        return []
    return entries


def _is_near(timestamp: int, now: datetime) -> bool:
    return -TOLERANCE <= now - (_EPOCH + timedelta(seconds=timestamp)) <= TOLERANCE


def _fits(key: Key, content: bytes, entries: list[str]) -> bool:
    if key.kind == HMAC:
        # Entries are canonical: texts are the same exactly if the digests are.
        expected = _v1(key.material, content)
        return sum(hmac.compare_digest(expected, entry) for entry in entries) > 0
    if key.kind == ED25519:
        return sum(_is_signed(key.material, content, entry) for entry in entries if entry.startswith("v1a,")) > 0
    return False


def _is_signed(material: bytes, content: bytes, entry: str) -> bool:
    try:
        _public_key(material).verify(a2b_base64(entry[4:]), content)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=1024)
def _public_key(material: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(material)


def sign(material: bytes, kind: str, id: str, timestamp: int, body: bytes) -> str:
    """One entry of ``webhook-signature``: ``v1,…`` or ``v1a,…``.

    :param material: the shared secret, or the 32 bytes of the Ed25519 private key.
    :param kind: ``"hmac"`` or ``"ed25519"``.
    :param timestamp: whole seconds since 1970, UTC.
    :raise ValueError: for another kind.
    """
    content = f"{id}.{timestamp}.".encode() + body
    if kind == HMAC:
        return _v1(material, content)
    if kind == ED25519:
        return f"v1a,{_base64(Ed25519PrivateKey.from_private_bytes(material).sign(content))}"
    raise ValueError(f"{kind!r} is not a kind of key")


def _v1(secret: bytes, content: bytes) -> str:
    return f"v1,{_base64(hmac.digest(secret, content, 'sha256'))}"


def new_secret() -> bytes:
    """32 random bytes, for a shared secret or an Ed25519 private key."""
    return secrets.token_bytes(32)


def public_of(private: bytes) -> bytes:
    """The 32 bytes of the public key that belongs to an Ed25519 private key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def secret_text(secret: bytes) -> str:
    """``whsec_…``, as a shared secret is shown and handed over."""
    return f"whsec_{_base64(secret)}"


def read_secret(text: str) -> bytes:
    """The shared secret of ``whsec_…``: 24 to 64 bytes, as the specification allows.

    :raise Malformed: without repeating the text.
    """
    secret = _unprefixed(text, "whsec_")
    if secret is None or not 24 <= len(secret) <= 64:
        raise Malformed("A webhook secret is whsec_ followed by the Base64 of 24 to 64 bytes. Copy it whole.")
    return secret


def public_text(public: bytes) -> str:
    """``whpk_…``, as an Ed25519 public key is shown and handed over."""
    return f"whpk_{_base64(public)}"


def read_public(text: str) -> bytes:
    """The 32 bytes of the Ed25519 public key of ``whpk_…``.

    :raise Malformed: saying what is expected.
    """
    public = _unprefixed(text, "whpk_")
    if public is None or len(public) != 32:
        raise Malformed("A webhook public key is whpk_ followed by the Base64 of 32 bytes. Copy it whole.")
    return public


def private_text(private: bytes) -> str:
    """``whsk_…``, as an Ed25519 private key is kept by the one who signs."""
    return f"whsk_{_base64(private)}"


def read_private(text: str) -> bytes:
    """The 32 bytes of the Ed25519 private key of ``whsk_…``.

    :raise Malformed: without repeating the text.
    """
    private = _unprefixed(text, "whsk_")
    if private is None or len(private) != 32:
        raise Malformed("A webhook private key is whsk_ followed by the Base64 of 32 bytes. Copy it whole.")
    return private


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _unprefixed(text: str, prefix: str) -> bytes | None:
    try:
        data = a2b_base64(text.removeprefix(prefix))
    except ValueError:
        return None
    # Written again it must be the same text: nothing skipped, nothing left over.
    return data if text == prefix + _base64(data) else None

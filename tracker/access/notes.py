"""Signed notes (C2SP signed-note): a text that anybody reads, and the Ed25519 signature of a named key below it.

<text, each line ended by a newline>
<empty line>
— <name of the key> <base64 of the key's id (4 bytes) and the signature (64 bytes)>

There may be several signatures; those of keys that a reader does not know are passed over. The name of a key has
neither spaces nor a plus.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.errors import PackInvalid

_ED25519 = b"\x01"
_DASH = "\u2014"
_NAME = re.compile(r"[^\s+]+").fullmatch
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]").search
_MOST_SIGNATURES = 100
_SHORTEST = 5
"""Bytes of a signature line: four of the key's id, and a signature of whatever kind."""


class Signer:
    """An Ed25519 key (RFC 8032) made from a seed of 32 bytes; equal texts get equal signatures."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return f"Signer({self.public.hex()!r})"  # what is printed by chance must not hold the seed

    @cached_property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of a signature."""
        return self._key.sign(message)

    def note(self, text: str, name: str) -> str:
        """A signed note; ``text`` ends with a newline, ``name`` has neither spaces nor a plus."""
        if not _NAME(name) or not text.endswith("\n") or _CONTROL(text):
            raise ValueError("neither text nor name may be other than signed-note has them")
        signature = base64.b64encode(key_id(name, self.public) + self.sign(text.encode())).decode()
        return f"{text}\n{_DASH} {name} {signature}\n"


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes by which a note names a key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """A public key in the one line that others verify with: name, key id and key (C2SP signed-note, vkey)."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def read_verifier_key(text: str) -> tuple[str, bytes]:
    """Name and public key of such a line.

    :raise PackInvalid: it is no such line, or damaged.
    """
    name, _, rest = text.strip().partition("+")
    id, _, key = rest.partition("+")  # the key's base64 may have a plus, too
    raw = _decoded(key)
    if not _NAME(name) or not raw:
        raise PackInvalid("This is no verifier key: it should read NAME+ID+KEY, as `tracker checkpoint key` prints it.")
    if len(raw) != 33 or raw[:1] != _ED25519 or key_id(name, raw[1:]).hex() != id:
        raise PackInvalid("This verifier key is damaged: its id does not belong to its name and key.")
    return name, raw[1:]


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature over ``message`` is this key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def open_note(note: str, name: str, public: bytes) -> str:
    """The text of a note that this key signed.

    :raise PackInvalid: it is no signed note, or the key did not sign it.
    """
    body, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n") or _CONTROL(note):
        raise PackInvalid("This is no signed note: text, an empty line and a signature belong together.")
    text, id = f"{body}\n", key_id(name, public)
    own = [raw[len(id) :] for named, raw in _signatures(signatures) if named == name and raw[: len(id)] == id]
    if not own:
        raise PackInvalid(f"This note is not signed by the key {name}+{id.hex()}.")
    if not all(signed_by(public, text.encode(), signature) for signature in own):
        raise PackInvalid(f"The signature of {name!r} does not fit this note: it was changed.")
    return text


def _signatures(lines: str) -> Iterator[tuple[str, bytes]]:
    """The name of the key, and its id with the signature, of each line.

    :raise PackInvalid: a line is no signature, even if of a key that nobody knows; or there are too many.
    """
    found = lines.removesuffix("\n").split("\n")
    if len(found) > _MOST_SIGNATURES:
        raise PackInvalid(f"This note has more than {_MOST_SIGNATURES} signatures.")
    for number, line in enumerate(found, 1):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        raw = _decoded(encoded)
        if dash != _DASH or not _NAME(name) or len(raw) < _SHORTEST:
            raise PackInvalid(f"Line {number} below the text of this note is no signature.")
        yield name, raw


def _decoded(text: str) -> bytes:
    """The bytes of base64 as it is written in one way only; none if it is not."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""

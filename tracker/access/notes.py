"""Signed notes (C2SP signed-note): a text that anybody reads, and the Ed25519 signature of a named key below it.

<text, each line ended by a newline>
<empty line>
— <name of the key> <base64 of the key's id (4 bytes) and the signature (64 bytes)>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.errors import PackInvalid

_ED25519 = b"\x01"
_DASH = "\u2014"


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
        """A signed note; ``text`` ends with a newline."""
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
    try:
        name, id, key = text.strip().rsplit("+", 2)
        raw = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        raise PackInvalid(
            "This is no verifier key: it should read NAME+ID+KEY, as `tracker checkpoint key` prints it."
        ) from None
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
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise PackInvalid("This is no signed note: text, an empty line and a signature belong together.")
    text += "\n"
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        named, _, encoded = rest.rpartition(" ")
        raw = _decoded(encoded)
        if dash == _DASH and named == name and raw[:4] == key_id(name, public):
            if not signed_by(public, text.encode(), raw[4:]):
                raise PackInvalid(f"The signature of {name!r} does not fit this note: it was changed.")
            return text
    raise PackInvalid(f"This note is not signed by the key {name}+{key_id(name, public).hex()}.")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""

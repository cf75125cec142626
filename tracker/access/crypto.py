"""Sealing of what must not be readable in the database: AES-256-GCM (NIST SP 800-38D), bound to its place."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tracker.errors import NotReady

_NONCE = 12


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Encrypt under a 32-byte key: a random nonce, then ciphertext and tag.

    ``place`` says where the result will stand (table, row, column). It is authenticated, so that one moved
    elsewhere does not open.
    """
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What :func:`seal` closed.

    :raise NotReady: another key, another place, or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        raise NotReady(
            f"{place} does not open with the key in use. Put back the key file that belongs to this database."
        ) from None

"""Receipts of anonymous reports: what a reporter keeps to come back with, and what is kept of it here.

A receipt has 135 random bits, written as 27 characters of Crockford's base 32 and a check character, in groups of
four: ``7K2M-…``. Its letters cannot be taken for digits. Here only its SHA-256 is stored, so that nobody who reads
the database can come back in a reporter's place.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tracker.workflows.models import receipts

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 28
GROUP = 4

_BITS = 5 * (LENGTH - 1)
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_IGNORED = str.maketrans(dict.fromkeys(" \t\r\n-\u2010\u2011\u2012\u2013\u2014\u2212.·・", None))


def new_token() -> str:
    """What a form carries hidden, so that handing it in twice is the same as once. It is random, and all that
    follows from the form follows from it: the receipt, the subject and the event's id."""
    return secrets.token_urlsafe(32)


def receipt_for(token: str) -> str:
    """The receipt of the report that was handed in with this token."""
    number = int.from_bytes(_derived("receipt", token)) >> (256 - _BITS)
    body = "".join(ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    whole = body + _check_character(body)
    return "-".join(whole[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def subject_for(token: str) -> str:
    """The case that the report opens: ``case-`` and twelve characters."""
    number = int.from_bytes(_derived("subject", token)) >> (256 - 60)
    return "case-" + "".join(ALPHABET[number >> shift & 31] for shift in range(55, -1, -5)).lower()


def event_id_for(token: str) -> str:
    """The id of the event that the form becomes. It tells nothing of the token."""
    return "report-" + _derived("event", token).hex()[:32]


def plain(text: str) -> str:
    """A receipt as somebody typed it: spaces, dashes, small letters and look-alikes make no difference."""
    return unicodedata.normalize("NFKC", text[:200]).translate(_IGNORED).upper().translate(_LOOKALIKES)


def well_formed(text: str) -> bool:
    """Whether the check character fits, so that a slip of the pen can be told from a wrong receipt."""
    typed = plain(text)
    return len(typed) == LENGTH and set(typed) <= set(ALPHABET) and _check_character(typed[:-1]) == typed[-1]


def keep(session: Session, receipt: str, subject: str) -> None:
    """Remember a receipt's digest for a case."""
    session.execute(insert(receipts).values(digest=_digest(receipt), subject=subject))


def subject_of(session: Session, receipt: str) -> str | None:
    """The case that a receipt belongs to. Every text costs the same: one hash and one look-up."""
    return session.scalar(select(receipts.c.subject).where(receipts.c.digest == _digest(receipt)))


def any_for(session: Session, subject: str) -> bool:
    """Whether somebody holds a receipt for a case, and so can be answered there."""
    return session.scalar(select(receipts.c.subject).where(receipts.c.subject == subject)) is not None


def _digest(receipt: str) -> bytes:
    return hashlib.sha256(plain(receipt).encode()).digest()


def _derived(purpose: str, token: str) -> bytes:
    return hashlib.sha256(f"tracker report {purpose}\0{token}".encode()).digest()


def _check_character(body: str) -> str:
    """The hybrid system of ISO/IEC 7064 with modulus 32: it finds every single wrong character and nearly all swaps."""
    size = len(ALPHABET)
    product = size
    for character in body:
        total = (product + ALPHABET.index(character)) % size or size
        product = total * 2 % (size + 1)
    return ALPHABET[(1 - product) % size]

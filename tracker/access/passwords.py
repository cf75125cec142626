"""Passwords: Argon2id (RFC 9106), at most a few at a time, and never the ones that everybody tries first."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.accounts import people
from tracker.access.people import Person
from tracker.errors import Invalid, Mistake, Overloaded

SHORTEST, LONGEST = 12, 200
AT_ONCE = 2
"""How many are hashed at a time: each takes 64 MiB."""

_PATIENCE = 2  # seconds: who waits holds a thread that others need
_COMMON = """
passwordpassword password1234 password12345 passw0rdpassw0rd mypassword123 yourpassword changemeplease changeme1234
letmeinletmein letmein12345 welcome12345 welcomewelcome adminadmin12 administrator adminpassword administrator1
qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdf qwerty123456 qwertyqwerty qwerty12345678 asdfghjkl123
asdfghjklzxcv zxcvbnm12345 zxcvbnmasdfg 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 123456789012
1234567890123 12345678901234 123456789012345 1234567890123456 123456123456 1234567891011 0123456789ab 012345678901
098765432109 abcdefghijkl abcdefghijklm abcdefghijklmnop abcd12345678 abcdef123456 abc123abc123 abcabcabcabc
iloveyou1234 iloveyouiloveyou woaini1314520 woaini5201314 5201314520131 testtesttest test12345678 testpassword
secretsecret secret123456 governancetracker trackertracker governance123 compliance123 companypassword
monkey123456 dragon123456 football1234 baseball1234 superman1234 princess1234 sunshine1234 correcthorsebatterystaple
"""
_FEWEST = 5  # different characters


@dataclass(frozen=True)
class Passwords:
    """How passwords are kept. Tests give cheaper parameters than RFC 9106 has (section 4, second choice)."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def hash(self, password: str) -> str:
        """What is kept of a password.

        :raise Overloaded: too many wait for theirs.
        """
        with self._turn():
            return self.hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password behind ``stored``. Where nothing is stored the answer takes as long.

        :raise Overloaded: too many wait for theirs.
        """
        if len(password) > LONGEST:
            password, stored = "", None
        with self._turn():
            try:
                self.hasher.verify(stored or self._nobodys, _normal(password))
            except VerifyMismatchError:
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than are in use."""
        return self.hasher.check_needs_rehash(stored)

    @cached_property
    def _nobodys(self) -> str:
        return self.hasher.hash(secrets.token_urlsafe())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=_PATIENCE):
            raise Overloaded
        try:
            yield
        finally:
            self._turns.release()


def check(password: str, person: Person) -> None:
    """Look whether somebody may choose this password.

    :raise Invalid: too short or long, their own name, or one of the commonest.
    """
    if message := _mistake(_normal(password), person):
        raise Invalid("Choose another password.", [Mistake("password", message)])


def stored_of(session: Session, id: str) -> str | None:
    """The hash of a person's password; none where they have not chosen one."""
    return session.scalar(select(people.c.password).where(people.c.id == id))


def change(session: Session, person: Person, hashed: str, at: datetime) -> None:
    """Give somebody another password, and end all their sessions."""
    values = {"password": hashed, "epoch": people.c.epoch + 1}
    session.execute(update(people).where(people.c.id == person.id).values(values))
    audit.write(session, at, person.actor, "person.password_changed", person.actor)


def rehash(session: Session, id: str, old: str, new: str) -> None:
    """Keep the same password under other parameters, unless another was chosen meanwhile."""
    session.execute(update(people).where(people.c.id == id, people.c.password == old).values(password=new))


def _normal(password: str) -> str:
    """One spelling for the same characters, whichever keyboard wrote them (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def _mistake(password: str, person: Person) -> str | None:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"must have {SHORTEST} to {LONGEST} characters"
    plain = re.sub(r"[\W_]+", "", password.casefold())
    if plain in {re.sub(r"[\W_]+", "", each.casefold()) for each in (person.login, person.name)}:
        return "must not be your own name"
    if plain in _COMMON.split() or len(set(password)) < _FEWEST:
        return "is one of those that are tried first"
    return None

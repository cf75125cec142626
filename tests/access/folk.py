"""People to test with: added, signed in, and changed through the public functions, each in its own transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from argon2 import PasswordHasher

from tests.house import House
from tracker.access import audit, invitations, passwords, people, sessions
from tracker.access.passwords import Passwords
from tracker.access.people import Person

BY = "person:command-line"
PASSWORD = "a long walk by the sea"


def cheap() -> Passwords:
    """Passwords whose hashes take no time, for tests alone."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Folk:
    """A database and those who look after its people."""

    house: House
    passwords: Passwords = field(default_factory=cheap)

    def add(self, login: str, *roles: str, name: str | None = None, ends_on: str | None = None) -> Person:
        """Somebody new, a recorder unless said otherwise, who has chosen :data:`PASSWORD`."""
        invitation = self.invite(login, *roles, name=name, ends_on=ends_on)
        with self.house.database.write() as session:
            invitations.redeem(session, invitation, self.passwords.hash(PASSWORD), self.house.clock())
        return self.now(login)

    def invite(self, login: str, *roles: str, name: str | None = None, ends_on: str | None = None) -> str:
        """Somebody new, who has not chosen a password; their invitation."""
        chosen, at = roles or ("recorder",), self.house.clock()
        with self.house.database.write() as session:
            return people.add(session, login, name or login.title(), chosen, ends_on=ends_on, by=BY, at=at)[1]

    def now(self, login: str) -> Person:
        """Somebody as they stand."""
        with self.house.database.read() as session:
            return people.by_login(session, login)

    def open(self, person: Person, *, complete: bool = True) -> str:
        """A session of somebody."""
        with self.house.database.write() as session:
            return sessions.open(session, person, complete=complete, at=self.house.clock())

    def signed_in(self, sid: str) -> str | None:
        """The login of whoever a session stands for."""
        with self.house.database.read() as session:
            found = sessions.resolve(session, sid, self.house.clock())
        return found.login if found else None

    def use(self, sid: str) -> None:
        """A request with a session: it is in use."""
        with self.house.database.write() as session:
            sessions.seen(session, sid, self.house.clock())

    def disable(self, login: str) -> None:
        """Let somebody in no more."""
        with self.house.database.write() as session:
            people.disable(session, login, by=BY, at=self.house.clock())

    def enable(self, login: str) -> None:
        """Let somebody in again."""
        with self.house.database.write() as session:
            people.enable(session, login, by=BY, at=self.house.clock())

    def reset(self, login: str) -> str:
        """Take away somebody's password."""
        with self.house.database.write() as session:
            return people.reset(session, login, by=BY, at=self.house.clock())

    def set_roles(self, login: str, *roles: str, ends_on: str | None = None) -> Person:
        """Give somebody other roles."""
        at, id = self.house.clock(), self.now(login).id
        with self.house.database.write() as session:
            return people.set_roles(session, id, roles, by=BY, at=at, ends_on=ends_on)

    def choose(self, login: str, password: str) -> None:
        """Let somebody have another password."""
        person, hashed = self.now(login), self.passwords.hash(password)
        with self.house.database.write() as session:
            passwords.change(session, person, hashed, self.house.clock())

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.house.clock.instant += timedelta(**span)

    def trail(self) -> list[tuple[str, str, str, str | None]]:
        """The audit trail, oldest first: actor, action, target, detail."""
        with self.house.database.read() as session:
            return [(each.actor, each.action, each.target, each.detail) for each in reversed(audit.entries(session))]

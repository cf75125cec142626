"""The steps of signing in, each in transactions of its own: password, second factor, invitation, provider.

An attempt is on record, and counted against delays, before it is looked at. A wrong password and an unknown login
take the same path and the same time, and are answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tracker.access import audit, delays, invitations, passwords, people, secondfactor, sessions
from tracker.access.people import Person
from tracker.access.sessions import Live
from tracker.errors import Forbidden, Invalid, Mistake, NotFound, Unauthorised
from tracker.service import Service

REFUSED = "Login and password do not fit each other."


@dataclass(frozen=True)
class Entered:
    """A session that has begun. Without ``complete`` the second factor is next."""

    sid: str
    complete: bool


@dataclass(frozen=True)
class Entrance:
    """Lets people in. ``old`` is the number of the session that a browser comes with; it ends with each step."""

    service: Service
    old: str | None = None

    def password(self, login: str, password: str) -> Entered:
        """The first step.

        :raise TooSoon: after several attempts that failed.
        :raise Unauthorised: unknown, wrong, disabled or ended: never says which.
        """
        name, now = login.strip().casefold(), self._now()
        with self.service.database.write() as session:
            delays.attempt(session, f"login/{name}", now)
            person = _known(session, name)
            stored = passwords.stored_of(session, person.id) if person else None
            target = person.actor if person else "person:unknown"
            audit.write(session, now, target, "person.sign_in_tried", target)
        if not self.service.passwords.verify(stored, password) or stored is None:
            raise Unauthorised(REFUSED)
        outdated = self.service.passwords.outdated(stored)
        renewed = self.service.passwords.hash(password) if outdated else None
        with self.service.database.write() as session:
            person = _known(session, name)
            if person is None or not person.active(now) or passwords.stored_of(session, person.id) != stored:
                raise Unauthorised(REFUSED)
            delays.clear(session, f"login/{name}")
            if renewed:
                passwords.rehash(session, person.id, stored, renewed)
            return self._begin(session, person, now, complete=not self.owes(person))

    def owes(self, person: Person) -> bool:
        """Whether somebody needs a second factor after their password."""
        return person.second_factor or self.service.settings.second_factor == "required"

    def code(self, live: Live, code: str) -> Entered:
        """The second step.

        :raise TooSoon: after several codes that failed.
        :raise Invalid: not the code of now, or one that was used.
        """
        person, now = live.person, self._now()
        with self.service.database.write() as session:
            delays.attempt(session, f"code/{person.id}", now)
            fits = secondfactor.verify(session, person, code, key=self._key(), at=now)
            if fits:
                delays.clear(session, f"code/{person.id}")
                return self._begin(session, person, now, complete=True)
            audit.write(session, now, person.actor, "person.second_factor_failed", person.actor)
        raise Invalid("The code does not fit.", [Mistake("code", "wrong")])

    def enrol(self, person: Person, offer: str, code: str) -> Entered:
        """The second step of who has none yet: they show that their app has the secret that was offered.

        :raise Invalid: it has not.
        """
        secret, now = secondfactor.offered(self._key(), person, offer), self._now()
        if secret is None:
            raise Invalid("This offer is over.", [Mistake("code", "over")])
        with self.service.database.write() as session:
            secondfactor.enrol(session, person, secret, code, key=self._key(), at=now)
            return self._begin(session, people.get(session, person.id), now, complete=True)

    def offered(self, person: Person, offer: str) -> bool:
        """Whether a page of this tracker offered the secret to this person, who has not changed since."""
        return secondfactor.offered(self._key(), person, offer) is not None

    def welcome(self, invitation: str, password: str) -> Entered:
        """Choose a password, as invited.

        :raise NotFound: no such invitation, or no longer.
        :raise Invalid: another password must be chosen.
        """
        now = self._now()
        passwords.check(password, self.invited(invitation))
        hashed = self.service.passwords.hash(password)
        with self.service.database.write() as session:
            id = invitations.redeem(session, invitation, hashed, now)
            person = people.find(session, id) if id else None
            if person is None:
                raise NotFound("This invitation was used, replaced, or is over. Ask an administrator for another.")
            audit.write(session, now, person.actor, "person.invitation_used", person.actor)
            return self._begin(session, person, now, complete=not self.owes(person))

    def invited(self, invitation: str) -> Person:
        """Whom an invitation is for.

        :raise NotFound: no such invitation, or no longer.
        """
        now = self._now()
        with self.service.database.read() as session:
            id = invitations.holder(session, invitation, now)
            person = people.find(session, id) if id else None
        if person is None or not person.active(now):
            raise NotFound("This invitation was used, replaced, or is over. Ask an administrator for another.")
        return person

    def identity(self, issuer: str, subject: str) -> Entered:
        """Sign in whom a provider vouches for; that provider has asked for every factor it wants.

        :raise Forbidden: nobody here is linked to this identity, or they may not sign in.
        """
        now = self._now()
        with self.service.database.write() as session:
            person = people.by_identity(session, issuer, subject)
            if person is not None and person.active(now):
                return self._begin(session, person, now, complete=True)
        raise Forbidden("Nobody here is known by this identity. Ask an administrator to link it to your account.")

    def change_password(self, person: Person, present: str, chosen: str) -> Entered:
        """Let somebody have another password; all their sessions end, and this one begins anew.

        :raise TooSoon: after several attempts that failed.
        :raise Invalid: the present one is wrong, or another must be chosen.
        """
        self.confirm(person, present)
        passwords.check(chosen, person)
        hashed, now = self.service.passwords.hash(chosen), self._now()
        with self.service.database.write() as session:
            passwords.change(session, person, hashed, now)
            return self._begin(session, people.get(session, person.id), now, complete=True)

    def confirm(self, person: Person, password: str) -> None:
        """Ask for the password once more, before what an open session is not enough for.

        :raise TooSoon: after several attempts that failed.
        :raise Invalid: it is wrong.
        """
        with self.service.database.write() as session:
            delays.attempt(session, f"confirm/{person.id}", self._now())
            stored = passwords.stored_of(session, person.id)
        if not self.service.passwords.verify(stored, password):
            raise Invalid("This is not your password.", [Mistake("present", "is not your password")])
        with self.service.database.write() as session:
            delays.clear(session, f"confirm/{person.id}")

    def leave(self, person: Person, *, everywhere: bool) -> None:
        """End this session, or all of them."""
        with self.service.database.write() as session:
            if everywhere:
                sessions.end_all(session, person)
            elif self.old:
                sessions.end(session, self.old)
            action = "person.signed_out_everywhere" if everywhere else "person.signed_out"
            audit.write(session, self._now(), person.actor, action, person.actor)

    def _begin(self, session: Session, person: Person, now: datetime, *, complete: bool) -> Entered:
        if self.old:
            sessions.end(session, self.old)
        if complete:
            audit.write(session, now, person.actor, "person.signed_in", person.actor)
        return Entered(sessions.open(session, person, complete=complete, at=now), complete)

    def _now(self) -> datetime:
        return self.service.ledger.clock()

    def _key(self) -> bytes:
        return self.service.keys.secrets.key


def _known(session: Session, login: str) -> Person | None:
    try:
        return people.by_login(session, login)
    except NotFound:
        return None

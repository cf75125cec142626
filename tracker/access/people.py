"""People: who may sign in, by which name, with which roles, and until when.

``id`` is a pseudonym. Events and the audit trail carry it in place of a name, so that the log need not change when
somebody is forgotten. Whatever changes about a person raises their ``epoch``, which ends their sessions.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.access import audit, invitations
from tracker.access.accounts import people, roles
from tracker.access.roles import ROLES, permissions_of
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
TEMPORARY = "assurer"
"""The role of those from outside: their account has a last day."""

_LOGIN = re.compile(r"[a-z][a-z0-9._@-]{0,62}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Person:
    """Somebody as of now. ``ends_on`` is the last day (``YYYY-MM-DD``, by UTC), ``second_factor`` whether one is
    enrolled. No password, secret or invitation is ever in here."""

    id: str
    login: str
    name: str
    roles: frozenset[str]
    locale: str | None
    ends_on: str | None
    disabled_at: str | None
    epoch: int
    second_factor: bool

    @property
    def permissions(self) -> frozenset[str]:
        """All that their roles permit."""
        return permissions_of(self.roles)

    @property
    def actor(self) -> str:
        """How the audit trail names them."""
        return f"person:{self.id}"

    def may(self, permission: str) -> bool:
        """Whether one of their roles permits this."""
        return permission in self.permissions

    def active(self, at: datetime) -> bool:
        """Whether they may sign in, and go on with what they are doing."""
        return self.disabled_at is None and (self.ends_on is None or _day(at) <= self.ends_on)


def add(
    session: Session, login: str, name: str, roles: Iterable[str], *, ends_on: str | None = None, by: str, at: datetime
) -> tuple[Person, str]:
    """Add somebody; the text is an invitation, with which they choose a password. Nobody can show it again.

    :raise Invalid: a login, name, role or day that cannot be; all mistakes are listed.
    :raise Conflict: the login is taken.
    """
    chosen = frozenset(roles)
    check(login, name, chosen, ends_on, at)
    made, row = invitations.new(at), {"login": login, "name": name, "ends_on": ends_on, "epoch": 0}
    person = f"p-{''.join(secrets.choice(ALPHABET) for _ in range(10))}"
    try:
        with session.begin_nested():
            session.execute(insert(people).values(id=person, created_at=stamp(at), **row, **made.columns))
    except IntegrityError:
        raise Conflict(f"There is or was a person with the login {login!r}. Choose another login.") from None
    _grant(session, person, chosen, at)
    audit.write(session, at, by, "person.added", f"person:{person}", ", ".join(sorted(chosen)))
    return get(session, person), made.text


def check(login: str, name: str, roles: frozenset[str], ends_on: str | None, at: datetime) -> None:
    """Look whether somebody can be as they are described.

    :raise Invalid: a login, name, role or day that cannot be; all mistakes are listed.
    """
    _check(_mistakes_of(login, name), _role_mistakes(roles, ends_on, at))


def disable(session: Session, login: str, *, by: str, at: datetime) -> Person:
    """Let somebody in no more, from their next request on. What they did stays.

    :raise NotFound: there is no such person.
    :raise Conflict: they are disabled already.
    """
    if by_login(session, login).disabled_at is not None:
        raise Conflict(f"{login} is disabled already.")
    return _change(session, login, "person.disabled", by, at, disabled_at=stamp(at), **invitations.NONE)


def enable(session: Session, login: str, *, by: str, at: datetime) -> Person:
    """Let somebody in again, with the password and second factor they had.

    :raise NotFound: there is no such person.
    :raise Conflict: they are not disabled.
    """
    if by_login(session, login).disabled_at is None:
        raise Conflict(f"{login} is not disabled.")
    return _change(session, login, "person.enabled", by, at, disabled_at=None)


def reset(session: Session, login: str, *, by: str, at: datetime) -> str:
    """Take away password and second factor, and return a new invitation: for who lost either, or may have.

    :raise NotFound: there is no such person.
    """
    made = invitations.new(at)
    _change(session, login, "person.reset", by, at, password=None, totp=None, totp_step=None, **made.columns)
    return made.text


def link(session: Session, login: str, issuer: str, subject: str, *, by: str, at: datetime) -> Person:
    """Let somebody sign in by a provider of identities, which knows them as ``subject``.

    :raise NotFound: there is no such person.
    :raise Invalid: an issuer or subject that cannot be.
    :raise Conflict: this identity is somebody else's.
    """
    mistakes = [] if re.fullmatch(r"https?://[!-~]{1,300}", issuer) else [Mistake("issuer", "must be an https address")]
    if not re.fullmatch(r"[ -~]{1,255}", subject):  # OpenID Connect Core 1.0, section 2
        mistakes.append(Mistake("subject", "must be 1 to 255 ASCII characters"))
    _check(mistakes)
    try:
        with session.begin_nested():
            return _change(session, login, "person.linked", by, at, issuer=issuer, subject=subject)
    except IntegrityError:
        raise Conflict(f"{subject!r} of {issuer} is linked to somebody else.") from None


def set_roles(
    session: Session, id: str, roles: Iterable[str], *, by: str, at: datetime, ends_on: str | None = None
) -> Person:
    """Give somebody these roles and no others; ``ends_on`` replaces their last day if it is given.

    :raise NotFound: there is no such person.
    :raise Invalid: a role that there is not, or an assurer without a last day.
    """
    chosen, person = frozenset(roles), get(session, id)
    day = ends_on or person.ends_on
    _check(_role_mistakes(chosen, day, at))
    _grant(session, id, chosen, at)
    return _change(session, person.login, "person.roles_set", by, at, detail=", ".join(sorted(chosen)), ends_on=day)


def set_locale(session: Session, person: Person, locale: str | None) -> None:
    """Remember the language that somebody reads."""
    session.execute(update(people).where(people.c.id == person.id).values(locale=locale))


def find(session: Session, id: str) -> Person | None:
    """The person with this pseudonym."""
    return _first(session, people.c.id, id)


def by_login(session: Session, login: str) -> Person:
    """The person with this login.

    :raise NotFound: there is none.
    """
    found = _first(session, people.c.login, login)
    if found is None:
        raise NotFound(f"There is no person with the login {login[:64]!r}. `tracker user list` shows them.")
    return found


def by_identity(session: Session, issuer: str, subject: str) -> Person | None:
    """The person whom a provider of identities knows as ``subject``."""
    return _first(session, people.c.subject, subject, people.c.issuer == issuer)


def listed(session: Session) -> list[Person]:
    """Everybody there is or was, by login."""
    granted: dict[str, set[str]] = {}
    for row in session.execute(select(roles.c.person, roles.c.role)):
        granted.setdefault(row.person, set()).add(row.role)
    rows = session.execute(select(people).order_by(people.c.login))
    return [_person(row, frozenset(granted.get(row.id, ()))) for row in rows]


def _first(session: Session, column: Any, value: str, *conditions: Any) -> Person | None:
    if "\0" in value:  # which PostgreSQL cannot look for
        return None
    row = session.execute(select(people).where(column == value, *conditions)).first()
    if row is None:
        return None
    return _person(row, frozenset(session.scalars(select(roles.c.role).where(roles.c.person == row.id))))


def get(session: Session, id: str) -> Person:
    """The person with this pseudonym.

    :raise NotFound: there is none.
    """
    found = find(session, id)
    if found is None:
        raise NotFound(f"There is no person {id[:20]!r}.")
    return found


def _person(row: Row[Any], granted: frozenset[str]) -> Person:
    return Person(
        row.id,
        row.login,
        row.name,
        granted,
        row.locale,
        row.ends_on,
        row.disabled_at,
        row.epoch,
        row.totp is not None,
    )


def _change(
    session: Session, login: str, action: str, by: str, at: datetime, detail: str | None = None, **values: Any
) -> Person:
    """Change a row, end the sessions that rest on what it said, and leave a trace."""
    person = by_login(session, login)
    values |= {"epoch": people.c.epoch + 1}
    session.execute(update(people).where(people.c.id == person.id).values(values))
    audit.write(session, at, by, action, person.actor, detail)
    return get(session, person.id)


def _grant(session: Session, id: str, chosen: frozenset[str], at: datetime) -> None:
    held = frozenset(session.scalars(select(roles.c.role).where(roles.c.person == id)))
    if lost := held - chosen:
        session.execute(delete(roles).where(roles.c.person == id, roles.c.role.in_(lost)))
    for role in sorted(chosen - held):
        session.execute(insert(roles).values(person=id, role=role, granted_at=stamp(at)))


def _check(*mistakes: list[Mistake]) -> None:
    if found := [each for some in mistakes for each in some]:
        raise Invalid("The person cannot be like this.", found)


def _mistakes_of(login: str, name: str) -> list[Mistake]:
    found = []
    if not _LOGIN.fullmatch(login):
        found.append(Mistake("login", "begins with a letter; then up to 62 of a-z, 0-9, dot, hyphen, underscore and @"))
    if not 1 <= len(name) <= 100 or not name.isprintable() or name != name.strip():
        found.append(Mistake("name", "must be 1 to 100 printable characters"))
    return found


def _role_mistakes(chosen: frozenset[str], ends_on: str | None, at: datetime) -> list[Mistake]:
    found = [Mistake("roles", f"{each!r} is none of {', '.join(ROLES)}") for each in sorted(chosen - ROLES.keys())]
    if not chosen:
        found.append(Mistake("roles", f"give at least one of {', '.join(ROLES)}"))
    if ends_on is None and TEMPORARY in chosen:
        found.append(Mistake("ends_on", "an assurer's account has a last day"))
    if ends_on is not None and not _is_day(ends_on):
        found.append(Mistake("ends_on", "must be a day, such as 2026-03-31"))
    elif ends_on is not None and ends_on < _day(at):
        found.append(Mistake("ends_on", "lies in the past"))
    return found


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()

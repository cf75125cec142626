"""The demo's people: one per role, made up, each with a random password."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from tracker.access import invitations, people
from tracker.access.people import Person
from tracker.access.roles import ROLES
from tracker.cli.common import OPERATOR
from tracker.service import Service

STAY = timedelta(days=90)
"""How long the demo's assurer may stay."""


def add_people(service: Service, file: Path) -> None:
    """Add one person per role, and write logins and passwords for whoever reads the file: its owner alone."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{login:<18} {password}\n" for login, password in _added(service)), "ascii")


def persona(session: Session, role: str) -> Person:
    """The demo's person with this role."""
    return people.by_login(session, role.replace("_", "-"))


def logins() -> list[str]:
    """Their logins."""
    return [role.replace("_", "-") for role in ROLES]


def _added(service: Service) -> Iterator[tuple[str, str]]:
    now, by = service.ledger.clock(), str(OPERATOR)
    for role, login in zip(ROLES, logins(), strict=True):
        name, password = f"Demo {role.replace('_', ' ').title()}", secrets.token_urlsafe(15)
        ends_on = (now + STAY).date().isoformat() if role == people.TEMPORARY else None
        hashed = service.passwords.hash(password)
        with service.database.write() as session:
            _, invitation = people.add(session, login, name, [role], ends_on=ends_on, by=by, at=now)
            invitations.redeem(session, invitation, hashed, now)
        yield login, password

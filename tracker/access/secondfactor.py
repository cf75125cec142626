"""The second factor: a code of six digits that changes each half minute (TOTP, RFC 6238), each good once."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

import pyotp
import segno
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.accounts import people
from tracker.access.crypto import seal, unseal
from tracker.access.people import Person
from tracker.errors import Invalid, Mistake, NotReady

NEIGHBOURS = (0, -1, 1)
"""Steps that are looked at: the present one, and one on either side for clocks that differ."""

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def new_secret() -> str:
    """A secret of 160 bits, in base32."""
    return pyotp.random_base32()


def address(secret: str, person: Person, issuer: str) -> str:
    """What authenticator apps read: an ``otpauth:`` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=issuer.replace(":", " "))


def picture(text: str) -> str:
    """A QR code as a ``data:`` address of an SVG, dark on white."""
    return segno.make(text, error="m", micro=False).svg_data_uri(scale=5, border=3, light="#fff")


def offer(key: bytes, person: Person, secret: str) -> str:
    """A secret that is shown and not yet enrolled, sealed so that a form can carry it: it serves this person alone."""
    return seal(key, secret.encode(), _offered(person)).hex()


def offered(key: bytes, person: Person, text: str) -> str | None:
    """The secret in what :func:`offer` made; none if it was another's, of before a reset, or never made here."""
    try:
        return unseal(key, bytes.fromhex(text), _offered(person)).decode()
    except (NotReady, ValueError):
        return None


def enrol(session: Session, person: Person, secret: str, code: str, *, key: bytes, at: datetime) -> None:
    """Make ``secret`` somebody's second factor, once a ``code`` shows that they have it. Their sessions end.

    :raise Invalid: it is not the code of this secret.
    """
    step = _step(secret, code, at)
    if step is None:
        raise Invalid("The code does not fit.", [Mistake("code", "is not what the app shows for this secret")])
    values = {
        "totp": seal(key, secret.encode(), _place(person.id)),
        "totp_step": step,
        "epoch": people.c.epoch + 1,
    }
    session.execute(update(people).where(people.c.id == person.id).values(values))
    audit.write(session, at, person.actor, "person.second_factor_enrolled", person.actor)


def verify(session: Session, person: Person, code: str, *, key: bytes, at: datetime) -> bool:
    """Whether this is somebody's code now. It is used up with that: nobody who saw it can use it again.

    :raise NotReady: the secret does not open with ``key``.
    """
    c = people.c
    sealed = session.scalar(select(c.totp).where(c.id == person.id))
    if sealed is None:
        return False
    step = _step(unseal(key, bytes(sealed), _place(person.id)).decode(), code, at)
    if step is None:
        return False
    unused = or_(c.totp_step.is_(None), c.totp_step < step)
    used = update(people).where(c.id == person.id, unused).values(totp_step=step).returning(c.id)
    return session.scalar(used) is not None


def any_enrolled(session: Session) -> bool:
    """Whether anything is sealed here that another key would not open."""
    return session.scalar(select(people.c.id).where(people.c.totp.is_not(None)).limit(1)) is not None


def _step(secret: str, code: str, at: datetime) -> int | None:
    """The step that a code belongs to. All are compared, in the same time."""
    given = code.replace(" ", "")
    if not _CODE.fullmatch(given):
        return None
    totp = pyotp.TOTP(secret)
    steps = [totp.timecode(at) + each for each in NEIGHBOURS]
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), given)]
    return fitting[0] if fitting else None


def _place(id: str) -> str:
    return f"person/{id}/totp"


def _offered(person: Person) -> str:
    return f"person/{person.id}/totp/offered/{person.epoch}"

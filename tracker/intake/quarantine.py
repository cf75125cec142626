"""Quarantine: what an authentic sender sent and could not be taken in, until somebody decides.

One row for each (sender, delivery), capped in size and number, encrypted under a key of its own. A sender
that tries again updates its row. What was sent is gone as soon as it is settled, or when it has aged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, case, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tracker.access import audit
from tracker.access.crypto import seal, unseal
from tracker.access.keys import KeyFile
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound, Refused
from tracker.intake.content import Content
from tracker.intake.models import quarantine
from tracker.intake.texts import is_prose

LARGEST = 256 * 1024
"""Bytes of one delivery that are kept; of a larger one only the mistakes."""

MOST_OPEN = 1_000
"""Open deliveries of one sender; further ones are refused all the same, but not kept."""

MOST_MISTAKES = 100

LONGEST_REASON = 2_000

WAITING = "waiting"
"""The state of what nobody has decided yet; ``recorded`` and ``discarded`` are the others."""

_HIGHEST = 2**63 - 1


class Held(NamedTuple):
    """A delivery in quarantine, as lists show it: nothing of what was sent."""

    id: int
    sender: str
    delivery: str
    first_at: str
    last_at: str
    attempts: int
    size: int
    mistakes: int
    settled: str | None
    reason: str | None
    settled_by: str | None
    settled_at: str | None


class Opened(NamedTuple):
    """A delivery in quarantine with what is wrong with it and, unless it was too large, what was sent."""

    held: Held
    detail: str
    mistakes: Sequence[Mistake]
    content: Content | None


class _Inside(msgspec.Struct):
    """What is sealed."""

    detail: str
    mistakes: list[dict[str, str]]
    type: str
    attributes: list[tuple[str, str]]
    body: bytes | None


@dataclass(frozen=True)
class Quarantine:
    """The quarantine of one installation."""

    key: KeyFile
    days: int

    def keep(self, session: Session, sender: str, delivery: str, content: Content, why: Refused, at: datetime) -> None:
        """Keep a refused delivery, or note that it was tried again."""
        self.age(session, at)
        mine = (quarantine.c.sender == sender, quarantine.c.delivery == delivery)
        again = update(quarantine).where(*mine).values(self._again(sender, delivery, content, why, at))
        changed = session.execute(again.returning(quarantine.c.id)).all()
        if changed or self._full(session, sender):
            return
        row = {"sender": sender, "delivery": delivery, "first_at": stamp(at), "attempts": 1}
        try:
            with session.begin_nested():
                session.execute(insert(quarantine).values(row | self._sent(sender, delivery, content, why, at)))
        except IntegrityError:  # another process kept it this very moment
            session.execute(again)

    def _again(self, sender: str, delivery: str, content: Content, why: Refused, at: datetime) -> dict[str, Any]:
        sent = self._sent(sender, delivery, content, why, at)
        still = case((quarantine.c.settled.is_(None), sent["sealed"]), else_=None)
        return sent | {"attempts": quarantine.c.attempts + 1, "sealed": still}

    def _sent(self, sender: str, delivery: str, content: Content, why: Refused, at: datetime) -> dict[str, Any]:
        mistakes = [mistake.as_dict() for mistake in why.mistakes[:MOST_MISTAKES]]
        body = content.body if len(content.body) <= LARGEST else None
        inside = msgspec.json.encode(_Inside(why.detail, mistakes, content.type, list(content.attributes), body))
        return {
            "last_at": stamp(at),
            "size": len(content.body),
            "mistakes": len(why.mistakes),
            "sealed": seal(self.key.key, inside, _place(sender, delivery)),
        }

    def _full(self, session: Session, sender: str) -> bool:
        query = select(func.count()).where(quarantine.c.sender == sender, quarantine.c.settled.is_(None))
        return session.execute(query).scalar_one() >= MOST_OPEN

    def age(self, session: Session, at: datetime) -> None:
        """Let go of what came in longer ago than is kept, settled or not."""
        session.execute(delete(quarantine).where(quarantine.c.first_at < stamp(at - timedelta(days=self.days))))

    def opened(self, session: Session, id: int) -> Opened:
        """One delivery that waits for a decision.

        :raise NotFound: there is none of this number, or it has aged.
        :raise Conflict: it is settled, and its content gone.
        """
        row = self._row(session, id)
        if row.sealed is None:
            raise Conflict(f"Delivery {id} was {row.settled} at {row.settled_at}; what was sent is gone.")
        found = msgspec.json.decode(
            unseal(self.key.key, bytes(row.sealed), _place(row.sender, row.delivery)), type=_Inside
        )
        mistakes = [Mistake(each["pointer"], each["message"]) for each in found.mistakes]
        content = None if found.body is None else Content(found.type, tuple(found.attributes), found.body)
        return Opened(_held(row), found.detail, mistakes, content)

    def _row(self, session: Session, id: int) -> Row[Any]:
        known = 0 < id <= _HIGHEST  # beyond it a database would not even be asked
        row = session.execute(select(quarantine).where(quarantine.c.id == id)).first() if known else None
        if row is None:
            raise NotFound(f"There is no delivery {id} in quarantine. `tracker quarantine list` shows them.")
        return row

    def summary(self, session: Session, id: int) -> Held:
        """One delivery as lists show it, settled or not.

        :raise NotFound: there is none of this number, or it has aged.
        """
        return _held(self._row(session, id))

    def check(self, session: Session) -> None:
        """Open something that is kept, if there is anything, to see whether the key fits.

        :raise NotReady: it does not, or there is none.
        """
        kept = session.execute(select(quarantine.c.id).where(quarantine.c.sealed.is_not(None)).limit(1)).first()
        if kept is None:
            _ = self.key.key
        else:
            self.opened(session, kept.id)

    def discard(self, session: Session, id: int, *, reason: str, by: str, at: datetime) -> None:
        """Decide that a delivery will not be recorded, and let go of its content.

        :raise Invalid: without a reason of at most 2,000 characters.
        :raise NotFound, Conflict: as :meth:`opened`.
        """
        if not is_prose(reason.strip(), LONGEST_REASON):
            words = f"is required: 1 to {LONGEST_REASON} characters without control characters"
            raise Invalid("Say why it is discarded.", [Mistake("reason", words)])
        self.opened(session, id)
        _settle(session, id, "discarded", reason.strip(), by, at)

    def recorded(self, session: Session, id: int, *, by: str, at: datetime) -> None:
        """Note that a delivery was recorded after all, and let go of its content.

        :raise Conflict: somebody else has settled it meanwhile.
        """
        _settle(session, id, "recorded", None, by, at)


def held(
    session: Session,
    *,
    everything: bool = False,
    after: int = 0,
    limit: int | None = 1000,
) -> list[Held]:
    """Deliveries in quarantine in the order they came: the open ones, or everything not yet aged."""
    query = select(quarantine).where(quarantine.c.id > after).order_by(quarantine.c.id).limit(limit)
    if not everything:
        query = query.where(quarantine.c.settled.is_(None))
    return [_held(row) for row in session.execute(query)]


def found(
    session: Session, *, state: str | None = None, sender: str | None = None, first: int = 0, limit: int = 100
) -> tuple[list[Held], int]:
    """Some deliveries and how many there are: those that wait before the others, each newest first.

    ``state`` is ``waiting``, ``recorded`` or ``discarded``; ``first`` is how many stand before this page.
    """
    c = quarantine.c
    settled = None if state == WAITING else state
    wanted = [c.settled == settled] if state is not None else []
    wanted += [c.sender == sender] if sender is not None else []
    query = select(quarantine).where(*wanted).order_by(c.settled.is_not(None), c.id.desc()).offset(first).limit(limit)
    total = session.execute(select(func.count()).select_from(quarantine).where(*wanted)).scalar_one()
    return [_held(row) for row in session.execute(query)], total


def senders(session: Session) -> list[str]:
    """Who has something in quarantine, settled or not."""
    return list(session.scalars(select(quarantine.c.sender).distinct().order_by(quarantine.c.sender)))


def waiting(session: Session) -> dict[str, int]:
    """How many deliveries of each sender wait for a decision."""
    query = select(quarantine.c.sender, func.count()).where(quarantine.c.settled.is_(None))
    return {sender: number for sender, number in session.execute(query.group_by(quarantine.c.sender))}


def any_held(session: Session) -> bool:
    """Whether something is kept, so that losing its key would be a loss."""
    return session.execute(select(quarantine.c.id).where(quarantine.c.sealed.is_not(None)).limit(1)).first() is not None


def as_document(opened: Opened) -> dict[str, Any]:
    """A delivery as people see it who decide: what is wrong, and what was sent where it is text."""
    content = opened.content
    return {
        **opened.held._asdict(),
        "detail": opened.detail,
        "mistakes": [asdict(mistake) for mistake in opened.mistakes],
        "content_type": content.type if content else None,
        "body": content.body.decode("utf-8", "replace") if content else None,
    }


def _settle(session: Session, id: int, settled: str, reason: str | None, by: str, at: datetime) -> None:
    values = {"settled": settled, "reason": reason, "settled_by": by, "settled_at": stamp(at), "sealed": None}
    query = update(quarantine).where(quarantine.c.id == id, quarantine.c.settled.is_(None)).values(values)
    if not session.execute(query.returning(quarantine.c.id)).all():
        raise Conflict(f"Somebody else has settled delivery {id} this very moment. Look at it again.")
    audit.write(session, at, by, f"quarantine.{settled}", f"quarantine:{id}")


def _held(row: Row[Any]) -> Held:
    return Held(*(getattr(row, name) for name in Held._fields))


def _place(sender: str, delivery: str) -> str:
    return f"quarantine/{sender}/{delivery}"

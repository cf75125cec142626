"""Drafts: a year as it stands at one size of the log, for two people to agree to. Nothing changes a draft."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from tracker.access.notes import Signer
from tracker.canonical import canonical, digest
from tracker.catalogue.calendar import Period
from tracker.clock import stamp
from tracker.errors import Conflict, Invalid, Mistake, NotFound
from tracker.ledger import checkpoints
from tracker.ledger.events import Actor
from tracker.ledger.heads import Head, lock_head
from tracker.ledger.record import Ledger
from tracker.snapshots.comparing import changes
from tracker.snapshots.composing import compose, figures_of
from tracker.snapshots.late import late
from tracker.snapshots.models import drafts
from tracker.snapshots.reading import Snapshot, find

LONGEST_REASON = 1000


class Draft(NamedTuple):
    """What may become a revision of a year. ``body`` is the parsed document, ``digest`` (hex) covers its text."""

    id: int
    year: int
    revision: int
    log_size: int
    catalogue: str
    drafted_at: str
    drafted_by: str
    body: Mapping[str, Any]
    digest: str
    text: str


def draft(ledger: Ledger, signer: Signer, session: Session, actor: Actor, year: int) -> Draft:
    """Draft the first revision of a year at the log's present size, and sign a checkpoint of that size.

    If nothing was recorded since the last draft, that one is returned.

    :raise Conflict: the year is not over yet on the organisation's calendar, or is frozen: restate it.
    :raise UnknownPeriod: the organisation has no such year.
    """
    head = lock_head(session, ledger.catalogue)
    period = ledger.catalogue.calendar.year(year)
    frozen = find(session, year)
    if frozen is not None:
        raise Conflict(
            f"The year {year} is frozen as revision {frozen.revision}. Run `tracker restate {year}` with a reason to "
            "draft another revision."
        )
    _check_over(ledger, period)
    return _last_or_new(ledger, signer, session, actor, period, head)


def draft_restatement(
    ledger: Ledger, signer: Signer, session: Session, actor: Actor, year: int, *, reason: str
) -> Draft:
    """Draft the next revision of a frozen year: its figures as they are now, what changed since, and why.

    :raise Conflict: the year is not frozen, or no figure of it has changed.
    :raise Invalid: without a reason, or with one above 1,000 characters.
    :raise UnknownPeriod: the organisation has no such year.
    """
    head = lock_head(session, ledger.catalogue)
    period = ledger.catalogue.calendar.year(year)
    given = _checked_reason(reason)
    frozen = find(session, year)
    if frozen is None:
        raise Conflict(f"The year {year} is not frozen, so there is nothing to restate. Run `tracker freeze {year}`.")
    return _last_or_new(ledger, signer, session, actor, period, head, before=frozen, reason=given)


def _last_or_new(
    ledger: Ledger,
    signer: Signer,
    session: Session,
    actor: Actor,
    period: Period,
    head: Head,
    *,
    before: Snapshot | None = None,
    reason: str | None = None,
) -> Draft:
    restatement = None if before is None else _restatement(ledger, session, period, before, reason or "")
    body = compose(session, ledger.catalogue, period, head, before=before, restatement=restatement)
    text = canonical(body)
    last = newest(session, period.year)
    if last is not None and last.text == text:
        return last
    row = {
        "id": _next_id(session),
        "year": period.year,
        "revision": body["revision"],
        "log_size": head.size,
        "catalogue": ledger.catalogue.digest,
        "drafted_at": stamp(ledger.clock()),
        "drafted_by": str(actor),
        "body": text,
        "digest": digest(text),
    }
    session.execute(insert(drafts).values(row))
    if head.size:
        checkpoints.sign(session, ledger.catalogue, signer, ledger.clock())
    return get_draft(session, row["id"])


def _next_id(session: Session) -> int:
    """Under the lock. A sequence would leave gaps, and what is signed repeats the number: equal ledgers, equal seal."""
    return 1 + (session.scalar(select(func.max(drafts.c.id))) or 0)


def _restatement(ledger: Ledger, session: Session, period: Period, before: Snapshot, reason: str) -> dict[str, Any]:
    """Why a year is stated anew: the reason, every value that changed, and the events that came since."""
    found = changes(before.body["figures"], figures_of(session, ledger.catalogue, period))
    if not found:
        raise Conflict(f"No figure of {period.year} has changed since revision {before.revision}; nothing to restate.")
    events = [seq for seq in late(session, period.year) if seq >= before.log_size]
    return {"reason": reason, "changes": [each.as_document() for each in found], "events": events}


def _checked_reason(reason: str) -> str:
    given = reason.strip()
    if not given or len(given) > LONGEST_REASON:
        detail = "is required" if not given else f"must have at most {LONGEST_REASON} characters"
        raise Invalid("Say why the year is restated: readers of the report will see it.", [Mistake("reason", detail)])
    return given


def _check_over(ledger: Ledger, period: Period) -> None:
    today = ledger.catalogue.calendar.day_of(ledger.clock())
    if today <= period.last_day:
        raise Conflict(f"The year {period.id} ends on {period.last_day}; it can be frozen from the day after.")


def get_draft(session: Session, id: int) -> Draft:
    """One draft.

    :raise NotFound: there is none with this number.
    """
    row = session.execute(select(drafts).where(drafts.c.id == id)).first() if 0 < id < 2**63 else None
    if row is None:
        raise NotFound(f"There is no draft {id}.")
    return _draft(row)


def newest(session: Session, year: int) -> Draft | None:
    """The last draft of a year, if there is one."""
    query = select(drafts).where(drafts.c.year == year).order_by(drafts.c.id.desc()).limit(1)
    row = session.execute(query).first()
    return None if row is None else _draft(row)


def years(session: Session) -> list[int]:
    """The years that were ever drafted, the first one first."""
    return list(session.scalars(select(drafts.c.year).distinct().order_by(drafts.c.year)))


def _draft(row: Row[Any]) -> Draft:
    body = json.loads(row.body)
    digest = bytes(row.digest).hex()
    place = (row.id, row.year, row.revision, row.log_size, row.catalogue, row.drafted_at, row.drafted_by)
    return Draft(*place, body, digest, row.body)

"""Reports without a name: handed in, answered and continued by whoever holds the receipt, dated by the day alone.

Nothing here knows an address, a browser or an hour. What the channel records has midnight as its time, and so has the
audit entry of a reporter's visit. Neighbours in the log still bound when it was; the documentation says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from tracker import evidence
from tracker.access import audit
from tracker.cases import queries
from tracker.db import Database
from tracker.errors import NotFound
from tracker.evidence import Clean
from tracker.ledger.events import Actor, Receipt
from tracker.ledger.heads import read_head
from tracker.ledger.record import Ledger, record
from tracker.ledger.subjects import versions_of_subjects
from tracker.ledger.vault import opened
from tracker.workflows import receipts
from tracker.workflows.acts import Context
from tracker.workflows.grants import target_of
from tracker.workflows.sight import CASE

SOURCE = "/tracker/report"
CHANNEL = Actor("system", "report-channel")

REPORTED = f"{CASE}.reported"
WRITTEN = f"{CASE}.message_received"
ANSWERS = (f"{CASE}.acknowledged", f"{CASE}.message_sent", f"{CASE}.feedback_given")


class Message(NamedTuple):
    """A line of the talk between reporter and officers. ``text`` is what an officer wrote; what the reporter wrote
    is not shown again, lest a receipt that was found tells it."""

    day: str
    type: str
    text: str | None


class Standing(NamedTuple):
    """What a reporter sees: the case's state (a key of its lifecycle), the day it was reported, and the talk."""

    state: str
    since: str
    messages: Sequence[Message]


def hand_in(context: Context, session: Session, token: str, data: dict[str, Any], files: Sequence[Clean]) -> str:
    """Record a report with its files, and return the receipt. The same form again changes nothing.

    :raise Invalid: ``data`` has mistakes.
    :raise ContentConflict: the same form was handed in before with other words.
    """
    subject, receipt = receipts.subject_for(token), receipts.receipt_for(token)
    event = _event(context, REPORTED, receipts.event_id_for(token), subject, {"channel": "web"} | data)
    if _record(context, session, event, files).status == "recorded":
        receipts.keep(session, receipt, subject)
    return receipt


def write_again(
    context: Context, session: Session, subject: str, token: str, text: str, files: Sequence[Clean]
) -> None:
    """Record what a reporter adds to their report.

    :raise Invalid, ContentConflict: as :func:`hand_in`.
    """
    event = _event(context, WRITTEN, receipts.event_id_for(token), subject, {"message": text})
    _record(context, session, event, files)


def look_up(session: Session, receipt: str) -> str:
    """The case of a receipt.

    :raise NotFound: there is none, for whatever reason; each try costs the same.
    """
    subject = receipts.subject_of(session, receipt)
    if subject is None:
        raise NotFound("No report belongs to this receipt. Compare it with what you wrote down.")
    return subject


def standing(context: Context, database: Database, subject: str) -> Standing:
    """Where a case stands, with the officers' answers decrypted: first the visit is put on record, then they are read.

    :raise NotFound: the case is gone.
    """
    with database.write() as session:
        midnight = today(context.intake.ledger)
        audit.write(session, midnight, str(CHANNEL), "confidential.read", target_of(subject), "answers")
    with database.read() as session:
        found = queries.standing(session, CASE, subject)
        if found is None:
            raise NotFound("This report is no longer kept.")
        talk = _talk(context, session, subject)
        since = context.catalogue.calendar.day_of(datetime.fromisoformat(found.opened))
        return Standing(found.state, since.isoformat(), talk)


def today(ledger: Ledger) -> datetime:
    """Today by UTC, as the instant at which that day begins for the organisation.

    The ledger dates what is coarse by UTC. Were this the organisation's own day, the two would differ in some hours
    of each day, and so tell the hour.
    """
    day = ledger.clock().astimezone(UTC).date()
    return datetime.combine(day, time(), ledger.catalogue.calendar.zone_on(day))


def _event(context: Context, type: str, id: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    at = today(context.intake.ledger).isoformat()
    named = {"id": id, "source": SOURCE, "type": type, "subject": subject, "time": at}
    return {"specversion": "1.0", **named, "data": data}


def _record(context: Context, session: Session, event: dict[str, Any], files: Sequence[Clean]) -> Receipt:
    intake = context.intake
    receipt = record(intake.ledger, session, CHANNEL, intake.read([event]), coarse=True)[0]
    if receipt.status == "recorded":
        for number, file in enumerate(files, start=1):
            evidence.attach(
                context.intake, session, CHANNEL, receipt.seq, file, id=f"{event['id']}-{number}", coarse=True
            )
    return receipt


def _talk(context: Context, session: Session, subject: str) -> list[Message]:
    known = versions_of_subjects(session, [subject], size=read_head(session).size)
    said = [each for each in known if each.replaced_by is None and each.fact.type in (*ANSWERS, WRITTEN)]
    said.sort(key=lambda each: (each.fact.time, each.fact.seq))
    texts = opened(session, context.datakeys, [each.seq for each in said if each.fact.type != WRITTEN])
    return [Message(each.fact.day, each.fact.type, _text(texts.get(each.seq, {}))) for each in said]


def _text(values: Mapping[str, Any]) -> str | None:
    """The message of an event; that of a correction lies one level down."""
    found: str | None = values.get("/message", values.get("/data/message"))
    return found

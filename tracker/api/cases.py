"""``GET /api/v1/cases…``: where subjects stand, what happened to them, and what may happen next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response, jsonify, url_for
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from tracker.api.parameters import USUAL, Flag, Number, Query, Word, read
from tracker.api.reading import paged
from tracker.api.state import service
from tracker.cases import deadlines, queries
from tracker.cases.dates import end_of_day
from tracker.cases.past import walk_as_of
from tracker.cases.queries import Moment, Standing
from tracker.catalogue import EventType, Lifecycle
from tracker.errors import Invalid, Mistake, NotFound
from tracker.intake.texts import is_identifier
from tracker.intake.times import is_date
from tracker.ledger.queries import entry
from tracker.workflows.acting import lifecycle_of

MOST_MOMENTS = 1000
"""How many events of a subject are shown, the newest; GET /events lists them all."""

_HIGHEST = 2**63 - 1


class Day(Word):
    """A local day."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not is_date(value):
            raise ValidationError("must be a day such as 2020-03-31")
        return str(value)


class CasesQuery(Query):
    """Which subjects."""

    kind = Word(description="a kind of subject, such as suppliers.supplier; required")
    state = Word(description="a state of its lifecycle")
    open = Flag(description="1: only those that can still move")
    overdue = Flag(description="1: only those with a deadline that is overdue")
    q = Word(description="a part of the subject's id")
    cursor = Word(description="`next` of the page before")
    limit = Number(1, 1000, description="how many at most; 100 unless given")


class CaseQuery(Query):
    """As of when."""

    day = Day(description="where it stood at the end of this day, by what is known now")
    as_of = Number(description="the seq of an event: what was known when it was recorded")


def index() -> Response:
    """The subjects of a ``kind``, by id; ``state``, ``open``, ``overdue`` and ``q`` choose among them."""
    asked = read(CasesQuery)
    if asked["kind"] is None:
        kinds = ", ".join(service().catalogue.lifecycles_by_kind) or "none yet"
        raise Invalid(f"Subjects of which kind? There are: {kinds}.", [Mistake("kind", "is required")])
    lifecycle = lifecycle_of(service().catalogue, asked["kind"])
    limit, after, now = asked["limit"] or USUAL, asked["cursor"], service().ledger.clock()
    with service().database.read() as session:
        found = queries.standings(
            session,
            lifecycle.kind,
            state=_states(lifecycle, asked["state"], only_open=bool(asked["open"])),
            search=asked["q"],
            sort="subject",
            after=after,
            limit=limit + 1,
            overdue_at=now if asked["overdue"] else None,
        )
    rest = found[limit - 1].subject if len(found) > limit else None
    return paged({"kind": lifecycle.kind, "subjects": [_standing(each) for each in found[:limit]], "next": rest})


def show(kind: str, subject: str) -> Response:
    """A subject: its state, deadlines, the events that led there, and what may happen next. Of what is confidential
    in the events only commitments are shown."""
    asked = read(CaseQuery)
    lifecycle = lifecycle_of(service().catalogue, kind)
    with service().database.read() as session:
        if asked["day"] is None and asked["as_of"] is None:
            return jsonify(_now(session, lifecycle, named(subject)))
        return jsonify(_then(session, lifecycle, named(subject), asked["day"], asked["as_of"]))


def named(subject: str) -> str:
    """The subject of a path.

    :raise NotFound: nothing can be called so.
    """
    if not is_identifier(subject):
        raise NotFound("There is no such subject: a name has 1 to 200 visible characters and no space.")
    return subject


def _states(lifecycle: Lifecycle, state: str | None, *, only_open: bool) -> Sequence[str] | None:
    if state is not None and state not in lifecycle.states:
        raise Invalid("There is no such state.", [Mistake("state", f"must be one of {', '.join(lifecycle.states)}")])
    chosen = list(lifecycle.states) if state is None else [state]
    if only_open:
        return [each for each in chosen if each not in lifecycle.terminal]
    return None if state is None else chosen


def _now(session: Session, lifecycle: Lifecycle, subject: str) -> dict[str, Any]:
    here, now = service(), service().ledger.clock()
    standing = queries.standing(session, lifecycle.kind, subject)
    if standing is None:
        raise _missing(lifecycle, subject)
    due = deadlines.of(session, lifecycle.kind, subject, now)
    moments = queries.timeline(session, here.catalogue, subject, kind=lifecycle.kind)
    notes = queries.notes(here.catalogue, lifecycle.kind)
    return _document(standing, due, moments, queries.allowed(here.catalogue, standing), notes)


def _then(session: Session, lifecycle: Lifecycle, subject: str, day: str | None, seq: int | None) -> dict[str, Any]:
    here = service()
    size = None if seq is None else min(seq, _HIGHEST - 1) + 1
    past = walk_as_of(session, here.catalogue, lifecycle.kind, subject, day=day, size=size)
    standing = queries.standing_of(lifecycle.kind, subject, past)
    if standing is None:
        raise _missing(lifecycle, subject)
    due = deadlines.as_of(lifecycle.kind, subject, past.walk.deadlines, _instant(session, day, seq))
    moments = queries.timeline(session, here.catalogue, subject, kind=lifecycle.kind, size=size)
    return _document(standing, due, [each for each in moments if day is None or each.day <= day], (), ())


def _instant(session: Session, day: str | None, seq: int | None) -> datetime:
    """When it was by which a deadline is looked at: the end of the day, or when the event was recorded."""
    at = service().ledger.clock()
    known = entry(session, min(seq, _HIGHEST)) if seq is not None else None
    ends = end_of_day(day, service().catalogue.calendar) if day is not None else None
    recorded = datetime.fromisoformat(known.recorded_at) if known is not None else None
    return min(each for each in (at, ends, recorded) if each is not None)


def _document(
    standing: Standing,
    due: Sequence[deadlines.Deadline],
    moments: Sequence[Moment],
    allowed: Sequence[EventType],
    notes: Sequence[EventType],
) -> dict[str, Any]:
    shown = moments[-MOST_MOMENTS:]
    return {
        **_standing(standing),
        "deadlines": [
            {"name": each.name, "status": each.status, "opened": each.opened, "due": each.due, "met": each.met}
            for each in due
        ],
        "timeline": [_moment(each) for each in shown],
        "earlier": len(moments) - len(shown),
        "allowed": [each.type for each in allowed],
        "notes": [each.type for each in notes],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    names = ("kind", "subject", "state", "opened", "moved", "last_seq", "misfits", "due")
    return {name: getattr(standing, name) for name in names}


def _moment(moment: Moment) -> dict[str, Any]:
    names = ("seq", "type", "time", "day", "state", "misfit", "in_force", "data")
    return {**{name: getattr(moment, name) for name in names}, "event": url_for("api.reading_show", seq=moment.seq)}


def _missing(lifecycle: Lifecycle, subject: str) -> NotFound:
    return NotFound(f"There is no {lifecycle.kind} {subject!r}. GET /api/v1/cases?kind={lifecycle.kind} lists them.")

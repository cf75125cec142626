"""``POST /api/v1/cases/{kind}/{subject}/{event_type}``: what may happen to a subject next, done.

A token acts as a recorder would: the lifecycle and the rules of its workflow hold for it as for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.api import bodies
from tracker.api.cases import named
from tracker.api.receipts import answer
from tracker.api.security import caller
from tracker.api.state import service
from tracker.cases import queries
from tracker.catalogue import Lifecycle
from tracker.errors import Forbidden, Invalid, Mistake, NotFound
from tracker.intake.texts import is_identifier
from tracker.intake.times import instant_of
from tracker.workflows import acting
from tracker.workflows.acts import CASE

_HIGHEST = 2**63 - 1


class NewAct(bodies.Body):
    """The body of ``POST /cases/{kind}/{subject}/{event_type}``."""

    data = fields.Raw(required=True)
    time = fields.Raw()
    id = fields.Raw()
    entity = fields.Raw()
    expect = fields.Raw()


def create(kind: str, subject: str, event_type: str) -> Response:
    """Record something that moves a subject, opens it, or is about it, if its lifecycle allows. ``expect`` is the
    ``last_seq`` that the decision rests on; ``id`` makes it safe to send again. Integrity cases are for people."""
    given = bodies.read(NewAct())
    person = _person(kind)
    catalogue = service().catalogue
    lifecycle = acting.lifecycle_of(catalogue, kind)
    if lifecycle not in catalogue.lifecycles_by_event.get(event_type, ()):
        raise NotFound(f"There is no event type {event_type[:200]!r} about {kind}. GET /api/v1/catalogue lists them.")
    time, id, expect, entity, data = _read(given)
    context, on = service().context, named(subject)
    with service().database.write() as session:
        if event_type in lifecycle.start and _opens(session, lifecycle, on, expect):
            done = acting.start(context, session, person, kind, on, event_type, data, id=id, time=time, entity=entity)
            receipt = done.receipt
        else:
            about = (kind, on, event_type, data)
            receipt = acting.act(context, session, person, *about, id=id, time=time, expect=expect, entity=entity)
    return answer([receipt])


def _opens(session: Session, lifecycle: Lifecycle, subject: str, expect: int | None) -> bool:
    """Whether a starting event opens a subject: not where there is one that it may move as well."""
    return expect is None and queries.standing(session, lifecycle.kind, subject) is None


def _person(kind: str) -> Person:
    """As whom a token acts. What a token may do is bounded by its scopes, and within that it acts as a recorder.

    :raise Forbidden: the token acts for a source, or this is an integrity case.
    """
    token = caller().token
    if kind == CASE:
        raise Forbidden("Integrity cases are worked by the people who have access to them, in the pages.")
    if token.source is not None:
        raise Forbidden("A source reports facts, by POST /api/v1/events. To act takes a token that is bound to none.")
    name = f"token-{token.name}"
    return Person(name, name, token.name, frozenset({"recorder"}), None, None, None, 0, second_factor=False)


def _read(given: Mapping[str, Any]) -> tuple[datetime | None, str, int | None, str | None, Mapping[str, Any]]:
    """Time, id, expected seq, entity and data of an act.

    :raise Invalid: with every mistake in their form; what they say is checked when they are recorded.
    """
    mistakes: list[Mistake] = []
    data, expect, id, entity = (given.get(name) for name in ("data", "expect", "id", "entity"))
    if not isinstance(data, dict):
        mistakes.append(Mistake("/data", "must be an object"))
    if "expect" in given and (type(expect) is not int or not 0 <= expect <= _HIGHEST):
        mistakes.append(Mistake("/expect", "must be the seq of an event"))
    for name, value in (("id", id), ("entity", entity)):
        if name in given and not is_identifier(value):
            mistakes.append(Mistake(f"/{name}", "must have 1 to 200 visible characters and no space"))
    time = _time(given, mistakes)
    if mistakes:
        raise Invalid(f"{len(mistakes)} mistake{'' if len(mistakes) == 1 else 's'}; nothing was stored.", mistakes)
    return time, id or str(uuid4()), expect, entity, data or {}


def _time(given: Mapping[str, Any], mistakes: list[Mistake]) -> datetime | None:
    if "time" not in given:
        return None
    try:
        return instant_of(given["time"])
    except ValueError as error:
        mistakes.append(Mistake("/time", str(error)))
        return None

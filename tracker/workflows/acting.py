"""People act: an act is guarded, becomes one or more events, and is recorded once however often it is sent.

A lifecycle says which moves there are; a rule (:mod:`tracker.workflows.rules`) says what a lifecycle cannot, and may
complete an act and let further events follow. Everything of one act is recorded in one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from tracker.access.people import Person
from tracker.cases import queries
from tracker.cases.guard import check_move
from tracker.cases.queries import Standing
from tracker.catalogue import Catalogue, EventType, Lifecycle
from tracker.clock import stamp
from tracker.errors import Conflict, Forbidden, IllegalMove, Invalid, Mistake, NotFound, UnexpectedChange
from tracker.ledger.events import Actor, Receipt
from tracker.ledger.heads import lock_head
from tracker.ledger.queries import Entry, entry_of
from tracker.workflows.acts import CASE, FINDING, WEB_SOURCE, Act, Context, Further, Rule
from tracker.workflows.sight import missing, sight

__all__ = ["WEB_SOURCE", "Act", "Context", "Done", "Further", "Rule", "act", "allowed", "log", "start"]


_PERMISSIONS: Mapping[str, tuple[str, ...]] = {CASE: ("cases.work",), FINDING: ("subjects.act", "findings.raise")}


class Done(NamedTuple):
    """What came of an act: its receipt, and the subject that it is about, if any."""

    receipt: Receipt
    kind: str | None
    subject: str | None


def act(
    context: Context,
    session: Session,
    person: Person,
    kind: str,
    subject: str,
    event_type: str,
    data: Mapping[str, Any],
    *,
    id: str,
    time: datetime | None = None,
    expect: int | None = None,
    entity: str | None = None,
) -> Receipt:
    """Move a subject, or record something else about it. The caller commits.

    ``id`` names the act: sent again it is answered as ``duplicate`` and changes nothing. ``time`` is now unless
    given. ``expect`` is the :attr:`~tracker.cases.queries.Standing.last_seq` that the person saw.

    :raise NotFound: there is no such kind or subject.
    :raise Forbidden: the person may not.
    :raise UnexpectedChange: the subject has moved on since ``expect``.
    :raise IllegalMove: the lifecycle does not allow it from where the subject stands; says what it does allow.
    :raise Invalid: the data has mistakes, or the time lies ahead.
    :raise ContentConflict: ``id`` is on record with other content.
    """
    lifecycle = lifecycle_of(context.catalogue, kind)
    check_permission(person, kind)
    lock_head(session, context.catalogue)
    if kind == CASE:
        sight(session, context.keys, person, context.intake.ledger.clock()).check(kind, subject)
    made = Act(kind, subject, event_type, data, time or context.intake.ledger.clock(), id, entity)
    if (repeated := _repeated(context, session, person, made, timed=time is not None)) is not None:
        return repeated.receipt
    standing = queries.standing(session, kind, subject)
    if standing is None:
        raise missing(subject)
    made = replace(made, standing=standing)
    _check_may(context, session, person, made)
    if expect is not None and standing.last_seq != expect:
        raise UnexpectedChange(subject, expect, standing.last_seq)
    _check_allowed(context, session, lifecycle, made)
    return _carry_out(context, session, person, made)


def start(
    context: Context,
    session: Session,
    person: Person,
    kind: str,
    subject: str | None,
    event_type: str,
    data: Mapping[str, Any],
    *,
    id: str,
    time: datetime | None = None,
    entity: str | None = None,
) -> Done:
    """Open a subject; without a name it gets a new one. Otherwise as :func:`act`.

    :raise Conflict: there is a subject of this name already.
    """
    lifecycle = lifecycle_of(context.catalogue, kind)
    check_permission(person, kind)
    lock_head(session, context.catalogue)
    subject = None if kind == CASE else subject  # that a name is taken would tell somebody of a case that names them
    made = Act(kind, subject, event_type, data, time or context.intake.ledger.clock(), id, entity)
    if (repeated := _repeated(context, session, person, made, timed=time is not None)) is not None:
        return repeated
    _check_may(context, session, person, made)
    if subject is None:
        made = replace(made, subject=context.choose(lifecycle))
    elif queries.standing(session, kind, subject) is not None:
        raise Conflict(f"There is a {kind} {subject!r} already. Choose another name, or go on with that one.")
    if event_type not in lifecycle.start:
        raise IllegalMove(kind, made.subject or "", None, event_type, sorted(lifecycle.start))
    _check_allowed(context, session, lifecycle, made)
    return Done(_carry_out(context, session, person, made), kind, made.subject)


def log(
    context: Context,
    session: Session,
    person: Person,
    event_type: str,
    data: Mapping[str, Any],
    *,
    id: str,
    subject: str | None = None,
    time: datetime | None = None,
    entity: str | None = None,
) -> Done:
    """Record any event: one that opens a subject as :func:`start`, one about a subject as :func:`act` does.

    :raise NotFound: there is no such event type, or it is not for people to record.
    """
    catalogue = context.catalogue
    if event_type not in catalogue.events or event_type.startswith("tracker."):
        raise NotFound(f"There is no event type {event_type!r} to be recorded. The catalogue lists those there are.")
    lifecycle = lifecycle_of_event(catalogue, event_type)
    if lifecycle is None:
        made = Act(None, subject, event_type, data, time or context.intake.ledger.clock(), id, entity)
        return _log(context, session, person, made, timed=time is not None)
    kind = lifecycle.kind
    opens = event_type in lifecycle.start
    if opens and (kind == CASE or subject is None or queries.standing(session, kind, subject) is None):
        return start(context, session, person, kind, subject, event_type, data, id=id, time=time, entity=entity)
    if subject is None:
        raise Invalid("Which subject is it about? Nothing was stored.", [Mistake("/subject", "is required")])
    receipt = act(context, session, person, kind, subject, event_type, data, id=id, time=time, entity=entity)
    return Done(receipt, kind, subject)


def allowed(context: Context, session: Session, person: Person, standing: Standing) -> tuple[EventType, ...]:
    """What this person may do to a subject: the moves from its state, and after them what else may be recorded."""
    if not may_act(person, standing.kind):
        return ()
    catalogue = context.catalogue
    found = (*queries.allowed(catalogue, standing), *queries.notes(catalogue, standing.kind))
    return tuple(each for each in found if _offered(context, session, person, standing, each.type))


def may_act(person: Person, kind: str) -> bool:
    """Whether a person may act on a kind of subject at all; the rules of its events may ask for more."""
    return any(person.may(each) for each in _PERMISSIONS.get(kind, ("subjects.act",)))


def check_permission(person: Person, kind: str) -> None:
    """:raise Forbidden: the person may not act on this kind of subject."""
    if not may_act(person, kind):
        raise Forbidden(f"Your roles do not let you act on {kind}. Ask an administrator for one that does.")


def lifecycle_of(catalogue: Catalogue, kind: str) -> Lifecycle:
    """The lifecycle of a kind of subject.

    :raise NotFound: the catalogue has none.
    """
    found = catalogue.lifecycles_by_kind.get(kind)
    if found is None:
        known = ", ".join(catalogue.lifecycles_by_kind) or "none"
        raise NotFound(f"There is no kind of subject {kind[:200]!r}; known: {known}.")
    return found


def lifecycle_of_event(catalogue: Catalogue, event_type: str) -> Lifecycle | None:
    """The lifecycle of what an event is about; where several know it, that whose kind begins its name."""
    found = catalogue.lifecycles_by_event.get(event_type, ())
    named = (each for each in found if event_type.startswith(f"{each.kind}."))
    return next(named, found[0] if found else None)


def _offered(context: Context, session: Session, person: Person, standing: Standing, event_type: str) -> bool:
    try:
        return _may(context, session, person, standing, event_type)
    except Forbidden:
        return False


def _may(context: Context, session: Session, person: Person, standing: Standing | None, event_type: str) -> bool:
    rule = context.rules.get(event_type)
    return rule is None or rule.may is None or rule.may(context, session, person, standing)


def _check_may(context: Context, session: Session, person: Person, made: Act) -> None:
    if not _may(context, session, person, made.standing, made.event_type):
        raise Forbidden(f"{made.event_type} is not yours to record here. Leave it to somebody else.")


def _check_allowed(context: Context, session: Session, lifecycle: Lifecycle, made: Act) -> None:
    catalogue, standing, subject = context.catalogue, made.standing, made.subject or ""
    if made.event_type in lifecycle.moving:
        check_move(session, catalogue, lifecycle, subject, standing, made.event_type, stamp(made.time))
    elif standing is None or lifecycle not in catalogue.lifecycles_by_event.get(made.event_type, ()):
        names = [each.type for each in queries.allowed(catalogue, standing)] if standing else sorted(lifecycle.start)
        raise IllegalMove(lifecycle.kind, subject, standing.state if standing else None, made.event_type, names)


def _log(context: Context, session: Session, person: Person, made: Act, *, timed: bool) -> Done:
    if not person.may("events.record"):
        raise Forbidden("Your roles do not let you record events. Ask an administrator for one that does.")
    lock_head(session, context.catalogue)
    repeated = _repeated(context, session, person, made, timed=timed)
    if repeated is None:
        _check_may(context, session, person, made)
    return repeated or Done(_carry_out(context, session, person, made), None, made.subject)


def _carry_out(context: Context, session: Session, person: Person, made: Act) -> Receipt:
    """Check an act, and record it with all that follows from it."""
    if made.time > context.intake.ledger.clock():
        raise Invalid("It cannot have happened yet; nothing was stored.", [Mistake("/time", "lies in the future")])
    rule, further = context.rules.get(made.event_type, Rule()), list[Further]()
    if rule.check is not None:
        _check_given(context, made)
        made = rule.check(context, session, person, made)
    if rule.follow is not None:
        further = list(rule.follow(context, session, person, made))
    values = [_event(made), *(_event(_following(made, each, n)) for n, each in enumerate(further, 1))]
    pointers = ["", *(f"/further/{n}" for n in range(len(further)))]
    events = context.intake.read(values, pointers=pointers)
    return context.intake.accept(session, Actor("person", person.id), events)[0]


def _check_given(context: Context, made: Act) -> None:
    """Refuse wrong data before a rule looks at it; what is missing may still be completed by the rule."""
    found = context.intake.validator.mistakes(made.event_type, made.data)
    wrong = [each for each in found if each.pointer.split("/")[2:3] and each.pointer.split("/")[2] in made.data]
    if wrong:
        count = len(wrong)
        raise Invalid(f"{count} mistake{'' if count == 1 else 's'}; nothing was stored.", wrong)


def _following(made: Act, further: Further, number: int) -> Act:
    subject = made.subject if further.subject is None else further.subject
    return replace(made, event_type=further.event_type, data=further.data, subject=subject, id=f"{made.id}.{number}")


def _event(made: Act) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": made.id,
        "source": WEB_SOURCE,
        "type": made.event_type,
        "subject": made.subject,
        "time": stamp(made.time),
        "entity": made.entity,
        "data": dict(made.data),
    }
    return {name: value for name, value in event.items() if value is not None}


def _repeated(context: Context, session: Session, person: Person, made: Act, *, timed: bool) -> Done | None:
    """What is answered to an act that is on record: the receipt once more.

    :raise ContentConflict: its id is on record with other content.
    """
    found = entry_of(session, WEB_SOURCE, made.id) if "\x00" not in made.id else None
    if found is None:
        return None
    again = replace(
        made,
        subject=found.subject if made.subject is None else made.subject,
        time=made.time if timed else datetime.fromisoformat(found.time),
        data={**_completed(context.catalogue, found, made), **made.data},
    )
    events = context.intake.read([_event(again)], pointers=[""])
    receipt = context.intake.accept(session, Actor("person", person.id), events)[0]
    return Done(receipt, made.kind, again.subject)


def _completed(catalogue: Catalogue, found: Entry, made: Act) -> dict[str, Any]:
    """What a rule has added to the data when the act was recorded."""
    if found.type != made.event_type or found.type not in catalogue.events:
        return {}
    confidential = catalogue.events[found.type].confidential
    return {name: value for name, value in found.data.items() if name not in made.data and name not in confidential}

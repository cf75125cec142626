"""The page of one subject: what happened to it, what is due, and a form for everything that this person may do.

What a kind has beyond that a module of its own puts on the page: see :data:`PANELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flask import render_template, request
from sqlalchemy.orm import Session

from tracker import evidence
from tracker.cases import deadlines, queries
from tracker.cases.queries import Standing
from tracker.cases.timeline import Moment, timeline
from tracker.catalogue import EventType, Lifecycle
from tracker.evidence import Attached
from tracker.intake.times import is_date
from tracker.ledger.events import ATTACHED, CORRECTED
from tracker.web.facts import Said, said, type_words
from tracker.web.forms import EventForm, blank, event_form
from tracker.web.gate import current_person
from tracker.web.languages import locale
from tracker.web.naming import actor_words, names_of
from tracker.web.rendering import service
from tracker.web.subjectlists import tone_of
from tracker.workflows import acting
from tracker.workflows.acts import Rule
from tracker.workflows.sight import Sight, missing, sight

PANELS: dict[str, Callable[[Session, Standing], Mapping[str, Any]]] = {}
"""By kind, what the template ``subjects/panels/<kind>.html`` is given as ``panel``. A domain's module adds its own."""

Opened = Mapping[int, Mapping[str, Any]]
"""Confidential values that were read, by ``seq`` and JSON pointer."""


class Told(NamedTuple):
    """A moment as it is shown. ``state`` is given where the moment changed it."""

    moment: Moment
    words: str
    said: list[Said]
    state: str | None
    actor: str
    files: list[Attached]

    @property
    def newest(self) -> int:
        """The seq of its newest version."""
        return self.moment.versions[-1].seq


def seen_in(session: Session) -> Sight:
    """What the person who asks may see."""
    return sight(session, service().keys, current_person(), service().ledger.clock())


def standing_in(session: Session, kind: str, subject: str) -> Standing:
    """Where a subject stands.

    :raise NotFound: there is no such kind or subject, or it is not for this person.
    """
    acting.lifecycle_of(service().catalogue, kind)
    seen_in(session).check(kind, subject)
    found = queries.standing(session, kind, subject)
    if found is None:
        raise missing(subject)
    return found


def form_of(event_type: EventType) -> type[EventForm]:
    """The form of something done to a subject; what a rule fills in is not asked for."""
    rule = service().context.rules.get(event_type.type, Rule())
    return event_form(service().catalogue, event_type, locale(), entity=False, without=rule.fills)


def confidential_in(session: Session, kind: str, subject: str) -> list[int]:
    """The events of a subject that hold something confidential."""
    moments = timeline(session, service().catalogue, subject, kind=kind)
    return [version.seq for moment in moments for version in moment.versions]


def page(kind: str, subject: str, *, refused: EventForm | None = None, opened: Opened | None = None) -> str:
    """The page; with a form that was ``refused``, and with confidential values that were ``opened``.

    :raise NotFound: there is no such kind or subject, or it is not for this person.
    """
    catalogue, now, asked = service().catalogue, service().ledger.clock(), request.args.get("day", "")
    with service().database.read() as session:
        standing = standing_in(session, kind, subject)
        moments = timeline(session, catalogue, subject, kind=kind)
        told = list(_told(session, catalogue.lifecycles_by_kind[kind], moments, opened or {}))
        day = asked if is_date(asked) else ""
        then = queries.state_as_of(session, catalogue, kind, subject, day=day) if day else None
        panel = PANELS[kind](session, standing) if kind in PANELS else None
        forms = _forms(session, standing, refused)
        due = deadlines.of(session, kind, subject, now)
        contents = seen_in(session).contents(kind, subject)
    return render_template(
        "subjects/show.html",
        standing=standing,
        lifecycle=catalogue.lifecycles_by_kind[kind],
        domain=catalogue.domains[catalogue.lifecycles_by_kind[kind].domain],
        tone=tone_of(catalogue.lifecycles_by_kind[kind], standing.state),
        told=told[::-1],
        deadlines=[(each, deadlines.label(catalogue, each)) for each in due],
        forms=forms,
        refused=refused,
        meanwhile=_meanwhile(told, refused),
        day=day,
        then=then,
        panel=panel,
        contents=contents,
        sealed=any(each.closed for moment in told for each in moment.said),
    )


def _forms(session: Session, standing: Standing, refused: EventForm | None) -> list[EventForm]:
    """A form for each thing that the person may do; a refused one in its place, as it was filled in."""
    person = current_person()
    if not person.may("subjects.act"):
        return []
    offered = acting.allowed(service().context, session, person, standing)
    made = [blank(form_of(each), expect=standing.last_seq) for each in offered]
    if refused is None or refused.conflict is not None:
        return made
    return [refused if each.declared == refused.declared else each for each in made]


def _told(session: Session, lifecycle: Lifecycle, moments: Sequence[Moment], opened: Opened) -> Iterator[Told]:
    names = names_of(session)
    files = evidence.of(session, [version.seq for each in moments for version in each.versions])
    state: str | None = None
    for moment in moments:
        if moment.type == ATTACHED:  # shown with the event that the file belongs to
            continue
        own = {version.seq for version in moment.versions}
        changed = moment.state != state and not moment.misfit and moment.in_force
        state = moment.state if moment.in_force else state
        yield Told(
            moment,
            type_words(moment.type),
            said(moment.type, moment.data, opened_of(moment, opened)),
            moment.state if changed else None,
            actor_words(moment.versions[0].actor, names),
            [file for file in files if file.event in own],
        )


def opened_of(moment: Moment, opened: Opened) -> Mapping[str, Any]:
    """The values of the version in force, by pointers into the data of the fact."""
    version = next(each for each in reversed(moment.versions) if "data" in each.data or each is moment.versions[0])
    found = opened.get(version.seq, {})
    within = "/data" if version.type == CORRECTED else ""
    return {pointer.removeprefix(within): value for pointer, value in found.items()}


def _meanwhile(told: Sequence[Told], refused: EventForm | None) -> list[Told]:
    """What happened since a form was opened that came too late."""
    if refused is None or refused.conflict is None or refused.expected is None:
        return []
    return [each for each in told if each.newest > refused.expected]

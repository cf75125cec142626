"""One integrity case as its page shows it: what is known, what was told where that was read, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session
from wtforms import SelectField

from tracker import evidence
from tracker.access import people
from tracker.access.people import Person
from tracker.cases import deadlines, queries
from tracker.cases.queries import Standing
from tracker.cases.timeline import Moment, timeline
from tracker.catalogue import EventType, Field
from tracker.evidence import Attached
from tracker.ledger.events import ATTACHED
from tracker.web.controls import options
from tracker.web.forms import PREFIX, EventForm, blank, event_form
from tracker.web.languages import _, lazy, locale
from tracker.web.naming import actor_words, name, names_of
from tracker.web.rendering import label, service
from tracker.web.typed import typed_of
from tracker.workflows import acting, grants, receipts
from tracker.workflows.integrity import ASSIGNED, NAMED, REPORTED
from tracker.workflows.reporting import ANSWERS, CHANNEL
from tracker.workflows.sight import CASE, Sight, missing

Secrets = Mapping[int, Mapping[str, Any]]

_ACTIONS: Mapping[str, Any] = {
    "acknowledged": lazy("Confirm that it was read"),
    "message_sent": lazy("Write to the reporter"),
    "feedback_given": lazy("Say what came of it"),
    "triaged": lazy("Assess the report"),
    "assigned": lazy("Assign an officer"),
    "evidence_added": lazy("Add evidence"),
    "substantiated": lazy("Find it substantiated"),
    "unsubstantiated": lazy("Find it not substantiated"),
    "referred": lazy("Refer it"),
    "closed": lazy("Close the case"),
    "reopened": lazy("Take the case up again"),
    "person_named": lazy("Name a person"),
}
"""What is done, in words for a button; any other event of a case has its own label."""

_NOW = frozenset({*ANSWERS, NAMED})
"""What happens as it is recorded, so that no time is asked for."""

_WITHOUT_FILES = frozenset({*_NOW, ASSIGNED, f"{CASE}.triaged"})


class Value(NamedTuple):
    """A field of an event. ``sealed`` is one that is confidential and was not read."""

    label: str
    text: str
    sealed: bool = False
    confidential: bool = False


class File(NamedTuple):
    """A file of an event; its ``name`` is known once the case was read."""

    seq: int
    name: str | None
    media_type: str
    size: int


class Step(NamedTuple):
    """A line of the timeline."""

    moment: Moment
    label: str
    who: str
    state: str | None
    values: Sequence[Value]
    files: Sequence[File]


class Action(NamedTuple):
    """Something that may be done: its words, its form, and whether files are asked for."""

    words: str
    form: EventForm
    files: bool


@dataclass(frozen=True)
class Acts:
    """What may be done: answers to the reporter, moves of the case, and the rest."""

    answers: Sequence[Action]
    moves: Sequence[Action]
    others: Sequence[Action]


@dataclass(frozen=True)
class Casefile:
    """All that one page shows of a case to one person."""

    standing: Standing
    reported: Mapping[str, Any]
    steps: Sequence[Step]
    deadlines: Sequence[tuple[str, deadlines.Deadline]]
    officers: Mapping[str, str]
    proposed: Sequence[tuple[int, str]]
    candidates: Sequence[tuple[str, str]]
    acts: Acts
    open: bool
    read: bool
    reachable: bool


def casefile(
    session: Session,
    seen: Sight,
    subject: str,
    *,
    secrets: Secrets | None = None,
    filled: EventForm | None = None,
) -> Casefile:
    """A case as ``seen``. ``secrets`` is what was read of it, by ``seq`` and pointer; ``filled`` a form that was sent
    and is to be shown again.

    :raise NotFound: there is no such case for this person.
    """
    here = service()
    seen.check(CASE, subject)
    standing = queries.standing(session, CASE, subject)
    if standing is None:
        raise missing(subject)
    now, names = here.ledger.clock(), names_of(session)
    moments = timeline(session, here.catalogue, subject, kind=CASE)
    reported = next((each.data for each in moments if each.type == REPORTED and each.in_force), {})
    due = deadlines.of(session, CASE, subject, now)
    return Casefile(
        standing=standing,
        reported=reported,
        steps=_steps(session, moments, names, secrets),
        deadlines=[(label(deadlines.label(here.catalogue, each)), each) for each in due],
        officers={id: name(names, id) for id in grants.holders(session, subject)},
        proposed=[(each.id, name(names, each.content["person"])) for each in grants.waiting(session, subject)],
        candidates=_candidates(session, seen.person, subject),
        acts=_acts(session, seen.person, standing, names, filled),
        open=seen.contents(CASE, subject),
        read=secrets is not None,
        reachable=receipts.any_for(session, subject),
    )


def seqs_in_force(session: Session, subject: str) -> list[int]:
    """The versions in force of all that happened to a case."""
    moments = timeline(session, service().catalogue, subject, kind=CASE)
    return [each.versions[-1].seq for each in moments if each.in_force]


def all_seqs(session: Session, subject: str) -> list[int]:
    """Every version of all that happened to a case."""
    moments = timeline(session, service().catalogue, subject, kind=CASE)
    return [version.seq for each in moments for version in each.versions]


def form_for(event_type: EventType, officers: Mapping[str, str]) -> type[EventForm]:
    """The form of an act on a case; ``officers``, by pseudonym, are those who may be assigned."""
    form = event_form(service().catalogue, event_type, locale(), time=event_type.type not in _NOW, entity=False)
    if event_type.type == ASSIGNED:
        words = label(event_type.fields["officer"].label)
        choices = options({id: {locale(): each} for id, each in officers.items()}, locale())
        form.data_officer = SelectField(words, choices=choices, validate_choice=False)
    return form


def _acts(
    session: Session, person: Person, standing: Standing, names: Mapping[str, str], filled: EventForm | None
) -> Acts:
    here = service()
    allowed = acting.allowed(here.context, session, person, standing)
    moving = here.catalogue.lifecycles_by_kind[CASE].moving
    officers = {id: name(names, id) for id in grants.holders(session, standing.subject)}
    known = sorted(each.login for each in people.listed(session))
    found = {each.type: _action(each, _form(each, officers, known, standing, filled)) for each in allowed}
    return Acts(
        [found[type] for type in ANSWERS if type in found],
        [each for type, each in found.items() if type in moving],
        [each for type, each in found.items() if type not in moving and type not in ANSWERS],
    )


def _action(event_type: EventType, form: EventForm) -> Action:
    words = _ACTIONS.get(event_type.type.removeprefix(f"{CASE}."))
    return Action(str(words) if words else label(event_type.label), form, event_type.type not in _WITHOUT_FILES)


def _form(
    event_type: EventType,
    officers: Mapping[str, str],
    known: Sequence[str],
    standing: Standing,
    filled: EventForm | None,
) -> EventForm:
    if filled is not None and filled.declared.type == event_type.type:
        form = filled
    else:
        form = blank(form_for(event_type, officers), expect=standing.last_seq)
    if event_type.type == NAMED:  # people are suggested, so that who has an account is recognised
        vars(form[f"{PREFIX}person"]).update(suggestions=known)
    return form


def _candidates(session: Session, person: Person, subject: str) -> list[tuple[str, str]]:
    """Who may be proposed for access, oneself first."""
    if not person.may("cases.work"):
        return []
    proposed = {each.content["person"] for each in grants.waiting(session, subject)}
    found = grants.candidates(session, service().keys, subject, service().ledger.clock())
    others = [each for each in found if each.id not in proposed]
    return [(each.id, each.name) for each in sorted(others, key=lambda each: each.id != person.id)]


def _steps(
    session: Session, moments: Sequence[Moment], names: Mapping[str, str], secrets: Secrets | None
) -> list[Step]:
    files: dict[int, list[Attached]] = {}
    for each in evidence.of(session, [version.seq for moment in moments for version in moment.versions]):
        files.setdefault(each.event, []).append(each)
    return [_step(each, files, names, secrets) for each in moments if each.type != ATTACHED]


def _step(
    moment: Moment, files: Mapping[int, Sequence[Attached]], names: Mapping[str, str], secrets: Secrets | None
) -> Step:
    catalogue = service().catalogue
    event_type = catalogue.events.get(moment.type)
    own = [each for version in moment.versions for each in files.get(version.seq, ())]
    shown = [File(each.seq, (secrets or {}).get(each.seq, {}).get("/name"), each.media_type, each.size) for each in own]
    states = catalogue.lifecycles_by_kind[CASE].states
    actor = moment.versions[-1].actor
    return Step(
        moment,
        label(event_type.label) if event_type else moment.type,
        _("Reporter") if actor == str(CHANNEL) else actor_words(actor, names),
        label(states.get(moment.state or "")),
        _values(moment, event_type, names, secrets) if event_type else (),
        shown,
    )


def _values(moment: Moment, event_type: EventType, names: Mapping[str, str], secrets: Secrets | None) -> list[Value]:
    read = None if secrets is None else secrets.get(moment.versions[-1].seq, {})
    return [
        _value(each, moment.data[field], names, read)
        for field, each in event_type.fields.items()
        if field in moment.data and not (moment.type == REPORTED and each.dimension)
    ]


def _value(field: Field, value: Any, names: Mapping[str, str], read: Mapping[str, Any] | None) -> Value:
    words = label(field.label)
    if field.confidential:
        if read is None:
            return Value(words, "", sealed=True, confidential=True)
        text = read.get(f"/{field.name}", read.get(f"/data/{field.name}"))
        return Value(words, _("Erased") if text is None else str(text), confidential=True)
    if field.choices:
        return Value(words, label(field.choices.get(value)) or str(value))
    shown = typed_of(field, value, service().catalogue.calendar)
    return Value(words, names.get(shown, f"{shown} {field.currency}" if field.currency else shown))

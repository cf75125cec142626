"""Correcting and voiding by people: the form of a correction, and the event that each becomes.

A correction states the whole. What was left as the form showed it keeps its very value, and a confidential field that
was left empty keeps what is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session
from wtforms import TextAreaField

from tracker.access.people import Person
from tracker.catalogue import EventType
from tracker.clock import stamp
from tracker.errors import StaleReplacement
from tracker.ledger.events import CORRECTED, VOIDED, Actor
from tracker.ledger.queries import Entry
from tracker.ledger.vault import opened
from tracker.web.controls import Required
from tracker.web.forms import EventForm, event_form, new_id
from tracker.web.languages import _, locale
from tracker.web.rendering import service
from tracker.web.typed import local_of
from tracker.workflows.acting import WEB_SOURCE, Done

MOST_REASON = 2_000


class Correction(EventForm):
    """The form of a correction; ``expect`` is the seq of the version that it corrects."""

    @property
    def reason_given(self) -> str:
        """Why."""
        return self._typed("reason")

    def validate(self, extra_validators: Any = None) -> bool:
        """As any form of an event, and with a reason."""
        sound = super().validate(extra_validators)
        if not self.reason_given:
            self.refuse("reason", _("Say why. The reason stays on record."))
        return sound and bool(self.reason_given)


def form_of(declared: EventType) -> type[Correction]:
    """The form to correct an event of a type. Nothing confidential is shown in it, nor need be typed again."""
    fields = {
        name: replace(each, required=each.required and not each.confidential) for name, each in declared.fields.items()
    }
    made = event_form(service().catalogue, replace(declared, fields=fields), locale(), subject=_("Subject"))
    reason = TextAreaField(
        _("Reason"),
        render_kw={"maxlength": MOST_REASON, "rows": 2},
        description=_("Why it is corrected. The reason stays on record, and so does what was said before."),
        validators=[Required()],
    )
    made_here = type("Form", (Correction, made), {"reason": reason})
    assert issubclass(made_here, Correction)
    return made_here


def filled(form: type[Correction], version: Entry) -> Correction:
    """The form, filled with the version in force."""
    around = {"subject": version.subject or "", "entity": version.entity or ""}
    time = local_of(version.time, form.calendar)
    return form(None, kept=open_data(version), id=new_id(), expect=str(version.seq), time=time, **around)


def open_data(version: Entry) -> dict[str, Any]:
    """What a version says, without what is confidential."""
    return {name: value for name, value in stated(version).items() if not _closed(value)}


def stated(version: Entry) -> Mapping[str, Any]:
    """The data of the fact that a version states."""
    data: Mapping[str, Any] = version.data["data"] if version.type == CORRECTED else version.data
    return data


def correct(session: Session, person: Person, known: list[Entry], form: Correction) -> Done:
    """Record a correction of the event whose versions are ``known``.

    :raise Refused: as recording does; :class:`StaleReplacement` if another version is in force by now.
    """
    version = _version(known, form.expected)
    whole = {**_sealed(session, version), **form.payload()}
    body = {"original": {"seq": known[0].seq}, "replaces": version.seq, "reason": form.reason_given, "data": whole}
    place = {"subject": form.subject_given, "time": _time(form, version), "entity": form.entity_given}
    return _record(session, person, form.id_given, CORRECTED, place, body)


def void(session: Session, person: Person, known: list[Entry], *, expect: int | None, reason: str, id: str) -> Done:
    """Record that an event never happened.

    :raise Refused: as recording does; :class:`StaleReplacement` if another version is in force by now.
    """
    version = _version(known, expect)
    body = {"original": {"seq": known[0].seq}, "replaces": version.seq, "reason": reason}
    place = {"subject": version.subject, "time": version.time, "entity": version.entity}
    return _record(session, person, id, VOIDED, place, body)


def _record(
    session: Session, person: Person, id: str, type: str, place: Mapping[str, Any], body: Mapping[str, Any]
) -> Done:
    event = {"specversion": "1.0", "id": id, "source": WEB_SOURCE, "type": type, "data": dict(body)}
    event |= {name: value for name, value in place.items() if value is not None}
    intake = service().intake
    receipt = intake.accept(session, Actor("person", person.id), intake.read([event], pointers=[""]))[0]
    return Done(receipt, None, None)


def _version(known: list[Entry], expect: int | None) -> Entry:
    """The version that the form showed: sent again, the same event comes of it."""
    found = next((each for each in known if each.seq == expect), None)
    if found is None:
        raise StaleReplacement(
            f"Seq {expect} is no version of event {known[0].seq}. Open its page, and correct it there."
        )
    return found


def _time(form: Correction, version: Entry) -> str:
    instant = form.instant
    if instant is None or local_of(instant, form.calendar) == local_of(version.time, form.calendar):
        return version.time
    return stamp(instant)


def _sealed(session: Session, version: Entry) -> dict[str, Any]:
    """The confidential values of a version, to be sealed again; nobody sees them."""
    found = opened(session, service().ledger.vault, [version.seq]).get(version.seq, {})
    return {pointer.rpartition("/")[2]: value for pointer, value in found.items()}


def _closed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"commitment"}

"""Forms from the catalogue: for any event type, fields of all types with labels, limits and helpful mistakes.

``form = event_form(catalogue, type, locale)(request.form)``; when ``form.validate()``, ``form.payload()`` is the data
as the intake expects it. What it still refuses, :func:`show_mistakes` puts beside the fields that it speaks of.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from wtforms import Field as FormField
from wtforms import Form, HiddenField, SelectField, StringField

from tracker.catalogue import Catalogue, EventType
from tracker.catalogue.calendar import Calendar
from tracker.catalogue.model import Field
from tracker.errors import Invalid, Refused
from tracker.intake.texts import LONGEST_ID, is_identifier
from tracker.web.controls import Required, control, control_id, none_chosen, options
from tracker.web.languages import _
from tracker.web.typed import instant_of, typed_of, value_of

PREFIX = "data_"


class EventForm(Form):
    """The form of one event type. Its data has fields named ``data_…``; ``id`` is the event's, so that a form sent
    twice is recorded once. ``time`` is on the organisation's clock; ``expect`` what the subject stood at when the form
    was made. ``others`` are mistakes that belong to no field, ``conflict`` why a sound form was refused."""

    declared: ClassVar[EventType]
    asked: ClassVar[Mapping[str, Field]]
    calendar: ClassVar[Calendar]
    known: ClassVar[Sequence[str]] = ()

    def __init__(self, formdata: Any = None, *, kept: Mapping[str, Any] | None = None, **defaults: Any) -> None:
        """``kept`` is data to begin with; what is left as it is shown keeps its very value."""
        self._kept = dict(kept or {})
        shown = {
            f"{PREFIX}{name}": typed_of(self.asked[name], value, self.calendar)
            for name, value in self._kept.items()
            if name in self.asked
        }
        super().__init__(formdata, data=shown | defaults)
        self.others: list[str] = []
        self.conflict: Refused | None = None
        self._payload: dict[str, Any] = {}
        for name, each in self.asked.items():
            vars(self[f"{PREFIX}{name}"]).update(confidential=each.confidential, addon=each.currency)
        if "subject" in self:
            vars(self["subject"]).update(suggestions=self.known)

    def validate(self, extra_validators: Any = None) -> bool:
        """Read every field; what is wrong stands at the fields after."""
        sound = super().validate(extra_validators)
        self._payload = {}
        for name, each in self.asked.items():
            sound = self._read(name, each) and sound
        return self._timely() and self._placed() and sound

    def payload(self) -> dict[str, Any]:
        """The event's data once the form is valid; optional fields that are empty are left out."""
        return dict(self._payload)

    @property
    def instant(self) -> datetime | None:
        """The event's time in UTC; ``None`` where it was left to the present."""
        typed = self._typed("time")
        return instant_of(typed, self.calendar) if typed else None

    @property
    def expected(self) -> int | None:
        """The seq that the subject stood at when the form was made."""
        text = self._typed("expect")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    @property
    def id_given(self) -> str:
        """The id of the event; a new one where the form lost it."""
        return self._typed("id") or new_id()

    @property
    def subject_given(self) -> str | None:
        """The subject, if one was given."""
        return self._typed("subject") or None

    @property
    def entity_given(self) -> str | None:
        """The entity, if one was chosen."""
        return self._typed("entity") or None

    @property
    def own(self) -> list[FormField]:
        """The fields of the event's data."""
        return [self[f"{PREFIX}{name}"] for name in self.asked]

    @property
    def around(self) -> list[FormField]:
        """The visible fields of what is around the data: subject, time, entity."""
        return [each for each in self if not each.name.startswith(PREFIX) and each.type != "HiddenField"]

    def refuse(self, name: str, words: str) -> None:
        """Put a mistake beside a field, or above all where there is no such field."""
        if name in self:
            self[name].errors = [*self[name].errors, words]
        else:
            self.others.append(words)

    def _typed(self, name: str) -> str:
        return str(self[name].data or "").strip() if name in self else ""

    def _read(self, name: str, each: Field) -> bool:
        typed = str(self[f"{PREFIX}{name}"].data or "")
        if name in self._kept and typed.replace("\r\n", "\n") == typed_of(each, self._kept[name], self.calendar):
            self._payload[name] = self._kept[name]
            return True
        try:
            value = value_of(each, typed, self.calendar)
            if value is None and each.required:
                raise ValueError(_("Fill this in."))
        except ValueError as error:
            self.refuse(f"{PREFIX}{name}", str(error))
            return False
        if value is not None:
            self._payload[name] = value
        return True

    def _timely(self) -> bool:
        try:
            _read = self.instant
        except ValueError as error:
            self.refuse("time", str(error))
            return False
        return True

    def _placed(self) -> bool:
        if "subject" not in self:
            return True
        given = self._typed("subject")
        if not given and self["subject"].flags.required:
            self.refuse("subject", _("Fill this in."))
        elif given and not is_identifier(given):
            self.refuse("subject", _("Give 1 to %(most)s characters without spaces.", most=LONGEST_ID))
        return not self["subject"].errors


def event_form(
    catalogue: Catalogue,
    event_type: EventType,
    locale: str,
    *,
    subject: str | None = None,
    subject_required: bool = False,
    time: bool = True,
    entity: bool = True,
    known: Sequence[str] = (),
    without: Collection[str] = (),
) -> type[EventForm]:
    """The form class of an event type, labelled in ``locale``.

    ``subject`` asks for one, under this label, and suggests those ``known``; ``entity`` is asked for where the
    organisation has several; without ``time`` an event happens when it is sent. Fields of the data ``without`` which
    the form is to be are filled in by somebody else.
    """
    asked = {name: each for name, each in event_type.fields.items() if name not in without}
    place = partial(control_id, event_type)
    made: dict[str, Any] = {"declared": event_type, "asked": asked}
    made |= {"calendar": catalogue.calendar, "known": tuple(known)}
    made |= {"id": HiddenField(id=place("id")), "expect": HiddenField(id=place("expect"))}
    if subject is not None:
        made["subject"] = StringField(
            subject,
            id=place("subject"),
            render_kw={"maxlength": LONGEST_ID, "autocomplete": "off"},
            description=_("What the event is about, by its identifier."),
            validators=[Required()] if subject_required else [],
        )
    for name, declared in asked.items():
        made[f"{PREFIX}{name}"] = control(event_type, declared, locale)
    if time:
        made["time"] = StringField(
            _("Time"),
            id=place("time"),
            render_kw={"type": "datetime-local", "step": "any"},
            description=_("When it happened, by the organisation's clock. Leave it empty for now."),
        )
    entities = catalogue.organisation.entities
    if entity and len(entities) > 1:
        choices = [none_chosen(_("Not said")), *options({id: each.label for id, each in entities.items()}, locale)]
        made["entity"] = SelectField(_("Entity"), id=place("entity"), choices=choices, validate_choice=False)
    return type("Form", (EventForm,), made)


def blank(form: type[EventForm], *, expect: int | None = None, **others: Any) -> EventForm:
    """A form to be filled in, with an id of its own. Its time is left open for the present: a minute filled in
    beforehand would lie before what has happened within it."""
    return form(None, id=new_id(), expect="" if expect is None else str(expect), **others)


def new_id() -> str:
    """An event id that nobody else gives."""
    return f"form-{secrets.token_hex(16)}"


def show_mistakes(form: EventForm, error: Invalid) -> None:
    """Put what the intake refused beside the fields it speaks of, and the rest above the form."""
    for mistake in error.mistakes:
        form.refuse(_field_of(form, mistake.pointer), mistake.message)
    if not error.mistakes:
        form.others.append(error.detail)


def _field_of(form: EventForm, pointer: str) -> str:
    """The field that a pointer into an event speaks of; the data of a correction lies one deeper."""
    parts = pointer.replace("/data/data/", "/data/").split("/")
    if "data" not in parts[:-1]:
        return parts[-1]
    name = parts[parts.index("data") + 1]
    return f"{PREFIX}{name}" if f"{PREFIX}{name}" in form else name

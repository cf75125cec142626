"""One control for each field of the catalogue: how it looks, what it offers, and what it says of its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

from wtforms import Field as FormField
from wtforms import (  # type: ignore[attr-defined]  # the types lag behind: SelectChoice
    Form,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)

from tracker.catalogue.model import EventType, Field, FieldType, Label
from tracker.intake.texts import LONGEST_ID, LONGEST_LINK
from tracker.web.helping import help_for
from tracker.web.languages import _, babel_locale

SHORT = 200
"""Characters up to which a text is typed in one line."""
FEW = 4
"""Choices up to which all are shown at once."""


class Look(NamedTuple):
    """The class of a control, its own options, and the attributes of its element."""

    make: type[FormField]
    options: Mapping[str, Any]
    attributes: Mapping[str, Any]


Dress: TypeAlias = Callable[[Field, str], Look]


class Required:
    """Marks a field as required; whether it is filled in is found when it is read."""

    field_flags: ClassVar[Mapping[str, bool]] = {"required": True}

    def __call__(self, form: Form, field: FormField) -> None:
        """Nothing: see :meth:`tracker.web.forms.EventForm.validate`."""


def control(event_type: EventType, declared: Field, locale: str) -> Any:
    """The control of a field of an event type, labelled in ``locale``; to be bound to a form."""
    look = _LOOKS[declared.type](declared, locale)
    return look.make(
        words(declared.label, locale),
        id=control_id(event_type, declared.name),
        description=help_for(declared, babel_locale(locale)),
        render_kw=dict(look.attributes),
        validators=[Required()] if declared.required else [],
        **look.options,
    )


def control_id(event_type: EventType, name: str) -> str:
    """The ``id`` of a control, of which a page with several forms has one each."""
    return f"{event_type.type.replace('.', '-')}-{name}"


def options(labels: Mapping[str, Label], locale: str) -> list[Any]:
    """What can be chosen, with its words."""
    return [SelectChoice(value, words(label, locale)) for value, label in labels.items()]


def none_chosen(words: str) -> Any:
    """The choice to choose nothing."""
    return SelectChoice("", words)


def words(label: Label, locale: str) -> str:
    """A label in ``locale``; English, else any, where it has none."""
    return label.get(locale) or label.get("en") or next(iter(label.values()), "")


def attributes(field: FormField, help_id: str) -> dict[str, Any]:
    """What a control says of itself to who cannot see it."""
    found: dict[str, Any] = {}
    if field.description or field.errors:
        found["aria-describedby"] = help_id
    if field.errors:
        found["aria-invalid"] = "true"
    if getattr(field, "suggestions", ()):
        found["list"] = f"{field.id}-known"
    return found


def _text(declared: Field, _locale: str) -> Look:
    if declared.max_length <= SHORT:
        return Look(StringField, {}, {"maxlength": declared.max_length})
    return Look(TextAreaField, {}, {"maxlength": declared.max_length, "rows": 4})


def _choice(declared: Field, locale: str) -> Look:
    found = options(declared.choices, locale)
    if declared.required and len(found) <= FEW:
        return Look(RadioField, {"choices": found, "validate_choice": False}, {})
    empty = none_chosen(_("Choose") if declared.required else _("Not said"))
    return Look(SelectField, {"choices": [empty, *found], "validate_choice": False}, {})


def _flag(declared: Field, _locale: str) -> Look:
    found = [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]
    if not declared.required:
        found.append(none_chosen(_("Not said")))
    return Look(RadioField, {"choices": found, "validate_choice": False}, {})


def _number(declared: Field, _locale: str) -> Look:
    # Text, since a number box would round and drop what it does not like. A phone's number pad often lacks a minus.
    negative = declared.minimum is None or declared.minimum < 0
    pad = "text" if negative else "numeric" if declared.scale == 0 else "decimal"
    return Look(StringField, {}, {"inputmode": pad, "autocomplete": "off", "maxlength": 60})


def _list(_declared: Field, _locale: str) -> Look:
    return Look(TextAreaField, {}, {"rows": 4})


def _line(declared: Field, _locale: str) -> Look:
    return Look(StringField, {}, _LINES[declared.type])


_LINES: Mapping[FieldType, Mapping[str, Any]] = {
    FieldType.DATE: {"type": "date"},
    FieldType.TIME: {"type": "datetime-local", "step": "any"},
    FieldType.ID: {"maxlength": LONGEST_ID, "autocomplete": "off"},
    FieldType.LINK: {"type": "url", "maxlength": LONGEST_LINK, "autocomplete": "off"},
}

_LOOKS: Mapping[FieldType, Dress] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.FLAG: _flag,
    FieldType.INTEGER: _number,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.LIST: _list,
    FieldType.DATE: _line,
    FieldType.TIME: _line,
    FieldType.ID: _line,
    FieldType.LINK: _line,
}

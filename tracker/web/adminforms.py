"""What the forms of administration share: fields that are checked where they are used, and mistakes put beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Form, SelectMultipleField
from wtforms import SelectChoice as Choice  # type: ignore[attr-defined]  # newer than the types
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.errors import Conflict, Invalid, Refused
from tracker.web.languages import _, lazy


def options(words: Mapping[str, Any]) -> list[Any]:
    """What can be chosen, with its words."""
    return [Choice(value, each) for value, each in words.items()]


class CheckboxesField(SelectMultipleField):
    """Several of a few, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AdminForm(Form):
    """A form whose values are checked by what they are given to. ``others`` are mistakes that belong to no field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others: list[str] = []

    def text(self, name: str) -> str:
        """What was typed into a field, without blanks around it."""
        return str(self[name].data or "").strip()

    def whole(self, name: str) -> int:
        """The number in a field; one that no check lets pass where there is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def refuse(self, error: Invalid | Conflict) -> None:
        """Put mistakes beside the fields that they speak of, and the rest above the form."""
        for mistake in error.mistakes:
            words = _(mistake.message)
            if mistake.pointer in self:
                self[mistake.pointer].errors = [*self[mistake.pointer].errors, words]
            else:
                self.others.append(words)
        if not error.mistakes:
            self.others.append(_told(error))


def _told(error: Refused) -> str:
    return _("This name is taken, or something else about it waits for a decision: %(detail)s", detail=error.detail)


KNOWN = (
    lazy("begins with a letter; then up to 62 of a-z, 0-9 and hyphen"),
    lazy("begins with a letter; then up to 62 of a-z, 0-9, dot, hyphen, underscore and @"),
    lazy("must be 1 to 100 printable characters"),
    lazy("an assurer's account has a last day"),
    lazy("must be a day, such as 2026-03-31"),
    lazy("lies in the past"),
    lazy("are what the person has already"),
    lazy("must be a URI reference of 1 to 200 characters, such as /moderation"),
    lazy("names no event type; write such as content.* or integrity.training.held"),
    lazy("are what the source may send already"),
    lazy("must be 1 to 36500"),
    lazy("must be 0 to 168"),
    lazy("must be 1 to 366"),
    lazy("is no key of a pair"),
    lazy("admin is for people; leave out the source"),
)
"""What the checks say most often, so that it is translated; what else they say stays English."""

"""What a reporter enters: read leniently, checked in plain words, and kept on the page until it is right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from tracker.catalogue import Catalogue, Field
from tracker.errors import Malformed
from tracker.evidence import Clean
from tracker.web.languages import _
from tracker.web.uploads import Upload, clean_files
from tracker.workflows.reporting import REPORTED, WRITTEN

CHOSEN = ("category", "reporter_group")

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Entered:
    """A form as somebody filled it in. ``mistakes`` are sentences by field; ``files`` are the clean ones."""

    def __init__(self, fields: MultiDict[str, str], files: Sequence[Upload]) -> None:
        self.fields = fields
        self.mistakes: dict[str, str] = {}
        self.files = self._cleaned(files)

    @property
    def token(self) -> str:
        """The form's hidden token.

        :raise Malformed: the form was not made here.
        """
        if not is_token(self.fields.get("token", "")):
            raise Malformed("This form was not made here. Open it again, then write into it.")
        return self.fields["token"]

    def text(self, name: str, field: Field, *, needed: bool = False) -> str:
        """What was written into a field, without what cannot be stored."""
        text = _UNSTORABLE.sub("", self.fields.get(name, "").replace("\r\n", "\n")).strip()
        if needed and not text:
            self.mistakes[name] = _("Please write something here.")
        elif len(text) > field.max_length:
            self.mistakes[name] = _("This is longer than %(most)s characters.", most=field.max_length)
        return text

    def choice(self, name: str, field: Field) -> str:
        """What was chosen."""
        value = self.fields.get(name, "")
        if value not in field.choices:
            self.mistakes[name] = _("Please choose one.")
        return value

    def _cleaned(self, files: Sequence[Upload]) -> list[Clean]:
        try:
            return clean_files(files)
        except ValueError as error:
            self.mistakes["files"] = str(error)
            return []


def is_token(text: str) -> bool:
    """Whether a text looks like the token of a form."""
    return _TOKEN.fullmatch(text) is not None


def report(entered: Entered, catalogue: Catalogue) -> dict[str, Any]:
    """The data of a report; what is wrong with it stands in ``entered.mistakes``."""
    fields: Mapping[str, Field] = catalogue.events[REPORTED].fields
    data = {name: entered.choice(name, fields[name]) for name in CHOSEN}
    written = {
        "narrative": entered.text("narrative", fields["narrative"], needed=True),
        "identity": entered.text("identity", fields["identity"]),
    }
    return data | {name: text for name, text in written.items() if text}


def addition(entered: Entered, catalogue: Catalogue) -> str:
    """What a reporter adds; what is wrong with it stands in ``entered.mistakes``."""
    return entered.text("message", catalogue.events[WRITTEN].fields["message"], needed=True)

"""The kinds of files that are accepted: by what they hold, never by what they are called."""

from __future__ import annotations

from typing import NamedTuple

from tracker.errors import Invalid, Mistake

MOST_BYTES = 10 << 20
"""The largest file."""

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
"""Every accepted media type, with how its files' names end."""

ACCEPTED = "PNG, JPEG, WebP, PDF, plain text (UTF-8), DOCX and XLSX, up to 10 MiB"


class Clean(NamedTuple):
    """A file that is what it says, freed of metadata. ``name`` has no path and ends as the type's names do."""

    media_type: str
    content: bytes
    name: str

    def __repr__(self) -> str:
        return f"Clean({self.media_type!r}, {len(self.content)} bytes)"  # neither name nor content into a log


def refused(words: str) -> Invalid:
    """The refusal of a file; ``words`` go on from ``The file``."""
    return Invalid(f"The file {words}. Accepted are {ACCEPTED}.", [Mistake("file", words)])

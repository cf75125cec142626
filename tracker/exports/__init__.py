"""A frozen year in the formats that others read, all from one source of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

from tracker.catalogue.model import Catalogue
from tracker.disclosure.audiences import Withheld
from tracker.errors import NotFound
from tracker.exports import csv, json


class Writer(Protocol):
    """Writes a snapshot's body under its catalogue to a binary stream, which it leaves open."""

    def __call__(
        self,
        body: Mapping[str, Any],
        catalogue: Catalogue,
        stream: BinaryIO,
        hidden: Withheld | None = None,
        seal: Mapping[str, Any] | None = None,
    ) -> None: ...


FORMATS: Mapping[str, Writer] = {"csv": csv.write, "json": json.write}


def write(
    format: str,
    body: Mapping[str, Any],
    catalogue: Catalogue,
    stream: BinaryIO,
    hidden: Withheld | None = None,
    seal: Mapping[str, Any] | None = None,
) -> None:
    """Write a snapshot's body in one of :data:`FORMATS`; equal input gives equal bytes, anywhere.

    ``catalogue`` is the one that the snapshot names; ``hidden`` is given where the public reads it; ``seal`` says who
    signed and approved the year, as :func:`tracker.exports.seals.seal_of`.

    :raise NotFound: for a format that there is not.
    :raise UnknownMetric: for a figure whose metric the catalogue lacks.
    """
    if format not in FORMATS:
        raise NotFound(f"There is no format {format!r}. Choose one of {', '.join(FORMATS)}.")
    FORMATS[format](body, catalogue, stream, hidden, seal)

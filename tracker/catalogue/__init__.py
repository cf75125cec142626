"""The catalogue: an organisation's configuration, read strictly from YAML into frozen values.

:func:`load` reads a directory, :func:`from_documents` rebuilds a catalogue from the JSON
that every catalogue carries. Both say everything that is wrong, at once.
"""

from __future__ import annotations

from pathlib import Path

from tracker.catalogue.build import build
from tracker.catalogue.calendar import Calendar, Period, YearEnd, ZoneEntry
from tracker.catalogue.documents import from_json, read
from tracker.catalogue.model import (
    COMPUTED,
    CUMULATIVE,
    Catalogue,
    Domain,
    EventType,
    Field,
    FieldType,
    JobSchedule,
    Label,
    Measure,
    Metric,
    Organisation,
    Place,
    PrintRule,
    Unit,
)
from tracker.catalogue.subjects import Deadline, Due, Lifecycle, Move, Span

__all__ = [
    "COMPUTED",
    "CUMULATIVE",
    "Calendar",
    "Catalogue",
    "Deadline",
    "Domain",
    "Due",
    "EventType",
    "Field",
    "FieldType",
    "JobSchedule",
    "Label",
    "Lifecycle",
    "Measure",
    "Metric",
    "Move",
    "Organisation",
    "Period",
    "Place",
    "PrintRule",
    "Span",
    "Unit",
    "YearEnd",
    "ZoneEntry",
    "from_documents",
    "load",
]


def load(path: Path) -> Catalogue:
    """Read a configuration directory.

    The catalogue is built from the JSON of what was read, as :func:`from_documents` would,
    so that the same content gives the same catalogue in whatever order its keys were written.

    :raise CatalogueInvalid: with every mistake, each with its file and key.
    """
    return from_documents(read(path).to_json())


def from_documents(text: str) -> Catalogue:
    """Rebuild a catalogue from the JSON in :attr:`Catalogue.documents`.

    :raise CatalogueInvalid: with every mistake, each with its file and key.
    """
    return build(from_json(text))

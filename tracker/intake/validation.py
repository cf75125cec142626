"""Whether an event is what the catalogue says it is: fast where it is, explained where it is not.

The marshmallow schemas are the definition and the voice; the compiled checks say the same yes in
a tenth of the time, so that a schema runs only for what will be refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tracker.catalogue.model import Catalogue, Measure
from tracker.errors import Mistake
from tracker.intake.compiled import compiled
from tracker.intake.pointers import did_you_mean, quoted
from tracker.intake.reserved import opening_mistakes, reserved_schemas
from tracker.intake.schemas import mistakes_of, schema_for
from tracker.ledger.events import OPENED, Incoming


class Validator:
    """The schemas of one catalogue, built once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._reserved = reserved_schemas(catalogue)
        declared = {name: event for name, event in catalogue.events.items() if name not in self._reserved}
        self.schemas = {name: schema_for(event) for name, event in declared.items()}
        self.needs_subject = subject_types(catalogue)
        self.entities = frozenset(catalogue.organisation.entities)
        # To look for a near miss takes milliseconds, and one wrong name stands in thousands of lines.
        self._hint = lru_cache(maxsize=256)(lambda type: did_you_mean(type, (*self.schemas, *self._reserved)))
        self._accepts = {name: compiled(event) for name, event in declared.items()}

    def fits(self, event: Incoming) -> bool:
        """Whether nothing is wrong with an event, for the types and entities that the catalogue declares."""
        accepts = self._accepts.get(event.type)
        return (
            accepts is not None
            and (event.subject is not None or event.type not in self.needs_subject)
            and (event.entity is None or event.entity in self.entities)
            and accepts(event.data)
        )

    def mistakes(self, type: str, data: Mapping[str, Any], *, pointer: str = "") -> tuple[Mistake, ...]:
        """What is wrong with ``data`` as data of ``type``; empty when nothing is.

        :param pointer: where the event stands; the mistakes lie under ``{pointer}/data``.
        """
        accepts = self._accepts.get(type)
        if accepts is not None:
            return () if accepts(data) else mistakes_of(self.schemas[type], data, f"{pointer}/data")
        pick = self._reserved.get(type)
        if pick is not None:
            return mistakes_of(pick(data), data, f"{pointer}/data")
        return (self._unknown(type, pointer),)

    def _unknown(self, type: str, pointer: str) -> Mistake:
        hint = self._hint(type)
        return Mistake(f"{pointer}/type", f"{quoted(type)} is no event type of the catalogue.{hint}")

    def envelope_mistakes(
        self, type: str, subject: str | None, entity: str | None, *, pointer: str = ""
    ) -> tuple[Mistake, ...]:
        """What the catalogue finds wrong with an event's subject and entity."""
        found: list[Mistake] = []
        if subject is None and type in self.needs_subject:
            found.append(Mistake(f"{pointer}/subject", "is required: what the event is about is followed over time"))
        if entity is not None and self.entities and entity not in self.entities:
            hint = did_you_mean(entity, self.entities)
            found.append(Mistake(f"{pointer}/entity", f"{quoted(entity)} is no entity of the organisation.{hint}"))
        return tuple(found)


def subject_types(catalogue: Catalogue) -> frozenset[str]:
    """The event types that follow a subject: of lifecycles, of members, and of readings per subject."""
    followed = [
        name
        for metric in catalogue.metrics.values()
        if metric.measure is Measure.MEMBERS or (metric.measure is Measure.LATEST_SUM and not metric.per)
        for name in (*metric.events, *metric.leave)
    ]
    return frozenset(followed).union(*(each.events for each in catalogue.lifecycles))


def check(validator: Validator, incoming: Incoming, *, within: str = "") -> Incoming:
    """The same event, with every mistake that the catalogue finds in it.

    :param within: where in the event its data lies, if not at the top (``/data`` in a correction).
    """
    if validator.fits(incoming):
        return incoming
    pointer = incoming.pointer
    found = validator.mistakes(incoming.type, incoming.data, pointer=pointer + within)
    if incoming.entity is not None or incoming.subject is None:
        found += validator.envelope_mistakes(incoming.type, incoming.subject, incoming.entity, pointer=pointer)
    if incoming.type == OPENED:
        found += opening_mistakes(validator.catalogue, incoming)
    return incoming._replace(mistakes=incoming.mistakes + found) if found else incoming

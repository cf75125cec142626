"""The catalogue: what an organisation records and measures, as frozen values.

Built once from YAML by :func:`tracker.catalogue.load`, never changed afterwards and
free of any database. Everything that later code asks of the configuration it asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from tracker.catalogue.calendar import Calendar
from tracker.catalogue.retention import Retention
from tracker.catalogue.rules import Workflows
from tracker.catalogue.subjects import Lifecycle, gathered
from tracker.catalogue.thresholds import ANY_CHANGE, Threshold

Label: TypeAlias = Mapping[str, str]
"""Locale (``zh-Hant``, ``en``, …) to text; every locale of the organisation is present."""


class FieldType(StrEnum):
    """What the value of a field looks like in JSON."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    ID = "id"
    LIST = "list"
    FLAG = "flag"
    LINK = "link"


class Measure(StrEnum):
    """How a metric becomes a number; ``DESIGN`` in the docs defines each exactly."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    LATEST = "latest"
    LATEST_SUM = "latest_sum"
    BALANCE = "balance"
    MEMBERS = "members"
    MEAN = "mean"
    RATIO = "ratio"
    TOTAL = "total"
    GROWTH = "growth"


COMPUTED = frozenset({Measure.RATIO, Measure.TOTAL, Measure.GROWTH})
"""Measures that follow from other metrics and so keep no tally."""

CUMULATIVE = frozenset({Measure.BALANCE, Measure.MEMBERS})
"""Measures whose value at a period's end includes everything before it."""


@dataclass(frozen=True)
class Field:
    """One field of an event's data.

    ``scale`` is the number of decimals a number or an amount may have; a value with more
    is refused. ``choices`` maps each allowed code of a choice to its label.
    ``items`` is the type of a list's items (``id`` or ``text``).
    """

    name: str
    type: FieldType
    label: Label
    required: bool = False
    confidential: bool = False
    dimension: bool = False
    choices: Mapping[str, Label] = attribute(default_factory=dict)
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    scale: int = 0
    currency: str | None = None
    max_length: int = 10_000
    items: FieldType = FieldType.ID


@dataclass(frozen=True)
class EventType:
    """One kind of fact: its full type name, its domain and its fields; ``retention`` is the class that says how long
    what is confidential in it is kept, None for good."""

    type: str
    domain: str
    label: Label
    fields: Mapping[str, Field]
    retention: str | None = None

    @cached_property
    def confidential(self) -> tuple[str, ...]:
        """Names of the fields whose values are kept apart, sorted."""
        return tuple(sorted(name for name, each in self.fields.items() if each.confidential))


@dataclass(frozen=True)
class PrintRule:
    """How one locale prints a metric: ``scale`` is ``auto``, ``none`` or a scale word
    (``萬``, ``百萬``, ``億``, ``thousand``, ``million``, ``billion``); ``unit`` overrides the
    unit's own words (one form, or singular and plural); ``times`` converts to the printed unit."""

    scale: str = "auto"
    unit: tuple[str, ...] | None = None
    places: int | None = None
    times: int = 1


@dataclass(frozen=True)
class Unit:
    """A unit of measure: its words per locale (one form, or singular and plural), words
    before the number (``RMB``), and whether it follows the number without a space (``%``)."""

    id: str
    words: Mapping[str, tuple[str, ...]]
    before: Label = attribute(default_factory=dict)
    tight: bool = False
    currency: str | None = None


@dataclass(frozen=True)
class Metric:
    """What is measured, how, and how its figure is rounded and printed.

    ``events`` are the full types it reads (for balance and members those that enter),
    ``leave`` those that leave. ``field`` may be a field of the data or one of the
    pseudo-fields ``subject``, ``entity``, ``day``. ``by`` lists groupings: each is a tuple of
    dimensions, one for a plain breakdown, several for a crossed one. ``of`` names metrics
    (total, growth), as do ``minus`` (what a total takes off), ``numerator`` and ``denominator`` (ratio).
    ``scale`` is the number of decimals of the recorded field.
    """

    id: str
    domain: str
    label: Label
    measure: Measure
    unit: str
    events: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    field: str | None = None
    weight: str | None = None
    scale: int = 0
    weight_scale: int = 0
    carry: bool = False
    per: tuple[str, ...] = ()
    where: Mapping[str, tuple[str | int | bool, ...]] = attribute(default_factory=dict)
    by: tuple[tuple[str, ...], ...] = ()
    of: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    numerator: str | None = None
    denominator: str | None = None
    factor: Decimal = Decimal(1)
    places: int = 0
    rounding: str = "half_up"
    zero: Label | None = None
    owner: str | None = None
    kpis: Mapping[str, tuple[str, ...]] = attribute(default_factory=dict)
    qualifier: str = "exact"
    note: Label | None = None
    printing: Mapping[str, PrintRule] = attribute(default_factory=dict)
    restate_from: Threshold | None = None
    fingerprint: str = ""
    """Digest of all that decides this metric's tallies; empty for computed measures."""

    @cached_property
    def key(self) -> str:
        """Under which its tallies are kept: a changed definition is another key."""
        return f"{self.id}@{self.fingerprint}"

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Every dimension that some grouping uses, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for group in self.by for name in group))

    @cached_property
    def cumulative(self) -> bool:
        """Whether facts before the period count towards its value."""
        return self.measure in CUMULATIVE or self.carry


@dataclass(frozen=True)
class Domain:
    """A field of governance with its events, lifecycles and metrics. Small counts of a ``discreet`` one could point at
    somebody: the public does not see them."""

    id: str
    label: Label
    discreet: bool = False


@dataclass(frozen=True)
class Place:
    """An entity or a site, with the days on which it enters and leaves the boundary."""

    id: str
    label: Label
    enters: str
    leaves: str | None = None


@dataclass(frozen=True)
class Organisation:
    """Whose ledger this is. ``locales`` lists the default one first."""

    id: str
    name: Label
    locales: tuple[str, ...]
    currency: str
    calendar: Calendar
    first_year: int
    identifiers: Mapping[str, str] = attribute(default_factory=dict)
    entities: Mapping[str, Place] = attribute(default_factory=dict)
    sites: Mapping[str, Place] = attribute(default_factory=dict)
    restate_from: Threshold = ANY_CHANGE
    retention: Mapping[str, Retention] = attribute(default_factory=dict)


@dataclass(frozen=True)
class JobSchedule:
    """When a job is due: ``each`` period, ``after`` so many days, ``at`` a local time of day."""

    name: str
    each: str
    after_days: int
    at: str


@dataclass(frozen=True)
class Catalogue:
    """Everything the configuration says. ``digest`` (hex SHA-256) names this very content;
    ``documents`` is the JSON it was built from, enough to build it again."""

    organisation: Organisation
    units: Mapping[str, Unit]
    domains: Mapping[str, Domain]
    events: Mapping[str, EventType]
    lifecycles: tuple[Lifecycle, ...]
    metrics: Mapping[str, Metric]
    schedule: Mapping[str, JobSchedule]
    digest: str
    documents: str
    workflows: Workflows = attribute(default_factory=Workflows)

    @property
    def calendar(self) -> Calendar:
        """The organisation's days, months, quarters and reporting years."""
        return self.organisation.calendar

    def restate_from(self, metric: str) -> Threshold:
        """From which change on a figure of a metric is worth restating: its own threshold, or the organisation's."""
        own = self.metrics[metric].restate_from if metric in self.metrics else None
        return self.organisation.restate_from if own is None else own

    @cached_property
    def metrics_by_event(self) -> Mapping[str, tuple[Metric, ...]]:
        """For each event type the metrics whose tallies it may move."""
        found: dict[str, list[Metric]] = {}
        for metric in self.metrics.values():
            for event in dict.fromkeys((*metric.events, *metric.leave)):
                found.setdefault(event, []).append(metric)
        return {event: tuple(metrics) for event, metrics in found.items()}

    @cached_property
    def lifecycles_by_kind(self) -> Mapping[str, Lifecycle]:
        """Every lifecycle by what its subjects are (``integrity.case``)."""
        return {each.kind: each for each in self.lifecycles}

    @cached_property
    def lifecycles_by_event(self) -> Mapping[str, tuple[Lifecycle, ...]]:
        """For each event type the lifecycles of what it is about: those that it may move or time, and that whose
        kind begins its name (``suppliers.supplier.evaluated``)."""
        known = [(each, f"{each.kind}.") for each in self.lifecycles]
        named = ((event, each) for each, prefix in known for event in self.events if event.startswith(prefix))
        return gathered(chain(((event, each) for each in self.lifecycles for event in each.events), named))

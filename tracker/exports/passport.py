"""The passport of a figure: what it is, what it rests on, and all that was ever stated of it.

It is that of the log as it is now, as it was known when some event was recorded, or as a frozen revision has it: each
is the log of some size, from which value, events and digest follow anew. Nothing is copied from a snapshot but what
it states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue, Measure, Metric, from_documents
from tracker.catalogue.calendar import Period
from tracker.errors import Invalid, Mistake, NotFound, UnknownMetric
from tracker.exports.leaves import Ground, grounds
from tracker.ledger.checkpoints import Checkpoint, covering
from tracker.ledger.events import Fact
from tracker.ledger.heads import read_head, stored_documents
from tracker.ledger.merkle import root_of
from tracker.ledger.tree import Nodes
from tracker.snapshots.figures import WHOLE, printable, rounded
from tracker.snapshots.reading import Snapshot, get, revisions
from tracker.tallies.behind import facts_behind
from tracker.tallies.queries import exact, inputs
from tracker.tallies.recount import recount

_STATED = frozenset({"year", "month"})
"""The kinds of periods of which a frozen year states figures."""


class Stated(NamedTuple):
    """What a frozen revision states of a figure: a decimal string, or ``None`` where it says nothing of this period.
    ``difference`` is that to the revision before, where both are numbers."""

    snapshot: Snapshot
    value: str | None
    difference: str | None

    @property
    def reason(self) -> str | None:
        """Why the year was restated."""
        restatement = self.snapshot.body.get("restatement")
        return restatement["reason"] if restatement else None


@dataclass(frozen=True)
class Passport:
    """A figure in the log of ``size`` events, whose root is ``root``. ``exact`` is its value before rounding.

    ``catalogue`` is the one it is counted under: that of the revision, if it is of one. ``revision`` is that revision
    and what it states, ``history`` every frozen revision of the period's year, the first one first. ``checkpoint`` is
    the first that covers the log, if there is one.
    """

    metric: Metric
    period: Period
    catalogue: Catalogue
    size: int
    root: bytes
    exact: Fraction | None
    checkpoint: Checkpoint | None
    history: list[Stated]
    revision: Stated | None = None
    as_of: int | None = None

    @property
    def value(self) -> Decimal | None:
        """The figure: rounded by the metric's rule."""
        return rounded(self.metric, self.exact)

    @property
    def agrees(self) -> bool | None:
        """Whether the revision states what its events come to; ``None`` where it states nothing of this period."""
        if self.revision is None or self.period.kind not in _STATED:
            return None
        return self.revision.value == printable(self.value)

    def inputs(self) -> Iterator[tuple[Metric, Period]]:
        """The figures that a computed one follows from; growth also follows from that of the year before."""
        before = self.catalogue.calendar.year_before(self.period) if self.metric.measure is Measure.GROWTH else None
        for id in dict.fromkeys(inputs(self.metric)):
            for span in (self.period, before):
                if span is not None:
                    yield self.catalogue.metrics[id], span

    def facts(self, session: Session) -> Iterator[Fact]:
        """The events behind it, in order of ``seq``."""
        return facts_behind(session, self.catalogue, self.metric, self.period, size=self.size)

    def grounds(self, session: Session) -> Iterator[Ground]:
        """The same, each with its leaf and those of its amendments."""
        return grounds(session, self.facts(session), self.size)


def passport(
    session: Session,
    catalogue: Catalogue,
    metric: str,
    period: str,
    *,
    revision: int | None = None,
    as_of: int | None = None,
) -> Passport:
    """The passport of a metric in a year, quarter, month or day.

    :param revision: as this frozen revision of the period's year has it.
    :param as_of: as it was known when this ``seq`` was recorded.
    :raise UnknownMetric: the catalogue, or that of the revision, has none of this name.
    :raise UnknownPeriod: there is no such period.
    :raise NotFound: there is no such revision, or no such event.
    :raise Invalid: both a revision and a ``seq`` are asked for.
    """
    if revision is not None and as_of is not None:
        raise Invalid(
            "Ask for a revision or for a seq, not for both.", [Mistake("as_of", "cannot stand beside a revision")]
        )
    span = catalogue.calendar.parse(period)
    history = _history(session, metric, span)
    frozen = None if revision is None else _of_revision(session, history, span, revision)
    used = catalogue if frozen is None else _catalogue_of(session, frozen.snapshot)
    if metric not in used.metrics:
        raise UnknownMetric(metric)
    size = _size(session, frozen, as_of)
    return Passport(
        metric=used.metrics[metric],
        period=span,
        catalogue=used,
        size=size,
        root=root_of(Nodes(session, read_head(session).size), size),
        exact=_exact(session, used, metric, span, None if frozen is None and as_of is None else size),
        checkpoint=covering(session, max(size, 1)),
        history=history,
        revision=frozen,
        as_of=as_of,
    )


def _exact(session: Session, catalogue: Catalogue, metric: str, period: Period, size: int | None) -> Fraction | None:
    if size is None and period.months:
        return exact(session, catalogue, period, [metric])[metric][WHOLE]
    return recount(session, catalogue, [period], [metric], size=size)[metric, period.id][WHOLE]


def _size(session: Session, frozen: Stated | None, as_of: int | None) -> int:
    size = read_head(session).size
    if frozen is not None:
        return frozen.snapshot.log_size
    if as_of is None:
        return size
    if as_of >= size:
        raise NotFound(f"There is no event with seq {as_of}: the log has {size} events. Ask for an earlier one.")
    return as_of + 1


def _of_revision(session: Session, history: list[Stated], period: Period, revision: int) -> Stated:
    wanted = get(session, period.year, revision)
    return next(each for each in history if each.snapshot.digest == wanted.digest)


def _catalogue_of(session: Session, snapshot: Snapshot) -> Catalogue:
    documents = stored_documents(session, snapshot.catalogue)
    if documents is None:
        raise NotFound(f"The catalogue {snapshot.catalogue} of this snapshot is not on record.")
    return from_documents(documents)


def _history(session: Session, metric: str, period: Period) -> list[Stated]:
    found: list[Stated] = []
    for snapshot in revisions(session, period.year):
        value = _value_in(snapshot, metric, period)
        before = found[-1].value if found else None
        moved = None if value is None or before is None else f"{Decimal(value) - Decimal(before):f}"
        found.append(Stated(snapshot, value, moved))
    return found


def _value_in(snapshot: Snapshot, metric: str, period: Period) -> str | None:
    figure = next((each for each in snapshot.body["figures"] if each["metric"] == metric), None)
    if figure is None:
        return None
    stated = {str(snapshot.year): figure["value"]} | {each["period"]: each["value"] for each in figure["months"]}
    value: str | None = stated.get(period.id)
    return value

"""Values of a year that are stated otherwise than before, as pages print them: then, now, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from tracker.catalogue import Catalogue, Metric
from tracker.disclosure.relations import place
from tracker.disclosure.suppression import Marks, said
from tracker.disclosure.wording import NOTHING, dimension_words, words
from tracker.web.languages import locale
from tracker.web.periods import month_words
from tracker.web.rendering import label

_MINUS = "−"


class Changed(Protocol):
    """What :class:`tracker.snapshots.comparing.Change` and all that says more than it have in common."""

    @property
    def metric(self) -> str: ...

    @property
    def by(self) -> Mapping[str, Any]: ...

    @property
    def period(self) -> str | None: ...

    @property
    def previously(self) -> str | None: ...

    @property
    def now(self) -> str | None: ...


class Line(NamedTuple):
    """A changed value. ``where`` is the month or the part of a breakdown; empty for the figure of the year."""

    metric: str
    words: str
    where: str
    previously: str
    now: str
    difference: str


def lines(
    catalogue: Catalogue,
    year: int,
    changes: Iterable[Changed],
    *,
    before: Marks | None = None,
    after: Marks | None = None,
) -> Iterator[Line]:
    """The lines of changes. ``before`` and ``after`` are what is hidden of the two; a difference is not told where
    either of its values is."""
    for each in changes:
        here = place(each.metric, each.period or str(year), each.by)
        then, since = (before or {}).get(here), (after or {}).get(here)
        metric = catalogue.metrics.get(each.metric)
        yield Line(
            each.metric,
            label(metric.label) if metric else each.metric,
            _where(catalogue, metric, each),
            said(then, locale()) if then else printed(catalogue, metric, each.previously),
            said(since, locale()) if since else printed(catalogue, metric, each.now),
            NOTHING if then or since else difference(catalogue, metric, each.previously, each.now),
        )


def printed(catalogue: Catalogue, metric: Metric | None, value: str | None) -> str:
    """A stated value in words; as it is where its metric is not known any more."""
    if metric is None:
        return value or NOTHING
    return words(catalogue, metric, None if value is None else Decimal(value), locale())


def difference(catalogue: Catalogue, metric: Metric | None, previously: str | None, now: str | None) -> str:
    """By how much a value changed, with its sign; a dash where there is nothing to subtract, or nothing changed."""
    if previously is None or now is None or Decimal(now) == Decimal(previously):
        return NOTHING
    by = Decimal(now) - Decimal(previously)
    return f"{'+' if by > 0 else _MINUS}{printed(catalogue, metric, f'{abs(by):f}')}"


def _where(catalogue: Catalogue, metric: Metric | None, change: Changed) -> str:
    if change.period:
        return month_words(change.period)
    return dimension_words(catalogue, metric, change.by, locale()) if metric and change.by else ""

"""Running figures as documents: what the tallies, or a recount up to a ``seq``, say right now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from tracker.catalogue import Catalogue
from tracker.catalogue.calendar import Period
from tracker.disclosure.wording import words
from tracker.errors import Invalid, Mistake, UnknownMetric
from tracker.exports.rows import definition
from tracker.snapshots.figures import Figure, as_document, figure
from tracker.tallies.queries import exact
from tracker.tallies.recount import recount


def running_figures(
    session: Session,
    catalogue: Catalogue,
    period: Period,
    metrics: Sequence[str] = (),
    *,
    by: Sequence[str] = (),
    as_of: int | None = None,
) -> list[Figure]:
    """Figures of a period in the catalogue's order: the named metrics, or all.

    ``by`` keeps only the breakdown over exactly these dimensions. ``as_of`` gives what was known when
    that ``seq`` was recorded. A day, and ``as_of``, are counted from the events; all else is read.

    :raise UnknownMetric: for a metric that the catalogue lacks.
    :raise Invalid: when a named metric has no breakdown by ``by``.
    """
    chosen = _chosen(catalogue, metrics, by)
    cells = _cells(session, catalogue, period, chosen, as_of)
    found = [figure(catalogue, catalogue.metrics[id], period.id, cells[id]) for id in chosen]
    return [_only(each, by) for each in found] if by else found


def document(catalogue: Catalogue, found: Figure) -> dict[str, Any]:
    """A running figure as JSON: value, unit, printed forms, definition and breakdown."""
    metric, plain = found.metric, as_document(found)
    locales = catalogue.organisation.locales
    breakdown = [
        part | {"printed": {locale: words(catalogue, metric, cell.value, locale) for locale in locales}}
        for part, cell in zip(plain["breakdown"], found.breakdown, strict=True)
    ]
    return plain | {
        "period": found.period,
        "unit": metric.unit,
        "label": dict(metric.label),
        "printed": {locale: words(catalogue, metric, found.value, locale) for locale in locales},
        "definition": definition(metric),
        "breakdown": breakdown,
    }


def _cells(
    session: Session, catalogue: Catalogue, period: Period, chosen: list[str], as_of: int | None
) -> Mapping[str, Mapping[str, Fraction | None]]:
    if as_of is None and period.months:
        return exact(session, catalogue, period, chosen)
    size = None if as_of is None else as_of + 1
    counted = recount(session, catalogue, [period], chosen, size=size)
    return {id: values for (id, _period), values in counted.items()}


def _chosen(catalogue: Catalogue, metrics: Iterable[str], by: Sequence[str]) -> list[str]:
    named = list(dict.fromkeys(metrics))
    for id in named:
        if id not in catalogue.metrics:
            raise UnknownMetric(id)
        if by and not _has(catalogue, id, by):
            groups = [" and ".join(group) for group in catalogue.metrics[id].by] or ["nothing"]
            detail = f"{id} is broken down by {', '.join(groups)}, not by {' and '.join(by)}"
            raise Invalid(f"There is no such breakdown: {detail}.", [Mistake("by", detail)])
    return named or [id for id in catalogue.metrics if not by or _has(catalogue, id, by)]


def _has(catalogue: Catalogue, id: str, by: Sequence[str]) -> bool:
    return any(frozenset(group) == frozenset(by) for group in catalogue.metrics[id].by)


def _only(found: Figure, by: Sequence[str]) -> Figure:
    cells = tuple(cell for cell in found.breakdown if cell.by.keys() == set(by))
    return Figure(found.metric, found.period, found.value, cells)

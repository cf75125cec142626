"""What differs between the figures of two documents of a year. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, NamedTuple, TypeAlias

from tracker.canonical import canonical

_EXACT = Context(prec=1000)

Figures: TypeAlias = Sequence[Mapping[str, Any]]
"""The ``figures`` of a snapshot's body."""


class Change(NamedTuple):
    """A value that is stated otherwise than before; decimal strings, or ``None`` where there is none.

    ``by`` is the cell of a breakdown, ``period`` a month; without either it is the figure of the year itself.
    """

    metric: str
    by: Mapping[str, Any]
    period: str | None
    previously: str | None
    now: str | None

    @property
    def difference(self) -> str | None:
        """By how much, where both are numbers."""
        return difference(self.previously, self.now)

    def as_document(self) -> dict[str, Any]:
        """As JSON, with what does not apply left out."""
        place = {"by": dict(self.by)} if self.by else {"period": self.period} if self.period else {}
        said = {"previously": self.previously, "now": self.now, "difference": self.difference}
        return {"metric": self.metric, **place, **said}


def difference(previously: str | None, now: str | None) -> str | None:
    """By how much a value moved, exactly; ``None`` where either is none."""
    if previously is None or now is None:
        return None
    return f"{_EXACT.subtract(Decimal(now), Decimal(previously)):f}"


def changes(before: Figures, after: Figures) -> list[Change]:
    """Every value that differs, in order of metric: the year's first, then its breakdown's, then its months'.

    A cell of a breakdown that only one of the two lists is a change to or from nothing.
    """
    earlier = {figure["metric"]: figure for figure in before}
    later = {figure["metric"]: figure for figure in after}
    return [
        change
        for metric in sorted(earlier.keys() | later.keys())
        for change in _of_metric(metric, earlier.get(metric, {}), later.get(metric, {}))
    ]


def _of_metric(metric: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    old, new = _values(before), _values(after)
    for place in sorted(old.keys() | new.keys(), key=lambda each: each[:2]):
        by, period = (old.get(place) or new[place])[:2]
        previously, now = old[place][2] if place in old else None, new[place][2] if place in new else None
        if previously != now:
            yield Change(metric, by, period, previously, now)


def _values(figure: Mapping[str, Any]) -> dict[tuple[int, str], tuple[Mapping[str, Any], str | None, str | None]]:
    """Every value of a figure, under a key that puts them in order."""
    if not figure:
        return {}
    found: dict[tuple[int, str], tuple[Mapping[str, Any], str | None, str | None]] = {
        (0, ""): ({}, None, figure["value"])
    }
    for cell in figure["breakdown"]:
        found[1, canonical(cell["by"])] = (cell["by"], None, cell["value"])
    for month in figure["months"]:
        found[2, month["period"]] = ({}, month["period"], month["value"])
    return found

"""Which metrics follow from which: no circles, and no breakdown that a part does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker.catalogue.model import Metric


def parts(metric: Metric) -> tuple[str, ...]:
    """The metrics that a ratio, a total or a growth is computed from."""
    named = (*metric.of, *metric.minus, metric.numerator, metric.denominator)
    return tuple(dict.fromkeys(each for each in named if each))


def circles(metrics: Mapping[str, Metric]) -> Iterator[tuple[str, ...]]:
    """Each circle once, as ``(a, b, a)``, beginning with its first metric in order of name."""
    done: set[str] = set()
    for start in sorted(metrics):
        yield from _follow(metrics, (start,), done)


def _follow(metrics: Mapping[str, Metric], path: tuple[str, ...], done: set[str]) -> Iterator[tuple[str, ...]]:
    here = path[-1]
    if here in done or here not in metrics:
        return
    for part in parts(metrics[here]):
        if part in path:
            yield (*path[path.index(part) :], part)
        else:
            yield from _follow(metrics, (*path, part), done)
    done.add(here)


def missing_groupings(metrics: Mapping[str, Metric]) -> Iterator[tuple[Metric, str, tuple[str, ...]]]:
    """Each computed metric, part and grouping where the part is not broken down by it.

    A computed figure is computed cell by cell, so it is broken down only as all its parts are.
    """
    for metric in metrics.values():
        for part in (each for each in parts(metric) if each in metrics):
            there = {frozenset(group) for group in metrics[part].by}
            yield from ((metric, part, group) for group in metric.by if frozenset(group) not in there)

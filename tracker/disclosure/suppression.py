"""Small counts are not for everybody: what a public reader of a frozen year does not see. Pure.

A count of one to four in a discreet domain is hidden, a zero never. Whatever would let a reader compute a hidden figure
from the shown ones is hidden as well. Revisions are read in their order, since what was public once stays known: a
figure that did not change keeps its mark, and only what is new can be hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from tracker.catalogue import Catalogue, Measure, Metric
from tracker.catalogue.model import Label
from tracker.disclosure.hiding import FEW, Known, Mark, Table, Terms
from tracker.disclosure.relations import Consequence, Place, Relations, Stated
from tracker.disclosure.solving import Range
from tracker.tallies.queries import inputs

WORDS: Mapping[Mark, Label] = {
    Mark.PRIMARY: {"zh-Hant": f"少於 {FEW}", "en": f"fewer than {FEW}"},
    Mark.SECONDARY: {"zh-Hant": "不予披露", "en": "not shown"},
}
"""What stands in place of a hidden value."""

Marks: TypeAlias = Mapping[Place, Mark]
"""The hidden figures of a revision, and of the years stated before it as they stand."""

_UNCOUNTED = frozenset({Measure.RATIO, Measure.MEAN, Measure.GROWTH})


def discreet_domains(*catalogues: Catalogue) -> frozenset[str]:
    """The domains whose small counts are hidden in any of these catalogues."""
    return frozenset(id for each in catalogues for id, domain in each.domains.items() if domain.discreet)


def said(mark: Mark, locale: str) -> str:
    """What stands in place of a hidden value, in this language or else in English."""
    return WORDS[mark].get(locale) or WORDS[mark]["en"]


def suppressed(chain: Iterable[Stated], discreet: Collection[str]) -> list[Marks]:
    """For each revision of a chain, in the order in which they were stated, what of it is hidden.

    A chain holds the revisions of one year and, since growth tells of it, those of the year before.
    """
    reader = _Reader(frozenset(discreet))
    return [reader.read(each) for each in chain]


class _Reader:
    """Follows a chain as the public does, and knows what it knows."""

    def __init__(self, discreet: frozenset[str]) -> None:
        self._discreet = discreet
        self._read = 0
        self._hidden: dict[Known, Mark] = {}
        self._standing: dict[str, dict[Place, Known]] = {}
        self._values: dict[Known, Decimal] = {}
        self._metrics: dict[str, Metric] = {}
        self._equations: dict[str, list[Terms]] = {}

    def read(self, stated: Stated) -> Marks:
        """Hide what must be hidden of one more revision."""
        relations = Relations(stated)
        concerned = _concerned(stated.catalogue, self._discreet)
        self._metrics |= {id: stated.catalogue.metrics[id] for id in concerned}
        values = {each: value or Decimal(0) for each, value in relations.values.items() if each.metric in concerned}
        fresh = self._state(relations.year, values)
        small = [each for each in fresh if self._small(each, stated.catalogue)]
        self._hidden |= dict.fromkeys(small, Mark.PRIMARY)
        standing = self._standing[relations.year]
        equations = self._equations.setdefault(relations.year, [])
        for equation in relations.equations:
            if equation[0][0].metric in concerned:
                equations.append({standing[each]: sign for each, sign in equation})
        own = {known for each in equations for known in each}
        self._hide(Table(self._values, equations, self._nature, {}, fresh), own | fresh, relations.consequences)
        current = {place: known for each in self._standing.values() for place, known in each.items()}
        return {place: self._hidden[known] for place, known in current.items() if known in self._hidden}

    def _state(self, year: str, values: Mapping[Place, Decimal]) -> set[Known]:
        """Take in the values of a year; those that nobody has seen before."""
        self._read += 1
        before, now, fresh = self._standing.get(year, {}), {}, set()
        for place, value in values.items():
            known = before.get(place)
            if known is None or self._values[known] != value:
                known = Known(place, self._read)
                self._values[known] = value
                fresh.add(known)
            now[place] = known
        self._standing[year] = now
        return fresh

    def _small(self, known: Known, catalogue: Catalogue) -> bool:
        metric = self._metrics[known.place.metric]
        counted = metric.measure not in _UNCOUNTED and catalogue.units[metric.unit].currency is None
        return metric.domain in self._discreet and counted and 0 < abs(self._values[known]) < FEW

    def _nature(self, known: Known) -> Range:
        metric = self._metrics[known.place.metric]
        if metric.minus or self._values[known] < 0:
            return Range()
        return Range(Fraction(0 if metric.places else 1))

    def _hide(self, table: Table, own: set[Known], consequences: Sequence[Consequence]) -> None:
        table.hidden = {each: mark for each, mark in self._hidden.items() if each in own}
        while True:
            self._follow(table, consequences)
            self._hidden |= table.hidden
            if not table.hide_one():
                return

    def _follow(self, table: Table, consequences: Sequence[Consequence]) -> None:
        """Hide what follows from hidden figures otherwise than by adding."""
        current = {place: known for each in self._standing.values() for place, known in each.items()}
        hidden = self._hidden | table.hidden
        before = -1
        while len(hidden) != before:
            before = len(hidden)
            for place, named in consequences:
                known = current.get(place)
                if known is None or known in hidden or not self._values[known]:
                    continue
                if any(current.get(each) in hidden for each in named) or self._grown(known, named, current):
                    hidden[known] = table.hidden[known] = Mark.SECONDARY

    def _grown(self, known: Known, named: Sequence[Place], current: Mapping[Place, Known]) -> bool:
        """Whether a growth tells of a small figure a year before that is not stated itself."""
        metric = self._metrics[known.place.metric]
        if metric.measure is not Measure.GROWTH or named[0] not in current or named[1] in current:
            return False
        times = 1 + self._values[known] / metric.factor
        small = bool(times) and 0 < abs(self._values[current[named[0]]] / times) < FEW
        return small and self._metrics[named[0].metric].domain in self._discreet


def _concerned(catalogue: Catalogue, discreet: Collection[str]) -> set[str]:
    """The metrics of discreet domains, all that they are computed from, and all that is computed with them."""
    linked: dict[str, set[str]] = {id: set() for id in catalogue.metrics}
    for id, metric in catalogue.metrics.items():
        for each in inputs(metric):
            linked[id].add(each)
            linked[each].add(id)
    waiting = [id for id, metric in catalogue.metrics.items() if metric.domain in discreet]
    found: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(linked[id])
    return found

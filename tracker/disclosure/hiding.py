"""Which further figures to hide, so that no hidden one can be worked out from the shown ones. Pure.

Greedy, and repeated until nothing is left to do: the smallest suitable figure goes first, the figure of the year itself
last. A zero is never hidden, nor what was public before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from tracker.disclosure.relations import WHOLE, Place
from tracker.disclosure.solving import Range, determined, narrowed

FEW = 5
"""Counts below this, and above zero, are hidden."""


class Mark(StrEnum):
    """Why a figure is hidden: it is small itself, or a small one would follow from it."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Known(NamedTuple):
    """A figure as a reader knows it over all revisions: the same as long as its value stays."""

    place: Place
    version: int


Terms: TypeAlias = Mapping[Known, int]
Nature: TypeAlias = Callable[[Known], Range]
"""What everybody knows of a figure before anything is stated: that counts are not negative."""


@dataclass
class Table:
    """The figures of a year with their equations. ``hidden`` grows; ``fresh`` are those that nobody has seen yet."""

    values: Mapping[Known, Decimal]
    equations: Sequence[Terms]
    nature: Nature
    hidden: dict[Known, Mark]
    fresh: set[Known] = field(default_factory=set)

    def hide_one(self) -> bool:
        """Hide one figure more, if any hidden one can be worked out; whether there was something to do."""
        steps = (self._lone, self._eliminated, self._ranged)
        found = next((cell for step in steps for cell in step()), None)
        if found is not None:
            self.hidden[found] = Mark.SECONDARY
        return found is not None or self._blurred()

    def _lone(self) -> Iterator[Known]:
        """Where an equation has exactly one hidden figure."""
        for equation in self.equations:
            if sum(each in self.hidden for each in equation) == 1:
                yield from self._smallest(equation)

    def _eliminated(self) -> Iterator[Known]:
        """Where a hidden figure follows from several equations."""
        for known in sorted(determined(self.equations, self.hidden)):
            yield from self._beside(known)

    def _ranged(self) -> Iterator[Known]:
        """Where a small count follows from being one to four."""
        for known in self._single():
            yield from self._beside(known)

    def _blurred(self) -> bool:
        """Where nothing is left to hide, say less of the largest small count: not that it is small."""
        for known in self._single():
            linked = {cell for each in self.equations if known in each for cell in each}
            small = [each for each in linked if self.hidden.get(each) is Mark.PRIMARY]
            self.hidden[max(small, key=lambda each: (abs(self.values[each]), each))] = Mark.SECONDARY
            return True
        return False

    def _single(self) -> list[Known]:
        amounts = [each for each in map(self._unknown, self.equations) if each[0]]
        ranges = {each: self._range(each, mark) for each, mark in self.hidden.items()}
        left = narrowed(amounts, ranges)
        return sorted(each for each, mark in self.hidden.items() if mark is Mark.PRIMARY and left[each].single)

    def _unknown(self, equation: Terms) -> tuple[Terms, Fraction]:
        terms = {each: sign for each, sign in equation.items() if each in self.hidden}
        shown = (sign * self.values[each] for each, sign in equation.items() if each not in terms)
        return terms, -Fraction(sum(shown, Decimal(0)))

    def _range(self, known: Known, mark: Mark) -> Range:
        range = self.nature(known)
        return Range(range.low, Fraction(FEW - 1)) if mark is Mark.PRIMARY and range.low is not None else range

    def _beside(self, known: Known) -> Iterator[Known]:
        """The smallest figure in an equation with this one, or else in one that is linked to it."""
        reached, waiting = {known}, [known]
        while waiting:
            near = [cell for each in self.equations if not reached.isdisjoint(each) for cell in each]
            found = next(self._smallest(near), None)
            if found is not None:
                yield found
                return
            waiting = [each for each in near if each not in reached]
            reached.update(waiting)

    def _smallest(self, cells: Iterable[Known]) -> Iterator[Known]:
        free = [each for each in cells if each in self.fresh and self.values[each] and each not in self.hidden]
        if free:
            yield min(free, key=lambda each: (_headline(each.place), abs(self.values[each]), each))


def _headline(place: Place) -> bool:
    return place.by == WHOLE and len(place.period) == len("2020")

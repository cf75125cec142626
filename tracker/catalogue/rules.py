"""What workflows decide by, as frozen values: the ladder of penalties, and the grading of suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Severity:
    """How grave some categories of violation are: the points that each adds to its account."""

    id: str
    label: Mapping[str, str]
    categories: tuple[str, ...]
    points: int


@dataclass(frozen=True)
class Step:
    """From so many points on, an account's violation earns this penalty, for so many days where it ends by itself."""

    start: int
    penalty: str
    days: int | None = None


@dataclass(frozen=True)
class Ladder:
    """The steps for some surfaces, from 0 points upwards."""

    surfaces: tuple[str, ...]
    steps: tuple[Step, ...]

    def step(self, points: int) -> Step:
        """The highest step that an account with ``points`` has reached."""
        return max((each for each in self.steps if each.start <= points), key=lambda each: each.start)


@dataclass(frozen=True)
class ContentRules:
    """How violations are penalised. ``points_days`` is how long points count, ``None`` for always;
    ``owner_link_days`` how long the link for an account's owner is good."""

    severities: tuple[Severity, ...]
    ladders: tuple[Ladder, ...]
    points_days: int | None
    owner_link_days: int

    def severity(self, category: str) -> Severity:
        """The severity of a category; every category has one."""
        return next(each for each in self.severities if category in each.categories)

    def ladder(self, surface: str) -> Ladder:
        """The ladder of a surface; every surface has one."""
        return next(each for each in self.ladders if surface in each.surfaces)


@dataclass(frozen=True)
class Grade:
    """A grade is earned by a mean of ``start`` or more. ``preferred`` suppliers come first when work is given;
    those that must ``improve`` are told so, with a deadline."""

    id: str
    start: Decimal
    preferred: bool
    improve: bool


@dataclass(frozen=True)
class SupplierRules:
    """How suppliers are evaluated. ``scores`` are the fields that are averaged; a score below ``minimum`` asks for an
    improvement by itself. ``rounds`` are the halves of a year by name, in order. ``important`` is the flag that marks
    those who are evaluated; without it all are. Grades come best first."""

    scores: tuple[str, ...]
    grades: tuple[Grade, ...]
    minimum: Decimal
    improvement_days: int
    rounds: Mapping[str, Mapping[str, str]]
    important: str | None

    def grade(self, mean: Fraction) -> Grade:
        """The best grade whose start the mean reaches; the last one begins at 0."""
        return next(each for each in self.grades if mean >= Fraction(each.start))


@dataclass(frozen=True)
class Workflows:
    """The rules of each domain whose behaviour is written in Python; ``None`` where its file has no ``workflow``."""

    content: ContentRules | None = None
    suppliers: SupplierRules | None = None

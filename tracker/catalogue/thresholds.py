"""From which change on a stated figure is worth restating: a share of it, or an amount in its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tracker.catalogue.reader import Section

_SHARE = re.compile(r"\d{1,3}(\.\d{1,6})?%", re.ASCII)
_EXPECTED = "expected a share of the stated value such as 5%, or an amount in the metric's unit such as 10"


@dataclass(frozen=True)
class Threshold:
    """``amount`` is in the metric's unit, or with ``share`` in percent of the stated value. Zero: any change."""

    amount: Decimal = Decimal(0)
    share: bool = False

    def reached(self, stated: Decimal | None, now: Decimal | None) -> bool:
        """Whether a change matters: by so much or more. To or from nothing it always does."""
        if stated == now:
            return False
        if stated is None or now is None:
            return True
        least = Fraction(self.amount) * (abs(Fraction(stated)) / 100 if self.share else 1)
        return abs(Fraction(now) - Fraction(stated)) >= least

    def __str__(self) -> str:
        return f"{self.amount:f}{'%' if self.share else ''}"


ANY_CHANGE = Threshold()


def threshold(section: Section) -> Threshold | None:
    """Read ``restate_from``; None where nothing, or nothing sensible, is said."""
    said = section.get("restate_from", str, int, Decimal, optional=True)
    if said is None:
        return None
    if isinstance(said, str):
        return _share(section, said)
    if said < 0:
        section.wrong("restate_from", f"is {said}; {_EXPECTED}")
        return None
    return Threshold(Decimal(said))


def _share(section: Section, said: str) -> Threshold | None:
    amount = Decimal(said.removesuffix("%")) if _SHARE.fullmatch(said) else None
    if amount is None or amount > 100:
        section.wrong("restate_from", f"is {said!r}; {_EXPECTED}")
        return None
    return Threshold(amount, share=True)

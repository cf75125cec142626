"""How a subject's path through its states is drawn: steps after a start, cut off where the reference year ends."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

YEAR_END = "2021-01-01"


def later(draw: random.Random, when: datetime, low: float, high: float) -> datetime:
    """A moment between ``low`` and ``high`` hours after ``when``, in whole seconds."""
    return when + timedelta(seconds=draw.randint(int(low * 3600), int(high * 3600)))


def until_year_end(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Only what had happened when the year ended; the rest of a path is still to come."""
    return (each for each in events if each["time"] < YEAR_END)
